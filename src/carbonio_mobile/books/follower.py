"""Keeping something up to date that many look at: once for all who ask at the same time."""

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

FRESH_S = 0.4
"""So long it is not looked again. A shelf is kept as long: twice this, and the time that looking
takes, is how old an answer may be."""

_log = Logger()


class Follower:
    """Has ``catch_up`` called when somebody wants news, never twice at once.

    It is not called again within :data:`FRESH_S` of the beginning of a call that went well. Whoever
    asks meanwhile waits for the call under way; it goes on where nobody waits any more.
    """

    def __init__(
        self, catch_up: Callable[[], Coroutine[Any, Any, None]], *, clock: IReactorTime
    ) -> None:
        self._catch_up = catch_up
        self._clock = clock
        self._began_s = float("-inf")
        self._is_running = False
        self._waiting: list[Deferred[None]] = []

    async def follow(self) -> None:
        """Return when it is up to date. Raises: what ``catch_up`` does."""
        now_s = self._clock.seconds()
        if now_s - self._began_s < FRESH_S:
            return
        waiter: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiter)
        if not self._is_running:
            self._is_running = True
            Deferred.fromCoroutine(self._catch_up()).addBoth(self._done, now_s)
        await waiter

    def _done(self, outcome: Failure | None, began_s: float) -> None:
        self._is_running = False
        waiting, self._waiting = self._waiting, []
        if outcome is None:
            self._began_s = began_s
        elif not waiting:
            _log.failure("an address book could not be read", outcome)
        for waiter in waiting:
            waiter.callback(None) if outcome is None else waiter.errback(outcome)
