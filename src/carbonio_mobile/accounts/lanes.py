"""Threads for the work that would stall the reactor: a few, with a bounded queue before them."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from carbonio_mobile.errors import Unavailable

T = TypeVar("T")


class Lane(Protocol):
    """A place where blocking work is done."""

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        """Do work and give its result; fails with Unavailable where too much waits already."""


class ThreadLane:
    """A lane of its own threads; with one thread, work is done in the order in which it came."""

    def __init__(
        self, reactor: IReactorFromThreads, *, name: str, threads: int, waiting_max: int
    ) -> None:
        self._reactor = reactor
        self._pool = ThreadPool(minthreads=0, maxthreads=threads, name=name)
        self._name = name
        self._room = threads + waiting_max
        self._taken = 0

    def start(self) -> None:
        """Begin to take work."""
        self._pool.start()

    def stop(self) -> None:
        """Wait for the work that was taken, then end the threads. Blocks."""
        self._pool.stop()

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        """Do work in a thread, its result arriving in the reactor thread."""
        if self._taken >= self._room:
            return fail(Unavailable(f"too much waits for the {self._name} threads"))
        self._taken += 1
        return deferToThreadPool(self._reactor, self._pool, work).addBoth(self._leave)

    def _leave(self, result: T) -> T:
        self._taken -= 1
        return result
