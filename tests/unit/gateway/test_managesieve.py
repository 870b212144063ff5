"""The ManageSieve client against servers of every temper; RFC 5804."""

from base64 import b64decode
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectError
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    OverQuota,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.mailbox.delivery.relay import Login, TlsMode
from carbonio_mobile.mailbox.sieveclient.managesieve import (
    Scripts,
    SieveClient,
    SieveOptions,
    SieveSession,
)
from carbonio_mobile.sieve.wire import Bounds

LOGIN = Login(user="proxy", password="secret-word", acting_for="john")
PLAIN_GREETING = b'"SASL" "PLAIN"\r\n"SIEVE" "vacation"\r\nOK "ready"\r\n'
TLS_GREETING = b'"STARTTLS"\r\n"SASL" ""\r\nOK\r\n'


class Wire(StringTransport):
    """A transport that notes what is done to it."""

    aborted = False
    context: Any = None

    def abortConnection(self) -> None:
        self.aborted = self.disconnecting = True

    def startTLS(self, context: Any) -> None:
        self.context = context


class SieveCase(SynchronousTestCase):
    """A client and the server's end of its connection."""

    tls = TlsMode.OFF

    def setUp(self) -> None:
        self.clock = Clock()
        self.connect = lambda: succeed(None)

    def begin(self, **more: Any) -> Deferred[SieveSession]:
        self.wire = Wire()
        self.protocol: Any = None
        test = self

        class Endpoint:
            def connect(self, factory: Any) -> Deferred[Any]:
                def make(_: object) -> Any:
                    test.protocol = factory.buildProtocol(None)
                    test.protocol.makeConnection(test.wire)
                    return test.protocol

                return test.connect().addCallback(make)

        options = SieveOptions(**{"host": "mail.example.com", "tls": self.tls, **more})
        client = SieveClient(options, endpoint=Endpoint(), context="the context", clock=self.clock)
        return Deferred.fromCoroutine(client.open(LOGIN))

    def serve(self, *replies: bytes) -> bytes:
        """Give replies to the client; gives what it says after the last of them."""
        for reply in replies:
            self.wire.clear()
            self.protocol.dataReceived(reply)
        return self.wire.value()

    def opened(self, **more: Any) -> SieveSession:
        opening = self.begin(**more)
        self.serve(PLAIN_GREETING, b"OK\r\n", PLAIN_GREETING)
        return self.successResultOf(opening)

    def fault(self, waiting: Deferred[Any], kind: type[StoreError] = Unavailable) -> str:
        """Give the text of the error that ended it; nothing is left behind, no secret is told."""
        text = str(self.failureResultOf(waiting, kind).value)
        self.assertNotIn("secret-word", text)
        return text


