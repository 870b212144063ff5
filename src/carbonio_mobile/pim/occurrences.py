"""When an event happens: its occurrences within a stretch of time, and the end of the last.

The times of a series are those of the clock in its zone, so that they keep their hour when the
clock changes; an hour that the clock skips is read by the offset from before (RFC 5545 3.3.5).

Spec: RFC 5545 3.8.5; MS-ASDTYPE 2.3.1 (R41 to R50); MS-ASCAL 2.2.2.37.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache, partial
from heapq import merge
from operator import attrgetter

from carbonio_mobile.pim.event import Details, Event
from carbonio_mobile.pim.patterns import starts
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.timezones import RuleZone, ZoneRule, zone_named

ENDLESS = 253402300799.0
"""The end of a series that has none: the last second of the year 9999."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARGIN_S = 2 * 86_400.0  # a zone is never further from UTC, nor a skipped hour longer
_LONGEST_PERIOD_DAYS = {0: 1, 1: 7, 2: 62, 3: 31, 5: 366 * 8, 6: 366}


@dataclass(frozen=True, slots=True)
class Shown:
    """One occurrence: when it is, what it says, and its start in the unchanged series.

    ``details`` are those of the series where nothing was changed: their times are its first.
    """

    start: float
    end: float
    details: Details
    original: float


def occurrences(event: Event, after: float, before: float, *, limit: int) -> Iterator[Shown]:
    """Give what happens within a time, in order of start, at most ``limit`` of them.

    It begins before ``before`` and ends after ``after``, or begins there. Times of all-day events
    are floating (midnight UTC of the date); so is their comparison.
    """
    changed = [
        Shown(one.details.start, one.details.end, one.details, one.original)
        for one in event.exceptions
        if one.details is not None
    ]
    changed.sort(key=attrgetter("start"))
    found = merge(_unchanged(event, after, before), changed, key=attrgetter("start"))
    count = 0
    for one in found:
        if count >= limit or one.start >= before:
            return
        if one.end > after or one.start >= after:
            count += 1
            yield one


def _unchanged(event: Event, after: float, before: float) -> Iterator[Shown]:
    length = event.details.end - event.details.start
    if event.recurrence is None:
        original = event.details.start if event.recurrence_id is None else event.recurrence_id
        yield Shown(event.details.start, event.details.end, event.details, original)
        return
    excepted = {one.original for one in event.exceptions}
    for at in series_starts(event, after - length):
        if at >= before:
            return
        if at not in excepted:
            yield Shown(at, at + length, event.details, at)


def series_starts(event: Event, after: float | None = None) -> Iterator[float]:
    """Give the starts of the unchanged series in order, those before ``after`` at will."""
    first = event.details.start
    rule = event.recurrence
    if rule is None:
        yield event.recurrence_id if event.recurrence_id is not None else first
        return
    zone = zone_of(event)
    local = _local(first, zone)
    skip = None if after is None else _local(after - _MARGIN_S, zone)
    for one in starts(rule, local, skip):
        at = first if one == local else seconds(one, zone)
        if rule.until is not None and at > rule.until and at != first and not rule.occurrences:
            return
        yield at


def occurs_at(event: Event, original: float) -> bool:
    """Tell whether the unchanged series has an occurrence that starts at a moment."""
    for at in series_starts(event, original):
        if at >= original:
            return at == original
    return False


def occurring(event: Event) -> Callable[[float], bool]:
    """Give :func:`occurs_at` of one event, for many moments: a counted series is walked once."""
    if event.recurrence is None or not event.recurrence.occurrences:
        return partial(occurs_at, event)
    return frozenset(series_starts(event)).__contains__


def last_end(event: Event) -> float:
    """Give the end of the last occurrence in seconds UTC, ``ENDLESS`` where there is no last."""
    ends = [one.details.end for one in event.exceptions if one.details is not None]
    if event.recurrence is None:
        return max([event.details.end, *ends])
    if not event.recurrence.occurrences and event.recurrence.until is None:
        return ENDLESS
    excepted = {one.original for one in event.exceptions}
    left = [at for at in _last_starts(event, event.recurrence) if at not in excepted]
    if left:
        ends.append(left[-1] + event.details.end - event.details.start)
    return max(ends, default=event.details.end)


def _last_starts(event: Event, rule: RecurrenceRule) -> list[float]:
    """Give the last starts of a series that ends; all where the last were all taken out."""
    if rule.occurrences or rule.until is None:
        return list(series_starts(event))
    days = _LONGEST_PERIOD_DAYS.get(rule.kind, 1) * max(rule.interval, 1)
    days += 2 * len(event.exceptions) * days
    return list(series_starts(event, min(rule.until, ENDLESS) - days * 86_400.0))


def zone_of(event: Event) -> tzinfo:
    """Give the zone of an event's local times; UTC for the floating ones of all-day events."""
    return UTC if event.details.all_day else zone_from(event.tzid, event.zone_blob)


@lru_cache(maxsize=256)
def zone_from(tzid: str, blob: str) -> tzinfo:
    """Give the zone of a name, else of a blob, else UTC."""
    named = zone_named(tzid) if tzid else None
    if named is not None:
        return named
    try:
        return RuleZone(ZoneRule.from_blob(blob))
    except ValueError:
        return UTC


def _local(at: float, zone: tzinfo) -> datetime:
    """Give a local time without a zone; what no calendar holds is brought within it."""
    at = min(max(at, -62_000_000_000.0), ENDLESS - 86_400.0)
    return (_EPOCH + timedelta(seconds=at)).astimezone(zone).replace(tzinfo=None, fold=0)


def seconds(local: datetime, zone: tzinfo) -> float:
    """Give the moment of a local time in seconds UTC."""
    offset = local.replace(tzinfo=zone).utcoffset() or timedelta()
    return (local - offset - _EPOCH.replace(tzinfo=None)).total_seconds()
