"""Threads for blocking work, and the bound before them."""

import threading
from collections.abc import Callable
from functools import partial
from queue import Queue

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.accounts.lanes import ThreadLane
from carbonio_mobile.errors import Unavailable


class ThreadsOnlyReactor:
    """As much of a reactor as threads need: calls are run when the test asks for them."""

    def __init__(self) -> None:
        self._calls: Queue[Callable[[], None]] = Queue()

    def callFromThread(self, call: Callable[..., None], *arguments: object) -> None:
        self._calls.put(lambda: call(*arguments))

    def run_next(self) -> None:
        """Wait for one call and run it."""
        self._calls.get(timeout=10)()


class ThreadLaneTests(SynchronousTestCase):
    """One thread, with room for one more piece of work."""

    def setUp(self) -> None:
        self.reactor = ThreadsOnlyReactor()
        self.lane = ThreadLane(self.reactor, name="test", threads=1, waiting_max=1)
        self.lane.start()
        self.addCleanup(self.stop)

    def stop(self) -> None:
        """End the threads."""
        ended = self.lane.stop()
        while not ended.called:
            self.reactor.run_next()

    def test_work_is_done_in_another_thread(self) -> None:
        """The work runs elsewhere, its result arrives through the reactor."""
        result = self.lane.run(threading.get_ident)
        self.reactor.run_next()
        self.assertNotEqual(self.successResultOf(result), threading.get_ident())

    def test_bound(self) -> None:
        """More work than there is room for is refused; room comes back, after failures too."""
        go_on = threading.Event()

        def fail() -> None:
            go_on.wait(10)
            raise ZeroDivisionError

        taken: list[Deferred[None]] = [self.lane.run(fail), self.lane.run(fail)]
        self.failureResultOf(self.lane.run(fail), Unavailable)
        go_on.set()
        for each in taken:
            self.reactor.run_next()
            self.failureResultOf(each, ZeroDivisionError)
        again = self.lane.run(lambda: 1)
        self.reactor.run_next()
        self.assertEqual(self.successResultOf(again), 1)

    def test_cancelled_work_keeps_its_room(self) -> None:
        """Room comes back when the work is done, not when nobody waits for it any more."""
        go_on = threading.Event()
        taken = [self.lane.run(partial(go_on.wait, 10)) for _ in range(2)]
        for each in taken:
            each.cancel()
            self.failureResultOf(each, CancelledError)
        self.failureResultOf(self.lane.run(go_on.is_set), Unavailable)
        go_on.set()
        self.reactor.run_next()
        again = self.lane.run(go_on.is_set)
        self.reactor.run_next()
        self.reactor.run_next()
        self.assertTrue(self.successResultOf(again))

    def test_waiting_work_is_dropped_at_the_end(self) -> None:
        """What was begun is finished, what waits fails at once, and the reactor never blocks."""
        begun, go_on = threading.Event(), threading.Event()

        def finish() -> str:
            begun.set()
            go_on.wait(10)
            return "finished"

        first, second = self.lane.run(finish), self.lane.run(finish)
        begun.wait(10)
        self.lane.drop_waiting()
        ended = self.lane.stop()
        self.assertNoResult(ended)
        go_on.set()
        while not ended.called:
            self.reactor.run_next()
        self.assertEqual("finished", self.successResultOf(first))
        self.failureResultOf(second, Unavailable)
