"""Accounts and logins of servers that are there already: a daemon's parts before real ones.

Spec: issue 6, sections 2 and 6.
"""

import shutil
import tempfile
from base64 import b64encode
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import PrivateCertificate
from twisted.trial.unittest import TestCase

from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.directory.configuration import Scope
from carbonio_mobile.directory.credentials import EAS, CredentialWish
from carbonio_mobile.directory.provisioning import EntryKind
from carbonio_mobile.eas.http import HttpRequest
from carbonio_mobile.errors import NotAllowed, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.davclient.discovery import discover
from carbonio_mobile.mailbox.delivery.relay import Login
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.service.config import settings
from carbonio_mobile.service.gateway import GatewayClients
from carbonio_mobile.service.parts import Parts, build
from carbonio_mobile.service.prepare import prepare_databases
from carbonio_mobile.service.tls import self_signed
from tests.peers import dovecot, slapd
from tests.peers.directories import CarbonioUnderTest, InetOrgPersonUnderTest
from tests.peers.dovecot import JOHN, MARY, PASSWORD, Dovecot, requires_dovecot
from tests.peers.postfix import Postfix, requires_postfix
from tests.peers.radicale import Radicale, requires_radicale
from tests.peers.slapd import CARBONIO, INETORGPERSON, Slapd, requires_slapd

Document = dict[str, dict[str, Any]]


class DaemonCase(TestCase):
    """The parts of a daemon in a directory of its own, without listeners."""

    timeout = 60

    def setUp(self) -> None:
        """Make the directory."""
        self.place = Path(tempfile.mkdtemp(prefix="gateway-logins-"))
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)

    def password_file(self, password: str) -> str:
        """Write a password down for a daemon."""
        file = self.place / "password"
        file.write_text(f"{password}\n")
        file.chmod(0o600)
        return str(file)

    async def begin(self, document: Document) -> Parts:
        """Start the parts that logins need."""
        server = {"data": str(self.place), "ldap": []}
        made = settings({"server": server, **document}, {})
        prepare_databases(made, with_demo=False)
        parts = build(made, reactor)
        parts.directory.start()
        await parts.database.start()
        await parts.administration.begin()
        self.addCleanup(self.end, parts)
        self.parts = parts
        return parts

    async def end(self, parts: Parts) -> None:
        """Stop them."""
        if parts.gateway is not None:
            await parts.gateway.stop()
        await parts.database.stop()
        await parts.directory.stop()
        parts.administration.end()
        parts.sync_log.close()

    async def log_in(self, password: str = PASSWORD, login: str = JOHN) -> Account | LoginFault:
        """Log in as a phone does."""
        return await self.parts.directory.accounts.log_in(
            login, password, host="phones.example.com", peer="10.0.0.9"
        )

    async def let_in(self, password: str = PASSWORD, login: str = JOHN) -> Account:
        """Log in as who may."""
        outcome = await self.log_in(password, login)
        assert isinstance(outcome, Account), outcome
        return outcome

    async def code(self, password: str = PASSWORD, login: str = JOHN) -> int:
        """Give what a phone's OPTIONS is answered with."""
        secret = b64encode(f"{login}:{password}".encode()).decode()
        request = HttpRequest(
            method="OPTIONS",
            path="/Microsoft-Server-ActiveSync",
            query=b"",
            headers={"authorization": f"Basic {secret}"},
            body=b"",
            peer="10.0.0.9",
            host="phones.example.com",
            secure=True,
        )
        return (await self.parts.doors["activesync-services"].answer(request)).code

    async def why(self, fault: type[Exception], asked: Awaitable[Any]) -> str:
        """Give the text with which something fails."""
        with self.assertRaises(fault) as caught:
            await asked
        return str(caught.exception)


