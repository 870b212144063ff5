"""Events between devices of all versions: UIDs, series, organisers, files."""

from base64 import b64decode, b64encode

import pytest

from carbonio_mobile.ids import OperationId, PartId
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.imip import calendar_of
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.events import read_part
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Calendar, ItemOperations
from tests.unit.commands.objectphone import (
    CALENDAR,
    DAY,
    VERSIONS,
    ObjectPhone,
    Objects,
    add,
    change,
    delete,
    event,
    event_source,
    stamp,
)

OLD = ("2.5", "12.1", "14.1")
NEW = ("16.0", "16.1")
START = NOW + DAY
every_version = pytest.mark.parametrize("version", VERSIONS)
every_new = pytest.mark.parametrize("version", NEW)
every_old = pytest.mark.parametrize("version", OLD)
WEEKLY = Element(
    Calendar.Recurrence,
    [
        Element(Calendar.Type, "0"),
        Element(Calendar.Interval, "1"),
        Element(Calendar.Occurrences, "10"),
    ],
)
MEETING = (
    "ORGANIZER;CN=Mary:mailto:mary@example.com",
    "ATTENDEE;CN=John;PARTSTAT=ACCEPTED:mailto:john@example.com",
)


@pytest.fixture
def place() -> Objects:
    return Objects(Rig(), CALENDAR)


def stored(place: Objects, name: str) -> Event:
    record = place.get(name).record
    assert isinstance(record, Event)
    return record


def exceptions(data: Element) -> list[Element]:
    listed = data.find(Calendar.Exceptions)
    return [] if listed is None else list(listed.children)


# UIDs


@every_old
def test_an_add_of_a_uid_that_is_there(place: Objects, version: str) -> None:
    """client-quirks 5.7: the event that is there gets what the phone says, and keeps its id."""
    name = place.store("", source=event_source("Theirs", "one@example.com"))
    phone = ObjectPhone(place.rig, version)
    phone.keys[place.folder] = "0"
    phone.sync(place.folder)
    content = event("Mine", "", version, uid="one@example.com")
    said = phone.one(place.folder, add(content), changes=Element(AirSync.GetChanges, "0"))
    assert (said.status, said.name) == ("1", name)
    assert place.names() == {name}
    phone.settle(place.folder)
    assert phone.titles(place.folder, CALENDAR) == {name: "Mine"}
    assert place.title(name) == "Mine"


@every_version
def test_the_same_uid_in_two_calendars(place: Objects, version: str) -> None:
    """Each calendar has its own."""
    made = now(
        place.rig.mailbox().create_folder(
            None, "Team", FolderKind.USER_CALENDAR, operation=OperationId("team")
        )
    )
    first = place.store("", source=event_source("Theirs", "one@example.com"))
    other = Objects(place.rig, CALENDAR, made.id)
    phone = other.phone(version)
    name = phone.make(made.id, event("Mine", "", version, uid="one@example.com"))
    assert name != first
    assert (place.title(first), other.title(name)) == ("Theirs", "Mine")


@every_new
def test_the_server_says_the_uid_of_a_new_event(place: Objects, version: str) -> None:
    """MS-ASCAL_R2223: in the response to the Add, the same when it is repeated."""
    phone = place.phone(version)
    request = add(event("Mine", "", version))
    (lost,) = phone.up(place.folder, request, lose=True)
    said = phone.one(place.folder, request)
    assert said.made is not None
    assert lost.made is not None
    uid = said.made.value(Calendar.UID)
    assert uid == lost.made.value(Calendar.UID) == stored(place, said.name).uid
    assert uid


@every_version
def test_what_the_server_adds_to_an_event_is_told(place: Objects, version: str) -> None:
    """An organiser that the phone did not name comes as a Change, never as a second Add."""
    attendee = Element(
        Calendar.Attendee,
        [Element(Calendar.Email, "mary@example.com"), Element(Calendar.Name, "Mary")],
    )
    people = Element(Calendar.Attendees, [attendee])
    phone = place.phone(version)
    name = phone.make(place.folder, event("Mine", "", version, people))
    phone.settle(place.folder)
    assert set(phone.hold(place.folder)) == {name}
    assert stored(place, name).organizer_address == "john@example.com"


# Series


@every_new
@pytest.mark.parametrize("other", VERSIONS)
def test_an_occurrence_is_changed_and_taken_out(place: Objects, version: str, other: str) -> None:
    """MS-ASCMD_R6238, MS-ASCMD_R6420: other devices see it among the exceptions of the series."""
    phone, old = place.phone(version), place.phone(other, device="other")
    name = phone.make(place.folder, event("Series", "", version, WEEKLY))
    old.settle(place.folder)
    assert exceptions(old.hold(place.folder)[name]) == []
    second, third = stamp(START + DAY), stamp(START + 2 * DAY)
    moved = [Element(Calendar.Subject, "Moved")]
    said = phone.up(
        place.folder,
        change(name, *moved, instance=second),
        delete(name, instance=third),
    )
    assert [one.status for one in said] == ["1", "1"]
    assert phone.told == []
    old.settle(place.folder)
    assert old.told == [(AirSync.Change, name)]
    found = exceptions(old.hold(place.folder)[name])
    tag = Calendar.ExceptionStartTime if other in OLD else AirSyncBase.InstanceId
    assert [one.value(tag) for one in found] == [second, third]
    assert found[0].value(Calendar.Subject) == "Moved"
    assert found[1].value(Calendar.Deleted) == "1"
    assert not old.poisoned()


