"""Let the reactor run inside a synchronous test until something has happened."""

from collections.abc import Awaitable
from typing import Any, TypeVar

from twisted.internet import reactor as _global
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")
reactor: Any = _global
_WITHIN_S = 60.0


def spin(awaitable: Awaitable[T]) -> T:
    """Run the reactor until an awaitable has fired; give its result or raise what it failed with.

    As trial does it for asynchronous tests: the reactor is left by a "crash", and can run again.
    """
    outcomes: list[Any] = []
    done = _deferred(awaitable)
    done.addBoth(outcomes.append)
    if not outcomes:
        late = reactor.callLater(_WITHIN_S, reactor.crash)
        done.addBoth(lambda _: reactor.crash())
        reactor.run(installSignalHandlers=False)
        if late.active():
            late.cancel()
    if not outcomes:
        raise AssertionError(f"nothing happened within {_WITHIN_S:g} s")
    outcome = outcomes[0]
    if isinstance(outcome, Failure):
        outcome.raiseException()
    result: T = outcome
    return result


def rest() -> None:
    """Leave the reactor as it was found, after the last ``spin``: connections closed, no threads.

    Threads would keep the process alive.
    """
    pause(0.05)
    if reactor.threadpool is not None:
        reactor._stopThreadPool()


def pause(seconds: float) -> None:
    """Let the reactor run for a while."""
    waited: Deferred[None] = Deferred()
    reactor.callLater(seconds, waited.callback, None)
    spin(waited)


def _deferred(awaitable: Awaitable[T]) -> "Deferred[T]":
    async def wait() -> T:
        return await awaitable

    return Deferred.fromCoroutine(wait())
