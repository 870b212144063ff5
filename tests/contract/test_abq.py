"""The stores of ABQ pass their contract."""

import shutil
import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from carbonio_mobile.store.abq import SqlAbq
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.memoryabq import MemoryAbq
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.testing.contracts.abq import AbqContract


class MemoryAbqTests(AbqContract):
    """ABQ in memory."""

    def setUp(self) -> None:
        self.store = MemoryAbq()


class SqliteAbqTests(AbqContract):
    """ABQ in SQLite."""

    def setUp(self) -> Deferred[None]:
        directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, directory)
        database = Database(
            SqliteFile(directory / "state.db", busy_timeout_s=5), reactor=reactor, answer_s=60.0
        )
        self.store = SqlAbq(database)
        self.addCleanup(database.stop)
        return database.start()


# pytest collects what a module holds: the suite itself is not for collection.
del AbqContract
