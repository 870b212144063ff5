"""Exceptions of series and single occurrences, as devices send them."""

from dataclasses import replace

import pytest

from carbonio_mobile.eas.items.calendar import (
    added,
    changed,
    instance_changed,
    instance_deleted,
    parse_instance_id,
)
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Details, Event, Occurrence, Place
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar
from tests.unit.eas.eas_events import (
    ALL_DAY,
    BERLIN,
    CHANGED,
    DAY,
    DETAILS,
    NOW,
    ORPHAN,
    PLAIN_EVENT,
    SERIES,
    START,
    WEEKLY,
    at,
    author,
    el,
    exception,
    exceptions,
    sent,
    when,
)

EARLY = [one for one in Version if one < Version.V16_0]
LATE = [Version.V16_0, Version.V16_1]
THIRD, FIFTH = START + 14 * DAY, START + 35 * DAY - 3600  # the clock changed in between
RULE = el(
    Calendar.Recurrence,
    [el(Calendar.Type, "1"), el(Calendar.Interval, "1"), el(Calendar.DayOfWeek, "2")],
)
DAYS = replace(ALL_DAY, recurrence=WEEKLY)


def part(before: Event, *children: Element, version: Version = Version.V14_1) -> Event:
    """Change a part of a series: no start, so that nothing else is deleted."""
    return changed(before, sent(*children), author(version), Ghosts())


def details_at(event: Event, original: float) -> Details:
    (found,) = [one for one in event.exceptions if one.original == original]
    assert found.details is not None
    return found.details


@pytest.mark.parametrize("version", EARLY)
def test_exceptions_sent_change_those_alone(version: Version) -> None:
    """MS-ASCAL R542, R264, R210, R24111, R26111, R246."""
    after = part(
        SERIES,
        exceptions(
            exception(THIRD, el(Calendar.Deleted, "1")),
            exception(FIFTH, el(Calendar.Subject, "Fifth")),
        ),
        version=version,
    )
    assert [one.original for one in after.exceptions] == [
        START + 7 * DAY, THIRD, START + 21 * DAY, FIFTH,
    ]  # fmt: skip
    assert after.exceptions[0] == SERIES.exceptions[0]
    assert after.exceptions[1].details is None
    expected = replace(SERIES.details, subject="Fifth", start=FIFTH, end=FIFTH + 3600)
    assert replace(after.exceptions[3].details, dtstamp=NOW) == expected


@pytest.mark.parametrize("version", EARLY)
def test_absent_is_inherited_and_empty_is_removed(version: Version) -> None:
    """MS-ASCAL R508, R2242, R82, R108, R135, R238, R298, R306, R394, R425, R436, R442, R600."""
    bare = details_at(part(SERIES, exceptions(exception(THIRD)), version=version), THIRD)
    people = CHANGED.attendees if version < Version.V14_0 else DETAILS.attendees
    kept = {"body": CHANGED.body, "attachments": (), "online_link": ""}
    assert bare == replace(
        DETAILS, start=THIRD, end=THIRD + 3600, attendees=people, online_external_link="", **kept
    )
    empty = details_at(
        part(
            SERIES,
            exceptions(
                exception(
                    FIFTH,
                    el(Calendar.Subject),
                    el(Calendar.Location),
                    el(Calendar.Reminder),
                    el(Calendar.Categories),
                    el(Calendar.Attendees),
                )
            ),
            version=version,
        ),
        FIFTH,
    )
    assert (empty.subject, empty.place, empty.reminder_min) == ("", Place(), None)
    assert empty.categories == ()
    assert empty.attendees == (DETAILS.attendees if version < Version.V14_0 else ())


@pytest.mark.parametrize(
    ("children", "start", "end"),
    [
        ([], FIFTH, FIFTH + 3600),
        ([el(Calendar.EndTime, FIFTH + 7200)], FIFTH, FIFTH + 7200),
        ([el(Calendar.StartTime, FIFTH + 600)], FIFTH + 600, FIFTH + 4200),
        ([*when(FIFTH + DAY, FIFTH + DAY + 60)], FIFTH + DAY, FIFTH + DAY + 60),
    ],
)
def test_times_of_an_exception(children: list[Element], start: float, end: float) -> None:
    """MS-ASCAL R23611, R43511, R238, R436."""
    found = details_at(part(SERIES, exceptions(exception(FIFTH, *children))), FIFTH)
    assert (found.start, found.end) == (start, end)


def test_whole_day_of_a_timed_series() -> None:
    """MS-ASCAL R56311: midnight of the zone, without a zone of its own."""
    day = exception(
        FIFTH, el(Calendar.AllDayEvent, "1"), *when(at(2026, 4, 5, 22), at(2026, 4, 6, 22))
    )
    found = details_at(part(SERIES, exceptions(day)), FIFTH)
    assert (found.all_day, found.start, found.end) == (True, at(2026, 4, 6), at(2026, 4, 7))


