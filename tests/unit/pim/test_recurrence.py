"""Recurrence rules: ActiveSync's terms to RRULE and back, and what any rule costs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonio_mobile.pim.expansion import MAX_STEPS, expand
from carbonio_mobile.pim.patterns import starts
from carbonio_mobile.pim.recurrence import (
    RecurrenceRule,
    from_activesync,
    normalised,
    rule_parts,
    to_activesync,
)
from tests.unit.pim.eventlaws import rules

START = datetime(2026, 3, 10, 9, tzinfo=UTC)  # the second Tuesday
LAST = datetime(2026, 3, 12, 9, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (RecurrenceRule(kind=0), "FREQ=DAILY"),
        (RecurrenceRule(kind=0, interval=3, occurrences=5), "FREQ=DAILY;INTERVAL=3;COUNT=5"),
        (RecurrenceRule(kind=0, day_of_week=62), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        (RecurrenceRule(kind=0, until=LAST), "FREQ=DAILY;UNTIL=20260312T090000Z"),
        (
            RecurrenceRule(kind=1, day_of_week=1, first_day_of_week=0),
            "FREQ=WEEKLY;BYDAY=SU;WKST=SU",
        ),
        (RecurrenceRule(kind=1), "FREQ=WEEKLY;BYDAY=TU"),
        (RecurrenceRule(kind=2, day_of_month=31), "FREQ=MONTHLY;BYMONTHDAY=31"),
        (RecurrenceRule(kind=3, day_of_week=4, week_of_month=2), "FREQ=MONTHLY;BYDAY=2TU"),
        (RecurrenceRule(kind=3, day_of_week=4, week_of_month=5), "FREQ=MONTHLY;BYDAY=-1TU"),
        (RecurrenceRule(kind=3, day_of_week=127, week_of_month=5), "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (
            RecurrenceRule(kind=3, day_of_week=65, week_of_month=1),
            "FREQ=MONTHLY;BYDAY=SU,SA;BYSETPOS=1",
        ),
        (
            RecurrenceRule(kind=5, day_of_month=24, month_of_year=12),
            "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24",
        ),
        (
            RecurrenceRule(kind=6, day_of_week=2, week_of_month=5, month_of_year=5),
            "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
        ),
    ],
)
def test_each_pattern_is_said_in_ical(rule: RecurrenceRule, text: str) -> None:
    """Each Type is written as the rule that MS-ASCAL 2.2.2.37.1 describes.

    MS-ASCAL_R454, R455, R456, R457, R458, R459, R3892311, R3892312, R3893713, R3893714, R3893716,
    R3893717, R38929, R38935, R38941, R38943, R38948, R38950, R477, R47811411.
    """
    assert from_activesync(rule, START) == text
    assert to_activesync(rule_parts(text), START) == normalised(rule, START)


@settings(deadline=None, max_examples=100)
@given(rules(START.timestamp(), all_day=False))
def test_rule_to_text_and_back(rule: RecurrenceRule) -> None:
    """Any rule comes back in its normal form, but for the calendar, which stands elsewhere."""
    wanted = replace(normalised(rule, START), calendar_type=0, is_leap_month=False)
    assert to_activesync(rule_parts(from_activesync(rule, START)), START) == wanted


@settings(deadline=None, max_examples=100)
@given(rules(START.timestamp(), all_day=False), st.integers(0, 9000))
def test_pattern_starts_as_dateutil_says(rule: RecurrenceRule, days: int) -> None:
    """The starts of a pattern are those of another reader, from wherever they are asked for."""
    rule = replace(rule, until=None)
    first = START.replace(tzinfo=None)
    after = first + timedelta(days=days)
    text = from_activesync(rule, START)
    other = rrulestr(f"DTSTART:20260310T090000\nRRULE:{text}")
    wanted = [one for one in islice(other.xafter(after, inc=True), 20) if one != first]
    found = (one for one in starts(rule, first, after) if one >= after and one != first)
    assert list(islice(found, len(wanted))) == wanted


def test_first_start_belongs_to_a_series_that_misses_it() -> None:
    """DTSTART is an occurrence even where its rule does not say so (RFC 5545 3.8.5.3)."""
    rule = RecurrenceRule(kind=1, day_of_week=2, occurrences=2)
    found = [one.day for one in starts(rule, START.replace(tzinfo=None))]
    assert found == [10, 16, 23]


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        (RecurrenceRule(kind=0, interval=0), {"interval": 1}),
        (RecurrenceRule(kind=0, occurrences=5, until=LAST), {"until": None, "occurrences": 5}),
        (RecurrenceRule(kind=1), {"first_day_of_week": 1, "day_of_week": 4}),
        (RecurrenceRule(kind=2, day_of_week=3), {"day_of_week": 0, "day_of_month": 10}),
        (RecurrenceRule(kind=5, calendar_type=1, is_leap_month=True), {"is_leap_month": False}),
        (RecurrenceRule(kind=0), {"until": None, "occurrences": 0}),
    ],
)
def test_normal_form(rule: RecurrenceRule, fields: dict[str, object]) -> None:
    """What a kind needs is there and nothing else.

    MS-ASCAL_R5, R53911, R5391111, R52523, R341, R290, R19511 to R19514, R389162.
    """
    found = normalised(rule, START)
    assert {name: getattr(found, name) for name in fields} == fields


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYSECOND=61",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=1000000000;COUNT=1000000000",
        "FREQ=YEARLY;INTERVAL=99999999999999999999",
        "FREQ=NEVER;COUNT=x;UNTIL=;=;;BYDAY=99XX",
        "",
    ],
)
def test_hostile_rules_end(text: str) -> None:
    """Whatever a rule says, looking for its starts ends; the first hundred or none are found."""
    first = START.replace(tzinfo=None)
    found = list(islice(expand(rule_parts(text), first), 100))
    assert len(found) <= 100
    assert found == sorted(set(found))
    assert MAX_STEPS <= 10_000


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", ["0511", "0517", "0515", "0514"]),
        ("FREQ=YEARLY;BYYEARDAY=100,-1", ["0410", "1231", "0410", "1231"]),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", ["0315", "0401", "0415", "0501"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", ["0313", "1113", "0813", "1013"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", ["0330", "0429", "0528", "0629"]),
        ("FREQ=HOURLY;INTERVAL=36", ["0310", "0311", "0313", "0314"]),
    ],
)
def test_rules_beyond_activesync_are_expanded(text: str, days: list[str]) -> None:
    """A rule that ActiveSync cannot say gives its starts (RFC 5545 3.3.10)."""
    assert to_activesync(rule_parts(text), START) is None
    found = expand(rule_parts(text), START.replace(tzinfo=None))
    assert [one.strftime("%m%d") for one in islice(found, 4)] == days
