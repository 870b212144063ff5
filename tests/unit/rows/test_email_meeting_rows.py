"""MeetingRequest and its children, as a device of each version gets them (MS-ASEMAIL 2.2.2.48)."""

from base64 import b64decode
from dataclasses import replace

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.email import application_data
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Calendar, Email, Email2
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.meetingcase import Meetings
from tests.unit.commands.meetingcase import mail as meeting_mail
from tests.unit.commands.phone import commands, options
from tests.unit.eas import eas_mails
from tests.unit.pim.meetings import ics
from tests.unit.rows.mailcase import MailCase, tags, the

SINCE_14 = ("14.0", "14.1", "16.0", "16.1")
OLD = ("2.5", "12.0", "12.1", "14.0", "14.1")
NEW = ("16.0", "16.1")
REQUIRED = {Email.DtStamp, Email.InstanceType, Email.TimeZone}
CHILDREN = REQUIRED | {
    Email.AllDayEvent,
    Email.StartTime,
    Email.EndTime,
    Email.Location,
    AirSyncBase.Location,
    Email.Organizer,
    Email.RecurrenceId,
    Email.Reminder,
    Email.ResponseRequested,
    Email.Recurrences,
    Email.Sensitivity,
    Email.BusyStatus,
    Email.GlobalObjId,
    Email.DisallowNewTimeProposal,
    Email2.MeetingMessageType,
    Calendar.UID,
}
BARE = ics(attendees=(), organizer="")
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", "TRIGGER:-PT15M", "END:VALARM")
RICH = ics(more=("LOCATION:Room 1", "RRULE:FREQ=WEEKLY;COUNT=3", "CLASS:PRIVATE", *ALARM))


def meeting(version: str, calendar: bytes, method: str = "REQUEST") -> Element:
    """Give the MeetingRequest of an invitation that comes."""
    return MailCase(version).meeting(meeting_mail(calendar, method))


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize("calendar", [BARE, ics(), RICH])
def test_the_children_of_a_meeting(version: str, calendar: bytes) -> None:
    """MS-ASEMAIL R541, R546: these and no others, each once.

    R897, R908, R781: DtStamp and TimeZone always; R896, R898: StartTime and EndTime once at most.
    """
    found = meeting(version, calendar)
    assert len(tags(found)) == len(found.children)
    assert REQUIRED <= tags(found) <= CHILDREN
    assert len(b64decode(the(found, Email.TimeZone).string)) == 172


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_mail_that_is_no_meeting_has_none(version: str) -> None:
    """MS-ASEMAIL R541: it is optional."""
    assert not MailCase(version).shown().has(Email.MeetingRequest)


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize("calendar", [BARE, RICH])
def test_a_meeting_is_named(version: str, calendar: bytes) -> None:
    """MS-ASEMAIL R478, R909: by GlobalObjId up to 14.1.

    R1310, R13110, R1305, R12540: by the UID instead from 16.0 on.
    """
    found = meeting(version, calendar)
    if version in OLD:
        assert the(found, Email.GlobalObjId).string
        assert not found.has(Calendar.UID)
    else:
        assert the(found, Calendar.UID).string == "meeting-1"
        assert not found.has(Email.GlobalObjId)


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_meeting_has_a_place(version: str) -> None:
    """MS-ASEMAIL R1311, R13111: the container of AirSyncBase from 16.0 on."""
    found = meeting(version, RICH)
    if version in OLD:
        assert the(found, Email.Location).string == "Room 1"
        assert not found.has(AirSyncBase.Location)
    else:
        place = the(found, AirSyncBase.Location)
        assert place.value(AirSyncBase.DisplayName) == "Room 1"
        assert not found.has(Email.Location)


@pytest.mark.parametrize("version", OLD)
def test_a_long_place_is_cut(version: str) -> None:
    """MS-ASEMAIL R527: Location has 32,768 characters at most."""
    found = meeting(version, ics(more=("LOCATION:" + "Room " * 10_000,)))
    assert 0 < len(the(found, Email.Location).string) <= 32_768


