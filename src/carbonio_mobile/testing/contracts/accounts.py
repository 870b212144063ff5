"""What every implementation of IAccounts must do.

Spec: ../shared/carbonio/attributes.md 3, 5; ../shared/protocol/client-quirks.md 1 rules 4 and 5.
"""

from collections.abc import Awaitable, Sequence
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.directory.accounts import Account, AccountStatus, LoginFault
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts

T = TypeVar("T")

_LOCKOUT = {
    "zimbraPasswordLockoutEnabled": "TRUE",
    "zimbraPasswordLockoutMaxFailures": "3",
    "zimbraPasswordLockoutDuration": "10m",
    "zimbraPasswordLockoutFailureLifetime": "1h",
}


class DirectoryUnderTest(Protocol):
    """How a backend's directory is filled and changed; names of attributes are the product's."""

    def add_domain(self, name: str, **attributes: str | Sequence[str]) -> None:
        """Make a domain."""

    def add(
        self,
        name: str,
        password: str,
        *,
        aliases: Sequence[str] = (),
        **attributes: str | Sequence[str],
    ) -> AccountId:
        """Make an account, and its domain where that is missing."""

    def set_password(self, account: AccountId, password: str) -> None:
        """Change a password."""

    def set_attributes(self, account: AccountId, **attributes: str | Sequence[str]) -> None:
        """Change attributes of an account."""

    def set_domain_attributes(self, name: str, **attributes: str | Sequence[str]) -> None:
        """Change attributes of a domain."""

    def remove(self, account: AccountId) -> None:
        """Remove an account."""


