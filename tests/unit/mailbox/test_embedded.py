"""The embedded backend as a whole, where the contract does not look."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Event
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, ensureDeferred, gatherResults
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import Corrupt, Unavailable
from carbonio_mobile.ids import AccountId, FolderId, ItemId, OperationId
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning, hierarchy, search
from carbonio_mobile.mailbox.embedded.database import DatabaseFiles, database_path
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.mime.mailitem import BodyWish, MailQuery, MailState
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink, message

JOHN = AccountId("john")
INBOX = FolderId("2")
NOISE = random.Random(5).randbytes(200_000).hex()


class EmbeddedTests(TestCase):
    """Restarts, several processes, failing disks."""

    def setUp(self) -> None:
        self.data_dir = Path(mkdtemp())
        self.addCleanup(rmtree, self.data_dir)
        self.sink = RecordingSink()
        self.mailboxes = self.start()

    def start(self) -> EmbeddedMailboxes:
        mailboxes = EmbeddedMailboxes(
            self.data_dir,
            reactor=reactor,
            clock=reactor.seconds,
            sink=self.sink,
            quota_of=no_quota,
            message_limit_bytes=10_000_000,
            tuning=Tuning(thread_count=2, busy_s=0.05, durable=False),
        )
        self.addCleanup(mailboxes.stop)
        return mailboxes

    async def add(self, operation: str, source: bytes = message()) -> Any:
        box = await self.mailboxes.open(JOHN)
        return await box.append(
            INBOX, source, MailState(), received=1.0, operation=OperationId(operation)
        )

    async def items(self) -> list[ItemId]:
        box = await self.mailboxes.open(JOHN)
        page = await box.listing(INBOX, below=NEWEST, down_to=OLDEST, limit=1000)
        return [head.item for head in page.heads]

    def database(self) -> sqlite3.Connection:
        """Give another process's connection."""
        return sqlite3.connect(database_path(self.data_dir, JOHN), isolation_level=None)

    async def test_restart(self) -> None:
        """After a restart everything is there, the tokens are good, operations are known."""
        first = await self.add("a")
        box = await self.mailboxes.open(JOHN)
        since, hierarchy = await box.token(INBOX), await box.hierarchy()
        await self.add("b")
        await self.mailboxes.stop()
        self.mailboxes = self.start()
        box = await self.mailboxes.open(JOHN)
        self.assertEqual(hierarchy, await box.hierarchy())
        self.assertEqual(first, await self.add("a"))
        batch = await box.changes(INBOX, since, limit=9)
        self.assertEqual([2], [change.item for change in batch.changed])

    async def test_stop_does_what_was_asked(self) -> None:
        """What was asked for before the stop is done; what comes after is Unavailable."""
        await self.mailboxes.open(JOHN)
        writes = gatherResults([ensureDeferred(self.add(str(n))) for n in range(50)])
        await self.mailboxes.stop()
        self.assertEqual(50, len(await writes))
        with self.assertRaises(Unavailable):
            await self.add("late")
        await self.mailboxes.stop()
        path = database_path(self.data_dir, JOHN)
        self.assertEqual([path], list(path.parent.iterdir()))  # no journal is left to read

    async def test_deleting_much(self) -> None:
        """What takes several commits to delete is gone at the end, and only that."""
        self.patch(hierarchy, "_ITEMS_A_COMMIT", 3)
        box = await self.mailboxes.open(JOHN)
        outer = await box.create_folder(None, "A", FolderKind.MAIL, operation=OperationId("a"))
        inner = await box.create_folder(outer.id, "B", FolderKind.MAIL, operation=OperationId("b"))
        for folder, many in ((outer.id, 7), (inner.id, 6), (INBOX, 6)):
            for n in range(many):
                name = OperationId(f"{folder} {n}")
                await box.append(folder, message(), MailState(), received=1.0, operation=name)
        await box.delete_folder(outer.id)
        self.assertEqual(10, len((await box.hierarchy()).folders))
        self.assertEqual(6, await box.count(INBOX, below=NEWEST, down_to=OLDEST))
        await box.empty_folder(INBOX, subfolders=True)
        self.assertEqual(0, await box.count(INBOX, below=NEWEST, down_to=OLDEST))
        with closing(self.database()) as other:
            self.assertEqual((0,), other.execute("SELECT used_bytes FROM mailbox").fetchone())

    async def test_large_message(self) -> None:
        """A large message is stored like any other; small ones need not wait for it."""
        order: list[str] = []

        async def tracked(name: str, source: bytes) -> None:
            await self.add(name, source)
            order.append(name)

        large = ensureDeferred(tracked("large", message(body="word " * 800_000)))
        small = ensureDeferred(tracked("small", message()))
        await gatherResults([large, small])
        self.assertEqual(["small", "large"], order)
        self.assertEqual([2, 1], await self.items())

    async def test_cancelled_wait(self) -> None:
        """Who stops waiting for a write gets no result; the write is whole all the same."""
        box = await self.mailboxes.open(JOHN)
        waiting = box.delete(INBOX, [])
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)
        await self.add("a")
        self.assertEqual([1], await self.items())

    async def test_two_processes(self) -> None:
        """What another process appends is seen by the next request."""
        await self.add("a")
        box = await self.mailboxes.open(JOHN)
        since = await box.token(INBOX)
        here, self.mailboxes = self.mailboxes, self.start()
        await self.add("b")
        batch = await (await here.open(JOHN)).changes(INBOX, since, limit=9)
        self.assertEqual([2], [change.item for change in batch.changed])

    async def test_locked(self) -> None:
        """While another process holds the database reads work and writes are Unavailable."""
        await self.add("a")
        with closing(self.database()) as other:
            other.execute("BEGIN IMMEDIATE")
            writes = [ensureDeferred(self.add(f"b{n}")) for n in range(5)]
            for write in writes:
                await self.assertFailure(write, Unavailable)
            self.assertEqual([1], await self.items())
            other.execute("COMMIT")
        await self.add("b0")
        self.assertEqual([2, 1], await self.items())

    async def test_full_disk(self) -> None:
        """What does not fit is Unavailable and leaves nothing; with room it works again."""
        await self.add("a")
        await self.mailboxes.stop()
        opened, limit = DatabaseFiles.open, [0]

        def open_small(files: DatabaseFiles, account: AccountId) -> sqlite3.Connection:
            db = opened(files, account)
            db.execute(f"PRAGMA max_page_count = {limit[0]}")
            return db

        self.patch(DatabaseFiles, "open", open_small)
        with closing(self.database()) as other:
            limit[0] = other.execute("PRAGMA page_count").fetchone()[0] + 40
        self.mailboxes = self.start()
        stored = 0
        with self.assertRaises(Unavailable):
            for n in range(1000):
                await self.add(f"b{n}", message(number=n))
                stored += 1
        with self.assertRaises(Unavailable):
            await self.add("big", message(body=NOISE))
        limit[0] = 1 << 30  # for the connection opened next: the failed one was closed
        self.assertEqual(stored + 1, len(await self.items()))
        await gatherResults([ensureDeferred(self.add(name)) for name in ("big", f"b{stored}")])
        self.assertEqual(stored + 3, len(await self.items()))
        with closing(self.database()) as other:
            self.assertEqual([("ok",)], other.execute("PRAGMA integrity_check").fetchall())

    async def test_damaged_rows(self) -> None:
        """A damaged body or record is Corrupt for its item; the others are read."""
        for n in range(3):
            await self.add(str(n))
        with closing(self.database()) as other:
            other.execute("UPDATE body SET text = x'00' WHERE item = 1")
            other.execute("UPDATE body SET record = '{' WHERE item = 2")
        box = await self.mailboxes.open(JOHN)
        wish = BodyWish(text_bytes=None)
        for item in (1, 2):
            with self.assertRaises(Corrupt):
                await box.read(INBOX, [ItemId(item)], wish)
        self.assertEqual([3], list(await box.read(INBOX, [ItemId(3)], wish)))

    async def test_failing_sink(self) -> None:
        """A sink that raises does not keep the writer from its result."""
        await self.mailboxes.open(JOHN)
        self.sink.told = None  # type: ignore[assignment]  # so that it fails
        self.assertEqual(1, (await self.add("a")).item)
        await deferLater(reactor, 0)  # the report comes after the result
        self.assertEqual(1, len(self.flushLoggedErrors(AttributeError)))

    async def test_search_integrity(self) -> None:
        """The full-text index stays whole through many changes."""
        for n in range(30):
            await self.add(str(n), message(f"word{n}", number=n))
        box = await self.mailboxes.open(JOHN)
        await box.delete(INBOX, [ItemId(n) for n in range(1, 31, 2)])
        self.assertEqual(15, (await box.search(MailQuery(phrase="word"), offset=0, limit=1)).total)
        with closing(self.database()) as other:
            other.execute("INSERT INTO words (words) VALUES ('integrity-check')")

    async def test_search_that_takes_too_long(self) -> None:
        """It is Unavailable when its time is up, and the mailbox goes on."""
        for n in range(20):
            await self.add(str(n), message(f"word{n}", number=n))
        box = await self.mailboxes.open(JOHN)
        query = MailQuery(phrase="word")
        self.patch(search, "LONGEST_S", -1.0)
        self.patch(search, "_STEPS_A_LOOK", 10)
        with self.assertRaisesRegex(Unavailable, "a search would take longer"):
            await box.search(query, offset=0, limit=1)
        self.assertEqual(20, len(await self.items()))
        self.patch(search, "LONGEST_S", 60.0)
        self.assertEqual(20, (await box.search(query, offset=0, limit=1)).total)


class LateAnswerTests(TestCase):
    """A thread that does not come back, and what becomes of those who wait."""

    async def test_late(self) -> None:
        """They are told Unavailable when their time is up; what they asked for is done later."""
        go_on = Event()
        threads = DatabaseThreads(
            lambda _: sqlite3.connect(":memory:", isolation_level=None),
            reactor=reactor,
            clock=reactor.seconds,
            sink=RecordingSink(),
            answer_s=0.05,
            thread_count=1,
            most_open=1,
        )
        self.addCleanup(threads.stop)
        self.addCleanup(go_on.set)
        done: list[str] = []
        stuck = threads.read(JOHN, lambda _: go_on.wait(60))
        behind = threads.read(JOHN, lambda _: done.append("behind"))
        for each in (stuck, behind):
            with self.assertRaisesRegex(Unavailable, "no answer after 0.05 s"):
                await each
        self.assertEqual([], done)
        go_on.set()
        await threads.stop()
        self.assertEqual(["behind"], done)
