"""The doctor against real servers: what is well is said to be, and each fault is named."""

import imaplib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.task import deferLater
from twisted.internet.tcp import Client
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import TestCase

from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.setup.doctor.examination import Examination
from carbonio_mobile.setup.doctor.findings import Feature, Level, Report
from carbonio_mobile.setup.doctor.subject import Subject
from tests.peers import slapd
from tests.peers.cyrusimap import CyrusImap, requires_cyrus_imap
from tests.peers.directories import CarbonioUnderTest, InetOrgPersonUnderTest
from tests.peers.dovecot import HOST, MASTER, MASTER_PASSWORD, free_ports, requires_dovecot
from tests.peers.gatewaydaemon import PASSWORD, USERS, GatewayDaemon
from tests.peers.postfix import requires_postfix
from tests.peers.radicale import requires_radicale
from tests.peers.slapd import CARBONIO, INETORGPERSON, READER_PASSWORD, Slapd, requires_slapd

reactor: Any = global_reactor
JOHN = USERS[0]
WRONG = "not-the-password"

PROGRAM = "import sys; from carbonio_mobile.setup.main import main; sys.exit(main())"


async def examined(
    file: Path, password: str | None = PASSWORD, *, writes: bool = False, step_s: float = 60.0
) -> Report:
    """Examine john in this process."""
    settings = SettingsSource(file=file, demo=False, overrides={}).read()
    report = Report(lambda _finding: None)
    subject = Subject(address=JOHN, password=password, writes=writes)
    await Examination(settings, subject, report, reactor=reactor, step_s=step_s).run()
    await settled()
    return report


async def settled() -> None:
    """Let connections come to their end that were closed."""
    until = reactor.seconds() + 10
    while reactor.seconds() < until:
        await deferLater(reactor, 0.02)
        # Trial's own limit is one of the calls.
        clients = [one for one in reactor.getReaders() if isinstance(one, Client)]
        if not clients and len(reactor.getDelayedCalls()) <= 1:
            return


def told(report: Report, level: Level, about: str = "") -> str:
    """Give what was found of a level, on one part or all, with what would mend it."""
    return "\n".join(
        f"{one.about}: {one.text} [{one.remedy}]"
        for one in report.findings
        if one.level is level and about in ("", one.about)
    )


def secret(place: Path, text: str) -> Path:
    """Put a password into a file."""
    file = place / f"secret-{text}"
    file.write_text(f"{text}\n")
    file.chmod(0o600)
    return file


