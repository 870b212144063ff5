"""Accounts of a real slapd: what costs nothing, what is obeyed, what happens when it is away."""

import random
import socket
from typing import Any, ClassVar

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.accounts.ldapdirectory.opening import LdapDirectory
from carbonio_mobile.accounts.ldapdirectory.presets import inetorgperson
from carbonio_mobile.accounts.ldapdirectory.settings import file_trust, parse_urls
from carbonio_mobile.directory.accounts import Account, AccountStatus, LoginFault
from carbonio_mobile.errors import NotFound, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IPeopleFeed
from tests.peers import slapd
from tests.peers.directories import (
    CarbonioUnderTest,
    InetOrgPersonUnderTest,
    directory_of,
    servers_of,
    terms,
)
from tests.peers.slapd import CARBONIO, HOST, INETORGPERSON, Slapd, TreePlan, requires_slapd
from tests.peers.spinning import pause, rest, spin

KEPT = terms(reread_s=60)
_POLICY = """\
overlay ppolicy
ppolicy_default "cn=policy,dc=example"
ppolicy_use_lockout
"""


class OnSlapd(SynchronousTestCase):
    """One server for all tests of a class, emptied before each."""

    plan: ClassVar[TreePlan] = INETORGPERSON
    under_test: ClassVar[Any] = InetOrgPersonUnderTest
    options: ClassVar[dict[str, Any]] = {}
    peer: ClassVar[Slapd]

    @classmethod
    def setUpClass(cls) -> None:
        cls.peer = Slapd.started(cls.plan, **cls.options)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.peer.remove()
        rest()

    def setUp(self) -> None:
        """Make a tree with one account."""
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.peer.clear()
        self.directory = self.under_test(self.peer)
        self.john = self.directory.add("john@example.com", "demo-john", displayName="John Doe")

    def ours(self, **options: Any) -> LdapDirectory:
        """Put ours before the server."""
        ours = directory_of(self.peer, self.directory, clock=self.clock.seconds, **options)
        self.addCleanup(ours.stop)
        return ours

    def log_in(
        self, ours: LdapDirectory, password: str = "demo-john", login: str = "john@example.com"
    ) -> Account | LoginFault:
        """Log in."""
        return spin(ours.accounts.log_in(login, password, host="example.com", peer="10.0.0.9"))

    def let_in(self, ours: LdapDirectory, password: str = "demo-john") -> Account:
        """Log in as who may."""
        outcome = self.log_in(ours, password)
        assert isinstance(outcome, Account), outcome
        return outcome

    def fault(self, awaitable: Any) -> str:
        """Give the text with which something is unavailable."""
        with self.assertRaises(Unavailable) as caught:
            spin(awaitable)
        return str(caught.exception)


