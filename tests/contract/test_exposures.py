"""The keepers of exposed address books pass their contract."""

import shutil
import tempfile
from pathlib import Path

from twisted.internet import reactor

from carbonio_mobile.interfaces import IExposures
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.exposures import SqlExposures
from carbonio_mobile.store.memoryexposures import MemoryExposures
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.testing.contracts.exposures import ExposuresContract


class MemoryExposuresTests(ExposuresContract):
    """Exposures in memory, which know no restart."""

    def setUp(self) -> None:
        self.exposures = MemoryExposures()

    async def again(self) -> IExposures:
        return self.exposures


class SqlExposuresTests(ExposuresContract):
    """Exposures in SQLite."""

    async def setUp(self) -> None:
        directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, directory)
        self.database = Database(
            SqliteFile(directory / "state.db", busy_timeout_s=5), reactor=reactor, answer_s=60.0
        )
        self.addCleanup(self.database.stop)
        await self.database.start()
        self.exposures = await self.again()

    async def again(self) -> IExposures:
        exposures = SqlExposures(self.database)
        await exposures.load()
        return exposures


# pytest collects what a module holds: the suite itself is not for collection.
del ExposuresContract
