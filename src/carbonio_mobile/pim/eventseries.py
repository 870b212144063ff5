"""The series of a calendar object: rule and exceptions in ActiveSync's terms, or one by one.

A rule that ActiveSync can say keeps its exceptions. Any other, and dates added one by one, are
listed (see ``eventlisting``).

Spec: RFC 5545 3.8.5; MS-ASCAL 2.2.2.20, 2.2.2.37.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from carbonio_mobile.pim.calendars import (
    DAY_S,
    CalendarObject,
    Lines,
    When,
    number,
)
from carbonio_mobile.pim.event import Details, Occurrence
from carbonio_mobile.pim.eventfields import CALENDAR_TYPE, LEAP_MONTH
from carbonio_mobile.pim.eventinstances import (
    MAX_EXCEPTIONS,
    Override,
    Series,
    dates_of,
    exception_of,
    last_following,
    local_at,
    shifted,
)
from carbonio_mobile.pim.eventlisting import MAX_RULES, one_by_one
from carbonio_mobile.pim.patterns import starts
from carbonio_mobile.pim.recurrence import (
    MAX_COUNT,
    RESERVED_CALENDAR_TYPES,
    RecurrenceRule,
    rule_parts,
    to_activesync,
)

MAX_COUNTED = 5_000


def read_series(
    found: CalendarObject, lines: Lines, begin: When, details: Details, overrides: list[Override]
) -> Series:
    """Read the recurrence of a master."""
    rules = lines.get("RRULE", ())[:MAX_RULES]
    removed = list(dates_of(lines, "EXDATE", begin, found))
    overrides = _current(overrides, lines, frozenset(removed))
    if not (rules or lines.get("RDATE")):
        return Series(details, None, ())
    rule = _rule(lines, begin, found) if _is_one_rule(lines, begin, found) else None
    if rule is None:
        return one_by_one(found, lines, begin, details, overrides, frozenset(removed))
    if rule.until is not None and rule.until < details.start:
        rule = replace(rule, until=details.start)
    changed = _applied(found, rule, begin, overrides)
    taken = {one: Occurrence(original=one) for one in removed if one >= details.start}
    exceptions = {**taken, **{one.original: one for one in changed}}
    return Series(details, rule, _bounded(exceptions, found))


def _current(overrides: list[Override], lines: Lines, removed: frozenset[float]) -> list[Override]:
    """Leave out the changes of occurrences that a newer master takes out."""
    newest = number(lines, "SEQUENCE")
    return [
        one
        for one in overrides
        if one.original not in removed or number(one.lines, "SEQUENCE") >= newest
    ]


def _bounded(exceptions: dict[float, Occurrence], found: CalendarObject) -> tuple[Occurrence, ...]:
    """Give the exceptions in order, the newest where they are too many."""
    ordered = tuple(exceptions[one] for one in sorted(exceptions))
    if len(ordered) > MAX_EXCEPTIONS:
        found.faults.append(f"{len(ordered)} exceptions; the last {MAX_EXCEPTIONS} were read")
    return ordered[-MAX_EXCEPTIONS:]


def _is_one_rule(lines: Lines, begin: When, found: CalendarObject) -> bool:
    """Tell whether one rule says all: no second one, and no date added but the start."""
    if len(lines.get("RRULE", ())) != 1 or lines.get("EXRULE"):
        return False
    added = lines.get("RDATE", ())
    return not added or {*dates_of(lines, "RDATE", begin, found)} <= {begin.at}


def _rule(lines: Lines, begin: When, found: CalendarObject) -> RecurrenceRule | None:
    """Say the rule of a master in ActiveSync's terms, None where it cannot be said."""
    parts = rule_parts(lines["RRULE"][0].value)
    count, interval = (next(iter(parts.get(name, [0])), 0) for name in ("COUNT", "INTERVAL"))
    assert isinstance(count, int)
    assert isinstance(interval, int)
    if interval > MAX_COUNT:
        return None
    rule = to_activesync(parts, begin.aware)
    if rule is None:
        return None
    if count > MAX_COUNT:
        rule = _until_counted(rule, count, begin, found)
    if rule.calendar_type > 1:
        found.faults.append("a recurrence in another calendar; its times here are Gregorian")
    if rule.until is not None and begin.is_date:
        rule = replace(rule, until=rule.until // DAY_S * DAY_S)
    kept = number(lines, CALENDAR_TYPE)
    if 0 < kept < 24 and kept not in RESERVED_CALENDAR_TYPES:
        leap = number(lines, LEAP_MONTH) == 1 and kept > 1
        rule = replace(rule, calendar_type=kept, is_leap_month=leap)
    return rule


def _until_counted(
    rule: RecurrenceRule, count: int, begin: When, found: CalendarObject
) -> RecurrenceRule:
    """Say a count beyond what ActiveSync can count as the time of the last occurrence."""
    rule = replace(rule, occurrences=0, until=None)
    if count > MAX_COUNTED:
        found.faults.append("more occurrences than can be counted; they do not end")
        return rule
    last = begin.local
    for one in islice(starts(rule, begin.local), count):
        last = one
    return replace(rule, until=local_at(last, begin))


def _applied(
    found: CalendarObject,
    rule: RecurrenceRule,
    begin: When,
    overrides: Sequence[Override],
) -> list[Occurrence]:
    """Give the exceptions that overrides make, with those of THISANDFUTURE written out."""
    changed = [exception_of(one) for one in overrides]
    following = [one for one in overrides if one.following]
    if not following:
        return changed
    known = {one.original for one in changed}
    room = MAX_EXCEPTIONS - len(changed)
    after = starts(rule, begin.local, begin.local)
    for local in islice(after, MAX_EXCEPTIONS * 20):
        at = local_at(local, begin)
        if room <= 0 or (rule.until is not None and at > rule.until):
            break
        last = last_following(following, at)
        if last is not None and at not in known:
            changed.append(Occurrence(original=at, details=shifted(last, at)))
            room -= 1
    if room <= 0:
        found.faults.append("a change of all that follows was read as far as there is room")
    return changed
