"""Every implementation of IDirectory keeps the contract."""

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.task import Clock

from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.embedded import EmbeddedAccounts
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.loginstore import LoginStore
from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.accounts.passwords import Passwords
from carbonio_mobile.accounts.people import EmbeddedPeople, PeopleStore
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.interfaces import IAccounts, IDirectory
from carbonio_mobile.testing.contracts.accounts import DirectoryUnderTest
from carbonio_mobile.testing.contracts.directory import DirectoryContract
from carbonio_mobile.testing.lanes import InlineLane
from carbonio_mobile.testing.people import people_of
from tests.contract.test_accounts import BOUNDS, CHEAP, EmbeddedUnderTest


class EmbeddedDirectoryTests(DirectoryContract):
    """The embedded directory keeps the contract."""

    __test__ = True

    def make(self) -> tuple[IDirectory, IAccounts, DirectoryUnderTest]:
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
            clock=Clock().seconds,
            secret=b"k" * 32,
            bounds=BOUNDS,
        )
        feed = EmbeddedPeople(store=PeopleStore(transactions), watch=watch, lane=InlineLane())
        return people_of(feed), accounts, EmbeddedUnderTest(DirectoryStore(transactions, passwords))

    def test_pictures_are_not_kept_with_accounts(self) -> None:
        """Accounts stay in memory by the hundred thousand; their pictures do not."""
        self.directory.set_attributes(self.john, jpegPhoto="aGVsbG8=", title="Boss")
        viewer = self.viewer()
        self.assertEqual((viewer.value("title"), viewer.value("jpegPhoto")), ("Boss", ""))


class MemoryDirectoryTests(DirectoryContract):
    """Accounts in memory keep the contract."""

    __test__ = True

    def make(self) -> tuple[IDirectory, IAccounts, DirectoryUnderTest]:
        accounts = MemoryAccounts(clock=Clock().seconds)
        return people_of(accounts), accounts, accounts
