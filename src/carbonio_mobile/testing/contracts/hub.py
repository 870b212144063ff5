"""What every change hub does."""

from collections.abc import Awaitable, Collection

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IChangeHub, IChangeSink, IInterest, IWatch
from carbonio_mobile.sync.wake import TIME_UP, Wake

ANN, BOB = AccountId("ann"), AccountId("bob")
INBOX, SENT, TRASH = FolderId("5"), FolderId("6"), FolderId("7")


def arrived(*folders: FolderId) -> Wake:
    """Give the wake of arrivals in folders."""
    return Wake(folders=frozenset(folders))


@implementer(IInterest)
class Interest:
    """Notes what it is told: account and folders."""

    def __init__(self) -> None:
        self.told: list[tuple[AccountId, set[FolderId]]] = []

    def watched(self, account: AccountId, folders: Collection[FolderId]) -> None:
        """Note it."""
        self.told.append((account, set(folders)))

    def news(self) -> list[tuple[AccountId, set[FolderId]]]:
        """Give what was told since this was called last."""
        told, self.told = self.told, []
        return told


class ChangeHubContract(SynchronousTestCase):
    """Subclass it with a ``setUp`` that sets ``hub`` and ``sink``, on the time of ``clock``, and
    ``interest`` that the hub was given.

    What a report leads to may happen in the next turn of the reactor: :meth:`turn` makes it happen.
    """

    hub: IChangeHub
    sink: IChangeSink
    clock: Clock
    interest: Interest

    def turn(self, seconds: float = 0.0) -> None:
        """Let time pass, and with it all turns of the reactor that are due."""
        self.clock.advance(seconds)
        self.clock.advance(0)

    def wait(self, watch: IWatch, seconds: float = 600.0) -> Deferred[Wake]:
        """Begin a wait."""

        async def waiting(awaitable: Awaitable[Wake]) -> Wake:
            return await awaitable

        wait = Deferred.fromCoroutine(waiting(watch.wait(seconds)))
        # Those that still wait when the test ends are cancelled with their watches.
        self.addCleanup(wait.addErrback, lambda failure: failure.trap(CancelledError))
        return wait

    def watch(self, *folders: FolderId, account: AccountId = ANN, latency_s: float = 0.0) -> IWatch:
        """Begin a watch that is closed when the test ends."""
        watch = self.hub.watch(account, folders, latency_s=latency_s)
        self.addCleanup(watch.close)
        return watch

    def test_provides_the_interfaces(self) -> None:
        """Hub, sink and watch have the methods of their interfaces, with their signatures."""
        verifyObject(IChangeHub, self.hub)
        verifyObject(IChangeSink, self.sink)
        verifyObject(IWatch, self.watch(INBOX))

    def test_arrival_wakes_at_once(self) -> None:
        """Without latency an arrival ends the wait in the same or the next turn of the reactor."""
        wait = self.wait(self.watch(INBOX, SENT))
        self.turn(10)
        self.assertNoResult(wait)
        self.sink.folder_changed(ANN, SENT, arrival=True)
        self.turn()
        self.assertEqual(arrived(SENT), self.successResultOf(wait))

    def test_other_changes_do_not_wake(self) -> None:
        """Reading, flagging and deleting end no wait, nor do other folders or accounts."""
        wait = self.wait(self.watch(INBOX))
        self.sink.folder_changed(ANN, INBOX, arrival=False)
        self.sink.folder_changed(ANN, SENT, arrival=True)
        self.sink.folder_changed(BOB, INBOX, arrival=True)
        self.sink.hierarchy_changed(BOB)
        self.turn(60)
        self.assertNoResult(wait)

    def test_hierarchy_change_wakes(self) -> None:
        """A change of the folders ends a wait, whatever folders are watched."""
        waits = [self.wait(self.watch(INBOX)), self.wait(self.watch())]
        self.sink.hierarchy_changed(ANN)
        self.turn()
        for wait in waits:
            self.assertEqual(Wake(hierarchy=True), self.successResultOf(wait))

    def test_time_up(self) -> None:
        """A wait without news ends when its time is up: never early, at most a second late."""
        for seconds in (0.5, 1.0, 59.3, 3540.0):
            wait = self.wait(self.watch(INBOX), seconds)
            self.turn(seconds - 0.01)
            self.assertNoResult(wait)
            self.turn(1.01)
            self.assertEqual(TIME_UP, self.successResultOf(wait))

    def test_a_wait_of_no_time(self) -> None:
        """A wait of 0 seconds ends at once."""
        wait = self.wait(self.watch(INBOX), 0)
        self.turn(0.05)
        self.assertEqual(TIME_UP, self.successResultOf(wait))

    def test_noticed_before_the_wait(self) -> None:
        """What came after the watch began ends a wait that begins later, at once."""
        watch = self.watch(INBOX, SENT, latency_s=30)
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        self.sink.folder_changed(ANN, SENT, arrival=True)
        self.sink.hierarchy_changed(ANN)
        self.turn()
        wait = self.wait(watch)
        self.turn()
        self.assertEqual(
            Wake(folders=frozenset({INBOX, SENT}), hierarchy=True), self.successResultOf(wait)
        )

    def test_before_the_watch(self) -> None:
        """What came before the watch began is not its concern."""
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        wait = self.wait(self.watch(INBOX))
        self.turn(5)
        self.assertNoResult(wait)

    def test_latency_gathers(self) -> None:
        """With a latency, the wait ends so long after the first arrival and tells all of it."""
        wait = self.wait(self.watch(INBOX, SENT, TRASH, latency_s=5))
        self.turn(100)
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        self.turn(4)
        self.sink.folder_changed(ANN, SENT, arrival=True)
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        self.turn(0.9)
        self.assertNoResult(wait)
        self.turn(0.2)
        self.assertEqual(arrived(INBOX, SENT), self.successResultOf(wait))

    def test_latency_within_the_heartbeat(self) -> None:
        """A latency never makes a wait longer than it was to be."""
        wait = self.wait(self.watch(INBOX, latency_s=30), 10)
        self.turn(9)
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        self.turn(2)
        self.assertEqual(arrived(INBOX), self.successResultOf(wait))

    def test_waiting_again(self) -> None:
        """What one wait told, the next one does not tell; what came in between, it does."""
        watch = self.watch(INBOX, SENT)
        first = self.wait(watch)
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        self.turn()
        self.assertEqual(arrived(INBOX), self.successResultOf(first))
        second = self.wait(watch)
        self.turn(5)
        self.assertNoResult(second)
        self.sink.folder_changed(ANN, SENT, arrival=True)
        self.turn()
        self.assertEqual(arrived(SENT), self.successResultOf(second))

    def test_all_watches_of_an_account(self) -> None:
        """Each watch of the account hears of an arrival, with its own latency."""
        fast = self.wait(self.watch(INBOX))
        slow = self.wait(self.watch(INBOX, latency_s=3))
        elsewhere = self.wait(self.watch(SENT))
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        self.turn()
        self.assertEqual(arrived(INBOX), self.successResultOf(fast))
        self.assertNoResult(slow)
        self.turn(3.1)
        self.assertEqual(arrived(INBOX), self.successResultOf(slow))
        self.assertNoResult(elsewhere)

    def test_ended_while_waiting(self) -> None:
        """Ending a watch ends its wait as superseded."""
        watch = self.watch(INBOX)
        wait = self.wait(watch)
        watch.end()
        self.turn()
        self.assertTrue(self.successResultOf(wait).superseded)

    def test_ended_before_the_wait(self) -> None:
        """A watch that was ended lets no wait begin."""
        watch = self.watch(INBOX)
        watch.end()
        wait = self.wait(watch)
        self.turn()
        self.assertTrue(self.successResultOf(wait).superseded)

    def test_closed_watch_hears_nothing(self) -> None:
        """Closing is final, may be repeated, and leaves no timer behind."""
        watch = self.watch(INBOX, latency_s=1)
        wait = self.wait(watch)
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        watch.close()
        watch.close()
        watch.end()
        self.turn()
        self.failureResultOf(wait, CancelledError)
        self.assertEqual([], self.clock.getDelayedCalls())
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        self.turn()

    def test_cancelling_closes(self) -> None:
        """A client that went away takes its watch along; nothing is left of it."""
        watch = self.watch(INBOX, latency_s=1)
        wait = self.wait(watch)
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        wait.cancel()
        self.failureResultOf(wait, CancelledError)
        self.turn()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_cancelling_when_woken(self) -> None:
        """A client may go away between the arrival and the end of its wait."""
        wait = self.wait(self.watch(INBOX))
        other = self.wait(self.watch(INBOX))
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        if not wait.called:
            wait.cancel()
            self.failureResultOf(wait, CancelledError)
        self.turn()
        self.assertEqual(arrived(INBOX), self.successResultOf(other))

    def test_watching_within_a_wake(self) -> None:
        """One that is woken may close its watch, begin another, and change things itself."""
        watch = self.watch(INBOX)
        again: list[Deferred[Wake]] = []

        def go_on(wake: Wake) -> Wake:
            watch.close()
            self.sink.folder_changed(ANN, INBOX, arrival=True)
            again.append(self.wait(self.watch(INBOX)))
            return wake

        first = self.wait(watch).addCallback(go_on)
        bystander = self.wait(self.watch(INBOX))
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        self.turn()
        self.assertEqual(arrived(INBOX), self.successResultOf(first))
        self.assertEqual(arrived(INBOX), self.successResultOf(bystander))
        self.assertNoResult(again[0])
        self.sink.folder_changed(ANN, INBOX, arrival=True)
        self.turn()
        self.assertEqual(arrived(INBOX), self.successResultOf(again[0]))

    def test_interest(self) -> None:
        """It is told when the first watch of a folder begins and the last one ends, and not of
        those in between, be there ever so many.
        """
        first = self.watch(INBOX, SENT)
        self.assertEqual([(ANN, {INBOX, SENT})], self.interest.news())
        others = [self.watch(INBOX) for _ in range(9)]
        self.assertEqual([], self.interest.news())
        third = self.watch(TRASH, INBOX)
        self.watch(INBOX, account=BOB)
        self.assertEqual([(ANN, {INBOX, SENT, TRASH}), (BOB, {INBOX})], self.interest.news())
        first.close()
        first.close()
        self.assertEqual([(ANN, {INBOX, TRASH})], self.interest.news())
        for one in others:
            one.close()
        self.assertEqual([], self.interest.news())
        wait = self.wait(third)
        wait.cancel()
        self.failureResultOf(wait, CancelledError)
        self.assertEqual([(ANN, set())], self.interest.news())

    def test_interest_in_odd_names(self) -> None:
        """Devices name folders as they like: twice, with blanks, none; all of it ends."""
        for folders in ((), (INBOX, INBOX), (FolderId("5 6"), FolderId(""))):
            self.watch(*map(FolderId, folders)).close()
        self.assertEqual(set(), self.interest.news()[-1][1])
        self.watch(SENT)
        self.assertEqual([(ANN, {SENT})], self.interest.news())
