"""One thread's work on the databases bound to it: reads one by one, writes grouped."""

import sqlite3
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded.change import Change, Notice
from carbonio_mobile.mailbox.embedded.faults import is_for_all, store_error
from carbonio_mobile.mailbox.embedded.writing import Content

_MAX_GROUP = 32
"""How many writes share a commit at most, so that the first does not wait for the last too long."""

Read = Callable[[sqlite3.Connection], Any]
Write = Callable[[Change], Any]
MakeContent = Callable[[bytes, float], Content]
Plan = Callable[[MakeContent], Write]


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """Something to do on one account's database: a ``read``, or a ``write`` that ``plan`` may give.

    ``outcome`` is what it came to, or a Failure.
    """

    account: AccountId
    now: float
    read: Read | None = None
    plan: Plan | None = None
    write: Write | None = None
    outcome: Any = None
    notice: Notice | None = None
    done: Deferred[Any] = field(default_factory=Deferred)

    def fail(self) -> None:
        """Make the exception at hand the outcome; those of SQLite and the file system wrapped."""
        failure = Failure()
        if isinstance(failure.value, sqlite3.Error | OSError):
            wrapped = store_error(failure.value)
            wrapped.__cause__ = failure.value
            failure = Failure(wrapped)
        self.outcome, self.notice = failure, None


class Connections:
    """The open databases of one thread, those used last."""

    def __init__(
        self, open_database: Callable[[AccountId], sqlite3.Connection], *, most: int
    ) -> None:
        self._open_database = open_database
        self._most = most
        self._open: OrderedDict[AccountId, sqlite3.Connection] = OrderedDict()

    def get(self, account: AccountId) -> sqlite3.Connection:
        """Give an account's connection, opened if need be."""
        db = self._open.get(account)
        if db is None:
            db = self._open[account] = self._open_database(account)
            if len(self._open) > self._most:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(account)
        return db

    def rolled_back(self, account: AccountId) -> None:
        """Make an account's connection fit for the next job after a failure, or close it."""
        db = self._open.get(account)
        try:
            if db is not None and db.in_transaction:
                db.execute("ROLLBACK")
        except sqlite3.Error:  # reported already by what failed before
            self.drop(account)

    def drop(self, account: AccountId) -> None:
        """Close an account's connection, rolling back what it was at."""
        db = self._open.pop(account, None)
        if db is not None:
            db.close()

    def close(self) -> None:
        """Close all."""
        for account in list(self._open):
            self.drop(account)


class Worker:
    """The loop of one thread. ``deliver`` is called in it with jobs that have their outcome."""

    def __init__(self, connections: Connections, deliver: Callable[[list[Job]], None]) -> None:
        self.queue: SimpleQueue[Job | None] = SimpleQueue()
        self._connections = connections
        self._deliver = deliver
        self._waiting: OrderedDict[AccountId, deque[Job]] = OrderedDict()
        self._stopping = False

    def run(self) -> None:
        """Work until a None comes out of the queue and everything before it is done."""
        while not self._stopping or self._waiting:
            self._take_queued()
            if self._waiting:
                self._do(self._next_batch())
        self._connections.close()

    def _take_queued(self) -> None:
        """Sort what is queued by account; wait for something if there is nothing to do."""
        block = not self._waiting
        while True:
            try:
                job = self.queue.get(block=block)
            except Empty:
                return
            block = False
            if job is None:
                self._stopping = True
                return
            self._waiting.setdefault(job.account, deque()).append(job)

    def _next_batch(self) -> list[Job]:
        """Give the next read, or the next writes, of the account whose turn it is."""
        account, jobs = self._waiting.popitem(last=False)
        batch = [jobs.popleft()]
        if batch[0].read is None:
            while jobs and jobs[0].read is None and len(batch) < _MAX_GROUP:
                batch.append(jobs.popleft())
        if jobs:
            self._waiting[account] = jobs
        return batch

    def _do(self, batch: list[Job]) -> None:
        if batch[0].read is not None:
            self._read(batch[0], batch[0].read)
        else:
            self._write(batch[0].account, batch)
        self._deliver(batch)

    def _read(self, job: Job, read: Read) -> None:
        try:
            db = self._connections.get(job.account)
            db.execute("BEGIN")
            job.outcome = read(db)
            db.execute("COMMIT")
        except BaseException:  # the caller gets it, whatever it is; the thread goes on
            job.fail()
            self._connections.rolled_back(job.account)

    def _write(self, account: AccountId, jobs: list[Job]) -> None:
        """Commit jobs together; where that is too much for the disk, each alone."""
        try:
            self._commit(self._connections.get(account), jobs)
        except BaseException as fault:  # as above
            self._connections.drop(account)
            if len(jobs) > 1 and isinstance(fault, sqlite3.Error) and not is_for_all(fault):
                for job in jobs:
                    self._write(account, [job])
            else:
                for job in jobs:
                    job.fail()

    def _commit(self, db: sqlite3.Connection, jobs: list[Job]) -> None:
        db.execute("BEGIN IMMEDIATE")
        for job in jobs:
            db.execute("SAVEPOINT job")
            try:
                _write_one(db, job)
            except sqlite3.Error:
                raise
            except BaseException:  # as above; the others of the group are not concerned
                job.fail()
                db.execute("ROLLBACK TO job")
            db.execute("RELEASE job")
        db.execute("COMMIT")


def _write_one(db: sqlite3.Connection, job: Job) -> None:
    assert job.write is not None
    change = Change(db, now=job.now)
    job.outcome = job.write(change)
    job.notice = change.finish()