class AccountsContract(SynchronousTestCase):
    """Subclasses set ``__test__`` and implement :meth:`make`."""

    __test__ = False

    def make(self, clock: Clock) -> tuple[IAccounts, DirectoryUnderTest]:
        """Make an empty directory whose time is ``clock``'s."""
        raise NotImplementedError("a backend's tests make its directory here")

    def setUp(self) -> None:
        """Make a directory with one account."""
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.accounts, self.directory = self.make(self.clock)
        self.john = self.directory.add(
            "john@example.com",
            "demo-john",
            aliases=("j.doe@example.com", "sales@example.com"),
            displayName="John Doe",
        )

    def result(self, awaitable: Awaitable[T]) -> T:
        """Give what an awaitable gives; it must have it already."""
        return self.successResultOf(_deferred(awaitable))

    def log_in(
        self,
        login: str,
        password: str = "demo-john",  # noqa: S107 - an example
        host: str = "10.0.0.1",
    ) -> Account | LoginFault:
        """Log in from one peer."""
        return self.result(self.accounts.log_in(login, password, host=host, peer="10.0.0.9"))

    def assert_john(self, outcome: Account | LoginFault) -> None:
        """Hold an outcome against the one account."""
        assert isinstance(outcome, Account)
        assert outcome.id == self.john

    def test_provides_interface(self) -> None:
        """The backend is an IAccounts."""
        assert verifyObject(IAccounts, self.accounts)

    def test_account_as_created(self) -> None:
        """An account has its name, addresses, display name, domain and status."""
        account = self.result(self.accounts.account(self.john))
        assert account.name == "john@example.com"
        assert account.addresses == ("john@example.com", "j.doe@example.com", "sales@example.com")
        assert account.display_name == "John Doe"
        assert account.domain == "example.com"
        assert account.status is AccountStatus.ACTIVE
        assert account.domain_status is AccountStatus.ACTIVE

    def test_attributes_ignore_case_and_end_in_defaults(self) -> None:
        """An attribute is found whatever its case; one set nowhere has its built-in default."""
        account = self.result(self.accounts.account(self.john))
        assert account.value("DISPLAYNAME") == "John Doe"
        assert account.value("zimbraMailQuota") == "0"
        assert account.flag("zimbraFeatureMobileSyncEnabled", default=False)
        assert account.value("zimbraNoSuchThing", "absent") == "absent"

    def test_values_keep_their_order(self) -> None:
        """Several values of an attribute stay in the order in which they were set."""
        values = ("z@example.com", "a@example.com", "m@example.com")
        self.directory.set_attributes(self.john, zimbraAllowFromAddress=values)
        account = self.result(self.accounts.account(self.john))
        assert account.attributes["zimbraallowfromaddress"] == values

    def test_change_shows_at_once(self) -> None:
        """A changed attribute shows in the next look, whatever was looked at before."""
        self.result(self.accounts.account(self.john))
        self.assert_john(self.log_in("john@example.com"))
        self.directory.set_attributes(self.john, zimbraFeatureMobileSyncEnabled="FALSE")
        for account in (
            self.result(self.accounts.account(self.john)),
            self.log_in("john@example.com"),
            self.result(self.accounts.find("john@example.com")),
        ):
            assert isinstance(account, Account)
            assert not account.flag("zimbraFeatureMobileSyncEnabled", default=True)

    def test_unknown_account(self) -> None:
        """An id that no account has raises NotFound, a removed account's id too."""
        self.directory.remove(self.john)
        for account in (self.john, AccountId("nobody")):
            self.failureResultOf(_deferred(self.accounts.account(account)), NotFound)

    def test_find(self) -> None:
        """An account is found by name and alias in any case; another address finds nothing."""
        for address in ("john@example.com", "J.Doe@Example.COM"):
            found = self.result(self.accounts.find(address))
            assert found is not None
            assert found.id == self.john
        for address in ("mary@example.com", "john", "", "@", "j@@example.com"):
            assert self.result(self.accounts.find(address)) is None

    def test_login_forms(self) -> None:
        """A login may be name, alias, DOMAIN\\user, an escaped address, or the bare user."""
        for login in (
            "john@example.com",
            "JOHN@EXAMPLE.COM",
            " john@example.com",
            "sales@example.com",
            "john%40example.com",
            "EXAMPLE\\john",
            "example.com\\John",
            "anything\\john@example.com",
            "\\john",
            "john",
        ):
            self.assert_john(self.log_in(login))

    def test_bare_user_belongs_to_the_host(self) -> None:
        """A bare user gets the domain of the host: a virtual host, the domain, a name below it."""
        self.directory.add_domain("example.org", zimbraVirtualHostname=["phones.example.net"])
        other = self.directory.add("john@example.org", "demo-other")
        for host in ("phones.example.net", "PHONES.example.net:443", "mail.example.org"):
            outcome = self.log_in("john", "demo-other", host)
            assert isinstance(outcome, Account)
            assert outcome.id == other
        self.assert_john(self.log_in("john", host="eas.mail.example.com"))
        assert self.log_in("john", host="example.org") is LoginFault.WRONG_PASSWORD
        assert self.log_in("john", host="elsewhere.test") is LoginFault.UNKNOWN_ACCOUNT

    def test_faults(self) -> None:
        """What cannot log in says why, as a value."""
        assert self.log_in("john@example.com", "demo-mary") is LoginFault.WRONG_PASSWORD
        assert self.log_in("mary@example.com") is LoginFault.UNKNOWN_ACCOUNT
        assert self.log_in("john@example.org") is LoginFault.UNKNOWN_ACCOUNT
        for login, password in (
            ("", "demo-john"),
            ("john@example.com", ""),
            ("j" * 400, "demo-john"),
            ("john@example.com", "x" * 5000),
            ("john\0@example.com", "demo-john"),
        ):
            assert self.log_in(login, password) is LoginFault.MALFORMED

    def test_odd_text_is_refused_without_fault(self) -> None:
        """Text that no address can be is an unknown account."""
        for login in ("@", "\\", "a@b@c", "jöhn@exämple.com", "\ud800", "john@[10.0.0.1]", "%40"):
            assert self.log_in(login) is LoginFault.UNKNOWN_ACCOUNT

    def test_password_change_ends_the_old_one_at_once(self) -> None:
        """After a change the old password is wrong and the new one right, whatever was cached."""
        self.assert_john(self.log_in("john@example.com"))
        assert self.log_in("john", "demo-new") is LoginFault.WRONG_PASSWORD
        self.directory.set_password(self.john, "demo-new")
        assert self.log_in("john@example.com") is LoginFault.WRONG_PASSWORD
        self.assert_john(self.log_in("john", "demo-new"))

    def test_removed_account_cannot_log_in(self) -> None:
        """A removed account is unknown at once, and one made anew under its name is another."""
        self.assert_john(self.log_in("john@example.com"))
        self.directory.remove(self.john)
        assert self.log_in("john@example.com") is LoginFault.UNKNOWN_ACCOUNT
        assert self.result(self.accounts.find("sales@example.com")) is None

    def test_status_is_given_not_judged(self) -> None:
        """A closed account still logs in: what that means is decided elsewhere."""
        self.directory.set_attributes(self.john, zimbraAccountStatus="closed")
        self.directory.add_domain("example.net", zimbraDomainStatus="suspended")
        mary = self.directory.add("mary@example.net", "demo-mary")
        outcome = self.log_in("john@example.com")
        assert isinstance(outcome, Account)
        assert outcome.status is AccountStatus.CLOSED
        account = self.result(self.accounts.account(mary))
        assert account.domain_status is AccountStatus.SUSPENDED

    def _fail(self, *passwords: str) -> None:
        for password in passwords:
            assert self.log_in("john@example.com", password) is LoginFault.WRONG_PASSWORD

    def test_lockout(self) -> None:
        """So many different wrong passwords lock the account out, the right one too, for a time."""
        self.directory.set_attributes(self.john, **_LOCKOUT)
        self.assert_john(self.log_in("john@example.com"))
        self._fail("wrong1", "wrong2", "wrong3")
        assert self.log_in("john@example.com") is LoginFault.LOCKED_OUT
        assert self.log_in("john@example.com", "wrong4") is LoginFault.LOCKED_OUT
        account = self.result(self.accounts.account(self.john))
        assert account.status is AccountStatus.LOCKOUT
        self.clock.advance(600)
        account = self.result(self.accounts.account(self.john))
        assert account.status is AccountStatus.ACTIVE
        self.assert_john(self.log_in("john@example.com"))

    def test_failures_before_a_lockout_do_not_count_after_it(self) -> None:
        """After a lockout the account has all its attempts again."""
        self.directory.set_attributes(self.john, **_LOCKOUT)
        self._fail("wrong1", "wrong2", "wrong3")
        self.clock.advance(600)
        self._fail("wrong4", "wrong5")
        self.assert_john(self.log_in("john@example.com"))

    def test_repeated_wrong_password_counts_once(self) -> None:
        """A phone that keeps asking with an outdated password does not lock its account."""
        self.directory.set_attributes(self.john, **_LOCKOUT)
        self._fail(*["outdated"] * 20)
        self.assert_john(self.log_in("john@example.com"))

    def test_repeats_count_where_the_attribute_says_so(self) -> None:
        """Without suppression each wrong password counts."""
        rules = _LOCKOUT | {"zimbraPasswordLockoutSuppressionEnabled": "FALSE"}
        self.directory.set_attributes(self.john, **rules)
        self._fail(*["outdated"] * 3)
        assert self.log_in("john@example.com") is LoginFault.LOCKED_OUT

    def test_password_that_must_be_changed(self) -> None:
        """The right password is refused and not counted, until another one is set."""
        self.assert_john(self.log_in("john@example.com"))
        self.directory.set_attributes(self.john, zimbraPasswordMustChange="TRUE", **_LOCKOUT)
        for _ in range(5):
            assert self.log_in("john@example.com") is LoginFault.MUST_CHANGE
        assert self.log_in("john@example.com", "wrong") is LoginFault.WRONG_PASSWORD
        self.directory.set_password(self.john, "demo-new")
        self.assert_john(self.log_in("john@example.com", "demo-new"))

    def test_old_failures_are_forgotten(self) -> None:
        """A failure older than its lifetime does not count."""
        self.directory.set_attributes(self.john, **_LOCKOUT)
        self._fail("wrong1", "wrong2")
        self.clock.advance(3600)
        self._fail("wrong3", "wrong4")
        self.assert_john(self.log_in("john@example.com"))

    def test_success_clears_failures(self) -> None:
        """A good login begins the count anew."""
        self.directory.set_attributes(self.john, **_LOCKOUT)
        for first, second in (("a", "b"), ("c", "d"), ("e", "f")):
            self._fail(first, second)
            self.assert_john(self.log_in("john@example.com", host=f"{first}.test"))

    def test_lockout_is_off_by_default(self) -> None:
        """Without the attribute nothing locks an account."""
        self._fail(*(f"wrong{number}" for number in range(30)))
        self.assert_john(self.log_in("john@example.com"))

    def test_new_password_ends_lockout(self) -> None:
        """Setting a password lets the account in again."""
        self.directory.set_attributes(self.john, **_LOCKOUT)
        self._fail("wrong1", "wrong2", "wrong3")
        self.directory.set_password(self.john, "demo-new")
        self.assert_john(self.log_in("john@example.com", "demo-new"))

    def test_nothing_secret_in_reprs(self) -> None:
        """An account shows neither passwords nor attribute values."""
        self.directory.set_attributes(self.john, someSecret="hunter2")
        account = self.result(self.accounts.account(self.john))
        assert "hunter2" not in repr(account)
        assert "demo-john" not in repr(account)


def _deferred(awaitable: Awaitable[T]) -> Deferred[T]:
    async def awaited() -> T:
        return await awaitable

    return Deferred.fromCoroutine(awaited())
