"""The change hub passes its contract, stays responsive, and keeps nothing behind."""

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.changes.hub import WAKES_A_TURN, ChangeHub
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IInterest
from carbonio_mobile.sync.wake import TIME_UP
from carbonio_mobile.testing.contracts.hub import (
    ANN,
    INBOX,
    ChangeHubContract,
    Interest,
    arrived,
)


class ChangeHubTests(ChangeHubContract):
    """The contract."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000.4)
        self.interest = Interest()
        verifyObject(IInterest, self.interest)
        self.hub = self.sink = ChangeHub(self.clock, interest=self.interest)


del ChangeHubContract


class TurnClock(Clock):
    """A clock that can go through one turn of the reactor: what is added in it is for the next."""

    def turn(self):
        """Run the calls that are due now."""
        due = [call for call in self.calls if call.getTime() <= self.seconds()]
        for call in due:
            self.calls.remove(call)
            call.called = 1
            call.func(*call.args, **call.kw)


class ManyWatchesTests(SynchronousTestCase):
    """What concerns many watches at once."""

    def setUp(self) -> None:
        self.clock = TurnClock()
        self.hub = ChangeHub(self.clock)
        self.woken = []

    def park(self, count, *, seconds=600.0, latency_s=0.0):
        """Park so many requests of so many accounts."""
        for number in range(count):
            watch = self.hub.watch(AccountId(f"a{number}"), [INBOX], latency_s=latency_s)
            watch.wait(seconds).addCallback(self.woken.append)

    def test_wakes_are_spread_over_turns(self) -> None:
        """However many are due at once, only so many go on in one turn of the reactor."""
        count = 3 * WAKES_A_TURN + 7
        self.park(count)
        for number in range(count):
            self.hub.folder_changed(AccountId(f"a{number}"), INBOX, arrival=True)
        self.assertEqual([], self.woken)
        sizes = []
        while len(self.woken) < count:
            before = len(self.woken)
            self.clock.turn()
            sizes.append(len(self.woken) - before)
        self.assertEqual([WAKES_A_TURN] * 3 + [7], sizes)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_heartbeats_are_spread_over_turns(self) -> None:
        """The same holds for heartbeats that end in the same second."""
        self.park(WAKES_A_TURN + 1, seconds=60)
        self.clock.rightNow += 60
        self.clock.turn()
        self.assertEqual(0, len(self.woken))
        self.clock.turn()
        self.assertEqual(WAKES_A_TURN, len(self.woken))
        self.clock.turn()
        self.assertEqual([TIME_UP] * (WAKES_A_TURN + 1), self.woken)

    def test_one_delayed_call_for_all(self) -> None:
        """Parked requests have no delayed call of their own."""
        self.park(500)
        self.assertEqual(1, len(self.clock.getDelayedCalls()))

    def test_counting(self) -> None:
        """``waiting`` counts the waits, not the watches."""
        watch = self.hub.watch(ANN, [INBOX], latency_s=0)
        self.assertEqual(0, self.hub.waiting)
        self.park(3)
        wait = watch.wait(10)
        self.assertEqual(4, self.hub.waiting)
        wait.cancel()
        self.failureResultOf(wait, CancelledError)
        self.assertEqual(3, self.hub.waiting)
        self.hub.folder_changed(AccountId("a1"), INBOX, arrival=True)
        self.clock.advance(0)
        self.assertEqual(2, self.hub.waiting)

    def test_part_of_an_id(self) -> None:
        """A folder is watched by its whole id."""
        wait = self.hub.watch(ANN, [FolderId("15"), FolderId("5-a")], latency_s=0).wait(10)
        for folder in ("1", "5", "5-", "a", ""):
            self.hub.folder_changed(ANN, FolderId(folder), arrival=True)
        self.clock.advance(0)
        self.assertNoResult(wait)
        self.hub.folder_changed(ANN, FolderId("15"), arrival=True)
        self.clock.advance(0)
        self.assertEqual(arrived(FolderId("15")), self.successResultOf(wait))

    def test_nothing_is_left(self) -> None:
        """When all watches are closed, in whatever order, the hub is as it was made."""
        watches = [self.hub.watch(ANN, [INBOX], latency_s=0) for _ in range(4)]
        for number in (1, 3, 0, 2):
            watches[number].close()
        self.assertEqual({}, self.hub._accounts)

    def test_one_wait_at_a_time(self) -> None:
        """A second wait on a watch, and one on a closed watch, are mistakes of the caller."""
        watch = self.hub.watch(ANN, [INBOX], latency_s=0)
        wait = watch.wait(10)
        self.assertRaises(RuntimeError, watch.wait, 10)
        watch.close()
        self.failureResultOf(wait, CancelledError)
        self.assertRaises(RuntimeError, watch.wait, 10)


class ReleaseTests(SynchronousTestCase):
    """The end of the process."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.hub = ChangeHub(self.clock)

    def test_released_in_a_spread(self) -> None:
        """Parked requests end as if time were up, a share of them in each second of the spread."""
        woken = []
        for number in range(100):
            watch = self.hub.watch(AccountId(f"a{number % 7}"), [INBOX], latency_s=0)
            watch.wait(3000).addCallback(woken.append)
        released = self.hub.release_all(10)
        for second in range(1, 10):
            self.clock.pump([0.5, 0.5])
            self.assertTrue(second * 10 - 2 <= len(woken) <= second * 10 + 2, len(woken))
            self.assertNoResult(released)
        self.clock.pump([0.5, 0.5])
        self.assertEqual([TIME_UP] * 100, woken)
        self.successResultOf(released)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_ends_that_are_nearer_stay(self) -> None:
        """A wait that would end earlier ends then."""
        first, second = (self.hub.watch(ANN, [INBOX], latency_s=0).wait(s) for s in (3000, 15))
        self.hub.release_all(100)
        self.clock.pump([15, 1, 0])
        self.assertEqual(TIME_UP, self.successResultOf(second))
        self.clock.pump([35, 0])
        self.assertEqual(TIME_UP, self.successResultOf(first))

    def test_nobody_waits(self) -> None:
        """Without waits, the release is over at once."""
        self.successResultOf(self.hub.release_all(10))

    def test_waits_that_begin_later(self) -> None:
        """A wait that begins during the release ends in the next turn of the reactor."""
        self.hub.release_all(10)
        wait = self.hub.watch(ANN, [INBOX], latency_s=0).wait(3000)
        self.clock.advance(0)
        self.assertEqual(TIME_UP, self.successResultOf(wait))

    def test_arrivals_during_the_release(self) -> None:
        """What arrives meanwhile is told as ever."""
        for account in (ANN, AccountId("bob")):
            wait = self.hub.watch(account, [INBOX], latency_s=0).wait(3000)
        self.hub.release_all(10)
        self.hub.folder_changed(AccountId("bob"), FolderId("5"), arrival=True)
        self.clock.advance(0)
        self.assertEqual(arrived(INBOX), self.successResultOf(wait))
