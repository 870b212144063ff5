"""How searches share the reactor's time."""

from collections.abc import Awaitable
from functools import partial

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from carbonio_mobile.ldapserver.turns import ARRIVAL_S, SLICE_S, Turns


class Time:
    """A timer that goes on only when work is done."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Rig:
    """Turns on clocks of the test's; ``done`` has the name of each piece of work's owner."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.time = Time()
        self.turns = Turns(self.clock, timer=self.time)
        self.done: list[str] = []

    async def work(self, owner: str, steps: int, step_s: float) -> None:
        """Work in steps, each of which takes so long."""
        for _ in range(steps):
            await self.turns.breathe(owner)
            self.time.now += step_s
            self.done.append(owner)

    def begin(self, owner: str, steps: int, step_s: float = ARRIVAL_S) -> Deferred[None]:
        """Begin work that has just arrived."""
        begun: list[Deferred[None]] = []
        self.turns.enter(
            lambda: begun.append(Deferred.fromCoroutine(self.work(owner, steps, step_s)))
        )
        return begun[0]

    def turn(self) -> list[str]:
        """Let the reactor turn once; gives what was done in it."""
        before = len(self.done)
        # Not advance(): that goes on with what is put off to the next turn meanwhile.
        calls, self.clock.calls = self.clock.calls, []
        for call in calls:
            call.called = 1
            call.func(*call.args)
        return self.done[before:]


def test_what_is_short_is_done_at_once() -> None:
    """No turn of the reactor is waited for."""
    rig = Rig()
    assert rig.begin("a", 3, SLICE_S / 10).called
    assert rig.done == ["a"] * 3
    assert rig.clock.getDelayedCalls() == []


def test_long_work_lets_the_reactor_turn() -> None:
    """After a slice it waits, however alone it is."""
    rig = Rig()
    done = rig.begin("a", 4, ARRIVAL_S)
    assert rig.done == ["a"]
    assert not done.called
    assert [rig.turn(), rig.turn(), rig.turn(), rig.turn()] == [["a"], ["a"], ["a"], []]
    assert done.called
    assert rig.clock.getDelayedCalls() == []


def test_all_that_arrives_together_shares_one_slice() -> None:
    """The second of two arrivals is put off when the first has used it up."""
    rig = Rig()
    rig.begin("a", 1)
    assert not rig.begin("b", 1).called
    assert rig.turn() == ["b"]


def test_there_is_a_new_slice_later() -> None:
    """Time that others had does not count for ever."""
    rig = Rig()
    rig.begin("a", 1)
    rig.time.now += 1
    assert rig.begin("b", 1).called


def test_owners_come_in_turn() -> None:
    """One with many searches gets no more steps than another with one."""
    rig = Rig()
    for _ in range(5):
        rig.begin("many", 3)
    rig.begin("one", 3)
    first = [each for _ in range(6) for each in rig.turn()]
    assert first == ["many", "one"] * 3
    while rig.turn():
        pass
    assert rig.done.count("many") == 15


def test_short_steps_share_a_turn() -> None:
    """As many steps as fit into a slice are done in one turn, of one after the other."""
    rig = Rig()
    rig.begin("x", 1)
    rig.begin("a", 4, SLICE_S / 4)
    rig.begin("b", 4, SLICE_S / 4)
    assert rig.turn() == ["a", "b", "a", "b"]


def test_work_that_waited_elsewhere_queues() -> None:
    """Who comes back from waiting for something else has no slice until its turn comes."""
    rig = Rig()
    other: Deferred[None] = Deferred()

    async def work() -> None:
        await other
        await rig.turns.breathe("a")
        rig.done.append("a")

    rig.turns.enter(partial(Deferred.fromCoroutine, work()))
    other.callback(None)
    assert rig.done == []
    assert rig.turn() == ["a"]


def test_the_cancelled_are_not_called() -> None:
    """And leave nothing behind."""
    rig = Rig()
    rig.begin("x", 1)
    done = rig.begin("a", 2)
    assert rig.turns.waiting_count == 1
    done.addErrback(lambda _failure: None)
    done.cancel()
    assert rig.turns.waiting_count == 0
    assert rig.turn() == []


def test_awaiting_outside_of_any_turn_waits() -> None:
    """``breathe`` by one whom nobody let go on gives something to wait for."""
    waiting: Awaitable[None] = Rig().turns.breathe("a")
    assert isinstance(waiting, Deferred)