class OpeningTests(SieveCase):
    """Greeting, encryption, login."""

    def test_login(self) -> None:
        """The login says who acts for whom; what is offered is asked for again after it."""
        opening = self.begin()
        said = self.serve(PLAIN_GREETING).split()
        self.assertEqual([b"AUTHENTICATE", b'"PLAIN"'], said[:2])
        self.assertEqual(b"john\0proxy\0secret-word", b64decode(said[2].strip(b'"')))
        self.assertEqual(b"CAPABILITY\r\n", self.serve(b'OK (SASL "x") "in"\r\n'))
        self.serve(b'"SIEVE" "vacation date"\r\n"SASL" ""\r\nOK\r\n')
        session = self.successResultOf(opening)
        self.assertEqual({"vacation", "date"}, session.offers.extensions)
        self.assertEqual([], self.clock.getDelayedCalls())
        session.close()
        self.assertTrue(self.wire.value().endswith(b"LOGOUT\r\n"))
        self.assertTrue(self.wire.disconnecting)

    def test_close_without_an_end(self) -> None:
        """A server that does not let go is left after a moment."""
        self.opened().close()
        self.assertFalse(self.wire.aborted)
        self.clock.advance(5)
        self.assertTrue(self.wire.aborted)
        self.opened().close()
        self.protocol.connectionLost()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_unreachable(self) -> None:
        """Nobody there."""
        self.connect = lambda: fail(ConnectError(string="refused"))
        self.assertIn("mail.example.com:4190 cannot be reached", self.fault(self.begin()))

    def test_greetings(self) -> None:
        """A server that does not serve, closes, or speaks otherwise is not available."""
        for said, expected in (
            (b'BYE "too many"\r\n', "too many"),
            (b"NO\r\n", "does not serve"),
            (b"* OK IMAP4rev1\r\n", "no ManageSieve"),
            (b'"SASL" "GSSAPI"\r\nOK\r\n', "offers no login by a password"),
            (b"OK\r\n", "offers no login by a password"),
        ):
            opening = self.begin()
            self.serve(said)
            self.assertIn(expected, self.fault(opening))
            self.assertTrue(self.wire.disconnecting)
            self.protocol.connectionLost()
            self.assertEqual([], self.clock.getDelayedCalls())

    def test_login_refused(self) -> None:
        """It says so, and the code."""
        opening = self.begin()
        self.serve(PLAIN_GREETING, b'NO (AUTH-TOO-WEAK) "no secret-word"\r\n')
        self.assertTrue(self.fault(opening).endswith("refuses the login (AUTH-TOO-WEAK)"))

    def test_silence(self) -> None:
        """Who says nothing is given up after the time allowed."""
        for served in ([], [PLAIN_GREETING], [PLAIN_GREETING, b"OK\r\n"]):
            opening = self.begin()
            self.serve(*served)
            self.clock.advance(29)
            self.assertNoResult(opening)
            self.clock.advance(1)
            self.assertIn("no response in time", self.fault(opening))
            self.assertTrue(self.wire.aborted)

    def test_given_up(self) -> None:
        """Whoever stops to wait ends the connection."""
        opening = self.begin()
        opening.cancel()
        self.failureResultOf(opening)
        self.assertTrue(self.wire.aborted)
        self.assertEqual([], self.clock.getDelayedCalls())


class EncryptionTests(SieveCase):
    """STARTTLS; the handshakes themselves are in tests/interop."""

    tls = TlsMode.REQUIRED

    def test_encrypted(self) -> None:
        """Nothing but STARTTLS goes in clear; what is offered counts from the second greeting."""
        opening = self.begin()
        self.assertEqual(b"STARTTLS\r\n", self.serve(TLS_GREETING))
        self.assertEqual(b"", self.serve(b"OK\r\n"))
        self.assertEqual("the context", self.wire.context)
        self.assertTrue(self.serve(PLAIN_GREETING).startswith(b"AUTHENTICATE"))
        self.serve(b"OK\r\n", PLAIN_GREETING)
        self.successResultOf(opening)

    def test_not_offered(self) -> None:
        """Without an offer no password is sent."""
        opening = self.begin()
        self.assertEqual(b"LOGOUT\r\n", self.serve(PLAIN_GREETING))
        self.assertIn("offers no encryption", self.fault(opening))

    def test_refused(self) -> None:
        """Nor where it is refused."""
        opening = self.begin()
        self.assertEqual(b"LOGOUT\r\n", self.serve(TLS_GREETING, b"NO\r\n"))
        self.assertIn("refuses encryption", self.fault(opening))

    def test_injected(self) -> None:
        """What came in clear with the answer to STARTTLS is never taken for the server's."""
        for more in (b'"SASL"', PLAIN_GREETING, b"OK\r\n"):
            opening = self.begin()
            self.serve(TLS_GREETING)
            self.serve(b"OK\r\n" + more)
            self.assertIn("octets after the response to STARTTLS", self.fault(opening))
            self.assertTrue(self.wire.aborted)
            self.assertIsNone(self.wire.context)