@requires_postfix
@requires_dovecot
@requires_radicale
class DoctorTests(TestCase):
    """Postfix, Dovecot and Radicale, all well but for what a test spoils."""

    timeout = 120
    servers: GatewayDaemon

    @classmethod
    def setUpClass(cls) -> None:
        cls.servers = GatewayDaemon.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.servers.remove()

    def spoilt(self, *changes: tuple[str, str], more: str = "") -> Path:
        """Give a configuration with pieces of its text replaced."""
        file = self.servers.configured(more)
        text = file.read_text()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        file.write_text(text)
        return file

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Run the program; gives its exit status, what it printed, and its complaints."""
        out, errors, status = await getProcessOutputAndValue(
            sys.executable,
            ["-c", PROGRAM, "doctor", *words],
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        return status, out.decode(), errors.decode()

    async def test_all_is_well(self) -> None:
        """Every part is found well, push is timed, and Drafts is as it was."""
        file, password = self.servers.configured(), secret(self.servers.place, PASSWORD)
        words = (JOHN, "--config", str(file), "--password-file", str(password), "--write")
        status, out, errors = await self.command(*words)
        self.assertEqual((0, ""), (status, errors), out)
        self.assertNotIn("✗", out)
        for text in (
            "IMAP: logged in as john@example.com",
            "sent is Sent, as the server says (SPECIAL-USE)",
            "Push: a message that was put into Drafts was told of after",
            "Submission: logged in as john@example.com",
            "DAV: calendars are in localhost",
            "Sieve: the server takes a script with automatic replies",
            "What a phone will have:",
        ):
            self.assertIn(text, out)
        self.assertNotIn(PASSWORD, out.replace(str(password), ""))
        with self.servers.dovecot.reach() as client:
            client.select("Drafts")
            self.assertEqual([b""], client.search(None, "ALL")[1])

    async def test_collections_are_looked_at(self) -> None:
        """A calendar that may be read only is said to be one."""
        dav: Any = self.servers.dav
        dav.add_readonly_calendar(JOHN)
        report = await examined(self.servers.configured())
        self.assertEqual("", told(report, Level.FAILS))
        self.assertIn("may be read only", told(report, Level.WORKS, "DAV"))
        self.assertIn("sync-collection", told(report, Level.WORKS, "DAV"))
        self.assertEqual(Level.WORKS, report.features[Feature.CONTACTS][0])

    async def test_a_wrong_password_is_tried_once(self) -> None:
        """It is said to be refused, and no other server is bothered with it."""
        before = self.servers.dovecot.log().count("assword mismatch")
        password = secret(self.servers.place, WRONG)
        words = (JOHN, "--config", str(self.servers.configured()), "--password-file", str(password))
        status, out, errors = await self.command(*words)
        self.assertEqual((1, ""), (status, errors), out)
        self.assertEqual(1, out.count("✗ IMAP: "))
        self.assertIn("refuses the password of john@example.com", out)
        self.assertNotIn(WRONG, out.replace(str(password), ""))
        self.assertEqual(1, self.servers.dovecot.log().count("assword mismatch") - before)

    async def test_wrong_usage(self) -> None:
        """What the command line cannot mean has a status of its own."""
        file = str(self.servers.configured())
        for words, text in (
            ((JOHN, "--config", file, "--as-proxy"), "imap.login = proxy, master or token"),
            ((JOHN, "--config", file), "use --password-file"),
            (("john", "--config", file, "--password-file", "/x"), "expected an address"),
            ((JOHN, "--config", file, "--password-file", "/no/such"), "cannot read /no/such"),
            (("--config", file), "ACCOUNT"),
        ):
            status, out, errors = await self.command(*words)
            self.assertEqual(2, status, out)
            self.assertIn(text, errors)
        status, out, _ = await self.command(JOHN, "--config", "/no/such/file.toml")
        self.assertEqual(1, status)
        self.assertIn("cannot read /no/such/file.toml", out)

    async def test_a_certificate_that_nobody_vouches_for(self) -> None:
        """It is told by whom it is, who is believed, and which option would mend it."""
        dav: Any = self.servers.dav
        ours = f'authority = "{self.servers.dovecot.authority}"'
        theirs = f'authority = "{dav.authority}"'
        report = await examined(self.spoilt((ours, theirs)))
        fault = told(report, Level.FAILS, "IMAP")
        for text in (f"the certificate of {HOST}", str(dav.authority), "imap.authority"):
            self.assertIn(text, fault)
        self.assertEqual(Level.FAILS, report.features[Feature.MAIL][0])
        self.assertEqual(Level.WORKS, report.features[Feature.SENDING][0])

    async def test_a_certificate_for_another_name(self) -> None:
        """It is told which name was expected, and which the certificate has."""
        report = await examined(
            self.spoilt(('url = "https://localhost', 'url = "https://127.0.0.1'))
        )
        self.assertIn(
            "the certificate is for localhost, and not for 127.0.0.1",
            told(report, Level.FAILS, "DAV"),
        )
        self.assertEqual(Level.WORKS, report.features[Feature.MAIL][0])
        self.assertEqual(Level.FAILS, report.features[Feature.CALENDAR][0])

    async def test_a_submission_that_is_refused(self) -> None:
        """A service's login that is wrong is told with its options, and without its password."""
        service = (
            f'[submission]\nlogin = "service"\nuser = "{JOHN}"\n'
            f'password_file = "{secret(self.servers.place, WRONG)}"'
        )
        report = await examined(self.spoilt(("[submission]", service)))
        fault = told(report, Level.FAILS, "Submission")
        self.assertIn("submission.password_file", fault)
        self.assertNotIn(WRONG, fault)
        self.assertEqual(Level.FAILS, report.features[Feature.SENDING][0])

    async def test_closed_ports(self) -> None:
        """Nobody listens: told with the option; all other parts are looked at nevertheless."""
        (closed,) = free_ports(1)
        for part, port in (
            ("IMAP", self.servers.dovecot.imap_port),
            ("Submission", self.servers.postfix.port),
            ("Sieve", self.servers.dovecot.sieve_port),
        ):
            report = await examined(self.spoilt((f"port = {port}", f"port = {closed}")))
            fault = told(report, Level.FAILS)
            self.assertIn(f"{part}: nobody listens on port {closed}", fault)
            self.assertIn(f"{part.lower()}.port", fault)
            self.assertEqual(1, fault.count("\n") + 1, fault)

    async def test_tls_that_does_not_fit_the_port(self) -> None:
        """TLS from the first byte on a port that wants STARTTLS is told as that."""
        report = await examined(self.spoilt(('tls = "starttls"', 'tls = "wrapped"')))
        self.assertIn("imap.tls", told(report, Level.FAILS, "IMAP"))

    async def test_neither_dav_nor_sieve(self) -> None:
        """Nothing fails; what a phone will lack is said, with the option."""
        file = self.servers.configured()
        text = file.read_text()
        head, _, rest = text.partition("[sieve]")
        file.write_text(head + "[process]\nrelease_spread_s = 0\n")
        report = await examined(file)
        self.assertTrue(rest)
        self.assertEqual("", told(report, Level.FAILS))
        self.assertIn("dav.url", told(report, Level.DEGRADES, "DAV"))
        self.assertIn("sieve.host", told(report, Level.DEGRADES, "Sieve"))
        self.assertEqual(Level.DEGRADES, report.features[Feature.CALENDAR][0])
        self.assertEqual(Level.DEGRADES, report.features[Feature.AWAY][0])

    def master(self) -> str:
        """Give the options of a login for others."""
        return (
            f'login = "master"\nproxy_user = "{MASTER}"\n'
            f'proxy_password_file = "{secret(self.servers.place, MASTER_PASSWORD)}"\n[submission]'
        )

    async def test_a_login_for_others(self) -> None:
        """Without the account's password all is looked at that needs none."""
        file = self.spoilt(("[submission]", self.master()))
        status, out, _ = await self.command(JOHN, "--config", str(file), "--as-proxy")
        self.assertEqual(0, status, out)
        self.assertIn(f"logged in as {JOHN}*{MASTER}", out)
        self.assertIn("DAV: no login tried", out)
        self.assertNotIn(MASTER_PASSWORD, out)

    async def test_a_login_for_others_that_is_refused(self) -> None:
        """The remedy names what such a login needs."""
        master = self.master().replace(f'"{MASTER}"', '"nobody"')
        report = await examined(self.spoilt(("[submission]", master)), None)
        self.assertIn("imap.proxy_user", told(report, Level.FAILS, "IMAP"))

    async def test_a_server_that_does_not_answer_is_not_waited_for(self) -> None:
        """Each step has its time."""
        report = await examined(self.servers.configured(), step_s=0.0001)
        self.assertIn("no end within", told(report, Level.FAILS, "IMAP"))


