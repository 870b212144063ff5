"""A timer that is set again and again."""

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Alarm:
    """Rings once, at the time that it was set to last."""

    __slots__ = ("_call", "_clock")

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._call: IDelayedCall | None = None

    def set(self, time_s: float, ring: Callable[[], None]) -> None:
        """Call ``ring`` in so many seconds, and not at any time set before."""
        self.stop()
        self._call = self._clock.callLater(time_s, ring)

    def stop(self) -> None:
        """Do not ring."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
