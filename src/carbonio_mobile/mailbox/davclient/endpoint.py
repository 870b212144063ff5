"""Connections to a DAV server: TLS verified, what comes in counted, closed for good.

Twisted's HTTP client counts neither how many octets a head has nor how long a peer takes to close;
that is done here, beneath it.
"""

# ruff: noqa: N802  # names that Twisted dictates

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import (
    IDelayedCall,
    IOpenSSLClientConnectionCreator,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import connectionDone
from twisted.internet.ssl import optionsForClientTLS
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from carbonio_mobile.mailbox.certificates import SYSTEM_AUTHORITIES, trust_root

CLOSE_S = 5.0
"""How long a peer may take to agree that a connection ends."""

_HEAD_OCTETS = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DavTrust:
    """Who signs the servers' certificates: those in ``authority_pem``, or the system's if empty.

    ``authority`` is what logs call that, the name of a file.
    """

    authority_pem: bytes = b""
    authority: str = SYSTEM_AUTHORITIES

    def creator(self, host: str) -> IOpenSSLClientConnectionCreator:
        """Make TLS that expects the name ``host``. Raises: OpenSSL.crypto.Error (no PEM)."""
        return optionsForClientTLS(host, trust_root(self.authority_pem))


@implementer(IAgentEndpointFactory)
class DavEndpoints:
    """Makes the endpoint for each host and keeps its TLS context, which is slow to make."""

    def __init__(
        self, reactor: Any, *, trust: DavTrust, connect_s: float, answer_octets: int
    ) -> None:
        self._reactor = reactor
        self._trust = trust
        self._connect_s = connect_s
        self._answer_octets = answer_octets
        self._creators: dict[str, IOpenSSLClientConnectionCreator] = {}

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """Give an endpoint; HTTP in clear only where the URL says so."""
        host = uri.host.decode("ascii")
        endpoint: IStreamClientEndpoint = HostnameEndpoint(
            self._reactor, host, uri.port, timeout=self._connect_s
        )
        if uri.scheme == b"https":
            if host not in self._creators:
                self._creators[host] = self._trust.creator(host)
            endpoint = wrapClientTLS(self._creators[host], endpoint)
        return BoundedEndpoint(endpoint, clock=self._reactor, answer_octets=self._answer_octets)


@implementer(IStreamClientEndpoint)
class BoundedEndpoint:
    """Connects through another endpoint, each connection within bounds.

    ``answer_octets`` is how much a peer may send after a request before it is cut off: somewhat
    more than any body that is let through.
    """

    def __init__(
        self, endpoint: IStreamClientEndpoint, *, clock: IReactorTime, answer_octets: int
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._answer_octets = answer_octets + _HEAD_OCTETS

    def connect(  # as Twisted names it
        self,
        protocolFactory: IProtocolFactory,  # noqa: N803
    ) -> Deferred[IProtocol]:
        """Connect; fires with the protocol that ``protocolFactory`` made."""
        factory = _Bounds(protocolFactory, self._clock, self._answer_octets)
        connecting: Deferred[Any] = self._endpoint.connect(factory)
        return connecting.addCallback(lambda wrapper: wrapper.wrappedProtocol)


class _Bounds(WrappingFactory):
    noisy = False

    def __init__(self, factory: Any, clock: IReactorTime, answer_octets: int) -> None:
        super().__init__(factory)  # type: ignore[no-untyped-call]  # Twisted has none here
        factory.noisy = False
        self.protocol = _Bounded
        self.clock = clock
        self.answer_octets = answer_octets


class _Bounded(ProtocolWrapper):
    """One connection. (Twisted's own methods are called by their class: they have no types.)"""

    transport: Any

    def __init__(self, factory: Any, wrapped: Any) -> None:
        ProtocolWrapper.__init__(self, factory, wrapped)
        self._received = 0
        self._alarm: IDelayedCall | None = None
        self._is_lost = False

    def write(self, data: bytes) -> None:
        """Send; what comes from now on is counted anew."""
        self._received = 0
        ProtocolWrapper.write(self, data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Send, as :meth:`write`."""
        self.write(b"".join(data))

    def dataReceived(self, data: bytes) -> None:
        """Pass on, unless it was too much."""
        self._received += len(data)
        if self._received > self.factory.answer_octets:
            self._abort()
        else:
            ProtocolWrapper.dataReceived(self, data)

    def loseConnection(self) -> None:
        """Close, without the peer's consent if that takes too long."""
        ProtocolWrapper.loseConnection(self)
        if self._alarm is None and not self._is_lost:
            self._alarm = self.factory.clock.callLater(CLOSE_S, self._abort)

    def _abort(self) -> None:
        if self.transport is not None:
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the wrapped protocol."""
        self._is_lost = True
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        self._alarm = None
        ProtocolWrapper.connectionLost(self, reason)