DAY = {"start": "DTSTART;VALUE=DATE:20270118", "end": "DTEND;VALUE=DATE:20270119"}
ASKED = ics()
NOT_ASKED = ics(attendees=("RSVP=FALSE:mailto:john@example.com",))
VALUES: dict[str, tuple[bytes, Tag, str]] = {
    "MS-ASEMAIL R235": (ics(**DAY), Email.AllDayEvent, "1"),  # type: ignore[arg-type]
    "MS-ASEMAIL R236": (ics(), Email.AllDayEvent, "0"),
    "MS-ASEMAIL R715": (ASKED, Email.ResponseRequested, "1"),
    "MS-ASEMAIL R716": (NOT_ASKED, Email.ResponseRequested, "0"),
    "MS-ASEMAIL R727": (RICH, Email.Sensitivity, "2"),
    "MS-ASEMAIL R270": (ics(), Email.BusyStatus, "2"),
}
"""What an invitation says, and the value that is shown of it."""


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize(("row", "case"), VALUES.items(), ids=VALUES)
def test_what_an_invitation_says_is_shown(
    row: str, case: tuple[bytes, Tag, str], version: str
) -> None:
    """BusyStatus of an invitation that says nothing of it is 2."""
    calendar, tag, value = case
    assert the(meeting(version, calendar), tag).string == value, row


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize(
    ("lines", "value"),
    [((), "0"), (("X-MICROSOFT-DISALLOW-COUNTER:TRUE",), "1")],
)
def test_proposals_are_allowed_or_not(version: str, lines: tuple[str, ...], value: str) -> None:
    """MS-ASEMAIL R389: 0 where nothing is said of it; R390: else they are not."""
    assert the(meeting(version, ics(more=lines)), Email.DisallowNewTimeProposal).string == value


# GlobalObjId

CLASS_ID = bytes.fromhex("040000008200E00074C5B7101A82E008")
OUTLOOK = (CLASS_ID + bytes(4) + bytes.fromhex("B0A1C3D4E5F6A701") + bytes(8)
           + (16).to_bytes(4, "little") + bytes(range(16)))  # fmt: skip
UIDS = {"meeting-1": b"meeting-1", "é@example.com": "é@example.com".encode(), OUTLOOK.hex(): None}


@pytest.mark.parametrize("version", OLD)
@pytest.mark.parametrize(("uid", "octets"), UIDS.items())
@pytest.mark.parametrize("instance", [False, True])
def test_the_layout_of_the_id(version: str, uid: str, octets: bytes | None, instance: bool) -> None:
    """MS-ASEMAIL R121, R20022: octets, one part behind the other, and none behind the last.

    R20000: CLASSID. R20001, R20003, R20005, R20007, R20009, R1002: zeros, or the date of the
    instance. R20011: NOW. R10000, R1000: reserved octets, all zero. R1001: how long the data is.
    R20013: which is Outlook's (R20015), or R20016, R20018, R20019, R20021: a UID behind its mark
    and before a zero.
    """
    more = ("RECURRENCE-ID;TZID=Europe/Rome:20270118T100000",) if instance else ()
    found = the(meeting(version, ics(uid=uid, more=more)), Email.GlobalObjId)
    blob = b64decode(found.string, validate=True)
    assert blob[:16] == CLASS_ID
    assert blob[16:20] == (bytes([2027 >> 8, 2027 & 255, 1, 18]) if instance else bytes(4))
    assert len(blob[20:28]) == 8
    assert blob[28:36] == bytes(8)
    data = blob[40:]
    assert int.from_bytes(blob[36:40], "little") == len(data)
    if octets is None:
        assert blob[20:28] == OUTLOOK[20:28]
        assert data == OUTLOOK[40:]
    else:
        assert data == b"vCal-Uid" + b"\x01\0\0\0" + octets + b"\0"


# Recurrence

PARTS = {Email.Type, Email.Interval, Email.Until, Email.Occurrences, Email.WeekOfMonth,
         Email.DayOfMonth, Email.DayOfWeek, Email.MonthOfYear, Email2.CalendarType,
         Email2.IsLeapMonth, Email2.FirstDayOfWeek}  # fmt: skip
