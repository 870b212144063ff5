"""The file of the queue and the thread that works on it: steps that wait share a commit."""

import sqlite3
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from carbonio_mobile.errors import StoreError, Unavailable
from carbonio_mobile.mailbox.embedded.faults import is_for_all, store_error
from carbonio_mobile.mailbox.embedded.threads import Reactor

OUTBOX_FILE = "outbox.db"
_VERSION = 2
_MAX_GROUP = 64

Step = Callable[[sqlite3.Connection], Any]


def open_queue(path: Path, *, busy_s: float, durable: bool) -> sqlite3.Connection:
    """Open the database of a queue, made if need be; for use by the calling thread only.

    Without ``durable`` a commit does not wait for the disk: for tests. Raises: StoreError (it is of
    a newer program), sqlite3.Error.
    """
    db = sqlite3.connect(path, isolation_level=None, timeout=busy_s)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA journal_size_limit = 16777216")
        _create(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _create(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise StoreError(f"{path} was used by a newer carbonio-mobile (schema {version})")
    if version == 0:
        path.chmod(0o600)
    for step in range(version + 1, _VERSION + 1):
        script = files("carbonio_mobile.mailbox.delivery").joinpath(f"sql/outbox-v{step}.sql")
        text = script.read_text(encoding="utf-8")
        db.executescript(f"BEGIN EXCLUSIVE;\n{text}\nPRAGMA user_version = {step};\nCOMMIT;")


class _Job:
    __slots__ = ("done", "outcome", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.outcome: Any = None
        self.done: Deferred[Any] = Deferred()

    def fail(self) -> None:
        """Make the exception at hand the outcome; those of SQLite and the file system wrapped."""
        failure = Failure()
        if isinstance(failure.value, sqlite3.Error | OSError):
            wrapped = store_error(failure.value)
            wrapped.__cause__ = failure.value
            failure = Failure(wrapped)
        self.outcome = failure


class QueueThread:
    """Does steps in a thread of its own, in the order in which they were asked for.

    The Deferred of a step fires in the reactor thread once its commit is on disk.
    """

    def __init__(
        self, open_database: Callable[[], sqlite3.Connection], *, reactor: Reactor
    ) -> None:
        self._open_database = open_database
        self._reactor = reactor
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._db: sqlite3.Connection | None = None
        self._thread: Thread | None = None
        self._stopped = False

    def run(self, step: Step) -> Deferred[Any]:
        """Have a step done and committed. Fails with Unavailable after :meth:`stop`."""
        if self._stopped:
            return fail(Unavailable("the queue of outgoing mail is closed"))
        if self._thread is None:
            # A daemon: an exit without stop() is no worse than a kill, and must not hang.
            self._thread = Thread(target=self._work, name="outbox", daemon=True)
            self._thread.start()
        job = _Job(step)
        self._jobs.put(job)
        return job.done

    def stop(self) -> Deferred[None]:
        """Do what was asked for, close the database and end the thread."""
        self._stopped = True
        thread = self._thread
        if thread is None:
            return succeed(None)
        self._thread = None
        ended: Deferred[None] = Deferred()

        def await_end() -> None:
            thread.join()
            self._reactor.callFromThread(ended.callback, None)

        self._jobs.put(None)
        Thread(target=await_end, name="end-of-outbox", daemon=True).start()
        return ended

    def _work(self) -> None:
        going_on = True
        while going_on:
            jobs, going_on = self._take()
            if jobs:
                self._do(jobs)
                self._reactor.callFromThread(_tell, jobs)
        self._close()

    def _take(self) -> tuple[list[_Job], bool]:
        """Give the jobs that are there, waiting for the first, and whether more may follow."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        try:
            while job is not None:
                jobs.append(job)
                if len(jobs) == _MAX_GROUP:
                    return jobs, True
                job = self._jobs.get_nowait()
        except Empty:
            return jobs, True
        return jobs, False

    def _do(self, jobs: Sequence[_Job]) -> None:
        """Commit jobs together; where that fails for one of them, each alone."""
        try:
            self._commit(jobs)
        except BaseException as fault:  # the callers get it, whatever it is; the thread goes on
            self._close()
            if len(jobs) > 1 and isinstance(fault, sqlite3.Error) and not is_for_all(fault):
                for job in jobs:
                    self._do([job])
            else:
                for job in jobs:
                    job.fail()

    def _commit(self, jobs: Sequence[_Job]) -> None:
        if self._db is None:
            self._db = self._open_database()
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        for job in jobs:
            db.execute("SAVEPOINT step")
            try:
                job.outcome = job.step(db)
            except sqlite3.Error:
                raise
            except BaseException:  # as above; the others of the group are not concerned
                job.fail()
                db.execute("ROLLBACK TO step")
            db.execute("RELEASE step")
        db.execute("COMMIT")

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _tell(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        job.done.callback(job.outcome)
