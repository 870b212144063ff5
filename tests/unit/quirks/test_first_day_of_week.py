"""Where the weeks of an account begin, for series that do not say it."""

import pytest

from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.task import Task
from carbonio_mobile.testing.rig import NOW, Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Calendar, Tasks
from tests.unit.commands.objectphone import (
    CALENDAR,
    DAY,
    TASKS,
    Objects,
    change,
    event,
    stamp,
    task,
)

ATTRIBUTE = "zimbraPrefCalendarFirstDayOfWeek"


def rig_with(day: str | None) -> Rig:
    rig = Rig()
    if day is not None:
        rig.accounts.set_attributes(rig.account, **{ATTRIBUTE: day})
    return rig


def weekly(first: str | None = None) -> Element:
    said = [] if first is None else [Element(Calendar.FirstDayOfWeek, first)]
    return Element(
        Calendar.Recurrence,
        [
            Element(Calendar.Type, "1"),
            Element(Calendar.Interval, "2"),
            Element(Calendar.DayOfWeek, "65"),
            *said,
        ],
    )


@pytest.mark.parametrize("version", ["2.5", "12.1", "14.0", "14.1", "16.0", "16.1"])
@pytest.mark.parametrize(("day", "expected"), [(None, 1), ("0", 0), ("1", 1), ("6", 6)])
def test_of_events(day: str | None, expected: int, version: str) -> None:
    """MS-ASCAL_R52524, MS-ASCAL_R11028, MS-ASCAL_R52523: the account's own, and told to others."""
    calendar = Objects(rig_with(day), CALENDAR)
    phone = calendar.phone(version)
    name = phone.make(calendar.folder, event("Weekly", "", version, weekly()))
    record = calendar.get(name).record
    assert isinstance(record, Event)
    assert record.recurrence is not None
    assert record.recurrence.first_day_of_week == expected
    other = calendar.phone("16.1", device="other")
    shown = other.hold(calendar.folder)[name].find(Calendar.Recurrence)
    assert shown is not None
    assert shown.value(Calendar.FirstDayOfWeek) == str(expected)


def test_what_a_device_says_counts() -> None:
    """MS-ASCAL_R269: said, it stands, also through a change by a version that cannot say it."""
    calendar = Objects(rig_with("0"), CALENDAR)
    phone = calendar.phone("14.1")
    name = phone.make(calendar.folder, event("Weekly", "", "14.1", weekly("3")))
    old = calendar.phone("12.1")
    for one in (phone, old):
        one.one(calendar.folder, change(name, *event("Again", "", one.version, weekly())))
        record = calendar.get(name).record
        assert isinstance(record, Event)
        assert record.recurrence is not None
        assert record.recurrence.first_day_of_week == 3


@pytest.mark.parametrize(("day", "expected"), [(None, 1), ("0", 0), ("5", 5)])
@pytest.mark.parametrize("version", ["12.1", "14.1", "16.1"])
def test_of_tasks(day: str | None, expected: int, version: str) -> None:
    """MS-ASTASK_R396, MS-ASTASK_R167: the account's own, and told to others."""
    tasks = Objects(rig_with(day), TASKS)
    phone = tasks.phone(version)
    series = Element(
        Tasks.Recurrence,
        [
            Element(Tasks.Type, "1"),
            Element(Tasks.Start, stamp(NOW + DAY)),
            Element(Tasks.Interval, "2"),
            Element(Tasks.DayOfWeek, "65"),
        ],
    )
    name = phone.make(tasks.folder, task("Weekly", "", version, series))
    record = tasks.get(name).record
    assert isinstance(record, Task)
    assert record.recurrence is not None
    assert record.recurrence.rule.first_day_of_week == expected
    other = tasks.phone("16.1", device="other")
    shown = other.hold(tasks.folder)[name].find(Tasks.Recurrence)
    assert shown is not None
    assert shown.value(Tasks.FirstDayOfWeek) == str(expected)


@pytest.mark.parametrize("value", ["7", "-1", "Monday", ""])
def test_only_days_can_be_set(value: str) -> None:
    """The attribute takes 0 Sunday to 6 Saturday."""
    rig = Rig()
    with pytest.raises(InvalidArgument):
        rig.accounts.set_attributes(rig.account, **{ATTRIBUTE: value})
