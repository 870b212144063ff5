"""The object side of a mirror, with real servers: Radicale, Xandikos, Cyrus."""

from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, ClassVar

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.dav.collection import Kind
from carbonio_mobile.dav.hrefs import Url, child, read_url
from carbonio_mobile.errors import (
    Conflict,
    Corrupt,
    NotAllowed,
    NotFound,
    OverQuota,
    ReadOnly,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.ids import AccountId, FolderId, ItemId, ItemVersion, OperationId
from carbonio_mobile.mailbox.davclient.collections import DavCollections
from carbonio_mobile.mailbox.davclient.connection import Credentials, DavConnection
from carbonio_mobile.mailbox.davclient.discovery import discover
from carbonio_mobile.mailbox.davclient.endpoint import DavTrust
from carbonio_mobile.mailbox.davclient.items import DavItems
from carbonio_mobile.mailbox.davclient.site import DavBounds, dav_site
from carbonio_mobile.mailbox.embedded import listing, objects
from carbonio_mobile.mailbox.embedded.hierarchy import delete_folder, hierarchy
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads
from carbonio_mobile.mailbox.gateway.objects.parts import ObjectOptions
from carbonio_mobile.mailbox.gateway.objects.side import ObjectSide
from carbonio_mobile.mailbox.mirror.files import mirror_files
from carbonio_mobile.mailbox.mirror.links import (
    FolderLink,
    Protocol,
    RemoteFolder,
    link_of,
    reconcile,
)
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Aspect, ItemHead
from carbonio_mobile.sync.folders import Folder, FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from carbonio_mobile.testing.contracts.mailbox_objects import NOTE, card, event, task
from tests.peers.cyrus import Cyrus, requires_cyrus
from tests.peers.davserver import JOHN, MARY, PASSWORD, DavServer
from tests.peers.radicale import Radicale, requires_radicale
from tests.peers.xandikos import Xandikos, requires_xandikos

ACCOUNT = AccountId("john-1")
LIMIT = 100_000


class Account:
    """One account's object side with its mirror, and what a gateway mailbox does around them."""

    def __init__(self, directory: Path, connect: Callable[[], DavConnection]) -> None:
        self.sink = RecordingSink()
        self.quota_bytes = 0
        self.threads = DatabaseThreads(
            mirror_files(directory, busy_s=5.0, durable=False).open,
            reactor=reactor, clock=reactor.seconds, sink=self.sink, answer_s=30.0,
            thread_count=1, most_open=4,
        )  # fmt: skip
        self.connect = connect
        self.side = self.make_side()

    def make_side(self, **options: Any) -> ObjectSide:
        """Begin anew, as after a restart."""

        async def connect() -> DavConnection:
            return self.connect()

        async def quota_of(_account: AccountId) -> int:
            return self.quota_bytes

        return ObjectSide(
            ACCOUNT,
            threads=self.threads,
            connect=connect,
            clock=reactor.seconds,
            options=ObjectOptions(**{"fresh_s": 0.0, "page": 3, "listed": 2, **options}),
            quota_of=quota_of,
            message_limit_bytes=LIMIT,
        )

    async def fold(self) -> dict[FolderKind, Folder]:
        """Take over the server's folders; gives the standard ones."""
        present = await self.side.folders()
        await self.merge(present)
        return {one.kind: one for one in await self.tree() if one.kind.standard}

    async def merge(self, present: Sequence[RemoteFolder]) -> None:
        gone = await self.threads.write(
            ACCOUNT, lambda change: reconcile(change, present, [Protocol.DAV])
        )
        for number in gone:
            kind = (await self.link(FolderId(str(number)))).kind
            assert not kind.standard
            while not await self.threads.write(
                ACCOUNT, lambda change, n=number: delete_folder(change, FolderId(str(n)))
            ):
                pass

    async def tree(self) -> Sequence[Folder]:
        found = await self.threads.read(ACCOUNT, hierarchy)
        return [one for one in found.folders if not one.kind.holds_mail]

    async def link(self, folder: FolderId) -> FolderLink:
        found: FolderLink = await self.threads.read(ACCOUNT, lambda db: link_of(db, folder))
        return found

    async def of(self, kind: FolderKind) -> FolderId:
        return next(one.id for one in await self.tree() if one.kind is kind)

    async def make(self, name: str, kind: FolderKind) -> FolderId:
        """Create a folder."""
        made = await self.side.create(name, kind, OperationId(f"make {name}"))
        await self.merge(await self.side.folders())
        for one in await self.tree():
            if (await self.maybe_link(one.id)) == made.place and one.kind is kind:
                return one.id
        raise AssertionError(f"{name} is not there")

    async def maybe_link(self, folder: FolderId) -> str:
        try:
            return (await self.link(folder)).place
        except NotFound:
            return ""

    async def heads(self, folder: FolderId) -> Sequence[ItemHead]:
        found = await self.threads.read(
            ACCOUNT, lambda db: listing.listing(db, folder, NEWEST, OLDEST, 10_000)
        )
        heads: Sequence[ItemHead] = found.heads
        return heads

    async def all(self, folder: FolderId) -> dict[str, ObjectItem]:
        """Give what stands in a folder, by UID."""
        items = [one.position.item for one in await self.heads(folder)]
        found = await self.threads.read(
            ACCOUNT, lambda db: objects.read(db, folder, items, source=True)
        )
        return {one.record.uid: one for one in found.values()}

    async def token(self, folder: FolderId) -> Any:
        return await self.threads.read(ACCOUNT, lambda db: listing.token(db, folder))

    async def changes(self, folder: FolderId, since: Any) -> Any:
        return await self.threads.read(ACCOUNT, lambda db: listing.changes(db, folder, since, 1000))


class ObjectSideMixin:
    """What every server must do with us."""

    peer: ClassVar[DavServer]
    peer_class: ClassVar[type[DavServer]]
    schedules = False
    makes_notes = True
    timeout = 120

    @classmethod
    def setUpClass(cls) -> None:
        cls.peer = cls.peer_class.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.peer.remove()

    async def setUp(self) -> None:
        authority = getattr(self.peer, "authority", None)
        trust = DavTrust(
            authority_pem=authority.read_bytes() if authority else b"", authority=str(authority)
        )
        self.site = dav_site(
            read_url(self.peer.url), reactor=reactor, trust=trust, bounds=DavBounds(total_s=60.0)
        )
        self.account = self.make_account()
        self.side = self.account.side
        self.addCleanup(lambda: deferLater(reactor, 0.05))
        self.addCleanup(lambda: Deferred.fromCoroutine(self.site.stop()))
        self.standard = {kind: one.id for kind, one in (await self.account.fold()).items()}
        self.calendar = self.standard[FolderKind.CALENDAR]
        for kind, folder in self.standard.items():
            if kind not in (FolderKind.RECIPIENT_CACHE,):
                await self.side.empty(folder)

    def make_account(self) -> Account:
        directory = Path(mkdtemp())
        self.addCleanup(rmtree, directory)
        made = Account(directory, self.login)
        self.addCleanup(made.threads.stop)
        return made

    def login(self, name: str = JOHN) -> DavConnection:
        return DavConnection(self.site, Credentials(login=name, password=PASSWORD))

    async def other_client(self, folder: FolderId) -> DavItems:
        """Give what a desktop client does in a folder's collection."""
        connection = self.login()
        link = await self.account.link(folder)
        collections = DavCollections(connection, await discover(connection))
        return DavItems(connection, await collections.describe(Url(link.place)), page=50)

    async def raises(self, kind: type[StoreError], work: Any) -> None:
        try:
            await work
        except kind:
            return
        raise AssertionError(f"{kind.__name__} was not raised")

    def same_lines(self, one: bytes, other: bytes) -> None:
        self.assertEqual(sorted(one.splitlines()), sorted(other.splitlines()))

    async def test_standard_folders(self) -> None:
        """Each standard folder has a collection, made where there was none, and keeps it."""
        wanted = {FolderKind.CALENDAR, FolderKind.TASKS, FolderKind.CONTACTS}
        if self.makes_notes:
            wanted.add(FolderKind.NOTES)
        self.assertLessEqual(wanted, set(self.standard))
        again = self.make_account()
        found = await again.fold()
        for kind in wanted:
            place = (await self.account.link(self.standard[kind])).place
            self.assertEqual(place, (await again.link(found[kind].id)).place)
        await self.account.fold()
        self.assertEqual(await self.side.schedules(), self.schedules)

    async def test_each_form(self) -> None:
        """What is added stands in the mirror at once, and on the server, where others find it."""
        other = self.make_account()
        folders = await other.fold()
        for kind, source in (
            (FolderKind.CALENDAR, event("Form", "form-1", "X-UNKNOWN;X-P=1:kept")),
            (FolderKind.TASKS, task("Do it")),
            (FolderKind.NOTES, NOTE),
            (FolderKind.CONTACTS, card("Ann Example", "form-card")),
        ):
            if kind not in self.standard:
                continue
            folder = self.standard[kind]
            head = await self.side.add(folder, source, OperationId(f"form {kind}"))
            (mine,) = (await self.account.all(folder)).values()
            self.assertEqual((mine.item, mine.version), (head.position.item, head.version))
            await other.side.refresh(folders[kind].id)
            (theirs,) = (await other.all(folders[kind].id)).values()
            self.assertEqual(mine.record.uid, theirs.record.uid)
            if kind is FolderKind.CALENDAR:
                self.assertIn(b"X-UNKNOWN", theirs.source)
            token = await self.account.token(folder)
            await self.side.refresh(folder)  # an own change is no news
            self.assertEqual((), (await self.account.changes(folder, token)).changed)
            self.assertTrue(await self.side.is_current(folder))

    async def test_changes_of_others(self) -> None:
        """Added, changed and deleted by another client: merged in pages, told as changes."""
        items = await self.other_client(self.calendar)
        stored = [
            await items.add(f"other-{n}.ics", event(f"Other {n}", f"other-{n}")) for n in range(8)
        ]
        await self.side.refresh(self.calendar)
        before = await self.account.all(self.calendar)
        self.assertEqual({f"other-{n}" for n in range(8)}, set(before))
        self.assertIn((ACCOUNT, self.calendar, True), self.account.sink.told)
        token = await self.account.token(self.calendar)
        assert stored[0].etag is not None
        await items.replace(stored[0].url, event("Changed", "other-0"), stored[0].etag)
        await items.delete(stored[1].url, None)
        await items.add("other-8.ics", event("Other 8", "other-8"))
        self.assertFalse(await self.side.is_current(self.calendar))
        await self.side.refresh_all([FolderKind.CALENDAR])
        batch = await self.account.changes(self.calendar, token)
        after = await self.account.all(self.calendar)
        self.assertEqual({before["other-1"].item}, set(batch.gone))
        changed = {one.position.item: one.aspects for one in batch.changed}
        self.assertEqual({after["other-0"].item, after["other-8"].item}, set(changed))
        self.assertEqual(Aspect.CONTENT, changed[after["other-0"].item])
        self.assertEqual(before["other-0"].item, after["other-0"].item)
        self.assertEqual("Changed", after["other-0"].record.details.subject)  # type: ignore[union-attr]

    async def test_adding_happens_once(self) -> None:
        """P1: whatever is repeated, whichever of server and mirror was reached."""
        operation = OperationId("once")
        first = await self.side.add(self.calendar, event("Once", "once-1"), operation)
        again = await self.side.add(self.calendar, event("Other", "once-1"), operation)
        self.assertEqual(first, again)
        # A process that died before the mirror was written; its device asks again.
        other = self.make_account()
        folders = await other.fold()
        calendar = folders[FolderKind.CALENDAR].id
        adopted = await other.side.add(calendar, event("Once", "once-1"), operation)
        self.assertEqual(
            [adopted.position.item], [one.item for one in (await other.all(calendar)).values()]
        )
        # The same, and a refresh came first.
        third = self.make_account()
        folders = await third.fold()
        calendar = folders[FolderKind.CALENDAR].id
        await third.side.refresh(calendar)
        (known,) = (await third.all(calendar)).values()
        adopted = await third.side.add(calendar, event("Once", "once-1"), operation)
        self.assertEqual(known.item, adopted.position.item)
        self.assertEqual(1, len(await third.all(calendar)))

    async def test_a_taken_uid(self) -> None:
        """An object of a UID that the collection has: the same one is it, another is a conflict."""
        items = await self.other_client(self.calendar)
        await items.add("taken.ics", event("Taken", "taken"))
        with_same = await self.side.add(
            self.calendar, event("Taken", "taken"), OperationId("same uid")
        )
        found = await self.account.all(self.calendar)
        self.assertEqual(with_same.position.item, found["taken"].item)
        await self.raises(
            Conflict,
            self.side.add(self.calendar, event("Mine", "taken"), OperationId("other text")),
        )
        self.assertEqual(1, len(await self.account.all(self.calendar)))

    async def test_replacing(self) -> None:
        """A new text is a new version; what others did meanwhile is a conflict, and known then."""
        head = await self.side.add(self.calendar, event("One", "rep"), OperationId("rep"))
        item = head.position.item
        version = await self.side.replace(self.calendar, item, event("Two", "rep"), head.version)
        self.assertNotEqual(head.version, version)
        for expected in (version, head.version):
            same = await self.side.replace(self.calendar, item, event("Two", "rep"), expected)
            self.assertEqual(version, same)
        await self.raises(
            Conflict,
            self.side.replace(self.calendar, item, event("Late", "rep"), head.version),
        )
        items = await self.other_client(self.calendar)
        link = await self.account.link(self.calendar)
        (url,) = await self.urls(link.place)
        now = await items.get(url)
        assert now.etag is not None
        await items.replace(url, event("Theirs", "rep"), now.etag)
        await self.raises(
            Conflict,
            self.side.replace(self.calendar, item, event("Mine", "rep"), version),
        )
        there = (await self.account.all(self.calendar))["rep"]
        self.assertEqual("Theirs", there.record.details.subject)  # type: ignore[union-attr]
        done = await self.side.replace(self.calendar, item, event("Mine", "rep"), there.version)
        self.assertNotEqual(done, there.version)
        await items.delete(url, None)
        await self.raises(
            NotFound, self.side.replace(self.calendar, item, event("Gone", "rep"), done)
        )

    async def urls(self, place: str) -> list[Url]:
        connection = self.login()
        collections = DavCollections(connection, await discover(connection))
        collection = await collections.describe(Url(place))
        return list(await DavItems(connection, collection, page=9).within("VEVENT"))

    async def test_a_replacement_that_was_done(self) -> None:
        """What a process that died had stored already is no conflict."""
        head = await self.side.add(self.calendar, event("One", "died"), OperationId("died"))
        items = await self.other_client(self.calendar)
        link = await self.account.link(self.calendar)
        (url,) = await self.urls(link.place)
        now = await items.get(url)
        assert now.etag is not None
        await items.replace(url, event("Two", "died"), now.etag)
        version = await self.side.replace(
            self.calendar, head.position.item, event("Two", "died"), head.version
        )
        (there,) = (await self.account.all(self.calendar)).values()
        self.assertEqual(version, there.version)

    async def test_deleting(self) -> None:
        """Gone on both sides, whatever others did; what is gone already is none."""
        heads = [
            await self.side.add(self.calendar, event("Del", f"del-{n}"), OperationId(f"del {n}"))
            for n in range(3)
        ]
        items = await self.other_client(self.calendar)
        link = await self.account.link(self.calendar)
        for url in await self.urls(link.place):
            one = await items.get(url)
            assert one.etag is not None
            if b"del-0" in one.source:
                await items.replace(url, event("Changed", "del-0"), one.etag)
            if b"del-1" in one.source:
                await items.delete(url, None)
        wanted = [one.position.item for one in heads]
        gone = await self.side.delete(self.calendar, [*wanted, ItemId(999)])
        self.assertEqual(set(wanted), set(gone))
        self.assertEqual([], await self.urls(link.place))
        self.assertEqual({}, await self.account.all(self.calendar))
        self.assertEqual(frozenset(), await self.side.delete(self.calendar, wanted))

    async def test_folders(self) -> None:
        """Made once, renamed, moved into, deleted."""
        team = await self.account.make("Team", FolderKind.USER_CALENDAR)
        self.assertEqual(team, await self.account.make("Team", FolderKind.USER_CALENDAR))
        people = await self.account.make("People", FolderKind.USER_CONTACTS)
        await self.side.add(people, card(uid="in people"), OperationId("people"))
        await self.side.rename(await self.account.link(team), "Our team")
        await self.account.merge(await self.side.folders())
        names = {one.id: one.name for one in await self.account.tree()}
        self.assertEqual("Our team", names[team])
        await self.raises(
            NotAllowed, self.side.create("x/y", FolderKind.USER_CALENDAR, OperationId("bad"))
        )
        await self.raises(
            NotAllowed, self.side.create("x", FolderKind.CALENDAR, OperationId("bad"))
        )
        calendar_link = await self.account.link(self.calendar)
        await self.raises(NotAllowed, self.side.rename(calendar_link, "Mine"))
        await self.raises(NotAllowed, self.side.delete_folder(calendar_link))
        for folder in (team, people):
            link = await self.account.link(folder)
            await self.side.delete_folder(link)
            await self.side.delete_folder(link)
        await self.account.merge(await self.side.folders())
        left = {one.id for one in await self.account.tree()}
        self.assertFalse(left & {team, people})
        await self.raises(NotFound, self.side.refresh(team))

    async def test_moving(self) -> None:
        """To another collection, with a new id; again gives the same; what is gone is left out."""
        team = await self.account.make("Moves", FolderKind.USER_CALENDAR)
        heads = [
            await self.side.add(self.calendar, event("Mv", f"mv-{n}"), OperationId(f"mv {n}"))
            for n in range(3)
        ]
        items = [one.position.item for one in heads]
        client = await self.other_client(self.calendar)
        for url in await self.urls((await self.account.link(self.calendar)).place):
            one = await client.get(url)
            assert one.etag is not None
            if b"mv-1" in one.source:
                await client.replace(url, event("Changed", "mv-1"), one.etag)
            if b"mv-2" in one.source:
                await client.delete(url, None)
        moved = await self.side.move(self.calendar, items, team)
        self.assertEqual(set(items[:2]), set(moved))
        there = await self.account.all(team)
        self.assertEqual({"mv-0", "mv-1"}, set(there))
        self.assertEqual("Changed", there["mv-1"].record.details.subject)  # type: ignore[union-attr]
        self.assertEqual({}, await self.account.all(self.calendar))
        self.assertEqual(moved, await self.side.move(self.calendar, items, team))
        for folder in (team, self.calendar):
            token = await self.account.token(folder)
            await self.side.refresh(folder)
            batch = await self.account.changes(folder, token)
            self.assertEqual(((), ()), (batch.changed, batch.gone))
        await self.raises(
            NotAllowed, self.side.move(team, items, self.standard[FolderKind.CONTACTS])
        )
        back = await self.side.move(team, [moved[items[0]].position.item], self.calendar)
        self.assertEqual(1, len(back))
        await self.side.delete_folder(await self.account.link(team))

    async def test_moves_that_were_broken_off(self) -> None:
        """A process that dies between server and mirror: its successor moves the item after all."""
        team = await self.account.make("Broken", FolderKind.USER_CALENDAR)
        head = await self.side.add(self.calendar, event("Br", "br"), OperationId("br"))
        threads, written = self.account.threads, self.account.threads.write
        count = 0

        def dying(account: AccountId, write: Any) -> Any:
            nonlocal count
            count += 1
            if count == 2:
                raise Unavailable("killed")
            return written(account, write)

        threads.write = dying  # type: ignore[method-assign]
        await self.raises(Unavailable, self.side.move(self.calendar, [head.position.item], team))
        threads.write = written  # type: ignore[method-assign]
        side = self.account.make_side()
        await side.refresh(team)
        moved = await side.move(self.calendar, [head.position.item], team)
        (there,) = (await self.account.all(team)).values()
        self.assertEqual(there.item, moved[head.position.item].position.item)
        await side.refresh(self.calendar)
        self.assertEqual({}, await self.account.all(self.calendar))
        await side.delete_folder(await self.account.link(team))

    async def test_refusals(self) -> None:
        """Nothing is sent of what cannot be."""
        contacts = self.standard[FolderKind.CONTACTS]
        await self.raises(Corrupt, self.side.add(self.calendar, b"no", OperationId("no")))
        await self.raises(NotAllowed, self.side.add(self.calendar, card(), OperationId("no")))
        await self.raises(NotAllowed, self.side.add(contacts, event(), OperationId("no")))
        await self.raises(NotFound, self.side.add(FolderId("99999"), event(), OperationId("no")))
        large = event("x" * LIMIT)
        await self.raises(TooLarge, self.side.add(self.calendar, large, OperationId("no")))
        self.account.quota_bytes = 5
        await self.raises(OverQuota, self.side.add(self.calendar, event(), OperationId("no")))
        self.account.quota_bytes = 0
        await self.side.refresh(self.calendar)
        self.assertEqual({}, await self.account.all(self.calendar))

    async def test_emptying(self) -> None:
        """All objects go, those that the mirror did not know of too."""
        items = await self.other_client(self.calendar)
        for n in range(4):
            await items.add(f"e-{n}.ics", event("E", f"e-{n}"))
        await self.side.empty(self.calendar)
        self.assertEqual({}, await self.account.all(self.calendar))
        self.assertEqual([], await self.urls((await self.account.link(self.calendar)).place))

    async def test_an_odd_member(self) -> None:
        """One that devices know no form of does not hold up the others."""
        items = await self.other_client(self.standard[FolderKind.CONTACTS])
        await items.add("plain.vcf", card("Plain", "plain").replace(b"4.0", b"3.0"))
        await self.side.refresh(self.standard[FolderKind.CONTACTS])
        (one,) = (await self.account.all(self.standard[FolderKind.CONTACTS])).values()
        assert isinstance(one.record, Contact)
        version = await self.side.replace(
            self.standard[FolderKind.CONTACTS], one.item,
            one.source.replace(b"Plain", b"Other"), one.version,
        )  # fmt: skip
        self.assertNotEqual(version, one.version)

    async def test_callers_at_once(self) -> None:
        """Many that refresh, add and delete at once: nothing is lost or doubled."""
        doing: list[Any] = [
            Deferred.fromCoroutine(
                self.side.add(self.calendar, event("At once", f"at-{n}"), OperationId(f"at {n}"))
            )
            for n in range(6)
        ]
        refreshing = [Deferred.fromCoroutine(self.side.refresh(self.calendar)) for _ in range(6)]
        heads = await gatherResults(doing)
        await gatherResults(refreshing)
        await self.side.refresh(self.calendar)
        found = await self.account.all(self.calendar)
        self.assertEqual({f"at-{n}" for n in range(6)}, set(found))
        self.assertEqual({one.position.item for one in heads}, {o.item for o in found.values()})

    async def test_restarts(self) -> None:
        """A server that is away is Unavailable; all goes on where it was when it is back."""
        head = await self.side.add(self.calendar, event("R", "r"), OperationId("r"))
        await deferToThread(self.peer.stop)
        operation = OperationId("while away")
        await self.raises(Unavailable, self.side.add(self.calendar, event("A", "a"), operation))
        await self.raises(Unavailable, self.side.refresh(self.calendar))
        await self.raises(Unavailable, self.side.delete(self.calendar, [head.position.item]))
        self.assertEqual({"r"}, set(await self.account.all(self.calendar)))
        await deferToThread(self.peer.start)
        await self.side.add(self.calendar, event("A", "a"), operation)
        await self.side.refresh(self.calendar)
        self.assertEqual({"r", "a"}, set(await self.account.all(self.calendar)))


@requires_radicale
class RadicaleSideTests(ObjectSideMixin, TestCase):
    """By TLS; its calendars take all components."""

    peer_class = Radicale

    async def test_read_only(self) -> None:
        """What may only be read is shown so, and nothing of it changes."""
        assert isinstance(self.peer, Radicale)
        self.peer.add_readonly_calendar(JOHN)
        await self.account.fold()
        (folder,) = [one.id for one in await self.account.tree() if one.name == "readonly"]
        self.assertTrue((await self.account.link(folder)).read_only)
        await self.side.refresh(folder)
        await self.raises(ReadOnly, self.side.add(folder, event(), OperationId("ro")))
        await self.raises(ReadOnly, self.side.empty(folder))
        head = await self.side.add(self.calendar, event("x", "ro"), OperationId("ro1"))
        await self.raises(ReadOnly, self.side.move(self.calendar, [head.position.item], folder))
        link = await self.account.link(folder)
        await self.raises(ReadOnly, self.side.delete_folder(link))
        await self.raises(ReadOnly, self.side.rename(link, "x"))

    async def test_several_components(self) -> None:
        """A collection of events and tasks is one folder until both are seen, then two."""
        connection = self.login()
        collections = DavCollections(connection, await discover(connection))
        place = await collections.create(Kind.CALENDAR, "mixed", name="Mixed")
        self.addCleanup(lambda: Deferred.fromCoroutine(collections.delete(place)))
        items = DavItems(connection, await collections.describe(place), page=9)
        await items.add("e.ics", event("E", "mixed-e"))
        await self.account.fold()
        mixed = {one.name: one.id for one in await self.account.tree() if "Mixed" in one.name}
        self.assertEqual(["Mixed"], list(mixed))
        await self.side.refresh(mixed["Mixed"])
        await items.add("t.ics", task("T"))
        await self.side.refresh(mixed["Mixed"])
        await self.account.fold()
        mixed = {one.name: one.id for one in await self.account.tree() if "Mixed" in one.name}
        self.assertEqual({"Mixed", "Mixed (tasks)"}, set(mixed))
        await self.side.refresh(mixed["Mixed (tasks)"])
        self.assertEqual({"mixed-e"}, set(await self.account.all(mixed["Mixed"])))
        self.assertEqual({"task-1"}, set(await self.account.all(mixed["Mixed (tasks)"])))
        link = await self.account.link(mixed["Mixed (tasks)"])
        await self.side.rename(link, "Both (tasks)")
        await self.account.fold()
        names = {one.id: one.name for one in await self.account.tree()}
        self.assertEqual("Both", names[mixed["Mixed"]])
        self.assertEqual("Both (tasks)", names[mixed["Mixed (tasks)"]])
        await self.side.delete_folder(link)  # the tasks alone
        await self.side.refresh(mixed["Mixed"])
        self.assertEqual({"mixed-e"}, set(await self.account.all(mixed["Mixed"])))
        self.assertEqual({}, await self.account.all(mixed["Mixed (tasks)"]))
        self.assertEqual([child(place, "e.ics")], await self.urls(place))


@requires_xandikos
class XandikosSideTests(ObjectSideMixin, TestCase):
    """Without MOVE."""

    peer_class = Xandikos


@requires_cyrus
class CyrusSideTests(ObjectSideMixin, TestCase):
    """With scheduling."""

    peer_class = Cyrus
    schedules = True

    async def test_free_busy(self) -> None:
        """RFC 6638 5: of people, by their addresses."""
        start = 1_800_014_400.0
        await self.side.add(self.calendar, event("Busy", "busy-1"), OperationId("busy"))
        found = await self.side.busy([MARY, "nobody@example.com"], start, start + 86_400)
        assert found is not None
        self.assertEqual({MARY, "nobody@example.com"}, {one.address for one in found})
        self.assertIsNone(await self.side.busy([], start, start + 1))

    async def test_what_the_server_makes_of_it(self) -> None:
        """Where it changes what was stored, the mirror has its text; the next write succeeds."""
        people = (
            f"ORGANIZER:mailto:{JOHN}", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{JOHN}",
            f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{MARY}",
        )  # fmt: skip
        source = event("Meet", "meet", *people, start="20900115T120000Z", end="20900115T130000Z")
        head = await self.side.add(self.calendar, source, OperationId("meet"))
        (there,) = (await self.account.all(self.calendar)).values()
        self.assertIn(b"SCHEDULE-STATUS", there.source)
        version = await self.side.replace(
            self.calendar, head.position.item, there.source.replace(b"Meet", b"Moot"), head.version
        )
        self.assertNotEqual(ItemVersion(""), version)

    async def test_a_uid_in_another_calendar(self) -> None:
        """A UID stands in one calendar: who adds it in another moves it."""
        team = await self.account.make("Another", FolderKind.USER_CALENDAR)
        before = await self.side.add(self.calendar, event("One", "uid-2"), OperationId("u1"))
        head = await self.side.add(team, event("Two", "uid-2"), OperationId("u2"))
        self.assertEqual({}, await self.account.all(self.calendar))
        (there,) = (await self.account.all(team)).values()
        self.assertEqual(head.position.item, there.item)
        self.assertEqual("Two", there.record.details.subject)  # type: ignore[union-attr]
        gone = await self.side.delete(self.calendar, [before.position.item])
        self.assertEqual(frozenset(), gone)
        await self.side.delete_folder(await self.account.link(team))
