"""Which events and tasks a phone is told of: filters, and objects that move in time."""

import pytest

from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Tasks
from tests.unit.commands import asking
from tests.unit.commands.objectphone import (
    CALENDAR,
    CONTACTS,
    DAY,
    NOTES,
    TASKS,
    VERSIONS,
    Kind,
    ObjectPhone,
    Objects,
    calendar_source,
    change,
    event,
    event_source,
    stamp,
)

every_version = pytest.mark.parametrize("version", VERSIONS)

AGES = {"future": -400.0, "now": 0.0, "13": 13.0, "30": 30.0, "91": 91.0, "182": 182.0, "400": 400}
WINDOWS = {
    "0": set(AGES),
    "4": {"future", "now", "13"},
    "5": {"future", "now", "13", "30"},
    "6": {"future", "now", "13", "30", "91"},
    "7": {"future", "now", "13", "30", "91", "182"},
}


@pytest.fixture
def rig() -> Rig:
    return Rig()


def filtered(value: str) -> Element:
    return Element(AirSync.Options, [Element(AirSync.FilterType, value)])


def old_event(name: str, age_days: float) -> bytes:
    """An event that ended so many days ago."""
    return event_source(name, name, start=NOW - age_days * DAY - 3600)


@every_version
@pytest.mark.parametrize("filter_type", WINDOWS)
def test_calendar_windows(rig: Rig, version: str, filter_type: str) -> None:
    """MS-ASCMD_R3044, MS-ASCMD_R3048, MS-ASCMD_R3049, MS-ASCMD_R3050, MS-ASCMD_R3051: two weeks,
    one, three and six months back; MS-ASCMD_R3065, MS-ASCMD_R5878: what is in the future or recurs
    without an end always comes.
    """
    place = Objects(rig, CALENDAR)
    names = {name: place.store("", source=old_event(name, age)) for name, age in AGES.items()}
    rules = {
        "ever": "RRULE:FREQ=WEEKLY",
        "over": "RRULE:FREQ=DAILY;COUNT=3",
        "until": f"RRULE:FREQ=WEEKLY;UNTIL={stamp(NOW + 50 * DAY)}",
    }
    for name, rule in rules.items():
        source = event_source(name, name, rule, start=NOW - 900 * DAY)
        names[name] = place.store("", source=source)
    phone = place.phone(version, filtered(filter_type))
    wanted = WINDOWS[filter_type] | {"ever", "until"} | ({"over"} if filter_type == "0" else set())
    assert set(phone.hold(place.folder)) == {names[name] for name in wanted}
    assert not phone.poisoned()


WRONG = [(CALENDAR, one) for one in "1238"] + [(TASKS, one) for one in "1234567"]


@every_version
@pytest.mark.parametrize(("kind", "value"), WRONG, ids=[f"{k.name}-{v}" for k, v in WRONG])
def test_filters_that_are_none(rig: Rig, kind: Kind, value: str, version: str) -> None:
    """MS-ASCMD_R3045, MS-ASCMD_R3046, MS-ASCMD_R3047, MS-ASCMD_R3052, MS-ASCMD_R3069 for events,
    MS-ASCMD_R3054, MS-ASCMD_R3055, MS-ASCMD_R3056, MS-ASCMD_R3057, MS-ASCMD_R3058, MS-ASCMD_R3059,
    MS-ASCMD_R3060 for tasks: status 4, and nothing has happened.
    """
    place = Objects(rig, kind)
    place.store("First")
    phone = ObjectPhone(rig, version)
    phone.sync(place.folder)
    key = phone.keys[place.folder]
    request = asking.sync(phone.collection(place.folder, filtered(value)))
    answer = phone.ask("Sync", request)
    assert answer.value(AirSync.Status) == "4"
    assert phone.keys[place.folder] == key
    phone.settle(place.folder)
    assert len(phone.hold(place.folder)) == 1


@every_version
@pytest.mark.parametrize("value", list("012345678"))
def test_contacts_have_no_window(rig: Rig, version: str, value: str) -> None:
    """MS-ASCMD_R3078, MS-ASCMD_R3079: the filter is passed over."""
    place = Objects(rig, CONTACTS)
    name = place.store("Ann")
    rig.clock.advance(400 * DAY)
    phone = place.phone(version, filtered(value))
    assert phone.titles(place.folder, CONTACTS) == {name: "Ann"}


@pytest.mark.parametrize("version", NOTES.versions())
@pytest.mark.parametrize("value", ["0", "4", "8"])
def test_notes_have_no_window(rig: Rig, version: str, value: str) -> None:
    """The filter is passed over for notes as it is for contacts."""
    place = Objects(rig, NOTES)
    name = place.store("Milk")
    rig.clock.advance(400 * DAY)
    assert set(place.phone(version, filtered(value)).hold(place.folder)) == {name}