@requires_slapd
class RememberedTests(OnSlapd):
    """What is known of logins and accounts, and for how long."""

    def test_a_remembered_login_asks_nothing(self) -> None:
        """A second login costs a look into memory; so do the account and its address."""
        ours = self.ours(terms=KEPT)
        self.let_in(ours)
        self.peer.pause()
        self.addCleanup(self.peer.resume)
        asked = ours.pool.requests
        for _ in range(20):
            login = ours.accounts.log_in(
                "john@example.com", "demo-john", host="example.com", peer="10.0.0.9"
            )
            outcome = self.successResultOf(Deferred.fromCoroutine(login))
            assert isinstance(outcome, Account)
            self.successResultOf(Deferred.fromCoroutine(ours.accounts.account(self.john)))
            found = ours.accounts.find("john@example.com")
            assert self.successResultOf(Deferred.fromCoroutine(found)) is not None
        assert ours.pool.requests == asked

    def test_a_changed_password_is_obeyed_when_the_entry_is_read_again(self) -> None:
        """Also where our account may not read passwords: the entry's revision tells."""
        ours = self.ours(terms=KEPT)
        self.let_in(ours)
        self.directory.set_password(self.john, "demo-new")
        self.clock.advance(60)
        assert self.log_in(ours) is LoginFault.WRONG_PASSWORD
        self.let_in(ours, "demo-new")

    def test_a_changed_status_is_obeyed_likewise(self) -> None:
        """The account is as the directory says, a minute later at most."""
        ours = self.ours(terms=KEPT)
        self.let_in(ours)
        self.directory.set_attributes(self.john, zimbraAccountStatus="locked")
        assert self.let_in(ours).status is AccountStatus.ACTIVE
        self.clock.advance(60)
        assert self.let_in(ours).status is AccountStatus.LOCKED

    def test_reading_again_does_not_bind_again(self) -> None:
        """An entry that did not change costs one search, and no check of the password."""
        ours = self.ours(terms=KEPT)
        self.let_in(ours)
        asked = ours.pool.requests
        self.clock.advance(60)
        self.let_in(ours)
        assert ours.pool.requests == asked + 1

    def test_a_login_is_proven_again(self) -> None:
        """After its time a password is checked anew: passwords may be changed elsewhere."""
        asked: list[str] = []

        async def mail_login(name: str, password: str) -> bool:
            asked.append(name)
            return password == "of the mail server" and len(asked) < 3

        ours = self.ours(terms=terms(reread_s=60, prove_again_s=600), mail_login=mail_login)
        assert self.log_in(ours) is LoginFault.WRONG_PASSWORD
        for _ in range(5):
            self.let_in(ours, "of the mail server")
        assert asked == ["john@example.com"] * 2
        self.clock.advance(600)
        assert self.log_in(ours, "of the mail server") is LoginFault.WRONG_PASSWORD
        assert self.log_in(ours, login="nobody@example.com") is LoginFault.UNKNOWN_ACCOUNT
        assert len(asked) == 3

    def test_equal_logins_at_once_are_checked_once(self) -> None:
        """A device that opens ten connections asks the directory once."""
        ours = self.ours(terms=KEPT)
        logins = [
            Deferred.fromCoroutine(
                ours.accounts.log_in("john", "demo-john", host="example.com", peer="10.0.0.9")
            )
            for _ in range(10)
        ]
        outcomes = spin(DeferredList(logins))
        assert {outcome.id for _, outcome in outcomes} == {self.john}
        assert ours.lookups.asked == 1

    def test_what_is_known_is_bounded(self) -> None:
        """A hundred accounts are kept, whoever asks for more."""
        ours = self.ours(terms=KEPT)
        steps = [
            slapd.add(
                f"mail=u{number}@example.com,ou=people,dc=example",
                {"objectClass": "inetOrgPerson", "cn": "u", "sn": "u"},
            )
            for number in range(120)
        ]
        self.peer.load("".join(steps))
        for number in range(120):
            assert spin(ours.accounts.find(f"u{number}@example.com")) is not None
        assert len(ours.lookups._known) == 100

    def test_a_user_name_is_found_where_no_address_is(self) -> None:
        """``uid`` is a login too, if it is one account's alone."""
        for number, address in enumerate(("j.smith@example.com", "a@example.org", "b@example.org")):
            dn = f"cn=x{number},ou=people,dc=example"
            uid = "js" if not number else "shared"
            values = {"objectClass": "inetOrgPerson", "sn": "x", "uid": uid, "mail": address}
            self.peer.load(slapd.add(dn, {**values, "userPassword": "demo-x"}))
        ours = self.ours()
        outcome = self.log_in(ours, "demo-x", "js")
        assert isinstance(outcome, Account)
        assert outcome.name == "j.smith@example.com"
        assert self.log_in(ours, "demo-x", "EXAMPLE\\js") == outcome
        assert self.log_in(ours, "demo-x", "shared") is LoginFault.UNKNOWN_ACCOUNT
        assert self.log_in(ours, "demo-x", "js@example.com") is LoginFault.UNKNOWN_ACCOUNT

    def test_a_login_is_no_filter(self) -> None:
        """What is typed is compared, whatever characters it has."""
        ours = self.ours()
        for login in (
            "*",
            "john*",
            "j*@example.com",
            "x)(uid=*",
            "*)(objectClass=*",
            "\\2a",
            "{id}",
        ):
            assert self.log_in(ours, login=login) is LoginFault.UNKNOWN_ACCOUNT, login


