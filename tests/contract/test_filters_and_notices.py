"""The stores pass the contracts of version filters, of notices and of marks."""

import shutil
import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.policy.notices import NoticeKind
from carbonio_mobile.policy.versionfilters import carbonio_profile_filters
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.filters import SqlEasFilters
from carbonio_mobile.store.marks import SqlMarks
from carbonio_mobile.store.memoryfilters import MemoryEasFilters
from carbonio_mobile.store.memorymarks import MemoryMarks
from carbonio_mobile.store.memorynotices import MemoryNotices
from carbonio_mobile.store.notices import SqlNotices
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.testing.contracts.filters import EasFiltersContract
from carbonio_mobile.testing.contracts.marks import MarksContract
from carbonio_mobile.testing.contracts.notices import NoticesContract


class InSqlite:
    """A database in a new SQLite file for each test."""

    def setUp(self) -> Deferred[None]:
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.database = self.open()
        self.store = self.kept_in(self.database)
        self.addCleanup(self.database.stop)
        return self.database.start()

    def open(self) -> Database:
        file = SqliteFile(self.directory / "state.db", busy_timeout_s=5)
        return Database(file, reactor=reactor, answer_s=60.0)


class MemoryEasFiltersTests(EasFiltersContract):
    """Filters in memory."""

    def setUp(self) -> None:
        self.store = MemoryEasFilters()


class SqliteEasFiltersTests(InSqlite, EasFiltersContract):
    """Filters in SQLite."""

    kept_in = SqlEasFilters


class MemoryNoticesTests(NoticesContract):
    """Notices in memory."""

    def setUp(self) -> None:
        self.store = MemoryNotices()


class SqliteNoticesTests(InSqlite, NoticesContract):
    """Notices in SQLite."""

    kept_in = SqlNotices


class MemoryMarksTests(MarksContract):
    """Marks in memory."""

    def setUp(self) -> None:
        self.store = MemoryMarks()


class SqliteMarksTests(InSqlite, MarksContract):
    """Marks in SQLite."""

    kept_in = SqlMarks


class AfterAStartTests(InSqlite, TestCase):
    """What the database alone must do: last, and tell of records that it cannot read."""

    kept_in = SqlEasFilters

    async def test_they_are_there_after_a_new_start(self) -> None:
        """Filters, notices and marks outlive the process."""
        await self.store.replace(carbonio_profile_filters())
        await SqlNotices(self.database).add(NoticeKind.DOS, "s", "t", domain="", at=1.0)
        await SqlMarks(self.database).set_mark("abq.told-until", "1.0")
        await self.database.stop()
        again = self.open()
        self.addCleanup(again.stop)
        await again.start()
        self.assertEqual(carbonio_profile_filters(), await SqlEasFilters(again).filters())
        self.assertEqual("1.0", await SqlMarks(again).mark("abq.told-until"))
        self.assertEqual(1, len(await SqlNotices(again).notices(limit=10)))

    async def test_a_record_that_cannot_be_read(self) -> None:
        """It is told as such, and is no filter that lets everybody pass."""
        rule = '{"kind": "regex", "text": "a(", "rules": []}'
        unmatched = f'{{"rule": {rule}, "mode": "add", "versions": ["2.5"], "blocking": false}}'
        for text in ("{", "[]", '{"rule": 1}', '{"rule": {"kind": "x"}}', unmatched):
            await self.database.write(
                lambda cursor, text=text: cursor.execute(
                    "INSERT OR REPLACE INTO eas_filters VALUES (0, ?)", [text]
                )
            )
            with self.assertRaises(Corrupt):
                await self.store.filters()

    async def test_a_notice_that_cannot_be_read(self) -> None:
        """A kind of notice that nobody knows is told as such."""
        await self.database.write(
            lambda cursor: cursor.execute("INSERT INTO notices VALUES (1, 0, 'x', '', '', '')")
        )
        with self.assertRaises(Corrupt):
            await SqlNotices(self.database).notices(limit=1)


# pytest collects what a module holds: the suites themselves are not for collection.
del EasFiltersContract, MarksContract, NoticesContract