RULES: dict[str, tuple[str, str, dict[Tag, str]]] = {
    "MS-ASEMAIL R625": ("DAILY;COUNT=3", "0", {Email.Occurrences: "3"}),
    "MS-ASEMAIL R375": ("WEEKLY;BYDAY=MO,TH", "1", {Email.DayOfWeek: "18"}),
    "MS-ASEMAIL R369": ("MONTHLY;BYMONTHDAY=18", "2", {Email.DayOfMonth: "18"}),
    "MS-ASEMAIL R365": (
        "MONTHLY;BYDAY=3MO",
        "3",
        {Email.DayOfWeek: "2", Email.WeekOfMonth: "3"},
    ),
    "MS-ASEMAIL R370": (
        "YEARLY;BYMONTHDAY=18;BYMONTH=1",
        "5",
        {Email.DayOfMonth: "18", Email.MonthOfYear: "1"},
    ),
    "MS-ASEMAIL R376 R620 R873": (
        "YEARLY;BYDAY=3MO;BYMONTH=1",
        "6",
        {Email.DayOfWeek: "2", Email.WeekOfMonth: "3", Email.MonthOfYear: "1"},
    ),
}
"""A rule of each type, and which parts are required of it; there are no others."""
EVERY_TYPE = {Email.DayOfMonth, Email.DayOfWeek, Email.WeekOfMonth, Email.MonthOfYear,
              Email.Occurrences}  # fmt: skip


def recurrence(version: str, rule: str) -> Element:
    found = meeting(version, ics(more=(f"RRULE:FREQ={rule}",)))
    listed = the(found, Email.Recurrences)
    (one,) = listed.children
    assert one.tag is Email.Recurrence
    return one


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize(("row", "case"), RULES.items(), ids=RULES)
def test_each_type_of_recurrence_has_its_parts(
    row: str, case: tuple[str, str, dict[Tag, str]], version: str
) -> None:
    """MS-ASEMAIL R682, R684: Recurrences in the meeting, Recurrence in it; R653: its children.

    R880, R912: one Type and one Interval; R367, R619, R627: integers.
    """
    rule, kind, parts = case
    found = recurrence(version, rule)
    assert tags(found) <= PARTS
    assert len(tags(found)) == len(found.children)
    assert the(found, Email.Type).string == kind
    assert the(found, Email.Interval).string == "1"
    shown = {child.tag: child.string for child in found if child.tag in EVERY_TYPE}
    assert shown == parts, row


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize("days", [1, 2, 4, 8, 16, 32, 64, 3, 62, 65, 127])
def test_days_are_a_sum(version: str, days: int) -> None:
    """MS-ASEMAIL R377: of one to seven of the values 1, 2, 4, 8, 16, 32, 64."""
    names = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
    chosen = ",".join(name for bit, name in enumerate(names) if days >> bit & 1)
    record = eas_mails.mail_of(meeting_mail(ics(more=(f"RRULE:FREQ=WEEKLY;BYDAY={chosen}",))))
    data = application_data(record, BodyOptions(), VERSIONS[version])
    shown = Element(AirSync.ApplicationData, eas_mails.on_the_wire(data, version))
    listed = the(the(shown, Email.MeetingRequest), Email.Recurrences)
    assert the(the(listed, Email.Recurrence), Email.DayOfWeek).string == str(days)