@requires_postfix
@requires_dovecot
@requires_cyrus_imap
class DoctorAtCyrusTests(TestCase):
    """Cyrus for mail, calendars and contacts."""

    timeout = 120

    @classmethod
    def setUpClass(cls) -> None:
        cls.servers = GatewayDaemon.started(CyrusImap)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.servers.remove()

    async def test_all_is_well(self) -> None:
        """Mail, calendars and contacts work; that there is no TLS is said, on this machine."""
        cyrus: Any = self.servers.dav
        file = self.servers.configured()
        text = file.read_text()
        text = text.replace(str(self.servers.dovecot.imap_port), str(cyrus.imap_port), 1)
        text = text.replace('tls = "starttls"', 'tls = "off"').replace('authority = ""\n', "")
        file.write_text(text)
        client = imaplib.IMAP4("127.0.0.1", cyrus.imap_port)
        client.login(JOHN, PASSWORD)
        client.create("Drafts")
        client.logout()
        report = await examined(file, writes=True)
        self.assertEqual("", told(report, Level.FAILS))
        self.assertIn("without TLS, as imap.tls says", told(report, Level.WORKS, "IMAP"))
        self.assertIn("calendar-auto-schedule", told(report, Level.WORKS, "DAV"))
        self.assertIn("was told of after", told(report, Level.WORKS, "Push"))
        for one in (Feature.MAIL, Feature.CALENDAR, Feature.CONTACTS, Feature.SENDING):
            self.assertEqual(Level.WORKS, report.features[one][0], one)


