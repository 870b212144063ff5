"""Share the reactor's time among searches: short stretches, each connection in its turn."""

import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Generator, Hashable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

SLICE_S = 0.002
"""How long searches work until the reactor looks at everything else."""

ARRIVAL_S = 0.004
"""How long they may work at once on what has just arrived; then it waits like all else."""

_WINDOW_S = 0.005


class _AtOnce:
    """What is awaited by one who may go on."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


AT_ONCE: Awaitable[None] = _AtOnce()


class Turns:
    """Says who may go on working now.

    Work that is begun by :meth:`enter` asks :meth:`breathe` before it does anything, and again
    after each of its steps, which are short (2 ms at most). What can be done within
    :data:`ARRIVAL_S` of all that arrives together is done at once. The rest waits, and is called
    owner by owner, one step each: one with many searches gets no more than another with one.

    ``timer`` gives seconds of a clock that nobody sets, also within a turn of the reactor.
    """

    def __init__(
        self, clock: IReactorTime, *, timer: Callable[[], float] = time.perf_counter
    ) -> None:
        self._clock = clock
        self._timer = timer
        self._waiting: OrderedDict[Hashable, deque[Deferred[None]]] = OrderedDict()
        self._call: IDelayedCall | None = None
        self._window_began = 0.0
        self._left_s = ARRIVAL_S
        self._until: float | None = None  # while somebody works whom this let go on
        self._is_arrival = False

    @property
    def waiting_count(self) -> int:
        """How many wait for their turn."""
        return sum(map(len, self._waiting.values()))

    @property
    def may_go_on(self) -> bool:
        """Whether who works now has time left: then :meth:`breathe` would let it go on."""
        return (
            self._until is not None
            and (self._is_arrival or not self._waiting)
            and self._timer() < self._until
        )

    def breathe(self, owner: Hashable) -> Awaitable[None]:
        """Give what fires when ``owner`` may go on: it has, while there is time in this turn."""
        if self.may_go_on:
            return AT_ONCE
        turn: Deferred[None] = Deferred(lambda mine: self._forget(owner, mine))
        self._waiting.setdefault(owner, deque()).append(turn)
        self._call_soon()
        return turn

    def enter(self, work: Callable[[], object]) -> None:
        """Begin work that has just arrived; its first :meth:`breathe` may put it off."""
        now = self._timer()
        if now - self._window_began > _WINDOW_S:
            self._window_began, self._left_s = now, ARRIVAL_S
        before = self._until, self._is_arrival
        self._until, self._is_arrival = now + self._left_s, True
        try:
            work()
        finally:
            self._left_s -= self._timer() - now
            self._until, self._is_arrival = before

    def _go(self) -> None:
        """Let those who wait go on, one step each, until the time is over."""
        self._call = None
        end = self._timer() + SLICE_S
        while self._waiting and self._timer() < end:
            owner, mine = self._waiting.popitem(last=False)
            turn = mine.popleft()
            if mine:
                self._waiting[owner] = mine
            self._until, self._is_arrival = end, False
            turn.callback(None)
            self._until = None
        if self._waiting:
            self._call_soon()

    def _call_soon(self) -> None:
        if self._call is None:
            self._call = self._clock.callLater(0, self._go)

    def _forget(self, owner: Hashable, turn: Deferred[None]) -> None:
        """Call one no more who was cancelled."""
        mine = self._waiting.get(owner)
        if mine is not None and turn in mine:
            mine.remove(turn)
            if not mine:
                del self._waiting[owner]
