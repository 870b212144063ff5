"""What a peer may not do: too much, too slowly, in too many pieces."""

import gc
import gzip
import socket
from dataclasses import replace

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.haproxy._wrapper import HAProxyWrappingFactory
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.eas.http import HttpRequest, HttpResponse

from .rig import EAS, TEST_LIMITS, Client, Rig, SendingTransport

CHUNKED = b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" % EAS


class SizeTests(SynchronousTestCase):
    """Headers and bodies beyond the limits."""

    def test_announced_body_is_refused_before_it_comes(self) -> None:
        """413 and Connection: close at the end of the headers; the rest is dropped unread."""
        rig = Rig()
        client = rig.connect()
        client.send(b"POST %s HTTP/1.1\r\nContent-Length: 100001\r\n\r\n" % EAS)
        code, headers, _ = client.answer()
        self.assertEqual((code, headers["connection"]), (413, "close"))
        self.assertTrue(client.transport.is_open)
        for _ in range(100):
            client.send(b"x" * 1000)
        self.assertEqual(rig.site.edge.held.total_bytes, 0)
        self.assertEqual(client.received(), b"")
        rig.clock.advance(TEST_LIMITS.linger_timeout_s)
        self.assertFalse(client.transport.is_open)
        self.assertEqual(rig.pipeline.requests, [])

    def test_refused_body_that_came_whole(self) -> None:
        """When all of it is there already the connection closes at once, after the answer."""
        rig = Rig()
        client = rig.connect()
        client.request(EAS, b"x" * 100_001)
        self.assertEqual(client.answer()[0], 413)
        self.assertFalse(client.transport.is_open)
        self.assertEqual(rig.pipeline.requests, [])

    def test_largest_body(self) -> None:
        """The limit itself is allowed."""
        rig = Rig()
        client = rig.connect()
        client.request(EAS, b"x" * 100_000)
        self.assertEqual(len(rig.pipeline.requests[0].body), 100_000)

    def test_chunked_body_is_bounded(self) -> None:
        """A body of unknown length is refused at the byte that is too many, and forgotten."""
        rig = Rig()
        client = rig.connect()
        client.send(CHUNKED)
        for _ in range(101):
            client.send(b"3E8\r\n" + b"x" * 1000 + b"\r\n")
        self.assertEqual(client.answer()[0], 413)
        self.assertEqual(rig.site.edge.held.total_bytes, 0)
        client.send(b"0\r\n\r\n")
        self.assertEqual(rig.pipeline.requests, [])

    def test_all_bodies_are_bounded(self) -> None:
        """Bodies of many connections together: 503 and Retry-After for the one too many."""
        rig = Rig()
        clients = [rig.connect() for _ in range(3)]
        for client in clients:
            client.request(EAS, b"x" * 90_000)
        self.assertEqual(len(rig.pipeline.requests), 2)
        code, headers, _ = clients[2].answer()
        self.assertEqual((code, headers["retry-after"]), (503, "30"))
        rig.pipeline.answer()
        rig.connect().request(EAS, b"x" * 90_000)
        self.assertEqual(len(rig.pipeline.requests), 3)

    def test_headers_are_bounded(self) -> None:
        """Too many, too long, or without end: 400 or nothing, and closed."""
        head = b"POST %s HTTP/1.1\r\n" % EAS
        for rest in (b"a: b\r\n" * 101, b"a: " + b"b" * 20_000, b"a: %s\r\n" % (b"b" * 9000) * 2):
            rig = Rig()
            client = rig.connect()
            client.send(head + rest + b"\r\n\r\n")
            self.assertFalse(client.transport.is_open)
            self.assertIn(client.received()[:12], (b"", b"HTTP/1.1 400"))
            self.assertEqual(rig.pipeline.requests, [])

    def test_ambiguous_lengths(self) -> None:
        """Two lengths, a length and chunks, a length that is no number: 400, never a guess."""
        for lines in (
            b"Content-Length: 1\r\nContent-Length: 2\r\n",
            b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            b"Content-Length: +1\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n",
        ):
            rig = Rig()
            client = rig.connect()
            client.send(b"POST %s HTTP/1.1\r\n" % EAS + lines + b"\r\nxxxx")
            self.assertTrue(client.received().startswith(b"HTTP/1.1 400"), lines)
            self.assertFalse(client.transport.is_open)
            self.assertEqual(rig.pipeline.requests, [])

    def test_nothing_is_made_of_what_follows_a_bad_request(self) -> None:
        """TLS delivers on after the connection was given up; it leads nowhere."""
        rig = Rig()
        client = rig.connect()
        client.send(b"POST %s HTTP/1.1\r\nno colon\r\na: b\r\n\r\n" % EAS)
        client.received()
        client.request()
        self.assertEqual(rig.pipeline.requests, [])
        self.assertEqual(client.received(), b"")

    def test_pipelined_flood_is_not_buffered(self) -> None:
        """While a request is held, the connection is not read beyond a small buffer."""
        rig = Rig()
        client = rig.connect()
        client.request()
        client.send(b"x" * 20_000)
        self.assertEqual(client.transport.producerState, "paused")


