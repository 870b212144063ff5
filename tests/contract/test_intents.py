"""The stores of intents pass their contract."""

import shutil
import tempfile
from pathlib import Path

from twisted.internet import reactor

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.interfaces import IIntents
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.intents import SqlIntents
from carbonio_mobile.store.memoryintents import MemoryIntents
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.testing.contracts.intents import IntentsContract, intent


class MemoryIntentsTests(IntentsContract):
    """Intents in memory, which know no restart."""

    def setUp(self) -> None:
        self.intents = MemoryIntents()

    async def again(self) -> IIntents:
        return self.intents


class SqlIntentsTests(IntentsContract):
    """Intents in SQLite."""

    async def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.database = await self.opened()
        self.intents = SqlIntents(self.database)

    async def opened(self) -> Database:
        file = SqliteFile(self.directory / "state.db", busy_timeout_s=5)
        database = Database(file, reactor=reactor, answer_s=60.0)
        self.addCleanup(database.stop)
        await database.start()
        return database

    async def again(self) -> IIntents:
        return SqlIntents(await self.opened())

    async def test_an_unknown_progress_is_no_progress(self) -> None:
        """What a later version may have written is said, not guessed at."""
        one = intent()
        await self.intents.put(one)
        await self.database.write(lambda cursor: cursor.execute("UPDATE intents SET progress = 9"))
        with self.assertRaises(Corrupt):
            await self.intents.find(one.operation)


# pytest collects what a module holds: the suite itself is not for collection.
del IntentsContract