DIRECTORY = """\
[server]
data = "{place}/data"
eas = ["tcp:0:interface=127.0.0.1"]
[backend]
accounts = "ldap"
[accounts]
domains = ["example.com"]
[directory]
urls = ["{url}"]
authority = "{authority}"
base = "{base}"
bind_dn = "{reader}"
bind_password_file = "{password}"
preset = "{preset}"
"""


@requires_slapd
class DoctorAtSlapdTests(TestCase):
    """A directory of people, and one with Carbonio's attributes."""

    timeout = 120

    def begun(self, plan: slapd.TreePlan, under_test: Any, preset: str) -> tuple[Slapd, Path, Any]:
        """Start a server with john, and write a configuration for it."""
        peer = Slapd.started(plan)
        self.addCleanup(peer.remove)
        directory = under_test(peer)
        self.account = directory.add(JOHN, PASSWORD, displayName="John Doe")
        place = Path(tempfile.mkdtemp(prefix="doctor-", dir=peer.place))
        file = place / "carbonio-mobile.toml"
        file.write_text(
            DIRECTORY.format(
                place=place,
                url=f"ldap://{HOST}:{peer.ldap}",
                authority=peer.certificate,
                base=plan.suffix,
                reader=plan.reader,
                password=secret(place, READER_PASSWORD),
                preset=preset,
            )
        )
        return peer, file, directory

    async def test_people(self) -> None:
        """The entry, what is known of it, the password and the address list are found."""
        _, file, _ = self.begun(INETORGPERSON, InetOrgPersonUnderTest, "inetorgperson")
        report = await examined(file)
        self.assertEqual("", told(report, Level.FAILS))
        well = told(report, Level.WORKS, "Directory")
        for text in ("TLS: a certificate for localhost", "displayname", "1 entries in the address"):
            self.assertIn(text, well)
        self.assertEqual(Level.WORKS, report.features[Feature.LOGIN][0])
        report = await examined(file, WRONG)
        self.assertIn("refuses the account's password", told(report, Level.FAILS))
        self.assertNotIn(WRONG, told(report, Level.FAILS))

    async def test_a_reader_that_is_refused(self) -> None:
        """The options of our own account there are named."""
        _, file, _ = self.begun(INETORGPERSON, InetOrgPersonUnderTest, "inetorgperson")
        secret(file.parent, READER_PASSWORD).write_text("another\n")
        report = await examined(file)
        self.assertIn("directory.bind_password_file", told(report, Level.FAILS, "Directory"))

    async def test_nobody_has_the_address(self) -> None:
        """The filter and the base are named."""
        peer, file, _ = self.begun(INETORGPERSON, InetOrgPersonUnderTest, "inetorgperson")
        text = file.read_text()
        file.write_text(text + 'by_address = "(&(objectClass=inetOrgPerson)(uid={address}))"\n')
        report = await examined(file)
        self.assertIn("directory.by_address", told(report, Level.FAILS, "Directory"))
        peer.kill()
        report = await examined(file)
        self.assertIn("directory.urls", told(report, Level.FAILS, "Directory"))

    async def test_carbonio(self) -> None:
        """Status and feature are those that the account inherits."""
        _, file, directory = self.begun(CARBONIO, CarbonioUnderTest, "carbonio")
        report = await examined(file)
        self.assertEqual("", told(report, Level.FAILS))
        self.assertIn("may use ActiveSync", told(report, Level.WORKS, "Directory"))
        directory.set_attributes(self.account, zimbraFeatureMobileSyncEnabled="FALSE")
        report = await examined(file)
        self.assertIn("zimbraFeatureMobileSyncEnabled", told(report, Level.FAILS, "Directory"))
        directory.set_attributes(self.account, zimbraAccountStatus="closed")
        report = await examined(file)
        self.assertIn("account closed", told(report, Level.FAILS, "Directory"))