class TimeTests(SynchronousTestCase):
    """Peers that take too long."""

    def test_silent_connection(self) -> None:
        """A connection without a request is dropped after the time for headers."""
        rig = Rig()
        client = rig.connect()
        rig.clock.advance(TEST_LIMITS.header_timeout_s - 1)
        self.assertTrue(client.transport.is_open)
        rig.clock.advance(1)
        self.assertTrue(client.transport.aborting)

    def test_dripping_headers(self) -> None:
        """A byte now and then does not buy time."""
        rig = Rig()
        client = rig.connect()
        for byte in b"POST %s HTTP/1.1" % EAS:
            client.send(bytes((byte,)))
            rig.clock.advance(1)
        self.assertTrue(client.transport.aborting)

    def test_dripping_body(self) -> None:
        """A body below the slowest rate is dropped, however regularly its bytes come."""
        rig = Rig()
        client = rig.connect()
        client.send(b"POST %s HTTP/1.1\r\nContent-Length: 50000\r\n\r\n" % EAS)
        seconds = 0
        while client.transport.is_open and seconds < 100:
            client.send(b"x" * 100)
            rig.clock.advance(1)
            seconds += 1
        self.assertTrue(client.transport.aborting)
        self.assertLess(seconds, 40)

    def test_slow_but_steady_body(self) -> None:
        """A large body over a weak line gets the time that its bytes need."""
        rig = Rig(limits=replace(TEST_LIMITS, slowest_bytes_per_s=400))
        client = rig.connect()
        client.send(b"POST %s HTTP/1.1\r\nContent-Length: 50000\r\n\r\n" % EAS)
        for _ in range(100):
            client.send(b"x" * 500)
            rig.clock.advance(1)
        self.assertEqual(len(rig.pipeline.requests), 1)
        self.assertTrue(client.transport.is_open)

    def test_idle_connection(self) -> None:
        """A kept connection closes in good order when nothing follows, then for good."""
        rig = Rig()
        client = rig.connect()
        client.request()
        rig.pipeline.answer()
        rig.clock.advance(TEST_LIMITS.idle_timeout_s + 1)
        self.assertFalse(client.transport.is_open)
        self.assertFalse(client.transport.aborting)
        rig.clock.advance(TEST_LIMITS.linger_timeout_s)
        self.assertTrue(client.transport.aborting)

    def test_next_request_has_its_own_time(self) -> None:
        """The first byte of a further request starts the time for its headers."""
        rig = Rig()
        client = rig.connect()
        client.request()
        rig.pipeline.answer()
        rig.clock.advance(TEST_LIMITS.idle_timeout_s - 1)
        client.send(b"POST")
        rig.clock.advance(TEST_LIMITS.header_timeout_s - 1)
        self.assertTrue(client.transport.is_open)
        rig.clock.advance(1)
        self.assertTrue(client.transport.aborting)

    def test_silence_ends_what_a_large_start_earned(self) -> None:
        """A body that came almost whole and then stops is dropped like one that drips."""
        rig = Rig()
        client = rig.connect()
        client.send(b"POST %s HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" % EAS + b"x" * 99_999)
        rig.clock.pump([TEST_LIMITS.body_timeout_s] * 2)
        self.assertTrue(client.transport.aborting)