@requires_slapd
class PolicyTests(OnSlapd):
    """A directory with a password policy of its own."""

    options: ClassVar[dict[str, Any]] = {"overlays": _POLICY}

    def setUp(self) -> None:
        """Make a policy of three failures."""
        super().setUp()
        self.peer.load(
            slapd.add(
                "cn=policy,dc=example",
                {
                    "objectClass": ["organizationalRole", "pwdPolicy"],
                    "pwdAttribute": "userPassword",
                    "pwdLockout": "TRUE",
                    "pwdMaxFailure": "3",
                    "pwdMustChange": "TRUE",
                },
            )
        )

    def test_its_lockout_is_obeyed(self) -> None:
        """The right password is refused for a lockout, not for being wrong."""
        ours = self.ours()
        for wrong in ("a", "b", "c"):
            assert self.log_in(ours, wrong) is LoginFault.WRONG_PASSWORD
        assert self.log_in(ours) is LoginFault.LOCKED_OUT

    def test_a_phone_with_an_old_password_locks_nobody(self) -> None:
        """The same wrong password is asked of the directory once."""
        ours = self.ours()
        for _ in range(20):
            assert self.log_in(ours, "outdated") is LoginFault.WRONG_PASSWORD
            assert self.log_in(ours, "older still") is LoginFault.WRONG_PASSWORD
        self.let_in(ours)

    def test_a_password_that_must_be_changed(self) -> None:
        """What an administrator has reset opens nothing until it is changed."""
        ours = self.ours()
        dn = "mail=john@example.com,ou=people,dc=example"
        self.peer.load(slapd.replace(dn, {"pwdReset": "TRUE"}))
        assert self.log_in(ours) is LoginFault.MUST_CHANGE
        assert self.log_in(ours, "wrong") is LoginFault.WRONG_PASSWORD


