"""A bound on what one thing may take of the threads that all share.

A library may stand on a disk of the network, which hangs for minutes: that must cost who asks for
documents, and nobody else.
"""

from collections.abc import Callable
from typing import Any, NoReturn, Protocol, TypeVar

from twisted.internet.defer import Deferred, DeferredSemaphore, fail, succeed
from twisted.internet.interfaces import IReactorTime

from carbonio_mobile.errors import Unavailable

T = TypeVar("T")


class InThread(Protocol):
    """Does work in some thread; fires with its result or what it raised."""

    def __call__(self, work: Callable[[], T], /) -> Deferred[T]: ...


class Slots:
    """Does at most ``count`` pieces of work at a time, while at most ``waiting_max`` wait.

    Who waits for longer than ``answer_s`` is told Unavailable. Work that was begun goes on and
    keeps its slot until it ends; work that nobody waits for any more is not begun.
    """

    def __init__(
        self,
        in_thread: InThread,
        *,
        clock: IReactorTime,
        count: int,
        waiting_max: int,
        answer_s: float,
    ) -> None:
        self._in_thread = in_thread
        self._clock = clock
        self._free = DeferredSemaphore(count)
        self._room = count + waiting_max
        self._taken = 0
        self._answer_s = answer_s

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        """Do work when there is a slot. Raises: Unavailable (too much waits, or it takes too long),
        and whatever the work raises.
        """
        if self._taken >= self._room:
            return fail(Unavailable("too many ask for documents"))
        self._taken += 1
        told: Deferred[T] = Deferred()

        def begin() -> Deferred[Any]:
            return succeed(None) if told.called else self._in_thread(work)

        def tell(outcome: Any) -> None:
            self._taken -= 1
            if not told.called:
                told.callback(outcome)

        self._free.run(begin).addBoth(tell)
        return told.addTimeout(self._answer_s, self._clock, onTimeoutCancel=_late)


def _late(_cancelled: object, answer_s: float) -> NoReturn:
    raise Unavailable(f"the library gave no answer after {answer_s:g} s")
