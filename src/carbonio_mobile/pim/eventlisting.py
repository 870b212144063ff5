"""A series that ActiveSync cannot say, as a daily one whose days were moved to where they are.

The device shows all of it and can change none.

Spec: RFC 5545 3.8.5; MS-ASCAL 2.2.2.20.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from operator import itemgetter

from carbonio_mobile.pim.calendars import (
    DAY_S,
    NO_ZONES,
    CalendarObject,
    Lines,
    When,
    first,
    read_when,
    when_of,
)
from carbonio_mobile.pim.event import Details, Occurrence
from carbonio_mobile.pim.eventinstances import (
    MAX_DATES,
    MAX_EXCEPTIONS,
    Override,
    Series,
    dated,
    exception_of,
    last_following,
    local_at,
    original_at,
    shifted,
)
from carbonio_mobile.pim.expansion import expand
from carbonio_mobile.pim.recurrence import (
    RecurrenceRule,
    rule_parts,
)

MAX_RULES = 10
HORIZON_S = 366 * DAY_S


def _floating(at: float) -> datetime:
    return datetime(1970, 1, 1) + timedelta(seconds=at)  # noqa: DTZ001


def one_by_one(
    found: CalendarObject,
    lines: Lines,
    begin: When,
    details: Details,
    overrides: Sequence[Override],
    removed: frozenset[float],
) -> Series:
    """Say a series as a daily one of as many days, each moved to where it really is."""
    found.faults.append("a recurrence that ActiveSync cannot say; its occurrences are shown")
    listed = _listed(found, lines, begin, details)
    changed = {one.original: one for one in overrides}
    real = {at: _moved(details, at, length) for at, length in listed if at not in removed}
    following = [one for one in overrides if one.following]
    for at in real if following else ():
        last = last_following(following, at)
        if last is not None:
            real[at] = shifted(last, at)
    real.update({at: one.details for at, one in changed.items()})
    exceptions = {at: exception_of(one) for at, one in changed.items()}
    shown = _window(
        found,
        lines,
        [exceptions.get(at) or Occurrence(original=at, details=real[at]) for at in sorted(real)],
    )
    return in_days(details, begin, shown)


def in_days(details: Details, begin: When, shown: Sequence[Occurrence]) -> Series:
    """Give a daily series that shows some occurrences, in order; it cannot be changed."""
    if not shown:
        return Series(details, None, (), is_read_only=True)
    start = shown[0].details or details
    base = replace(details, start=start.start, end=start.end, all_day=start.all_day)
    exceptions = []
    for days, one in enumerate(shown):
        slot = base.start
        if days:
            slot = local_at(begin.from_seconds(base.start) + timedelta(days=days), begin)
        same = replace(base, start=slot, end=slot + base.end - base.start)
        if one != Occurrence(original=one.original, details=same):
            exceptions.append(replace(one, original=slot))
    rule = RecurrenceRule(kind=0, occurrences=len(shown))
    return Series(base, rule, tuple(exceptions), is_read_only=True)


def _moved(details: Details, at: float, length: float | None) -> Details:
    length = details.end - details.start if length is None else length
    return replace(details, start=at, end=at + length)


def _listed(
    found: CalendarObject, lines: Lines, begin: When, details: Details
) -> list[tuple[float, float | None]]:
    """Give the starts of a series in order, from a while before it was last written."""
    after = _written_at(lines, found) - HORIZON_S
    skip = _floating(after) if after > details.start else None
    ruled = [_expanded(one.value, begin, skip) for one in lines.get("RRULE", ())[:MAX_RULES]]
    excluded = {
        at
        for one in lines.get("EXRULE", ())[:MAX_RULES]
        for at in islice(_expanded(one.value, begin, skip), MAX_DATES)
    }
    dates = islice(dated(lines.get("RDATE", ()), begin, found), MAX_DATES)
    added = sorted(dates, key=itemgetter(0))
    lengths = {at: length for at, length in added if length is not None}
    times = merge([details.start], [at for at, _ in added], *ruled)
    kept: dict[float, None] = {}
    old = 0
    for at in islice(times, MAX_DATES):
        if at in excluded or at in kept:
            continue
        kept[at] = None
        old += at < after
        if len(kept) - old >= MAX_EXCEPTIONS:
            break
    return [(at, lengths.get(at)) for at in kept]


def _expanded(value: str, begin: When, skip: datetime | None) -> Iterator[float]:
    parts = rule_parts(value)
    scale = str(next(iter(parts.get("RSCALE", ["GREGORIAN"]))))
    if not scale.startswith("GREGORIAN"):
        return
    until = next(iter(parts.get("UNTIL", [])), None)
    last = None
    if until is not None:
        end = read_when(_time_text(until), "", NO_ZONES)
        last = None if end is None else _end_at(end, begin)
    for local in expand(parts, begin.local, skip):
        at = local_at(local, begin)
        if last is not None and at > last:
            return
        yield at


def _time_text(until: object) -> str:
    if isinstance(until, datetime):
        return until.strftime("%Y%m%dT%H%M%S") + ("Z" if until.tzinfo else "")
    return str(until).replace("-", "")


def _end_at(end: When, begin: When) -> float:
    """Give the last moment at which a rule may start: one without a zone is in the series' own."""
    if end.is_date or end.is_utc:
        return original_at(end, begin)
    return local_at(end.local, begin)


def _written_at(lines: Lines, found: CalendarObject) -> float:
    """Give about when a master was last written; reading knows no clock."""
    stamps = (when_of(first(lines, name), found.zones) for name in ("LAST-MODIFIED", "DTSTAMP"))
    return max((one.at for one in stamps if one), default=0.0)


def _window(found: CalendarObject, lines: Lines, real: list[Occurrence]) -> list[Occurrence]:
    """Give as many occurrences as there is room for; the oldest go first."""
    if len(real) <= MAX_EXCEPTIONS:
        return real
    after = _written_at(lines, found) - HORIZON_S
    old = sum(1 for one in real if one.original < after)
    begin = min(old, len(real) - MAX_EXCEPTIONS)
    found.faults.append("more occurrences than can be shown")
    return real[begin : begin + MAX_EXCEPTIONS]
