"""Run tens of thousands of timers on one delayed call of the reactor.

Timers due in the same slot of time share one entry, so that adding and cancelling cost O(1) and a
parked request needs no delayed call of its own.
"""

from heapq import heappop, heappush
from math import ceil, inf

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Timer:
    """Something that is due once; a subclass says what then. It is in one wheel, or none."""

    __slots__ = ("_slot", "_wheel")

    def __init__(self) -> None:
        self._wheel: TimerWheel | None = None
        self._slot = 0

    def expire(self) -> None:
        """Do what was to be done when time is up; runs outside the wheel, and must not raise."""
        raise NotImplementedError

    def left_s(self) -> float:
        """Tell how long it is until the timer expires; infinity if it is not set."""
        return inf if self._wheel is None else self._wheel.left_s(self)

    def unset(self) -> None:
        """Cancel; nothing happens if the timer is not set."""
        if self._wheel is not None:
            self._wheel.remove(self)


class TimerWheel:
    """The timers of one precision: never early, at most ``slot_s`` late."""

    def __init__(self, clock: IReactorTime, *, slot_s: float) -> None:
        self._clock = clock
        self._slot_s = slot_s
        self._slots: dict[int, dict[Timer, None]] = {}
        self._order: list[int] = []  # a heap of the keys of _slots
        self._call: IDelayedCall | None = None
        self._called_slot = 0
        self._count = 0
        self._due: dict[Timer, None] = {}

    def __len__(self) -> int:
        return self._count

    def add(self, timer: Timer, seconds: float) -> None:
        """Let the timer expire in ``seconds`` (not negative); one that is set is set anew."""
        timer.unset()
        slot = ceil((self._clock.seconds() + seconds) / self._slot_s)
        timers = self._slots.get(slot)
        if timers is None:
            timers = self._slots[slot] = {}
            heappush(self._order, slot)
        timers[timer] = None
        timer._wheel, timer._slot = self, slot
        self._count += 1
        if self._call is None or slot < self._called_slot:
            self._schedule()

    def left_s(self, timer: Timer) -> float:
        """Tell how long it is until a timer of this wheel expires; 0 or less when it is due."""
        return timer._slot * self._slot_s - self._clock.seconds()

    def remove(self, timer: Timer) -> None:
        """Cancel a timer of this wheel."""
        if timer in self._due:
            del self._due[timer]
        else:
            del self._slots[timer._slot][timer]
        self._forget(timer)
        self._rest_if_empty()

    def _forget(self, timer: Timer) -> None:
        timer._wheel = None
        self._count -= 1

    def _rest_if_empty(self) -> None:
        """Without timers, leave no call behind: what slots are left were emptied by unsetting."""
        if not self._count and self._slots:
            self._slots.clear()
            self._order.clear()
            self._schedule()

    def _schedule(self) -> None:
        """Have the delayed call stand for the first slot, and for nothing when there is none."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        if self._order:
            self._called_slot = self._order[0]
            delay_s = self._called_slot * self._slot_s - self._clock.seconds()
            self._call = self._clock.callLater(max(delay_s, 0.0), self._tick)

    def _tick(self) -> None:
        self._call = None
        # The slot that the call stood for is due by definition: floating-point time may say that it
        # is a fraction of a microsecond early. Later ones are due when the clock was late or
        # jumped.
        last = max(self._called_slot, int(self._clock.seconds() / self._slot_s))
        while self._order and self._order[0] <= last:
            self._due.update(self._slots.pop(heappop(self._order)))
        self._schedule()
        # One that expires may unset another that is due in the same round, or set it anew.
        for timer in tuple(self._due):
            if timer in self._due:
                del self._due[timer]
                self._forget(timer)
                timer.expire()
        self._rest_if_empty()
