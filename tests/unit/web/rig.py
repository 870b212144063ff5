"""A site on a fake clock and in-memory transports, for the tests of this room."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import ip_network

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.web.edge import Health
from carbonio_mobile.web.limits import DEFAULT_LIMITS, WebLimits
from carbonio_mobile.web.site import EdgeSite, make_site

EAS = b"/Microsoft-Server-ActiveSync"
TEST_LIMITS = replace(DEFAULT_LIMITS, body_bytes=100_000, all_bodies_bytes=250_000)


class Pipeline:
    """Answers that the test gives when it likes; ``requests`` are those that came through."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.pending: list[Deferred[HttpResponse]] = []
        self.cancelled_count = 0

    def respond(self, request: HttpRequest) -> Deferred[HttpResponse]:
        self.requests.append(request)
        answer: Deferred[HttpResponse] = Deferred(self._cancelled)
        self.pending.append(answer)
        return answer

    def _cancelled(self, _answer: Deferred[HttpResponse]) -> None:
        self.cancelled_count += 1

    def answer(self, body: bytes = b"", *, code: int = 200, **headers: str) -> None:
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self.pending.pop(0).callback(HttpResponse(code=code, headers=pairs, body=body))


class SendingTransport(StringTransport):
    """A transport that tells an aborted connection from one closed in order."""

    aborting = False
    full_at: int | None = None
    """From so many bytes on that the peer has not taken it wants no more."""

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.full_at is not None and len(self.value()) >= self.full_at:
            self.producer.pauseProducing()

    def drain(self) -> int:
        """Let the peer take what there is; return how much that was."""
        count = len(self.value())
        self.clear()
        self.producer.resumeProducing()
        return count

    def abortConnection(self) -> None:
        self.aborting = True
        self.disconnecting = True

    @property
    def is_open(self) -> bool:
        return not self.disconnecting


class Rig:
    """One site, its clock, its pipeline, and connections to it."""

    def __init__(
        self,
        *,
        limits: WebLimits = TEST_LIMITS,
        trusted: Sequence[str] = (),
        health: Health | None = None,
        access_log: Logger | None = None,
    ) -> None:
        self.clock = Clock()
        self.pipeline = Pipeline()
        self.discovery = Pipeline()
        self.threaded_count = 0
        self.site: EdgeSite = make_site(
            respond=self.pipeline.respond,
            discover=self.discovery.respond,
            health=health,
            limits=limits,
            trusted_proxies=[ip_network(network) for network in trusted],
            clock=self.clock,
            time_of_day=self.clock.seconds,
            in_thread=self._in_thread,
            log=Logger(),
            access_log=access_log,
        )

    def _in_thread(self, work: Callable[[], bytes | None]) -> Deferred[bytes | None]:
        self.threaded_count += 1
        return maybeDeferred(work)

    def connect(self, peer: str = "192.0.2.7") -> "Client":
        return Client(self.site, peer)


class Client:
    """The peer's end of one connection."""

    def __init__(self, site: EdgeSite, peer: str) -> None:
        address = IPv4Address("TCP", peer, 40000)
        channel = site.buildProtocol(address)
        assert isinstance(channel, HTTPChannel)
        self.channel = channel
        self.transport = SendingTransport(peerAddress=address)
        channel.makeConnection(self.transport)  # type: ignore[no-untyped-call]

    def send(self, data: bytes) -> None:
        self.channel.dataReceived(data)

    def request(
        self, target: bytes = EAS, body: bytes = b"", *headers: bytes, method: bytes = b"POST"
    ) -> None:
        lines = [method + b" " + target + b" HTTP/1.1", b"Host: Mail.example.com:8443", *headers]
        if body:
            lines.append(b"Content-Length: %d" % len(body))
        self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def vanish(self) -> None:
        self.channel.connectionLost(Failure(ConnectionDone()))

    def received(self) -> bytes:
        """Return what came since the last call."""
        value: bytes = self.transport.value()
        self.transport.clear()
        return value

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return code, headers (lower-case names) and body of the one answer that came."""
        head, _, body = self.received().partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        assert int(headers["content-length"]) == len(body) or not body
        return int(status.split()[1]), headers, body
