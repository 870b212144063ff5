"""Requests of a device take turns: in order, one at a time, parked ones giving way."""

import random

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.changes.hub import ChangeHub
from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey, FolderId
from carbonio_mobile.interfaces import ITurn, ITurns

KEY = DeviceKey(AccountId("ann"), DeviceId("d1"))
OTHER = DeviceKey(AccountId("ann"), DeviceId("d2"))


class DeviceTurnsTests(SynchronousTestCase):
    """Turns of one device and another."""

    def setUp(self):
        self.clock = Clock()
        self.hub = ChangeHub(self.clock)
        self.turns = DeviceTurns(queue_limit=5)

    def begin(self, command="Sync", key=KEY):
        """Ask for a turn."""
        return self.turns.begin(key, command=command)

    def begun(self, command="Sync", key=KEY):
        """Take a turn that is free."""
        return self.successResultOf(self.begin(command, key))

    def parked(self, command="Ping"):
        """Take a turn, park it on a watch; gives the turn and the wait."""
        turn = self.begun(command)
        watch = self.hub.watch(KEY.account, [FolderId("5")], latency_s=0)
        turn.park(watch)
        return turn, watch.wait(600)

    def test_provides_the_interfaces(self):
        """Turns have the methods of their interfaces, with their signatures."""
        verifyObject(ITurns, self.turns)
        verifyObject(ITurn, self.begun())

    def test_free_turn_comes_at_once(self):
        """A request of an idle device goes on without waiting, and leaves nothing behind."""
        turn = self.begun()
        self.assertEqual(1, len(self.turns))
        turn.finish()
        self.assertEqual(0, len(self.turns))

    def test_waking_ends_all_that_is_parked(self):
        """An administrator changed the device: what waits for news ends as superseded."""
        (ping, waiting), (sync, syncing) = self.parked("Ping"), self.parked("Sync")
        other = self.begun(key=OTHER)
        self.turns.wake(KEY)
        self.turns.wake(DeviceKey(AccountId("ann"), DeviceId("nobody")))
        for wait in (waiting, syncing):
            self.assertTrue(self.successResultOf(wait).superseded)
        for turn in (ping, sync, other):
            turn.finish()
        self.assertEqual(0, len(self.turns))

    def test_telling_what_a_device_does(self):
        """Each request is told with its phase, since when, and how many folders it waits for."""
        self.turns = DeviceTurns(queue_limit=5, clock=self.clock.seconds)
        self.assertEqual([], self.turns.doing(KEY))
        self.clock.advance(7)
        turn = self.begun("Ping")
        self.clock.advance(3)
        turn.park(self.hub.watch(KEY.account, [FolderId("5"), FolderId("6")], latency_s=0))
        self.clock.advance(10)
        self.begun("Sync")
        ping, sync = self.turns.doing(KEY)
        self.assertEqual(
            ("Ping", True, 10.0, 2), (ping.command, ping.parked, ping.since, ping.folders)
        )
        self.assertEqual(
            ("Sync", False, 20.0, 0), (sync.command, sync.parked, sync.since, sync.folders)
        )

    def test_in_order_of_arrival(self):
        """Requests of one device go on one after another, in order of arrival."""
        first, *rest = [self.begin(f"C{number}") for number in range(4)]
        turn = self.successResultOf(first)
        while rest:
            for waiting in rest:
                self.assertNoResult(waiting)
            turn.finish()
            turn = self.successResultOf(rest.pop(0))
        turn.finish()
        self.assertEqual(0, len(self.turns))

    def test_devices_are_apart(self):
        """A request of one device does not wait for another's."""
        self.begun()
        self.begun(key=OTHER)

    def test_parked_turn_lets_others_go_on(self):
        """While one is parked, other commands work; it then takes its place behind them."""
        ping, wait = self.parked()
        sync, waiting = self.begun("Sync"), self.begin("Settings")
        self.assertNoResult(wait)
        resumed = ping.resume()
        self.assertNoResult(resumed)
        sync.finish()
        self.assertNoResult(resumed)
        self.successResultOf(waiting).finish()
        self.successResultOf(resumed)
        ping.finish()
        self.assertEqual(0, len(self.turns))

    def test_parking_wakes_the_next(self):
        """Who waits for a request that parks goes on."""
        ping = self.begun("Ping")
        waiting = self.begin("Sync")
        ping.park(self.hub.watch(KEY.account, [], latency_s=0))
        self.successResultOf(waiting)

    def test_resuming_when_free(self):
        """A parked turn whose device is idle goes on at once."""
        ping, _wait = self.parked()
        self.successResultOf(ping.resume())
        ping.finish()
        self.assertEqual(0, len(self.turns))

    def test_newer_request_supersedes_a_parked_one(self):
        """A second Ping ends the first one's wait, and comes before it."""
        old, wait = self.parked("Ping")
        new = self.begun("Ping")
        self.assertTrue(self.successResultOf(wait).superseded)
        resumed = old.resume()
        self.assertNoResult(resumed)
        new.park(self.hub.watch(KEY.account, [], latency_s=0))
        self.successResultOf(resumed)
        old.finish()
        new.finish()
        self.assertEqual(0, len(self.turns))

    def test_superseded_while_others_work(self):
        """The wait ends as the newer request comes, even where that one has to wait itself."""
        _old, wait = self.parked("Ping")
        self.begun("Sync")
        new = self.begin("Ping")
        self.assertTrue(self.successResultOf(wait).superseded)
        self.assertNoResult(new)

    def test_superseded_before_it_parked(self):
        """A request that parks when a newer one of its command has come already does not wait."""
        old = self.begun("Ping")
        new = self.begin("Ping")
        watch = self.hub.watch(KEY.account, [], latency_s=0)
        old.park(watch)
        self.assertTrue(self.successResultOf(watch.wait(600)).superseded)
        self.successResultOf(new)

    def test_other_commands_do_not_supersede(self):
        """A Sync leaves a parked Ping in its place, and so does a Ping of another device."""
        _turn, wait = self.parked("Ping")
        self.begun("Sync").finish()
        self.begun("Ping", OTHER).finish()
        self.assertNoResult(wait)

    def test_superseded_one_resumes_within_begin(self):
        """A coroutine that goes on inside ``begin`` of the newer request queues behind it."""
        order = []

        async def old_ping():
            turn = await self.turns.begin(KEY, command="Ping")
            watch = self.hub.watch(KEY.account, [], latency_s=0)
            turn.park(watch)
            await watch.wait(600)
            await turn.resume()
            order.append("old")
            turn.finish()

        old = Deferred.fromCoroutine(old_ping())
        new = self.begun("Ping")
        order.append("new")
        new.finish()
        self.successResultOf(old)
        self.assertEqual(["new", "old"], order)
        self.assertEqual(0, len(self.turns))

    def test_cancelled_while_waiting(self):
        """A client that goes away while it waits for its turn leaves the queue."""
        turn, gone, last = self.begun(), self.begin(), self.begin()
        gone.cancel()
        self.failureResultOf(gone, CancelledError)
        turn.finish()
        self.successResultOf(last).finish()
        self.assertEqual(0, len(self.turns))

    def test_cancelled_while_resuming(self):
        """The same holds while it waits to resume; finishing afterwards is safe."""
        ping, _wait = self.parked()
        sync = self.begun("Sync")
        resumed = ping.resume()
        resumed.cancel()
        self.failureResultOf(resumed, CancelledError)
        ping.finish()
        sync.finish()
        self.assertEqual(0, len(self.turns))

    def test_finishing_in_any_phase(self):
        """Finishing while at work, parked, waiting to resume, and again, leaves the device free."""
        ping, _wait = self.parked()
        ping.finish()
        ping.finish()
        ping, _wait = self.parked()
        sync = self.begun("Sync")
        resumed = ping.resume()
        ping.finish()
        self.failureResultOf(resumed, CancelledError)
        ping.finish()
        self.assertEqual(1, len(self.turns))
        sync.finish()
        sync.finish()
        self.assertEqual(0, len(self.turns))
        self.begun()

    def test_mistakes(self):
        """Parking what does not hold, and resuming what is not parked, are mistakes."""
        turn = self.begun()
        watch = self.hub.watch(KEY.account, [], latency_s=0)
        self.assertRaises(RuntimeError, turn.resume)
        turn.park(watch)
        self.assertRaises(RuntimeError, turn.park, watch)
        turn.finish()
        self.assertRaises(RuntimeError, turn.park, watch)
        self.assertRaises(RuntimeError, turn.resume)

    def test_too_many_wait(self):
        """A device has so many requests waiting and no more; the others are not disturbed."""
        turn = self.begun()
        queued = [self.begin() for _ in range(5)]
        self.failureResultOf(self.begin(), Unavailable)
        turn.finish()
        last = self.begin()
        for waiting in [*queued, last]:
            self.successResultOf(waiting).finish()
        self.assertEqual(0, len(self.turns))

    def test_long_queue_is_no_deep_stack(self):
        """Hundreds of requests that each finish at once as they begin go on one after another."""
        turns = DeviceTurns(queue_limit=5000)
        first = self.successResultOf(turns.begin(KEY, command="Sync"))
        done = []

        async def request(number):
            turn = await turns.begin(KEY, command="Sync")
            done.append(number)
            turn.finish()

        waiting = [Deferred.fromCoroutine(request(number)) for number in range(3000)]
        first.finish()
        for deferred in waiting:
            self.successResultOf(deferred)
        self.assertEqual(list(range(3000)), done)
        self.assertEqual(0, len(turns))

    def test_beginning_again_at_once(self):
        """A request that follows its predecessor within one callback queues behind the others."""
        order = []

        async def two_requests():
            for name in ("first", "again"):
                turn = await self.turns.begin(KEY, command="Sync")
                order.append(name)
                turn.finish()

        async def other():
            turn = await self.turns.begin(KEY, command="Settings")
            order.append("other")
            turn.finish()

        turn = self.begun()
        waiting = [Deferred.fromCoroutine(two_requests()), Deferred.fromCoroutine(other())]
        turn.finish()
        for deferred in waiting:
            self.successResultOf(deferred)
        self.assertEqual(["first", "other", "again"], order)

    def test_random_lives(self):
        """Whatever requests do in whatever order, one holds at a time and nothing is left."""
        for seed in range(30):
            self.live(random.Random(seed))
            self.assertEqual(0, len(self.turns), f"seed {seed}")

    def live(self, rng):
        """Let requests come, park, resume, be cancelled and finish at random."""
        self.turns = DeviceTurns(queue_limit=1000)
        holding, steps, requests = [], [], []

        async def request(command):
            turn = await self.turns.begin(KEY, command=command)
            try:
                for _ in range(rng.randrange(4)):
                    holding.append(turn)
                    self.assertEqual([turn], holding)
                    step = Deferred()
                    steps.append(step)
                    try:
                        await step
                    finally:
                        holding.remove(turn)
                    watch = self.hub.watch(KEY.account, [], latency_s=0)
                    try:
                        turn.park(watch)
                        await watch.wait(rng.uniform(0, 3))
                    finally:
                        watch.close()
                    await turn.resume()
            finally:
                turn.finish()

        for _ in range(60):
            requests.append(Deferred.fromCoroutine(request(rng.choice(["Ping", "Sync"]))))
            for _ in range(rng.randrange(3)):
                self.clock.advance(rng.uniform(0, 1))
                if steps:
                    step = steps.pop(rng.randrange(len(steps)))
                    if not step.called:
                        step.callback(None)
            if rng.random() < 0.2:
                rng.choice(requests).cancel()
        while not all(deferred.called for deferred in requests) or steps:
            for step in steps[:]:
                steps.remove(step)
                if not step.called:
                    step.callback(None)
            self.clock.advance(1)
        for deferred in requests:
            deferred.addErrback(lambda failure: failure.trap(CancelledError))
            self.successResultOf(deferred)
