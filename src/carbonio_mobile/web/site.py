"""The factory to listen with: puts connections, exchanges and the pipeline together.

Listening with Twisted's ``haproxy:`` endpoints makes the PROXY header's address the peer's; a PROXY
header from a peer outside ``trusted_proxies`` closes the connection.

Spec: MS-ASHTTP 2.2.1.1.
"""

# ruff: noqa: N802  # names that Twisted dictates

from collections.abc import Sequence

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from carbonio_mobile.web.channel import EdgeChannel
from carbonio_mobile.web.edge import Edge, Health, InThread, Respond
from carbonio_mobile.web.exchange import Exchange
from carbonio_mobile.web.hops import Network
from carbonio_mobile.web.limits import WebLimits


class EdgeSite(Factory):
    """Builds connections; knows which are open."""

    noisy = False

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self._channels: set[EdgeChannel] = set()

    def buildProtocol(self, _addr: IAddress | None) -> EdgeChannel | None:
        """Take a connection; None, which closes it, when there are as many as are allowed."""
        if self.edge.draining or len(self._channels) >= self.edge.limits.connections:
            return None
        channel = EdgeChannel(self.edge, on_close=self._channels.discard)
        channel.requestFactory = Exchange  # type: ignore[assignment]  # has what the channel calls
        self._channels.add(channel)
        return channel

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
            in_thread=in_thread,
            log=log,
            access_log=access_log,
        )
    )
