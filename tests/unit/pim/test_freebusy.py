"""Digits of busy times."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.pim.event import Details, Event, Occurrence
from carbonio_mobile.pim.freebusy import (
    INTERVAL_S,
    MAX_DIGITS,
    TIMES_MAX,
    Busy,
    busy_times,
    digit_count,
    free_busy,
    merged,
    nothing_known,
)
from carbonio_mobile.pim.recurrence import RecurrenceRule

DAY = 1_799_971_200.0
"""2027-01-15T00:00:00Z."""
HOUR = 3600.0
ZONE = "Europe/Berlin"


def event(start: float, end: float, **details: object) -> Event:
    given_details = Details(start=start, end=end, **details)  # type: ignore[arg-type]
    return Event(uid="e", tzid="UTC", details=given_details)


@pytest.mark.parametrize(
    ("seconds", "count"),
    [(1, 1), (INTERVAL_S, 1), (INTERVAL_S + 0.001, 2), (HOUR, 2), (42 * 86_400, 2016)],
)
def test_digits_are_rounded_up(seconds: float, count: int) -> None:
    """MS-ASCMD R3319, R3329, R3330: one for 30 minutes, the last for what is left."""
    assert digit_count(DAY, DAY + seconds) == count
    assert free_busy(DAY, DAY + seconds, []) == "0" * count
    assert nothing_known(DAY, DAY + seconds) == "4" * count


@pytest.mark.parametrize("seconds", [0, -1, INTERVAL_S * MAX_DIGITS + 1])
def test_times_without_digits(seconds: float) -> None:
    """MS-ASCMD R3317: never more than 32 K of digits, and never none."""
    with pytest.raises(ValueError, match="no time"):
        digit_count(DAY, DAY + seconds)


@pytest.mark.parametrize(
    ("times", "digits"),
    [
        ([], "0000"),
        ([Busy(0, 1800, 2)], "2000"),
        ([Busy(0, 1801, 2)], "2200"),
        ([Busy(1799, 1800, 1)], "1000"),
        ([Busy(1800, 1800.5, 3)], "0300"),
        ([Busy(-9000, 9000, 1)], "1111"),
        ([Busy(-9000, 0, 2), Busy(7200, 9000, 2)], "0000"),
        ([Busy(0, 7200, 1), Busy(2000, 2100, 3), Busy(5400, 5460, 2)], "1312"),
        ([Busy(2000, 2100, 3), Busy(0, 7200, 1)], "1311"),
        ([Busy(100, 100, 2), Busy(300, 200, 2)], "0000"),
    ],
)
def test_the_highest_state_fills_the_interval(times: list[Busy], digits: str) -> None:
    """MS-ASCMD R3320, R3321, R3327, R3332: a second is enough, and the higher digit wins."""
    shifted = [Busy(DAY + one.start, DAY + one.end, one.state) for one in times]
    assert free_busy(DAY, DAY + 7200, shifted) == digits


def test_groups_are_merged() -> None:
    """MS-ASCMD R4625: one string for all; who is unknown counts where all are."""
    assert merged(["0012", "1020", "4444"]) == "1022"
    assert merged(["4444", "4444"]) == "4444"
    assert merged(["0412"]) == "0412"


@pytest.mark.parametrize(("status", "digit"), [(0, "0"), (1, "1"), (2, "2"), (3, "3"), (4, "0")])
def test_states_of_events(status: int, digit: str) -> None:
    """MS-ASCMD R3320: BusyStatus as a digit; working elsewhere is no digit of its own."""
    times = busy_times([event(DAY, DAY + 1800, busy_status=status)], DAY, DAY + 1800, "UTC")
    assert free_busy(DAY, DAY + 1800, times) == digit


def test_what_takes_nobody_up() -> None:
    """A cancelled meeting and a declined one are no reason to be busy."""
    base = event(DAY, DAY + 1800)
    cancelled = event(DAY, DAY + 1800, is_cancelled=True)
    for one in (cancelled, replace(base, response=4)):
        assert busy_times([one], DAY, DAY + 1800, "UTC") == []
    assert busy_times([base], DAY, DAY + 1800, "UTC") == [Busy(DAY, DAY + 1800, 2)]


def test_series_and_their_exceptions() -> None:
    """Every occurrence counts; moved, deleted, cancelled and declined ones as they are now."""
    hours = [DAY + day * 86_400 + 9 * HOUR for day in range(5)]
    moved = Details(start=hours[1] + HOUR, end=hours[1] + 2 * HOUR, busy_status=3)
    off = Details(start=hours[3], end=hours[3] + HOUR, is_cancelled=True)
    declined = Details(start=hours[4], end=hours[4] + HOUR)
    series = replace(
        event(hours[0], hours[0] + HOUR),
        recurrence=RecurrenceRule(kind=0, occurrences=5),
        exceptions=(
            Occurrence(original=hours[1], details=moved),
            Occurrence(original=hours[2]),
            Occurrence(original=hours[3], details=off),
            Occurrence(original=hours[4], details=declined, response=4),
        ),
    )
    times = busy_times([series], DAY, DAY + 5 * 86_400, "UTC")
    assert times == [
        Busy(hours[0], hours[0] + HOUR, 2),
        Busy(hours[1] + HOUR, hours[1] + 2 * HOUR, 3),
    ]


@pytest.mark.parametrize(("zone", "shift"), [("UTC", 0.0), (ZONE, -HOUR), ("no zone", 0.0)])
def test_days_are_those_of_the_owner(zone: str, shift: float) -> None:
    """An all-day event begins at the owner's midnight, whatever UTC says."""
    day = event(DAY, DAY + 86_400, all_day=True)
    times = busy_times([day], DAY, DAY + HOUR, zone)
    assert times == [Busy(DAY + shift, DAY + 86_400 + shift, 2)]


@given(
    st.lists(
        st.builds(
            lambda start, length, state: Busy(DAY + start, DAY + start + length, state),
            st.integers(-9000, 9000),
            st.integers(0, 9000),
            st.integers(1, 3),
        ),
        max_size=8,
    ),
    st.integers(1, 9000),
)
def test_every_second_is_covered(times: list[Busy], seconds: int) -> None:
    """A digit is the highest state of any time that touches its interval, and only of those."""
    end = DAY + seconds
    digits = free_busy(DAY, end, times)
    for place, digit in enumerate(digits):
        begins = DAY + place * INTERVAL_S
        ends = min(begins + INTERVAL_S, end)
        met = [one.state for one in times if max(one.start, begins) < min(one.end, ends)]
        assert int(digit) == max(met, default=0)


def test_a_calendar_full_of_long_series() -> None:
    """Days that last a year, each day, a thousand times over: the times are bounded in number."""
    long = replace(event(DAY, DAY + 400 * 86_400.0), recurrence=RecurrenceRule(kind=0, interval=1))
    start = DAY + 1000 * 86_400.0
    times = busy_times([long] * 1000, start, start + 86_400.0, ZONE)
    assert len(times) == TIMES_MAX
    assert free_busy(start, start + 86_400.0, times) == "2" * 48
