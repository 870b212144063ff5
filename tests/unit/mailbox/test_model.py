"""The embedded mailbox against the one in memory, through long random histories."""

import random
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import StoreError
from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    FolderId,
    ItemId,
    ItemVersion,
    OperationId,
)
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.mailbox.memory import MemoryMailboxes, no_quota
from carbonio_mobile.mime.mailitem import (
    BodyWish,
    ClearFollowUp,
    FollowUp,
    MailPatch,
    MailQuery,
    MailState,
)
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Position
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink, message
from carbonio_mobile.testing.contracts.mailbox_objects import card, event, task

FIRST = [FolderId(n) for n in ("2", "3", "6", "7", "10", "15")]
SHELVES = (FolderId("7"), FolderId("10"), FolderId("15"))
WORDS = ("alpha", "beta", "gamma delta", "épsilon")
Listing = dict[ItemId, Position]


class Walk:
    """Chooses the steps of one history."""

    def __init__(self, seed: int) -> None:
        self.rnd = random.Random(seed)
        self.folders = list(FIRST)
        self.operations = 0

    def some_items(self) -> list[ItemId]:
        return [ItemId(n) for n in self.rnd.sample(range(1, 25), self.rnd.randint(1, 6))]

    def folder(self) -> FolderId:
        return self.rnd.choice(self.folders)

    def operation(self) -> OperationId:
        self.operations += self.rnd.random() < 0.8
        return OperationId(f"op{self.operations}")

    def patch(self) -> MailPatch:
        rnd = self.rnd
        return MailPatch(
            read=rnd.choice((None, True, False)),
            follow_up=rnd.choice((None, ClearFollowUp(), FollowUp(status=2), FollowUp(status=1))),
            categories=rnd.choice((None, (), ("Blue",), ("Blue", "Red"))),
            verb=rnd.choice((None, (1, 5.0), (2, 6.0))),
        )

    def shelf(self) -> FolderId:
        """Give a folder of objects mostly, or any."""
        return self.rnd.choice(SHELVES) if self.rnd.random() < 0.8 else self.folder()

    def object(self) -> bytes:
        """Give a contact, an event somewhere in time, or a task that may be done."""
        rnd = self.rnd
        title, uid = rnd.choice(WORDS), f"uid-{rnd.randrange(6)}"
        day = f"2027{rnd.randint(1, 12):02}{rnd.randint(1, 28):02}"
        rule = rnd.choice(((), ("RRULE:FREQ=DAILY",), ("RRULE:FREQ=WEEKLY;COUNT=3",)))
        match rnd.randrange(3):
            case 0:
                return card(title, uid)
            case 1:
                return event(title, uid, *rule, start=f"{day}T080000Z", end=f"{day}T090000Z")
        done = ("STATUS:COMPLETED", f"COMPLETED:{day}T080000Z")
        return task(title, *(done if rnd.random() < 0.5 else ()))

    def object_step(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        rnd = self.rnd
        if rnd.random() < 0.6:
            return "add_object", (self.shelf(), self.object()), {"operation": self.operation()}
        expected = None if rnd.random() < 0.8 else ItemVersion("0")
        item = ItemId(rnd.randrange(1, 12))
        return "replace_object", (self.shelf(), item, self.object()), {"expected": expected}

    def step(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Give the name of a method and its arguments."""
        rnd = self.rnd
        match rnd.choices(
            ("append", "update", "draft", "move", "delete", "folders", "object"),
            (8, 5, 2, 4, 3, 2, 12),
        )[0]:
            case "append":
                mail = message(rnd.choice(WORDS), rnd.choice(WORDS), number=rnd.randrange(10))
                place = {"received": float(rnd.randrange(6)), "operation": self.operation()}
                return "append", (self.folder(), mail, MailState(read=rnd.random() < 0.5)), place
            case "update":
                return "update", (self.folder(), {i: self.patch() for i in self.some_items()}), {}
            case "draft":
                patch = MailPatch(source=message(rnd.choice(WORDS)))
                return "update", (self.folder(), dict.fromkeys(self.some_items()[:2], patch)), {}
            case "move":
                return "move", (self.folder(), self.some_items(), self.folder()), {}
            case "delete":
                return "delete", (self.folder(), self.some_items()), {}
            case "object":
                return self.object_step()
        return self.folder_step()

    def folder_step(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        rnd = self.rnd
        parent = rnd.choice((None, self.folder()))
        match rnd.randrange(8):
            case 0:
                return "delete_folder", (self.folder(),), {}
            case 1:
                return "empty_folder", (self.folder(),), {"subfolders": rnd.random() < 0.5}
            case 2 | 3:
                return (
                    "update_folder",
                    (self.folder(),),
                    {"parent": parent, "name": rnd.choice("ABCD")},
                )
        made = {"operation": self.operation()}
        return "create_folder", (parent, rnd.choice("ABCD"), FolderKind.MAIL), made


async def outcome(box: IMailbox, step: tuple[str, tuple[Any, ...], dict[str, Any]]) -> Any:
    """Do a step; an error stands for itself."""
    name, args, named = step
    try:
        if name == "replace_object" and named["expected"] is None:
            named = {"expected": await version_now(box, *args[:2])}
        return await getattr(box, name)(*args, **named)
    except StoreError as refusal:
        return type(refusal)


async def version_now(box: IMailbox, folder: FolderId, item: ItemId) -> ItemVersion:
    """Give the version at which an object stands, each backend's own."""
    found = await box.objects(folder, [item])
    return found[item].version if item in found else ItemVersion("0")


async def listing(box: IMailbox, folder: FolderId) -> Listing:
    page = await box.listing(folder, below=NEWEST, down_to=OLDEST, limit=10_000)
    return {head.item: head.position for head in page.heads}


async def replayed(
    box: IMailbox, folder: FolderId, then: Listing, since: ChangeToken, limit: int
) -> Listing:
    """Give an old listing brought up to date by the changes since."""
    now, token, more = dict(then), since, True
    while more:
        batch = await box.changes(folder, token, limit=limit)
        assert len(batch.changed) + len(batch.gone) <= limit
        for item in batch.gone:
            now.pop(item, None)
        now |= {change.item: change.position for change in batch.changed}
        token, more = batch.token, batch.more
    return now


class ModelTests(TestCase):
    """Random histories; the seed stands in the name of the test."""

    now = 1_800_000_000.0

    async def history(self, seed: int, steps: int) -> None:
        directory = Path(mkdtemp())
        self.addCleanup(rmtree, directory)
        backend = EmbeddedMailboxes(
            directory,
            reactor=reactor,
            clock=lambda: self.now,
            sink=RecordingSink(),
            quota_of=no_quota,
            message_limit_bytes=10_000,
            tuning=Tuning(thread_count=1, durable=False),
        )
        self.addCleanup(backend.stop)
        box = await backend.open(AccountId("john"))
        model = await MemoryMailboxes(sink=RecordingSink(), clock=lambda: self.now).open(
            AccountId("john")
        )
        walk = Walk(seed)
        snapshots: list[tuple[FolderId, Listing, ChangeToken]] = []
        for _ in range(steps):
            self.now += 1.0
            step = walk.step()
            expected = await outcome(model, step)
            self.assertEqual(self.plain(expected), self.plain(await outcome(box, step)), step)
            walk.folders = [
                f.id
                for f in (await model.hierarchy()).folders
                if f.id in FIRST or (f.id.isdigit() and int(f.id) > 256)
            ]
            if walk.rnd.random() < 0.3:
                folder = walk.folder()
                snapshots.append((folder, await listing(box, folder), await box.token(folder)))
        await self.compare(box, model, walk)
        for folder, then, since in snapshots:
            if folder in walk.folders:
                now = await replayed(box, folder, then, since, walk.rnd.choice((1, 2, 7, 100)))
                self.assertEqual(await listing(box, folder), now)

    @staticmethod
    def plain(result: Any) -> Any:
        """Give a result without the versions, which each backend counts in its own way."""
        if isinstance(result, dict):
            return {key: getattr(value, "position", None) for key, value in result.items()}
        if isinstance(result, str):
            return "a version"
        return getattr(result, "position", result)

    async def compare(self, box: IMailbox, model: IMailbox, walk: Walk) -> None:
        self.assertEqual((await model.hierarchy()).folders, (await box.hierarchy()).folders)
        wish = BodyWish(text_bytes=None, html_bytes=None, source_bytes=None)
        for folder in walk.folders:
            there = await listing(model, folder)
            self.assertEqual(len(there), await box.count(folder, below=NEWEST, down_to=OLDEST))
            self.assertEqual(list(there.items()), list((await listing(box, folder)).items()))
            if folder in SHELVES:
                await self.compare_objects(box, model, folder, list(there))
                continue
            expected, found = (
                await model.read(folder, list(there), wish),
                await box.read(folder, list(there), wish),
            )
            for item, one in expected.items():
                other = found[item]
                self.assertEqual(
                    (one.record, one.state, one.draft, one.text, one.source),
                    (other.record, other.state, other.draft, other.text, other.source),
                )
        for number in range(6):
            uid = f"uid-{number}"
            expected, found = await model.find_uid(uid), await box.find_uid(uid)
            self.assertEqual([one.source for one in expected], [one.source for one in found])
        for start in (1_800_000_000.0, 1_815_000_000.0):
            end = start + 40 * 86_400
            expected, found = (
                await model.events(start, end, limit=50),
                await box.events(start, end, limit=50),
            )
            self.assertEqual(
                [(one.folder, one.item) for one in expected],
                [(one.folder, one.item) for one in found],
            )
        for query in (
            MailQuery(),
            *(MailQuery(phrase=word, folders=SHELVES) for word in ("alpha", "epsilon")),
            *(MailQuery(phrase=word) for word in ("alpha", "epsilon beta", "del", "john")),
            MailQuery(after=1.0, before=4.0, folders=(walk.folders[0],)),
        ):
            self.assertEqual(
                await model.search(query, offset=1, limit=1000),
                await box.search(query, offset=1, limit=1000),
            )

    async def compare_objects(
        self, box: IMailbox, model: IMailbox, folder: FolderId, items: list[ItemId]
    ) -> None:
        expected = await model.objects(folder, items, source=True)
        found = await box.objects(folder, items, source=True)
        self.assertEqual(list(expected), list(found))
        for item, one in expected.items():
            other = found[item]
            self.assertEqual(
                (one.folder, one.received, one.record, one.source),
                (other.folder, other.received, other.record, other.source),
            )


def _add(seed: int) -> None:
    async def test(self: ModelTests) -> None:
        await self.history(seed, 350)

    test.__doc__ = (
        f"History {seed}: same results, same contents; changes lead from any past to now."
    )
    setattr(ModelTests, f"test_history_{seed}", test)


for _seed in range(8):
    _add(_seed)
