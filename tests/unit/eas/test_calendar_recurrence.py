"""Recurrences as devices send them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.items.calendar import added, changed
from carbonio_mobile.eas.items.calendarrecurrence import (
    parse_recurrence,
    recurrence_element,
    same_pattern,
)
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Calendar
from tests.unit.eas.eas_events import (
    ALL_DAY,
    NOW,
    RULES,
    SERIES,
    START,
    WEEKLY,
    author,
    el,
    sent,
    when,
)

LATE = [Version.V16_0, Version.V16_1]
EARLY = [one for one in Version if one < Version.V16_0]


def block(**fields: object) -> Element:
    """Make a Recurrence; the names are those of the elements."""
    return el(
        Calendar.Recurrence,
        [el(getattr(Calendar, name), str(value)) for name, value in fields.items()],
    )


def read(version: Version = Version.V14_1, **fields: object) -> RecurrenceRule | None:
    return parse_recurrence(block(**fields), version)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Type": 0}, RecurrenceRule(kind=0)),
        ({"Type": 0, "Interval": 3}, RecurrenceRule(kind=0, interval=3)),
        (
            {"Type": 0, "Interval": 2, "DayOfWeek": 62},
            RecurrenceRule(kind=1, interval=2, day_of_week=62),
        ),
        (
            {"Type": 1, "DayOfWeek": 5, "FirstDayOfWeek": 0},
            RecurrenceRule(kind=1, day_of_week=5, first_day_of_week=0),
        ),
        ({"Type": 2, "DayOfMonth": 31}, RecurrenceRule(kind=2, day_of_month=31)),
        (
            {"Type": 3, "WeekOfMonth": 2, "DayOfWeek": 65},
            RecurrenceRule(kind=3, week_of_month=2, day_of_week=65),
        ),
        (
            {"Type": 5, "DayOfMonth": 29, "MonthOfYear": 2, "CalendarType": 8, "IsLeapMonth": 1},
            RecurrenceRule(
                kind=5, day_of_month=29, month_of_year=2, calendar_type=8, is_leap_month=True
            ),
        ),
        (
            {"Type": 6, "WeekOfMonth": 5, "DayOfWeek": 127, "MonthOfYear": 12},
            RecurrenceRule(kind=6, week_of_month=5, day_of_week=127, month_of_year=12),
        ),
        ({"Type": 0, "Interval": 0}, RecurrenceRule(kind=0)),
        ({"Type": 0, "Interval": 999}, RecurrenceRule(kind=0, interval=999)),
        ({"Type": 0, "Occurrences": 999}, RecurrenceRule(kind=0, occurrences=999)),
        ({"Type": 0, "Until": "20260302T080000Z"}, RecurrenceRule(kind=0, until=START)),
        (
            {"Type": 0, "Until": "20260302T080000Z", "Occurrences": 5},
            RecurrenceRule(kind=0, occurrences=5),
        ),
        (
            {"Type": 2, "DayOfMonth": 1, "CalendarType": 1},
            RecurrenceRule(kind=2, day_of_month=1, calendar_type=1),
        ),
    ],
)
def test_patterns(fields: dict[str, object], expected: RecurrenceRule) -> None:
    """MS-ASCAL R38916, R389161, R389162, R3892311, R3892312, R38929, R38935, R3893713, R3893717.

    MS-ASCAL R38941, R38943, R38948, R38950, R28311, R293, R345, R470, R5, R53911, R5391111,
    R341, R467, R477.
    """
    assert read(**fields) == expected


WEEK = {"Type": 1, "DayOfWeek": 2}
BAD: list[dict[str, object]] = [
    *[{**WEEK, "Type": kind} for kind in (2, 5)],
    *[{"Type": kind, "DayOfMonth": 1} for kind in (0, 1, 3, 6)],
    *[{"Type": kind, "MonthOfYear": 1} for kind in (0, 1, 2, 3)],
    *[{"Type": kind, "WeekOfMonth": 1} for kind in (0, 1, 2, 5)],
    *[{**WEEK, "CalendarType": one} for one in (13, 16, 17, 18, 19, 21, 22, 23, 24)],
    *[{**WEEK, "FirstDayOfWeek": one} for one in (7, 255, "-1", "x")],
    {"Type": 1},
    {"Type": 2},
    {"Type": 3, "WeekOfMonth": 1},
    {"Type": 3, "DayOfWeek": 1},
    {"Type": 5, "DayOfMonth": 1},
    {"Type": 5, "MonthOfYear": 1},
    {"Type": 6, "WeekOfMonth": 1, "DayOfWeek": 1},
    {"Type": 6, "MonthOfYear": 1, "DayOfWeek": 1},
    {"Type": 4},
    {"Type": 7},
    {"Type": "weekly"},
    {"Interval": 1},
    {"Type": 0, "Interval": 1000},
    {"Type": 0, "Occurrences": 1000},
    {"Type": 0, "Until": "never"},
    {"Type": 1, "DayOfWeek": 128},
    {"Type": 1, "DayOfWeek": 0},
    {"Type": 2, "DayOfMonth": 32},
    {"Type": 5, "DayOfMonth": 1, "MonthOfYear": 13},
    {"Type": 3, "DayOfWeek": 1, "WeekOfMonth": 6},
    {"Type": 2, "DayOfMonth": 1, "IsLeapMonth": 2},
    {"Type": 0, "Subject": "x"},
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_recurrences_that_cannot_be(number: int) -> None:
    """Status 6 where a field does not fit its Type or range, or one lacks.

    MS-ASCAL R53913, R53914, R53916, R53917, R53918, R53919, R148, R152, R156, R160, R164, R167,
    R170, R174, R146, R193, R200, R201, R28311, R292, R326, R345, R374, R448, R452, R453, R476,
    R192, R199, R283, R291, R325, R344, R475, R276, R277.
    """
    for version in EARLY:
        with pytest.raises(ItemFault) as caught:
            read(version, **BAD[number])
        assert caught.value.status == 6


def test_element_twice() -> None:
    """MS-ASCAL R53912."""
    for kind, fields in ((2, {"DayOfMonth": 1}), (3, {"WeekOfMonth": 1, "DayOfWeek": 1})):
        twice = block(Type=kind, **fields)
        twice.children += [el(Calendar.CalendarType, "1")] * 2
        with pytest.raises(ItemFault):
            parse_recurrence(twice, Version.V14_1)


@pytest.mark.parametrize("version", LATE)
def test_recurrence_without_type_from_16_0_on(version: Version) -> None:
    """MS-ASCAL R374001, R448001, R2180001, R2180002: a part of the block, or a single event."""
    assert parse_recurrence(el(Calendar.Recurrence), version, WEEKLY) is None
    partly = parse_recurrence(block(Interval=2, Occurrences=4), version, WEEKLY)
    assert partly == replace(WEEKLY, interval=2, occurrences=4)
    with pytest.raises(ItemFault):
        parse_recurrence(block(Interval=2), version)
    single = changed(SERIES, sent(el(Calendar.Recurrence)), author(version), Ghosts(all_kept=True))
    assert (single.recurrence, single.exceptions) == (None, ())


def test_block_is_replaced_as_a_whole() -> None:
    """client-quirks 8.9: what a version cannot say stays, every other field is as sent."""
    long = replace(WEEKLY, interval=4, occurrences=7, first_day_of_week=0)
    assert parse_recurrence(block(**WEEK), Version.V14_1, long) == replace(
        long, interval=1, occurrences=0
    )
    dated = RecurrenceRule(kind=2, day_of_month=2, calendar_type=15, is_leap_month=True)
    fields = {"Type": 2, "DayOfMonth": 3}
    assert parse_recurrence(block(**fields), Version.V12_1, dated) == replace(dated, day_of_month=3)
    assert parse_recurrence(block(**fields), Version.V14_0, dated) == RecurrenceRule(
        kind=2, day_of_month=3
    )


def test_pattern_is_completed_from_the_start() -> None:
    """MS-ASCAL R204114: the weekday of a yearly pattern, and a week from Monday."""
    yearly = block(Type=6, WeekOfMonth=1, MonthOfYear=3)
    rule = added(sent(*when(), yearly), author()).recurrence
    assert rule is not None
    assert rule.day_of_week == 2
    weekly = added(sent(*when(), block(**WEEK)), author()).recurrence
    assert weekly is not None
    assert weekly.first_day_of_week == 1
    day = changed(ALL_DAY, sent(yearly), author(Version.V16_1), Ghosts(all_kept=True)).recurrence
    assert day is not None
    assert day.day_of_week == 2


def test_recurrence_that_is_gone_ends_the_series() -> None:
    """Up to 14.1 a whole Change without it makes a single event; MS-ASCMD R5912."""
    for version in EARLY:
        single = changed(SERIES, sent(*when()), author(version), Ghosts())
        assert (single.recurrence, single.exceptions) == (None, ())
    kept = changed(SERIES, sent(*when()), author(Version.V16_1), Ghosts(all_kept=True))
    assert kept == SERIES


def test_same_pattern_said_otherwise() -> None:
    """MS-ASCAL R290: defaults are no difference."""
    assert same_pattern(None, None)
    assert not same_pattern(WEEKLY, None)
    assert same_pattern(WEEKLY, replace(WEEKLY, first_day_of_week=None, calendar_type=1))
    assert not same_pattern(WEEKLY, replace(WEEKLY, first_day_of_week=0))
    assert same_pattern(RULES[4], replace(RULES[4], is_leap_month=True))


NUMBERS = {"day_of_week": 127, "day_of_month": 31, "week_of_month": 5, "month_of_year": 12}
FITTING = {
    0: (),
    1: ("day_of_week",),
    2: ("day_of_month",),
    3: ("week_of_month", "day_of_week"),
    5: ("day_of_month", "month_of_year"),
    6: ("week_of_month", "day_of_week", "month_of_year"),
}


@st.composite
def rules(draw: st.DrawFn) -> RecurrenceRule:
    kind = draw(st.sampled_from(list(FITTING)))
    fields: dict[str, object] = {
        name: draw(st.integers(1, NUMBERS[name])) for name in FITTING[kind]
    }
    end = draw(st.sampled_from(["until", "occurrences", ""]))
    if end:
        fields[end] = (
            NOW + draw(st.integers(0, 10**9)) if end == "until" else draw(st.integers(1, 999))
        )
    if kind in (2, 3, 5, 6):
        fields["calendar_type"] = draw(st.sampled_from([0, 1, 6, 8, 15]))
        fields["is_leap_month"] = draw(st.booleans())
    if kind == 1:
        fields["first_day_of_week"] = draw(st.integers(0, 6))
    return RecurrenceRule(kind=kind, interval=draw(st.integers(1, 999)), **fields)  # type: ignore[arg-type]


@given(rules(), st.sampled_from(list(Version)))
def test_every_rule_survives(rule: RecurrenceRule, version: Version) -> None:
    """What is written is read back, with what the version cannot say from the stored rule.

    MS-ASCAL R2239, R52523.
    """
    element = recurrence_element(rule, version)
    assert parse_recurrence(element, version, rule) == rule
    if version >= Version.V14_1:
        assert parse_recurrence(element, version) == rule
