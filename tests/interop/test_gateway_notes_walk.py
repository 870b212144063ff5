"""A device and another client change notes at random, on lines that are cut at random."""

import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest

from carbonio_mobile.errors import Conflict, NotFound, Unavailable
from carbonio_mobile.ids import ChangeToken, FolderId, ItemId, ItemVersion
from carbonio_mobile.mailbox.imapclient.messages import MessageCommands
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from tests.interop.notescase import (
    NO_HISTORY,
    NO_QRESYNC,
    Notebook,
    NotesCase,
    apple,
    journal,
    note_of,
)
from tests.peers.dovecot import requires_dovecot

STEPS = 60
LONG_RUNS = int(os.environ.get("CARBONIO_MOBILE_WALKS", "10"))
_CUT = ("append", "expunge", "move", "fetch", "search")
_TRIES = 30


class Device:
    """What a device holds of a folder: ids and versions, as changes tell them."""

    def __init__(self, folder: FolderId, token: ChangeToken) -> None:
        self.folder = folder
        self.token = token
        self.items: dict[ItemId, ItemVersion] = {}


class Walk(NotesCase):
    """At rest the device holds what the server has: nothing twice, nothing lost (design P2)."""

    timeout = 400

    async def walk(self, seed: int, *, cuts: float = 0.1, steps: int = STEPS) -> None:
        """Play one game."""
        self.random, self.cuts, self.made, self.done = Random(seed), 0.0, 0, list[str]()
        own = await self.box.create_folder(
            None, "Own", FolderKind.USER_NOTES, operation=self.operation()
        )
        books = {self.notes: self.other, own.id: Notebook(self.other.client, "Notes/Own")}
        devices = [Device(one, await self.box.token(one)) for one in books]
        patches = [self.cut_at_random(name) for name in _CUT]
        try:
            for step in range(steps):
                self.cuts = cuts
                if self.random.random() < 0.5:
                    self.disturb(self.random.choice(list(books.values())))
                else:
                    await self.act(devices)
                if self.random.random() < 0.1:
                    self.cuts = 0.0
                    await self.restart()
                if step % 20 == 19:
                    self.cuts = 0.0
                    for device in devices:
                        await self.check(device, books[device.folder])
        except BaseException:
            print(f"seed {seed}, without {self.hidden}:", *self.done, sep="\n  ")
            raise
        finally:
            for one in patches:
                one.restore()

    def cut_at_random(self, name: str) -> Any:
        """Have the line cut at times, before a command is done or after; gives what mends it."""
        does = getattr(MessageCommands, name)

        async def cut(connection: MessageCommands, *args: Any, **manner: Any) -> Any:
            chance = self.random.random()
            if chance < self.cuts / 2:
                connection.close()
                raise Unavailable("the line was cut before")
            result = await does(connection, *args, **manner)
            if chance < self.cuts:
                connection.close()
                raise Unavailable("the line was cut after")
            return result

        return self.patch(MessageCommands, name, cut)

    def new(self, who: str) -> str:
        """Give a title that no other note has."""
        self.made += 1
        return f"{who} {self.made}"

    # The other client

    def disturb(self, book: Notebook) -> None:
        """Do one thing as the other client."""
        there = list(book.messages().items())
        choice = self.random.choice(("write", "edit", "edit", "half", "take", "mark", "unmark"))
        title = self.new("other")
        self.done.append(f"other {choice} {title} in {book.place}")
        if choice == "write" or not there:
            book.write(apple(title, str(UUID(int=self.made))))
            return
        uid, source = self.random.choice(there)
        identifier = book.identifier_of(source)
        if choice in ("edit", "half"):
            book.write(apple(title, identifier))
        if choice in ("edit", "take"):
            book.take_away(uid)
        if choice in ("mark", "unmark"):
            book.mark(uid, "+" if choice == "mark" else "-")

    # The device

    async def act(self, devices: list[Device]) -> None:
        """Do one thing as the device, again until its answer is heard."""
        device = self.random.choice(devices)
        (target,) = [one for one in devices if one is not device]
        await self.again(lambda: self.sync(device))
        item = self.random.choice(list(device.items)) if device.items else None
        choice = self.random.choice(("add", "replace", "replace", "move", "delete", "sync"))
        self.done.append(f"device {choice} {item} in {device.folder}")
        if choice == "add":
            await self.add_one(device.folder)
        elif item is None or choice == "sync":
            return
        elif choice == "replace":
            await self.replace_one(device, item)
        elif choice == "move":
            await self.again(lambda: self.box.move(device.folder, [item], target.folder))
        else:
            await self.again(lambda: self.box.delete(device.folder, [item]))

    async def again(self, does: Callable[[], Awaitable[Any]]) -> Any:
        """Do something until its answer is heard."""
        for _ in range(_TRIES):
            try:
                return await does()
            except Unavailable:
                self.done.append("  again")
        raise AssertionError("the lines are cut too often")

    async def add_one(self, folder: FolderId) -> None:
        """Store a note, once."""
        operation, title = self.operation(), self.new("device")
        source = journal(title, f"uid {title}")
        heads = [
            await self.again(lambda: self.box.add_object(folder, source, operation=operation))
            for _ in range(2)
        ]
        self.assertEqual(*[head.item for head in heads])

    async def replace_one(self, device: Device, item: ItemId) -> None:
        """Give a note another title, unless somebody changed it before."""
        found = await self.box.objects(device.folder, [item], source=True)
        if item not in found:
            return
        one, title = found[item], self.new("device")
        old = f"SUMMARY:{note_of(one).subject}".encode()
        source = one.source.replace(old, f"SUMMARY:{title}".encode())
        self.assertNotEqual(source, one.source)
        try:
            await self.again(
                lambda: self.box.replace_object(
                    device.folder, item, source, expected=device.items[item]
                )
            )
        except (Conflict, NotFound):
            self.done.append("  in vain")

    async def sync(self, device: Device) -> None:
        """Take over what changed."""
        more = True
        while more:
            batch = await self.box.changes(device.folder, device.token, limit=3)
            for one in batch.changed:
                device.items[one.item] = one.version
            for gone in batch.gone:
                device.items.pop(gone, None)
            device.token, more = batch.token, batch.more

    async def check(self, device: Device, book: Notebook) -> None:
        """Compare what the device holds, what the mirror shows, and what the server has."""
        await self.sync(device)
        page = await self.box.listing(device.folder, below=NEWEST, down_to=OLDEST, limit=1000)
        self.assertEqual({one.item: one.version for one in page.heads}, device.items)
        shown = await self.box.objects(device.folder, list(device.items))
        titles = Counter(note_of(one).subject for one in shown.values())
        self.assertEqual(Counter(book.titles()), titles)


@requires_dovecot
class WalkTests(Walk):
    """With all that Dovecot has."""

    async def test_walk(self) -> None:
        """A short one."""
        await self.walk(new_seed())

    @pytest.mark.long
    async def test_long_walks(self) -> None:
        """Many, each on an account of its own."""
        for _ in range(LONG_RUNS):
            await self.walk(new_seed(), cuts=0.2)
            await self.gateway.stop()
            await self.setUp()


@requires_dovecot
class WalkWithoutHistoryTests(WalkTests):
    """On a server that keeps no history."""

    hidden = NO_HISTORY


@requires_dovecot
class WalkWithoutQresyncTests(WalkTests):
    """On a server that tells what changed, but not what went."""

    hidden = NO_QRESYNC


def new_seed() -> int:
    """Give a number that differs from run to run; it is printed when a game is lost."""
    return int(os.environ.get("CARBONIO_MOBILE_SEED", "0")) or time.time_ns() % 1_000_000_007


# pytest collects what a module holds: these are not for collection.
del NotesCase, Walk
