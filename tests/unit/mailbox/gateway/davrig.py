"""A DAV server of a test's own, in memory: what it answers is a function of the test.

Twisted's own HTTP client speaks to it, octet for octet, over transports that are no sockets and
by a clock that stands still.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, maybeDeferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.client import URI, Agent, HTTPConnectionPool

from carbonio_mobile.dav.hrefs import read_url
from carbonio_mobile.mailbox.davclient.connection import Credentials, DavConnection
from carbonio_mobile.mailbox.davclient.endpoint import BoundedEndpoint, DavTrust
from carbonio_mobile.mailbox.davclient.site import DavBounds, DavSite

T = TypeVar("T")
SITE = read_url("https://dav.example.com/")


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    host: str = ""


@dataclass(frozen=True)
class Reply:
    """An answer. ``cut``: the connection ends after so many octets; ``silent``: it never ends."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    version: str = "HTTP/1.1"
    cut: int | None = None
    silent: bool = False
    length: bool = True

    def octets(self) -> bytes:
        """Write it."""
        headers = dict(self.headers)
        if self.length:
            headers.setdefault("Content-Length", str(len(self.body)))
        lines = [f"{self.version} {self.status} So", *(f"{a}: {b}" for a, b in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def multistatus(inner: str, *, token: str = "") -> Reply:
    """Answer resource by resource, with the prefixes of our own documents."""
    names = (
        'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
        ' xmlns:A="urn:ietf:params:xml:ns:carddav" xmlns:S="http://calendarserver.org/ns/"'
    )
    if token:
        inner += f"<D:sync-token>{token}</D:sync-token>"
    return Reply(207, f"<D:multistatus {names}>{inner}</D:multistatus>".encode())


def response(path: str, properties: str, status: int = 200) -> str:
    """One resource with properties."""
    return (
        f"<D:response><D:href>{path}</D:href><D:propstat><D:prop>{properties}</D:prop>"
        f"<D:status>HTTP/1.1 {status} So</D:status></D:propstat></D:response>"
    )


def gone(path: str, status: int = 404) -> str:
    """One resource with a status."""
    return (
        f"<D:response><D:href>{path}</D:href><D:status>HTTP/1.1 {status} So</D:status></D:response>"
    )


def etag(path: str, value: str) -> str:
    """One resource with its state."""
    return response(path, f'<D:getetag>"{value}"</D:getetag>')


class Wire(StringTransport):
    """One connection; what was written is answered when the clock next turns."""

    def __init__(self, peer: "Peer", protocol: Protocol, host: str) -> None:
        super().__init__()
        self._peer = peer
        self._protocol = protocol
        self._host = host
        self._is_open = True

    def write(self, data: bytes) -> None:
        """Take what the client sends."""
        super().write(data)
        self._peer.clock.callLater(0, self._look)

    def writeSequence(self, data: Iterable[bytes]) -> None:  # as Twisted names it
        """Take what the client sends."""
        self.write(b"".join(data))

    def _look(self) -> None:
        head, end, rest = self.value().partition(b"\r\n\r\n")
        if not end or not self._is_open:
            return
        length = re.search(rb"(?i)content-length: (\d+)", head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return
        self.clear()
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        asked = Asked(method, path, headers, rest[:size], self._host)
        self._peer.asked.append(asked)
        self._send(self._peer.answer(asked))

    def _send(self, reply: Reply) -> None:
        octets = reply.octets()[: reply.cut]
        if octets:
            self._protocol.dataReceived(octets)
        if reply.silent:
            return
        if reply.cut is not None or not reply.length:
            self.end(ConnectionLost() if reply.cut is not None else ConnectionDone())

    def end(self, reason: Exception) -> None:
        """End the connection."""
        if self._is_open:
            self._is_open = False
            self._peer.open.discard(self)
            self._protocol.connectionLost(Failure(reason))

    def loseConnection(self) -> None:
        """Close."""
        self._peer.clock.callLater(0, self.end, ConnectionDone())

    def abortConnection(self) -> None:
        """Close at once."""
        self._peer.clock.callLater(0, self.end, ConnectionLost())


class Peer:
    """The server; ``answer`` is what it does."""

    def __init__(
        self, answer: Callable[[Asked], Reply], *, bounds: DavBounds | None = None
    ) -> None:
        self.answer = answer
        self.clock = Clock()
        self.asked: list[Asked] = []
        self.open: set[Wire] = set()
        self.connects = 0
        self.refuse: Exception | None = None
        self.bounds = bounds or DavBounds()

    def endpointForURI(self, uri: URI) -> BoundedEndpoint:  # as Twisted names it
        """Give the way to a host."""
        endpoint = _Endpoint(self, uri.host.decode())
        return BoundedEndpoint(endpoint, clock=self.clock, answer_octets=self.bounds.octets)

    def site(self, *, other_hosts: frozenset[str] = frozenset(), url: str = SITE) -> DavSite:
        """Make a site that talks to this server."""
        pool = HTTPConnectionPool(self.clock)
        pool.retryAutomatically = False
        closing = HTTPConnectionPool(self.clock, persistent=False)

        def in_thread(function: Callable[[], T]) -> Awaitable[T]:
            return maybeDeferred(function)

        return DavSite(
            read_url(url),
            agent=Agent.usingEndpointFactory(self.clock, self, pool),
            closing_agent=Agent.usingEndpointFactory(self.clock, self, closing),
            clock=self.clock,
            in_thread=in_thread,
            bounds=self.bounds,
            trust=DavTrust(),
            other_hosts=other_hosts,
            pool=pool,
        )

    def connection(self, **more: Any) -> DavConnection:
        """Make an account's connection to this server."""
        return DavConnection(self.site(**more), Credentials(login="john", password="secret"))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work to its end, which must come without time passing; give or raise what it does."""
        return self.result(Deferred.fromCoroutine(work))

    def turn(self) -> None:
        """Let everything happen that needs no time."""
        for _ in range(500):
            self.clock.advance(0)

    def result(self, doing: Deferred[T]) -> T:
        """Let things happen until something came out."""
        found: list[Any] = []
        doing.addBoth(found.append)
        for _ in range(5000):
            if found:
                break
            self.clock.advance(0)
        assert found, "nothing came out"
        if isinstance(found[0], Failure):
            found[0].raiseException()
        value: T = found[0]
        return value

    @property
    def lines(self) -> list[str]:
        """Method and path of all that was asked."""
        return [f"{one.method} {one.path}" for one in self.asked]


class _Endpoint:
    def __init__(self, peer: Peer, host: str) -> None:
        self._peer = peer
        self._host = host

    def connect(self, factory: Any) -> Deferred[Any]:
        """Connect, when the clock next turns."""
        self._peer.connects += 1
        if self._peer.refuse is not None:
            return fail(self._peer.refuse)
        protocol = factory.buildProtocol(None)
        wire = Wire(self._peer, protocol, self._host)
        self._peer.open.add(wire)
        protocol.makeConnection(wire)
        made: Deferred[Any] = Deferred()
        self._peer.clock.callLater(0, made.callback, protocol)
        return made
