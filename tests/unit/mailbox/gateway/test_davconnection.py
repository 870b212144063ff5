"""Requests to a DAV server: what is sent, what is followed, and every way in which it can fail."""

import gzip
import zlib
from dataclasses import replace
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.error import DNSLookupError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseNeverReceived

from carbonio_mobile.dav.faults import LoginRefused, TryLater, Unreadable
from carbonio_mobile.dav.hrefs import read_url, resolved
from carbonio_mobile.errors import NotAllowed, StoreError, TooLarge, Unavailable
from carbonio_mobile.mailbox.davclient.connection import Credentials, DavConnection
from carbonio_mobile.mailbox.davclient.site import DavBounds
from tests.unit.mailbox.gateway.davrig import SITE, Asked, Peer, Reply, multistatus, response

URL = resolved("/cal/1.ics", SITE)


def always(reply: Reply) -> Peer:
    return Peer(lambda _: reply)


class RequestTests(SynchronousTestCase):
    """What goes over the line."""

    def test_what_is_sent(self) -> None:
        """Login by Basic (RFC 7617), the body with its length, compression offered."""
        peer = always(Reply(201, headers={"ETag": '"x"'}))
        work = peer.connection().request("PUT", URL, headers={"If-Match": '"y"'}, body=b"BEGIN")
        answer = peer.run(work)
        self.assertEqual((answer.status, answer.etag, answer.is_good), (201, '"x"', True))
        (asked,) = peer.asked
        self.assertEqual((asked.method, asked.path, asked.body), ("PUT", "/cal/1.ics", b"BEGIN"))
        self.assertEqual(asked.headers["authorization"], "Basic am9objpzZWNyZXQ=")
        self.assertEqual(asked.headers["if-match"], '"y"')
        self.assertEqual(asked.headers["accept-encoding"], "gzip")
        self.assertEqual(asked.headers["content-length"], "5")
        self.assertEqual(asked.headers["host"], "dav.example.com")

    def test_logins_of_every_form(self) -> None:
        """A master login is a login like any other; what Basic cannot carry is refused."""
        found = Credentials(login="john*master", password="pä:ss").authorization
        self.assertEqual(found, "Basic am9obiptYXN0ZXI6cMOkOnNz")
        for login, password in (("a:b", "x"), ("a\n", "x"), ("a", "x\0")):
            with self.assertRaises(NotAllowed):
                DavConnection(always(Reply()).site(), Credentials(login=login, password=password))

    def test_a_password_is_not_shown(self) -> None:
        """Nothing secret stands in a repr."""
        self.assertNotIn("secret", repr(Credentials(login="john", password="secret")))

    def test_connections_are_kept(self) -> None:
        """One after another, requests take one connection; it is closed at the end."""
        peer = always(Reply(204))
        connection = peer.connection()
        for _ in range(3):
            peer.run(connection.request("DELETE", URL))
        self.assertEqual((peer.connects, len(peer.open)), (1, 1))
        peer.run(connection.site.stop())
        peer.turn()
        self.assertEqual(len(peer.open), 0)
        self.assertEqual(peer.clock.getDelayedCalls(), [])

    def test_bounds_are_those_of_one_answer(self) -> None:
        """A connection may bring more in its life than an answer may have."""
        peer = Peer(lambda _: Reply(200, b"x" * 100_000), bounds=DavBounds(octets=100_000))
        connection = peer.connection()
        for _ in range(10):
            self.assertEqual(len(peer.run(connection.request("GET", URL)).body), 100_000)
        self.assertEqual(peer.connects, 1)

    def test_unused_connections_are_closed(self) -> None:
        """Nothing is held open for accounts that are idle."""
        peer = always(Reply(204))
        peer.run(peer.connection().request("DELETE", URL))
        peer.clock.advance(1000)
        peer.turn()
        self.assertEqual(len(peer.open), 0)

    def test_servers_that_close_without_a_word(self) -> None:
        """HTTP/1.0 ends a connection after each answer: none is used twice (Radicale's own)."""
        peer = always(Reply(204, version="HTTP/1.0"))
        connection = peer.connection()
        for _ in range(3):
            peer.run(connection.request("DELETE", URL))
        self.assertEqual(peer.connects, 3)
        self.assertEqual(peer.asked[-1].headers["connection"], "close")

    def test_bound_of_requests(self) -> None:
        """No more are under way than are allowed, however many accounts ask."""
        peer = Peer(lambda _: Reply(silent=True, cut=0), bounds=DavBounds(requests=2))
        connection = peer.connection()
        waiting = [Deferred.fromCoroutine(connection.request("GET", URL)) for _ in range(5)]
        peer.turn()
        self.assertEqual(len(peer.asked), 2)
        peer.answer = lambda _: Reply(204)
        for one in waiting[:2]:
            one.cancel()
            self.failureResultOf(one, CancelledError)
        for one in waiting[2:]:
            self.assertEqual(peer.result(one).status, 204)
        self.assertEqual(len(peer.asked), 5)


