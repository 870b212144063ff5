"""Out of office on Debian's Cyrus: its ManageSieve server, and its Sieve when mail is delivered."""

import smtplib
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from twisted.internet import reactor, tcp
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.protocols.basic import LineReceiver
from twisted.trial.unittest import TestCase

from carbonio_mobile.mailbox.delivery.relay import Login, TlsMode
from carbonio_mobile.mailbox.sieveclient.managesieve import SieveOptions, SieveSession, sieve_client
from carbonio_mobile.mailbox.sieveclient.outofoffice import SieveReplies
from carbonio_mobile.sieve.awayrule import Person
from carbonio_mobile.sieve.awayscript import AWAY, BOTH
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice
from tests.peers.cyrus import PROGRAMS, Cyrus, requires_cyrus
from tests.peers.davserver import JOHN, PASSWORD, free_port, requires

MESSAGES = (
    (Audience.INTERNAL, OofMessage(enabled=True, text='Zurück "bald" \\o/\r\n.\r\nעברית\r\n')),
    (Audience.EXTERNAL_KNOWN, OofMessage(enabled=True, text="for friends")),
    (Audience.EXTERNAL_UNKNOWN, OofMessage(enabled=True, text="<b>for all</b> ${x}", html=True)),
)
ON = OutOfOffice(state=OofState.ON, messages=MESSAGES)
OFF = OutOfOffice(messages=MESSAGES)
USERS = 'require ["fileinto"];\r\nif header :contains "subject" "file" { fileinto "x"; stop; }\r\n'

requires_timsieved = requires(
    "" if (PROGRAMS / "timsieved").exists() else "of Cyrus is not installed: timsieved"
)


class SmtpStub(LineReceiver):
    """An SMTP server that takes everything; ``taken`` gets the lines of each message."""

    def __init__(self, taken: list[list[bytes]]) -> None:
        self.taken = taken
        self.lines: list[bytes] = []
        self.is_data = False

    def connectionMade(self) -> None:
        self.sendLine(b"220 stub")

    def lineReceived(self, line: bytes) -> None:
        self.lines.append(line)
        if self.is_data and line != b".":
            return
        if self.is_data:
            self.taken.append(self.lines)
            self.lines = []
        self.is_data = line.upper() == b"DATA"
        self.sendLine(b"354 go" if self.is_data else b"250 ok")
        if line.upper() == b"QUIT":
            self.transport.loseConnection()


class SieveCyrus(Cyrus):
    """Cyrus with its ManageSieve server, which sends by SMTP to ``smtp_port``."""

    smtp_port = 0

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.sieve_port = free_port()

    def prepare(self) -> None:
        """Write configuration and passwords."""
        super().prepare()
        with (self.place / "imapd.conf").open("a") as conf:
            conf.write(f"smtp_backend: host\nsmtp_host: 127.0.0.1:{self.smtp_port}\n")
        conf = self.place / "cyrus.conf"
        service = (
            f'  sieve cmd="{PROGRAMS}/timsieved -C {self.place}/imapd.conf" '
            f'listen="127.0.0.1:{self.sieve_port}" prefork=0\n'
        )
        conf.write_text(conf.read_text().replace("SERVICES {\n", "SERVICES {\n" + service))