@pytest.mark.parametrize(
    ("event", "sent_start", "original"),
    [
        (SERIES, FIFTH, FIFTH),
        (SERIES, FIFTH + 3600, FIFTH),
        (SERIES, at(2026, 4, 5, 22), FIFTH),
        (SERIES, at(2026, 4, 6), FIFTH),
        (DAYS, at(2026, 3, 9), at(2026, 3, 9)),
        (DAYS, at(2026, 3, 9, 8), at(2026, 3, 9)),
        (SERIES, at(2026, 4, 7), at(2026, 4, 7)),
    ],
)
def test_wrong_clock_of_an_exception(event: Event, sent_start: float, original: float) -> None:
    """client-quirks 5.8: the date counts; MS-ASCAL R264, R268."""
    found = part(event, exceptions(exception(sent_start, el(Calendar.Subject, "x"))))
    assert details_at(found, original).subject == "x"


@pytest.mark.parametrize(
    "bad",
    [
        el(Calendar.Exception, [el(Calendar.Subject, "x")]),
        exception(FIFTH, el(Calendar.Deleted, "2")),
        exception(FIFTH, *when(FIFTH, FIFTH - 1)),
        exception(FIFTH, el(Calendar.Sensitivity, "9")),
        el(Calendar.Subject, "x"),
    ],
)
def test_exceptions_that_cannot_be(bad: Element) -> None:
    """MS-ASCAL R246, R2106, R209, R428: the item fails, nothing of it is taken."""
    with pytest.raises(ItemFault) as caught:
        part(SERIES, exceptions(bad))
    assert caught.value.status == 6


def test_exceptions_of_a_single_event_are_none() -> None:
    """Without a series there is nothing to except from."""
    assert part(PLAIN_EVENT, exceptions(exception(START))) == PLAIN_EVENT


@pytest.mark.parametrize("version", Version)
def test_exceptions_follow_what_they_inherit(version: Version) -> None:
    """MS-ASCAL R442, R541: a new subject of the series is that of exceptions without an own one."""
    after = part(SERIES, el(Calendar.Subject, "New"), version=version)
    assert details_at(after, START + 21 * DAY).subject == "New"
    assert details_at(after, THIRD).subject == ""


@pytest.mark.parametrize("version", EARLY)
def test_exceptions_move_with_the_clock_of_their_series(version: Version) -> None:
    """MS-ASCAL R541: up to 14.1 they are unchanged; an hour later they are still those days."""
    after = changed(
        SERIES, sent(*when(START + 3600, START + 7200), RULE), author(version), Ghosts()
    )
    assert [one.original for one in after.exceptions] == [
        one.original + 3600 for one in SERIES.exceptions
    ]
    assert details_at(after, THIRD + 3600).start == CHANGED.start
    moved = details_at(after, START + 21 * DAY + 3600)
    assert (moved.start, moved.end) == (START + 21 * DAY + 3600, START + 21 * DAY + 7200)


def test_exceptions_go_with_the_days_of_the_pattern() -> None:
    """Every other week has no second and fourth Monday."""
    second = el(
        Calendar.Recurrence,
        [el(Calendar.Type, "1"), el(Calendar.Interval, "2"), el(Calendar.DayOfWeek, "2")],
    )
    after = changed(SERIES, sent(*when(), second), author(), Ghosts())
    assert [one.original for one in after.exceptions] == [THIRD]


@pytest.mark.parametrize("version", LATE)
def test_another_pattern_or_time_deletes_exceptions_from_16_0_on(version: Version) -> None:
    """MS-ASCAL R2097, R2114, R2180, R2202, R2096001, R2201001."""
    every = el(Calendar.Recurrence, [el(Calendar.Type, "0"), el(Calendar.Interval, "1")])
    for change in ([every], when(START + 60), when(START, START + 60)):
        after = changed(SERIES, sent(*change), author(version), Ghosts(all_kept=True))
        assert after.exceptions == ()
    same = changed(SERIES, sent(*when(), RULE), author(version), Ghosts(all_kept=True))
    assert same == SERIES


@pytest.mark.parametrize("version", LATE)
def test_change_of_one_instance(version: Version) -> None:
    """Only what changed is said; the rest is the occurrence's. MS-ASCMD R6238; MS-ASCAL R2107."""
    first = instance_changed(
        SERIES, FIFTH, sent(el(Calendar.Subject, "Fifth")), author(version)
    ).event
    found = details_at(first, FIFTH)
    assert found == replace(
        DETAILS, subject="Fifth", start=FIFTH, end=FIFTH + 3600, dtstamp=author(version).now
    )
    again = instance_changed(
        first,
        FIFTH,
        sent(el(AirSyncBase.Location), *when(FIFTH + 60, FIFTH + 120)),
        author(version),
    ).event
    second = details_at(again, FIFTH)
    assert (second.subject, second.place, second.start) == ("Fifth", Place(), FIFTH + 60)
    assert again.details == SERIES.details
    nothing = instance_changed(SERIES, THIRD, sent(el(Calendar.Subject)), author(version))
    assert (nothing.event, nothing.held_back) == (SERIES, False)


