"""HTTP over connections in memory: what goes out, what comes back, what goes wrong."""

import gzip

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.client.faults import AnswerLost, ClientFault, Unreachable
from carbonio_mobile.client.transport import HttpClient, HttpTransport, Trust, complete_url
from carbonio_mobile.client.wire import HttpReply
from carbonio_mobile.eas.requestline import RequestLine

LINE = RequestLine(command="Sync", version="14.1", device_id="phone1", policy_key=7)


class Wire:
    """An HTTP transport over a reactor in memory, and the far end of its one connection."""

    def __init__(self) -> None:
        self.reactor = MemoryReactorClock()
        self.client = HttpClient(self.reactor, Trust())
        self.transport = HttpTransport(
            client=self.client,
            url="http://127.0.0.1:8080/Microsoft-Server-ActiveSync",
            login="jürgen",
            password="pass:word",
        )
        self.far = StringTransport()

    def post(self, body: bytes = b"body") -> "Deferred[HttpReply]":
        return Deferred.fromCoroutine(
            self.transport.post(LINE, body, content_type="a/b", timeout_s=30)
        )

    def connect(self) -> None:
        factory = self.reactor.tcpClients[-1][2]
        self.protocol = factory.buildProtocol(None)
        self.protocol.makeConnection(self.far)

    def answer(self, *head: bytes, body: bytes = b"", length: int | None = None) -> None:
        size = len(body) if length is None else length
        lines = [b"HTTP/1.1 200 OK", *head, b"Content-Length: %d" % size, b"", body]
        self.protocol.dataReceived(b"\r\n".join(lines))


class TransportTests(SynchronousTestCase):
    """Single exchanges."""

    def test_request_says_who_and_what(self) -> None:
        """Query, protocol headers, login in UTF-8, body."""
        wire = Wire()
        wire.post()
        wire.connect()
        wire.reactor.advance(0)
        head, _, body = wire.far.value().partition(b"\r\n\r\n")
        self.assertIn(b"POST /Microsoft-Server-ActiveSync?Cmd=Sync&", head)
        self.assertIn(b"\r\nMS-ASProtocolVersion: 14.1".lower(), head.lower())
        self.assertIn(b"\r\nX-MS-PolicyKey: 7".lower(), head.lower())
        self.assertIn(b"Basic asO8cmdlbjpwYXNzOndvcmQ=", head)
        self.assertEqual(body, b"body")

    def test_empty_body_has_its_length(self) -> None:
        """A POST without a body says so, or servers would wait."""
        wire = Wire()
        wire.post(b"")
        wire.connect()
        self.assertIn(b"content-length: 0", wire.far.value().lower())

    def test_answer_comes_whole_with_lower_case_names(self) -> None:
        """Gzip is undone."""
        wire = Wire()
        got = wire.post()
        wire.connect()
        wire.reactor.advance(0)
        wire.answer(
            b"Content-Type: Text/Plain; charset=x",
            b"Content-Encoding: gzip",
            body=gzip.compress(b"answer"),
        )
        reply = self.successResultOf(got)
        self.assertEqual(
            (reply.code, reply.body, reply.content_type), (200, b"answer", "text/plain")
        )

    def test_connection_is_kept(self) -> None:
        """The second request goes over the same connection."""
        wire = Wire()
        first = wire.post()
        wire.connect()
        wire.reactor.advance(0)
        wire.answer(body=b"one")
        self.successResultOf(first)
        wire.far.clear()
        second = wire.post()
        wire.reactor.advance(0)
        wire.answer(body=b"two")
        self.assertEqual(self.successResultOf(second).body, b"two")
        self.assertEqual(len(wire.reactor.tcpClients), 1)

    def test_refused_connection_is_unreachable(self) -> None:
        """Nothing was sent, and the fault says so."""
        wire = Wire()
        got = wire.post()
        factory = wire.reactor.tcpClients[-1][2]
        factory.clientConnectionFailed(None, Failure(ConnectError(string="no way there")))
        wire.reactor.advance(1)
        fault = self.failureResultOf(got, Unreachable).value
        self.assertNotIsInstance(fault, AnswerLost)
        self.assertIn("no way there", str(fault))

    def test_connection_lost_before_the_answer(self) -> None:
        """The server may have done it."""
        wire = Wire()
        got = wire.post()
        wire.connect()
        wire.reactor.advance(0)
        wire.protocol.connectionLost(Failure(ConnectionDone()))
        self.failureResultOf(got, AnswerLost)

    def test_connection_lost_within_the_answer(self) -> None:
        """Half an answer is none."""
        wire = Wire()
        got = wire.post()
        wire.connect()
        wire.reactor.advance(0)
        wire.answer(body=b"half", length=8)
        wire.protocol.connectionLost(Failure(ConnectionDone()))
        self.failureResultOf(got, AnswerLost)

    def test_silence_ends(self) -> None:
        """After its time a request is given up."""
        wire = Wire()
        got = wire.post()
        wire.connect()
        wire.reactor.advance(0)
        wire.reactor.advance(29)
        self.assertNoResult(got)
        wire.reactor.advance(1)
        self.failureResultOf(got, AnswerLost)

    def test_password_is_in_no_repr(self) -> None:
        """A log of the transport does not tell it."""
        self.assertNotIn("pass:word", repr(Wire().transport))

    def test_authorities_must_be_certificates(self) -> None:
        """A --ca file with something else in it is told."""
        for pem in (b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
            with self.assertRaises(ClientFault):
                HttpClient(MemoryReactorClock(), Trust(authorities_pem=pem))


class UrlTests(SynchronousTestCase):
    """How servers may be named."""

    def test_urls_are_completed(self) -> None:
        """Scheme and path may be left out."""
        for text, whole in (
            ("mail.example.com", "https://mail.example.com/Microsoft-Server-ActiveSync"),
            ("http://[::1]:8080/", "http://[::1]:8080/Microsoft-Server-ActiveSync"),
            ("https://a.example.com/other", "https://a.example.com/other"),
        ):
            self.assertEqual(complete_url(text), whole)

    def test_what_is_no_server(self) -> None:
        """Other schemes, no host, bad ports, passwords in the URL."""
        for text in ("ftp://a", "https://", "https://a:99999", "https://u:p@a"):
            with self.assertRaises(ClientFault):
                complete_url(text)