@requires_cyrus
@requires_timsieved
class CyrusTests(TestCase):
    """One account on one Cyrus; every test leaves it without scripts."""

    timeout = 30
    cyrus: SieveCyrus

    @classmethod
    def setUpClass(cls) -> None:
        SieveCyrus.smtp_port = free_port()
        cls.cyrus = SieveCyrus.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.cyrus.remove()

    def setUp(self) -> None:
        options = SieveOptions(host="127.0.0.1", port=self.cyrus.sieve_port, tls=TlsMode.OFF)
        self.client = sieve_client(options, reactor=reactor, context=None)
        self.replies = SieveReplies(self.client, login=self.login, person=self.person)
        self.taken: list[list[bytes]] = []
        factory: Any = Factory.forProtocol(lambda: SmtpStub(self.taken))
        port = SieveCyrus.smtp_port
        listening = reactor.listenTCP(port, factory, interface="127.0.0.1")
        self.addCleanup(listening.stopListening)
        self.addCleanup(self.let_connections_close)
        self.addCleanup(self.remove_scripts)

    async def let_connections_close(self) -> None:
        while any(isinstance(one, tcp.Connection) for one in reactor.getReaders()):
            await deferLater(reactor, 0.01)

    async def remove_scripts(self) -> None:
        session = await self.session()
        await session.activate("")
        for name in (await session.scripts()).names:
            await session.delete(name)

    async def login(self) -> Login:
        return Login(user=JOHN, password=PASSWORD)

    async def person(self) -> Person:
        return Person(addresses=(JOHN,), name="John", domains=("example.com",))

    async def session(self) -> SieveSession:
        session = await self.client.open(await self.login())
        self.addCleanup(session.close)
        return session

    async def answer_to(self, sender: str) -> bytes:
        """Deliver mail from somebody; gives the SMTP commands and the message that answer it."""
        letter = (
            f"From: {sender}\r\nTo: {JOHN}\r\nSubject: hi\r\nMessage-ID: <{sender}>\r\n\r\nx\r\n"
        )

        def send() -> Any:
            with smtplib.LMTP("127.0.0.1", self.cyrus.lmtp_port, timeout=20) as lmtp:
                return lmtp.sendmail(sender, [JOHN], letter.encode())

        self.assertEqual({}, await deferToThread(send))
        while not self.taken:
            await deferLater(reactor, 0.05)
        return b"\r\n".join(self.taken.pop())

    async def test_read_back(self) -> None:
        """What was set is read back exactly; times are taken."""
        self.assertEqual(OutOfOffice(), await self.replies.out_of_office())
        timed = OutOfOffice(state=OofState.TIMED, start=1e9, end=4e9, messages=MESSAGES)
        for settings in (ON, timed, OFF):
            await self.replies.set_out_of_office(settings)
            self.assertEqual(settings, await self.replies.out_of_office())

    async def test_beside_the_users_own(self) -> None:
        """The user's script is included, and is alone again afterwards."""
        session = await self.session()
        await session.store("mine", USERS)
        await session.activate("mine")
        await self.replies.set_out_of_office(ON)
        self.assertEqual(BOTH, (await session.scripts()).active)
        self.assertEqual(ON, await self.replies.out_of_office())
        self.assertIn(b"RCPT TO:<beside@example.net>", await self.answer_to("beside@example.net"))
        await self.replies.set_out_of_office(OFF)
        scripts = await session.scripts()
        self.assertEqual(("mine", {"mine", AWAY}), (scripts.active, set(scripts.names)))

    async def test_answers(self) -> None:
        """Colleagues and strangers are answered, with what is for them."""
        now = reactor.seconds()
        timed = OutOfOffice(state=OofState.TIMED, start=now - 60, end=now + 3600, messages=MESSAGES)
        await self.replies.set_out_of_office(timed)
        answer = await self.answer_to("mary@example.com")
        self.assertIn(b"RCPT TO:<mary@example.com>", answer)
        self.assertIn("\r\n..\r\nעברית".encode(), answer)
        self.assertIn(f"From: John <{JOHN}>".encode(), answer)
        answer = await self.answer_to("ann@example.net")
        self.assertIn(b"<b>for all</b> ${x}", answer)

    async def test_contacts(self) -> None:
        """Who stands in the user's address book is told what is for contacts (RFC 6134)."""
        await deferToThread(self.add_contact, "friend@example.net")
        await self.replies.set_out_of_office(ON)
        self.assertIn(b"for friends", await self.answer_to("friend@example.net"))
        self.assertIn(b"<b>for all</b>", await self.answer_to("stranger@example.net"))

    def add_contact(self, address: str) -> None:
        """Put a card into the default address book."""
        url = f"{self.cyrus.url}dav/addressbooks/user/{JOHN}/Default/friend.vcf"
        lines = ("BEGIN:VCARD", "VERSION:3.0", "UID:friend", "FN:F", "N:F;;;;", f"EMAIL:{address}",
                 "END:VCARD", "")  # fmt: skip
        card = "\r\n".join(lines)
        request = Request(url, card.encode(), {"Content-Type": "text/vcard"}, method="PUT")
        login = b64encode(f"{JOHN}:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {login}")
        with urlopen(request, timeout=20) as answer:
            self.assertEqual(201, answer.status)
