"""The embedded directory beyond the contract: memory, threads, other processes, faults."""

from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.embedded import EmbeddedAccounts, LoginBounds
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.lanes import Lane
from carbonio_mobile.accounts.loginstore import LoginStore
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import HashCost, Passwords
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.errors import NotFound, Unavailable
from carbonio_mobile.testing.lanes import HeldLane, InlineLane

T = TypeVar("T")
CHEAP = HashCost(memory_kib=8, rounds=1, lanes=1)
BOUNDS = LoginBounds(
    verified_idle_s=600,
    verified_count=100,
    wrong_count=100,
    accounts_count=100,
    peer_at_once=8,
    peer_waiting=100,
)
JOHN = Target(level=Level.ACCOUNT, name="john@example.com")
LOCKOUT = [
    ("zimbraPasswordLockoutEnabled", ["TRUE"]),
    ("zimbraPasswordLockoutMaxFailures", ["3"]),
]


class BlindWatch:
    """A watch that cannot tell, as when the database is being recovered."""

    def version(self) -> None:
        """Tell nothing."""


class FullLane:
    """A lane before which too much waits."""

    def run(self, work: object) -> Deferred[object]:
        """Refuse work."""
        failed: Deferred[object] = Deferred()
        failed.errback(Unavailable("too much waits"))
        return failed


