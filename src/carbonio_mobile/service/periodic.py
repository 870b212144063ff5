"""Work that is done again and again while the daemon runs."""

from collections.abc import Callable

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

_log = Logger()


class Periodic:
    """Everything that is periodic; one round that fails is logged, and the next one comes."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._calls: list[LoopingCall] = []

    def repeat(self, interval_s: float, work: Callable[[], object]) -> None:
        """Do work every so often, from then on; a round is not begun before the last one ended."""
        call = LoopingCall(lambda: maybeDeferred(work).addErrback(_report))
        call.clock = self._clock
        call.start(interval_s, now=False)
        self._calls.append(call)

    def stop(self) -> None:
        """Begin no more rounds."""
        for call in self._calls:
            call.stop()
        self._calls.clear()


def _report(failure: Failure) -> None:
    _log.failure("periodic work failed; the next round will come", failure)