@every_new
def test_an_instance_change_is_done_once(place: Objects, version: str) -> None:
    """MS-ASCMD_R5121, MS-ASCMD_R6238, MS-ASCMD_R6420: after lost answers nothing is doubled."""
    phone = place.phone(version)
    name = phone.make(place.folder, event("Series", "", version, WEEKLY))
    asked = [
        change(name, Element(Calendar.Subject, "Moved"), instance=stamp(START + DAY)),
        delete(name, instance=stamp(START + 2 * DAY)),
    ]
    for _ in range(2):
        phone.up(place.folder, *asked, lose=True)
    assert [one.status for one in phone.up(place.folder, *asked)] == ["1", "1"]
    record = stored(place, name)
    assert [one.original for one in record.exceptions] == [START + DAY, START + 2 * DAY]
    phone.settle(place.folder)
    assert set(phone.hold(place.folder)) == {name}


@every_new
@pytest.mark.parametrize(
    ("instance", "status"),
    [(stamp(START + 40 * DAY), "8"), ("tomorrow", "6")],
)
def test_an_instance_that_is_none(place: Objects, version: str, instance: str, status: str) -> None:
    """MS-ASCMD_R6238, MS-ASCMD_R6420: refused for itself, and nothing changes."""
    phone = place.phone(version)
    name = phone.make(place.folder, event("Series", "", version, WEEKLY))
    before = place.get(name).source
    said = phone.up(
        place.folder,
        change(name, Element(Calendar.Subject, "Moved"), instance=instance),
    )
    assert said[0].status == status
    assert place.get(name).source == before


@every_old
def test_exceptions_within_the_series(place: Objects, version: str) -> None:
    """MS-ASCMD_R876, MS-ASCMD_R877, MS-ASCAL_R541, MS-ASCAL_R542: a Change without Exceptions, or
    with another one, leaves those that are there.
    """

    def exception(day: int, *content: Element) -> Element:
        start = Element(Calendar.ExceptionStartTime, stamp(START + day * DAY))
        return Element(Calendar.Exception, [start, *content])

    moved = exception(1, Element(Calendar.Subject, "Moved"))
    gone = exception(2, Element(Calendar.Deleted, "1"))
    phone = place.phone(version)
    other, new = place.phone(version, device="other"), place.phone("16.1")
    content = event("Series", "", version, WEEKLY, Element(Calendar.Exceptions, [moved]))
    name = phone.make(place.folder, content)

    def kept() -> list[tuple[float, str | None]]:
        return [
            (one.original, None if one.details is None else one.details.subject)
            for one in stored(place, name).exceptions
        ]

    assert kept() == [(START + DAY, "Moved")]
    phone.one(place.folder, change(name, *event("Renamed", "", version, WEEKLY)))
    assert kept() == [(START + DAY, "Moved")]
    second = event("Renamed", "", version, WEEKLY, Element(Calendar.Exceptions, [gone]))
    phone.one(place.folder, change(name, *second))
    assert kept() == [(START + DAY, "Moved"), (START + 2 * DAY, None)]
    for one in (other, new):
        one.settle(place.folder)
        assert len(exceptions(one.hold(place.folder)[name])) == 2
        assert not one.poisoned()


# Organisers


@every_version
def test_an_attendee_is_told_what_is_true(place: Objects, version: str) -> None:
    """client-quirks 8.11: success, the private fields are taken, the rest is sent back."""
    name = place.store("", source=event_source("Theirs", "one@example.com", *MEETING))
    phone = place.phone(version)
    mine = event("Mine", "", version, Element(Calendar.Reminder, "15"))
    assert phone.one(place.folder, change(name, *mine)).status == "1"
    record = stored(place, name)
    assert (record.details.subject, record.details.reminder_min) == ("Theirs", 15)
    phone.settle(place.folder)
    assert phone.titles(place.folder, CALENDAR) == {name: "Theirs"}


@every_version
def test_an_attendee_who_changes_nothing_private_is_told_too(place: Objects, version: str) -> None:
    """client-quirks 8.11: though nothing of what the phone said was taken."""
    name = place.store("", source=event_source("Theirs", "one@example.com", *MEETING))
    phone = place.phone(version)
    before = phone.hold(place.folder)[name]
    wanted = [
        one if one.tag is not Calendar.Subject else Element(Calendar.Subject, "Mine")
        for one in before
    ]
    if version in NEW:
        wanted = [Element(Calendar.Subject, "Mine")]
    assert phone.one(place.folder, change(name, *wanted)).status == "1"
    phone.settle(place.folder)
    assert place.title(name) == "Theirs"
    assert phone.titles(place.folder, CALENDAR) == {name: "Theirs"}


