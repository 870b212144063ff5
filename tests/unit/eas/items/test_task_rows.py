"""Tasks to and from their elements, row by row of MS-ASTASK."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.task import added, application_data, changed
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.times import format_datetime, parse_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.task import Task, TaskRecurrence
from carbonio_mobile.pim.tasks import normalised, read_task, write_task
from carbonio_mobile.pim.text import Text
from carbonio_mobile.wbxml import decode, encode
from carbonio_mobile.wbxml.codepages import VERSIONS, AirSync, AirSyncBase, Tasks
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag
from tests.unit.eas.eas_mails import on_the_wire
from tests.unit.eas.items.objects import (
    NOBODY,
    NOW,
    WHOLE,
    author,
    data,
    descendants,
    find,
    item,
    rows,
    value,
)
from tests.unit.pim.test_tasks import TASKS

DAY = 1_773_100_800.0  # 2026-03-10
T = "2026-03-10T00:00:00.000Z"
NO_GHOSTS = Ghosts()

WEEKLY = TaskRecurrence(
    rule=RecurrenceRule(kind=1, day_of_week=6, occurrences=9, first_day_of_week=0), start=DAY
)
YEARLY = TaskRecurrence(
    rule=RecurrenceRule(
        kind=5, interval=2, day_of_month=31, month_of_year=5, until=DAY + 1e8, calendar_type=8,
        is_leap_month=True,
    ),
    start=DAY,
    regenerate=True,
    dead_occur=True,
)  # fmt: skip
NTH = TaskRecurrence(
    rule=RecurrenceRule(kind=6, day_of_week=127, week_of_month=5, month_of_year=2), start=DAY
)
FULL = Task(
    uid="t1",
    subject="Buy milk",
    body=Text(plain="Fresh\nmilk"),
    importance=2,
    start_local=DAY,
    start_utc=DAY - 3600,
    due_local=DAY + 86_400,
    due_utc=DAY + 82_800,
    complete=True,
    completed_at=DAY + 7200,
    categories=("Home", "Shop"),
    sensitivity=2,
    reminder_at=DAY + 3600,
    recurrence=WEEKLY,
    ordinal_date=DAY,
    sub_ordinal="5555",
)
ALL = [FULL, replace(FULL, recurrence=YEARLY), replace(FULL, recurrence=NTH)]


def shown(
    task: Task, version: Version = Version.V16_1, wanted: BodyOptions = WHOLE
) -> list[Element]:
    """Give the elements as a device receives them, valid by the schemas."""
    return on_the_wire(application_data(item(task), wanted, version, NOBODY), version.text)


def kinds() -> list[TaskRecurrence]:
    rules = [RecurrenceRule(kind=kind) for kind in (0, 1, 2, 3, 5, 6)]
    return [TaskRecurrence(rule=rule, start=DAY) for rule in rules]


def tag_of(name: str) -> Tag:
    name = {"DayofMonth": "DayOfMonth", "DayofWeek": "DayOfWeek"}.get(name, name)
    return AirSyncBase.Body if name == "Body" else getattr(Tasks, name)  # type: ignore[no-any-return]


_SUPPORTS = r"\[In ([A-Za-z0-9]+)[^\]]*\] Protocol version (\S+) (does not support|supports)"


@pytest.mark.parametrize("row", rows("MS-ASTASK", _SUPPORTS))
def test_each_version_has_its_elements(row: tuple[str, str, str]) -> None:
    """An element is shown in the versions that support it, on the wire, and in no other.

    MS-ASTASK_R501 MS-ASTASK_R502 MS-ASTASK_R503 MS-ASTASK_R504 MS-ASTASK_R5041 MS-ASTASK_R505
    MS-ASTASK_R506 MS-ASTASK_R507 MS-ASTASK_R508 MS-ASTASK_R5081 MS-ASTASK_R509 MS-ASTASK_R510
    MS-ASTASK_R511 MS-ASTASK_R512 MS-ASTASK_R5121 MS-ASTASK_R513 MS-ASTASK_R514 MS-ASTASK_R515
    MS-ASTASK_R516 MS-ASTASK_R5161 MS-ASTASK_R517 MS-ASTASK_R518 MS-ASTASK_R519 MS-ASTASK_R520
    MS-ASTASK_R5201 MS-ASTASK_R521 MS-ASTASK_R522 MS-ASTASK_R523 MS-ASTASK_R524 MS-ASTASK_R5241
    MS-ASTASK_R526 MS-ASTASK_R527 MS-ASTASK_R528 MS-ASTASK_R529 MS-ASTASK_R5291 MS-ASTASK_R534
    MS-ASTASK_R535 MS-ASTASK_R536 MS-ASTASK_R537 MS-ASTASK_R5371 MS-ASTASK_R538 MS-ASTASK_R539
    MS-ASTASK_R540 MS-ASTASK_R541 MS-ASTASK_R5411 MS-ASTASK_R542 MS-ASTASK_R543 MS-ASTASK_R544
    MS-ASTASK_R545 MS-ASTASK_R5451 MS-ASTASK_R546 MS-ASTASK_R547 MS-ASTASK_R548 MS-ASTASK_R549
    MS-ASTASK_R5491 MS-ASTASK_R551 MS-ASTASK_R552 MS-ASTASK_R553 MS-ASTASK_R554 MS-ASTASK_R5541
    MS-ASTASK_R555 MS-ASTASK_R556 MS-ASTASK_R557 MS-ASTASK_R558 MS-ASTASK_R5581 MS-ASTASK_R559
    MS-ASTASK_R560 MS-ASTASK_R561 MS-ASTASK_R562 MS-ASTASK_R5621 MS-ASTASK_R563 MS-ASTASK_R564
    MS-ASTASK_R565 MS-ASTASK_R566 MS-ASTASK_R5661 MS-ASTASK_R567 MS-ASTASK_R568 MS-ASTASK_R569
    MS-ASTASK_R570 MS-ASTASK_R5701 MS-ASTASK_R571 MS-ASTASK_R572 MS-ASTASK_R573 MS-ASTASK_R574
    MS-ASTASK_R5741 MS-ASTASK_R575 MS-ASTASK_R576 MS-ASTASK_R577 MS-ASTASK_R578 MS-ASTASK_R5781
    MS-ASTASK_R579 MS-ASTASK_R580 MS-ASTASK_R581 MS-ASTASK_R582 MS-ASTASK_R5821 MS-ASTASK_R583
    MS-ASTASK_R584 MS-ASTASK_R585 MS-ASTASK_R586 MS-ASTASK_R5861 MS-ASTASK_R587 MS-ASTASK_R588
    MS-ASTASK_R589 MS-ASTASK_R590 MS-ASTASK_R5901 MS-ASTASK_R591 MS-ASTASK_R592 MS-ASTASK_R593
    MS-ASTASK_R594 MS-ASTASK_R5941 MS-ASTASK_R595 MS-ASTASK_R596 MS-ASTASK_R597 MS-ASTASK_R598
    MS-ASTASK_R5981 MS-ASTASK_R599 MS-ASTASK_R600 MS-ASTASK_R601 MS-ASTASK_R602 MS-ASTASK_R6021
    MS-ASTASK_R603 MS-ASTASK_R604 MS-ASTASK_R605 MS-ASTASK_R606 MS-ASTASK_R6061 MS-ASTASK_R607
    MS-ASTASK_R608 MS-ASTASK_R609 MS-ASTASK_R610 MS-ASTASK_R6101 MS-ASTASK_R611 MS-ASTASK_R612
    MS-ASTASK_R613 MS-ASTASK_R614 MS-ASTASK_R6141 MS-ASTASK_R615 MS-ASTASK_R616 MS-ASTASK_R617
    MS-ASTASK_R618 MS-ASTASK_R6181 MS-ASTASK_R619 MS-ASTASK_R620 MS-ASTASK_R621 MS-ASTASK_R622
    MS-ASTASK_R6221 MS-ASTASK_R623 MS-ASTASK_R624 MS-ASTASK_R625 MS-ASTASK_R626 MS-ASTASK_R6261
    MS-ASTASK_R627 MS-ASTASK_R628 MS-ASTASK_R629 MS-ASTASK_R630 MS-ASTASK_R6301
    """
    name, version, says = row
    there = [find(shown(task, Version.parse(version)), tag_of(name)) for task in ALL]
    assert any(there) == (says == "supports")


_TOKENS = r"\[In Code Page 9: Tasks\] \[Tag name\] (\w+) .*protocol versions\] (.*)"


@pytest.mark.parametrize("row", rows("MS-ASTASK", _TOKENS))
def test_each_element_has_its_token_and_versions(row: tuple[str, str]) -> None:
    """What stands in the code page is shown in its versions, 2.5 and 12.0 included.

    MS-ASWBXML_R282 MS-ASWBXML_R283 MS-ASWBXML_R284 MS-ASWBXML_R285 MS-ASWBXML_R286
    MS-ASWBXML_R287 MS-ASWBXML_R288 MS-ASWBXML_R289 MS-ASWBXML_R290 MS-ASWBXML_R291
    MS-ASWBXML_R292 MS-ASWBXML_R293 MS-ASWBXML_R294 MS-ASWBXML_R295 MS-ASWBXML_R296
    MS-ASWBXML_R297 MS-ASWBXML_R298 MS-ASWBXML_R299 MS-ASWBXML_R300 MS-ASWBXML_R301
    MS-ASWBXML_R302 MS-ASWBXML_R303 MS-ASWBXML_R304 MS-ASWBXML_R305 MS-ASWBXML_R306
    MS-ASWBXML_R307 MS-ASWBXML_R308 MS-ASWBXML_R309 MS-ASWBXML_R310 MS-ASWBXML_R311
    """
    name, listed = row
    for version in Version:
        there = [find(shown(task, version), tag_of(name)) for task in ALL]
        assert any(there) == (listed.strip() == "All" or version.text in listed), version


_TYPE = r"\[In ([A-Za-z0-9]+)\] The value of this element ?\[[^\]]*\] is an? (\w+) data type"


@pytest.mark.parametrize("row", rows("MS-ASTASK", _TYPE))
def test_each_element_has_its_type(row: tuple[str, str]) -> None:
    """Numbers of one octet, times with milliseconds and Z, strings.

    MS-ASTASK_R79 MS-ASTASK_R114 MS-ASTASK_R118 MS-ASTASK_R125 MS-ASTASK_R128 MS-ASTASK_R140
    MS-ASTASK_R154 MS-ASTASK_R161 MS-ASTASK_R164 MS-ASTASK_R182 MS-ASTASK_R195 MS-ASTASK_R207
    MS-ASTASK_R213 MS-ASTASK_R220 MS-ASTASK_R241 MS-ASTASK_R248 MS-ASTASK_R255 MS-ASTASK_R258
    MS-ASTASK_R271 MS-ASTASK_R274 MS-ASTASK_R277 MS-ASTASK_R282 MS-ASTASK_R291 MS-ASTASK_R305
    MS-ASTASK_R308 MS-ASTASK_R311 MS-ASTASK_R314
    """
    name, kind = row
    texts = [found.string for task in ALL if (found := find(shown(task), tag_of(name)))]
    assert texts
    for text in texts:
        if kind == "unsignedbyte":
            assert 0 <= int(text) <= 255
        elif kind == "dateTime":
            assert format_datetime(parse_datetime(text)) == text
        else:
            assert text


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize(
    "task", [*ALL, Task(uid="t2"), replace(FULL, complete=False, completed_at=None)]
)
def test_a_task_on_the_wire(version: Version, task: Task) -> None:
    """Each element once, Complete always, DateCompleted where it is complete; the schema holds.

    The answer to a Change holds the same as that to an Add.
    MS-ASTASK_R2 MS-ASTASK_R74 MS-ASTASK_R106 MS-ASTASK_R108 MS-ASTASK_R116 MS-ASTASK_R119
    MS-ASTASK_R122 MS-ASTASK_R124 MS-ASTASK_R221 MS-ASTASK_R223
    MS-ASTASK_R395 MS-ASTASK_R402 MS-ASAIRS_R105 MS-ASAIRS_R386
    """
    elements = shown(task, version)
    tags = [one.tag for one in elements]
    assert len(set(tags)) == len(tags)
    assert value(elements, Tasks.Complete) == str(int(task.complete))
    assert (Tasks.DateCompleted in tags) == task.complete
    assert (AirSyncBase.Body in tags) == (version >= Version.V12_0)
    assert (Tasks.Body in tags) == (version < Version.V12_0 and bool(task.body))
    sent = application_data(item(task), WHOLE, version, NOBODY)
    assert on_the_wire(sent, version.text, change=True) == elements


def test_a_body_as_the_device_wants_it() -> None:
    """MS-ASTASK_R74: the body is cut and converted as that of a mail."""
    wanted = BodyOptions(preferences=(BodyPreference(type=BodyType.HTML, truncation_bytes=20),))
    body = find(shown(FULL, wanted=wanted), AirSyncBase.Body)
    assert body is not None
    assert body.value(AirSyncBase.Type) == "2"
    assert len(body.value(AirSyncBase.Data, "")) == 20


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("series", [*kinds(), WEEKLY, YEARLY, NTH])
def test_a_recurrence_has_what_its_type_calls_for(version: Version, series: TaskRecurrence) -> None:
    """Type and Start always, each child once, and for each Type its own and no other's.

    MS-ASTASK_R77 MS-ASTASK_R82 MS-ASTASK_R8211 MS-ASTASK_R8212 MS-ASTASK_R8213 MS-ASTASK_R84
    MS-ASTASK_R119 MS-ASTASK_R130 MS-ASTASK_R135 MS-ASTASK_R139 MS-ASTASK_R141 MS-ASTASK_R155
    MS-ASTASK_R158 MS-ASTASK_R162 MS-ASTASK_R166 MS-ASTASK_R167 MS-ASTASK_R170 MS-ASTASK_R190
    MS-ASTASK_R192 MS-ASTASK_R197 MS-ASTASK_R201 MS-ASTASK_R204 MS-ASTASK_R209 MS-ASTASK_R210
    MS-ASTASK_R214 MS-ASTASK_R225 MS-ASTASK_R226 MS-ASTASK_R238 MS-ASTASK_R242 MS-ASTASK_R265
    MS-ASTASK_R267 MS-ASTASK_R268 MS-ASTASK_R285 MS-ASTASK_R287 MS-ASTASK_R288 MS-ASTASK_R292
    MS-ASTASK_R301 MS-ASTASK_R316 MS-ASTASK_R317 MS-ASTASK_R319 MS-ASTASK_R397 MS-ASTASK_R404
    MS-ASTASK_R406 MS-ASTASK_R409 MS-ASTASK_R410 MS-ASTASK_R417 MS-ASTASK_R418 MS-ASTASK_R430
    MS-ASTASK_R431 MS-ASTASK_R433 MS-ASTASK_R525 MS-ASTASK_R530 MS-ASTASK_R531 MS-ASTASK_R631
    MS-ASTASK_R4221
    """
    recurrence = find(shown(replace(FULL, recurrence=series), version), Tasks.Recurrence)
    assert recurrence is not None
    said = {child.tag: child.string for child in recurrence}
    assert len(said) == len(recurrence.children)
    kind = int(said[Tasks.Type])
    assert said[Tasks.Start] == T
    assert (Tasks.DayOfMonth in said) == (kind in (2, 5))
    assert (Tasks.DayOfWeek in said) == (kind in (1, 3, 6))
    assert (Tasks.WeekOfMonth in said) == (kind in (3, 6))
    assert (Tasks.MonthOfYear in said) == (kind in (5, 6))
    with_calendar = kind in (2, 3, 5, 6) and version >= Version.V14_0
    assert (Tasks.CalendarType in said) == (Tasks.IsLeapMonth in said) == with_calendar
    assert (Tasks.FirstDayOfWeek in said) == (kind == 1 and version >= Version.V14_1)
    ranges = {
        Tasks.DayOfMonth: range(1, 32),
        Tasks.DayOfWeek: range(1, 128),
        Tasks.WeekOfMonth: range(1, 6),
        Tasks.MonthOfYear: range(1, 13),
        Tasks.FirstDayOfWeek: range(7),
        Tasks.IsLeapMonth: range(2),
        Tasks.Regenerate: range(2),
        Tasks.DeadOccur: range(256),
        Tasks.Interval: range(1000),
        Tasks.CalendarType: (*range(13), 14, 15, 20),
    }
    assert all(int(text) in ranges[tag] for tag, text in said.items() if tag in ranges)


@pytest.mark.parametrize("calendar", [16, 17, 18, 19, 23])
def test_calendars_that_tasks_do_not_have(calendar: int) -> None:
    """A stored series in one of them is shown in the default calendar; a device cannot say one.

    MS-ASTASK_R84 MS-ASTASK_R382 MS-ASTASK_R384 MS-ASTASK_R386 MS-ASTASK_R388 MS-ASTASK_R390
    """
    rule = replace(YEARLY.rule, calendar_type=calendar)
    elements = shown(replace(FULL, recurrence=replace(YEARLY, rule=rule)))
    assert value(elements, Tasks.CalendarType) == "0"
    with pytest.raises(ItemFault):
        added(data(*recurring(5, (Tasks.CalendarType, str(calendar)))), author())


def recurring(kind: int | None, *children: tuple[Tag, str], start: str | None = T) -> list[Element]:
    """Give what a device sends of a task that recurs."""
    recurrence = [
        Element(Tasks.Type, str(kind)) if kind is not None else None,
        Element(Tasks.Start, start) if start is not None else None,
        *(Element(tag, text) for tag, text in children),
    ]
    return [Element(Tasks.Complete, "0"), Element(Tasks.Recurrence, recurrence)]


C, W, M, N = Tasks.CalendarType, Tasks.DayOfWeek, Tasks.DayOfMonth, Tasks.WeekOfMonth


@pytest.mark.parametrize(
    "sent",
    [
        *[recurring(kind, (C, "1")) for kind in (0, 1)],
        *[recurring(kind, (M, "1")) for kind in (0, 1, 3, 6)],
        *[recurring(kind, (W, "2")) for kind in (2, 5)],
        *[recurring(kind, (N, "1")) for kind in (0, 1, 2, 5)],
        *[recurring(1, (Tasks.FirstDayOfWeek, text)) for text in ("7", "-1", "x")],
        recurring(None),
        recurring(4),
        recurring(7),
        recurring(0, start=None),
        recurring(0, start="tomorrow"),
        [Element(Tasks.Complete, "0"), Element(Tasks.Recurrence)],
        recurring(0, (Tasks.Interval, "1000")),
        recurring(2, (M, "0")),
        recurring(2, (M, "32")),
        recurring(1, (W, "0")),
        recurring(1, (W, "128")),
        recurring(3, (N, "6")),
        recurring(5, (Tasks.MonthOfYear, "13")),
        recurring(0, (Tasks.Regenerate, "2")),
        recurring(0, (Tasks.DeadOccur, "256")),
        recurring(0, (Tasks.Occurrences, "256")),
        recurring(5, (Tasks.IsLeapMonth, "2")),
        recurring(5, (C, "13")),
        recurring(0, (Tasks.Until, "never")),
    ],
)
def test_a_recurrence_against_the_rules(sent: list[Element]) -> None:
    """Status 6 in an Add and in a Change, and nothing is changed.

    MS-ASTASK_R81 MS-ASTASK_R119 MS-ASTASK_R132 MS-ASTASK_R141 MS-ASTASK_R171 MS-ASTASK_R192
    MS-ASTASK_R201 MS-ASTASK_R210 MS-ASTASK_R289 MS-ASTASK_R292 MS-ASTASK_R317 MS-ASTASK_R320
    MS-ASTASK_R525 MS-ASTASK_R532 MS-ASTASK_R533 MS-ASTASK_R4221 MS-ASTASK_R37011
    """
    for version in (Version.V2_5, Version.V14_0, Version.V16_1):
        with pytest.raises(ItemFault) as caught:
            added(data(*sent), author(version))
        assert caught.value.status is SyncStatus.CONVERSION_ERROR
        with pytest.raises(ItemFault):
            changed(FULL, data(*sent), author(version), NO_GHOSTS)


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        (recurring(0), RecurrenceRule(kind=0)),
        (recurring(0, (W, "6")), RecurrenceRule(kind=1, day_of_week=6, first_day_of_week=1)),
        (recurring(1, (W, "127")), RecurrenceRule(kind=1, day_of_week=127, first_day_of_week=1)),
        (
            recurring(1, (W, "2"), (Tasks.FirstDayOfWeek, "0")),
            RecurrenceRule(kind=1, day_of_week=2, first_day_of_week=0),
        ),
        (recurring(2, (M, "31"), (C, "0")), RecurrenceRule(kind=2, day_of_month=31)),
        (recurring(2), RecurrenceRule(kind=2, day_of_month=10)),
        (
            recurring(6, (W, "127"), (N, "5"), (Tasks.MonthOfYear, "2"), (C, "20")),
            RecurrenceRule(
                kind=6, day_of_week=127, week_of_month=5, month_of_year=2, calendar_type=20
            ),
        ),
        (
            recurring(0, (Tasks.Occurrences, "5"), (Tasks.Until, T), (Tasks.Interval, "999")),
            RecurrenceRule(kind=0, occurrences=5, interval=999),
        ),
        (recurring(0, (Tasks.Until, T)), RecurrenceRule(kind=0, until=DAY)),
    ],
)
def test_a_recurrence_as_it_comes(sent: list[Element], rule: RecurrenceRule) -> None:
    """Occurrences goes before Until; the week begins on Monday where nothing is said.

    MS-ASTASK_R141 MS-ASTASK_R192 MS-ASTASK_R304 MS-ASTASK_R397 MS-ASTASK_R631
    MS-ASTASK_R37013
    """
    series = added(data(*sent), author()).recurrence
    assert series == TaskRecurrence(rule=rule, start=DAY)


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ((Tasks.Complete, "2"),),
        ((Tasks.Complete, "yes"),),
        ((Tasks.Complete, "0"), (Tasks.ReminderSet, "2")),
        ((Tasks.Complete, "0"), (Tasks.Sensitivity, "4")),
        ((Tasks.Complete, "0"), (Tasks.Importance, "256")),
        ((Tasks.Complete, "0"), (Tasks.DueDate, "tomorrow")),
        ((Tasks.Complete, "0"), (Tasks.Subject, "x" * 5000)),
    ],
)
def test_a_task_against_the_rules(wrong: tuple[tuple[Tag, str], ...]) -> None:
    """Status 6 without Complete, and for values out of their ranges.

    MS-ASTASK_R116 MS-ASTASK_R119 MS-ASTASK_R249 MS-ASTASK_R252 MS-ASTASK_R259
    """
    with pytest.raises(ItemFault) as caught:
        added(data(*(Element(tag, text) for tag, text in wrong)), author())
    assert caught.value.status is SyncStatus.CONVERSION_ERROR


def test_no_more_than_300_categories() -> None:
    """Neither in what comes nor in what goes.

    MS-ASTASK_R395 MS-ASTASK_R402
    """
    names = [Element(Tasks.Category, str(n)) for n in range(301)]
    sent = [Element(Tasks.Complete, "0"), Element(Tasks.Categories, names)]
    with pytest.raises(ItemFault):
        added(data(*sent), author())
    crowd = replace(FULL, categories=tuple(str(n) for n in range(400)))
    container = find(shown(crowd), Tasks.Categories)
    assert container is not None
    assert len(container.children) == 300


@pytest.mark.parametrize("importance", ["0", "1", "2", "3", "255"])
def test_any_importance_comes_back(importance: str) -> None:
    """MS-ASTASK_R183 MS-ASTASK_R187 MS-ASTASK_R550 MS-ASTASK_R636."""
    sent = [Element(Tasks.Complete, "0"), Element(Tasks.Importance, importance)]
    task = added(data(*sent), author())
    stored = read_task(write_task(None, task, now=NOW))
    assert value(shown(stored), Tasks.Importance) == importance


@pytest.mark.parametrize("text", ["5555", "", "any; string: \\ \u00fc", "x" * 1000])
def test_any_sub_ordinal_date_comes_back(text: str) -> None:
    """MS-ASTASK_R283."""
    sent = [Element(Tasks.Complete, "0"), Element(Tasks.SubOrdinalDate, text)]
    task = added(data(*sent), author())
    stored = read_task(write_task(None, task, now=NOW))
    assert (value(shown(stored), Tasks.SubOrdinalDate) or "") == text


def test_a_task_is_not_private_unless_it_says_so() -> None:
    """MS-ASTASK_R264: nothing said is what 0 is, and no calendar calls it private."""
    task = added(data(Element(Tasks.Complete, "0")), author())
    written = write_task(None, task, now=NOW)
    assert b"CLASS" not in written
    assert read_task(written).sensitivity in (None, 0)


def complete(*elements: Element) -> Element:
    return data(Element(Tasks.Complete, "1"), *elements)


def test_what_a_change_leaves_out() -> None:
    """It is deleted, but for Body, Importance and the reminder; categories go where none are named.

    MS-ASTASK_R108 MS-ASTASK_R111 MS-ASTASK_R369 MS-ASTASK_R370 MS-ASTASK_R436 MS-ASCMD_R878
    MS-ASCMD_R879 MS-ASCMD_R881
    """
    after = changed(FULL, complete(), author(), NO_GHOSTS)
    assert after == Task(
        uid="t1",
        body=FULL.body,
        importance=2,
        complete=True,
        completed_at=FULL.completed_at,
        reminder_at=FULL.reminder_at,
        modified_at=NOW,
    )
    emptied = changed(FULL, complete(Element(Tasks.Categories)), author(), NO_GHOSTS)
    assert emptied.categories == ()


def test_what_is_ghosted_stays() -> None:
    """MS-ASCMD R5908, R5911, R5912: where a device did say what it supports."""
    after = changed(FULL, complete(), author(), Ghosts(frozenset({Tasks.Subject})))
    assert after == replace(FULL, subject="", modified_at=NOW)
    moved = complete(Element(Tasks.UtcDueDate, T))
    assert changed(FULL, moved, author(), Ghosts(frozenset())).due_utc == DAY


@pytest.mark.parametrize(
    ("before", "sent", "reminder"),
    [
        (None, {}, None),
        (None, {Tasks.ReminderTime: T}, None),
        (None, {Tasks.ReminderSet: "1", Tasks.ReminderTime: T}, DAY),
        (None, {Tasks.ReminderSet: "1", Tasks.UtcDueDate: T}, DAY),
        (None, {Tasks.ReminderSet: "1"}, None),
        (5.0, {}, 5.0),
        (5.0, {Tasks.ReminderTime: T}, DAY),
        (5.0, {Tasks.ReminderSet: "1"}, 5.0),
        (5.0, {Tasks.ReminderSet: "0", Tasks.ReminderTime: T}, None),
    ],
)
def test_reminders(before: float | None, sent: dict[Tag, str], reminder: float | None) -> None:
    """ReminderSet says whether, ReminderTime when.

    MS-ASTASK_R249 MS-ASTASK_R370
    """
    task = Task(uid="x", reminder_at=before)
    elements = [Element(tag, text) for tag, text in sent.items()]
    assert changed(task, complete(*elements), author(), NO_GHOSTS).reminder_at == reminder


@pytest.mark.parametrize(
    ("sent", "pair"),
    [
        ({Tasks.DueDate: T, Tasks.UtcDueDate: "20260309T230000Z"}, (DAY, DAY - 3600)),
        ({Tasks.DueDate: T}, (DAY, DAY - 3600)),
        ({Tasks.UtcDueDate: T}, (DAY + 3600, DAY)),
        ({}, (None, None)),
    ],
)
def test_dates_come_in_pairs(sent: dict[Tag, str], pair: tuple[float | None, float | None]) -> None:
    """One that comes alone is as far from the other as it was; 3600 s in this task."""
    elements = [Element(tag, text) for tag, text in sent.items()]
    after = changed(FULL, complete(*elements), author(), NO_GHOSTS)
    assert (after.due_local, after.due_utc) == pair


def test_completion() -> None:
    """A time of completion is the device's, else now, and goes with the completion.

    MS-ASTASK_R122 MS-ASTASK_R124
    """
    opened = changed(FULL, data(Element(Tasks.Complete, "0")), author(), NO_GHOSTS)
    assert (opened.complete, opened.completed_at) == (False, None)
    assert changed(opened, complete(), author(), NO_GHOSTS).completed_at == NOW
    said = complete(Element(Tasks.DateCompleted, T))
    assert changed(opened, said, author(), NO_GHOSTS).completed_at == DAY
    assert changed(opened, data(), author(), NO_GHOSTS).complete is False


@given(TASKS, st.sampled_from(list(Version)))
def test_a_device_that_sends_back_what_it_was_shown(task: Task, version: Version) -> None:
    """Changes nothing of what its version can say."""
    stored = normalised(read_task(write_task(None, replace(task, body=Text()), now=NOW)))
    elements = application_data(item(stored), WHOLE, version, NOBODY)
    received = decode(encode(data(*elements)))
    again = normalised(changed(stored, received, author(version), NO_GHOSTS))
    loses = {"ordinal_date", "sub_ordinal"} if version < Version.V12_0 else set()
    if version < Version.V14_1:
        loses.add("recurrence")
    for one in fields(Task):
        if one.name not in loses:
            assert getattr(again, one.name) == getattr(stored, one.name), one.name


def test_every_element_is_known_to_some_version() -> None:
    """Nothing is sent that the code page does not have."""
    for task in ALL:
        for one in descendants(shown(task)):
            assert Version.V16_1.text in VERSIONS[one.tag]
    assert AirSync.ApplicationData not in {one.tag for one in descendants(shown(FULL))}
