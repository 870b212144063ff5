"""A proxy that hands octets on, until it is told to let the connection go at a certain one."""

from dataclasses import dataclass
from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectError
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure


@dataclass
class Cut:
    """Where to cut: after so many more octets from the client, or from the server."""

    octets: int
    of_server: bool = False
    done: bool = False


class CutProxy:
    """Listens on ``port`` of the loopback, in front of another port. ``cut`` is the one to come."""

    def __init__(self, reactor: Any, port: int) -> None:
        self.reactor = reactor
        self.behind = port
        self.cut: Cut | None = None
        self.open: set[Protocol] = set()
        factory: Any = Factory.forProtocol(lambda: _Client(self))
        self._listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.port = int(self._listening.getHost().port)

    def let_pass(self, octets: bytes, *, of_server: bool) -> bytes:
        """Give what still goes over; notes the cut where it is there."""
        cut = self.cut
        if cut is None or cut.of_server != of_server or cut.done:
            return octets if cut is None or not cut.done else b""
        some, cut.octets = octets[: cut.octets], cut.octets - len(octets)
        if cut.octets <= 0:
            cut.done = True
            self.reactor.callLater(0, self.drop)
        return some

    def drop(self) -> None:
        """Close all connections at both ends; those that are made from now on are not cut."""
        if self.cut is not None and self.cut.done:
            self.cut = None
        for one in list(self.open):
            one.transport.loseConnection()  # type: ignore[union-attr]  # is connected
            self.open.discard(one)

    async def stop(self) -> None:
        """Close all."""
        self.drop()
        await self._listening.stopListening()


class _Client(Protocol):
    """The gateway's side of a connection."""

    def __init__(self, proxy: CutProxy) -> None:
        self.proxy = proxy
        self.server: _Server | None = None
        self.early = b""
        self.is_over = False

    def connectionMade(self) -> None:
        self.proxy.open.add(self)
        endpoint = TCP4ClientEndpoint(self.proxy.reactor, "127.0.0.1", self.proxy.behind)
        connecting = connectProtocol(endpoint, _Server(self))
        connecting.addCallbacks(self._connected, self._failed)

    def _connected(self, server: "_Server") -> None:
        self.server = server
        if self.is_over:
            server.transport.abortConnection()  # type: ignore[union-attr]  # is connected
        else:
            server.transport.write(self.early)  # type: ignore[union-attr]  # is connected

    def _failed(self, failure: Failure) -> None:
        failure.trap(ConnectError)
        self.transport.abortConnection()  # type: ignore[union-attr]  # is connected

    def dataReceived(self, data: bytes) -> None:
        some = self.proxy.let_pass(data, of_server=False)
        if self.server is None:
            self.early += some
        else:
            self.server.transport.write(some)  # type: ignore[union-attr]  # is connected

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_over = True
        self.proxy.open.discard(self)
        if self.server is not None:
            self.server.transport.loseConnection()  # type: ignore[union-attr]  # was connected


class _Server(Protocol):
    """The server's side."""

    def __init__(self, client: _Client) -> None:
        self.client = client

    def dataReceived(self, data: bytes) -> None:
        some = self.client.proxy.let_pass(data, of_server=True)
        self.client.transport.write(some)  # type: ignore[union-attr]  # is connected

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.client.transport.loseConnection()  # type: ignore[union-attr]  # was connected