@pytest.mark.parametrize("version", LATE)
def test_instance_of_an_all_day_series(version: Version) -> None:
    """client-quirks 8.3: a date at midnight UTC; AllDayEvent is inherited. MS-ASCAL R82."""
    day = at(2026, 3, 9)
    after = instance_changed(DAYS, day, sent(el(Calendar.Subject, "x")), author(version)).event
    assert details_at(after, day).all_day
    moved = sent(el(Calendar.AllDayEvent, "1"), *when(day + DAY, day + 2 * DAY))
    assert details_at(instance_changed(DAYS, day, moved, author(version)).event, day).start == (
        day + DAY
    )


@pytest.mark.parametrize(
    ("event", "instance", "children", "status"),
    [
        (PLAIN_EVENT, START, [], 6),
        (SERIES, FIFTH, [el(Calendar.Timezone, BERLIN)], 6),
        (SERIES, FIFTH, [el(Calendar.AllDayEvent, "1")], 6),
        (SERIES, FIFTH, [el(Calendar.Sensitivity, "4")], 6),
        (SERIES, START + 2 * DAY, [], 8),
        (SERIES, START - 7 * DAY, [], 8),
        (SERIES, START + 7 * DAY, [], 8),
        (replace(SERIES, recurrence=replace(WEEKLY, occurrences=4)), FIFTH, [], 8),
        (replace(SERIES, recurrence=replace(WEEKLY, until=START + DAY)), FIFTH, [], 8),
    ],
)
def test_instances_that_cannot_be_changed(
    event: Event, instance: float, children: list[Element], status: int
) -> None:
    """client-quirks 8.3 (Timezone); MS-ASCAL R2009; MS-ASCMD R6238."""
    with pytest.raises(ItemFault) as caught:
        instance_changed(event, instance, sent(*children), author(Version.V16_1))
    assert caught.value.status == status


def test_deletion_of_one_instance() -> None:
    """MS-ASCMD R6420: twice is as once; changed occurrences go as well."""
    once = instance_deleted(SERIES, FIFTH)
    assert once.exceptions == (*SERIES.exceptions, Occurrence(original=FIFTH))
    assert instance_deleted(once, FIFTH) == once
    assert instance_deleted(SERIES, THIRD).exceptions[1] == Occurrence(original=THIRD)
    for event, instance, status in (
        (PLAIN_EVENT, START, 6),
        (SERIES, START + DAY, 8),
        (replace(SERIES, is_read_only=True), THIRD, 6),
    ):
        with pytest.raises(ItemFault) as caught:
            instance_deleted(event, instance)
        assert caught.value.status == status


def test_change_of_an_orphan() -> None:
    """MS-ASAIRS R1176: it is its own item, named by its own InstanceId."""
    after = instance_changed(ORPHAN, START, sent(el(Calendar.Reminder, "5")), author(Version.V16_1))
    assert after.event.details.reminder_min == 5


def test_instance_id_in_all_forms() -> None:
    """MS-ASAIRS R1179, R1180: the compact form, and the dashed one that some write."""
    assert parse_instance_id("20260302T080000Z") == START
    assert parse_instance_id("2026-03-02T08:00:00.000Z") == START
    assert parse_instance_id("20260302") == at(2026, 3, 2)
    for bad in ("", "first", "20261301T000000Z", "00010101T000000Z"):
        with pytest.raises(ItemFault):
            parse_instance_id(bad)


def test_too_many_stored_exceptions() -> None:
    """A bound on what a series collects."""
    gone = tuple(Occurrence(original=START + 7 * DAY * n) for n in range(1, 1001))
    with pytest.raises(ItemFault):
        instance_deleted(replace(SERIES, zone_blob="", tzid="UTC", exceptions=gone), START)


def test_series_without_its_exceptions_element() -> None:
    """MS-ASCAL R541: not specified, they are unchanged."""
    event = added(sent(*when(), RULE, exceptions(exception(START + 7 * DAY))), author())
    after = changed(event, sent(*when(), RULE), author(), Ghosts())
    assert after.exceptions == event.exceptions


@pytest.mark.parametrize(
    ("days", "week", "day"),
    [
        (127, 2, 2),
        (62, 1, 1),
        (62, 2, 2),
        (65, 1, 4),
        (65, 2, 5),
        (127, 5, 30),
        (2, 1, 6),
        (2, 5, 27),
    ],
)
def test_nth_day_of_a_month(days: int, week: int, day: int) -> None:
    """Which day of April 2026 the series has: that one can be taken out, the next cannot.

    MS-ASCAL R3893714, R3893715, R3893716, R47811411, R477.
    """
    rule = RecurrenceRule(kind=3, week_of_month=week, day_of_week=days)
    event = replace(SERIES, recurrence=rule, exceptions=())
    original = at(2026, 4, day, 7)
    assert instance_deleted(event, original).exceptions == (Occurrence(original=original),)
    with pytest.raises(ItemFault):
        instance_deleted(event, original + DAY)
