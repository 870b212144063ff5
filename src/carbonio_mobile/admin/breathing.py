"""Long work in the reactor thread, in turns so short that nobody else notices.

Spec: issue 4, section 4 (nothing blocks the reactor over 20 ms).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

TURN_S = 0.004
"""So long a turn takes, and one step of the work at the most longer."""


async def _no_pause() -> None:
    """Let nobody else run."""


def _no_time() -> float:
    return 0.0


class Breath:
    """Has whoever works pause once a turn is over.

    ``pause`` fires when all others have had theirs; ``steady_clock`` gives seconds. Without them
    there are no pauses: for tests.
    """

    def __init__(
        self,
        pause: Callable[[], Awaitable[object]] = _no_pause,
        steady_clock: Callable[[], float] = _no_time,
        *,
        turn_s: float = TURN_S,
    ) -> None:
        self._pause = pause
        self._steady_clock = steady_clock
        self._turn_s = turn_s

    async def each(self, things: Iterable[T]) -> AsyncIterator[T]:
        """Give things one by one, pausing between them."""
        began = self._steady_clock()
        for thing in things:
            yield thing
            if self._steady_clock() - began >= self._turn_s:
                await self._pause()
                began = self._steady_clock()

    async def drained(self, things: list[T] | set[T]) -> AsyncIterator[T]:
        """Give the members, each taken off first, pausing between them; from a list's end.

        To let 200,000 of them go at once takes the time of ten turns.
        """
        async for _ in self.each(range(len(things))):
            yield things.pop()

    async def emptied(self, things: list[T] | set[T]) -> None:
        """Take all members off."""
        async for _ in self.drained(things):
            pass


UNBROKEN = Breath()
"""Never pauses."""