class RoomTests(SynchronousTestCase):
    """What bodies hold, and who is refused when there is no room."""

    def setUp(self) -> None:
        self.limits = replace(TEST_LIMITS, body_bytes=250_000, peer_bodies_bytes=150_000)

    def fill(self, rig: Rig) -> None:
        """Have two peers hold the most that all may."""
        for peer, size in (("192.0.2.1", 150_000), ("192.0.2.2", 100_000)):
            rig.connect(peer).request(EAS, b"x" * size)
        self.assertEqual(rig.site.edge.held.total_bytes, 250_000)

    def test_share_of_a_peer(self) -> None:
        """One address fills its share and no more; a proxy's connections are many peers'."""
        for trusted, codes in (((), [503]), (("192.0.2.0/24",), [])):
            rig = Rig(limits=self.limits, trusted=trusted)
            clients = [rig.connect("192.0.2.1") for _ in range(2)]
            for client in clients:
                client.request(EAS, b"x" * 100_000)
            answers = [client.answer()[0] for client in clients if client.transport.value()]
            self.assertEqual(answers, codes)
            rig.connect("198.51.100.1").request(EAS, b"x" * 50_000)
            self.assertEqual(len(rig.pipeline.requests), 3 - len(codes))

    def test_small_bodies_always_fit(self) -> None:
        """Phones get through when strangers hold all that may be held."""
        rig = Rig(limits=self.limits)
        self.fill(rig)
        rig.connect("192.0.2.1").request(EAS, b"x" * self.limits.small_body_bytes)
        self.assertEqual(len(rig.pipeline.requests), 3)
        self.assertEqual(rig.site.edge.held.total_bytes, 250_000)

    def test_inflated_size_needs_room(self) -> None:
        """A gzip body that announces more than fits is 503 before it is inflated."""
        rig = Rig(limits=self.limits)
        self.fill(rig)
        client = rig.connect("192.0.2.3")
        client.request(EAS, gzip.compress(bytes(100_000)), b"Content-Encoding: gzip")
        self.assertEqual(client.answer()[0], 503)
        self.assertEqual(len(rig.pipeline.requests), 2)

    def test_inflated_body_is_held(self) -> None:
        """While it is answered it counts with its inflated size, afterwards not at all."""
        rig = Rig(limits=self.limits)
        rig.connect().request(EAS, gzip.compress(bytes(100_000)), b"Content-Encoding: gzip")
        self.assertEqual(rig.site.edge.held.total_bytes, 100_000)
        rig.pipeline.answer()
        self.assertEqual(rig.site.edge.held.total_bytes, 0)

    def test_thread_holds_on_for_a_peer_that_went(self) -> None:
        """What a thread inflates counts until it is done, connection or not."""
        rig = Rig(
            limits=replace(
                self.limits, body_bytes=600_000, all_bodies_bytes=600_000, peer_bodies_bytes=600_000
            )
        )
        inflating: Deferred[bytes | None] = Deferred()
        rig.site.edge.in_thread = lambda _work: inflating
        client = rig.connect()
        client.request(EAS, gzip.compress(bytes(500_000)), b"Content-Encoding: gzip")
        client.vanish()
        self.assertGreater(rig.site.edge.held.total_bytes, 500_000)
        inflating.callback(bytes(500_000))
        self.assertEqual(rig.site.edge.held.total_bytes, 0)
        self.assertEqual(rig.pipeline.requests, [])

    def test_parked_request_is_forgotten(self) -> None:
        """Once the pipeline has dropped the request the edge keeps neither it nor its body."""
        rig = Rig()

        async def park(request: HttpRequest) -> HttpResponse:
            del request
            return await Deferred()

        rig.site.edge.respond = park
        for coding in (b"identity", b"gzip"):
            body = gzip.compress(bytes(5000)) if coding == b"gzip" else bytes(5000)
            rig.connect("192.0.2.77").request(EAS, body, b"Content-Encoding: " + coding)
        objects = gc.get_objects()
        kept = [o for o in objects if type(o) is HttpRequest and o.peer == "192.0.2.77"]
        self.assertEqual(kept, [])
        self.assertEqual(rig.site.edge.held.total_bytes, 0)