@requires_slapd
class FaultTests(OnSlapd):
    """A directory that is away, slow, or not as the configuration says."""

    def tearDown(self) -> None:
        """Let the next test have its server."""
        if self.peer._process is None:
            self.peer.configure()
            self.peer.start()

    def test_killed_in_the_middle_of_a_search(self) -> None:
        """What waited is unavailable, what comes next too; it recovers by itself."""
        ours = self.ours()
        self.let_in(ours)
        self.peer.pause()
        looking = Deferred.fromCoroutine(ours.accounts.account(self.john))
        login = Deferred.fromCoroutine(
            ours.accounts.log_in("john", "demo-john", host="example.com", peer="10.0.0.9")
        )
        pause(0.2)
        self.assertNoResult(looking)
        self.peer.kill()
        self.fault(looking)
        assert spin(login) is LoginFault.UNAVAILABLE
        assert self.log_in(ours) is LoginFault.UNAVAILABLE
        assert self.log_in(ours, "wrong") is LoginFault.UNAVAILABLE
        self.peer.start()
        pause(0.2)
        self.let_in(ours)
        assert self.log_in(ours, "wrong") is LoginFault.WRONG_PASSWORD

    def test_a_connection_that_the_server_ended_meanwhile_is_no_fault(self) -> None:
        """A restart between two logins is not noticed."""
        ours = self.ours()
        self.let_in(ours)
        self.peer.stop()
        self.peer.start()
        self.let_in(ours)

    def test_slow(self) -> None:
        """No answer in time is unavailable; a late one harms nobody."""
        ours = self.ours(servers=servers_of(self.peer, answer_s=1.5))
        self.let_in(ours)
        self.peer.pause()
        self.addCleanup(self.peer.resume)
        assert "no answer within 1.5 s" in self.fault(ours.accounts.account(self.john))
        assert self.log_in(ours) is LoginFault.UNAVAILABLE
        self.peer.resume()
        pause(0.3)
        self.let_in(ours)

    def test_remembered_ones_go_on_for_a_while(self) -> None:
        """Within its grace an account counts as it was; then there is no answer."""
        ours = self.ours(terms=terms(reread_s=60, grace_s=300))
        self.let_in(ours)
        self.peer.kill()
        self.clock.advance(200)
        self.let_in(ours)
        assert self.log_in(ours, "wrong") is LoginFault.UNAVAILABLE
        self.clock.advance(200)
        assert self.log_in(ours) is LoginFault.UNAVAILABLE
        self.fault(ours.accounts.find("john@example.com"))

    def test_nothing_is_tried_for_a_time_after_a_failure(self) -> None:
        """A directory that is away is not stormed by those who wait for it."""
        ours = self.ours(servers=servers_of(self.peer, backoff_s=30.0))
        self.peer.kill()
        assert "refused" in self.fault(ours.accounts.account(self.john))
        again = Deferred.fromCoroutine(ours.accounts.account(self.john))
        text = str(self.failureResultOf(again, Unavailable).value)
        assert "did not answer lately" in text

    def test_the_next_server_is_used(self) -> None:
        """Of several the first that works is; the text names each that does not."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            closed = f"ldaps://{HOST}:{taken.getsockname()[1]}"
            urls = parse_urls([closed, f"ldaps://{HOST}:{self.peer.ldaps}"])
            self.let_in(self.ours(servers=servers_of(self.peer, urls=urls)))
            self.peer.kill()
            ours = self.ours(servers=servers_of(self.peer, urls=urls))
            text = self.fault(ours.accounts.account(self.john))
        assert closed in text
        assert str(self.peer.ldaps) in text

    def test_start_tls(self) -> None:
        """A server without LDAPS is asked for TLS; on this machine it may do without."""
        for urls, start_tls in (([f"ldap://{HOST}:{self.peer.ldap}"], True),
                                ([f"ldap://127.0.0.1:{self.peer.ldap}"], False)):  # fmt: skip
            servers = servers_of(self.peer, urls=parse_urls(urls), start_tls=start_tls)
            self.let_in(self.ours(servers=servers))

    def test_certificate_of_nobody_we_trust(self) -> None:
        """The text names the server, the name and the file."""
        other = Slapd(INETORGPERSON)
        self.addCleanup(other.remove)
        for urls in ([f"ldaps://{HOST}:{self.peer.ldaps}"], [f"ldap://{HOST}:{self.peer.ldap}"]):
            servers = servers_of(
                self.peer, urls=parse_urls(urls), trust=file_trust(other.certificate)
            )
            ours = self.ours(servers=servers)
            text = self.fault(ours.accounts.account(self.john))
            assert "certificate verify failed" in text
            assert f"a certificate for {HOST}" in text
            assert str(other.certificate) in text
            assert self.log_in(ours) is LoginFault.UNAVAILABLE

    def test_certificate_for_another_name(self) -> None:
        """The text says which name was expected."""
        urls = parse_urls([f"ldaps://127.0.0.1:{self.peer.ldaps}"])
        ours = self.ours(servers=servers_of(self.peer, urls=urls))
        text = self.fault(ours.accounts.account(self.john))
        assert "its certificate is not for 127.0.0.1" in text
        assert str(self.peer.certificate) in text

    def test_password_of_our_own_account_is_wrong(self) -> None:
        """That is said, the password is not, and no phone is told that its own is wrong."""
        ours = self.ours(servers=servers_of(self.peer, password="of-yesterday"))
        text = self.fault(ours.accounts.account(self.john))
        assert "refuses cn=reader,dc=example" in text
        assert "check directory.bind_dn" in text
        assert "of-yesterday" not in text
        assert self.log_in(ours) is LoginFault.UNAVAILABLE

    def test_a_base_that_is_elsewhere(self) -> None:
        """A referral is not followed: it is said where it leads."""
        self.peer.stop()
        self.peer.configure(before='referral "ldap://elsewhere.test"')
        self.peer.start()
        self.directory.tree = inetorgperson("dc=elsewhere")
        text = self.fault(self.ours().accounts.account(self.john))
        assert "it refers to ldap://elsewhere.test/dc=elsewhere" in text
        assert "name that server in ldap.urls" in text
        self.peer.stop()

    def test_parts_that_are_elsewhere_are_passed_over(self) -> None:
        """A continuation within the tree is no entry."""
        self.peer.load(
            slapd.add(
                "ou=far,ou=people,dc=example",
                {
                    "objectClass": ["referral", "extensibleObject"],
                    "ou": "far",
                    "ref": "ldap://elsewhere.test/ou=far,dc=example",
                },
            )
        )
        self.let_in(self.ours())

    def test_a_base_that_is_not_there(self) -> None:
        """The text says what to look at."""
        self.directory.tree = inetorgperson("ou=nowhere,dc=example")
        assert "there is no such base" in self.fault(self.ours().accounts.account(self.john))

    def test_the_directory_gives_a_few_entries_only(self) -> None:
        """Then the address list is not a short one, but none; logins go on."""
        self.peer.stop()
        self.peer.configure(reader_limit="4 size.prtotal=4")
        self.peer.start()
        for number in range(6):
            self.directory.add(f"u{number}@example.com", "demo-x")
        ours = self.ours()
        self.let_in(ours)
        assert "read without that limit" in self.fault(ours.people.people_since(None))
        assert ours.people.version() is None
        self.peer.stop()


@requires_slapd
class InheritanceTests(OnSlapd):
    """Attributes of COS, domain, server and the whole installation."""

    plan = CARBONIO
    under_test = CarbonioUnderTest

    def _cos(self, name: str, owner: str, **values: Any) -> None:
        entry = {"objectClass": ["organizationalRole", "zimbraCOS"], "zimbraId": owner, **values}
        self.peer.load(slapd.add(f"cn={name},cn=cos,cn=zimbra", entry))

    def _account(self, **options: Any) -> Account:
        return spin(self.ours(**options).accounts.account(self.john))

    def test_the_nearest_class_of_service_counts(self) -> None:
        """attributes.md 8: the account's COS, else its domain's, else the one named default."""
        first, second = (
            "11111111-0c00-11d9-836a-000d93afea2a",
            "22222222-0c00-11d9-836a-000d93afea2a",
        )
        self._cos("vip", first, zimbraMailQuota="111")
        self._cos("staff", second, zimbraMailQuota="222")
        assert self._account().value("zimbraMailQuota") == "0"
        assert self._account().flag("zimbraFeatureMobileSyncEnabled", default=False)
        self.directory.set_domain_attributes("example.com", zimbraDomainDefaultCOSId=second)
        assert self._account().value("zimbraMailQuota") == "222"
        assert not self._account().flag("zimbraFeatureMobileSyncEnabled", default=False)
        self.directory.set_attributes(self.john, zimbraCOSId=first)
        assert self._account().value("zimbraMailQuota") == "111"
        self.directory.set_attributes(self.john, zimbraMailQuota="5")
        assert self._account().value("zimbraMailQuota") == "5"

    def test_domain_over_server_over_global(self) -> None:
        """What domains and servers say, and what holds everywhere."""
        config = "cn=config,cn=zimbra"
        steps = {"zimbraGalMaxResults": "7", "zimbraMobileMaxMessageSize": "100"}
        self.peer.load(slapd.replace(config, steps))
        account = self._account()
        assert account.value("zimbraGalMaxResults") == "7"
        assert account.value("zimbraMobileMaxMessageSize") == "100"
        self.directory.set_domain_attributes("example.com", zimbraGalMaxResults="8")
        servers = {"objectClass": "organizationalRole", "cn": "servers"}
        server = {"objectClass": ["organizationalRole", "zimbraServer"], "cn": "mail.example.com"}
        self.peer.load(slapd.add("cn=servers,cn=zimbra", servers))
        self.peer.load(
            slapd.add(
                "cn=mail.example.com,cn=servers,cn=zimbra",
                {**server, "zimbraMobileMaxMessageSize": "200"},
            )
        )
        account = self._account(server_name="mail.example.com")
        assert account.value("zimbraGalMaxResults") == "8"
        assert account.value("zimbraMobileMaxMessageSize") == "200"

    def test_values_out_of_range_are_as_if_they_were_not_there(self) -> None:
        """What an administrator mistyped must not stop an account."""
        self.directory.set_attributes(
            self.john,
            zimbraPasswordLockoutMaxFailures="many",
            zimbraMailQuota="-",
            zimbraAccountStatus="strange",
        )
        account = self._account()
        assert account.value("zimbraPasswordLockoutMaxFailures") == "10"
        assert account.value("zimbraMailQuota") == "0"
        assert account.status is AccountStatus.LOCKED

    def test_the_lockout_of_the_product_is_obeyed(self) -> None:
        """attributes.md 3.3: with a time it ends when the duration is over, without it does not."""
        ours = self.ours()
        status = {"zimbraAccountStatus": "lockout", "zimbraPasswordLockoutDuration": "10m"}
        self.directory.set_attributes(self.john, **status)
        assert self.log_in(ours) is LoginFault.LOCKED_OUT
        assert spin(ours.accounts.account(self.john)).status is AccountStatus.LOCKOUT
        locked = {"zimbraPasswordLockoutLockedTime": "20231114221320.123Z"}
        self.directory.set_attributes(self.john, **locked)
        assert self.log_in(ours) is LoginFault.LOCKED_OUT
        self.clock.advance(600)
        assert self.let_in(ours).status is AccountStatus.ACTIVE

    def test_accounts_of_the_system_are_nobodys(self) -> None:
        """attributes.md 4: those of the system and of guests of shares have no phones."""
        for number, flag in enumerate(
            ("zimbraIsSystemAccount", "zimbraIsSystemResource", "zimbraIsExternalVirtualAccount")
        ):
            name = f"system{number}@example.com"
            owner = self.directory.add(name, "demo-john", **{flag: "TRUE"})
            ours = self.ours()
            assert self.log_in(ours, login=name) is LoginFault.UNKNOWN_ACCOUNT
            assert spin(ours.accounts.find(name)) is None
            with self.assertRaises(NotFound):
                spin(ours.accounts.account(owner))

    def test_default_domain(self) -> None:
        """A bare user whose host is nobody's gets zimbraDefaultDomainName."""
        self.directory.add("john@example.net", "demo-net")
        config = {"zimbraDefaultDomainName": "example.net"}
        self.peer.load(slapd.replace("cn=config,cn=zimbra", config))
        login = self.ours().accounts.log_in("john", "demo-net", host="10.0.0.1", peer="10.0.0.9")
        outcome = spin(login)
        assert isinstance(outcome, Account)
        assert outcome.name == "john@example.net"


