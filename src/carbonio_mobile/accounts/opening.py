"""Open the embedded directory: whole for the daemon, its store alone for programs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from twisted.internet.interfaces import IReactorFromThreads

from carbonio_mobile.accounts.configuration import ConfigurationStore, EmbeddedConfiguration
from carbonio_mobile.accounts.credentials import CredentialStore, EmbeddedCredentials
from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.embedded import EmbeddedAccounts, LoginBounds
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.lanes import Lane, ThreadLane
from carbonio_mobile.accounts.limited import LimitedProvisioning, of_imap
from carbonio_mobile.accounts.loginstore import LoginStore
from carbonio_mobile.accounts.outside import OutsideCheck
from carbonio_mobile.accounts.passwords import HashCost, Passwords
from carbonio_mobile.accounts.people import EmbeddedPeople, PeopleStore
from carbonio_mobile.accounts.provisioning import Administration, EmbeddedProvisioning
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.ids import AccountId

_SEARCHES_WAITING = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadBounds:
    """How many passwords are checked at once, and how much may wait for either kind of thread."""

    password_threads: int
    passwords_waiting: int
    lookups_waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Insides:
    """What of the embedded directory serves accounts that stand elsewhere.

    ``version`` differs after each change. The lanes are for ``lookups`` of logins, for ``checks``
    of passwords and for ``changes``.
    """

    transactions: Transactions
    passwords: Passwords
    clock: Callable[[], float]
    version: Callable[[], int | None]
    lookups: Lane
    checks: Lane
    changes: Lane


def open_store(data_dir: Path, cost: HashCost) -> DirectoryStore:
    """Open the store alone, making the directory where it is missing. Raises: ConfigError."""
    return DirectoryStore(Transactions(open_database(data_dir)), Passwords(cost))


class EmbeddedDirectory:
    """The embedded directory of a running daemon: ``accounts`` for everyone, ``store`` for changes.

    ``people`` is what address lists are made of; it has a thread of its own, that no login waits.
    ``provisioning`` is for administrators and for mail to distribution lists.

    With ``mail_login`` accounts' own passwords are those of a mail server, and whom it lets in has
    an account. ``proven`` is told of own passwords that were right. ``insides`` is for directories
    that have ours beside them.

    Opening blocks (it may bring the schema up to date); do it before the reactor runs. Raises:
    ConfigError.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        reactor: IReactorFromThreads,
        clock: Callable[[], float],
        secret: bytes,
        cost: HashCost,
        login_bounds: LoginBounds,
        thread_bounds: ThreadBounds,
        mail_login: Callable[[str, str], Awaitable[bool]] | None = None,
        prove_again_s: float = 300.0,
        proven: Callable[[AccountId, str], None] = lambda _account, _password: None,
    ) -> None:
        transactions = Transactions(open_database(data_dir))
        passwords = Passwords(cost)
        self._watch = SQLiteWatch(data_dir / FILE_NAME)
        self._directory_lane = ThreadLane(
            reactor, name="directory", threads=1, waiting_max=thread_bounds.lookups_waiting
        )
        self._password_lane = ThreadLane(
            reactor,
            name="password",
            threads=thread_bounds.password_threads,
            waiting_max=thread_bounds.passwords_waiting,
        )
        self._people_lane = ThreadLane(
            reactor, name="people", threads=1, waiting_max=_SEARCHES_WAITING
        )
        # Of its own: no login waits for an administrator's listing, or for a password to be hashed.
        self._provisioning_lane = ThreadLane(
            reactor, name="provisioning", threads=1, waiting_max=_SEARCHES_WAITING
        )
        self.insides = Insides(
            transactions=transactions,
            passwords=passwords,
            clock=clock,
            version=self._watch.version,
            lookups=self._directory_lane,
            checks=self._password_lane,
            changes=self._provisioning_lane,
        )
        self.people = EmbeddedPeople(
            store=PeopleStore(transactions), watch=self._watch, lane=self._people_lane
        )
        self.store = DirectoryStore(transactions, passwords)
        provisioning = EmbeddedProvisioning(
            work=Administration(transactions, self.store, clock),
            lane=self._provisioning_lane,
            people_lane=self._people_lane,
        )
        self.configuration = EmbeddedConfiguration(
            store=ConfigurationStore(transactions),
            watch=self._watch,
            lane=self._provisioning_lane,
        )
        self.credentials = EmbeddedCredentials(
            store=CredentialStore(transactions, passwords, clock), lane=self._provisioning_lane
        )
        self.accounts = EmbeddedAccounts(
            logins=LoginStore(transactions),
            passwords=passwords,
            watch=self._watch,
            directory_lane=self._directory_lane,
            password_lane=self._password_lane,
            clock=clock,
            secret=secret,
            bounds=login_bounds,
            outside=self._outside(mail_login, prove_again_s),
            proven=proven,
        )
        self.provisioning: EmbeddedProvisioning | LimitedProvisioning = provisioning
        if mail_login is not None:
            self.provisioning = LimitedProvisioning(
                provisioning, provisioning, accounts=self.accounts, elsewhere=of_imap()
            )

    def _outside(
        self, mail_login: Callable[[str, str], Awaitable[bool]] | None, prove_again_s: float
    ) -> OutsideCheck | None:
        if mail_login is None:
            return None
        return OutsideCheck(
            right=mail_login,
            enrol=partial(self.store.create_account, password=None),
            prove_again_s=prove_again_s,
        )

    def start(self) -> None:
        """Begin to answer."""
        self._directory_lane.start()
        self._password_lane.start()
        self._people_lane.start()
        self._provisioning_lane.start()

    async def stop(self) -> None:
        """Drop the logins that wait, write what is to be written, and let the database go."""
        self._password_lane.drop_waiting()
        self._people_lane.drop_waiting()
        self._provisioning_lane.drop_waiting()
        await self._password_lane.stop()
        await self._people_lane.stop()
        await self._provisioning_lane.stop()
        await self._directory_lane.stop()
        self._watch.close()
        self.store.close()