VERSIONS = {version.text: version for version in Version}
CALENDARS = {*range(13), 14, 15, 20}


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("calendar", sorted(CALENDARS))
@pytest.mark.parametrize("leap", [False, True])
def test_calendars_and_leap_months(version: str, calendar: int, leap: bool) -> None:
    """MS-ASEMAIL R295: the valid types; R508: IsLeapMonth always."""
    rule = replace(
        eas_mails.MEETING.recurrence, kind=5, calendar_type=calendar, is_leap_month=leap,
        day_of_month=18, month_of_year=1, day_of_week=0, week_of_month=0,
    )  # type: ignore[type-var]  # fmt: skip
    record = replace(eas_mails.FULL, meeting=replace(eas_mails.MEETING, recurrence=rule))
    data = application_data(eas_mails.mail(record=record), BodyOptions(), VERSIONS[version])
    shown = Element(AirSync.ApplicationData, eas_mails.on_the_wire(data, version))
    found = the(the(the(shown, Email.MeetingRequest), Email.Recurrences), Email.Recurrence)
    assert int(the(found, Email2.CalendarType).string) in CALENDARS
    assert int(the(found, Email2.CalendarType).string) == calendar or calendar == 0
    assert the(found, Email2.IsLeapMonth).string == str(int(leap))


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_an_instance_is_named_by_its_date(version: str) -> None:
    """MS-ASEMAIL R679, R680, R1493: of that instance, with the time it was to start at."""
    moved = ics(
        start="DTSTART;TZID=Europe/Rome:20270119T150000",
        end="DTEND;TZID=Europe/Rome:20270119T160000",
        more=("RECURRENCE-ID;TZID=Europe/Rome:20270118T100000",),
    )
    assert the(meeting(version, moved), Email.RecurrenceId).string == "2027-01-18T09:00:00.000Z"


# MeetingMessageType


@pytest.mark.parametrize("version", ["14.1", "16.0", "16.1"])
@pytest.mark.parametrize(("sequence", "kind"), [(0, "1"), (3, "2")])
def test_the_type_of_a_meeting_message(version: str, sequence: int, kind: str) -> None:
    """MS-ASEMAIL R528, R911: it is always there; R535: 2 is a full update."""
    found = meeting(version, ics(sequence=sequence))
    assert the(found, Email2.MeetingMessageType).string == kind


@pytest.mark.parametrize("version", ["14.1", "16.0", "16.1"])
def test_an_overtaken_invitation(version: str) -> None:
    """MS-ASEMAIL R1070: 4, for who is told of it now; R531: who knows it is not told again."""
    case = MailCase(version)
    meetings = Meetings(case.rig)
    name = meetings.arrive(meeting_mail(ics()))
    case.phone.settle(case.folder, *case.options)
    first = the(case.held(name), Email.MeetingRequest)
    assert first.value(Email2.MeetingMessageType) == "1"
    meetings.arrive(meeting_mail(ics(sequence=1)))
    told = case.told()
    assert [one.tag for one in told] == [AirSync.Add]
    late = CheckedPhone(case.rig, version=version, device="late")
    late.prime(case.folder, options())
    shown = the(late.items[case.folder][name], Email.MeetingRequest)
    assert shown.value(Email2.MeetingMessageType) == "4"


# The calendar


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize("guests", [(), ("mary@example.com",)])
def test_a_calendar_item_made_on_the_device_is_added_by_sync(
    version: str, guests: tuple[str, ...]
) -> None:
    """MS-ASEMAIL R14: an appointment; R1074: a meeting."""
    case = MailCase(version)
    meetings = Meetings(case.rig)
    case.phone.sync(meetings.calendar)
    people = [
        Element(
            Calendar.Attendee,
            [Element(Calendar.Email, one), Element(Calendar.Name, "Mary"),
             *([Element(Calendar.AttendeeType, "1")] if version != "2.5" else [])],
        )
        for one in guests
    ]  # fmt: skip
    old = version in OLD
    content = [
        Element(Calendar.Timezone, eas_mails.MEETING.timezone_blob) if old else None,
        Element(Calendar.DtStamp, "20270115T080000Z") if old else None,
        Element(Calendar.StartTime, "20270118T090000Z"),
        Element(Calendar.Subject, "Plans"),
        Element(Calendar.UID, "made-here") if old else None,
        Element(Calendar.EndTime, "20270118T100000Z"),
        Element(Calendar.Attendees, people) if people else None,
        Element(Calendar.MeetingStatus, "1" if people else "0"),
    ]
    data = Element(AirSync.ApplicationData, content)
    add = Element(AirSync.Add, [Element(AirSync.ClientId, "c1"), data])
    collection = case.phone.sync(meetings.calendar, commands(add), lose=True)
    assert collection is not None
    (response,) = the(collection, AirSync.Responses).children
    assert response.value(AirSync.Status) == "1"
    event = meetings.event()
    assert event.details.subject == "Plans"
    assert tuple(one.address for one in event.details.attendees) == guests
