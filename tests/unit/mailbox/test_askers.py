"""Who waits for answers gets them in order, or learns why there are none."""

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.mailbox.askers import Askers


class AskersTests(SynchronousTestCase):
    """A queue with a clock that is turned by hand."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.late: list[float] = []
        self.askers: Askers[str] = Askers(
            self.clock, late=lambda: self.late.append(self.clock.seconds())
        )

    def test_in_order(self) -> None:
        """The first answer is that to the first question; nobody is told late then."""
        first, second = self.askers.wait(5), self.askers.wait(5)
        self.assertEqual(2, len(self.askers))
        self.askers.answer("one")
        self.assertEqual("one", self.successResultOf(first))
        self.assertNoResult(second)
        self.askers.answer("two")
        self.assertEqual("two", self.successResultOf(second))
        self.clock.advance(10)
        self.assertEqual(([], []), (self.late, self.clock.getDelayedCalls()))

    def test_late(self) -> None:
        """Each has its own time."""
        waits = [self.askers.wait(5), self.askers.wait(2)]
        self.clock.advance(2)
        self.assertEqual([2.0], self.late)
        self.askers.fail(Unavailable("late"))
        for one in waits:
            self.failureResultOf(one, Unavailable)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_lost(self) -> None:
        """Who comes after the end learns the first reason."""
        self.askers.fail(Unavailable("first"))
        self.askers.fail(Unavailable("second"))
        self.assertEqual("first", str(self.failureResultOf(self.askers.wait(1)).value))

    def test_given_up(self) -> None:
        """The answer to one who left is thrown away, or the connection ends."""
        left, other = self.askers.wait(5), self.askers.wait(5)
        left.cancel()
        self.failureResultOf(left, CancelledError)
        self.askers.answer("for nobody")
        self.askers.answer("for the other")
        self.assertEqual("for the other", self.successResultOf(other))
        ended: list[str] = []
        ending: Askers[str] = Askers(
            self.clock, late=lambda: None, given_up=lambda: ended.append("ended")
        )
        one = ending.wait(5)
        one.cancel()
        self.failureResultOf(one, CancelledError)
        self.assertEqual(["ended"], ended)
