"""Which occurrence of a series a date or time means, and what changes it.

Spec: RFC 5545 3.8.4.4 (RECURRENCE-ID), 3.8.5.1 (EXDATE), 3.8.5.2 (RDATE).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from operator import attrgetter

from carbonio_mobile.pim.calendars import (
    DAY_S,
    NO_ZONES,
    CalendarObject,
    Lines,
    When,
    duration_of,
    first,
    read_when,
    word,
)
from carbonio_mobile.pim.components import Component
from carbonio_mobile.pim.contentlines import ContentLine
from carbonio_mobile.pim.event import NOT_SAID, Details, Occurrence
from carbonio_mobile.pim.eventfields import REPLY_TIME, RESPONSE
from carbonio_mobile.pim.occurrences import seconds
from carbonio_mobile.pim.recurrence import (
    RecurrenceRule,
)

MAX_EXCEPTIONS = 256
"""MS-ASCAL R243."""
MAX_DATES = 5_000
_RESPONSES = range(6)


@dataclass(frozen=True, slots=True)
class Override:
    """A component that changes one occurrence: its original start, and its details."""

    original: float
    details: Details
    component: Component
    lines: Lines
    following: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """What a series is in the terms of ActiveSync; ``details`` are those of its start."""

    details: Details
    rule: RecurrenceRule | None
    exceptions: tuple[Occurrence, ...]
    is_read_only: bool = False


def exception_of(one: Override) -> Occurrence:
    """Give the exception that an override makes."""
    return Occurrence(
        original=one.original,
        details=one.details,
        response=response_of(one.lines),
        replied_at=reply_time(one.lines),
    )


def response_of(lines: Lines) -> int:
    """Give the answer of the mailbox's owner where the object keeps it."""
    said = word(lines, RESPONSE)
    return int(said) if said in map(str, _RESPONSES) else NOT_SAID


def reply_time(lines: Lines) -> float | None:
    """Give when the mailbox's owner answered."""
    said = first(lines, REPLY_TIME)
    when = None if said is None else read_when(said.value.strip(), "UTC", NO_ZONES)
    return when.at if when else None


def local_at(local: datetime, begin: When) -> float:
    """Give the moment of a local time of a series that begins at ``begin``."""
    return seconds(local, UTC if begin.is_date else begin.zone)


def dates_of(lines: Lines, name: str, begin: When, found: CalendarObject) -> Iterator[float]:
    """Give the starts that EXDATE or RDATE name."""
    for at, _ in islice(dated(lines.get(name, ()), begin, found), MAX_DATES):
        yield at


def dated(
    lines: Sequence[ContentLine], begin: When, found: CalendarObject
) -> Iterator[tuple[float, float | None]]:
    """Give starts, and lengths in seconds where periods say them."""
    for one in lines:
        tzid = one.param("TZID")
        for value in one.value.split(","):
            start, _, end = value.partition("/")
            when = read_when(start, tzid, found.zones)
            if when is None:
                continue
            at = original_at(when, begin)
            yield at, _period_length(when, end, tzid, found) if end else None


def _period_length(when: When, end: str, tzid: str, found: CalendarObject) -> float | None:
    length = duration_of(end)
    if length is not None:
        return max(length.total_seconds(), 0.0)
    last = read_when(end, tzid, found.zones)
    return max(last.at - when.at, 0.0) if last else None


def original_at(when: When, begin: When) -> float:
    """Give the original start that a date or time means in a series that begins at ``begin``.

    A date in a series of times means the series' time on it; of a time in a series of dates its
    date counts.
    """
    if when.is_date == begin.is_date:
        return when.at
    if when.is_date:
        day = when.local.date()
        return local_at(datetime.combine(day, begin.local.time()), begin)
    local = when.aware.astimezone(begin.zone) if when.is_utc else when.local
    return (local.date().toordinal() - 719_163) * DAY_S


def last_following(following: Sequence[Override], at: float) -> Override | None:
    """Give the change of all that follows which holds at a moment; ``following`` is in order."""
    place = bisect_right(following, at, key=attrgetter("original"))
    return following[place - 1] if place else None


def shifted(one: Override, at: float) -> Details:
    """Give what a change of all that follows says of a later occurrence."""
    by = at - one.original
    return replace(one.details, start=one.details.start + by, end=one.details.end + by)
