"""Accounts whose own passwords a mail server knows: asked, remembered, made at the first login."""

from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.credentials import CredentialStore
from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.embedded import EmbeddedAccounts, LoginBounds
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.loginstore import LoginStore
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.outside import OutsideCheck
from carbonio_mobile.accounts.passwords import HashCost, Passwords
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.directory.credentials import EAS, CredentialWish
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.testing.lanes import InlineLane

T = TypeVar("T")
CHEAP = HashCost(memory_kib=8, rounds=1, lanes=1)
BOUNDS = LoginBounds(
    verified_idle_s=6000,
    verified_count=100,
    wrong_count=100,
    accounts_count=100,
    peer_at_once=8,
    peer_waiting=100,
)


class OutsideTests(SynchronousTestCase):
    """A server that knows john and mary, a directory that knows their domain only."""

    def setUp(self) -> None:
        """Open the directory."""
        room = TemporaryDirectory()
        self.addCleanup(room.cleanup)
        data = Path(room.name)
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.store = open_store(data, CHEAP)
        self.addCleanup(self.store.close)
        self.store.create_domain("example.com")
        self.known = {"john@example.com": "secret", "mary@example.com": "other"}
        self.asked: list[str] = []
        self.is_away = False
        self.proven: list[tuple[AccountId, str]] = []
        transactions = Transactions(open_database(data))
        watch = SQLiteWatch(data / FILE_NAME)
        self.addCleanup(transactions.close)
        self.addCleanup(watch.close)
        self.password_lane = InlineLane()
        self.credentials = CredentialStore(transactions, Passwords(CHEAP), self.clock.seconds)
        self.accounts = EmbeddedAccounts(
            logins=LoginStore(transactions),
            passwords=Passwords(CHEAP),
            watch=watch,
            directory_lane=InlineLane(),
            password_lane=self.password_lane,
            clock=self.clock.seconds,
            secret=b"k" * 32,
            bounds=BOUNDS,
            outside=OutsideCheck(
                right=self.right,
                enrol=lambda address: self.store.create_account(address, None),
                prove_again_s=300,
            ),
            proven=lambda account, password: self.proven.append((account, password)),
        )

    async def right(self, address: str, password: str) -> bool:
        """Be the mail server."""
        self.asked.append(address)
        if self.is_away:
            raise Unavailable("away")
        return self.known.get(address) == password

    def log_in(self, password: str = "secret", login: str = "john@example.com") -> Any:
        """Log in."""
        return self.result(self.accounts.log_in(login, password, host="h", peer="10.0.0.9"))

    def result(self, awaitable: Awaitable[T]) -> T:
        """Give what is there at once."""

        async def wait() -> T:
            return await awaitable

        return self.successResultOf(Deferred.fromCoroutine(wait()))

    def test_the_first_right_login_makes_the_account(self) -> None:
        """Whatever name of the address was typed; the second one asks nobody."""
        account = self.log_in(login="EXAMPLE\\John")
        assert isinstance(account, Account)
        assert account.name == "john@example.com"
        assert self.store.accounts() == [("john@example.com", account.id)]
        before = len(self.asked)
        for _ in range(5):
            again = self.log_in(login="EXAMPLE\\John")
            assert again.id == account.id
        assert len(self.asked) == before == 1
        assert self.log_in().id == account.id
        assert self.proven == [(account.id, "secret")] * 7
        assert self.password_lane.count == 0

    def test_nobody_else_gets_one(self) -> None:
        """A wrong password, an address in no domain of ours, a list, a full domain."""
        assert self.log_in("wrong") is LoginFault.UNKNOWN_ACCOUNT
        self.known["john@example.net"] = "secret"
        assert self.log_in(login="john@example.net") is LoginFault.UNKNOWN_ACCOUNT
        assert self.asked == ["john@example.com"]
        domain = Target(level=Level.DOMAIN, name="example.com")
        self.store.set_attributes(domain, [("zimbraDomainMaxAccounts", ["1"])])
        self.log_in("other", "mary@example.com")
        assert self.log_in() is LoginFault.UNKNOWN_ACCOUNT
        assert len(self.proven) == 1

    def test_a_password_is_asked_about_anew(self) -> None:
        """One that was changed at the server is wrong a few minutes later, however often used."""
        self.log_in()
        self.known["john@example.com"] = "new"
        for _ in range(4):
            self.clock.advance(60)
            assert isinstance(self.log_in(), Account)
        self.clock.advance(60)
        assert self.log_in() is LoginFault.WRONG_PASSWORD
        assert isinstance(self.log_in("new"), Account)

    def test_a_password_in_doubt_is_asked_about_at_once(self) -> None:
        """The server refused it elsewhere; when it changed, the old one is wrong from then on."""
        account = self.log_in()
        self.clock.advance(1)
        self.accounts.doubt(account.id)
        before = len(self.asked)
        for _ in range(3):
            assert isinstance(self.log_in(), Account)
        assert len(self.asked) == before + 1, "it was right all the same"
        self.known["john@example.com"] = "new"
        self.clock.advance(1)
        self.accounts.doubt(account.id)
        assert self.log_in() is LoginFault.WRONG_PASSWORD
        assert isinstance(self.log_in("new"), Account)
        assert self.log_in() is LoginFault.WRONG_PASSWORD

    def test_a_wrong_one_is_not_asked_about_each_time(self) -> None:
        """A phone with an old password costs a login now and then; a right one is soon right."""
        self.log_in()
        before = len(self.asked)
        for _ in range(10):
            assert self.log_in("later") is LoginFault.WRONG_PASSWORD
        assert len(self.asked) == before + 1
        self.known["john@example.com"] = "later"
        self.clock.advance(300)
        assert isinstance(self.log_in("later"), Account)

    def test_an_absent_server_locks_nobody_out(self) -> None:
        """The login is unavailable, counts for nothing, and works as soon as the server is back."""
        account = self.log_in()
        rules = [
            ("zimbraPasswordLockoutEnabled", ["TRUE"]),
            ("zimbraPasswordLockoutMaxFailures", ["2"]),
        ]
        self.store.set_attributes(Target(level=Level.ACCOUNT, name=account.id), rules)
        self.is_away = True
        assert isinstance(self.log_in(), Account), "remembered"
        for password in ("a", "b", "c", "d"):
            login = self.accounts.log_in("john@example.com", password, host="h", peer="p")
            self.failureResultOf(Deferred.fromCoroutine(login), Unavailable)
        self.is_away = False
        self.clock.advance(300)
        assert isinstance(self.log_in(), Account)
        for password in ("a", "b"):
            assert self.log_in(password) is LoginFault.WRONG_PASSWORD
        before = len(self.asked)
        assert self.log_in("c") is LoginFault.LOCKED_OUT
        assert len(self.asked) == before, "nobody is asked for who is locked out"

    def test_mobile_passwords_stay_ours(self) -> None:
        """With one the server is not asked, and the account's own password is wrong for phones."""
        account = self.log_in()
        wish = CredentialWish(label="phone", services=(EAS,), password="mobile-one")
        self.credentials.add(account.id, [wish])
        before, self.proven = len(self.asked), []
        assert isinstance(self.log_in("mobile-one"), Account)
        assert self.log_in() is LoginFault.WRONG_PASSWORD
        assert len(self.asked) == before
        assert self.proven == [], "it is no password of the mail server"

    def test_an_account_of_the_administrator_is_the_same(self) -> None:
        """One that was made here before its first login is not made again."""
        john = self.store.create_account("john@example.com", None, aliases=["j@example.com"])
        assert self.log_in(login="j@example.com").id == john
        assert self.asked == ["john@example.com"]
