"""The factory to listen with: puts connections, exchanges and the pipeline together.

Listening with Twisted's ``haproxy:`` endpoints makes the PROXY header's address the peer's; a PROXY
header from a peer outside ``trusted_proxies`` closes the connection.

Spec: MS-ASHTTP 2.2.1.1.
"""

# ruff: noqa: N802  # names that Twisted dictates

from collections import Counter
from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from carbonio_mobile.web.channel import EdgeChannel, host_of
from carbonio_mobile.web.edge import Edge, Health, InThread, Respond
from carbonio_mobile.web.exchange import Exchange
from carbonio_mobile.web.hops import Network, is_loopback, origin
from carbonio_mobile.web.limits import WebLimits


class EdgeSite(Factory):
    """Builds connections; knows which are open."""

    noisy = False

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self._channels: set[EdgeChannel] = set()
        self._of_origin: Counter[str] = Counter()

    def buildProtocol(self, addr: IAddress | None) -> EdgeChannel | None:
        """Take a connection; None, which closes it, when there are as many as are allowed."""
        if self.edge.draining or len(self._channels) >= self.edge.limits.connections:
            return None
        address = host_of(addr)
        counted_as = origin(address, self.edge.trusted_proxies)
        if counted_as is not None and not self._has_room(address, counted_as):
            return None
        channel = EdgeChannel(self.edge, counted_as=counted_as, on_close=self._closed)
        channel.requestFactory = Exchange  # type: ignore[assignment]  # has what the channel calls
        self._channels.add(channel)
        if counted_as is not None:
            self._of_origin[counted_as] += 1
        return channel

    def _has_room(self, address: str, counted_as: str) -> bool:
        limits = self.edge.limits
        bound = limits.loopback_connections if is_loopback(address) else limits.peer_connections
        return bound == 0 or self._of_origin[counted_as] < bound

    def _closed(self, channel: EdgeChannel) -> None:
        self._channels.discard(channel)
        if channel.counted_as is not None:
            self._of_origin[channel.counted_as] -= 1
            if not self._of_origin[channel.counted_as]:
                del self._of_origin[channel.counted_as]

    @property
    def connections_count(self) -> int:
        """Return how many connections are open, parked ones included."""
        return len(self._channels)

    def drain(self) -> None:
        """Take no more connections, close the idle ones, and each other one after its answer.

        The pipeline ends the parked requests, in its own time.
        """
        self.edge.draining = True
        for channel in tuple(self._channels):
            channel.close_if_idle()


def make_site(
    *,
    respond: Respond,
    discover: Respond,
    health: Health | None,
    limits: WebLimits,
    trusted_proxies: Sequence[Network],
    clock: IReactorTime,
    time_of_day: Callable[[], float],
    in_thread: InThread,
    log: Logger,
    access_log: Logger | None,
) -> EdgeSite:
    """Return a factory for plain, TLS and ``haproxy:`` endpoints alike.

    ``respond`` answers OPTIONS and POST on ``/Microsoft-Server-ActiveSync``, ``discover`` GET, HEAD
    and POST on the Autodiscover paths, ``health`` GET on ``/healthz`` (None: always well). When the
    peer goes away the Deferred or coroutine that they returned is cancelled. ``in_thread`` is for
    the compression of large bodies: ``partial(deferToThreadPool, reactor, pool)``. ``access_log``
    gets a debug line per request.
    """
    return EdgeSite(
        Edge(
            respond=respond,
            discover=discover,
            health=health,
            limits=limits,
            trusted_proxies=tuple(trusted_proxies),
            clock=clock,
            time_of_day=time_of_day,
            in_thread=in_thread,
            log=log,
            access_log=access_log,
        )
    )