class BodyTests(SynchronousTestCase):
    """What comes back is bounded, unpacked, whole."""

    def test_gzip(self) -> None:
        """Bodies are unpacked; the tag is that of the resource itself."""
        body = b"<a/>" * 1000
        reply = Reply(200, gzip.compress(body), {"Content-Encoding": "gzip", "ETag": 'W/"x-gzip"'})
        peer = always(reply)
        answer = peer.run(peer.connection().request("GET", URL))
        self.assertEqual((answer.body, answer.etag), (body, '"x"'))

    def test_bombs(self) -> None:
        """Little that unpacks to much is broken off."""
        bomb = gzip.compress(b"\0" * 50_000_000)
        peer = Peer(
            lambda _: Reply(200, bomb, {"Content-Encoding": "gzip"}),
            bounds=DavBounds(octets=1_000_000),
        )
        self._fails(peer, TooLarge)

    def test_wrong_packing(self) -> None:
        """What is no gzip, cut off in the middle, or packed otherwise."""
        whole = gzip.compress(b"x" * 1000)
        for body, coding in ((b"<a/>", "gzip"), (whole[:-9], "gzip"), (zlib.compress(b""), "br")):
            peer = always(Reply(200, body, {"Content-Encoding": coding}))
            with self.assertRaises(Unavailable):
                peer.run(peer.connection().request("GET", URL))

    def test_sizes(self) -> None:
        """Too large by what is announced, and by what comes."""
        bounds = DavBounds(octets=1000)
        for length in (True, False):
            peer = Peer(
                lambda _, length=length: Reply(200, b"x" * 1001, length=length), bounds=bounds
            )
            self._fails(peer, TooLarge)
            peer.answer = lambda _, length=length: Reply(200, b"x" * 1000, length=length)
            answer = peer.run(peer.connection().request("GET", URL))
            self.assertEqual(len(answer.body), 1000)

    def test_heads_without_end(self) -> None:
        """A peer that sends headers for ever is cut off."""
        bounds = DavBounds(octets=1000)
        headers = {f"X-{n}": "y" * 1000 for n in range(300)}
        peer = Peer(lambda _: Reply(200, headers=headers, silent=True), bounds=bounds)
        self._fails(peer, Unavailable)

    def test_cut_off(self) -> None:
        """A body that ends too early is none."""
        self._fails(always(Reply(200, b"x" * 100, cut=90)), Unavailable)

    def _fails(self, peer: Peer, kind: type[StoreError]) -> None:
        with self.assertRaises(kind) as caught:
            peer.run(peer.connection().request("PUT", URL))
        self.assertIn("dav.example.com", str(caught.exception))
        peer.turn()
        self.assertEqual(len(peer.open), 0)


