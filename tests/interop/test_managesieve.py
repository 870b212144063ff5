"""Out of office on Debian's Dovecot with Pigeonhole: scripts taken, run, and read back."""

import smtplib
import subprocess
import tempfile
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from shutil import rmtree
from typing import Any

from twisted.internet import reactor, tcp
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import NotAllowed, NotFound, OverQuota, TooLarge, Unavailable
from carbonio_mobile.mailbox.delivery.relay import Login, TlsMode
from carbonio_mobile.mailbox.sieveclient.managesieve import (
    Scripts,
    SieveClient,
    SieveOptions,
    SieveSession,
    sieve_client,
)
from carbonio_mobile.mailbox.sieveclient.outofoffice import SieveReplies
from carbonio_mobile.sieve.awayrule import Person
from carbonio_mobile.sieve.awayscript import AWAY, BOTH, COPY
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice
from tests.peers.dovecot import JOHN, MASTER, MASTER_PASSWORD, PASSWORD, Dovecot, requires_dovecot

STUB = """\
#!/bin/sh
umask 0
out=$(mktemp {place}/XXXXXXXX)
{{ echo "$@"; cat; }} >"$out"
mv "$out" "$out.mail"
"""
NOW = datetime.now(UTC).timestamp()
INNER, OUTER = Audience.INTERNAL, Audience.EXTERNAL_UNKNOWN
MESSAGES = (
    (INNER, OofMessage(enabled=True, text='Zurück "bald" \\o/\r\n.\r\nעברית\r\n')),
    (Audience.EXTERNAL_KNOWN, OofMessage(enabled=True, text="Back soon")),
    (OUTER, OofMessage(enabled=True, text="<p>Wieder da am <b>1.</b>: ${x} ä</p>", html=True)),
)
ON = OutOfOffice(state=OofState.ON, messages=MESSAGES)
USERS = (
    'require ["fileinto"];\r\nif header :contains "subject" "file" { fileinto "Junk"; stop; }\r\n'
)


def timed(start: float, end: float) -> OutOfOffice:
    return OutOfOffice(state=OofState.TIMED, start=start, end=end, messages=MESSAGES)


class SieveCase(TestCase):
    """One Dovecot, a new account for each test; ``more`` goes into the configuration."""

    timeout = 60
    place: Path
    dovecot: Dovecot

    @classmethod
    def setUpClass(cls) -> None:
        cls.place = Path(tempfile.mkdtemp(prefix="sendmail-"))
        cls.place.chmod(0o777)
        stub = cls.place / "sendmail"
        stub.write_text(STUB.format(place=cls.place))
        stub.chmod(0o755)
        cls.dovecot = Dovecot.started(more=f"sendmail_path = {stub}\n{cls.more()}")
        # All of them at once: Dovecot sees another second's changes of the file only.
        for name in filter(lambda name: name.startswith("test_"), dir(cls)):
            cls.dovecot.add_user(f"{name}@example.com")

    @classmethod
    def more(cls) -> str:
        return ""

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()
        rmtree(cls.place)

    def setUp(self) -> None:
        self.user = f"{self._testMethodName}@example.com"
        self.replies = SieveReplies(self.client(), login=self.login, person=self.person)
        self.addCleanup(self.let_connections_close)

    async def let_connections_close(self) -> None:
        while any(isinstance(one, tcp.Client) for one in reactor.getReaders()):
            await deferLater(reactor, 0.01)

    def client(self, **more: Any) -> SieveClient:
        authority = Certificate.loadPEM(self.dovecot.authority.read_bytes())
        options = SieveOptions(host="localhost", port=self.dovecot.sieve_port, **more)
        context = optionsForClientTLS("localhost", authority)
        return sieve_client(options, reactor=reactor, context=context)

    async def login(self) -> Login:
        """Act for the user by the master account, as the gateway's service login does."""
        return Login(user=MASTER, password=MASTER_PASSWORD, acting_for=self.user)

    async def person(self) -> Person:
        addresses = (self.user, "alias@example.com")
        return Person(addresses=addresses, name="Jürgen, J.", domains=("example.com",))

    async def session(self) -> SieveSession:
        session = await self.client().open(await self.login())
        self.addCleanup(session.close)
        return session

    async def deliver(self, sender: str, subject: str = "hello", to: str = "") -> None:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = sender, to or self.user, subject
        letter["Message-ID"] = f"<{subject.replace(' ', '.')}@example.net>"
        letter.set_content("text")

        def send() -> None:
            with smtplib.LMTP("127.0.0.1", self.dovecot.lmtp_port, local_hostname="t") as lmtp:
                lmtp.sendmail(sender, [self.user], letter.as_bytes())

        await deferToThread(send)

    async def answers(self) -> list[tuple[str, EmailMessage]]:
        """Give (arguments, message) of what was sent since, whatever takes its time included."""
        await deferLater(reactor, 0.3)
        found = []
        for one in sorted(self.place.glob("*.mail")):
            arguments, _, source = one.read_bytes().partition(b"\n")
            found.append((arguments.decode(), message_from_bytes(source, policy=policy.default)))
            one.unlink()
        return found  # type: ignore[return-value]  # the policy makes EmailMessages

    def count(self, mailbox: str) -> int:
        client = self.dovecot.reach(self.user)
        try:
            return int(client.select(mailbox)[1][0] or b"0")
        finally:
            client.logout()