# Files


def file_add(client_id: str, name: str, content: bytes) -> Element:
    return Element(
        AirSyncBase.Add,
        [
            Element(AirSyncBase.ClientId, client_id),
            Element(AirSyncBase.Content, b64encode(content).decode()),
            Element(AirSyncBase.DisplayName, name),
            Element(AirSyncBase.Method, "1"),
        ],
    )


def references(said: Element | None) -> dict[str, str]:
    """Give the file references of a response by their client ids."""
    assert said is not None
    listed = said.find(AirSyncBase.Attachments)
    assert listed is not None
    return {
        one.value(AirSyncBase.ClientId, ""): one.value(AirSyncBase.FileReference, "")
        for one in listed
    }


def fetched(phone: ObjectPhone, reference: str) -> tuple[str | None, bytes]:
    """Fetch a file by ItemOperations; gives status and content."""
    operation = Element(
        ItemOperations.Fetch,
        [
            Element(ItemOperations.Store, "Mailbox"),
            Element(AirSyncBase.FileReference, reference),
        ],
    )
    answer = phone.ask("ItemOperations", Element(ItemOperations.ItemOperations, [operation]))
    response = answer.find(ItemOperations.Response)
    assert response is not None
    (one,) = response.children
    properties = one.find(ItemOperations.Properties)
    data = None if properties is None else properties.find(ItemOperations.Data)
    content = b"" if data is None else b64decode(data.string)
    return one.value(ItemOperations.Status), content


@every_new
@pytest.mark.parametrize("other", ["14.1", "16.0", "16.1"])
def test_files_come_and_go(place: Objects, version: str, other: str) -> None:
    """MS-ASAIRS_R1082: the reference stands beside the ClientId in the response to an Add and to a
    Change; the file can be fetched; what is deleted is gone. Before 16.0 there are no files in
    events.
    """
    phone, second = place.phone(version), place.phone(other, device="other")
    plan = Element(AirSyncBase.Attachments, [file_add("f1", "plan.txt", b"the plan")])
    said = phone.one(place.folder, add(event("Mine", "", version, plan)))
    first = references(said.made)["f1"]
    assert fetched(phone, first) == ("1", b"the plan")
    more = Element(AirSyncBase.Attachments, [file_add("f2", "list.txt", b"the list")])
    request = change(said.name, more)
    (lost,) = phone.up(place.folder, request, lose=True)
    told = phone.one(place.folder, request)
    assert references(told.made) == references(lost.made)
    assert fetched(phone, references(told.made)["f2"]) == ("1", b"the list")
    assert [one.name for one in stored(place, said.name).details.attachments] == [
        "plan.txt",
        "list.txt",
    ]
    second.settle(place.folder)
    shown = second.hold(place.folder)[said.name].find(AirSyncBase.Attachments)
    if other in OLD:
        assert shown is None
    else:
        assert shown is not None
        assert [one.value(AirSyncBase.DisplayName) for one in shown] == ["plan.txt", "list.txt"]
        assert fetched(second, shown.children[0].value(AirSyncBase.FileReference, "")) == (
            "1",
            b"the plan",
        )
    file = Element(AirSyncBase.Delete, [Element(AirSyncBase.FileReference, first)])
    phone.one(place.folder, change(said.name, Element(AirSyncBase.Attachments, [file])))
    left = stored(place, said.name).details.attachments
    assert [one.name for one in left] == ["list.txt"]


@every_new
def test_a_change_of_the_files_leaves_the_event(place: Objects, version: str) -> None:
    """MS-ASCMD_R7309: from 16.0 on all properties of an event are ghosted."""
    phone = place.phone(version)
    name = phone.make(place.folder, event("Mine", "Room 1", version, WEEKLY))
    before = stored(place, name)
    phone.one(place.folder, change(name, Element(Calendar.BusyStatus, "0")))
    after = stored(place, name)
    assert (after.details.subject, after.details.place, after.recurrence) == (
        before.details.subject,
        before.details.place,
        before.recurrence,
    )
    assert after.details.busy_status == 0


@every_new
def test_an_invitation_carries_the_files_that_come_with_it(place: Objects, version: str) -> None:
    """MS-ASCMD R7478: what the server mails to the attendees is the meeting with its files."""
    mary = Element(
        Calendar.Attendee,
        [Element(Calendar.Email, "mary@example.net"), Element(Calendar.Name, "Mary")],
    )
    plan = Element(AirSyncBase.Attachments, [file_add("f1", "plan.txt", b"the plan")])
    guests = Element(Calendar.Attendees, [mary])
    phone = place.phone(version)
    said = phone.one(place.folder, add(event("Mine", "", version, guests, plan)))
    (sent,) = place.rig.submission.taken.values()
    meeting = extract(sent.message, received_at=NOW).record.meeting
    assert meeting is not None
    calendar = calendar_of(sent.message, meeting)
    assert read_part(calendar, PartId("1")) == ("application/octet-stream", b"the plan")
    assert [one.name for one in stored(place, said.name).details.attachments] == ["plan.txt"]
