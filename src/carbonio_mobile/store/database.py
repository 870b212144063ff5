"""Run reads and writes of the state database in threads, with one fsync for all writes that wait.

The writer takes everything queued, runs it in one transaction with a savepoint each, so that one
that fails does not spoil the others, and commits once. While that commit is on its way to the disk,
the next writes gather.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from twisted.internet.defer import Deferred, fail, gatherResults

from carbonio_mobile.store.lane import Crew, Job, Lane, Reactor
from carbonio_mobile.store.sqlite import (
    GIVES_PAGES_BACK,
    SqliteFile,
    is_of_one_statement,
    store_error,
)
from carbonio_mobile.store.upgrade import bring_up_to_date

Result = TypeVar("Result")
Jobs = Sequence[Job[sqlite3.Cursor]]


PAGES_AT_ONCE = 500
"""So many pages are given back to the disk in one write."""

WRITTEN_ANEW_S = 3600.0
"""So long at the most a database is waited for that is written anew."""


class Desk(Crew[sqlite3.Cursor]):
    """One thread's connection: opened when needed, opened anew after a fault."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._identity: object = None

    def run(self, jobs: Jobs) -> None:
        """Give every job an outcome; a fault of the database is the outcome of all."""
        try:
            self.serve(self._connected().cursor(), jobs)
        except (sqlite3.Error, OSError) as exc:
            self.close()
            error = store_error(self._file, exc)
            for job in jobs:
                job.spoil(error)

    def serve(self, cursor: sqlite3.Cursor, jobs: Jobs) -> None:
        """Do the jobs. Raises: sqlite3.Error (the database failed: nothing is done)."""
        raise NotImplementedError

    def do(self, job: Job[sqlite3.Cursor], cursor: sqlite3.Cursor) -> None:
        """Do one job. Raises: sqlite3.Error (it is the database that failed, and not the job)."""
        job.do(cursor)
        error = job.error
        if isinstance(error, sqlite3.Error):
            if not is_of_one_statement(error):
                raise error
            job.spoil(store_error(self._file, error))

    def close(self) -> None:
        """Close the connection; what is not committed is undone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _connected(self) -> sqlite3.Connection:
        if self._has_moved():
            self.close()
        if self._connection is None:
            connection = self._file.connect()
            self._identity = self._file.identity()
            self._connection = connection
        return self._connection

    def _has_moved(self) -> bool:
        """Tell whether other files, or none, stand where those of this connection stood."""
        try:
            return self._file.identity() != self._identity
        except OSError:
            return True


class ReadingDesk(Desk):
    """Where reads are done, each seeing all that was committed before it."""

    def serve(self, cursor: sqlite3.Cursor, jobs: Jobs) -> None:
        """Do the jobs one by one."""
        for job in jobs:
            self.do(job, cursor)


class WritingDesk(Desk):
    """Where writes are committed together."""

    def serve(self, cursor: sqlite3.Cursor, jobs: Jobs) -> None:
        """Do the jobs in one transaction, durable when this returns."""
        cursor.execute("BEGIN IMMEDIATE")
        for job in jobs:
            cursor.execute("SAVEPOINT job")
            self.do(job, cursor)
            if job.error is not None:
                cursor.execute("ROLLBACK TO job")
            cursor.execute("RELEASE job")
        cursor.execute("COMMIT")


class Database:
    """One state database: a thread that writes and a thread that reads.

    ``answer_s`` bounds the wait of a caller, not the work.
    """

    def __init__(self, file: SqliteFile, *, reactor: Reactor, answer_s: float) -> None:
        self._file = file
        self._reactor = reactor
        self._writer = Lane(reactor, WritingDesk(file), name="state-writer", answer_s=answer_s)
        self._reader = Lane(reactor, ReadingDesk(file), name="state-reader", answer_s=answer_s)

    def start(self) -> Deferred[None]:
        """Open the database, made or brought up to date where needed.

        To be stopped also where this fails.
        Raises: Unavailable, Corrupt, StoreError (it is newer than this code).
        """
        try:
            self._file.create()
        except OSError as exc:
            return fail(store_error(self._file, exc))
        self._writer.start()
        self._reader.start()
        return self._reader.submit(lambda _cursor: bring_up_to_date(self._file))

    def read(self, work: Callable[[sqlite3.Cursor], Result]) -> Deferred[Result]:
        """Do work that only reads. Raises: Unavailable, Corrupt, and what the work raises."""
        return self._reader.submit(work)

    def write(self, work: Callable[[sqlite3.Cursor], Result]) -> Deferred[Result]:
        """Do work within a transaction; durable when the Deferred fires.

        Raises: Unavailable, Corrupt, and what the work raises; then it has had no effect.
        """
        return self._writer.submit(work)

    def compact(self) -> Deferred[tuple[int, int]]:
        """Give free pages back to the disk; gives the size of the file before and after, in octets.

        A file that can do so gives them back a few at a time, between other writes. One that was
        made before it could is written anew in a thread of its own: reads go on, writes that come
        meanwhile wait as long as the database is waited for, and are told Unavailable then.
        """
        return Deferred.fromCoroutine(self._compact())

    async def _compact(self) -> tuple[int, int]:
        before = await self.read(_size)
        if await self.read(_gives_back):
            left = await self.read(_free)
            while left and (now := await self.write(_give_back)) < left:
                left = now
        else:
            await self._aside(_write_anew)
        return before, await self.read(_size)

    async def _aside(self, work: Callable[[sqlite3.Cursor], None]) -> None:
        """Do work in a thread of its own, outside of any transaction."""
        lane = Lane(
            self._reactor, ReadingDesk(self._file), name="state-aside", answer_s=WRITTEN_ANEW_S
        )
        lane.start()
        try:
            await lane.submit(work)
        finally:
            await lane.stop()

    def stop(self) -> Deferred[list[None]]:
        """Finish what was asked for, close, and take no more."""
        # The last connection to go moves what is left of the log into the file; of two that go at
        # once neither does, and one that only reads may not.
        return gatherResults([self._reader.stop(), self._writer.stop(after=self._reader)])


def _size(cursor: sqlite3.Cursor) -> int:
    pages, octets = (_number(cursor, name) for name in ("page_count", "page_size"))
    return pages * octets


def _gives_back(cursor: sqlite3.Cursor) -> bool:
    return _number(cursor, "auto_vacuum") == 2  # INCREMENTAL


def _give_back(cursor: sqlite3.Cursor) -> int:
    """Give some pages back; tells how many free ones are left."""
    cursor.execute(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})").fetchall()
    return _free(cursor)


def _free(cursor: sqlite3.Cursor) -> int:
    return _number(cursor, "freelist_count")


def _write_anew(cursor: sqlite3.Cursor) -> None:
    cursor.execute(GIVES_PAGES_BACK)
    cursor.execute("VACUUM")


def _number(cursor: sqlite3.Cursor, pragma: str) -> int:
    return int(cursor.execute(f"PRAGMA {pragma}").fetchone()[0])
