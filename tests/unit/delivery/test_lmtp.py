"""The LMTP listener: every answer that a mail server can get."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.delivery.lmtp import LmtpFactory, LmtpLimits
from carbonio_mobile.mailbox.delivery.local import INBOX, Letter, LocalDelivery
from carbonio_mobile.mailbox.delivery.scheduling import Scheduling
from carbonio_mobile.mailbox.memory import MemoryMailboxes
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink, message


class Wire(StringTransport):
    """A transport that can be broken off."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True


LIMITS = LmtpLimits(message_bytes=20_000, recipients=3, connections=2, idle_s=60)
BEGIN = b"LHLO mx.example.net\r\nMAIL FROM:<ann@example.org>\r\n"
DATA = b"DATA\r\n" + message() + b".\r\n"


async def in_place(work: Any, *args: Any, **more: Any) -> Any:
    """Do here what a daemon does in a thread."""
    return work(*args, **more)


class SlowMailboxes(MemoryMailboxes):
    """Mailboxes that open when ``gate`` fires, or fail with what it fails with."""

    gate: Deferred[None] | None = None

    async def open(self, account: AccountId) -> Any:
        if self.gate is not None:
            await self.gate
        return await super().open(account)


class LmtpCase(SynchronousTestCase):
    """A listener with John, Mary and one connection."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.accounts = MemoryAccounts(clock=self.clock.seconds)
        self.john = self.accounts.add("john@example.com", "x", aliases=["j@example.com"])
        self.mary = self.accounts.add("mary@example.com", "x")
        self.quotas: dict[AccountId, int] = {}
        self.mailboxes = SlowMailboxes(
            sink=RecordingSink(),
            clock=self.clock.seconds,
            quota_of=self.quota_of,
            message_limit_bytes=1 << 20,
        )
        self.told: list[tuple[Account, Letter]] = []
        self.factory = self.make_factory(LIMITS)
        self.protocol, self.transport = self.connect()

    def make_factory(self, limits: LmtpLimits) -> LmtpFactory:
        local = LocalDelivery(
            accounts=self.accounts,
            mailboxes=self.mailboxes,
            clock=self.clock.seconds,
            hostname="mail.example.com",
            postmaster="",
            scheduling=Scheduling(in_thread=in_place, clock=self.clock.seconds),
            on_delivered=lambda account, letter: self.told.append((account, letter)),
        )
        return LmtpFactory(local, limits=limits, clock=self.clock)

    async def quota_of(self, account: AccountId) -> int:
        return self.quotas.get(account, 0)

    def connect(self) -> tuple[Any, Wire]:
        protocol: Any = self.factory.buildProtocol(None)
        transport = Wire()
        protocol.makeConnection(transport)
        return protocol, transport

    def say(self, octets: bytes) -> list[str]:
        """Send octets and give the lines that came back."""
        self.transport.clear()
        self.protocol.dataReceived(octets)
        return self.replies()

    def replies(self) -> list[str]:
        return self.transport.value().decode().splitlines()

    def sources(self, account: AccountId) -> list[bytes]:
        async def read() -> list[bytes]:
            box = await MemoryMailboxes.open(self.mailboxes, account)
            page = await box.listing(INBOX, below=NEWEST, down_to=OLDEST, limit=100)
            items = [head.item for head in page.heads]
            found = await box.read(INBOX, items, BodyWish(source_bytes=None))
            return [found[item].source for item in items]

        sources: list[bytes] = self.successResultOf(Deferred.fromCoroutine(read()))
        return sources


class DeliveryTests(LmtpCase):
    """Mail that arrives."""

    def test_greeting_and_offers(self) -> None:
        """The listener says who it is and what it can do."""
        self.assertEqual(["220 mail.example.com LMTP carbonio-mobile"], self.replies())
        self.assertEqual(
            [
                "250-mail.example.com",
                "250-PIPELINING",
                "250-ENHANCEDSTATUSCODES",
                "250-8BITMIME",
                "250-SMTPUTF8",
                "250 SIZE 20000",
            ],
            self.say(b"LHLO mx.example.net\r\n"),
        )

    def test_delivery(self) -> None:
        """Each accepted recipient has an answer of its own after the dot."""
        self.assertEqual("250 2.1.0 ok", self.say(BEGIN)[-1])
        self.assertEqual(["250 2.1.5 ok"], self.say(b"RCPT TO:<john@example.com>\r\n"))
        self.assertEqual(
            ["550 5.1.1 no such user here"], self.say(b"RCPT TO:<nobody@example.com>\r\n")
        )
        self.assertEqual(["250 2.1.5 ok"], self.say(b"rcpt to:<MARY+lists@Example.com>\r\n"))
        self.assertEqual(["354 end with a dot on a line of its own"], self.say(b"DATA\r\n"))
        replies = self.say(message() + b".\r\n")
        self.assertEqual(["250 2.0.0 delivered"] * 2, replies)
        (source,) = self.sources(self.john)
        head = (
            "Return-Path: <ann@example.org>\r\n"
            "Received: from mx.example.net ([local])\r\n"
            "\tby mail.example.com (carbonio-mobile) with LMTP id "
        )
        self.assertTrue(source.startswith(head.encode()), source)
        self.assertTrue(source.endswith(b"1970 00:00:00 -0000\r\n" + message()))
        self.assertEqual([source], self.sources(self.mary), "the same octets for all")
        self.assertNotIn(b"for <", source)
        self.assertEqual([self.john, self.mary], [account.id for account, _ in self.told])

    def test_sole_recipient_is_named(self) -> None:
        """A message to one is marked with the address that it came to."""
        self.say(BEGIN + b"RCPT TO:<j@example.com>\r\n" + DATA)
        (source,) = self.sources(self.john)
        self.assertIn(b"\r\nDelivered-To: j@example.com\r\n", source)
        self.assertIn(b"\r\n\tfor <j@example.com>;\r\n", source)

    def test_pipelined_in_any_pieces(self) -> None:
        """All at once or octet by octet: the answers are the same."""
        whole = BEGIN + b"RCPT TO:<john@example.com>\r\n" + DATA + b"RSET\r\nQUIT\r\n"
        at_once = self.say(whole)
        self.protocol, self.transport = self.connect()
        for at in range(len(whole)):
            self.protocol.dataReceived(whole[at : at + 1])
        self.assertEqual(at_once, self.replies()[1:])
        self.assertEqual("221 2.0.0 goodbye", at_once[-1])
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(2, len(self.sources(self.john)))

    def test_thousand_recipients_at_once(self) -> None:
        """Many commands sent together do not nest."""
        self.factory = self.make_factory(LmtpLimits(recipients=2000))
        self.protocol, self.transport = self.connect()
        replies = self.say(BEGIN + b"RCPT TO:<john@example.com>\r\n" * 1500 + DATA)
        self.assertEqual(["250 2.0.0 delivered"] * 1500, replies[-1500:])
        self.assertEqual(1, len(self.sources(self.john)), "one message for one account")

    def test_content_is_kept(self) -> None:
        """Dots are unstuffed; bare line feeds, NUL and 8-bit octets arrive as they are."""
        sent = b"Subject: x\r\n\r\n..\r\n...a\r\n\n.\nb\x00\xff\r\n"
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\nDATA\r\n" + sent + b".\r\n")
        self.assertTrue(
            self.sources(self.john)[0].endswith(b"\r\n\r\n.\r\n..a\r\n\n.\nb\x00\xff\r\n")
        )

    def test_empty_message(self) -> None:
        """An empty message is one, too."""
        replies = self.say(BEGIN + b"RCPT TO:<john@example.com>\r\nDATA\r\n.\r\nNOOP\r\n")
        self.assertEqual(["250 2.0.0 delivered", "250 2.0.0 ok"], replies[-2:])

    def test_null_sender_and_parameters(self) -> None:
        """Reports come from nobody; what LHLO offers can be asked for."""
        self.say(b"LHLO a\r\n")
        replies = self.say(b"MAIL FROM:<> SIZE=1000 BODY=8BITMIME\r\nRCPT TO:<j@example.com>\r\n")
        self.assertEqual(["250 2.1.0 ok", "250 2.1.5 ok"], replies)
        self.say(DATA)
        self.assertTrue(self.sources(self.john)[0].startswith(b"Return-Path: <>\r\n"))

    def test_international(self) -> None:
        """Addresses beyond ASCII need SMTPUTF8, and are told on in UTF-8."""
        self.say(b"LHLO a\r\n")
        sender = "MAIL FROM:<jürgen@bücher.example>".encode()
        self.assertEqual(["553 5.6.7 such an address needs SMTPUTF8"], self.say(sender + b"\r\n"))
        self.say(sender + b" SMTPUTF8\r\nRCPT TO:<john@example.com>\r\n" + DATA)
        source = self.sources(self.john)[0].decode()
        self.assertIn("Return-Path: <jürgen@bücher.example>", source)
        self.assertIn("with UTF8LMTP id", source)

    def test_answer_after_commit_only(self) -> None:
        """No recipient is acknowledged before the mailbox has the message; commands wait."""
        self.mailboxes.gate = Deferred()
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\n" + DATA + b"NOOP\r\n")
        self.assertTrue(self.replies()[-1].startswith("354"))
        self.mailboxes.gate.callback(None)
        self.assertEqual(["250 2.0.0 delivered", "250 2.0.0 ok"], self.replies()[-2:])

    def test_connection_lost_after_the_dot(self) -> None:
        """A message that is complete is delivered though nobody hears of it."""
        self.mailboxes.gate = Deferred()
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\n" + DATA)
        self.protocol.connectionLost()
        self.assertEqual(1, self.factory.connections_count)
        self.mailboxes.gate.callback(None)
        self.assertEqual(1, len(self.sources(self.john)))
        self.assertEqual(0, self.factory.connections_count)

    def test_connection_lost_before_the_dot(self) -> None:
        """Half a message is nothing."""
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\n" + DATA[:-3])
        self.protocol.connectionLost()
        self.assertEqual([], self.sources(self.john))
        self.assertEqual([], self.clock.getDelayedCalls())


class RefusalTests(LmtpCase):
    """Mail that does not arrive, and nonsense."""

    def test_statuses(self) -> None:
        """Closed 550 5.2.1, in maintenance 450 4.2.1, locked accepted."""
        self.say(BEGIN)
        for status, reply in (
            ("closed", "550 5.2.1 this mailbox takes no mail"),
            ("maintenance", "450 4.2.1 this mailbox takes no mail for now"),
            ("locked", "250 2.1.5 ok"),
        ):
            self.accounts.set_attributes(self.john, zimbraAccountStatus=status)
            self.assertEqual([reply], self.say(b"RCPT TO:<john@example.com>\r\n"))

    def test_over_quota(self) -> None:
        """A full mailbox is 552 5.2.2; the other recipient has the message."""
        self.quotas[self.john] = 10
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\nRCPT TO:<mary@example.com>\r\n")
        self.assertEqual(
            ["552 5.2.2 the mailbox is full", "250 2.0.0 delivered"], self.say(DATA)[1:]
        )
        self.assertEqual([], self.sources(self.john))
        self.assertEqual(1, len(self.sources(self.mary)))

    def test_mailbox_away(self) -> None:
        """A mailbox that cannot be written now is 451 4.3.0."""
        self.mailboxes.gate = Deferred()
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\n" + DATA)
        self.mailboxes.gate.errback(Unavailable("disk full"))
        self.assertTrue(self.replies()[-1].startswith("451 4.3.0 "))
        self.flushLoggedErrors()

    def test_bug(self) -> None:
        """An unexpected failure is logged; the client is to come again for that recipient."""
        self.mailboxes.gate = Deferred()
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\n" + DATA)
        self.mailboxes.gate.errback(ZeroDivisionError("secret"))
        self.assertTrue(self.replies()[-1].startswith("451 4.3.0 "))
        self.assertNotIn("secret", self.replies()[-1])
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_too_large(self) -> None:
        """Announced or found out: 552 5.3.4, and the session goes on."""
        self.say(b"LHLO a\r\n")
        self.assertEqual(
            ["552 5.3.4 at most 20000 bytes are taken"], self.say(b"MAIL FROM:<> SIZE=20001\r\n")
        )
        self.say(b"MAIL FROM:<>\r\nRCPT TO:<john@example.com>\r\nRCPT TO:<j@example.com>\r\n")
        self.say(b"DATA\r\n")
        for _ in range(30):
            self.protocol.dataReceived(b"x" * 998 + b"\r\n")
        replies = self.say(b".\r\nMAIL FROM:<>\r\n")
        self.assertEqual(["552 5.3.4", "552 5.3.4", "250 2.1.0"], [one[:9] for one in replies])
        self.assertEqual([], self.sources(self.john))

    def test_exactly_the_limit(self) -> None:
        """A message of just the limit is taken."""
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\nDATA\r\n")
        self.assertEqual(
            ["250 2.0.0 delivered"], self.say(b"S: x\r\n\r\n" + b"x" * 19_990 + b"\r\n.\r\n")
        )

    def test_too_many_recipients(self) -> None:
        """Beyond the limit recipients are to come in another transaction."""
        self.say(BEGIN)
        replies = self.say(b"RCPT TO:<john@example.com>\r\n" * 4)
        self.assertEqual("452 4.5.3 too many recipients for one transaction", replies[3])

    def test_order(self) -> None:
        """Commands out of their order are refused with 503."""
        for command in (b"MAIL FROM:<>", b"RCPT TO:<john@example.com>", b"DATA"):
            self.assertEqual(["503 5.5.1 not now"], self.say(command + b"\r\n"))
        self.say(BEGIN)
        self.assertEqual(["503 5.5.1 not now"], self.say(b"MAIL FROM:<>\r\n"))
        self.assertEqual(["503 5.5.1 no recipient was accepted"], self.say(b"DATA\r\n"))
        self.say(b"RSET\r\n")
        self.assertEqual(["503 5.5.1 not now"], self.say(b"DATA\r\n"))

    def test_nonsense(self) -> None:
        """What is no command, or none of LMTP, has its code."""
        self.say(b"LHLO a\r\n")
        for line, code in (
            (b"FOO", "500 5.5.2"),
            (b"EHLO a", "500 5.5.1"),
            (b"HELO a", "500 5.5.1"),
            (b"LHLO", "501 5.5.4"),
            (b"\xff\xfe", "501 5.5.4"),
            (b"MAIL TO:<a@b>", "501 5.5.4"),
            (b"MAIL FROM:a@b.example", "501 5.1.3"),
            (b"MAIL FROM:<a b@c.example>", "501 5.1.3"),
            (b"MAIL FROM:<a@b> SIZE=x", "501 5.5.4"),
            (b"MAIL FROM:<a@b> BODY=9BIT", "501 5.5.4"),
            (b"MAIL FROM:<a@b> =", "501 5.5.4"),
            (b"MAIL FROM:<a@b> XTRA=1", "555 5.5.4"),
            (b"VRFY john", "252 2.5.2"),
            (b"NOOP", "250 2.0.0"),
        ):
            self.assertEqual([code], [one[:9] for one in self.say(line + b"\r\n")], line)

    def test_recipient_syntax(self) -> None:
        """Recipients need an address and no parameters; a source route is passed over."""
        self.say(BEGIN)
        for line, code in (
            (b"RCPT TO:<>", "501 5.1.3"),
            (b"RCPT TO:<john>", "501 5.1.3"),
            (b"RCPT FROM:<john>", "501 5.5.4"),
            (b"RCPT TO:<postmaster>", "550 5.1.1"),
            (b"RCPT TO:<john@example.com> NOTIFY=NEVER", "555 5.5.4"),
            ("RCPT TO:<jöhn@example.com>".encode(), "553 5.6.7"),
            (b'RCPT TO:<"john doe"@example.com>', "550 5.1.1"),
            (b"RCPT TO:<@relay.example:john@example.com>", "250 2.1.5"),
        ):
            self.assertEqual([code], [one[:9] for one in self.say(line + b"\r\n")], line)

    def test_too_many_faults(self) -> None:
        """Whoever says nothing but nonsense is sent away."""
        replies = self.say(b"FOO\r\n" * 100)
        self.assertEqual("421 4.7.0 too many errors", replies[-1])
        self.assertEqual(21, len(replies))
        self.assertTrue(self.transport.disconnecting)

    def test_unknown_users_are_no_faults(self) -> None:
        """A mail server may ask for any number of unknown recipients."""
        replies = self.say(BEGIN + b"RCPT TO:<x@example.com>\r\n" * 100)
        self.assertEqual("550 5.1.1 no such user here", replies[-1])

    def test_endless_line(self) -> None:
        """A line without end is not kept."""
        self.assertEqual(["500 5.5.6 the line is too long"], self.say(b"x" * 3000))
        self.assertTrue(self.transport.disconnecting)

    def test_silence(self) -> None:
        """A silent client is dropped, a busy one is not."""
        self.clock.advance(59)
        self.say(b"NOOP\r\n")
        self.clock.advance(59)
        self.assertFalse(self.transport.disconnecting)
        self.clock.advance(1)
        self.assertEqual("421 4.4.2 nothing was said for too long", self.replies()[-1])
        self.assertTrue(self.transport.disconnecting)

    def test_too_many_connections(self) -> None:
        """Connections beyond the limit are refused until one has ended."""
        self.connect()
        _, refused = self.connect()
        self.assertEqual(b"421 4.3.2 too many connections\r\n", refused.value())
        self.assertTrue(refused.disconnecting)
        self.protocol.connectionLost()
        _, taken = self.connect()
        self.assertTrue(taken.value().startswith(b"220 "))

    def test_stop(self) -> None:
        """At a stop idle connections end at once, a busy one after its answer."""
        idle, idle_transport = self.connect()
        self.mailboxes.gate = Deferred()
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\n" + DATA)
        stopped = self.factory.stop()
        self.assertIn(b"421 4.3.2 shutting down", idle_transport.value())
        idle.connectionLost()
        self.assertFalse(self.transport.disconnecting)
        self.mailboxes.gate.callback(None)
        self.assertEqual("250 2.0.0 delivered", self.replies()[-1])
        self.assertTrue(self.transport.disconnecting)
        self.assertNoResult(stopped)
        self.protocol.connectionLost()
        self.successResultOf(stopped)

    def test_sent_ahead(self) -> None:
        """A client that sends on while its message is stored is not read without bound."""
        self.mailboxes.gate = Deferred()
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\n" + DATA)
        self.protocol.dataReceived(b"NOOP\r\n" * 50_000)
        self.assertEqual("paused", self.transport.producerState)
        self.mailboxes.gate.callback(None)
        self.assertEqual("producing", self.transport.producerState)
        self.assertEqual("250 2.0.0 ok", self.replies()[-1])

    def test_replies_that_are_not_read(self) -> None:
        """A client that reads no replies is not read; it goes on where it was, or in the end."""
        self.protocol.pauseProducing()
        self.assertEqual([], self.say(b"NOOP\r\n" * 1000))
        self.assertEqual("paused", self.transport.producerState)
        self.protocol.resumeProducing()
        self.assertEqual("producing", self.transport.producerState)
        self.assertEqual(1000, len(self.replies()))
        self.protocol.pauseProducing()
        self.say(b"NOOP\r\n")
        self.clock.advance(LIMITS.idle_s)
        self.clock.advance(5)
        self.assertTrue(self.transport.aborted)

    def test_replies_that_are_not_read_while_busy(self) -> None:
        """The same for one that had a message at work when it ceased to read."""
        self.mailboxes.gate = Deferred()
        self.say(BEGIN + b"RCPT TO:<john@example.com>\r\n" + DATA + b"NOOP\r\n")
        self.protocol.pauseProducing()
        self.mailboxes.gate.callback(None)
        self.assertEqual("250 2.0.0 delivered", self.replies()[-1])
        self.assertEqual("paused", self.transport.producerState)
        self.clock.advance(LIMITS.idle_s + 5)
        self.assertTrue(self.transport.disconnecting)

    def test_stop_does_not_wait_for_readers(self) -> None:
        """A client that does not read the farewell is cut; none that read it is."""
        self.protocol.pauseProducing()
        stopped = self.factory.stop()
        self.clock.advance(4.9)
        self.assertFalse(self.transport.aborted)
        self.clock.advance(0.1)
        self.assertTrue(self.transport.aborted)
        self.protocol.connectionLost()
        self.successResultOf(stopped)
        self.assertEqual([], self.clock.getDelayedCalls())


class HeldTests(LmtpCase):
    """What all messages under way take together."""

    def setUp(self) -> None:
        super().setUp()
        self.factory = self.make_factory(LmtpLimits(message_bytes=20_000, all_bytes=15_000))
        self.protocol, self.transport = self.connect()
        self.other, self.other_transport = self.connect()
        for one in (self.protocol, self.other):
            one.dataReceived(BEGIN + b"RCPT TO:<john@example.com>\r\nDATA\r\n")

    def test_together(self) -> None:
        """What goes beyond it is to come later, and takes nothing any more."""
        self.protocol.dataReceived(b"x" * 10_000)
        self.other.dataReceived(b"y" * 10_000)
        self.other.dataReceived(b"y" * 5000)
        self.assertEqual(["250 2.0.0 delivered"], self.say(b"\r\n.\r\n"))
        self.other_transport.clear()
        self.other.dataReceived(b"\r\n.\r\nNOOP\r\n")
        self.assertEqual(
            b"452 4.3.1 too much mail arrives just now\r\n250 2.0.0 ok\r\n",
            self.other_transport.value(),
        )
        self.assertEqual(1, len(self.sources(self.john)))
        self.assertEqual(0, self.factory.held.now_bytes)

    def test_alone(self) -> None:
        """A message without another beside it is taken up to its own limit."""
        self.protocol.dataReceived(b"x" * 19_000)
        self.assertEqual(["250 2.0.0 delivered"], self.say(b"\r\n.\r\n"))

    def test_connection_lost(self) -> None:
        """What a lost connection held is free again."""
        self.protocol.dataReceived(b"x" * 14_000)
        self.assertEqual(14_000, self.factory.held.now_bytes)
        self.protocol.connectionLost()
        self.assertEqual(0, self.factory.held.now_bytes)
