"""The keepers of shared folders pass their contract."""

import shutil
import tempfile
from pathlib import Path

from twisted.internet import reactor

from carbonio_mobile.interfaces import ISharing
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.memoryshares import MemorySharing
from carbonio_mobile.store.shares import SqlSharing
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from carbonio_mobile.testing.contracts.sharing import SharingContract


class MemorySharingTests(SharingContract):
    """Shared folders in memory, which know no restart."""

    def setUp(self) -> None:
        self.sink = RecordingSink()
        self.sharing = MemorySharing(self.sink)

    async def again(self) -> ISharing:
        return self.sharing


class SqlSharingTests(SharingContract):
    """Shared folders in SQLite."""

    async def setUp(self) -> None:
        directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, directory)
        self.sink = RecordingSink()
        self.database = Database(
            SqliteFile(directory / "state.db", busy_timeout_s=5), reactor=reactor, answer_s=60.0
        )
        self.addCleanup(self.database.stop)
        await self.database.start()
        self.sharing = await self.again()

    async def again(self) -> ISharing:
        sharing = SqlSharing(self.database, self.sink)
        await sharing.load()
        return sharing


# pytest collects what a module holds: the suite itself is not for collection.
del SharingContract