class CommandTests(SieveCase):
    """What is asked, what is answered."""

    def ask(self, coroutine: Any, *replies: bytes) -> tuple[bytes, Deferred[Any]]:
        self.wire.clear()
        waiting = Deferred.fromCoroutine(coroutine)
        said = self.wire.value()
        self.serve(*replies)
        return said, waiting

    def test_commands(self) -> None:
        """Each command as it goes out, and what comes back."""
        session = self.opened()
        long = "# " + "x" * 1100
        listed = b'"a \\"b\\""\r\n{2}\r\n\xc3\xbc ACTIVE\r\nOK\r\n'
        for asked, said, reply, expected in (
            (session.scripts(), b"LISTSCRIPTS\r\n", listed,
             Scripts(names=('a "b"', "ü"), active="ü")),
            (session.scripts(), b"LISTSCRIPTS\r\n", b"OK\r\n", Scripts()),
            (session.script('q"\\'), b'GETSCRIPT "q\\"\\\\"\r\n',
             b"{5}\r\nkeep;\r\nOK\r\n", "keep;"),
            (session.store("a", "keep;"), b'PUTSCRIPT "a" "keep;"\r\n', b"OK\r\n", None),
            (session.store("a", "k\r\n"), b'PUTSCRIPT "a" {3+}\r\nk\r\n\r\n', b"OK\r\n", None),
            (session.check(long), b"CHECKSCRIPT {1102+}\r\n" + long.encode() + b"\r\n",
             b'OK (WARNINGS) "x"\r\n', False),
            (session.check("keep;"), b'CHECKSCRIPT "keep;"\r\n', b'OK "x"\r\n', True),
            (session.activate(""), b'SETACTIVE ""\r\n', b"OK\r\n", None),
            (session.have_space("a", 9), b'HAVESPACE "a" 9\r\n', b"OK\r\n", None),
            (session.delete("a"), b'DELETESCRIPT "a"\r\n', b"OK\r\n", None),
        ):  # fmt: skip
            was_said, waiting = self.ask(asked, reply)
            self.assertEqual(said, was_said)
            self.assertEqual(expected, self.successResultOf(waiting))

    def test_refusals(self) -> None:
        """Each code is an error; what the server cites, maybe a user's words, is not told."""
        session = self.opened()
        for reply, kind in (
            (b"NO (NONEXISTENT)\r\n", NotFound),
            (b"NO (QUOTA)\r\n", OverQuota),
            (b"NO (QUOTA/MAXSCRIPTS)\r\n", OverQuota),
            (b"NO (QUOTA/MAXSIZE)\r\n", TooLarge),
            (b"NO (ALREADYEXISTS)\r\n", Conflict),
            (b"NO (ACTIVE)\r\n", Conflict),
            (b"NO (TRYLATER)\r\n", Unavailable),
            (b'NO "line 2: unknown \\"private\\" or \'secret\'"\r\n', NotAllowed),
            (b"NO (X-ODD)\r\n", NotAllowed),
        ):
            text = self.fault(self.ask(session.store("a", "x"), reply)[1], kind)
            self.assertNotIn("private", text)
            self.assertNotIn("secret", text)
        reply = b'NO "line 2: unknown \\"private\\" or \'secret\'"\r\n'
        text = self.fault(self.ask(session.check("x"), reply)[1], NotAllowed)
        self.assertIn("line 2: unknown … or …", text)

    def test_cut_lines(self) -> None:
        """A connection lost anywhere, or closed by the server, ends what waits and all after."""
        whole = b'"one"\r\n{3}\r\ntwo ACTIVE\r\nOK "do'
        for end in range(0, len(whole), 3):
            session = self.opened()
            _, waiting = self.ask(session.scripts(), whole[:end])
            self.assertNoResult(waiting)
            self.protocol.connectionLost()
            self.assertIn("connection lost", self.fault(waiting))
            self.fault(self.ask(session.scripts())[1])
        session = self.opened()
        text = self.fault(self.ask(session.scripts(), b'BYE (TRYLATER) "restart"\r\n')[1])
        self.assertIn("restart", text)

    def test_unasked(self) -> None:
        """A response that nobody asked for is not that to the next command."""
        session = self.opened()
        self.serve(b"OK\r\n")
        self.assertTrue(self.wire.aborted)
        self.assertIn("nobody asked", self.fault(self.ask(session.activate("x"))[1]))

    def test_no_script(self) -> None:
        """A script that does not come is none."""
        for reply in (b"OK\r\n", b'"a" "b"\r\nOK\r\n'):
            self.fault(self.ask(self.opened().script("a"), reply)[1])

    def test_bounds(self) -> None:
        """What a server says has bounds."""
        session = self.opened(bounds=Bounds(literal_bytes=10, line_bytes=100, lines_count=2))
        text = self.fault(self.ask(session.script("a"), b"{11}\r\n")[1])
        self.assertIn("too long", text)
        self.assertTrue(self.wire.aborted)