@requires_dovecot
class SieveTests(SieveCase):
    """A server whose accounts have no script but their own."""

    @classmethod
    def more(cls) -> str:
        return "plugin {\n  sieve_quota_max_scripts = 3\n  sieve_max_script_size = 512k\n}\n"

    async def test_login_and_capabilities(self) -> None:
        """The user's own login and both forms of a service's work; all see what Sieve can do."""
        for login in (
            Login(user=self.user, password=PASSWORD),
            Login(user=f"{self.user}*{MASTER}", password=MASTER_PASSWORD),
            await self.login(),
        ):
            session = await self.client().open(login)
            self.assertLessEqual({"vacation", "include", "date"}, session.offers.extensions)
            self.assertIn("Pigeonhole", session.offers.implementation)
            session.close()

    async def test_wrong_login(self) -> None:
        """A login that is refused says so, without the password."""
        with self.assertRaises(Unavailable) as caught:
            await self.client().open(Login(user=self.user, password="wrong"))
        self.assertIn("refuses the login", str(caught.exception))
        self.assertNotIn("wrong", str(caught.exception))

    async def test_certificates(self) -> None:
        """A certificate that does not hold names what was expected and what it was checked by."""
        options = SieveOptions(host="localhost", port=self.dovecot.sieve_port)
        authority = Certificate.loadPEM(self.dovecot.authority.read_bytes())
        for context, expected in (
            (optionsForClientTLS("localhost"), "not vouched for by the system's authorities"),
            (optionsForClientTLS("mail.example.org", authority), "for other names than localhost"),
        ):
            client = sieve_client(options, reactor=reactor, context=context)
            with self.assertRaises(Unavailable) as caught:
                await client.open(await self.login())
            self.assertIn(expected, str(caught.exception))

    async def test_commands(self) -> None:
        """Scripts are stored, checked, listed, made active, given and deleted."""
        session = await self.session()
        self.assertEqual(Scripts(), await session.scripts())
        name, script = 'say "x" \\ ü', "# ümlaut\r\nkeep;\r\n" + "# x\r\n" * 500
        await session.check(script)
        await session.have_space(name, len(script))
        await session.store(name, script)
        await session.activate(name)
        self.assertEqual(Scripts(names=(name,), active=name), await session.scripts())
        self.assertEqual(script, await session.script(name))
        await session.activate("")
        await session.delete(name)
        self.assertEqual(Scripts(), await session.scripts())

    async def test_refusals(self) -> None:
        """Each refusal is the error that it means."""
        session = await self.session()
        with self.assertRaises(NotFound):
            await session.script("missing")
        with self.assertRaises(NotAllowed):
            await session.store("bad", 'require "nonsense"; frobnicate;')
        with self.assertRaises(TooLarge):
            await session.have_space("large", 600_000)
        for number in range(3):
            await session.store(f"s{number}", "keep;")
        with self.assertRaises(OverQuota):
            await session.store("s3", "keep;")

    async def test_read_back(self) -> None:
        """What was set is read back exactly, by another login as well, and is the active script."""
        self.assertEqual(OutOfOffice(), await self.replies.out_of_office())
        for settings in (ON, timed(NOW - 60, NOW + 86_400.5), OutOfOffice(messages=MESSAGES), ON):
            await self.replies.set_out_of_office(settings)
            self.assertEqual(settings, await self.replies.out_of_office())
            active = AWAY if settings.state is not OofState.OFF else ""
            scripts = await (await self.session()).scripts()
            self.assertEqual(Scripts(names=(AWAY,), active=active), scripts)

    async def test_answers(self) -> None:
        """Colleagues and strangers are answered, each once, with what is for them."""
        await self.replies.set_out_of_office(ON)
        await self.deliver("mary@example.com", "one")
        await self.deliver("mary@example.com", "two")
        ((arguments, answer),) = await self.answers()
        self.assertIn("mary@example.com", arguments)
        self.assertEqual("mary@example.com", answer["to"])
        self.assertEqual(f'"Jürgen, J." <{self.user}>', answer["from"])
        self.assertEqual("Auto: one", answer["subject"])
        self.assertTrue(answer["auto-submitted"].startswith("auto-replied"))
        self.assertEqual(
            MESSAGES[0][1].text.split(), answer.get_content().split(), answer.as_string()
        )
        await self.deliver("ann@example.net", "three", to="alias@example.com")
        ((_, answer),) = await self.answers()
        page = answer.get_body(("html",))
        assert page is not None
        self.assertIn("<b>1.</b>: ${x} ä", page.get_content())

    async def test_no_answers(self) -> None:
        """Nobody is answered who is not to be, nor when the user is not away."""
        for settings in (
            OutOfOffice(messages=MESSAGES),
            timed(NOW + 3600, NOW + 7200),
            timed(NOW - 7200, NOW - 3600),
            OutOfOffice(state=OofState.ON, messages=MESSAGES[:1]),
        ):
            await self.replies.set_out_of_office(settings)
            await self.deliver("ann@example.net")
            await self.deliver("mary@example.com", to="list@example.com")
            self.assertEqual([], await self.answers(), settings.state)
        await self.replies.set_out_of_office(timed(NOW - 3600, NOW + 3600))
        await self.deliver("ann@example.net")
        self.assertEqual(1, len(await self.answers()))

    async def test_beside_the_users_own(self) -> None:
        """The user's script runs on, and answers go out; after it the user's runs alone."""
        session = await self.session()
        await session.store("mine", USERS)
        await session.activate("mine")
        for _ in range(2):
            await self.replies.set_out_of_office(ON)
            scripts = await session.scripts()
            self.assertEqual((BOTH, {"mine", AWAY, BOTH}), (scripts.active, set(scripts.names)))
            self.assertEqual(ON, await self.replies.out_of_office())
        await self.deliver("ann@example.net", "file this")
        self.assertEqual(1, len(await self.answers()))
        self.assertEqual(1, await deferToThread(self.count, "Junk"))
        await self.replies.set_out_of_office(OutOfOffice(messages=MESSAGES))
        scripts = await session.scripts()
        self.assertEqual(("mine", {"mine", AWAY}), (scripts.active, set(scripts.names)))
        self.assertEqual(USERS, await session.script("mine"))
        self.assertEqual(OutOfOffice(messages=MESSAGES), await self.replies.out_of_office())

    async def test_another_script_made_active(self) -> None:
        """Where the user has another script run, nobody is answered, and that is what is said."""
        await self.replies.set_out_of_office(ON)
        session = await self.session()
        await session.store("mine", USERS)
        await session.activate("mine")
        self.assertEqual(OutOfOffice(messages=MESSAGES), await self.replies.out_of_office())

    async def test_users_script_gone(self) -> None:
        """A user's script that is deleted meanwhile is not missed."""
        session = await self.session()
        await session.store("mine", USERS)
        await session.activate("mine")
        await self.replies.set_out_of_office(ON)
        await session.delete("mine")
        await self.deliver("ann@example.net")
        self.assertEqual(1, len(await self.answers()))
        self.assertEqual(ON, await self.replies.out_of_office())
        await self.replies.set_out_of_office(OutOfOffice())
        self.assertEqual("", (await session.scripts()).active)

    async def test_users_script_answers(self) -> None:
        """A script that answers by itself, or refuses mail, is left alone."""
        session = await self.session()
        vacation = 'require ["vacation"]; vacation "mine";'
        for script in (vacation, 'require ["reject"]; if false { keep; } else { reject "x"; }'):
            await session.store("mine", script)
            await session.activate("mine")
            with self.assertRaises(NotAllowed):
                await self.replies.set_out_of_office(ON)
            self.assertEqual(Scripts(names=("mine",), active="mine"), await session.scripts())
        await session.store("mine", vacation.replace('vacation "', 'if false { vacation "') + "}")
        await self.replies.set_out_of_office(ON)
        self.assertEqual(BOTH, (await session.scripts()).active)

    async def test_everything_long(self) -> None:
        """Texts of the greatest length that a phone may send are taken."""
        text = "".join(chr(0x400 + n * 7 % 3000) for n in range(65_536))
        messages = tuple((one, OofMessage(enabled=True, text=text + one.value)) for one in Audience)
        settings = OutOfOffice(state=OofState.ON, messages=messages)
        await self.replies.set_out_of_office(settings)
        self.assertEqual(settings, await self.replies.out_of_office())

    async def test_server_restarts(self) -> None:
        """While the server is away that is what is said; afterwards all is as it was."""
        await self.replies.set_out_of_office(ON)
        await deferToThread(self.dovecot.stop)
        with self.assertRaises(Unavailable):
            await self.replies.out_of_office()
        await deferToThread(self.dovecot.start)
        self.assertEqual(ON, await self.replies.out_of_office())

    async def test_unencrypted(self) -> None:
        """Where encryption is switched off none is asked for."""
        session = await self.client(tls=TlsMode.OFF).open(Login(user=JOHN, password=PASSWORD))
        self.addCleanup(session.close)
        self.assertEqual(Scripts(), await session.scripts())


