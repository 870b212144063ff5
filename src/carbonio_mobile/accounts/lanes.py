"""Threads for the work that would stall the reactor: a few, with a bounded queue before them."""

from collections.abc import Callable
from threading import Thread
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from carbonio_mobile.errors import Unavailable

T = TypeVar("T")


class Lane(Protocol):
    """A place where blocking work is done."""

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        """Do work and give its result; fails with Unavailable where too much waits already."""


class ThreadLane:
    """A lane of its own threads; with one thread, work is done in the order in which it came.

    Work that nobody waits for any more is done all the same, and takes room until it is.
    """

    def __init__(
        self, reactor: IReactorFromThreads, *, name: str, threads: int, waiting_max: int
    ) -> None:
        self._reactor = reactor
        self._pool = ThreadPool(minthreads=0, maxthreads=threads, name=name)
        self._name = name
        self._room = threads + waiting_max
        self._taken = 0
        self._is_dropping = False
        self._ended: Deferred[None] | None = None

    def start(self) -> None:
        """Begin to take work."""
        self._pool.start()

    def drop_waiting(self) -> None:
        """Let all work that has not begun fail with Unavailable."""
        self._is_dropping = True

    def stop(self) -> Deferred[None]:
        """Do the work that was taken, then end the threads; the reactor goes on meanwhile."""
        if self._ended is not None:
            return self._ended
        ended = self._ended = Deferred()

        def join() -> None:
            self._pool.stop()
            self._reactor.callFromThread(ended.callback, None)

        Thread(target=join, name=f"end-of-{self._name}", daemon=True).start()
        return ended

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        """Do work in a thread, its result arriving in the reactor thread."""
        if self._taken >= self._room:
            return fail(Unavailable(f"too much waits for the {self._name} threads"))
        self._taken += 1
        told: Deferred[T] = Deferred()

        def tell(_done: bool, outcome: T | Failure) -> None:
            self._reactor.callFromThread(self._tell, told, outcome)

        self._pool.callInThreadWithCallback(tell, self._begin, work)
        return told

    def _begin(self, work: Callable[[], T]) -> T:
        if self._is_dropping:
            raise Unavailable(f"the {self._name} threads are ending")
        return work()

    def _tell(self, told: Deferred[T], outcome: T | Failure) -> None:
        self._taken -= 1
        told.callback(outcome)
