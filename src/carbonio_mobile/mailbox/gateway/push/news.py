"""``WatchNews``: what a watch has heard of one account, told in its turn and until it was taken in.

Whoever takes it in looks at the server anew. So it is enough to tell once of all that was heard of
a mailbox before that look began; what is heard during the look is told after it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from carbonio_mobile.errors import NotFound, StoreError

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsLimits:
    """Seconds for which news are gathered; how many mailboxes are told of at a time; the first and
    the longest pause, in seconds, after one could not be looked at.
    """

    gather_s: float = 0.05
    at_once: int = 4
    first_pause_s: float = 2.0
    longest_pause_s: float = 300.0


class WatchNews:
    """The news of one account. ``tell`` is awaited for each mailbox (None: the list of mailboxes),
    again after a pause if it fails; never twice at a time for the same one.
    """

    def __init__(
        self,
        tell: Callable[[str | None], Awaitable[None]],
        *,
        clock: IReactorTime,
        chance: Callable[[], float],
        limits: NewsLimits,
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._chance = chance
        self._limits = limits
        self._pending: dict[str | None, None] = {}
        self._running: dict[str | None, Deferred[None]] = {}
        self._resting: dict[str | None, IDelayedCall] = {}
        self._failures: dict[str | None, int] = {}
        self._alarm: IDelayedCall | None = None
        self._is_stopped = False

    def hear(self, name: str | None) -> None:
        """Take down that something may have happened; it is told ``gather_s`` later at the latest,
        unless others are in the way or the last look at it failed.
        """
        if not self._is_stopped and name not in self._resting:
            self._pending[name] = None
            self._set_alarm()

    def is_clear(self, name: str | None) -> bool:
        """Tell whether all that was heard of it was taken in."""
        return not any(name in some for some in (self._pending, self._running, self._resting))

    def stop(self) -> None:
        """Tell nothing more; give up what is being taken in."""
        self._is_stopped = True
        self._pending.clear()
        for call in (self._alarm, *self._resting.values()):
            if call is not None:
                call.cancel()
        self._alarm = None
        self._resting.clear()
        for running in list(self._running.values()):
            running.cancel()

    def _set_alarm(self) -> None:
        if self._alarm is None:
            self._alarm = self._clock.callLater(self._limits.gather_s, self._go_on)

    def _go_on(self) -> None:
        self._alarm = None
        # The list goes first: what it tells may have new names for the others.
        for name in sorted(self._pending, key=lambda one: one is not None):
            if len(self._running) >= self._limits.at_once:
                break
            if name not in self._running:
                self._begin(name)

    def _begin(self, name: str | None) -> None:
        self._pending.pop(name, None)
        running = Deferred.fromCoroutine(self._try(name))
        if not running.called:
            self._running[name] = running
            running.addBoth(lambda _: self._end(name))

    async def _try(self, name: str | None) -> None:
        try:
            await self._tell(name)
            self._failures.pop(name, None)
        except CancelledError:
            return
        except NotFound:
            self._failures.pop(name, None)
            if name is not None:
                self.hear(None)  # it is gone, or has another name
        except StoreError as exc:
            _log.debug("news of a mailbox cannot be looked at now: {why}", why=str(exc))
            self._rest(name)
        except Exception:
            _log.failure("looking at the news of a mailbox failed")
            self._rest(name)

    def _rest(self, name: str | None) -> None:
        if self._is_stopped:
            return
        failures = self._failures.get(name, 0)
        self._failures[name] = failures + 1
        longest = min(
            self._limits.longest_pause_s, self._limits.first_pause_s * 2 ** min(failures, 30)
        )
        self._pending.pop(name, None)
        self._resting[name] = self._clock.callLater(
            longest * (0.5 + self._chance() / 2), self._try_again, name
        )

    def _try_again(self, name: str | None) -> None:
        del self._resting[name]
        self.hear(name)

    def _end(self, name: str | None) -> None:
        self._running.pop(name, None)
        if self._pending and not self._is_stopped:
            self._set_alarm()
