"""The timer wheel is never early, at most a slot late, and leaves nothing behind."""

import random
from math import inf

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.changes.wheel import Timer, TimerWheel


class Noting(Timer):
    """A timer that notes when it expired, and then does something."""

    def __init__(self, test, then=None):
        super().__init__()
        self.test = test
        self.then = then
        self.due = inf
        self.expired = []

    def set(self, wheel, seconds):
        """Set the timer and remember when it is due."""
        self.due = self.test.clock.seconds() + seconds
        wheel.add(self, seconds)

    def expire(self):
        """Note the time."""
        self.expired.append(self.test.clock.seconds())
        if self.then is not None:
            self.then()


class TimerWheelTests(SynchronousTestCase):
    """Timers on a fake clock."""

    def setUp(self):
        self.clock = Clock()
        self.clock.advance(1_700_000_000.3)
        self.wheel = TimerWheel(self.clock, slot_s=1.0)

    def test_never_early_and_at_most_a_slot_late(self):
        """Whatever times are set and unset, each timer expires once, within a slot of its time."""
        for slot_s in (1.0, 0.05):
            rng = random.Random(7)
            wheel = TimerWheel(self.clock, slot_s=slot_s)
            timers = [Noting(self) for _ in range(400)]
            for timer in timers:
                timer.set(wheel, rng.choice([0, 0.01, 1, rng.uniform(0, 60)]))
            for timer in rng.sample(timers, 100):
                timer.unset()
                timer.due = inf
            for timer in rng.sample(timers, 100):
                timer.set(wheel, rng.uniform(0, 60))
            while len(wheel):
                self.clock.advance(0.01)
            for timer in timers:
                if timer.due == inf:
                    self.assertEqual([], timer.expired)
                else:
                    self.assertEqual(1, len(timer.expired))
                    late = timer.expired[0] - timer.due
                    self.assertTrue(-1e-6 <= late <= slot_s + 0.011, late)
            self.assertEqual([], self.clock.getDelayedCalls())

    def test_sooner_timer_moves_the_call(self):
        """A timer that is due before all others is not held up by them."""
        late, soon = Noting(self), Noting(self)
        late.set(self.wheel, 100)
        soon.set(self.wheel, 2)
        self.assertEqual(1, len(self.clock.getDelayedCalls()))
        self.clock.advance(3)
        self.assertEqual((0, 1), (len(late.expired), len(soon.expired)))
        self.clock.advance(98)
        self.assertEqual(1, len(late.expired))

    def test_nothing_left_when_all_are_unset(self):
        """Without timers there is no delayed call, and unsetting again does nothing."""
        timers = [Noting(self) for _ in range(5)]
        for timer in timers:
            timer.set(self.wheel, 10)
        for timer in timers:
            timer.unset()
            timer.unset()
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertEqual(0, len(self.wheel))
        self.assertEqual(inf, timers[0].left_s())

    def test_time_left(self):
        """The time that is left is that until the end of the slot."""
        timer = Noting(self)
        timer.set(self.wheel, 10)
        self.assertTrue(10 <= timer.left_s() <= 11)

    def test_one_that_expires_unsets_another(self):
        """A timer unset by one of the same slot does not expire; one set anew does so later."""
        unset, anew = Noting(self), Noting(self)

        def disturb():
            unset.unset()
            anew.set(self.wheel, 5)

        first = [Noting(self, disturb), Noting(self, disturb)]
        for timer in (first[0], unset, anew, first[1]):
            timer.set(self.wheel, 1)
        self.clock.advance(2)
        self.assertEqual([1, 1], [len(timer.expired) for timer in first])
        self.assertEqual([], anew.expired)
        self.clock.advance(7)
        self.assertEqual([], unset.expired)
        self.assertEqual(1, len(anew.expired))
        self.assertEqual(0, len(self.wheel))

    def test_setting_oneself_anew(self):
        """A timer that sets itself anew as it expires, for no time, does not hang the wheel."""
        timer = Noting(self, lambda: timer.set(self.wheel, 0))
        timer.set(self.wheel, 0)
        for _ in range(5):
            self.clock.advance(1)
        self.assertTrue(4 <= len(timer.expired) <= 6, timer.expired)
        timer.unset()

    def test_clock_jumps(self):
        """After a jump of the clock everything that is due expires, and only that."""
        timers = [Noting(self) for _ in range(10)]
        for number, timer in enumerate(timers):
            timer.set(self.wheel, 60 * (number + 1))
        self.clock.advance(305)
        self.assertEqual([1] * 5 + [0] * 5, [len(timer.expired) for timer in timers])
