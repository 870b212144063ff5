"""Work that is left when the main thing is done, and that may fail for a while."""

from collections.abc import Awaitable, Callable, Sequence

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from carbonio_mobile.errors import StoreError

Chore = Callable[[], Awaitable[None]]
"""May raise StoreError; is called again then, so that it must have its effect once."""

_log = Logger()


class Chores:
    """Does each group of chores, and again after ``delays_s`` what could not be done.

    At most ``most`` groups wait at a time; they end with the process.
    """

    def __init__(self, *, delays_s: Sequence[float], most: int, clock: IReactorTime) -> None:
        self._delays_s = tuple(delays_s)
        self._most = most
        self._clock = clock
        self._waiting: set[Deferred[None]] = set()

    async def do(self, chores: Sequence[Chore], then: Chore) -> None:
        """Try all chores; returns when each was tried. ``then`` comes when nothing is left."""
        left = await _tried(chores)
        if left and self._delays_s and len(self._waiting) < self._most:
            trying = Deferred.fromCoroutine(self._keep_trying(left, then))
            if not trying.called:
                self._waiting.add(trying)
                trying.addBoth(lambda _: self._waiting.discard(trying))
            return
        await self._end(left, then)

    async def _keep_trying(self, chores: Sequence[Chore], then: Chore) -> None:
        left = chores
        for delay_s in self._delays_s:
            try:
                await deferLater(self._clock, delay_s, lambda: None)
            except CancelledError:
                return
            left = await _tried(left)
            if not left:
                break
        await self._end(left, then)

    async def _end(self, left: Sequence[Chore], then: Chore) -> None:
        if left:
            _log.error("given up: {count} things left to do for mail that was sent",
                       count=len(left))  # fmt: skip
        await _tried([then])

    def stop(self) -> None:
        """Try no more."""
        for trying in list(self._waiting):
            trying.cancel()


async def _tried(chores: Sequence[Chore]) -> list[Chore]:
    """Do chores; gives those that could not be done."""
    left = []
    for chore in chores:
        try:
            await chore()
        except StoreError as exc:
            _log.warn("mail was sent, and something about it cannot be stored: {why}",
                      why=str(exc))  # fmt: skip
            left.append(chore)
    return left
