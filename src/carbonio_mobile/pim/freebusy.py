"""When somebody is busy, as the digits that ActiveSync shows of it: never what for.

Spec: MS-ASCMD 2.2.3.107 (MergedFreeBusy).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import accumulate, islice
from math import ceil, floor

from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.occurrences import Shown, occurrences
from carbonio_mobile.pim.timezones import zone_named

INTERVAL_S = 1800
"""What each digit stands for (MS-ASCMD R3319)."""
MAX_DIGITS = 32 * 1024
"""MS-ASCMD R3317."""
FREE = 0
NO_DATA = 4
DAY_S = 86_400.0
"""How far a floating date may be from the same date in UTC."""
OCCURRENCES_MAX = 5000
"""Of one event; it would be more than one in a quarter of an hour."""
TIMES_MAX = 50_000
"""Of one person: a calendar that was filled to hold more is not read to its end."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - of no zone
_DECLINED = 4
_BUSY_STATES = (1, 2, 3)  # 0 is free, and so is 4, working elsewhere

_DIGITS = "01234"


@dataclass(frozen=True, slots=True)
class Busy:
    """A time in which somebody is not free; ``state`` is 1 tentative, 2 busy, 3 out of office."""

    start: float
    end: float
    state: int


def busy_times(events: Iterable[Event], start: float, end: float, tzid: str) -> list[Busy]:
    """Give the times in which events take up somebody whose all-day events are days in ``tzid``.

    What was cancelled or declined takes nobody up. At most ``TIMES_MAX``.
    """
    zone = zone_named(tzid) or UTC
    taken = (one for one in events if one.response != _DECLINED)
    found = (busy for event in taken for busy in _busy_times_of(event, start, end, zone))
    return list(islice(found, TIMES_MAX))


def _busy_times_of(event: Event, start: float, end: float, zone: tzinfo) -> Iterator[Busy]:
    declined = {one.original for one in event.exceptions if one.response == _DECLINED}
    shown = occurrences(event, start - DAY_S, end + DAY_S, limit=OCCURRENCES_MAX)
    for one in shown:
        state = one.details.busy_status
        is_off = one.details.is_cancelled or one.original in declined
        if state in _BUSY_STATES and not is_off:
            yield _busy(one, state, zone)


def _busy(one: Shown, state: int, zone: tzinfo) -> Busy:
    if not one.details.all_day:
        return Busy(one.start, one.end, state)
    return Busy(_in_zone(one.start, zone), _in_zone(one.end, zone), state)


def _in_zone(floating: float, zone: tzinfo) -> float:
    """Give the time at which a clock in a zone shows what a floating time says."""
    return (_EPOCH + timedelta(seconds=floating)).replace(tzinfo=zone).timestamp()


def digit_count(start: float, end: float) -> int:
    """Give how many digits stand for a time; the last may stand for less than the others (R3329).

    Raises: ValueError where ``end`` is not after ``start`` or the digits are too many.
    """
    count = ceil((end - start) / INTERVAL_S)
    if not 0 < count <= MAX_DIGITS:
        raise ValueError("no time that digits can show")
    return count


def free_busy(start: float, end: float, times: Iterable[Busy]) -> str:
    """Write the digits of one person; of several states in one interval the highest counts.

    Each time costs the same, however long it is: where it begins and ends is noted, and summed up.
    """
    count = digit_count(start, end)
    changes = {state: [0] * (count + 1) for state in _BUSY_STATES}
    for busy in times:
        begins, ends = max(busy.start, start), min(busy.end, end)
        if ends <= begins:
            continue
        changes[busy.state][floor((begins - start) / INTERVAL_S)] += 1
        changes[busy.state][ceil((ends - start) / INTERVAL_S)] -= 1
    digits = [_DIGITS[FREE]] * count
    for state in _BUSY_STATES:
        for at, open_count in enumerate(islice(accumulate(changes[state]), count)):
            if open_count:
                digits[at] = _DIGITS[state]
    return "".join(digits)


def nothing_known(start: float, end: float) -> str:
    """Write the digits of somebody of whom nothing is known."""
    return _DIGITS[NO_DATA] * digit_count(start, end)


def merged(strings: Sequence[str]) -> str:
    """Merge the digits of a group's members, all of one length: the highest state counts (R4625).

    A member of whom nothing is known counts only where nothing is known of any.
    """
    known = _DIGITS[NO_DATA]
    columns = zip(*strings, strict=True)
    return "".join(max((d for d in column if d != known), default=known) for column in columns)
