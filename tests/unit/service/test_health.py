"""Whether the daemon can serve, told in time."""

from twisted.internet.defer import Deferred, ensureDeferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.service.health import PATIENCE_S, Health


class HealthTests(SynchronousTestCase):
    """A state database that answers what the test says."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.outcome: Deferred[object] = Deferred()
        self.health = Health(lambda: self.outcome, clock=self.clock)

    def code(self) -> int:
        """Ask as a load balancer does."""
        return self.successResultOf(ensureDeferred(self.health.answer())).code

    def test_well(self) -> None:
        """An answer is 200, and feeds the watchdog."""
        self.outcome = succeed(())
        self.assertEqual(200, self.code())
        self.assertTrue(self.successResultOf(ensureDeferred(self.health.is_awake())))
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_away(self) -> None:
        """A database that cannot be used is 503; its thread is awake all the same."""
        self.outcome = fail(Unavailable("gone"))
        self.assertEqual(503, self.code())
        self.outcome = fail(Unavailable("gone"))
        self.assertTrue(self.successResultOf(ensureDeferred(self.health.is_awake())))

    def test_stuck(self) -> None:
        """One that says nothing is 503 in five seconds, and the watchdog is not fed."""
        answer = ensureDeferred(self.health.answer())
        self.assertNoResult(answer)
        self.clock.advance(PATIENCE_S)
        self.assertEqual(503, self.successResultOf(answer).code)
        self.outcome = Deferred()
        awake = ensureDeferred(self.health.is_awake())
        self.clock.advance(PATIENCE_S)
        self.assertFalse(self.successResultOf(awake))
