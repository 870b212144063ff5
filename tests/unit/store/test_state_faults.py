"""The state database fails cleanly, keeps what it acknowledged, and recovers by itself."""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from threading import Event

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import Corrupt, StoreError, Unavailable
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.sql import SqlStore
from carbonio_mobile.store.sqlite import SqliteFile

KEY = DeviceKey(AccountId("a"), DeviceId("d"))


def new_directory(test):
    """Give a directory that goes when the test ends."""
    directory = Path(tempfile.mkdtemp())
    test.addCleanup(shutil.rmtree, directory)
    return directory


class SmallFile(SqliteFile):
    """A file on a disk that has room for ``pages`` more pages only, where that is set."""

    pages = 0

    def connect(self):
        """Open the file, with the disk as it is now."""
        connection = super().connect()
        if self.pages:
            (used,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count={used + self.pages}")
        return connection


class StateFaultsTests(TestCase):
    """Faults of the file and the disk below a running store."""

    def setUp(self):
        self.directory = new_directory(self)
        self.path = self.directory / "state.db"
        self.file = SmallFile(self.path, busy_timeout_s=0.1)
        self.database = Database(self.file, reactor=reactor, answer_s=60.0)
        self.store = SqlStore(self.database)
        self.addCleanup(self.database.stop)
        return self.database.start()

    async def stored(self, *names):
        """Give documents as they are in the database."""
        return dict(await self.store.load(KEY, names))

    def away(self):
        """Move the database and its log away; gives where to."""
        target = self.directory / "away"
        target.mkdir()
        for path in self.directory.glob("state.db*"):
            path.rename(target / path.name)
        return target

    def back(self, target):
        """Move them back."""
        for path in target.iterdir():
            path.replace(self.directory / path.name)

    async def test_failing_write_spoils_no_other(self):
        """Of writes committed together, one that fails leaves no trace, the others are stored."""

        def fail(cursor):
            cursor.execute("DELETE FROM documents")
            cursor.execute("INSERT INTO documents VALUES ('a', 'd', 'half', 'done')")
            raise ValueError("a mistake of the caller")

        await self.store.commit(KEY, {"before": "1"})
        first = self.store.commit(KEY, {"x": "1"})
        failing = self.database.write(fail)
        unfit = self.database.write(
            lambda cursor: cursor.execute("INSERT INTO documents VALUES (1)")
        )
        twice = self.database.write(
            lambda cursor: cursor.execute("INSERT INTO documents VALUES ('a', 'd', 'x', '2')")
        )
        last = self.store.commit(KEY, {"y": "1"})
        await gatherResults([first, last])
        await self.assertFailure(failing, ValueError)
        await self.assertFailure(unfit, StoreError)
        await self.assertFailure(twice, StoreError)
        self.assertEqual(
            {"before": "1", "x": "1", "y": "1"}, await self.stored("before", "x", "y", "half")
        )

    async def test_stuck_thread(self):
        """Who waits for too long is told Unavailable; what was asked for is done in the end."""
        go_on = Event()
        self.addCleanup(go_on.set)
        database = Database(self.file, reactor=reactor, answer_s=0.05)
        self.addCleanup(database.stop)
        database._writer.start()
        stuck = database.write(lambda _cursor: go_on.wait(60))
        late = SqlStore(database).commit(KEY, {"late": "1"})
        for each in (stuck, late):
            failure = await self.assertFailure(each, Unavailable)
            self.assertIn("no answer after 0.05 s", str(failure))
        go_on.set()
        await database._writer.stop()
        self.assertEqual({"late": "1"}, await self.stored("late"))

    async def test_text_that_is_none(self):
        """A document that is not text fails alone, and all of its commit with it."""
        bad = self.store.commit(KEY, {"fine": "1", "bad": "\ud800"})
        good = self.store.commit(KEY, {"good": "1"})
        await self.assertFailure(bad, UnicodeEncodeError)
        await good
        self.assertEqual({"good": "1"}, await self.stored("fine", "bad", "good"))

    async def test_disk_full(self):
        """On a full disk a commit is refused whole, what is stored stays, and space cures it."""
        await self.store.commit(KEY, {"a": "1", "b": "1"})
        self.file.pages = 4
        await self.reopened()
        failing = self.store.commit(KEY, {"a": "2", "b": "x" * 1_000_000})
        error = await self.assertFailure(failing, Unavailable)
        self.assertIn("SQLITE_FULL", str(error))
        self.assertNotIn("xxx", str(error))
        self.assertEqual({"a": "1", "b": "1"}, await self.stored("a", "b"))
        await self.store.commit(KEY, {"small": "1"})
        self.file.pages = 0
        await self.assertFailure(self.store.commit(KEY, {"b": "x" * 1_000_000}), Unavailable)
        await self.store.commit(KEY, {"b": "x" * 1_000_000})
        self.assertEqual({"a": "1", "small": "1"}, await self.stored("a", "small"))

    async def reopened(self):
        """Have the connections opened anew, as they are after any fault."""

        def fault(_cursor):
            raise sqlite3.OperationalError("a fault")

        await self.assertFailure(self.database.write(fault), Unavailable)
        await self.assertFailure(self.database.read(fault), Unavailable)

    async def test_locked_by_another_program(self):
        """Under a foreign lock writes are refused in time and reads go on; then all is well."""
        await self.store.commit(KEY, {"a": "1"})
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        refused = [self.store.commit(KEY, {"a": str(number)}) for number in range(5)]
        for commit in refused:
            await self.assertFailure(commit, Unavailable)
        self.assertEqual({"a": "1"}, await self.stored("a"))
        other.execute("COMMIT")
        await self.store.commit(KEY, {"a": "2"})
        self.assertEqual({"a": "2"}, await self.stored("a"))

    async def test_gone_and_back(self):
        """While the file is gone nothing is acknowledged and no empty one takes its place."""
        await self.store.commit(KEY, {"a": "1"})
        target = self.away()
        for _ in range(2):
            await self.assertFailure(self.store.commit(KEY, {"a": "2"}), Unavailable)
            await self.assertFailure(self.store.load(KEY, ["a"]), Unavailable)
        self.assertEqual([target], list(self.directory.iterdir()))
        self.back(target)
        self.assertEqual({"a": "1"}, await self.stored("a"))
        await self.store.commit(KEY, {"a": "3"})
        self.assertEqual({"a": "3"}, await self.stored("a"))

    async def test_deleted(self):
        """A file deleted under the store is noticed: nothing more is acknowledged."""
        await self.store.commit(KEY, {"a": "1"})
        self.path.unlink()
        await self.assertFailure(self.store.commit(KEY, {"a": "2"}), Unavailable)

    async def test_replaced_by_a_copy(self):
        """After an older copy was put in the file's place, both threads work on that copy."""
        await self.store.commit(KEY, {"a": "old"})
        copy = self.directory / "copy"
        self.file.copy(copy)
        await self.store.commit(KEY, {"a": "new"})
        self.assertEqual({"a": "new"}, await self.stored("a"))
        shutil.rmtree(self.away())
        copy.rename(self.path)
        self.assertEqual({"a": "old"}, await self.stored("a"))
        await self.store.commit(KEY, {"b": "1"})
        self.assertEqual({"a": "old", "b": "1"}, await self.stored("a", "b"))

    async def test_the_log_of_a_replacement_is_left_alone(self):
        """What another program committed to the copy in the file's place is not lost.

        SQLite deletes logs by name: it must not do so when it closes a file that was moved away.
        """
        await self.store.commit(KEY, {"a": "1"})
        copy = self.directory / "copy"
        self.file.copy(copy)
        shutil.rmtree(self.away())
        copy.rename(self.path)
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("INSERT INTO documents VALUES ('a', 'd', 'other', '1')")
        await self.store.commit(KEY, {"b": "1"})
        self.assertEqual({"a": "1", "b": "1", "other": "1"}, await self.stored("a", "b", "other"))

    async def test_unreadable(self):
        """A file that is no database is Corrupt; with the right one back, all is well."""
        await self.store.commit(KEY, {"a": "1"})
        target = self.away()
        self.path.write_bytes(os.urandom(100_000))
        await self.assertFailure(self.store.load(KEY, ["a"]), Corrupt)
        await self.assertFailure(self.store.commit(KEY, {"a": "2"}), Corrupt)
        self.path.unlink()
        self.back(target)
        self.assertEqual({"a": "1"}, await self.stored("a"))
        await self.store.commit(KEY, {"a": "2"})
        self.assertEqual({"a": "2"}, await self.stored("a"))

    async def test_record_that_is_damaged(self):
        """A damaged record is Corrupt, tells nothing of its content, and harms no other."""
        await self.database.write(
            lambda cursor: cursor.execute(
                "INSERT INTO devices (account, device, last_seen, record)"
                " VALUES ('a', 'd', 1, '{\"recovery_password\": \"geheim\"}')"
            )
        )
        error = await self.assertFailure(self.store.device(KEY), Corrupt)
        self.assertNotIn("geheim", str(error))
        await self.store.commit(KEY, {"a": "1"})
        self.assertEqual({"a": "1"}, await self.stored("a"))

    async def test_stop_drains(self):
        """Stopping finishes what was asked for; what is asked for later is refused."""
        commits = [self.store.commit(KEY, {f"n{number}": "1"}) for number in range(200)]
        load = self.store.load(KEY, ["none"])
        stopped = self.database.stop()
        await self.assertFailure(self.store.commit(KEY, {"late": "1"}), Unavailable)
        await stopped
        for deferred in [*commits, load]:
            self.assertTrue(deferred.called)
        await gatherResults([*commits, load])
        with sqlite3.connect(self.path) as connection:
            (count,) = connection.execute("SELECT count(*) FROM documents").fetchone()
        connection.close()
        self.assertEqual(200, count)

    async def test_one_commit_for_all_that_wait(self):
        """Writes that gather while the writer is busy are committed together."""
        ends = []
        writer = self.database._writer._crew
        serve = writer.serve

        def counting(cursor, jobs):
            ends.append(len(jobs))
            serve(cursor, jobs)

        self.patch(writer, "serve", counting)
        await gatherResults([self.store.commit(KEY, {f"n{n}": "1"}) for n in range(300)])
        self.assertEqual(300, sum(ends))
        self.assertLess(len(ends), 100)

    async def test_cancelled_write(self):
        """One who does not wait for a write any more does not disturb it or others."""
        gone = self.store.commit(KEY, {"a": "1"})
        gone.addErrback(lambda _failure: None)
        gone.cancel()
        await self.store.commit(KEY, {"b": "1"})
        self.assertEqual({"a": "1", "b": "1"}, await self.stored("a", "b"))


class StartTests(TestCase):
    """Opening what cannot be opened."""

    def start(self, path) -> Deferred[None]:
        """Start a database, and stop it when the test ends."""
        self.database = Database(
            SqliteFile(path, busy_timeout_s=0.1), reactor=reactor, answer_s=60.0
        )
        return self.database.start()

    async def test_no_directory(self):
        """Without the directory it is Unavailable, naming the file, and nothing is half-started."""
        path = new_directory(self) / "none" / "state.db"
        error = await self.assertFailure(self.start(path), Unavailable)
        self.assertIn(str(path), str(error))
        await self.database.stop()

    async def test_not_a_database(self):
        """A file of another kind is Corrupt, and stays as it is."""
        path = new_directory(self) / "state.db"
        path.write_bytes(b"something else" * 1000)
        await self.assertFailure(self.start(path), Corrupt)
        await self.database.stop()
        self.assertEqual(b"something else" * 1000, path.read_bytes())

    async def test_private(self):
        """The file is for its owner only: it holds recovery passwords."""
        path = new_directory(self) / "state.db"
        await self.start(path)
        await self.database.stop()
        self.assertEqual(0o600, path.stat().st_mode & 0o777)

    async def test_durable(self):
        """Commits are forced to the disk: a write-ahead log with full synchronisation."""
        path = new_directory(self) / "state.db"
        await self.start(path)

        def settings(cursor):
            names = ("journal_mode", "synchronous")
            return [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

        self.assertEqual(["wal", 2], await self.database.write(settings))
        await self.database.stop()


class CompactingTests(TestCase):
    """What was removed is given back to the disk."""

    def setUp(self):
        self.path = new_directory(self) / "state.db"

    async def fill(self, *, first=None):
        """Store a lot, remove it, compact; gives the sizes that compacting told."""
        file = SqliteFile(self.path, busy_timeout_s=5)
        file.create()
        if first is not None:
            with sqlite3.connect(self.path) as connection:
                connection.executescript(first)
        database = Database(file, reactor=reactor, answer_s=60.0)
        await database.start()
        store = SqlStore(database)
        try:
            await store.commit(KEY, {"kept": "1", "large": "x" * 10_000_000})
            await store.commit(KEY, {"large": None})
            told = await store.compact()
            self.assertEqual({"kept": "1"}, dict(await store.load(KEY, ["kept", "large"])))
            mode = await database.read(lambda c: c.execute("PRAGMA auto_vacuum").fetchone()[0])
        finally:
            await database.stop()
        self.assertEqual(2, mode)
        return told

    async def test_pages_are_given_back(self):
        """A file of ours shrinks in steps, between other writes."""
        before, after = await self.fill()
        self.assertGreater(before, 10_000_000)
        self.assertLess(after, 1_000_000)
        self.assertLess(self.path.stat().st_size, 1_000_000)

    async def test_an_old_file_is_written_anew(self):
        """A file that cannot give pages back is written anew, and can do so from then on."""
        before, after = await self.fill(first="PRAGMA auto_vacuum=NONE; CREATE TABLE other (x); ")
        self.assertGreater(before, 10_000_000)
        self.assertLess(after, 1_000_000)
