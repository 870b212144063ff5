"""Stopping while phones wait and the mail server delivers."""

from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.service.ending import LAST_ANSWERS_S, let_go
from carbonio_mobile.service.periodic import Periodic


class Everyone:
    """Site, hub and deliveries at once; notes what is asked of it."""

    def __init__(self, *, connections: int, delivered: Deferred[None]) -> None:
        self.connections_count = connections
        self.told: list[str] = []
        self._delivered = delivered

    def drain(self) -> None:
        self.told.append("drain")

    def release_all(self, spread_s: float) -> Deferred[None]:
        self.told.append(f"release over {spread_s:g} s")
        return succeed(None)

    def stop(self) -> Deferred[None]:
        self.told.append("end deliveries")
        return self._delivered


class Searches:
    """The address book, where nobody is connected."""

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def stop(self) -> Deferred[None]:
        self._told.append("end searches")
        return succeed(None)


class LetGoTests(SynchronousTestCase):
    """The end of a daemon, by a clock of the test's."""

    def begin(self, everyone: Everyone) -> Deferred[None]:
        """Begin to let everyone go."""
        self.clock = Clock()
        return ensureDeferred(
            let_go(
                site=everyone,
                hub=everyone,
                lmtp=everyone,
                ldap=Searches(everyone.told),
                spread_s=5,
                clock=self.clock,
            )
        )

    def test_nobody_is_kept(self) -> None:
        """Where nobody is connected it ends at once."""
        everyone = Everyone(connections=0, delivered=succeed(None))
        self.successResultOf(self.begin(everyone))
        self.assertEqual(
            ["drain", "release over 5 s", "end deliveries", "end searches"], everyone.told
        )

    def test_hanging_delivery(self) -> None:
        """Parked phones are released beside it, and it is waited for in bounds."""
        everyone = Everyone(connections=0, delivered=Deferred())
        ended = self.begin(everyone)
        self.assertIn("release over 5 s", everyone.told)
        self.clock.advance(5 + LAST_ANSWERS_S - 0.1)
        self.assertNoResult(ended)
        self.clock.advance(0.1)
        self.successResultOf(ended)

    def test_last_answers(self) -> None:
        """Connections with an answer under way are waited for, but not for ever."""
        everyone = Everyone(connections=1, delivered=succeed(None))
        ended = self.begin(everyone)
        self.clock.pump([0.05] * 10)
        self.assertNoResult(ended)
        everyone.connections_count = 0
        self.clock.advance(0.05)
        self.successResultOf(ended)
        ended = self.begin(Everyone(connections=1, delivered=succeed(None)))
        self.clock.pump([0.05] * 201)
        self.successResultOf(ended)


class PeriodicTests(SynchronousTestCase):
    """Rounds of work."""

    def test_failures_do_not_end_it(self) -> None:
        """Whatever a round raises is logged, and the next one comes; stopped, none does."""
        rounds: list[int] = []

        def fail() -> None:
            rounds.append(1)
            raise OSError("no such file")

        async def fail_later() -> None:
            rounds.append(2)
            raise ZeroDivisionError

        clock = Clock()
        periodic = Periodic(clock)
        periodic.repeat(10, fail)
        periodic.repeat(10, fail_later)
        clock.pump([10, 10, 10])
        self.assertEqual([1, 2] * 3, rounds)
        self.assertEqual(3, len(self.flushLoggedErrors(OSError)))
        self.assertEqual(3, len(self.flushLoggedErrors(ZeroDivisionError)))
        periodic.stop()
        clock.pump([10, 10])
        self.assertEqual(6, len(rounds))