@requires_dovecot
class ImapAccountsTests(DaemonCase):
    """Whom Dovecot lets in has an account, and a mailbox that it opens."""

    peer: ClassVar[Dovecot]

    @classmethod
    def setUpClass(cls) -> None:
        """Start it."""
        cls.peer = Dovecot.started()

    @classmethod
    def tearDownClass(cls) -> None:
        """End it."""
        cls.peer.remove()

    def document(self, **imap: Any) -> Document:
        """Give the short file for it."""
        here = {
            "host": dovecot.HOST,
            "port": self.peer.imaps_port,
            "authority": str(self.peer.authority),
        }
        return {
            "backend": {"accounts": "imap"},
            "imap": {**here, **imap},
            "accounts": {"domains": ["example.com"]},
        }

    def clients(self) -> GatewayClients:
        """Give what speaks with it."""
        assert self.parts.gateway is not None
        return self.parts.gateway

    async def test_a_right_login_is_an_account(self) -> None:
        """Made at once, with all that administrators have for it; a wrong one is told as such."""
        await self.begin(self.document())
        assert await self.log_in("wrong") is LoginFault.UNKNOWN_ACCOUNT
        assert await self.code("wrong") == 401
        assert await self.code() == 200
        john = await self.let_in()
        assert john.name == JOHN
        assert await self.log_in("wrong") is LoginFault.WRONG_PASSWORD
        provisioning = self.parts.directory.provisioning
        (known,) = await provisioning.names(EntryKind.ACCOUNT, domain=None, after="", limit=9)
        assert known == (JOHN, john.id)
        told = await self.why(NotAllowed, provisioning.set_password(JOHN, "another"))
        assert "those of the IMAP server" in told

    async def test_the_password_opens_the_mailbox(self) -> None:
        """Each login that is right leaves it with the keychain; a pool connection uses it."""
        await self.begin(self.document())
        john = await self.let_in()
        pool = self.clients().pool
        async with pool.lent(john.id) as connection:
            assert "INBOX" in [each.name for each in await connection.mailboxes(status=False)]

    async def test_with_a_mobile_password_a_proxy_is_needed(self) -> None:
        """The account's own one is not known then; a proxy or master login does without."""
        for login in ("own", "master"):
            with self.subTest(login):
                proxy = {
                    "login": login,
                    "proxy_user": dovecot.MASTER,
                    "proxy_password_file": self.password_file(dovecot.MASTER_PASSWORD),
                }
                parts = await self.begin(self.document(**proxy))
                john = await self.let_in(login=JOHN if login == "own" else MARY)
                self.clients().keychain.forget(john.id)
                wish = CredentialWish(label="phone", services=(EAS,), password="mobile-one")
                await parts.directory.credentials.add(john.id, [wish])
                await self.let_in("mobile-one", john.name)
                assert await self.log_in(PASSWORD, john.name) is LoginFault.WRONG_PASSWORD
                opening = self.clients().imap_connection(john.id)
                if login == "own":
                    assert "mobile password" in await self.why(Unavailable, opening)
                else:
                    (await opening).close()

    async def test_a_changed_password_costs_one_login(self) -> None:
        """It is dropped when Dovecot refuses it; the new one is tried as soon as it is typed."""
        self.peer.add_user("ann@example.com", "first")
        await self.begin(self.document())
        ann = await self.let_in("first", "ann@example.com")
        self.peer.add_user("ann@example.com", "second")
        self.peer.restart()
        clients = self.clients()
        with self.assertRaises(LoginRefused):
            await clients.pool.borrow(ann.id)
        assert await self.log_in("first", "ann@example.com") is LoginFault.WRONG_PASSWORD
        with self.assertRaises(NotAllowed):
            await clients.pool.borrow(ann.id)
        await self.let_in("second", "ann@example.com")
        async with clients.pool.lent(ann.id) as connection:
            assert await connection.mailboxes(status=False)

    async def test_while_it_is_away_phones_are_told_to_wait(self) -> None:
        """Logins that are remembered go on; no other counts as wrong."""
        await self.begin(self.document())
        await self.let_in()
        self.peer.kill()
        try:
            assert await self.code() == 200
            assert await self.code(login=MARY) == 503
            told = await self.why(Unavailable, self.log_in(login=MARY))
            assert f"{dovecot.HOST}:{self.peer.imaps_port} cannot be reached" in told
        finally:
            self.peer.start()
        assert await self.code(login=MARY) == 200


