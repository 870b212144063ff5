"""Work that several may wait for, and that goes on when they no longer do."""

from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


class SharedWork(Generic[T]):
    """Runs a coroutine to its end, beginning at once. ``is_over`` tells whether it is there."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.is_over = False
        self._waiting: list[Deferred[T]] = []
        self._running = Deferred.fromCoroutine(work)
        self._running.addBoth(self._over)

    def _over(self, result: T | Failure) -> T | Failure | None:
        self.is_over = True
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(result)  # a Failure goes the way of errors
        if isinstance(result, Failure) and waiting:
            return None
        return result

    async def result(self) -> T:
        """Wait for the end; gives or raises what it came to. Cancelling ends the wait only.

        After the end one may ask once.
        """
        if self.is_over:
            return await self._running
        waiter: Deferred[T] = Deferred()
        self._waiting.append(waiter)
        return await waiter
