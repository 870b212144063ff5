"""The stores pass the contracts of devices and of sync states."""

import shutil
import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from carbonio_mobile.store.database import Database
from carbonio_mobile.store.memory import MemoryStore
from carbonio_mobile.store.sql import SqlStore
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.testing.contracts.devices import DevicesContract
from carbonio_mobile.testing.contracts.states import SyncStatesContract


class InMemory:
    """A memory store for each test."""

    def setUp(self) -> None:
        self.store = self.states = MemoryStore()


class InSqlite:
    """A store in a new SQLite file for each test."""

    def setUp(self) -> Deferred[None]:
        directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, directory)
        database = Database(
            SqliteFile(directory / "state.db", busy_timeout_s=5), reactor=reactor, answer_s=60.0
        )
        self.store = self.states = SqlStore(database)
        self.addCleanup(database.stop)
        return database.start()


class MemoryDevicesTests(InMemory, DevicesContract):
    """Devices in memory."""


class MemorySyncStatesTests(InMemory, SyncStatesContract):
    """Sync states in memory."""


class SqliteDevicesTests(InSqlite, DevicesContract):
    """Devices in SQLite."""


class SqliteSyncStatesTests(InSqlite, SyncStatesContract):
    """Sync states in SQLite."""


# pytest collects what a module holds: the suites themselves are not for collection.
del DevicesContract, SyncStatesContract