@requires_postfix
@requires_radicale
class ServicesTests(DaemonCase):
    """Dovecot, Postfix and Radicale by one short file."""

    mail: ClassVar[Postfix]
    dav: ClassVar[Radicale]

    @classmethod
    def setUpClass(cls) -> None:
        """Start them."""
        cls.mail, cls.dav = Postfix.started(), Radicale.started()

    @classmethod
    def tearDownClass(cls) -> None:
        """End them."""
        cls.mail.remove()
        cls.dav.remove()

    def document(self, **imap: Any) -> Document:
        """Give the file."""
        imap_server = self.mail.dovecot
        given = {"host": dovecot.HOST, "authority": str(imap_server.authority)}
        return {
            "backend": {"accounts": "imap", "mailboxes": "gateway"},
            "imap": {**given, "port": imap_server.imap_port, "tls": "starttls", **imap},
            "dav": {"url": self.dav.url, "authority": str(self.dav.authority)},
            "submission": {**given, "port": self.mail.port},
            "sieve": {**given, "port": imap_server.sieve_port},
            "accounts": {"domains": ["example.com"]},
        }

    async def test_every_service_with_the_account_s_own_password(self) -> None:
        """One login of the phone opens them all."""
        await self.begin(self.document())
        await self.check()
        assert self.parts.gateway is not None
        connection = await self.parts.gateway.dav_connection(self.john)
        assert (await discover(connection)).calendars

    async def test_every_service_with_a_login_for_all(self) -> None:
        """A master user's, without any password of the account; Radicale knows no such thing."""
        file = self.password_file(dovecot.MASTER_PASSWORD)
        for login in ("master", "proxy"):
            proxy = {
                "login": login,
                "proxy_user": dovecot.MASTER,
                "proxy_password_file": file,
            }
            await self.begin(self.document(**proxy))
            await self.check()

    async def test_tokens(self) -> None:
        """XOAUTH2 by what a program writes."""
        document = self.document(login="token", token_command=["/bin/echo", dovecot.token(JOHN)])
        document["submission"] |= {"login": "none"}
        del document["sieve"]
        parts = await self.begin(document)
        john = await self.let_in()
        assert parts.gateway is not None
        (await parts.gateway.imap_connection(john.id)).close()

    async def check(self) -> None:
        """Open mail, automatic replies and submission."""
        gateway = self.parts.gateway
        assert gateway is not None
        self.john = (await self.let_in()).id
        (await gateway.imap_connection(self.john)).close()
        assert gateway.sieve is not None
        session = await gateway.sieve.open(await gateway.keychain.sieve(self.john))
        assert (await session.scripts()).names == ()
        session.close()
        assert gateway.relay is not None
        login = await gateway.keychain.submission(self.john)
        sent = await gateway.relay.send(JOHN, [MARY], b"Subject: x\r\n\r\n", login=login)
        assert sent[MARY].code == 250, sent


class LdapCase(DaemonCase):
    """Accounts of a slapd."""

    peer: ClassVar[Slapd]

    def document(self, **directory: Any) -> Document:
        """Give the short file for it."""
        return {
            "backend": {"accounts": "ldap"},
            "directory": {
                "urls": [f"ldaps://{slapd.HOST}:{self.peer.ldaps}"],
                "authority": str(self.peer.certificate),
                "bind_dn": self.peer.plan.reader,
                "bind_password_file": self.password_file(slapd.READER_PASSWORD),
                "reread_s": 0,
                **directory,
            },
            "accounts": {"domains": ["example.com"]},
        }

    async def check(self, tree: Any, document: Document) -> None:
        """See logins, mobile passwords, the address list and what administrators may do."""
        john = tree.add(JOHN, "demo-john", displayName="John Doe")
        tree.add(MARY, "demo-mary", displayName="Mary Poe")
        parts = await self.begin(document)
        assert await self.log_in("wrong") is LoginFault.WRONG_PASSWORD
        account = await self.let_in("demo-john")
        assert account.display_name == "John Doe"
        assert await self.code("demo-john") == 200
        wish = CredentialWish(label="phone", services=(EAS,), password="mobile-one")
        await parts.directory.credentials.add(account.id, [wish])
        await self.let_in("mobile-one")
        assert await self.log_in("demo-john") is LoginFault.WRONG_PASSWORD
        news = await parts.directory.people.people_since(None)
        assert len(news.changed) >= 2
        provisioning = parts.directory.provisioning
        assert (await provisioning.entry(EntryKind.ACCOUNT, JOHN)).id == account.id
        told = await self.why(NotAllowed, provisioning.delete(EntryKind.ACCOUNT, JOHN))
        assert told == "each account stands in the LDAP directory: change it there"
        scope = Scope(level="account", name=JOHN)
        await self.why(NotAllowed, parts.directory.configuration.get(scope, "displayName"))
        assert AccountId(str(john).lower()) == account.id

    async def check_absence(self) -> None:
        """A directory that is away is told to phones as 503, and no login counts."""
        assert await self.code("demo-mary", MARY) == 200
        self.peer.kill()
        try:
            assert await self.log_in("demo-mary-2", MARY) is LoginFault.UNAVAILABLE
            assert await self.code("demo-mary-2", MARY) == 503
        finally:
            self.peer.start()


