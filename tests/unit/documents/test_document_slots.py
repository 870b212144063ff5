"""What the library may take of the threads that all share."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from carbonio_mobile.documents.slots import Slots
from carbonio_mobile.errors import NotFound, Unavailable

T = TypeVar("T")


class Threads:
    """Keeps work until it is told how that ends."""

    def __init__(self) -> None:
        self.begun: list[Deferred[str]] = []

    def __call__(self, _work: Callable[[], T]) -> "Deferred[T]":
        self.begun.append(Deferred())
        return self.begun[-1]  # type: ignore[return-value]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def threads() -> Threads:
    return Threads()


@pytest.fixture
def slots(clock: Clock, threads: Threads) -> Slots:
    return Slots(threads, clock=clock, count=2, waiting_max=2, answer_s=10.0)


def outcome(told: "Deferred[str]") -> list[object]:
    found: list[object] = []
    told.addBoth(lambda result: found.append(getattr(result, "value", result)))
    return found


def ask(slots: Slots) -> list[object]:
    return outcome(slots.run(lambda: ""))


def test_so_many_at_a_time(slots: Slots, threads: Threads) -> None:
    """The third waits for a slot, the fifth is turned away."""
    told = [ask(slots) for _ in range(5)]
    assert len(threads.begun) == 2
    assert isinstance(told[4][0], Unavailable)
    threads.begun[1].callback("second")
    assert (told[1], len(threads.begun)) == (["second"], 3)
    threads.begun[0].errback(NotFound("x"))
    assert isinstance(told[0][0], NotFound)
    assert len(threads.begun) == 4
    assert ask(slots) == []


def test_work_that_hangs_keeps_its_slot(slots: Slots, threads: Threads, clock: Clock) -> None:
    """Who waits is told in time; the slot is free when the work ends, not before."""
    told = [ask(slots) for _ in range(4)]
    clock.advance(10)
    assert [type(one[0]) for one in told] == [Unavailable] * 4
    assert len(threads.begun) == 2
    assert isinstance(ask(slots)[0], Unavailable)
    for one in list(threads.begun):
        one.callback("late")
    assert len(threads.begun) == 2  # nobody waits for the other two any more
    ask(slots)
    assert len(threads.begun) == 3


def test_whoever_goes_is_forgotten(slots: Slots, threads: Threads) -> None:
    """A request that ends takes back what was not begun, and hurts nothing that was."""
    first, second, third = (slots.run(lambda: "") for _ in range(3))
    told = [outcome(one) for one in (first, second, third)]
    first.cancel()
    third.cancel()
    assert isinstance(told[0][0], CancelledError)
    threads.begun[0].callback("unheard")
    threads.begun[1].callback("heard")
    assert told[1] == ["heard"]
    assert len(threads.begun) == 2