@requires_slapd
class FeedTests(OnSlapd):
    """The address list follows the directory."""

    def setUp(self) -> None:
        """Read the list once."""
        super().setUp()
        self.feed = self.ours(servers=servers_of(self.peer, page_entries=3)).people
        self.others = [self.directory.add(f"u{one}@example.com", "demo-x") for one in range(7)]
        self.position, self.cards = None, {}
        self.pages = 0
        self._follow()

    def _follow(self) -> None:
        """Take all news that there are, as the address books do."""
        while True:
            news = spin(self.feed.people_since(self.position))
            self.pages += 1
            if news.is_first:
                self.cards.clear()
            self.cards.update({each.card.id: each.card for each in news.changed})
            for owner in news.gone:
                self.cards.pop(AccountId(owner), None)
            self.position = news.position
            if news.is_last:
                return

    def _name(self, owner: AccountId) -> Any:
        return self.cards[owner].values["displayname"]

    def test_everything_comes_in_pages(self) -> None:
        """Eight people in pages of three; then there is nothing new."""
        assert verifyObject(IPeopleFeed, self.feed)
        assert len(self.cards) == 8
        assert self.pages == 4
        version = self.feed.version()
        spin(self.feed.refresh(whole=True))
        assert self.feed.version() == version

    def test_changes_are_found_by_their_revision(self) -> None:
        """Who came and who changed is found with one search, who went when all are looked at."""
        spin(self.feed.refresh(whole=True))
        pool = self.feed._pool
        asked = pool.requests
        spin(self.feed.refresh())
        assert pool.requests == asked + 1
        before = self.feed.version()
        self.directory.set_attributes(self.john, displayName="Johnny")
        new = self.directory.add("new@example.com", "demo-x", displayName="New")
        self.directory.remove(self.others[0])
        spin(self.feed.refresh())
        assert self.feed.version() != before
        self._follow()
        assert (self._name(self.john), self._name(new)) == (("Johnny",), ("New",))
        assert self.others[0] in self.cards
        spin(self.feed.refresh(whole=True))
        self._follow()
        assert self.others[0] not in self.cards
        assert len(self.cards) == 8

    def test_who_hides_is_gone(self) -> None:
        """An entry that is not shown any more is told as gone."""
        spin(self.feed.refresh(whole=True))
        self.directory.set_attributes(self.john, zimbraHideInGal="TRUE")
        spin(self.feed.refresh())
        self._follow()
        assert self.john not in self.cards

    def test_a_change_while_everything_is_read_is_not_lost(self) -> None:
        """It is told by the next look, wherever its page was."""
        self.position = None
        news = spin(self.feed.people_since(None))
        for owner in (self.john, *self.others):
            self.directory.set_attributes(owner, displayName="Changed")
        self.position = news.position
        self.cards = {each.card.id: each.card for each in news.changed}
        self._follow()
        spin(self.feed.refresh(whole=True))
        self._follow()
        assert {self._name(owner) for owner in self.cards} == {("Changed",)}

    def test_a_server_that_is_away_takes_nothing_from_the_list(self) -> None:
        """What is known stays; an interrupted reading begins anew."""
        version = self.feed.version()
        news = spin(self.feed.people_since(None))
        self.peer.kill()
        self.fault(self.feed.refresh(whole=True))
        self.fault(self.feed.people_since(news.position))
        assert self.feed.version() == version
        self.peer.start()
        pause(0.1)
        again = spin(self.feed.people_since(news.position))
        assert again.is_first

    def test_random_changes_arrive(self) -> None:
        """Whatever changes between the looks, the list is in the end as one that is read anew."""
        chance = random.Random(6)
        present = [self.john, *self.others]
        for round_ in range(12):
            for number in range(chance.randrange(4)):
                match chance.choice(("add", "change", "hide", "remove")):
                    case "add":
                        name = f"r{round_}-{number}@example.com"
                        present.append(self.directory.add(name, "demo-x", title="New"))
                    case "change":
                        owner = chance.choice(present)
                        self.directory.set_attributes(owner, displayName=f"N{chance.random()}")
                    case "hide":
                        flag = chance.choice(("TRUE", "FALSE"))
                        self.directory.set_attributes(chance.choice(present), zimbraHideInGal=flag)
                    case _:
                        self.directory.remove(present.pop(chance.randrange(len(present))))
            spin(self.feed.refresh(whole=chance.random() < 0.3))
            if chance.random() < 0.6:
                self._follow()
        spin(self.feed.refresh(whole=True))
        self._follow()
        followed, self.position, self.cards = self.cards, None, {}
        self._follow()
        assert followed == self.cards
        assert set(followed) <= set(present)
