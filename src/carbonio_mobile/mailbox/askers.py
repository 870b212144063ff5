"""Who waits for the answers of a server that gives them in the order of the questions."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

T = TypeVar("T")


class Askers(Generic[T]):
    """A queue of those who wait, each for a time of its own.

    ``late`` is called when one has waited for too long. Where one no longer wants to, its answer is
    thrown away when it comes; with ``given_up`` that is called instead, to end the connection.
    """

    def __init__(
        self,
        clock: IReactorTime,
        *,
        late: Callable[[], None],
        given_up: Callable[[], None] | None = None,
    ) -> None:
        self._clock = clock
        self._late = late
        self._given_up = given_up
        self._waiting: deque[tuple[Deferred[T], IDelayedCall]] = deque()
        self.lost: Exception | None = None
        """Why there will be no answers any more."""

    def __len__(self) -> int:
        return len(self._waiting)

    def wait(self, timeout_s: float) -> Deferred[T]:
        """Give the answer to a question that was sent just now."""
        if self.lost is not None:
            return fail(self.lost)
        given_up = self._given_up
        answer: Deferred[T] = Deferred(None if given_up is None else lambda _: given_up())
        self._waiting.append((answer, self._clock.callLater(timeout_s, self._late)))
        return answer

    def answer(self, answer: T) -> None:
        """Give an answer to who waits for longest; there must be one."""
        waiting, alarm = self._waiting.popleft()
        alarm.cancel()
        waiting.callback(answer)

    def fail(self, why: Exception) -> None:
        """Fail all who wait, and all who come from now on."""
        if self.lost is None:
            self.lost = why
        while self._waiting:
            waiting, alarm = self._waiting.popleft()
            if alarm.active():
                alarm.cancel()
            waiting.errback(Failure(why))
