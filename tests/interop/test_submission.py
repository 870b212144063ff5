"""Submission to Debian's Postfix, which asks Dovecot for logins and delivers to it."""

import imaplib
import time
from typing import Any

from twisted.internet import reactor, tcp
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import TooLarge, Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.delivery.relay import (
    Login,
    RelayOptions,
    SmtpRelay,
    TlsMode,
    smtp_relay,
)
from carbonio_mobile.mailbox.sending.parts import SentCopies, SubmissionOptions
from carbonio_mobile.mailbox.sending.submission import GatewaySubmission
from carbonio_mobile.store.memoryintents import MemoryIntents
from carbonio_mobile.sync.intents import Intent, Progress
from tests.peers import dovecot
from tests.peers.dovecot import JOHN, MARY, MASTER, MASTER_PASSWORD, PASSWORD
from tests.peers.postfix import MESSAGE_LIMIT, Postfix, requires_postfix

OWN = Login(user=JOHN, password=PASSWORD)
SERVICE = Login(user=MASTER, password=MASTER_PASSWORD, acting_for=JOHN)


def letter(name: str, *, body: str = "ä.\r\n.\r\n..\r\n") -> bytes:
    head = f"From: {JOHN}\r\nTo: {MARY}\r\nSubject: {name}\r\nMessage-ID: <{name}@example.com>\r\n"
    kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    return (head + kind + "\r\n" + body).encode()