class TimeTests(SynchronousTestCase):
    """No peer holds anybody up for ever."""

    def test_no_answer(self) -> None:
        """After the whole time a request is given up, and its connection closed."""
        peer = always(Reply(silent=True, cut=0))
        doing = Deferred.fromCoroutine(peer.connection().request("GET", URL))
        peer.turn()
        peer.clock.advance(299)
        self.assertNoResult(doing)
        peer.clock.advance(2)
        with self.assertRaises(TryLater):
            peer.result(doing)
        peer.turn()
        self.assertEqual((len(peer.open), peer.clock.getDelayedCalls()), (0, []))

    def test_silence_within_an_answer(self) -> None:
        """A peer that stops in the middle is left."""
        peer = always(Reply(200, b"x" * 100, silent=True, cut=80))
        doing = Deferred.fromCoroutine(peer.connection().request("GET", URL))
        peer.turn()
        peer.clock.advance(61)
        with self.assertRaises(Unavailable) as caught:
            peer.result(doing)
        self.assertIn("nothing came for 60 s", str(caught.exception))
        peer.turn()
        self.assertEqual((len(peer.open), peer.clock.getDelayedCalls()), (0, []))

    def test_a_stop_ends_what_is_under_way(self) -> None:
        """Nobody waits for an answer when the service ends."""
        peer = always(Reply(silent=True, cut=0))
        connection = peer.connection()
        doing = Deferred.fromCoroutine(connection.request("GET", URL))
        peer.turn()
        peer.run(connection.site.stop())
        with self.assertRaises(Unavailable):
            peer.result(doing)
        with self.assertRaises(Unavailable):
            peer.run(connection.request("GET", URL))
        peer.turn()
        self.assertEqual((len(peer.open), peer.clock.getDelayedCalls()), (0, []))

    def test_cancellation(self) -> None:
        """Who does not want the answer any more says so."""
        peer = always(Reply(200, b"x" * 100, silent=True, cut=80))
        doing = Deferred.fromCoroutine(peer.connection().request("GET", URL))
        peer.turn()
        doing.cancel()
        self.failureResultOf(doing, CancelledError)
        peer.turn()
        self.assertEqual((len(peer.open), peer.clock.getDelayedCalls()), (0, []))


class LostTests(SynchronousTestCase):
    """Connections that fail."""

    def test_a_dead_connection_is_no_fault_of_a_question(self) -> None:
        """What only asks is asked again, once; what changes something is not."""
        for method, expected in (("PROPFIND", 2), ("REPORT", 2), ("GET", 2), ("PUT", 1),
                                 ("DELETE", 1), ("MOVE", 1), ("PROPPATCH", 1)):  # fmt: skip
            peer = always(Reply(cut=0))
            with self.assertRaises(Unavailable):
                peer.run(peer.connection().request(method, URL))
            self.assertEqual((method, len(peer.asked)), (method, expected))

    def test_the_second_time_it_answers(self) -> None:
        """As after a connection that was kept too long."""
        replies = [Reply(cut=0), Reply(204)]
        peer = Peer(lambda _: replies.pop(0))
        self.assertEqual(peer.run(peer.connection().request("GET", URL)).status, 204)

    def test_nobody_there(self) -> None:
        """The text says why, and holds no login."""
        for reason in (Refused(), DNSLookupError("no such host"), OSError(24, "too many files")):
            peer = always(Reply())
            peer.refuse = reason
            with self.assertRaises(Unavailable) as caught:
                peer.run(peer.connection().request("PUT", URL))
            self.assertIn(type(reason).__name__, str(caught.exception))
            self.assertNotIn("john", str(caught.exception))

    def test_certificates(self) -> None:
        """A certificate problem says which name was expected, and who should have signed it."""
        for reason, said in (
            (VerificationError([]), "for other names than dav.example.com"),
            (SSL.Error([("SSL routines", "", "certificate verify failed")]), "not vouched for by"),
        ):
            peer = always(Reply())
            peer.refuse = ResponseNeverReceived([Failure(reason)])
            with self.assertRaises(Unavailable) as caught:
                peer.run(peer.connection().request("GET", URL))
            self.assertIn(said, str(caught.exception))
            self.assertIn("the system's authorities", str(caught.exception))
            self.assertEqual(peer.connects, 1)


