"""A bounded number of pieces of work at a time, taken from a durable queue as they become due."""

from collections.abc import Awaitable, Callable, Collection, Sequence

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from carbonio_mobile.errors import StoreError

Due = Callable[[Collection[int], int], Awaitable[tuple[Sequence[int], float | None]]]
"""Gives what is due, beside what is busy and up to a number, and the time of the next after it."""

_PAUSE_S = 15.0
"""How long the runner lets go of what failed, or of a queue that cannot be read."""
_LONGEST_PAUSE_S = 900.0
"""What the pause grows to, twice as long each time, where the same fails again."""

_log = Logger()


class Runner:
    """Looks for what is due whenever it was told to, a time has come, or work came to its end."""

    def __init__(
        self,
        *,
        due: Due,
        work: Callable[[int], Awaitable[None]],
        most: int,
        clock: IReactorTime,
    ) -> None:
        self._due = due
        self._work = work
        self._most = most
        self._clock = clock
        self._running: dict[int, Deferred[None]] = {}
        self._resting: dict[int, IDelayedCall] = {}
        self._failures: dict[int, int] = {}
        self._alarm: IDelayedCall | None = None
        self._look: Deferred[None] | None = None
        self._look_again = False
        self._stopped = True

    def start(self) -> None:
        """Begin with what is due already."""
        self._stopped = False
        self.wake()

    def offer(self, number: int) -> None:
        """Begin with a piece at once if there is room; else it waits in the queue."""
        if self._stopped or number in self._running or number in self._resting:
            return
        if len(self._running) < self._most:
            self._begin(number)
        else:
            self._look_again = True

    def wake(self) -> None:
        """Look what is due."""
        if self._stopped:
            return
        if self._look is not None:
            self._look_again = True
            return
        self._look_again = False
        self._look = Deferred.fromCoroutine(self._take_due())
        self._look.addErrback(self._looked_in_vain)
        self._look.addBoth(self._looked)

    async def stop(self) -> None:
        """Begin nothing further; returns when what is under way has come to its end."""
        self._stopped = True
        for rest in self._resting.values():
            rest.cancel()
        self._resting.clear()
        under_way = [*self._running.values(), *([self._look] if self._look else [])]
        await DeferredList([_following(one) for one in under_way])
        self._set_alarm(None)

    async def _take_due(self) -> None:
        room = self._most - len(self._running)
        if room <= 0:
            return
        numbers, next_at = await self._due([*self._running, *self._resting], room)
        if self._stopped:
            return
        for number in numbers:
            if number not in self._running and len(self._running) < self._most:
                self._begin(number)
        if next_at is not None and next_at <= self._clock.seconds():
            # Its time has come during the look; or there is no room, and something will end.
            self._look_again = True
        self._set_alarm(next_at)

    def _looked_in_vain(self, failure: Failure) -> None:
        if not self._stopped:
            _log.failure("the queue of outgoing mail cannot be read", failure)
            self._set_alarm(self._clock.seconds() + _PAUSE_S)

    def _looked(self, _: object) -> None:
        self._look = None
        if self._look_again and len(self._running) < self._most:
            self.wake()

    def _set_alarm(self, at: float | None) -> None:
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        self._alarm = None
        if at is not None and not self._stopped:
            delay_s = max(0.0, at - self._clock.seconds())
            # What is due but found no room is looked for when something ends.
            if delay_s > 0:
                self._alarm = self._clock.callLater(delay_s, self.wake)

    def _begin(self, number: int) -> None:
        self._running[number] = Deferred()
        work = Deferred.fromCoroutine(_awaited(self._work(number)))
        work.addCallbacks(self._succeeded, self._failed, (number,), {}, (number,))
        work.addBoth(self._ended, number)

    def _succeeded(self, _: None, number: int) -> None:
        self._failures.pop(number, None)

    def _failed(self, failure: Failure, number: int) -> None:
        if failure.check(CancelledError):
            return
        if failure.check(StoreError):
            _log.error("queued mail {number} cannot be worked on: {why}",
                       number=number, why=str(failure.value))  # fmt: skip
        else:
            _log.failure("work on queued mail {number} failed", failure, number=number)
        if not self._stopped:
            again = self._failures.get(number, 0)
            self._failures[number] = again + 1
            pause_s = min(_PAUSE_S * 2 ** min(again, 10), _LONGEST_PAUSE_S)
            self._resting[number] = self._clock.callLater(pause_s, self._rested, number)

    def _rested(self, number: int) -> None:
        del self._resting[number]
        # Whether it is due or not: there may be something to be written down.
        self.offer(number)
        self.wake()

    def _ended(self, _: object, number: int) -> None:
        ended = self._running.pop(number)
        self.wake()
        ended.callback(None)


async def _awaited(work: Awaitable[None]) -> None:
    await work


def _following(one: Deferred[None]) -> Deferred[None]:
    """Give a Deferred that fires with another one, whose result stays as it is."""
    follower: Deferred[None] = Deferred()

    def tell(result: None) -> None:
        follower.callback(None)
        return result

    one.addCallback(tell)
    return follower
