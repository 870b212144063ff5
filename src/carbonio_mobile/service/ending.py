"""Let everyone go who is connected when the daemon stops, within a time."""

from typing import Any, Protocol

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

LAST_ANSWERS_S = 10.0
"""How long answers under way may take, after the parked ones were released."""
_LOOK_EVERY_S = 0.05

_log = Logger()


class Site(Protocol):
    """Where phones are connected."""

    @property
    def connections_count(self) -> int:
        """Tell how many connections are open."""

    def drain(self) -> None:
        """Close what is idle now, and the rest after its answer."""


class Hub(Protocol):
    """Where requests are parked."""

    def release_all(self, spread_s: float) -> Deferred[None]:
        """End all waits, over this time."""


class Stoppable(Protocol):
    """Where the mail server, or clients of the address book, are connected."""

    def stop(self) -> Deferred[None]:
        """End connections, those with something at work after their answer."""


async def let_go(
    *,
    site: Site,
    hub: Hub,
    lmtp: Stoppable | None,
    ldap: Stoppable,
    spread_s: float,
    clock: IReactorTime,
) -> None:
    """End parked requests, spread, deliveries and searches; wait until all answers have left.

    None keeps the others waiting, nor this for longer than ``spread_s`` and twice
    :data:`LAST_ANSWERS_S`: a sender whose delivery hangs gets no answer, and comes again.
    """
    site.drain()
    ending = [hub.release_all(spread_s)]
    ending += [one.stop() for one in (lmtp, ldap) if one is not None]
    leaving: Deferred[Any] = gatherResults(ending, consumeErrors=True)
    await leaving.addTimeout(spread_s + LAST_ANSWERS_S, clock).addErrback(_report)
    deadline_s = clock.seconds() + LAST_ANSWERS_S
    while site.connections_count and clock.seconds() < deadline_s:
        await deferLater(clock, _LOOK_EVERY_S)


def _report(failure: Failure) -> None:
    _log.error("not everyone could be let go in time: {why}", why=repr(failure.value))