class AnswerTests(SynchronousTestCase):
    """Answers that the peer takes slowly, or not at all."""

    def parked(self, size: int) -> tuple[Rig, Client]:
        rig = Rig()
        client = rig.connect()
        client.transport.full_at = 64 * 1024
        client.request()
        rig.pipeline.answer(b"x" * size)
        return rig, client

    def test_large_answer_goes_as_it_is_taken(self) -> None:
        """The transport gets a piece at a time, the rest counts, and all of it arrives."""
        rig, client = self.parked(200_000)
        self.assertEqual(rig.site.edge.held.total_bytes, 200_000)
        self.assertLess(len(client.transport.value()), 70_000)
        client.request()
        taken = [client.transport.drain()]
        self.assertEqual(len(rig.pipeline.requests), 1)  # the further one waits for its turn
        taken += [client.transport.drain() for _ in range(3)]
        self.assertEqual(sum(taken) // 1000, 200)
        self.assertEqual(rig.site.edge.held.total_bytes, 0)
        self.assertEqual(len(rig.pipeline.requests), 2)

    def test_peer_that_takes_nothing(self) -> None:
        """It is dropped after the time for a stall, and its answer with it."""
        rig, client = self.parked(200_000)
        rig.clock.advance(TEST_LIMITS.stalled_after_s)
        self.assertTrue(client.transport.is_open)  # the first piece was taken by the transport
        rig.clock.advance(TEST_LIMITS.stalled_after_s)
        self.assertTrue(client.transport.aborting)
        client.vanish()
        self.assertEqual(rig.site.edge.held.total_bytes, 0)
        self.assertEqual(rig.clock.getDelayedCalls(), [])

    def test_slow_reader(self) -> None:
        """A reader above the slowest rate gets the whole; one below it is dropped in the end."""
        for pause_s, whole in ((16, True), (100, False)):
            rig, client = self.parked(1_000_000)
            for _ in range(17):
                rig.clock.advance(pause_s)
                if client.transport.is_open:
                    client.transport.drain()
            self.assertIs(client.transport.aborting, not whole)

    def test_read_answer_leaves_an_idle_connection(self) -> None:
        """After a large answer the connection waits for the next request as after a small one."""
        rig, client = self.parked(200_000)
        while client.transport.drain():
            pass
        rig.clock.advance(TEST_LIMITS.idle_timeout_s - 1)
        self.assertTrue(client.transport.is_open)
        rig.clock.advance(40)
        self.assertFalse(client.transport.is_open)

    def test_answers_that_do_not_fit(self) -> None:
        """When slow readers hold all there is room for, a large answer is 503, a small one not."""
        rig = Rig()
        clients = [rig.connect(f"192.0.2.{n}") for n in range(4)]
        for client in clients:
            client.transport.full_at = 64 * 1024
            client.request()
        for size in (100_000, 100_000, 100_000, 1000):
            rig.pipeline.answer(b"x" * size)
        codes = [client.transport.value()[9:12] for client in clients]
        self.assertEqual(codes, [b"200", b"200", b"503", b"200"])


class ConnectionTests(SynchronousTestCase):
    """How many connections one address may have."""

    def open(self, rig: Rig, *hosts: str) -> list[bool]:
        return [rig.site.buildProtocol(IPv4Address("TCP", host, 1)) is not None for host in hosts]

    def test_connections_of_one_address(self) -> None:
        """The third of one address is closed, that of another taken; a closed one makes room."""
        rig = Rig(limits=replace(TEST_LIMITS, peer_connections=2))
        client = rig.connect("192.0.2.1")
        self.assertEqual(self.open(rig, "192.0.2.1", "192.0.2.1", "192.0.2.2"), [True, False, True])
        client.vanish()
        self.assertEqual(self.open(rig, "192.0.2.1", "192.0.2.1"), [True, False])

    def test_network_of_an_ipv6_address(self) -> None:
        """Whoever has one address of 64 bits has them all."""
        rig = Rig(limits=replace(TEST_LIMITS, peer_connections=1))
        hosts = ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1")
        self.assertEqual(self.open(rig, *hosts), [True, False, True])

    def test_loopback_and_proxies(self) -> None:
        """This host has a bound of its own, off by default; trusted proxies have none."""
        limits = replace(TEST_LIMITS, peer_connections=1)
        rig = Rig(limits=limits, trusted=("10.0.0.0/8",))
        self.assertEqual(self.open(rig, *["127.0.0.1", "10.1.2.3"] * 3), [True] * 6)
        rig = Rig(limits=replace(limits, loopback_connections=2))
        self.assertEqual(self.open(rig, *["127.0.0.1"] * 3), [True, True, False])


def wrapped(transport: SendingTransport) -> ProtocolWrapper:
    """Stand for a TLS layer: the socket is the lower transport's, not the wrapper's."""
    wrapper = ProtocolWrapper(WrappingFactory(Factory()), Protocol())
    wrapper.makeConnection(transport)
    return wrapper


class KeepAliveTests(SynchronousTestCase):
    """How phones that vanish without a word are found."""

    def test_socket_options(self) -> None:
        """The kernel probes an idle connection and gives up on unacknowledged data."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as unconnected:
            rig = Rig()
            channel = rig.site.buildProtocol(None)
            assert channel is not None
            transport = SendingTransport()
            transport.getHandle = lambda: unconnected
            channel.makeConnection(wrapped(transport))
            values = [
                unconnected.getsockopt(level, option)
                for level, option in (
                    (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
                    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
                )
            ]
        self.assertEqual(values, [1, 600, 60, 3, 180_000])


class ProxyTests(SynchronousTestCase):
    """Whom the pipeline takes the client for."""

    def test_forwarded_by_a_trusted_proxy(self) -> None:
        """The right-most address that is no trusted proxy counts, and the proxy's scheme."""
        rig = Rig(trusted=["10.0.0.0/8"])
        rig.connect("10.0.0.1").request(
            EAS,
            b"",
            b"X-Forwarded-For: 198.51.100.1, 203.0.113.9",
            b"X-Forwarded-For: 10.2.2.2",
            b"X-Forwarded-Proto: https",
        )
        (request,) = rig.pipeline.requests
        self.assertEqual((request.peer, request.secure), ("203.0.113.9", True))

    def test_forwarded_by_a_stranger(self) -> None:
        """Without trust the words of the peer are not believed."""
        rig = Rig(trusted=["10.0.0.0/8"])
        rig.connect("192.0.2.7").request(
            EAS, b"", b"X-Forwarded-For: 203.0.113.9", b"X-Forwarded-Proto: https"
        )
        (request,) = rig.pipeline.requests
        self.assertEqual((request.peer, request.secure), ("192.0.2.7", False))

    def test_proxy_protocol(self) -> None:
        """Through a ``haproxy:`` endpoint a trusted proxy names the client, a stranger is cut."""
        for proxy, reached in (("10.0.0.1", True), ("192.0.2.9", False)):
            rig = Rig(trusted=["10.0.0.0/8"])
            factory = HAProxyWrappingFactory(rig.site)
            protocol = factory.buildProtocol(IPv4Address("TCP", proxy, 1))
            assert protocol is not None
            transport = SendingTransport(peerAddress=IPv4Address("TCP", proxy, 1))
            protocol.makeConnection(transport)
            protocol.dataReceived(b"PROXY TCP4 203.0.113.9 192.0.2.1 5 6\r\n")
            protocol.dataReceived(b"POST %s HTTP/1.1\r\n\r\n" % EAS)
            peers = [request.peer for request in rig.pipeline.requests]
            self.assertEqual(peers, ["203.0.113.9"] if reached else [])
            self.assertEqual(transport.is_open, reached)
