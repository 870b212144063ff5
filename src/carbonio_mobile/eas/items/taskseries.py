"""The Recurrence of a task, to and from its element.

Spec: MS-ASTASK 2.2.2.20 (Recurrence) and its children, 3.2.5.3.3, 3.2.5.3.4.
"""

from collections.abc import Mapping

from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.values import moment, number
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.pim.moments import local_datetime, whole
from carbonio_mobile.pim.recurrence import MAX_COUNT, RecurrenceRule, normalised
from carbonio_mobile.pim.task import TaskRecurrence
from carbonio_mobile.wbxml.codepages import Tasks
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

_KINDS = (0, 1, 2, 3, 5, 6)
_MONTHS = frozenset({2, 3, 5, 6})
_WEEKLY = 1
_OCTET = range(256)
CALENDAR_TYPES = frozenset({*range(13), 14, 15, 20})
"""MS-ASTASK R84; the others of MS-ASCAL are not for tasks (R382 to R390)."""

_REFUSED: Mapping[Tag, frozenset[int]] = {
    Tasks.CalendarType: frozenset({0, 1}),
    Tasks.DayOfMonth: frozenset({0, 1, 3, 6}),
    Tasks.DayOfWeek: frozenset({2, 5}),
    Tasks.WeekOfMonth: frozenset({0, 1, 2, 5}),
}
"""With which Type each must not come (MS-ASTASK R81, R132, R320, R532, R533)."""


def series_element(series: TaskRecurrence | None, version: Version) -> Element | None:
    """Build Recurrence: all that its Type calls for, and nothing else."""
    if series is None:
        return None
    rule = normalised(series.rule, local_datetime(series.start))
    until = None if rule.until is None else format_datetime(rule.until)
    monthly = rule.kind in _MONTHS
    children = [
        Element(Tasks.Type, str(rule.kind)),
        Element(Tasks.Start, format_datetime(series.start)),
        Element(Tasks.Until, until) if until else None,
        _said(Tasks.Occurrences, min(rule.occurrences, 255)),
        Element(Tasks.Interval, str(rule.interval)),
        _said(Tasks.DayOfWeek, rule.day_of_week),
        _said(Tasks.DayOfMonth, rule.day_of_month),
        _said(Tasks.WeekOfMonth, rule.week_of_month),
        _said(Tasks.MonthOfYear, rule.month_of_year),
        Element(Tasks.Regenerate, str(int(series.regenerate))),
        Element(Tasks.DeadOccur, str(int(series.dead_occur))),
        Element(Tasks.CalendarType, str(_calendar(rule))) if monthly else None,
        Element(Tasks.IsLeapMonth, str(int(rule.is_leap_month))) if monthly else None,
        Element(Tasks.FirstDayOfWeek, str(rule.first_day_of_week or 0)) if rule.kind == 1 else None,
    ]
    known = [one for one in children if one is not None and knows(version, one.tag)]
    return Element(Tasks.Recurrence, known)


def parse_series(element: Element | None, first_day_of_week: int) -> TaskRecurrence | None:
    """Read Recurrence; None where it is absent.

    What is missing of a pattern is taken from Start, the day that a week begins with is
    ``first_day_of_week`` (MS-ASTASK R396); Occurrences goes before Until (R37013). Raises:
    ItemFault (status 6) without Type (R289) or Start (R37011), for what must not come with its
    Type, and for values out of their ranges.
    """
    if element is None:
        return None
    kind, start = number(element, Tasks.Type, _KINDS), moment(element, Tasks.Start)
    if kind is None or start is None:
        raise ItemFault("a Recurrence without Type or Start")
    for tag, kinds in _REFUSED.items():
        if kind in kinds and element.has(tag):
            raise ItemFault(f"{tag} in a Recurrence of type {kind}")
    rule = _rule(element, kind, first_day_of_week if kind == _WEEKLY else None)
    return TaskRecurrence(
        rule=normalised(rule, local_datetime(start)),
        start=whole(start),
        regenerate=number(element, Tasks.Regenerate, (0, 1)) == 1,
        dead_occur=bool(number(element, Tasks.DeadOccur, _OCTET)),
    )


def _rule(element: Element, kind: int, usual_day: int | None) -> RecurrenceRule:
    first_day = number(element, Tasks.FirstDayOfWeek, range(7))
    first_day = usual_day if first_day is None else first_day
    interval = number(element, Tasks.Interval, range(MAX_COUNT + 1))
    until = moment(element, Tasks.Until)
    return RecurrenceRule(
        kind=kind,
        interval=interval or 1,
        until=None if until is None else whole(until),
        occurrences=number(element, Tasks.Occurrences, _OCTET) or 0,
        day_of_week=number(element, Tasks.DayOfWeek, range(1, 128)) or 0,
        day_of_month=number(element, Tasks.DayOfMonth, range(1, 32)) or 0,
        week_of_month=number(element, Tasks.WeekOfMonth, range(1, 6)) or 0,
        month_of_year=number(element, Tasks.MonthOfYear, range(1, 13)) or 0,
        first_day_of_week=first_day,
        calendar_type=number(element, Tasks.CalendarType, CALENDAR_TYPES) or 0,
        is_leap_month=number(element, Tasks.IsLeapMonth, (0, 1)) == 1,
    )


def _calendar(rule: RecurrenceRule) -> int:
    """Give the calendar as tasks may have it; others of a stored rule are the default."""
    return rule.calendar_type if rule.calendar_type in CALENDAR_TYPES else 0


def _said(tag: Tag, value: int) -> Element | None:
    return Element(tag, str(value)) if value else None