@requires_slapd
class CarbonioTests(LdapCase):
    """The product's own tree: domains and COS are there."""

    @classmethod
    def setUpClass(cls) -> None:
        """Start it."""
        cls.peer = Slapd.started(CARBONIO)

    @classmethod
    def tearDownClass(cls) -> None:
        """End it."""
        cls.peer.remove()

    async def test_preset(self) -> None:
        """With the short file; administrators cannot change COS here."""
        await self.check(CarbonioUnderTest(self.peer), self.document(preset="carbonio"))
        making = self.parts.directory.provisioning.create(EntryKind.COS, "staff")
        assert "stands in the LDAP directory" in await self.why(NotAllowed, making)


@requires_slapd
class InetOrgPersonTests(LdapCase):
    """A common tree: domains and COS are ours, and hold for its accounts."""

    @classmethod
    def setUpClass(cls) -> None:
        """Start it."""
        cls.peer = Slapd.started(INETORGPERSON)

    @classmethod
    def tearDownClass(cls) -> None:
        """End it."""
        cls.peer.remove()

    async def test_preset(self) -> None:
        """With the short file; what our COS says counts for accounts there."""
        tree = InetOrgPersonUnderTest(self.peer)
        await self.check(tree, self.document(base="ou=people,dc=example"))
        cos = Scope(level="cos", name="default")
        for value, code in (("FALSE", 403), ("TRUE", 200)):
            given = ("zimbraFeatureMobileSyncEnabled", (value,))
            await self.parts.directory.configuration.set(cos, *given)
            assert await self.code("demo-mary", MARY) == code
        await self.check_absence()


class _Silent(Protocol):
    """Says nothing after TLS."""


class CertificateTests(DaemonCase):
    """A server whose certificate is another's, or signed by nobody we know, for every protocol."""

    async def test_faults_name_the_host_and_the_file(self) -> None:
        """No password goes there, and an administrator reads what to mend."""
        certificate, key = self_signed(["mail.example.com"], now=datetime.now(UTC))
        other, _ = self_signed(["localhost"], now=datetime.now(UTC))
        context = PrivateCertificate.loadPEM(certificate + key).options()
        factory = Factory.forProtocol(_Silent)
        listening = reactor.listenSSL(0, factory, context, interface="127.0.0.1")  # type: ignore[attr-defined]  # this reactor can
        self.addCleanup(listening.stopListening)
        port = listening.getHost().port
        for name, pem in (("own", certificate), ("other", other)):
            file = self.place / f"{name}.pem"
            file.write_bytes(pem)
            with self.subTest(name):
                await self.check(port, str(file))

    async def check(self, port: int, file: str) -> None:
        """Ask by each protocol."""
        given = {"host": "localhost", "port": port, "authority": file}
        parts = await self.begin(
            {
                "backend": {"accounts": "ldap", "mailboxes": "gateway"},
                "imap": given,
                "dav": {"url": f"https://localhost:{port}/", "authority": file},
                "submission": {**given, "tls": "wrapped"},
                "sieve": {**given, "tls": "wrapped"},
                "directory": {
                    "urls": [f"ldaps://localhost:{port}"],
                    "authority": file,
                    "base": "dc=example",
                },
            }
        )
        for asked in (_imap, _dav, _sieve, _directory):
            told = await self.why(Unavailable, asked(parts))
            assert "localhost" in told, told
            assert file in told, told
        assert file in await _submission(parts)


async def _imap(parts: Parts) -> object:
    assert parts.gateway is not None
    return await parts.gateway.check("john@example.com", "secret")


async def _dav(parts: Parts) -> object:
    assert parts.gateway is not None
    assert parts.gateway.dav is not None
    dav = parts.gateway.dav
    return await dav.request("OPTIONS", dav.url, {}, b"")


async def _sieve(parts: Parts) -> object:
    assert parts.gateway is not None
    assert parts.gateway.sieve is not None
    return await parts.gateway.sieve.open(Login(user="john", password="secret"))


async def _directory(parts: Parts) -> object:
    return await parts.directory.accounts.find("john@example.com")


async def _submission(parts: Parts) -> str:
    assert parts.gateway is not None
    assert parts.gateway.relay is not None
    done = await parts.gateway.relay.send("j@example.com", ["a@example.org"], b"Subject: x\r\n\r\n")
    return next(iter(done.values())).reply
