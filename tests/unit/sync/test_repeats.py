"""Devices that send the same request over and over."""

from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.sync import repeats
from carbonio_mobile.sync.repeats import WINDOW_S, Repeats


def key(name: str = "a") -> DeviceKey:
    return DeviceKey(AccountId("john"), DeviceId(name))


def test_equal_requests_are_counted_within_the_minute() -> None:
    """client-quirks.md 4.4."""
    seen = Repeats()
    assert [seen.count(key(), "x", float(t)) for t in range(3)] == [1, 2, 3]
    assert seen.count(key("b"), "x", 3.0) == 1
    assert seen.count(key(), "x", WINDOW_S - 0.5) == 4
    assert seen.count(key(), "x", WINDOW_S) == 1


def test_another_request_starts_anew() -> None:
    """A device that gets on is none that stands."""
    seen = Repeats()
    assert [seen.count(key(), mark, 0.0) for mark in "xxyxx"] == [1, 2, 1, 1, 2]


def test_what_it_remembers_is_bounded() -> None:
    """However many devices come, the oldest are forgotten."""
    seen = Repeats()
    for number in range(repeats.DEVICES_MAX + 5):
        seen.count(key(str(number)), "x", 0.0)
    assert seen.count(key("0"), "x", 1.0) == 1
    assert seen.count(key(str(repeats.DEVICES_MAX)), "x", 1.0) == 2
