"""Any bytes sent to the HTTP edge end in an answer or a clean close, and leave nothing behind.

``pytest -m long`` (tox -e fuzz) tries fifty times as many. A failure prints the bytes; those that
found a fault become cases of ``tests/unit/web``.
"""

import gzip
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import LogEvent, Logger
from twisted.python.failure import Failure

from carbonio_mobile.autodiscover import json_v2, pox
from carbonio_mobile.eas import requestline
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.web.limits import DEFAULT_LIMITS
from carbonio_mobile.web.site import make_site

EAS = b"/Microsoft-Server-ActiveSync"
LIMITS = replace(DEFAULT_LIMITS, body_bytes=2_000, all_bodies_bytes=2_000, header_bytes=1_000)
SEEDS = (
    b"POST %s?Cmd=Sync&User=a&DeviceId=d&DeviceType=t HTTP/1.1\r\nHost: a:1\r\n"
    b"Accept-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody" % EAS,
    b"POST %s?jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l HTTP/1.1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nTrailer: x\r\n\r\n" % EAS,
    b"OPTIONS %s/ HTTP/1.1\r\nX-Forwarded-For: 1.2.3.4\r\nX-Request-Id: a\r\n\r\n" % EAS,
    b"POST /autodiscover/autodiscover.xml HTTP/1.1\r\nContent-Encoding: gzip\r\n"
    b"Content-Length: 28\r\n\r\n" + gzip.compress(b"<a/>.....", mtime=0)[:28],
    (
        b"GET /autodiscover/autodiscover.json?Email=a@b&Protocol=EWS HTTP/1.1\r\n"
        b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
    ),
    b"HEAD http://h/autodiscover/autodiscover.json/v1.0/a HTTP/1.0\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n",
)
PIECES = (
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b": ",
    b"Content-Length: 5\r\n",
    b"Content-Length: 9999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Content-Encoding: gzip\r\n",
    b"x-long: " + b"y" * 1_100,
    b"ffffffffffffffff\r\n",
    b"z" * 2_100,
    b"%",
    b"%ff%00",
    b"\xff\xfe\x80",
    b"?&=;",
    b"://",
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid request or several, with pieces cut out, doubled, replaced or put in."""
    data = b"".join(draw(st.lists(st.sampled_from(SEEDS), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from((0, 0, 1, 2, 8, 60))))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=6) | st.just(data[start:end] * 2))
        data = data[:start] + piece + data[end:]
    return data


class Peer:
    """One connection to a site of its own; ``logged`` are the events that it caused."""

    def __init__(self) -> None:
        self.logged: list[LogEvent] = []
        self.clock = Clock()
        self.site = make_site(
            respond=self.respond,
            discover=self.discover,
            health=None,
            limits=LIMITS,
            trusted_proxies=(),
            clock=self.clock,
            time_of_day=self.clock.seconds,
            in_thread=self.in_thread,
            log=Logger(observer=self.logged.append),
            access_log=Logger(observer=self.logged.append),
        )
        channel = self.site.buildProtocol(None)
        assert channel is not None
        self.channel = channel
        self.transport = StringTransport()
        self.transport.abortConnection = self.transport.loseConnection  # type: ignore[method-assign]
        channel.makeConnection(self.transport)

    @staticmethod
    def in_thread(work: Callable[[], bytes | None]) -> Deferred[bytes | None]:
        return maybeDeferred(work)

    async def respond(self, request: HttpRequest) -> HttpResponse:
        assert len(request.body) <= LIMITS.body_bytes
        if request.method == "OPTIONS":
            return HttpResponse(code=200)
        try:
            line = requestline.parse(request.query, request.headers)
        except ProtocolError:
            return HttpResponse(code=400)
        if line.command == "Ping":
            await Deferred()
        return HttpResponse(code=200, body=request.body * 2)

    def discover(self, request: HttpRequest) -> Deferred[HttpResponse]:
        try:
            if "json" in request.path.lower():
                asked = json_v2.parse(request.path, request.query)
                code, body, _ = json_v2.answer(asked, active_sync_url="a", autodiscover_url="b")
                return succeed(HttpResponse(code=code, body=body))
            return succeed(
                HttpResponse(code=200, body=pox.parse_request(request.body).email.encode())
            )
        except ProtocolError:
            return succeed(HttpResponse(code=400))

    def send(self, data: bytes, size: int) -> None:
        """Send in pieces of a size, as long as the connection is there."""
        for start in range(0, len(data), size):
            if self.transport.disconnecting:
                return
            self.channel.dataReceived(data[start : start + size])
            assert self.site.edge.held.total_bytes <= LIMITS.all_bodies_bytes + size

    def check_answers(self) -> None:
        """What came back is a row of answers, each with its length, or nothing."""
        rest: bytes = self.transport.value()
        while rest:
            assert rest.startswith(b"HTTP/1.1 "), rest[:40]
            head, _, rest = rest.partition(b"\r\n\r\n")
            if b"Content-Length: " in head:
                length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
                if not rest.startswith(b"HTTP/1.1 "):  # the answer to HEAD has only the length
                    rest = rest[length:]

    def leave(self) -> None:
        """Go away; nothing of this connection may remain."""
        self.channel.connectionLost(Failure(ConnectionDone()))
        assert self.clock.getDelayedCalls() == []
        assert self.site.connections_count == 0
        assert self.site.edge.held.total_bytes == 0
        failures = [event for event in self.logged if "log_failure" in event]
        assert failures == []


def attack(data: bytes, size: int) -> None:
    peer = Peer()
    peer.send(data, size)
    peer.check_answers()
    peer.clock.advance(10_000)
    peer.leave()


sizes = st.sampled_from((1, 7, 100, 65_536))
quick = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
thorough = settings(quick, max_examples=15_000)


@quick
@given(mutated(), sizes)
def test_mutated_requests(data: bytes, size: int) -> None:
    """Requests with faults in them: an answer or a clean close, nothing logged as a failure."""
    attack(data, size)


@quick
@given(st.binary(max_size=3_000), sizes)
def test_random_bytes(data: bytes, size: int) -> None:
    """Noise: the same."""
    attack(data, size)


@pytest.mark.long
@thorough
@given(mutated() | st.binary(max_size=5_000), sizes)
def test_many_attacks(data: bytes, size: int) -> None:
    """Both, for longer."""
    attack(data, size)


@quick
@given(mutated(), st.data())
def test_any_split_gives_the_same_answers(data: bytes, draw: st.DataObject) -> None:
    """However the bytes are cut, what is answered is what the whole gets."""
    whole, cut = Peer(), Peer()
    whole.send(data, len(data) or 1)
    cut.send(data, draw.draw(st.integers(1, 40)))
    shorter, longer = sorted((whole.transport.value(), cut.transport.value()), key=len)
    assert longer.startswith(shorter) or whole.transport.disconnecting
    whole.leave()
    cut.leave()


def test_unanswered_flood_is_bounded() -> None:
    """A thousand half-sent bodies hold no more than the bound on all of them together."""
    peer = Peer()
    channels = []
    for _ in range(1000):
        channel = peer.site.buildProtocol(None)
        assert channel is not None
        transport = StringTransport()
        transport.abortConnection = transport.loseConnection  # type: ignore[method-assign]
        channel.makeConnection(transport)
        channel.dataReceived(
            b"POST %s HTTP/1.1\r\nContent-Length: 1500\r\n\r\n" % EAS + b"x" * 1000
        )
        channels.append(channel)
    assert peer.site.edge.held.total_bytes <= LIMITS.all_bodies_bytes
    for channel in channels:
        channel.connectionLost(Failure(ConnectionDone()))
    peer.leave()
