"""Threads for blocking work, and the bound before them."""

import threading
from collections.abc import Callable
from queue import Queue

from twisted.internet.defer import Deferred
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
        self.addCleanup(self.lane.stop)

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
