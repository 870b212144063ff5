"""Sending on by SMTP, against servers of every temper."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectError
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.mailbox.delivery.outcome import Outcome
from carbonio_mobile.mailbox.delivery.relay import NO_RELAY, RelayOptions, SmtpRelay, TlsMode
from carbonio_mobile.testing.contracts.mailbox_fixture import message

ANN, BOB = "ann@example.org", "bob@example.net"
GREETING = b"220 relay.example.net ESMTP\r\n"
PLAIN = b"250-relay\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n"
OPTIONS = RelayOptions(host="relay.example.net", port=25, tls=TlsMode.OFF)


class Wire(StringTransport):
    """A transport that can be broken off."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.disconnecting = True


class Endpoint:
    """An endpoint that connects to what the test drives, or fails."""

    def __init__(self) -> None:
        self.protocol: Any = None
        self.wire = Wire()
        self.outcome: Callable[[], Deferred[Any]] = lambda: succeed(None)

    def connect(self, factory: Any) -> Deferred[Any]:
        def make(_: object) -> Any:
            self.protocol = factory.buildProtocol(None)
            self.protocol.makeConnection(self.wire)
            return self.protocol

        return self.outcome().addCallback(make)


class RelayCase(SynchronousTestCase):
    """A relay and the server's end of its connection."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.endpoint = Endpoint()
        self.relay = self.make_relay(OPTIONS)

    def make_relay(self, options: RelayOptions) -> SmtpRelay:
        return SmtpRelay(
            options, endpoint=self.endpoint, hostname="mail.example.com", clock=self.clock
        )

    def send(
        self, *recipients: str, source: bytes = message(), sender: str = "john@example.com"
    ) -> Deferred[Mapping[str, Outcome]]:
        return Deferred.fromCoroutine(self.relay.send(sender, recipients or (ANN,), source))

    def serve(self, reply: bytes) -> list[str]:
        """Give a reply to the client and what it says then, by lines."""
        self.endpoint.wire.clear()
        self.endpoint.protocol.dataReceived(reply)
        return self.endpoint.wire.value().decode().splitlines()

    def codes(self, sending: Deferred[Mapping[str, Outcome]]) -> dict[str, str]:
        self.outcomes = outcomes = self.successResultOf(sending)
        self.assertEqual([], self.clock.getDelayedCalls(), "a timeout is left")
        return {one: f"{outcome.code} {outcome.status}" for one, outcome in outcomes.items()}


class TransactionTests(RelayCase):
    """What is said, and what each recipient's outcome is."""

    def test_conversation(self) -> None:
        """Without pipelining each command waits for the reply before it."""
        source = message(body=".dot\r\nä")
        sending = self.send(ANN, BOB, source=source)
        self.assertEqual(["EHLO mail.example.com"], self.serve(GREETING))
        announced = f"MAIL FROM:<john@example.com> SIZE={len(source)} BODY=8BITMIME"
        self.assertEqual([announced], self.serve(PLAIN))
        self.assertEqual(["RCPT TO:<ann@example.org>"], self.serve(b"250 ok\r\n"))
        self.assertEqual(["RCPT TO:<bob@example.net>"], self.serve(b"250 ok\r\n"))
        self.assertEqual(["DATA"], self.serve(b"250 ok\r\n"))
        sent = self.serve(b"354 go\r\n")
        self.assertEqual(["..dot", "ä", "."], sent[-3:])
        self.assertNoResult(sending)
        self.assertEqual(["QUIT"], self.serve(b"250 2.0.0 queued as 1\r\n"))
        self.assertEqual({ANN: "250 2.0.0", BOB: "250 2.0.0"}, self.codes(sending))
        self.assertTrue(self.endpoint.wire.disconnecting)

    def start(self, sending: Any, offers: bytes = b"250-relay\r\n250 PIPELINING\r\n") -> list[str]:
        self.serve(GREETING)
        return self.serve(offers)

    def test_pipelining(self) -> None:
        """Where it is offered, sender and recipients go together; replies come in any pieces."""
        sending = self.send(ANN, BOB)
        self.assertEqual(3, len(self.start(sending)))
        replies = b"250 ok\r\n550-5.1.1 no\r\n550 5.1.1 such user\r\n250-a\r\n250 b\r\n"
        for at in range(len(replies)):
            self.serve(replies[at : at + 1])
        self.serve(b"354 go\r\n")
        self.serve(b"250 ok\r\n")
        self.assertEqual({ANN: "550 5.1.1", BOB: "250 2.0.0"}, self.codes(sending))
        self.assertEqual("no 5.1.1 such user", self.outcomes[ANN].text)
        self.assertEqual("relay.example.net", self.outcomes[ANN].remote)

    def test_sender_refused(self) -> None:
        """A refused sender is the outcome of all."""
        sending = self.send(ANN, BOB)
        self.start(sending)
        self.assertEqual(["QUIT"], self.serve(b"552 5.3.4 too big\r\n503 no\r\n503 no\r\n"))
        self.assertEqual({ANN: "552 5.3.4", BOB: "552 5.3.4"}, self.codes(sending))

    def test_nobody_accepted(self) -> None:
        """Without an accepted recipient no message is sent; 552 to one of many means later."""
        sending = self.send(ANN, BOB)
        self.start(sending)
        self.assertEqual(["QUIT"], self.serve(b"250 ok\r\n450 4.2.1 busy\r\n552 too many\r\n"))
        self.assertEqual({ANN: "450 4.2.1", BOB: "452 4.0.0"}, self.codes(sending))

    def test_refused_message(self) -> None:
        """The verdict after the dot is that of the accepted recipients only."""
        sending = self.send(ANN, BOB)
        self.start(sending)
        self.serve(b"250 ok\r\n550 no\r\n250 ok\r\n")
        self.serve(b"354 go\r\n")
        self.serve(b"554 5.7.1 spam\r\n")
        self.assertEqual({ANN: "550 5.0.0", BOB: "554 5.7.1"}, self.codes(sending))

    def test_data_refused(self) -> None:
        """A refused DATA is the outcome; no message goes out."""
        sending = self.send()
        self.start(sending)
        self.serve(b"250 ok\r\n250 ok\r\n")
        self.assertEqual(["QUIT"], self.serve(b"451 4.3.0 later\r\n"))
        self.assertEqual({ANN: "451 4.3.0"}, self.codes(sending))

    def test_old_server(self) -> None:
        """A server that knows no EHLO is greeted with HELO, and offered nothing."""
        sending = self.send(source=message(body="ä"))
        self.serve(GREETING)
        self.assertEqual(["HELO mail.example.com"], self.serve(b"502 what?\r\n"))
        self.assertEqual(["MAIL FROM:<john@example.com>"], self.serve(b"250 hello\r\n"))
        self.endpoint.protocol.connectionLost()
        self.assertEqual({ANN: "451 4.4.2"}, self.codes(sending))

    def test_bare_line_feeds(self) -> None:
        """Nothing but CRLF ends a line of what is sent (no smuggling)."""
        sending = self.send(source=b"Subject: x\n\na\n.\nMAIL FROM:<x>\r.\r\n")
        self.start(sending)
        self.serve(b"250 ok\r\n250 ok\r\n")
        self.serve(b"354 go\r\n")
        sent = self.endpoint.wire.value()
        self.assertEqual(b"Subject: x\r\n\r\na\r\n..\r\nMAIL FROM:<x>\r\n..\r\n.\r\n", sent)
        self.serve(b"250 ok\r\n")
        self.codes(sending)

    def test_international(self) -> None:
        """An address beyond ASCII goes with SMTPUTF8 or fails, alone."""
        sending = self.send("jürgen@example.org", ANN)
        self.assertEqual(["MAIL FROM:<john@example.com>"], self.start(sending, b"250 relay\r\n"))
        self.endpoint.protocol.connectionLost()
        self.assertEqual("451 4.4.2", self.codes(sending)[ANN])
        self.endpoint.wire = Wire()
        sending = self.send("jürgen@example.org")
        said = self.start(sending, b"250-relay\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n")
        self.assertEqual(
            ["MAIL FROM:<john@example.com> SMTPUTF8", "RCPT TO:<jürgen@example.org>"], said
        )
        self.endpoint.protocol.connectionLost()
        self.codes(sending)

    def test_international_not_offered(self) -> None:
        """Where nobody is left after that, no transaction begins."""
        sending = self.send("jürgen@example.org")
        self.assertEqual(["QUIT"], self.start(sending, b"250 relay\r\n"))
        self.assertEqual({"jürgen@example.org": "553 5.6.7"}, self.codes(sending))

    def test_no_addresses(self) -> None:
        """What would be a command of its own is refused here."""
        bad = "a@b>\r\nRCPT TO:<c"
        self.assertEqual({bad: "553 5.1.3"}, self.codes(self.send(bad)))
        self.assertEqual({ANN: "553 5.1.7"}, self.codes(self.send(ANN, sender=bad)))
        self.assertIsNone(self.endpoint.protocol)


