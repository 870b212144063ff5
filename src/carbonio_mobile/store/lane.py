"""Carry work from the reactor to one thread of its own and the outcomes back, many at a time.

Measured on the 2-core machine: a hop through here costs 85 µs of CPU when it travels alone, against
130 µs with deferToThread, and a few when many travel together.
"""

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Generic, NoReturn, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from carbonio_mobile.errors import Unavailable

Tool = TypeVar("Tool")

Reactor = Any
"""Provides IReactorFromThreads and IReactorTime, and no type says so."""


class Job(Generic[Tool]):
    """One piece of work, its outcome, and who waits for it."""

    __slots__ = ("deferred", "outcome", "work")

    def __init__(self, work: Callable[[Tool], Any]) -> None:
        self.work = work
        self.outcome: Any = None
        self.deferred: Deferred[Any] = Deferred()

    def do(self, tool: Tool) -> None:
        """Do the work and keep what comes of it."""
        try:
            self.outcome = self.work(tool)
        except Exception:
            self.outcome = Failure()

    @property
    def error(self) -> BaseException | None:
        """What the work failed with, if it did."""
        return self.outcome.value if isinstance(self.outcome, Failure) else None

    def spoil(self, error: Exception) -> None:
        """Fail, whatever came of the work itself."""
        self.outcome = Failure(error)

    def tell(self) -> None:
        """Fire the Deferred; in the reactor's thread."""
        self.deferred.callback(self.outcome)


class Crew(Generic[Tool]):
    """Who works at the far end of a lane, in the lane's thread."""

    def run(self, jobs: Sequence[Job[Tool]]) -> None:
        """Give every job an outcome; must not raise."""
        raise NotImplementedError

    def close(self) -> None:
        """Put the tools away; no job comes any more."""
        raise NotImplementedError


class Lane(Generic[Tool]):
    """A thread with its queue. Work is done in the order in which it was submitted.

    Who waits for longer than ``answer_s`` is told Unavailable; the work goes on all the same.
    """

    def __init__(self, reactor: Reactor, crew: Crew[Tool], *, name: str, answer_s: float) -> None:
        self._reactor = reactor
        self._answer_s = answer_s
        self._crew = crew
        self._queue: SimpleQueue[Job[Tool] | None] = SimpleQueue()
        self._stopped: Deferred[None] | None = None
        self._after: Lane[Any] | None = None
        self._closed = Event()
        self._thread = Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; work may be submitted before."""
        self._thread.start()

    def submit(self, work: Callable[[Tool], Any]) -> Deferred[Any]:
        """Have work done in the thread; fires with its result. Cancelling does not call it back.

        Raises: Unavailable (the lane was stopped, or the work takes too long).
        """
        if self._stopped is not None:
            return fail(Unavailable("the store is closed"))
        job = Job(work)
        self._queue.put(job)
        return job.deferred.addTimeout(self._answer_s, self._reactor, onTimeoutCancel=_late)

    def stop(self, *, after: "Lane[Any] | None" = None) -> Deferred[None]:
        """Take no more; fires when all that was submitted has its outcome and the thread ended.

        A lane that was not started has no outcomes to give. The crew closes ``after`` that of
        another lane that is stopped as well.
        """
        if self._stopped is None:
            self._stopped, self._after = Deferred(), after
            if self._thread.ident is None:
                self._closed.set()
                self._stopped.callback(None)
            self._queue.put(None)
        return self._stopped

    def _work(self) -> None:
        going_on = True
        while going_on:
            jobs, going_on = self._take()
            if jobs:
                self._crew.run(jobs)
                self._reactor.callFromThread(_tell, jobs)
        if self._after is not None:
            self._after._closed.wait()
        self._crew.close()
        self._closed.set()
        self._reactor.callFromThread(self._tell_stopped)

    def _take(self) -> tuple[list[Job[Tool]], bool]:
        """Give all jobs that are there, waiting for the first, and whether more may follow."""
        jobs: list[Job[Tool]] = []
        job = self._queue.get()
        try:
            while job is not None:
                jobs.append(job)
                job = self._queue.get_nowait()
        except Empty:
            return jobs, True
        return jobs, False

    def _tell_stopped(self) -> None:
        self._thread.join()
        if self._stopped is not None:
            self._stopped.callback(None)


def _late(_cancelled: object, answer_s: float) -> NoReturn:
    raise Unavailable(f"the state database gave no answer after {answer_s:g} s")


def _tell(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        job.tell()
