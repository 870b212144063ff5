"""The threads that work on mailbox databases, and the way back from them.

Twisted's own thread pool binds no job to a thread and costs half as much again a hop (measured:
130 us against 85 us of CPU).
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from threading import Thread
from typing import Any, NoReturn
from zlib import crc32

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IChangeSink
from carbonio_mobile.mailbox.embedded.jobs import Connections, Job, Plan, Read, Worker, Write
from carbonio_mobile.mailbox.embedded.planning import Planner

_SLOW_BYTES = 1 << 20


Reactor = Any
"""Provides IReactorFromThreads and IReactorTime, and no type says so."""


class DatabaseThreads:
    """Runs jobs in threads and fires their Deferreds in the reactor thread.

    An account is bound to one thread. A write's Deferred fires after its commit; the sink is told
    just before. One that has no outcome after ``answer_s`` fails with Unavailable; the work goes on
    all the same. ``most_open`` bounds the open databases of all threads together.
    """

    def __init__(
        self,
        open_database: Callable[[AccountId], sqlite3.Connection],
        *,
        reactor: Reactor,
        clock: Callable[[], float],
        sink: IChangeSink,
        answer_s: float,
        thread_count: int,
        most_open: int,
    ) -> None:
        self.seconds = clock
        """Gives the time, in seconds, UTC."""
        self._reactor = reactor
        self._sink = sink
        self._answer_s = answer_s
        self._done: deque[Job] = deque()
        self._delivery_due = False
        self._stopped = False
        self._workers = [
            Worker(
                Connections(open_database, most=max(1, most_open // thread_count)), self._deliver
            )
            for _ in range(thread_count)
        ]
        self._planner = Planner(self._pass_on, self._deliver)
        self._slow_planner = Planner(self._pass_on, self._deliver)
        self._threads: dict[Worker | Planner, Thread] = {}

    def read(self, account: AccountId, read: Read) -> Deferred[Any]:
        """Have a read done, within one snapshot of the database."""
        return self._submit(Job(account=account, now=self.seconds(), read=read))

    def write(self, account: AccountId, write: Write) -> Deferred[Any]:
        """Have a write done and committed, with others that wait if there are any."""
        return self._submit(Job(account=account, now=self.seconds(), write=write))

    def planned_write(self, account: AccountId, plan: Plan, *, size_bytes: int) -> Deferred[Any]:
        """Have a write done whose first half, ``plan``, needs no database.

        ``size_bytes`` is how much there is to plan: much of it does not hold up the little.
        """
        job = Job(account=account, now=self.seconds(), plan=plan)
        planner = self._planner if size_bytes < _SLOW_BYTES else self._slow_planner
        return self._submit(job, planner)

    def stop(self) -> Deferred[None]:
        """Do what was asked for, close all databases, end the threads; refuse anything further."""
        if self._stopped:
            return succeed(None)
        self._stopped = True
        ended: Deferred[None] = Deferred()
        Thread(target=self._end, args=(ended,), name="end-of-mailboxes", daemon=True).start()
        return ended

    def _submit(self, job: Job, planner: Planner | None = None) -> Deferred[Any]:
        if self._stopped:
            job.done.errback(Failure(Unavailable("the mailboxes are closed")))
            return job.done
        worker = self._worker(job.account)
        for needed in (planner, worker):
            if needed is not None and needed not in self._threads:
                self._start(needed)
        (planner or worker).queue.put(job)
        return job.done.addTimeout(self._answer_s, self._reactor, onTimeoutCancel=_late)

    def _worker(self, account: AccountId) -> Worker:
        return self._workers[crc32(account.encode("utf-8", "replace")) % len(self._workers)]

    def _pass_on(self, job: Job) -> None:
        self._worker(job.account).queue.put(job)

    def _start(self, loop: Worker | Planner) -> None:
        number = len(self._threads)
        # A daemon: an exit without stop() is no worse than a kill, and must not hang.
        thread = Thread(target=loop.run, name=f"mailboxes-{number}", daemon=True)
        self._threads[loop] = thread
        thread.start()

    def _end(self, ended: Deferred[None]) -> None:
        """Wait for the planners, which pass work on, then for the workers; in its own thread."""
        for kind in (Planner, Worker):
            running = [loop for loop in self._threads if isinstance(loop, kind)]
            for loop in running:
                loop.queue.put(None)
            for loop in running:
                self._threads[loop].join()
        self._reactor.callFromThread(ended.callback, None)

    def _deliver(self, batch: list[Job]) -> None:
        """Hand outcomes to the reactor thread; many may cross with one wake-up of it."""
        self._done.extend(batch)
        if not self._delivery_due:
            self._delivery_due = True
            self._reactor.callFromThread(self._fire)

    def _fire(self) -> None:
        self._delivery_due = False
        try:
            while self._done:
                self._finish(self._done.popleft())
        finally:
            if self._done:
                self._deliver([])

    def _finish(self, job: Job) -> None:
        try:
            if job.notice is not None:
                job.notice.tell(self._sink, job.account)
        finally:
            job.done.callback(job.outcome)


def _late(_cancelled: object, answer_s: float) -> NoReturn:
    raise Unavailable(f"mailbox database: no answer after {answer_s:g} s")
