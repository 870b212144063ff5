"""Requests through the edge: routing, what the pipeline sees, what the peer gets back."""

import gzip
from dataclasses import replace

from twisted.internet.defer import CancelledError, succeed
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import Logger, LogLevel
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.errors import ProtocolError

from .rig import EAS, TEST_LIMITS, Rig


class RequestTests(SynchronousTestCase):
    """What the pipeline is given."""

    def test_post_arrives_whole(self) -> None:
        """Method, decoded path, raw query, lower-case headers, body, peer and host."""
        rig = Rig()
        client = rig.connect()
        client.request(
            b"/Microsoft%2dServer-ActiveSync?Cmd=Sync%20x?y",
            b"body",
            b"X-MS-PolicyKey: 1",
            b"x-ms-policykey: 2",
            b"X-Text: j\xc3\xbcrgen \xfc".replace(b" \xfc", b""),
            b"X-Old: j\xfcrgen",
        )
        (request,) = rig.pipeline.requests
        self.assertEqual(
            (request.method, request.path, request.query, request.body),
            ("POST", "/Microsoft-Server-ActiveSync", b"Cmd=Sync%20x?y", b"body"),
        )
        self.assertEqual(request.headers["x-ms-policykey"], "2")
        self.assertEqual(request.headers["x-text"], "jürgen")
        self.assertEqual(request.headers["x-old"], "jürgen")
        self.assertEqual((request.peer, request.host), ("192.0.2.7", "mail.example.com"))
        self.assertFalse(request.secure)

    def test_body_in_any_pieces(self) -> None:
        """A request cut at every byte is the same request."""
        rig = Rig()
        client = rig.connect()
        whole = (
            b"POST %s HTTP/1.1\r\nHost: [2001:db8::1]:443\r\nContent-Length: 4\r\n\r\nbody" % EAS
        )
        for index in range(len(whole)):
            client.send(whole[index : index + 1])
        self.assertEqual(rig.pipeline.requests[0].body, b"body")
        self.assertEqual(rig.pipeline.requests[0].host, "2001:db8::1")

    def test_chunked_body(self) -> None:
        """A chunked body arrives joined."""
        rig = Rig()
        client = rig.connect()
        client.send(b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" % EAS)
        client.send(b"2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n")
        self.assertEqual(rig.pipeline.requests[0].body, b"body")

    def test_gzip_body_is_inflated(self) -> None:
        """The pipeline sees the body itself, and no Content-Encoding; a large one in a thread."""
        rig = Rig(limits=replace(TEST_LIMITS, body_bytes=300_000, all_bodies_bytes=900_000))
        for size, threaded in ((100, 0), (290_000, 1)):
            body = bytes(i * i % 251 for i in range(size))
            client = rig.connect()
            client.request(EAS, gzip.compress(body, 0), b"Content-Encoding: gzip")
            self.assertEqual(rig.pipeline.requests[-1].body, body)
            self.assertNotIn("content-encoding", rig.pipeline.requests[-1].headers)
            self.assertEqual(rig.threaded_count, threaded)

    def test_inflated_size_is_bounded(self) -> None:
        """A small gzip body that inflates beyond the limit is refused with 413."""
        rig = Rig()
        client = rig.connect()
        client.request(EAS, gzip.compress(bytes(5_000_000)), b"Content-Encoding: gzip")
        self.assertEqual(client.answer()[0], 413)
        self.assertEqual(rig.pipeline.requests, [])
        self.assertEqual(rig.site.edge.held.total_bytes, 0)

    def test_broken_and_unknown_codings(self) -> None:
        """What is not gzip is 400, a coding that nobody offered 415; the connection is kept."""
        rig = Rig()
        client = rig.connect()
        client.request(EAS, b"no gzip", b"Content-Encoding: gzip")
        self.assertEqual(client.answer()[0], 400)
        client.request(EAS, b"x", b"Content-Encoding: br")
        self.assertEqual(client.answer()[0], 415)
        self.assertTrue(client.transport.is_open)

    def test_request_id(self) -> None:
        """The pipeline finds the edge's id in the headers; a stranger cannot choose it."""
        rig = Rig(trusted=["10.0.0.0/8"])
        stranger, proxy = rig.connect(), rig.connect("10.1.1.1")
        stranger.request(EAS, b"", b"X-Request-Id: forged")
        proxy.request(EAS, b"", b"X-Request-Id: from-proxy")
        first, second = (request.headers["x-request-id"] for request in rig.pipeline.requests)
        self.assertNotEqual(first, "forged")
        self.assertEqual(second, "from-proxy")


class RoutingTests(SynchronousTestCase):
    """Which path leads where."""

    def codes(self, *targets: bytes, method: bytes = b"POST") -> list[int | None]:
        """Ask each target; None stands for a request that reached the pipeline."""
        found: list[int | None] = []
        for target in targets:
            rig = Rig()
            client = rig.connect()
            client.request(target, method=method)
            reached = rig.pipeline.requests or rig.discovery.requests
            found.append(None if reached else client.answer()[0])
        return found

    def test_active_sync_paths(self) -> None:
        """MS-ASHTTP R15: any case and one trailing slash; absolute form too."""
        targets = (
            EAS,
            EAS.upper(),
            EAS + b"/?Cmd=Sync",
            b"http://mail.example.com" + EAS,
        )
        self.assertEqual(self.codes(*targets), [None] * 4)

    def test_other_paths(self) -> None:
        """Prefixes, longer names and the root are 404."""
        targets = (b"/foo" + EAS, EAS + b"/x", EAS + b"//", b"/", b"*", b"http:", b"/%00")
        self.assertEqual(self.codes(*targets), [404] * 7)

    def test_methods(self) -> None:
        """MS-ASHTTP R6, R187: OPTIONS and POST, others are 501."""
        self.assertEqual(self.codes(EAS, method=b"OPTIONS"), [None])
        for method in (b"GET", b"PUT", b"PROPFIND"):
            self.assertEqual(self.codes(EAS, method=method), [501])

    def test_autodiscover_paths(self) -> None:
        """Any case, odd prefixes, both documents, the address in the path."""
        targets = (
            b"/autodiscover/autodiscover.xml",
            b"/Autodiscover/AutoDiscover.XML",
            b"//autodiscover/autodiscover.xml",
            EAS + b"/autodiscover/autodiscover.xml",
            b"/autodiscover/autodiscover.json?Protocol=ActiveSync",
            b"/autodiscover/autodiscover.json/v1.0/john@example.com",
        )
        for method in (b"GET", b"POST"):
            self.assertEqual(self.codes(*targets, method=method), [None] * 6)
        self.assertEqual(self.codes(b"/xautodiscover/autodiscover.xml"), [404])
        self.assertEqual(self.codes(targets[0], method=b"PUT"), [501])

    def test_health(self) -> None:
        """Without a word from the service the daemon is well if it answers."""
        client = Rig().connect()
        client.request(b"/healthz", method=b"GET")
        self.assertEqual(client.answer()[0::2], (200, b"ok\n"))

    def test_health_of_the_service(self) -> None:
        """The service's own report is sent as it is."""
        rig = Rig(health=lambda: succeed(HttpResponse(code=503, body=b"database gone\n")))
        client = rig.connect()
        client.request(b"/healthz", method=b"GET")
        self.assertEqual(client.answer()[0::2], (503, b"database gone\n"))


class AnswerTests(SynchronousTestCase):
    """What the peer gets back."""

    def test_headers_of_an_answer(self) -> None:
        """MS-ASHTTP R212, R216, R219: the pipeline's headers in order, Content-Length always."""
        rig = Rig()
        client = rig.connect()
        client.request()
        self.assertEqual(client.received(), b"")
        rig.pipeline.answer(
            b"\x03\x01", Content_Type="application/vnd.ms-sync.wbxml", Content_Length="99"
        )
        code, headers, body = client.answer()
        self.assertEqual((code, body), (200, b"\x03\x01"))
        self.assertEqual(
            headers,
            {
                "server": "carbonio-mobile",
                "content-type": "application/vnd.ms-sync.wbxml",
                "cache-control": "private",
                "date": "Thu, 01 Jan 1970 00:00:00 GMT",
                "content-length": "2",
            },
        )

    def test_header_cannot_be_split(self) -> None:
        """A line break in a value does not start a header of its own."""
        rig = Rig()
        client = rig.connect()
        client.request()
        rig.pipeline.answer(X_Text="a\r\nSet-Cookie: b", Cache_Control="no-store")
        _, headers, _ = client.answer()
        self.assertEqual(headers["x-text"], "a  Set-Cookie: b")
        self.assertEqual(headers["cache-control"], "no-store")
        self.assertNotIn("set-cookie", headers)

    def test_codes_of_the_protocol(self) -> None:
        """Codes that HTTP does not know (449, 456) and no phrase at all are sent too."""
        rig = Rig()
        client = rig.connect()
        for code in (449, 456, 599):
            client.request()
            rig.pipeline.answer(code=code)
            self.assertEqual(client.answer()[0], code)

    def test_head_has_no_body(self) -> None:
        """HEAD gets the length of what GET would get."""
        rig = Rig()
        client = rig.connect()
        client.request(b"/autodiscover/autodiscover.xml", method=b"HEAD")
        rig.discovery.answer(b"document")
        _, headers, body = client.answer()
        self.assertEqual((headers["content-length"], body), ("8", b""))

    def test_gzip_where_it_pays(self) -> None:
        """MS-ASHTTP R214: only if accepted, only from a size on, only if it gets smaller."""
        text, noise = b"element " * 1000, bytes(i * i * i % 257 % 256 for i in range(8000))
        cases = (
            (b"Accept-Encoding: gzip, deflate", text, True),
            (b"Accept-Encoding: deflate, gzip;q=0", text, False),
            (b"Accept-Encoding: identity", text, False),
            (b"X-Other: y", text, False),
            (b"Accept-Encoding: gzip", text[:1000], False),
        )
        for header, sent, packed in cases:
            rig = Rig()
            client = rig.connect()
            client.request(EAS, b"", header)
            rig.pipeline.answer(sent)
            _, headers, body = client.answer()
            self.assertEqual("content-encoding" in headers, packed, header)
            self.assertEqual(gzip.decompress(body) if packed else body, sent)
        self.assertGreater(len(noise), 1400)

    def test_large_answers_are_compressed_in_a_thread(self) -> None:
        """A large body does not hold the reactor up, and one that is packed already goes as is."""
        for header, packed in (({}, True), ({"Content_Encoding": "gzip"}, False)):
            rig = Rig()
            client = rig.connect()
            client.request(EAS, b"", b"Accept-Encoding: gzip")
            rig.pipeline.answer(b"element " * 20_000, **header)
            _, headers, body = client.answer()
            self.assertEqual(headers["content-encoding"], "gzip")
            self.assertEqual(len(body) < 20_000, packed)
            self.assertEqual(rig.threaded_count, int(packed))

    def test_connection_is_kept(self) -> None:
        """One request after the other on one connection, pipelined ones in their order."""
        rig = Rig()
        client = rig.connect()
        client.request(EAS + b"?1")
        client.request(EAS + b"?2", b"body")
        self.assertEqual([request.query for request in rig.pipeline.requests], [b"1"])
        rig.pipeline.answer(b"one")
        self.assertEqual([request.query for request in rig.pipeline.requests], [b"1", b"2"])
        rig.pipeline.answer(b"two")
        self.assertIn(b"one", client.transport.value())
        self.assertTrue(client.transport.value().endswith(b"two"))
        self.assertTrue(client.transport.is_open)

    def test_connection_close_is_honoured(self) -> None:
        """A client that asks for it, and one of HTTP/1.0, finds the connection closed."""
        for request in (
            b"POST %s HTTP/1.1\r\nConnection: close\r\n\r\n" % EAS,
            b"POST %s HTTP/1.0\r\n\r\n" % EAS,
        ):
            rig = Rig()
            client = rig.connect()
            client.send(request)
            rig.pipeline.answer()
            self.assertEqual(client.answer()[1]["connection"], "close")
            self.assertFalse(client.transport.is_open)

    def test_expect_continue(self) -> None:
        """A client that waits for it is told to send its body, unless it is too large."""
        rig = Rig()
        client = rig.connect()
        head = b"POST %s HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
        client.send(head % (EAS, 4))
        self.assertEqual(client.received(), b"HTTP/1.1 100 Continue\r\n\r\n")
        client.send(b"body")
        rig.pipeline.answer()
        self.assertEqual(client.answer()[0], 200)
        client.send(head % (EAS, 10**6))
        self.assertEqual(client.answer()[0], 413)


class FailureTests(SynchronousTestCase):
    """What happens when the pipeline fails or the peer goes away."""

    def test_unexpected_exception(self) -> None:
        """500 without text, the connection kept, the failure logged with the request's id."""
        rig = Rig()
        client = rig.connect()
        for error in (ValueError("secret"), ProtocolError("secret")):
            client.request()
            rig.pipeline.pending.pop().errback(error)
            code, _, body = client.answer()
            self.assertEqual((code, body), (500, b""))
            self.assertTrue(client.transport.is_open)
            (logged,) = self.flushLoggedErrors(type(error))
            self.assertEqual(logged.value, error)

    def test_exception_before_the_first_await(self) -> None:
        """A function that raises at once is treated no worse."""
        rig = Rig()

        def fail(_request: object) -> None:
            raise ZeroDivisionError

        rig.site.edge.respond = fail  # type: ignore[assignment]
        client = rig.connect()
        client.request()
        self.assertEqual(client.answer()[0], 500)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_pipeline_that_gives_up(self) -> None:
        """A cancelled answer (the daemon stops) asks the client to come back."""
        rig = Rig()
        client = rig.connect()
        client.request()
        rig.pipeline.pending.pop().cancel()
        code, headers, _ = client.answer()
        self.assertEqual((code, headers["retry-after"]), (503, "30"))

    def test_vanished_client_cancels_the_answer(self) -> None:
        """The waiter is told at once, and nothing is left behind."""
        rig = Rig()
        client = rig.connect()
        client.request(EAS, b"x" * 70_000)
        self.assertEqual(rig.site.edge.held.total_bytes, 70_000)
        client.vanish()
        self.assertEqual(rig.pipeline.cancelled_count, 1)
        self.assertEqual(rig.site.edge.held.total_bytes, 0)
        self.assertEqual(rig.site.connections_count, 0)
        self.assertEqual(rig.clock.getDelayedCalls(), [])

    def test_coroutine_is_cancelled_too(self) -> None:
        """A coroutine's ``finally`` runs when the client goes."""
        rig = Rig()
        seen: list[str] = []

        async def park(request: object) -> HttpResponse:
            try:
                return await rig.pipeline.respond(request)  # type: ignore[arg-type]
            except CancelledError:
                seen.append("cancelled")
                raise
            finally:
                seen.append("left")

        rig.site.edge.respond = park
        client = rig.connect()
        client.request()
        client.vanish()
        self.assertEqual(seen, ["cancelled", "left"])

    def test_answer_after_the_client_went(self) -> None:
        """A pipeline that answers in spite of the cancellation harms nobody."""
        rig = Rig()

        async def insist(request: object) -> HttpResponse:
            try:
                return await rig.pipeline.respond(request)  # type: ignore[arg-type]
            except CancelledError:
                return HttpResponse(code=200, body=b"x" * 100_000)

        rig.site.edge.respond = insist
        client = rig.connect()
        client.request(EAS, b"", b"Accept-Encoding: gzip")
        client.vanish()
        self.assertEqual(client.received(), b"")

    def test_parked_request_has_no_timer(self) -> None:
        """A held answer costs no delayed call, and time alone does not end it."""
        rig = Rig()
        client = rig.connect()
        client.request()
        self.assertEqual(rig.clock.getDelayedCalls(), [])
        rig.clock.advance(59 * 60)
        rig.pipeline.answer(b"late")
        self.assertEqual(client.answer()[2], b"late")


class ServiceTests(SynchronousTestCase):
    """What the service does to the site."""

    def test_drain(self) -> None:
        """Idle connections close now, busy ones after their answer, new ones are not taken."""
        rig = Rig()
        idle, busy = rig.connect(), rig.connect()
        idle.request()
        rig.pipeline.answer()
        busy.request()
        rig.site.drain()
        self.assertFalse(idle.transport.is_open)
        self.assertTrue(busy.transport.is_open)
        rig.pipeline.answer()
        self.assertEqual(busy.answer()[1]["connection"], "close")
        self.assertFalse(busy.transport.is_open)
        self.assertIsNone(rig.site.buildProtocol(None))

    def test_connections_are_bounded(self) -> None:
        """One connection more than allowed is not taken; a closed one makes room."""
        rig = Rig(limits=replace(TEST_LIMITS, connections=1))
        client = rig.connect()
        self.assertIsNone(rig.site.buildProtocol(None))
        client.vanish()
        rig.connect()

    def test_access_log(self) -> None:
        """A debug line per request with its fields, and no header or body in it."""
        observer = EventLoggingObserver()
        rig = Rig(access_log=Logger(observer=observer))
        client = rig.connect()
        client.request(EAS + b"?Cmd=Sync", b"body", b"Authorization: Basic c2VjcmV0")
        rig.clock.advance(1.5)
        rig.pipeline.answer(b"x")
        (event,) = observer
        self.assertEqual(event["log_level"], LogLevel.debug)
        self.assertEqual(
            {key: event[key] for key in ("method", "path", "code", "elapsed_ms", "bytes_in")},
            {
                "method": "POST",
                "path": EAS.decode(),
                "code": 200,
                "elapsed_ms": 1500,
                "bytes_in": 4,
            },
        )
        self.assertEqual(event["peer"], "192.0.2.7")
        self.assertNotIn("c2VjcmV0", repr(event))