@requires_postfix
@dovecot.requires_dovecot
class PostfixTests(TestCase):
    """One Postfix with its Dovecot; Sent folder and Inbox are those of Dovecot."""

    timeout = 90
    postfix: Postfix

    @classmethod
    def setUpClass(cls) -> None:
        cls.postfix = Postfix.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.postfix.remove()

    def setUp(self) -> None:
        self.intents = MemoryIntents()
        self.login = SERVICE
        self.name = f"{self._testMethodName}-{time.time()}"
        self.addCleanup(self.let_connections_close)

    async def let_connections_close(self) -> None:
        while any(isinstance(one, tcp.Client) for one in reactor.getReaders()):
            await deferLater(reactor, 0.01)

    def submission(self, **more: Any) -> GatewaySubmission:
        options = RelayOptions(
            **{
                "host": "localhost",
                "port": self.postfix.port,
                "authority_pem": self.postfix.dovecot.authority.read_bytes(),
                "authority_file": "/etc/ca.pem",
                **more,
            }
        )
        relay = SmtpRelay(
            options,
            # Whatever the name in the certificate shall be, the server is here.
            endpoint=HostnameEndpoint(reactor, "127.0.0.1", options.port),
            hostname="gw.example.com",
            clock=reactor,
        )
        if options.tls is TlsMode.WRAPPED:
            relay = smtp_relay(options, reactor=reactor, hostname="gw.example.com")
        return GatewaySubmission(
            relay,
            intents=self.intents,
            login_of=self.login_of,
            sent=SentCopies(was_sent=self.was_sent, save=self.save),
            deliver_report=self.report,
            clock=reactor,
            options=SubmissionOptions(hostname="gw.example.com"),
        )

    async def login_of(self, account: AccountId) -> Login:
        return self.login

    async def was_sent(self, account: AccountId, message_id: str) -> bool:
        return bool(await deferToThread(self.found, JOHN, "Sent", "Message-ID", message_id))

    async def save(self, account: AccountId, source: bytes, operation: OperationId) -> None:
        await deferToThread(self.append, "Sent", source)

    async def report(self, account: AccountId, source: bytes, operation: OperationId) -> None:
        await deferToThread(self.append, "INBOX", source)

    def append(self, mailbox: str, source: bytes) -> None:
        client = self.postfix.dovecot.reach(JOHN)
        client.append(mailbox, "(\\Seen)", imaplib.Time2Internaldate(time.time()), source)
        client.logout()

    def found(self, user: str, mailbox: str, field: str, value: str) -> list[bytes]:
        """Give the sources of messages with that in a field of the header."""
        client = self.postfix.dovecot.reach(user)
        client.select(mailbox)
        numbers = client.search(None, "HEADER", field, f'"{value}"')[1][0].split()
        sources = [client.fetch(one.decode(), "(RFC822)")[1][0][1] for one in numbers]  # type: ignore[index]
        client.logout()
        return sources  # type: ignore[return-value]

    async def arrived(self, user: str, count: int = 1) -> list[bytes]:
        """Wait until so many messages of this test are in an Inbox."""
        while (
            len(got := await deferToThread(self.found, user, "INBOX", "Subject", self.name)) < count
        ):
            await deferLater(reactor, 0.05)
        return got

    async def send(self, submission: GatewaySubmission, **more: Any) -> bool:
        source = more.pop("source", letter(self.name))
        arguments: dict[str, Any] = {
            "sender": JOHN,
            "recipients": [MARY],
            "sent_copy": source,
            "operation": OperationId(self.name),
            **more,
        }
        return await submission.submit(AccountId("john"), source, **arguments)

    async def test_logins(self) -> None:
        """The user's own login sends, and that of a service which acts for the user; each once."""
        for number, self.login in enumerate((OWN, SERVICE), 1):
            submission = self.submission()
            name = OperationId(f"{self.name}{number}")
            self.assertTrue(await self.send(submission, operation=name))
            self.assertFalse(await self.send(submission, operation=name))
            for source in await self.arrived(MARY, number):
                self.assertTrue(source.endswith("\r\n\r\nä.\r\n.\r\n..\r\n".encode()), source)
        self.assertEqual(
            2, len(await deferToThread(self.found, JOHN, "Sent", "Subject", self.name))
        )

    async def test_wrapped(self) -> None:
        """TLS from the first octet on."""
        port = self.postfix.wrapped_port
        self.assertTrue(await self.send(self.submission(tls=TlsMode.WRAPPED, port=port)))
        await self.arrived(MARY)

    async def test_wrong_password(self) -> None:
        """A login that is refused means later, without the password; nothing is sent."""
        self.login = Login(user=JOHN, password="wrong-one")
        with self.assertRaises(Unavailable) as caught:
            await self.send(self.submission())
        self.assertIn("refuses this server's login", str(caught.exception))
        self.assertNotIn("wrong-one", str(caught.exception))
        self.assertIsNone(await self.intents.find(OperationId(self.name)))

    async def test_certificates(self) -> None:
        """What was expected, and what it was checked against, is said."""
        name = "other.example.org"
        for more, expected in (
            ({"authority_pem": b""}, "not vouched for by the system's authorities"),
            ({"host": name}, f"for other names than {name} (checked against /etc/ca.pem)"),
        ):
            with self.assertRaises(Unavailable) as caught:
                await self.send(self.submission(**more))
            self.assertIn(expected, str(caught.exception))

    async def test_too_large(self) -> None:
        """What is beyond the server's limit is said before it is sent."""
        source = letter(self.name, body="x" * 900 + "\r\n" + "y\r\n" * MESSAGE_LIMIT)
        with self.assertRaises(TooLarge):
            await self.send(self.submission(), source=source)

    async def test_refused_recipient(self) -> None:
        """Others get it; of the one who is unknown a report tells."""
        recipients = ["nobody@example.com", MARY]
        self.assertTrue(await self.send(self.submission(), recipients=recipients))
        await self.arrived(MARY)
        (report,) = await self.arrived(JOHN)
        self.assertIn(b"Subject: Undeliverable", report)
        self.assertIn(b"nobody@example.com", report)

    async def test_another_sender(self) -> None:
        """Who may not send as somebody is told so by a report, not by an endless retry."""
        self.assertTrue(await self.send(self.submission(), sender="boss@example.com"))
        (report,) = await self.arrived(JOHN)
        self.assertIn(b"553 5.7.1", report)
        self.assertEqual([], await deferToThread(self.found, MARY, "INBOX", "Subject", self.name))

    async def test_server_away(self) -> None:
        """While the server is away it is to be tried later; then it is sent."""
        await deferToThread(self.postfix.stop)
        submission = self.submission()
        try:
            with self.assertRaises(Unavailable):
                await self.send(submission)
        finally:
            await deferToThread(self.postfix.start)
        self.assertTrue(await self.send(submission))
        await self.arrived(MARY)

    async def test_crash_after_the_server_took_it(self) -> None:
        """A process that died then is followed by one that sends nothing again."""
        self.assertTrue(await self.send(self.submission()))
        await self.arrived(MARY)
        intent = Intent(
            account=AccountId("john"),
            operation=OperationId(self.name),
            message_id=f"{self.name}@example.com",
            progress=Progress.HANDING_OVER,
            at=reactor.seconds(),
        )
        await self.intents.put(intent)
        self.assertFalse(await self.send(self.submission()))
        await deferLater(reactor, 0.5)
        self.assertEqual(1, len(await self.arrived(MARY)))
        self.assertEqual([], await deferToThread(self.found, JOHN, "INBOX", "Subject", self.name))