@requires_dovecot
class DefaultScriptTests(SieveCase):
    """A server that lists a script of its own as that of those who have none."""

    @classmethod
    def more(cls) -> str:
        default = cls.place / "default.sieve"
        default.write_text(USERS)
        subprocess.run(["sievec", default], check=True, timeout=30)
        return f"plugin {{\n  sieve_default = {default}\n  sieve_default_name = main\n}}\n"

    async def test_beside_the_servers_own(self) -> None:
        """It runs on while answers go out, and is what runs afterwards."""
        session = await self.session()
        self.assertEqual(Scripts(names=("main",), active="main"), await session.scripts())
        for _ in range(2):
            await self.replies.set_out_of_office(ON)
            scripts = await session.scripts()
            self.assertEqual(
                (BOTH, {"main", AWAY, BOTH, COPY}), (scripts.active, set(scripts.names))
            )
            self.assertEqual(ON, await self.replies.out_of_office())
        await self.deliver("ann@example.net", "file this")
        self.assertEqual(1, len(await self.answers()))
        self.assertEqual(1, await deferToThread(self.count, "Junk"))
        await self.replies.set_out_of_office(OutOfOffice())
        scripts = await session.scripts()
        self.assertEqual(("main", {"main", AWAY}), (scripts.active, set(scripts.names)))
        await self.deliver("ann@example.net", "file this too")
        self.assertEqual(2, await deferToThread(self.count, "Junk"))
        self.assertEqual([], await self.answers())
