"""Our SMTP client against Twisted's SMTP server: encryption, certificates, logins."""

from datetime import UTC, datetime
from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import reactor
from twisted.internet.defer import succeed
from twisted.internet.protocol import Factory
from twisted.internet.ssl import PrivateCertificate
from twisted.internet.task import deferLater
from twisted.mail.imap4 import LOGINCredentials, PLAINCredentials
from twisted.mail.smtp import ESMTP, IMessage, IMessageDelivery, SMTPBadRcpt
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from carbonio_mobile.mailbox.delivery.relay import RelayOptions, TlsMode, smtp_relay
from carbonio_mobile.service.tls import self_signed
from carbonio_mobile.testing.contracts.mailbox_fixture import message

ANN, BAD = "ann@example.org", "bad@example.org"


@implementer(IMessageDelivery, IMessage)
class Server:
    """Keeps the lines of messages that it takes."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.taken: list[bytes] = []

    def receivedHeader(self, helo: object, origin: object, recipients: object) -> bytes:
        return b""

    def validateFrom(self, helo: object, origin: Any) -> Any:
        return origin

    def validateTo(self, user: Any) -> Any:
        if user.dest.local == b"bad":
            raise SMTPBadRcpt(user)
        return lambda: self

    def lineReceived(self, line: bytes) -> None:
        self.lines.append(line + b"\r\n")

    def eomReceived(self) -> Any:
        self.taken.append(b"".join(self.lines))
        self.lines.clear()
        return succeed(None)

    def connectionLost(self) -> None:
        self.lines.clear()


class RelayTlsTests(TestCase):
    """Each way of encrypting."""

    timeout = 30

    def setUp(self) -> None:
        certificate, key = self_signed(["127.0.0.1", "localhost"], now=datetime.now(UTC))
        self.certificate = certificate
        self.context = PrivateCertificate.loadPEM(certificate + key).options()
        self.server = Server()
        self.connections: set[ESMTP] = set()

    def serve(self, *, tls: bool = True, wrapped: bool = False, logins: bool = False) -> int:
        test = self

        class Counted(ESMTP):
            def connectionMade(self) -> None:
                test.connections.add(self)
                super().connectionMade()

            def connectionLost(self, reason: Any) -> None:
                test.connections.discard(self)
                super().connectionLost(reason)

        def build() -> ESMTP:
            challengers = {b"PLAIN": PLAINCredentials, b"LOGIN": LOGINCredentials}
            made = Counted(challengers if logins else None, self.context if tls else None)
            made.delivery = self.server
            made.portal = Portal(
                Realm(self.server), [InMemoryUsernamePasswordDatabaseDontUse(john=b"secret")]
            )
            made.timeout = 10
            return made

        factory: Any = Factory.forProtocol(build)
        listen = [0, factory]
        port = (
            reactor.listenSSL(*listen, self.context, interface="127.0.0.1")
            if wrapped
            else reactor.listenTCP(*listen, interface="127.0.0.1")
        )
        self.addCleanup(self.close, port)
        return int(port.getHost().port)

    async def close(self, port: Any) -> None:
        await port.stopListening()
        while self.connections:
            await deferLater(reactor, 0.01)

    async def send(self, port: int, mode: TlsMode, **more: Any) -> dict[str, str]:
        options = RelayOptions(host="localhost", port=port, tls=mode, **more)
        relay = smtp_relay(options, reactor=reactor, hostname="mail.example.com")
        outcomes = await relay.send("john@example.com", [ANN, BAD], message())
        return {one: outcome.reply for one, outcome in outcomes.items()}

    def check_sent(self, replies: dict[str, str]) -> None:
        self.assertEqual([message()], self.server.taken)
        self.assertTrue(replies[ANN].startswith("250 2.0.0 "), replies)
        self.assertTrue(replies[BAD].startswith("550 5.0.0 "), replies)

    async def test_off(self) -> None:
        """Unencrypted."""
        self.check_sent(await self.send(self.serve(), TlsMode.OFF))

    async def test_starttls_checked(self) -> None:
        """STARTTLS with a certificate that the authority given vouches for, and a login."""
        replies = await self.send(
            self.serve(logins=True),
            TlsMode.REQUIRED,
            authority_pem=self.certificate,
            user="john",
            password="secret",
        )
        self.check_sent(replies)

    async def test_starttls_unknown_authority(self) -> None:
        """A certificate that nobody vouches for ends the session where it is required."""
        port = self.serve()
        replies = await self.send(port, TlsMode.REQUIRED)
        expected = (
            f"451 4.7.5 the relay localhost:{port} has a certificate that is not vouched for by "
            "the system's authorities (expected name: localhost)"
        )
        self.assertEqual({expected}, set(replies.values()))
        self.assertEqual([], self.server.taken)
        self.flushLoggedErrors()

    async def test_opportunistic(self) -> None:
        """Where it is an option any certificate does, and none."""
        self.check_sent(await self.send(self.serve(), TlsMode.OPPORTUNISTIC))
        self.server.taken.clear()
        self.check_sent(await self.send(self.serve(tls=False), TlsMode.OPPORTUNISTIC))

    async def test_wrapped(self) -> None:
        """TLS from the first octet."""
        port = self.serve(wrapped=True)
        self.check_sent(await self.send(port, TlsMode.WRAPPED, authority_pem=self.certificate))

    async def test_wrong_password(self) -> None:
        """A login that fails is a temporary failure."""
        replies = await self.send(
            self.serve(logins=True),
            TlsMode.REQUIRED,
            authority_pem=self.certificate,
            user="john",
            password="wrong",
        )
        self.assertTrue(replies[ANN].startswith("451 4.7.8 "), replies)


class Realm:
    """Gives the server to whoever logs in."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def requestAvatar(self, name: object, mind: object, *interfaces: Any) -> Any:
        return IMessageDelivery, self._server, lambda: None