class RedirectTests(SynchronousTestCase):
    """Followed within the site; a password goes nowhere else."""

    def test_within_the_site(self) -> None:
        """Method and body stay the same; the answer's address is the last."""
        peer = Peer(
            lambda asked: Reply(204) if asked.path == "/new/" else Reply(
                301, headers={"Location": "/new"}
            ) if asked.path == "/" else Reply(308, headers={"Location": SITE + "new/"})
        )  # fmt: skip
        answer = peer.run(peer.connection().request("PROPFIND", SITE, body=b"<a/>"))
        self.assertEqual(answer.url, SITE + "new/")
        self.assertEqual(peer.lines, ["PROPFIND /", "PROPFIND /new", "PROPFIND /new/"])
        self.assertEqual(peer.asked[-1].body, b"<a/>")

    def test_circles(self) -> None:
        """Followed five times, no more."""
        peer = always(Reply(302, headers={"Location": "/"}))
        with self.assertRaises(Unavailable):
            peer.run(peer.connection().request("GET", URL))
        self.assertEqual(len(peer.asked), 6)

    def test_other_hosts(self) -> None:
        """Another host, another port in clear, no encryption: not asked at all."""
        for target in (
            "https://evil.example.com/",
            "http://dav.example.com/",
            "//evil.example.com/",
            "https://dav.example.com@evil.example.com/",
            "gopher://x/",
        ):
            peer = always(Reply(302, headers={"Location": target}))
            with self.assertRaises(Unavailable):
                peer.run(peer.connection().request("GET", SITE))
            self.assertEqual(len(peer.asked), 1)

    def test_configured_hosts(self) -> None:
        """Those that the administrator names, and the site itself on an encrypted port."""

        def answer(asked: Asked) -> Reply:
            target = "https://p1.example.com/" if asked.host != "p1.example.com" else ""
            return Reply(302, headers={"Location": target}) if target else Reply(204)

        peer = Peer(answer)
        work = peer.connection(other_hosts=frozenset(("p1.example.com",))).request("GET", SITE)
        self.assertEqual(peer.run(work).url, "https://p1.example.com/")
        peer = Peer(lambda _: Reply(204))
        site = peer.connection(url="http://dav.example.com/")
        for url in ("https://dav.example.com/", "https://dav.example.com:8443/"):
            self.assertEqual(peer.run(site.request("GET", read_url(url))).status, 204)
        with self.assertRaises(Unavailable):
            peer.run(site.request("GET", read_url("http://dav.example.com:81/")))

    def test_a_redirect_to_nowhere(self) -> None:
        """A status without a target is an answer."""
        peer = always(Reply(302))
        with self.assertRaises(TryLater):
            peer.run(peer.connection().done("GET", URL))


class AnswerTests(SynchronousTestCase):
    """What an answer means."""

    def test_faults(self) -> None:
        """By the table of dav.faults, with Retry-After kept."""
        peer = always(Reply(503, headers={"Retry-After": "30"}))
        with self.assertRaises(TryLater) as caught:
            peer.run(peer.connection().done("PUT", URL))
        self.assertEqual(caught.exception.retry_after_s, 30.0)
        peer = always(Reply(401, b"<html>who are you, john?</html>"))
        with self.assertRaises(LoginRefused) as refused:
            peer.run(peer.connection().done("PUT", URL))
        self.assertEqual(str(refused.exception), "PUT at dav.example.com: 401")

    def test_a_part_that_is_refused(self) -> None:
        """207 to a request for one resource: it is in the parts (Xandikos, RFC 4918 9.2)."""
        for inner, fails in (
            (response("/cal/1.ics", "<D:displayname/>", 403), True),
            (response("/cal/1.ics", "<D:displayname/>"), False),
            ("<D:response><D:href>/x</D:href><D:status>HTTP/1.1 412 So</D:status></D:response>",
             True),
        ):  # fmt: skip
            peer = always(multistatus(inner))
            if fails:
                with self.assertRaises(StoreError):
                    peer.run(peer.connection().done("PUT", URL))
            else:
                peer.run(peer.connection().done("PUT", URL))

    def test_what_should_be_a_multistatus(self) -> None:
        """Another success, or no XML, is an answer that cannot be used."""
        for reply, kind in (
            (Reply(200, b"<html/>"), Unavailable),
            (Reply(207, b"<html>"), Unreadable),
            (replace(multistatus(""), status=200), Unavailable),
            (Reply(404), StoreError),
        ):
            peer = always(reply)
            work = peer.connection().multistatus("PROPFIND", URL, body=b"", depth="0")
            with self.assertRaises(kind):
                peer.run(work)

    def test_large_answers_are_read_elsewhere(self) -> None:
        """The reactor's thread does not parse what takes longer than a turn of it."""
        sizes: list[int] = []
        for count in (1, 2000):
            peer = always(multistatus(response("/a", "<D:displayname>x</D:displayname>") * count))
            connection = peer.connection()
            inner = connection.site.in_thread

            def counted(function: Any, inner: Any = inner, count: int = count) -> Any:
                sizes.append(count)
                return inner(function)

            connection.site.in_thread = counted
            found = peer.run(connection.multistatus("PROPFIND", URL, body=b"", depth="1"))
            self.assertEqual(len(found.responses), count)
        self.assertEqual(sizes, [2000])