@every_version
def test_events_leave_the_window_and_come_back(rig: Rig, version: str) -> None:
    """MS-ASCMD_R3967, MS-ASCMD_R2655, MS-ASCMD_R2656, MS-ASCMD_R2657, MS-ASCMD_R2658: what others
    move out of the window goes by SoftDelete; what they move in comes as an Add.
    """
    place = Objects(rig, CALENDAR)
    name = place.store("", source=event_source("Talk", "talk"))
    stays = place.store("", source=event_source("Stays", "stays"))
    phone = place.phone(version, filtered("4"))
    place.replace(name, event_source("Talk", "talk", start=NOW - 20 * DAY))
    phone.settle(place.folder)
    assert phone.told == [(AirSync.SoftDelete, name)]
    place.replace(name, event_source("Talk about it", "talk", start=NOW - 21 * DAY))
    phone.settle(place.folder)
    assert phone.told == []
    place.replace(name, event_source("Talk", "talk", start=NOW - 3 * DAY))
    phone.settle(place.folder)
    assert phone.told == [(AirSync.Add, name)]
    assert set(phone.hold(place.folder)) == {name, stays}


@every_version
def test_a_phone_moves_its_own_event_out_of_the_window(rig: Rig, version: str) -> None:
    """MS-ASCMD_R3967: it goes, and is there for who looks further back."""
    place = Objects(rig, CALENDAR)
    phone = place.phone(version, filtered("4"))
    name = phone.make(place.folder, event("Talk", "", version))
    moved = event("Talk", "", version, start=NOW - 40 * DAY)
    phone.one(place.folder, change(name, *moved))
    phone.settle(place.folder)
    assert phone.hold(place.folder) == {}
    assert place.names() == {name}
    phone.settle(place.folder, filtered("6"))
    assert set(phone.hold(place.folder)) == {name}


@every_version
def test_events_grow_old(rig: Rig, version: str) -> None:
    """MS-ASCMD_R3967, MS-ASCMD_R5878: with the days events leave, endless series never."""
    place = Objects(rig, CALENDAR)
    single = place.store("", source=event_source("Talk", "talk"))
    three = place.store("", source=event_source("Three", "three", "RRULE:FREQ=WEEKLY;COUNT=3"))
    ever = place.store("", source=event_source("Ever", "ever", "RRULE:FREQ=WEEKLY"))
    phone = place.phone(version, filtered("4"))
    assert set(phone.hold(place.folder)) == {single, three, ever}
    rig.clock.advance(17 * DAY)
    phone.settle(place.folder)
    assert phone.told == [(AirSync.SoftDelete, single)]
    rig.clock.advance(16 * DAY)
    phone.settle(place.folder)
    assert phone.told == [(AirSync.SoftDelete, three)]
    rig.clock.advance(4000 * DAY)
    phone.settle(place.folder)
    assert set(phone.hold(place.folder)) == {ever}


@every_version
def test_windows_widen_and_narrow(rig: Rig, version: str) -> None:
    """MS-ASCMD_R3967: other options bring Adds and SoftDeletes, and none twice."""
    place = Objects(rig, CALENDAR)
    names = {name: place.store("", source=old_event(name, age)) for name, age in AGES.items()}
    phone = place.phone(version, filtered("4"))
    for value in ("7", "5", "0", "6", "4"):
        phone.settle(place.folder, filtered(value), Element(AirSync.WindowSize, "2"))
        assert set(phone.hold(place.folder)) == {names[name] for name in WINDOWS[value]}


def task_source(title: str, uid: str, *lines: str) -> bytes:
    return calendar_source("VTODO", title, uid, *lines)


DONE = ("STATUS:COMPLETED", f"COMPLETED:{stamp(NOW - DAY)}")


@every_version
def test_only_what_is_to_do(rig: Rig, version: str) -> None:
    """MS-ASCMD_R3061, MS-ASCMD_R3053, MS-ASCMD_R3967: with filter 8 tasks go when they are done,
    by others and by the phone, and come when they are undone.
    """
    place = Objects(rig, TASKS)
    todo = place.store("", source=task_source("To do", "todo"))
    done = place.store("", source=task_source("Done", "done", *DONE))
    phone = place.phone(version, filtered("8"))
    assert set(phone.hold(place.folder)) == {todo}
    place.replace(done, task_source("Done", "done"))
    phone.settle(place.folder)
    assert phone.told == [(AirSync.Add, done)]
    place.replace(done, task_source("Done", "done", *DONE))
    phone.settle(place.folder)
    assert phone.told == [(AirSync.SoftDelete, done)]
    finished = [
        Element(Tasks.Subject, "To do"),
        Element(Tasks.Complete, "1"),
        Element(Tasks.DateCompleted, "2027-01-15T07:00:00.000Z"),
    ]
    phone.one(place.folder, change(todo, *finished))
    phone.settle(place.folder)
    assert phone.hold(place.folder) == {}
    phone.settle(place.folder, filtered("0"))
    assert set(phone.hold(place.folder)) == {todo, done}


@every_version
def test_a_window_of_the_first_request(rig: Rig, version: str) -> None:
    """MS-ASCMD_R3045: a filter that is none is refused with key 0 already."""
    phone = ObjectPhone(rig, version)
    request = asking.sync(phone.collection(rig.folder(FolderKind.CALENDAR), filtered("1")))
    assert phone.ask("Sync", request).value(AirSync.Status) == "4"
