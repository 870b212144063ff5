"""What every implementation of ICredentials must do, and IAccounts with mobile passwords in it.

Spec: ../shared/carbonio/cli.md 4; admin-panel.md 4.
"""

from base64 import b64encode
from collections.abc import Awaitable, Sequence
from hashlib import sha256
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.directory.credentials import (
    ARGON2ID,
    CREDENTIALS_MAX,
    SHA256,
    CredentialChange,
    CredentialWish,
    Issued,
)
from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts, ICredentials
from carbonio_mobile.testing.contracts.accounts import DirectoryUnderTest

T = TypeVar("T")
HOME, AWAY = "192.168.7.9", "203.0.113.5"


def product_hash(password: str) -> str:
    """Give what the product stores: Base64 of the unsalted SHA-256."""
    return b64encode(sha256(password.encode()).digest()).decode()


class CredentialsContract(SynchronousTestCase):
    """Subclasses set ``__test__`` and implement :meth:`make`."""

    __test__ = False

    def make(self, clock: Clock) -> tuple[IAccounts, ICredentials, DirectoryUnderTest]:
        """Make an empty directory whose time is ``clock``'s."""
        raise NotImplementedError("a backend's tests make its directory here")

    def setUp(self) -> None:
        """Make a directory with one account."""
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.accounts, self.credentials, self.directory = self.make(self.clock)
        self.john = self.directory.add("john@example.com", "demo-john")

    def result(self, awaitable: Awaitable[T]) -> T:
        """Give what an awaitable gives; it must have it already."""
        return self.successResultOf(_deferred(awaitable))

    def fails(self, awaitable: Awaitable[object], *errors: type[Exception]) -> None:
        """Hold an awaitable to its failure."""
        self.failureResultOf(_deferred(awaitable), *errors)

    def log_in(
        self,
        password: str,
        service: str = "EAS",
        peer: str = AWAY,
    ) -> Account | LoginFault:
        """Log in as the one account."""
        return self.result(
            self.accounts.log_in("john@example.com", password, host="h", peer=peer, service=service)
        )

    def opens(self, password: str, service: str = "EAS", peer: str = AWAY) -> bool:
        """Tell whether a password lets the account in; what does not is wrong, no other fault."""
        outcome = self.log_in(password, service, peer)
        if isinstance(outcome, Account):
            assert outcome.id == self.john
            return True
        assert outcome is LoginFault.WRONG_PASSWORD
        return False

    def add(self, **wish: object) -> Issued:
        """Add one mobile password."""
        wished = CredentialWish(**wish)  # type: ignore[arg-type]
        (issued,) = self.result(self.credentials.add(self.john, [wished]))
        return issued

    def test_provides_interface(self) -> None:
        """The backend is an ICredentials."""
        assert verifyObject(ICredentials, self.credentials)

    def test_added_one_is_listed(self) -> None:
        """cli.md 4.1: what is added is listed with an id of five letters, for EAS by default."""
        first = self.add(label="phone").credential
        self.clock.advance(1)
        second = self.add(label="tablet", password="of the tablet").credential  # noqa: S106
        listed = self.result(self.credentials.of(self.john))
        assert [each.label for each in listed] == ["phone", "tablet"]
        assert [each.generated for each in listed] == [True, False]
        assert {each.services for each in listed} == {("EAS",)}
        assert {each.algorithm for each in listed} == {ARGON2ID}
        assert all(each.enabled and len(each.id) == 5 for each in listed)
        assert [each.id for each in listed] == [first.id, second.id]
        assert listed[0].created == 1_700_000_000

    def test_generated_ones_are_long_and_clear(self) -> None:
        """Sixteen characters, none of which looks like another; no two are the same."""
        chosen = {self.add().password for _ in range(8)}
        assert len(chosen) == 8
        for password in chosen:
            assert len(password) == 16
            assert not set(password) & set("ilo01IO5S2Z8B")

    def test_it_opens_its_service_only(self) -> None:
        """cli.md 4.1: it opens what it was made for, and the account's own one no more."""
        assert self.opens("demo-john")
        mobile = self.add(services=("EAS",)).password
        assert self.opens(mobile)
        assert not self.opens("demo-john")
        assert not self.opens(mobile, "Dav")
        assert self.opens("demo-john", "Dav")
        dav = self.add(services=("Dav", "SMTP")).password
        assert self.opens(dav, "Dav")
        assert not self.opens(dav)
        assert not self.opens("demo-john", "Dav")

    def test_several_open_side_by_side(self) -> None:
        """Each of an account's mobile passwords is right, and a wrong one still wrong."""
        passwords = [self.add(label=str(number)).password for number in range(4)]
        for password in passwords * 2:
            assert self.opens(password)
        assert not self.opens("guess")

    def test_change_takes_effect_at_once(self) -> None:
        """A disabled or deleted one is wrong from then on; then the account's own is right."""
        issued = self.add()
        assert self.opens(issued.password)
        self._change(issued, enabled=False)
        assert not self.opens(issued.password)
        assert self.opens("demo-john")
        self._change(issued, enabled=True)
        assert self.opens(issued.password)
        assert not self.opens("demo-john")
        self._change(issued, services=("Dav",))
        assert not self.opens(issued.password)
        assert self.opens(issued.password, "Dav")
        self.result(self.credentials.delete(self.john, issued.credential.id))
        assert not self.opens(issued.password, "Dav")
        assert self.opens("demo-john")

    def _change(self, issued: Issued, **change: object) -> None:
        changed = CredentialChange(**change)  # type: ignore[arg-type]
        self.result(self.credentials.update(self.john, issued.credential.id, changed))

    def test_label_alone_changes(self) -> None:
        """What is not named in a change stays."""
        issued = self.add(label="phone", services=("EAS", "Dav"))
        self._change(issued, label="old phone")
        (listed,) = self.result(self.credentials.of(self.john))
        assert (listed.label, listed.services, listed.enabled) == (
            "old phone", ("EAS", "Dav"), True,
        )  # fmt: skip
        assert self.opens(issued.password)

    def test_hash_of_the_product_opens(self) -> None:
        """cli.md 4.1: the documented record of ``easpass`` lets in who types that, again too."""
        self.add(hash=product_hash("easpass"), algorithm=SHA256)
        for _ in range(3):
            assert self.opens("easpass")
            assert not self.opens("eas-pass")

    def test_hashes_of_both_kinds_side_by_side(self) -> None:
        """A record of the product and one of ours are tried alike."""
        ours = self.add().password
        self.add(hash=product_hash("easpass"), algorithm=SHA256)
        assert self.opens(ours)
        assert self.opens("easpass")
        assert not self.opens("guess")

    def test_bad_wishes_are_refused_and_nothing_is_added(self) -> None:
        """Each has its reason; good ones beside it are not added either."""
        good = CredentialWish()
        for bad in (
            CredentialWish(services=()),
            CredentialWish(services=("FTP",)),
            CredentialWish(password="x"),  # noqa: S106
            CredentialWish(password="x" * 600),
            CredentialWish(label="x" * 129),
            CredentialWish(label="a\nb"),
            CredentialWish(hash="not base64!", algorithm=SHA256),
            CredentialWish(hash="YWJj", algorithm=SHA256),
            CredentialWish(hash=product_hash("x"), algorithm="MD5"),
            CredentialWish(hash=product_hash("x"), password="both of them"),  # noqa: S106
        ):
            self.fails(self.credentials.add(self.john, [good, bad]), InvalidArgument)
        assert not self.result(self.credentials.of(self.john))

    def test_at_most_so_many(self) -> None:
        """An account has twenty at most: what would be more is refused whole."""
        wishes: Sequence[CredentialWish] = [
            CredentialWish(hash=product_hash(str(number))) for number in range(CREDENTIALS_MAX - 1)
        ]
        self.result(self.credentials.add(self.john, wishes))
        self.fails(self.credentials.add(self.john, wishes[:2]), NotAllowed)
        assert len(self.result(self.credentials.of(self.john))) == CREDENTIALS_MAX - 1
        self.add()
        self.fails(self.credentials.add(self.john, wishes[:1]), NotAllowed)

    def test_what_is_not_there(self) -> None:
        """No account, or no such credential of the account: NotFound; another's is not touched."""
        issued = self.add()
        mary = self.directory.add("mary@example.com", "demo-mary")
        nobody = AccountId("nobody")
        change = CredentialChange(enabled=False)
        for account, credential in (
            (nobody, issued.credential.id),
            (mary, issued.credential.id),
            (self.john, "zzzzz"),
        ):
            self.fails(self.credentials.update(account, credential, change), NotFound)
            self.fails(self.credentials.delete(account, credential), NotFound)
        self.fails(self.credentials.of(nobody), NotFound)
        self.fails(self.credentials.add(nobody, [CredentialWish()]), NotFound)
        assert self.opens(issued.password)

    def test_wrong_ones_count_towards_lockout(self) -> None:
        """Failures with mobile passwords lock the account out as others do."""
        mobile = self.add().password
        self.directory.set_attributes(
            self.john,
            zimbraPasswordLockoutEnabled="TRUE",
            zimbraPasswordLockoutMaxFailures="3",
        )
        for guess in ("demo-john", "guess1", "guess2"):
            assert not self.opens(guess)
        assert self.log_in(mobile) is LoginFault.LOCKED_OUT

    def test_second_factor_demanded(self) -> None:
        """admin-panel.md 4: with 2FA on, the own password opens from trusted addresses alone."""
        self.directory.set_domain_attributes(
            "example.com", carbonioAuthEASTrustedRange=["192.168.0.1/16", "2001:db8::/32"]
        )
        self.directory.set_attributes(self.john, zimbraTwoFactorAuthEnabled="TRUE")
        for _ in range(2):
            assert self.opens("demo-john", peer=HOME)
            assert self.opens("demo-john", peer="::ffff:192.168.7.9")
            assert self.opens("demo-john", peer="2001:db8::7")
            for stranger in (AWAY, "", "unix", "2001:db9::1"):
                assert self.log_in("demo-john", peer=stranger) is LoginFault.SECOND_FACTOR
                assert self.log_in("guess", peer=stranger) is LoginFault.WRONG_PASSWORD
        assert self.opens(self.add().password)

    def test_policy_decides_for_everybody(self) -> None:
        """2fa_policy 1 demands it of accounts without one, 0 of nobody."""
        for policy, outcome in (("1", False), ("2", False), ("0", True)):
            self.directory.set_domain_attributes("example.com", carbonioAuthEASSecondFactor=policy)
            met = self.log_in("demo-john")
            assert isinstance(met, Account) is outcome
            assert self.opens("demo-john", "Dav")
        self.directory.set_attributes(self.john, zimbraFeatureTwoFactorAuthRequired="TRUE")
        assert self.opens("demo-john")

    def test_own_password_that_must_change(self) -> None:
        """One that must be changed opens nothing, and a mobile password still does."""
        self.directory.set_attributes(self.john, zimbraPasswordMustChange="TRUE")
        for _ in range(2):
            assert self.log_in("demo-john") is LoginFault.MUST_CHANGE
        assert self.opens(self.add().password)

    def test_nothing_secret_in_reprs(self) -> None:
        """Neither the clear password nor its hash shows."""
        issued = self.add(password="hunter2-hunter2")  # noqa: S106
        wish = CredentialWish(password="hunter2-hunter2")  # noqa: S106
        for shown in (repr(issued), repr(wish), repr(self.result(self.credentials.of(self.john)))):
            assert "hunter2" not in shown
            assert "argon2" not in shown

    def test_removed_account_takes_them_along(self) -> None:
        """Whoever gets the name next has none."""
        mobile = self.add().password
        self.directory.remove(self.john)
        self.john = self.directory.add("john@example.com", "demo-new")
        assert not self.result(self.credentials.of(self.john))
        assert not self.opens(mobile)
        assert self.opens("demo-new")


def _deferred(awaitable: Awaitable[T]) -> Deferred[T]:
    async def awaited() -> T:
        return await awaitable

    return Deferred.fromCoroutine(awaited())