class EmbeddedAccountsTests(SynchronousTestCase):
    """One account, ``john@example.com``, and a count of what its logins cost."""

    def setUp(self) -> None:
        room = TemporaryDirectory()
        self.addCleanup(room.cleanup)
        self.data_dir = Path(room.name)
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.store = open_store(self.data_dir, CHEAP)
        self.addCleanup(self.store.close)
        self.store.create_domain("example.com")
        self.john = self.store.create_account("john@example.com", "demo-john")
        self.directory_lane, self.password_lane = InlineLane(), InlineLane()
        self.accounts = self.open(self.directory_lane, self.password_lane)

    def open(
        self, directory_lane: Lane, password_lane: Lane, cost: HashCost = CHEAP
    ) -> EmbeddedAccounts:
        """Open the directory as a daemon that starts does."""
        transactions = Transactions(open_database(self.data_dir))
        watch = SQLiteWatch(self.data_dir / FILE_NAME)
        self.addCleanup(transactions.close)
        self.addCleanup(watch.close)
        return EmbeddedAccounts(
            logins=LoginStore(transactions),
            passwords=Passwords(cost),
            watch=watch,
            directory_lane=directory_lane,
            password_lane=password_lane,
            clock=self.clock.seconds,
            secret=b"k" * 32,
            bounds=BOUNDS,
        )

    def begin(
        self, password: str = "demo-john", accounts: EmbeddedAccounts | None = None
    ) -> Deferred[Account | LoginFault]:
        """Begin a login."""
        return deferred(
            (accounts or self.accounts).log_in(
                "john@example.com", password, host="h", peer="10.0.0.9"
            )
        )

    def log_in(
        self, password: str = "demo-john", accounts: EmbeddedAccounts | None = None
    ) -> Account | LoginFault:
        """Log in."""
        return self.successResultOf(self.begin(password, accounts))

    def counts(self) -> tuple[int, int]:
        """Tell how often the directory and the password threads were needed."""
        return self.directory_lane.count, self.password_lane.count

    def test_known_login_needs_no_thread(self) -> None:
        """The second login, and the account then, come from memory."""
        account = self.log_in()
        before = self.counts()
        self.assertIs(self.log_in(), account)
        self.assertIs(self.successResultOf(deferred(self.accounts.account(self.john))), account)
        found = self.successResultOf(deferred(self.accounts.find("John@Example.com")))
        self.assertIs(found, account)
        self.assertEqual(self.counts(), before)

    def test_other_change_costs_no_hash(self) -> None:
        """After a change of something else the directory is asked again, the password not."""
        self.log_in()
        hashed = self.password_lane.count
        self.store.create_account("mary@example.com", None)
        self.store.set_attributes(JOHN, [("displayName", ["Johnny"])])
        outcome = self.log_in()
        self.assertEqual(outcome.display_name, "Johnny")
        self.assertEqual(self.password_lane.count, hashed)

    def test_failed_logins_do_not_flush_memory(self) -> None:
        """While somebody guesses, known logins and accounts stay in memory."""
        self.store.set_attributes(JOHN, [*LOCKOUT, ("zimbraPasswordLockoutMaxFailures", ["100"])])
        account = self.log_in()
        for number in range(5):
            self.assertIs(self.log_in(f"guess{number}"), LoginFault.WRONG_PASSWORD)
        before = self.counts()
        self.assertIs(self.successResultOf(deferred(self.accounts.account(self.john))), account)
        self.assertIs(self.log_in(), account)
        directory_count, password_count = self.counts()
        self.assertEqual(directory_count - before[0], 1)
        self.assertEqual(password_count, before[1])

    def test_unknown_account_costs_the_same(self) -> None:
        """A login of nobody is hashed, and its failure counted, like one of somebody."""
        self.store.set_attributes(Target(level=Level.COS, name="default"), LOCKOUT)
        costs = []
        for login in ("john@example.com", "nobody@example.com"):
            before = self.counts()
            self.successResultOf(deferred(self.accounts.log_in(login, "guess", host="h", peer="p")))
            costs.append(tuple(now - then for now, then in zip(self.counts(), before, strict=True)))
        # The first one's failure was written, so the second looks whether anything else changed.
        self.assertEqual(costs[0][1], costs[1][1])
        self.assertEqual(costs[0][0], costs[1][0])
        self.assertEqual(costs[0][1], 1)

    def test_same_wrong_password_is_hashed_once(self) -> None:
        """A phone with an old password costs one hash, until the password changes to that one."""
        for _ in range(10):
            self.assertIs(self.log_in("demo-old"), LoginFault.WRONG_PASSWORD)
        self.assertEqual(self.password_lane.count, 1)
        self.store.set_password("john@example.com", "demo-old")
        self.assertIsInstance(self.log_in("demo-old"), Account)

    def test_idle_login_is_checked_again(self) -> None:
        """A login that was not used for long is hashed again."""
        self.log_in()
        self.clock.advance(599)
        self.log_in()
        self.assertEqual(self.password_lane.count, 1)
        self.clock.advance(600)
        self.log_in()
        self.assertEqual(self.password_lane.count, 2)

    def test_equal_logins_share_one_check(self) -> None:
        """Requests that come at once with the same login wait for one hash."""
        lane = HeldLane()
        accounts = self.open(InlineLane(), lane)
        waiting = [self.begin(accounts=accounts) for _ in range(5)]
        self.assertEqual(lane.held_count, 1)
        lane.release()
        outcomes = {self.successResultOf(each).id for each in waiting}
        self.assertEqual(outcomes, {self.john})

    def test_request_that_goes_away_takes_nothing_along(self) -> None:
        """The first of several equal logins is cancelled; the others are answered."""
        lane = HeldLane()
        accounts = self.open(InlineLane(), lane)
        first, second = self.begin(accounts=accounts), self.begin(accounts=accounts)
        first.cancel()
        self.failureResultOf(first, CancelledError)
        lane.release()
        self.assertIsInstance(self.successResultOf(second), Account)

    def test_change_during_a_read_is_seen(self) -> None:
        """An account that was read before a change is not kept as what it is after it."""
        lane = HeldLane()
        accounts = self.open(lane, InlineLane())
        early = deferred(accounts.account(self.john))
        lane.release()
        self.successResultOf(early)
        self.store.set_attributes(JOHN, [("displayName", ["one"])])
        slow = deferred(accounts.account(self.john))
        lane.release()
        self.store.set_attributes(JOHN, [("displayName", ["two"])])
        self.assertEqual(self.successResultOf(slow).display_name, "one")
        again = deferred(accounts.account(self.john))
        lane.release()
        self.assertEqual(self.successResultOf(again).display_name, "two")

    def test_lockout_survives_a_restart(self) -> None:
        """Failures and lockout are in the database, not in the process."""
        self.store.set_attributes(JOHN, LOCKOUT)
        self.log_in("guess1")
        self.log_in("guess2")
        second = self.open(InlineLane(), InlineLane())
        self.assertIs(self.log_in("guess3", second), LoginFault.WRONG_PASSWORD)
        third = self.open(InlineLane(), InlineLane())
        self.assertIs(self.log_in(accounts=third), LoginFault.LOCKED_OUT)
        shown = self.store.entry(JOHN, self.clock.seconds()).own
        self.assertEqual(shown["zimbraAccountStatus"], ("lockout",))
        self.assertEqual(shown["zimbraPasswordLockoutLockedTime"], ("20231114221320Z",))
        self.assertEqual(len(shown["zimbraPasswordLockoutFailureTime"]), 3)

    def test_unlock(self) -> None:
        """An administrator lets the account in at once: by unlocking or by setting it active."""
        self.store.set_attributes(JOHN, LOCKOUT)
        for unlock in (
            lambda: self.store.unlock("john@example.com"),
            lambda: self.store.set_attributes(JOHN, [("zimbraAccountStatus", ["active"])]),
        ):
            for number in range(3):
                self.log_in(f"guess{number}")
            self.assertIs(self.log_in(), LoginFault.LOCKED_OUT)
            unlock()
            self.assertIsInstance(self.log_in(), Account)

    def test_guesses_in_parallel_do_not_outrun_the_lockout(self) -> None:
        """The right password among many guesses at once is refused when the others locked."""
        self.store.set_attributes(JOHN, LOCKOUT)
        lane = HeldLane()
        accounts = self.open(InlineLane(), lane)
        guesses = [self.begin(f"guess{number}", accounts) for number in range(5)]
        right = self.begin(accounts=accounts)
        lane.release()
        for guess in guesses:
            self.assertIs(self.successResultOf(guess), LoginFault.WRONG_PASSWORD)
        self.assertIs(self.successResultOf(right), LoginFault.LOCKED_OUT)

    def test_hash_is_renewed(self) -> None:
        """A password hashed at another cost is hashed anew at the next login, and stays known."""
        dearer = HashCost(memory_kib=16, rounds=1, lanes=1)
        lane = InlineLane()
        accounts = self.open(InlineLane(), lane, dearer)
        self.assertIsInstance(self.log_in(accounts=accounts), Account)
        self.assertEqual(lane.count, 2)
        self.assertIsInstance(self.log_in(accounts=accounts), Account)
        self.assertEqual(lane.count, 2)
        fresh = self.open(InlineLane(), lane, dearer)
        self.assertIsInstance(self.log_in(accounts=fresh), Account)
        self.assertEqual(lane.count, 3)

    def test_account_without_password(self) -> None:
        """Nobody logs in to an account that has no password."""
        self.store.create_account("info@example.com", None)
        for password in ("x", "no account has this password"):
            login = self.accounts.log_in("info@example.com", password, host="h", peer="p")
            outcome = self.successResultOf(deferred(login))
            self.assertIs(outcome, LoginFault.WRONG_PASSWORD)

    def test_overload_is_unavailable(self) -> None:
        """Where too many passwords wait, the login may be tried again later."""
        accounts = self.open(InlineLane(), FullLane())
        self.failureResultOf(self.begin(accounts=accounts), Unavailable)
        self.failureResultOf(self.begin(accounts=accounts), Unavailable)

    def test_one_guesser_does_not_keep_others_out(self) -> None:
        """Of one address, eight passwords take room in the lane; the next address has its own."""
        lane = HeldLane()
        accounts = self.open(InlineLane(), lane)
        guesses = [self.begin(f"guess {number}", accounts) for number in range(50)]
        self.assertEqual(lane.held_count, 8)
        other = deferred(
            accounts.log_in("john@example.com", "demo-john", host="h", peer="10.0.0.8")
        )
        self.assertEqual(lane.held_count, 9)
        lane.release()
        self.assertIsInstance(self.successResultOf(other), Account)
        for each in guesses:
            self.assertEqual(self.successResultOf(each), LoginFault.WRONG_PASSWORD)

    def test_blind_watch_costs_only_time(self) -> None:
        """Where the watch cannot tell, the directory is asked each time, and all is right."""
        transactions = Transactions(open_database(self.data_dir))
        self.addCleanup(transactions.close)
        accounts = EmbeddedAccounts(
            logins=LoginStore(transactions),
            passwords=Passwords(CHEAP),
            watch=BlindWatch(),
            directory_lane=self.directory_lane,
            password_lane=self.password_lane,
            clock=self.clock.seconds,
            secret=b"k" * 32,
            bounds=BOUNDS,
        )
        self.assertIsInstance(self.log_in(accounts=accounts), Account)
        self.assertIsInstance(self.log_in(accounts=accounts), Account)
        self.assertEqual(self.password_lane.count, 1)
        self.store.delete_account("john@example.com")
        self.assertIs(self.log_in(accounts=accounts), LoginFault.UNKNOWN_ACCOUNT)

    def test_missing_account_is_not_kept(self) -> None:
        """An id that nobody has raises NotFound from memory and from the directory."""
        self.log_in()
        self.store.delete_account("john@example.com")
        self.failureResultOf(deferred(self.accounts.account(self.john)), NotFound)

    def test_uncounted_failure_is_logged(self) -> None:
        """A failure that cannot be written is reported, and the login answered all the same."""
        self.store.set_attributes(JOHN, LOCKOUT)

        self.patch(LoginStore, "note_failure", _fail)
        accounts = self.open(InlineLane(), InlineLane())
        self.assertIs(self.log_in("guess", accounts), LoginFault.WRONG_PASSWORD)
        self.assertEqual(len(self.flushLoggedErrors(Unavailable)), 1)


def _fail(*arguments: object) -> bool:
    raise Unavailable("the disk is full")


def deferred(awaitable: Awaitable[T]) -> Deferred[T]:
    """Make a Deferred of an awaitable."""

    async def awaited() -> T:
        return await awaitable

    return Deferred.fromCoroutine(awaited())
