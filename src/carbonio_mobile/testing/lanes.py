"""Lanes without threads, for tests of what uses ``accounts.lanes``."""

from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import Deferred, maybeDeferred

T = TypeVar("T")


class InlineLane:
    """Does work at once, in the caller's thread; ``count`` tells how often it was asked."""

    def __init__(self) -> None:
        self.count = 0

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        """Do work now."""
        self.count += 1
        return maybeDeferred(work)


class HeldLane:
    """Does work only when :meth:`release` is called: what happens while others wait."""

    def __init__(self) -> None:
        self._held: list[Callable[[], object]] = []

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        """Hold work."""
        result: Deferred[T] = Deferred()
        self._held.append(lambda: maybeDeferred(work).chainDeferred(result))
        return result

    @property
    def held_count(self) -> int:
        """How much work waits."""
        return len(self._held)

    def release(self) -> None:
        """Do the work held, in order, and what it leads to."""
        while self._held:
            self._held.pop(0)()
