"""``Recurrence``: the pattern of a series, to and from its element, for events and in mails.

Spec: MS-ASCAL 2.2.2.37 (Recurrence), 3.2.5, 3.2.5.3 (what fails); MS-ASEMAIL 2.2.2.63.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.times import format_compact, parse_compact
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.recurrence import MAX_COUNT, RESERVED_CALENDAR_TYPES, RecurrenceRule
from carbonio_mobile.wbxml.codepages import Calendar, Email, Email2
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

WEEKLY = 1
_DAILY = 0
_DATED = frozenset((2, 3, 5, 6))
_MONDAY = 1

_PATTERN: Mapping[int, tuple[str, ...]] = {
    0: ("day_of_week",),
    1: ("day_of_week",),
    2: ("day_of_month",),
    3: ("week_of_month", "day_of_week"),
    5: ("day_of_month", "month_of_year"),
    6: ("week_of_month", "day_of_week", "month_of_year"),
}
"""The fields that fit each Type (R19511 to R20414, R32811 to R478112)."""
_OPTIONAL = frozenset(((0, "day_of_week"), (6, "day_of_week")))  # R38923, R38949
_HIGHEST: Mapping[str, int] = {
    "week_of_month": 5,  # R476
    "day_of_month": 31,  # R193
    "day_of_week": 127,  # R201
    "month_of_year": 12,  # R326
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceTags:
    """The elements of a recurrence in one class; all but ``container`` are named as the fields."""

    container: Tag
    kind: Tag
    interval: Tag
    until: Tag
    occurrences: Tag
    week_of_month: Tag
    day_of_month: Tag
    day_of_week: Tag
    month_of_year: Tag
    calendar_type: Tag
    is_leap_month: Tag
    first_day_of_week: Tag


IN_EVENTS = RecurrenceTags(
    container=Calendar.Recurrence,
    kind=Calendar.Type,
    interval=Calendar.Interval,
    until=Calendar.Until,
    occurrences=Calendar.Occurrences,
    week_of_month=Calendar.WeekOfMonth,
    day_of_month=Calendar.DayOfMonth,
    day_of_week=Calendar.DayOfWeek,
    month_of_year=Calendar.MonthOfYear,
    calendar_type=Calendar.CalendarType,
    is_leap_month=Calendar.IsLeapMonth,
    first_day_of_week=Calendar.FirstDayOfWeek,
)
IN_MAILS = RecurrenceTags(
    container=Email.Recurrence,
    kind=Email.Type,
    interval=Email.Interval,
    until=Email.Until,
    occurrences=Email.Occurrences,
    week_of_month=Email.WeekOfMonth,
    day_of_month=Email.DayOfMonth,
    day_of_week=Email.DayOfWeek,
    month_of_year=Email.MonthOfYear,
    calendar_type=Email2.CalendarType,
    is_leap_month=Email2.IsLeapMonth,
    first_day_of_week=Email2.FirstDayOfWeek,
)


def recurrence_element(
    rule: RecurrenceRule, version: Version, tags: RecurrenceTags = IN_EVENTS
) -> Element:
    """Build Recurrence in the order of the schema of mails; no field that does not fit the Type."""
    pattern = _PATTERN.get(rule.kind, ())
    numbers = ("week_of_month", "day_of_month", "day_of_week", "month_of_year")
    children = [
        Element(tags.kind, str(rule.kind)),
        Element(tags.interval, str(rule.interval)),
        *_end(rule, tags),
        *[
            Element(getattr(tags, name), str(getattr(rule, name)))
            for name in numbers
            if name in pattern and getattr(rule, name)
        ],
    ]
    if version >= Version.V14_0 and rule.kind in _DATED:
        children.append(Element(tags.calendar_type, str(rule.calendar_type)))
        children.append(Element(tags.is_leap_month, str(int(rule.is_leap_month))))
    said = rule.first_day_of_week is not None
    if version >= Version.V14_1 and (rule.kind == WEEKLY or said):  # R52523
        children.append(Element(tags.first_day_of_week, str(_first_day(rule))))
    return Element(tags.container, children)


def _end(rule: RecurrenceRule, tags: RecurrenceTags) -> list[Element]:
    """Say how long the series runs: one of the two at most (R341, R467)."""
    if rule.occurrences:
        return [Element(tags.occurrences, str(rule.occurrences))]
    if rule.until is not None:
        return [Element(tags.until, format_compact(rule.until))]
    return []


def _first_day(rule: RecurrenceRule) -> int:
    """Give the first day of the week, Monday where nobody said it, as iCalendar has it."""
    return _MONDAY if rule.first_day_of_week is None else rule.first_day_of_week


def same_pattern(one: RecurrenceRule | None, other: RecurrenceRule | None) -> bool:
    """Tell whether two rules mean the same: what stands for a default is no difference."""
    if one is None or other is None:
        return one is other
    return _plain(one) == _plain(other)


def _plain(rule: RecurrenceRule) -> RecurrenceRule:
    first = _first_day(rule) if rule.kind == WEEKLY else None
    return replace(
        rule,
        calendar_type=rule.calendar_type or 1,
        is_leap_month=rule.is_leap_month and rule.calendar_type > 1,  # R290
        first_day_of_week=first,
    )


def parse_recurrence(
    element: Element,
    version: Version,
    before: RecurrenceRule | None = None,
    *,
    first_day_of_week: int | None = None,
) -> RecurrenceRule | None:
    """Read Recurrence; the block replaces all that was said before.

    None: a single event, for an empty block from 16.0 on (R2180002). There a block without a Type
    changes ``before`` in part (R2180001). Where both ends are given Occurrences wins (R53911). Type
    0 on some weekdays is weekly (R3892312). What only a later version knows is kept from
    ``before`` while the Type stays; the week of a new series begins on ``first_day_of_week``
    (R52524) where the device does not say it.

    Raises: ItemFault where a field does not fit the Type or its range (R53912 to R53919), lacks, or
    stands twice.
    """
    texts = _texts(element)
    if not texts and version >= Version.V16_0:
        return None
    if not texts.get("kind"):
        if version < Version.V16_0 or before is None:
            raise ItemFault("a recurrence without a Type")
        texts = _texts(recurrence_element(before, version)) | texts
    kind = _number("Type", texts["kind"], 0, 6)
    if kind not in _PATTERN:
        raise ItemFault("a recurrence of an unknown Type")  # R453
    count, until = _ends(texts)
    pattern = _pattern(kind, texts)
    rule = RecurrenceRule(
        kind=WEEKLY if kind == _DAILY and texts.get("day_of_week") else kind,
        interval=_number("Interval", texts.get("interval") or "1", 0, MAX_COUNT) or 1,  # R5
        occurrences=count,
        until=until,
        day_of_week=pattern.get("day_of_week", 0),
        day_of_month=pattern.get("day_of_month", 0),
        week_of_month=pattern.get("week_of_month", 0),
        month_of_year=pattern.get("month_of_year", 0),
    )
    rule = _with_calendar(rule, texts, version, before, first_day_of_week)
    return before if same_pattern(rule, before) else rule


def _texts(element: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for child in element:
        name = _NAMES.get(child.tag)
        if name is None:
            raise ItemFault(f"{child.tag} in a recurrence")
        if name in found:
            raise ItemFault(f"{child.tag} twice in a recurrence")
        found[name] = child.string.strip()
    return found


def _pattern(kind: int, texts: Mapping[str, str]) -> dict[str, int]:
    numbers = {}
    for name, highest in _HIGHEST.items():
        text = texts.get(name, "")
        if text and name not in _PATTERN[kind]:
            raise ItemFault(f"{name} does not fit a recurrence of Type {kind}")
        if text:
            numbers[name] = _number(name, text, 1, highest)
        elif name in _PATTERN[kind] and (kind, name) not in _OPTIONAL:
            raise ItemFault(f"a recurrence of Type {kind} without {name}")
    return numbers


def _ends(texts: Mapping[str, str]) -> tuple[int, float | None]:
    """Read how many occurrences there are, 0 for not said, or else when the last may begin."""
    count = _number("Occurrences", texts.get("occurrences") or "0", 0, MAX_COUNT)  # R345
    until = texts.get("until", "")
    if count or not until:
        return count, None
    try:
        return 0, parse_compact(until)
    except ValueError as exc:
        raise ItemFault("Until is no time") from exc


def _with_calendar(
    rule: RecurrenceRule,
    texts: Mapping[str, str],
    version: Version,
    before: RecurrenceRule | None,
    usual_day: int | None,
) -> RecurrenceRule:
    """Add which calendar and week are meant; older versions cannot say it."""
    calendar = _number("CalendarType", texts.get("calendar_type") or "0", 0, 23)
    if calendar in RESERVED_CALENDAR_TYPES:
        raise ItemFault("a recurrence in a reserved calendar")  # R53913
    leap = _number("IsLeapMonth", texts.get("is_leap_month") or "0", 0, 1)  # R292, R293
    first = texts.get("first_day_of_week", "")
    day = _number("FirstDayOfWeek", first, 0, 6) if first else None  # R53914
    same = before if before is not None and before.kind == rule.kind else None
    if version < Version.V14_0 and same:
        calendar, leap = same.calendar_type, int(same.is_leap_month)
    if day is None:
        day = same.first_day_of_week if same else usual_day
    return replace(
        rule,
        calendar_type=calendar if rule.kind in _DATED else 0,
        is_leap_month=bool(leap) and rule.kind in _DATED,
        first_day_of_week=day if rule.kind == WEEKLY else None,
    )


def _number(name: str, text: str, lowest: int, highest: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ItemFault(f"{name} of a recurrence is no number")
    if not lowest <= int(text) <= highest:
        raise ItemFault(f"{name} of a recurrence is out of range")
    return int(text)


_NAMES: Mapping[Tag, str] = {
    getattr(IN_EVENTS, one.name): one.name
    for one in fields(RecurrenceTags)
    if one.name != "container"
}
