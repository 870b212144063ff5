"""Every implementation of ICredentials keeps the contract, with the logins that depend on it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.task import Clock

from carbonio_mobile.accounts.credentials import CredentialStore, EmbeddedCredentials
from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.embedded import EmbeddedAccounts
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.loginstore import LoginStore
from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.accounts.passwords import Passwords
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.credentials import ARGON2ID, SHA256
from carbonio_mobile.interfaces import IAccounts, ICredentials
from carbonio_mobile.testing.contracts.accounts import DirectoryUnderTest
from carbonio_mobile.testing.contracts.credentials import CredentialsContract, product_hash
from carbonio_mobile.testing.lanes import InlineLane
from tests.contract.test_accounts import BOUNDS, CHEAP, EmbeddedUnderTest


class EmbeddedCredentialsTests(CredentialsContract):
    """The embedded directory keeps the contract."""

    __test__ = True

    def make(self, clock: Clock) -> tuple[IAccounts, ICredentials, DirectoryUnderTest]:
        room = TemporaryDirectory()
        self.addCleanup(room.cleanup)
        data_dir = Path(room.name)
        transactions, passwords = Transactions(open_database(data_dir)), Passwords(CHEAP)
        watch = SQLiteWatch(data_dir / FILE_NAME)
        self.addCleanup(transactions.close)
        self.addCleanup(watch.close)
        self.password_lane = InlineLane()
        accounts = EmbeddedAccounts(
            logins=LoginStore(transactions),
            passwords=passwords,
            watch=watch,
            directory_lane=InlineLane(),
            password_lane=self.password_lane,
            clock=clock.seconds,
            secret=b"k" * 32,
            bounds=BOUNDS,
        )
        store = CredentialStore(transactions, passwords, clock.seconds)
        directory = EmbeddedUnderTest(DirectoryStore(transactions, passwords))
        return accounts, EmbeddedCredentials(store=store, lane=InlineLane()), directory

    def test_hash_of_the_product_is_made_anew(self) -> None:
        """The first good login turns an unsalted hash into argon2id; the login stays known."""
        self.add(hash=product_hash("easpass"), algorithm=SHA256)
        assert not self.opens("guess")
        (before,) = self.result(self.credentials.of(self.john))
        assert before.algorithm == SHA256
        assert self.opens("easpass")
        (after,) = self.result(self.credentials.of(self.john))
        assert after.algorithm == ARGON2ID
        assert after.hash.startswith("$argon2id$")
        assert after.stamp == before.stamp
        done = self.password_lane.count
        assert self.opens("easpass")
        assert self.password_lane.count == done
        assert not self.opens("guess2")

    def test_wrong_one_is_hashed_once(self) -> None:
        """A phone with an outdated password costs no hash again, until something changes."""
        issued = self.add()
        assert not self.opens("outdated")
        done = self.password_lane.count
        for _ in range(5):
            assert not self.opens("outdated")
        assert self.password_lane.count == done
        self.result(self.credentials.delete(self.john, issued.credential.id))
        assert not self.opens("outdated")
        assert self.password_lane.count > done


class MemoryCredentialsTests(CredentialsContract):
    """Mobile passwords in memory keep the contract."""

    __test__ = True

    def make(self, clock: Clock) -> tuple[IAccounts, ICredentials, DirectoryUnderTest]:
        accounts = MemoryAccounts(clock=clock.seconds)
        return accounts, accounts.credentials, accounts