class SessionTests(RelayCase):
    """Sessions that come to nothing: temporary failures of all recipients."""

    def test_connection_refused(self) -> None:
        """A relay that cannot be reached is tried again."""
        self.endpoint.outcome = lambda: fail(ConnectError())
        self.assertEqual({ANN: "451 4.4.1"}, self.codes(self.send()))

    def test_greeting_refused(self) -> None:
        """A server that wants nobody now is tried again, even if it says never."""
        for greeting in (b"421 busy\r\n", b"554 go away\r\n"):
            self.endpoint.wire = Wire()
            sending = self.send()
            self.serve(greeting)
            self.assertEqual({ANN: "451 4.3.0"}, self.codes(sending))

    def test_silence(self) -> None:
        """Who says nothing is given up after the time allowed."""
        sending = self.send()
        self.clock.advance(299)
        self.assertNoResult(sending)
        self.clock.advance(1)
        self.assertEqual({ANN: "451 4.4.2"}, self.codes(sending))
        self.assertTrue(self.endpoint.wire.aborted)

    def test_no_smtp(self) -> None:
        """What is no SMTP, endless or unasked for, ends the session."""
        for said in (b"HTTP/1.1 400\r\n", b"250-x" * 20_000, b"250 x\r\n" * 9, b"\r\n", b"999 \n"):
            self.endpoint.wire = Wire()
            sending = self.send()
            if said.startswith(b"250 "):
                self.serve(GREETING)
                self.serve(PLAIN)
            self.serve(said)
            self.endpoint.protocol.connectionLost()
            self.assertEqual({ANN: 4}, {a: int(c[0]) for a, c in self.codes(sending).items()})

    def test_lost_after_the_dot(self) -> None:
        """A connection lost before the verdict is a temporary failure: it may go out twice."""
        sending = self.send()
        self.serve(GREETING)
        for reply in (PLAIN, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            self.serve(reply)
        self.endpoint.protocol.connectionLost()
        self.assertEqual({ANN: "451 4.4.2"}, self.codes(sending))

    def test_large_message_has_more_time(self) -> None:
        """The time for a message grows with its size."""
        sending = self.send(source=b"x" * 4_096_000)
        self.serve(GREETING)
        for reply in (PLAIN, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            self.serve(reply)
        self.clock.advance(1599)
        self.assertNoResult(sending)
        self.clock.advance(2)
        self.assertEqual({ANN: "451 4.4.2"}, self.codes(sending))


class SecurityTests(RelayCase):
    """Encryption and login; the handshakes themselves are in tests/interop."""

    def test_encryption_required(self) -> None:
        """Without an offer of STARTTLS nothing is sent where it is required."""
        self.relay = self.make_relay(RelayOptions(host="relay.example.net"))
        sending = self.send()
        self.serve(GREETING)
        self.assertEqual(["QUIT"], self.serve(PLAIN))
        self.assertEqual({ANN: "451 4.7.5"}, self.codes(sending))

    def test_opportunistic_without_offer(self) -> None:
        """Without an offer mail goes unencrypted where that is allowed, a password does not."""
        for user, expected in (("", ["MAIL FROM:<john@example.com> SIZE=264"]), ("u", ["QUIT"])):
            self.endpoint.wire = Wire()
            options = RelayOptions(
                host="r.example.net", tls=TlsMode.OPPORTUNISTIC, user=user, password="secret"
            )
            self.relay = self.make_relay(options)
            sending = self.send(source=b"S: " + b"x" * 259 + b"\r\n")
            self.serve(GREETING)
            self.assertEqual(expected, self.serve(PLAIN.replace(b"8BITMIME", b"AUTH PLAIN")))
            self.endpoint.protocol.connectionLost()
            self.codes(sending)

    def test_injected_after_starttls(self) -> None:
        """Octets that came with the reply to STARTTLS end the session."""
        self.relay = self.make_relay(RelayOptions(host="relay.example.net"))
        sending = self.send()
        self.serve(GREETING)
        self.serve(b"250-relay\r\n250 STARTTLS\r\n")
        self.serve(b"220 go\r\n250-evil")
        self.assertEqual({ANN: "451 4.5.0"}, self.codes(sending))

    def test_replies_injected_after_starttls(self) -> None:
        """Whole replies in that segment are not taken for those of the encrypted session."""
        self.relay = self.make_relay(RelayOptions(host="relay.example.net"))
        sending = self.send()
        self.serve(GREETING)
        self.serve(b"250-relay\r\n250 STARTTLS\r\n")
        said = self.serve(b"220 go\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n")
        self.assertEqual(["QUIT"], said)
        self.assertEqual({ANN: "451 4.5.0"}, self.codes(sending))

    def test_login_missed_at_the_sender(self) -> None:
        """A relay that wants another login or encryption than it got returns no mail."""
        for reply, expected in (
            (b"530 5.7.0 Must issue a STARTTLS command first", "451 4.7.0"),
            (b"530 Authentication required", "451 4.0.0"),
            (b"535 5.7.8 no", "451 4.7.8"),
            (b"550 5.7.8 log in first", "451 4.7.8"),
            (b"554 5.7.0 no", "451 4.7.0"),
            (b"538 5.7.11 no", "451 4.7.11"),
            (b"550 5.7.1 you may not send as that", "550 5.7.1"),
        ):
            self.endpoint.wire = Wire()
            sending = self.send()
            self.serve(GREETING)
            self.serve(PLAIN)
            self.serve(reply + b"\r\n")
            self.assertEqual({ANN: expected}, self.codes(sending))

    def test_login_missed_at_a_recipient(self) -> None:
        """530 to a recipient or to DATA is temporary as well; 5.7.0 there is about this one."""
        for replies, expected in (
            ([b"530 5.7.0 log in"], "451 4.7.0"),
            ([b"550 5.7.0 not this one"], "550 5.7.0"),
            ([b"250 ok", b"530 5.7.0 log in"], "451 4.7.0"),
        ):
            self.endpoint.wire = Wire()
            sending = self.send()
            self.serve(GREETING)
            self.serve(PLAIN)
            self.serve(b"250 ok\r\n")
            for reply in replies:
                self.serve(reply + b"\r\n")
            self.assertEqual({ANN: expected}, self.codes(sending))

    def log_in(self, mechanisms: bytes, replies: Sequence[bytes]) -> tuple[list[str], Any]:
        options = RelayOptions(
            host="relay.example.net", tls=TlsMode.OFF, user="john", password="secret"
        )
        self.relay = self.make_relay(options)
        sending = self.send()
        self.serve(GREETING)
        said = self.serve(b"250-relay\r\n250 AUTH " + mechanisms + b"\r\n")
        for reply in replies:
            said += self.serve(reply)
        return said, sending

    def test_plain(self) -> None:
        """PLAIN is preferred."""
        said, sending = self.log_in(b"LOGIN PLAIN", [b"235 ok\r\n"])
        self.assertEqual(["AUTH PLAIN AGpvaG4Ac2VjcmV0", "MAIL FROM:<john@example.com>"], said)
        self.endpoint.protocol.connectionLost()
        self.codes(sending)

    def test_login(self) -> None:
        """LOGIN does where there is nothing else."""
        said, sending = self.log_in(b"LOGIN", [b"334 a\r\n", b"334 b\r\n", b"235 ok\r\n"])
        self.assertEqual(["AUTH LOGIN", "am9obg==", "c2VjcmV0"], said[:3])
        self.endpoint.protocol.connectionLost()
        self.codes(sending)

    def test_login_refused(self) -> None:
        """A refused login returns no mail, and no secret is told."""
        _, sending = self.log_in(b"PLAIN", [b"535 5.7.8 no AGpvaG4Ac2VjcmV0\r\n"])
        self.assertEqual({ANN: "451 4.7.8"}, self.codes(sending))
        self.assertNotIn("secret", repr(self.outcomes) + repr(self.relay._options))

    def test_unknown_mechanisms(self) -> None:
        """A server whose logins are not known here is tried again later."""
        _, sending = self.log_in(b"GSSAPI", [])
        self.assertEqual({ANN: "451 4.7.0"}, self.codes(sending))


class StopTests(RelayCase):
    """The end of the daemon."""

    def test_stop(self) -> None:
        """Sessions are broken off; nothing is sent afterwards."""
        sending = self.send()
        self.serve(GREETING)
        stopped = Deferred.fromCoroutine(self.relay.stop())
        self.clock.advance(0)
        self.successResultOf(stopped)
        self.assertEqual({ANN: "451 4.4.2"}, self.codes(sending))
        self.assertEqual({ANN: "451 4.3.2"}, self.codes(self.send()))

    def test_stop_while_connecting(self) -> None:
        """A connection that is not there yet is given up."""
        self.endpoint.outcome = Deferred
        sending = self.send()
        self.successResultOf(Deferred.fromCoroutine(self.relay.stop()))
        self.assertEqual({ANN: "451 4.4.1"}, self.codes(sending))

    def test_stop_waits_for_a_verdict(self) -> None:
        """A message that was sent in full is given a moment for its 250."""
        for is_in_time in (True, False):
            self.endpoint.wire = Wire()
            self.relay = self.make_relay(OPTIONS)
            sending = self.send()
            self.serve(GREETING)
            for reply in (PLAIN, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                self.serve(reply)
            stopped = Deferred.fromCoroutine(self.relay.stop())
            self.clock.advance(4)
            self.assertNoResult(stopped)
            if is_in_time:
                self.serve(b"250 ok\r\n")
            else:
                self.clock.advance(2)
            self.successResultOf(stopped)
            expected = "250 2.0.0" if is_in_time else "451 4.4.2"
            self.assertEqual({ANN: expected}, self.codes(sending))


class NoRelayTests(SynchronousTestCase):
    """Where there is no relay."""

    def test_all_fail(self) -> None:
        """Own domain: no such address; others: no way out."""
        sending = NO_RELAY.send("john@Example.com", ["x@example.COM", ANN], b"")
        outcomes = self.successResultOf(Deferred.fromCoroutine(sending))
        self.assertEqual(["5.1.1", "5.4.4"], [one.status for one in outcomes.values()])
