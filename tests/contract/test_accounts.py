"""Every implementation of IAccounts keeps the contract."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.task import Clock

from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.embedded import EmbeddedAccounts, LoginBounds
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.loginstore import LoginStore
from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.accounts.passwords import HashCost, Passwords
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts
from carbonio_mobile.testing.contracts.accounts import AccountsContract, DirectoryUnderTest
from carbonio_mobile.testing.lanes import InlineLane

CHEAP = HashCost(memory_kib=8, rounds=1, lanes=1)
BOUNDS = LoginBounds(
    verified_idle_s=600,
    verified_count=100,
    wrong_count=100,
    accounts_count=100,
    peer_at_once=8,
    peer_waiting=100,
)


class EmbeddedUnderTest:
    """Changes the embedded directory through its store, as another process would."""

    def __init__(self, store: DirectoryStore) -> None:
        self._store = store

    def add_domain(self, name: str, **attributes: str | Sequence[str]) -> None:
        self._store.create_domain(name, _changes(attributes))

    def add(
        self,
        name: str,
        password: str,
        *,
        aliases: Sequence[str] = (),
        **attributes: str | Sequence[str],
    ) -> AccountId:
        domain = name.partition("@")[2]
        if domain not in self._store.domains():
            self._store.create_domain(domain)
        return self._store.create_account(
            name, password, aliases=aliases, changes=_changes(attributes)
        )

    def set_password(self, account: AccountId, password: str) -> None:
        self._store.set_password(account, password)

    def set_attributes(self, account: AccountId, **attributes: str | Sequence[str]) -> None:
        self._store.set_attributes(Target(level=Level.ACCOUNT, name=account), _changes(attributes))

    def set_domain_attributes(self, name: str, **attributes: str | Sequence[str]) -> None:
        self._store.set_attributes(Target(level=Level.DOMAIN, name=name), _changes(attributes))

    def remove(self, account: AccountId) -> None:
        self._store.delete_account(account)


def _changes(attributes: dict[str, str | Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    return [
        (name, (given,) if isinstance(given, str) else given) for name, given in attributes.items()
    ]


class EmbeddedAccountsTests(AccountsContract):
    """The embedded directory keeps the contract."""

    __test__ = True

    def make(self, clock: Clock) -> tuple[IAccounts, DirectoryUnderTest]:
        room = TemporaryDirectory()
        self.addCleanup(room.cleanup)
        data_dir = Path(room.name)
        transactions = Transactions(open_database(data_dir))
        passwords = Passwords(CHEAP)
        watch = SQLiteWatch(data_dir / FILE_NAME)
        self.addCleanup(transactions.close)
        self.addCleanup(watch.close)
        accounts = EmbeddedAccounts(
            logins=LoginStore(transactions),
            passwords=passwords,
            watch=watch,
            directory_lane=InlineLane(),
            password_lane=InlineLane(),
            clock=clock.seconds,
            secret=b"k" * 32,
            bounds=BOUNDS,
        )
        return accounts, EmbeddedUnderTest(DirectoryStore(transactions, passwords))


class MemoryAccountsTests(AccountsContract):
    """Accounts in memory keep the contract."""

    __test__ = True

    def make(self, clock: Clock) -> tuple[IAccounts, DirectoryUnderTest]:
        accounts = MemoryAccounts(clock=clock.seconds)
        return accounts, accounts
