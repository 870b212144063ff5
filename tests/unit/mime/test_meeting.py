"""Invitations and answers: the summary that MeetingRequest is made of, zones, ids, rules."""

from datetime import UTC, date, datetime

import pytest

from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.record import MeetingSummary
from carbonio_mobile.pim.globalobjid import CLASS_ID, from_uid, to_uid
from carbonio_mobile.pim.recurrence import RecurrenceRule, to_activesync
from carbonio_mobile.pim.timezones import UTC_BLOB, ZoneRule

EVENT = """BEGIN:VCALENDAR
METHOD:{method}
VERSION:2.0
{zone}BEGIN:VEVENT
UID:u-1@example.com
DTSTAMP:20260301T080000Z
SEQUENCE:0
SUMMARY:Plan
LOCATION:Room 1
ORGANIZER;CN=Ann:mailto:ann@example.com
ATTENDEE;PARTSTAT={partstat};RSVP=TRUE:mailto:bob@example.com
CLASS:PRIVATE
X-MICROSOFT-CDO-BUSYSTATUS:OOF
{times}
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
"""
CUSTOM = """BEGIN:VTIMEZONE
TZID:Our Zone
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""


def source(
    times: str, *, method: str = "REQUEST", partstat: str = "NEEDS-ACTION", zone: str = ""
) -> bytes:
    body = EVENT.format(method=method, partstat=partstat, times=times, zone=zone)
    head = f"Subject: x\nContent-Type: text/calendar; method={method}; charset=utf-8\n\n"
    return (head + body).replace("\n", "\r\n").encode()


def meeting(times: str, **fields: str) -> MeetingSummary:
    found = extract(source(times, **fields), received_at=0).record.meeting
    assert found is not None
    return found


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


TIMES = "DTSTART;TZID=Europe/Rome:20260710T100000\nDTEND;TZID=Europe/Rome:20260710T110000"


def test_request_has_all_that_the_device_shows() -> None:
    """Each child of MeetingRequest has its value (MS-ASEMAIL 2.2.2.48)."""
    found = meeting(TIMES)
    assert (found.start, found.end) == (at(2026, 7, 10, 8), at(2026, 7, 10, 9))
    assert (found.summary, found.location) == ("Plan", "Room 1")
    assert found.organizer == '"Ann" <ann@example.com>'
    assert (found.reminder_s, found.sensitivity, found.busy_status) == (900, 2, 3)
    assert (found.response_requested, found.meeting_message_type) == (True, 1)
    assert (found.instance_type, found.all_day, found.dtstamp) == (0, False, at(2026, 3, 1, 8))
    rule = ZoneRule.from_blob(found.timezone_blob)
    assert (rule.bias_min, rule.daylight_bias_min) == (-60, -60)


@pytest.mark.parametrize(
    ("method", "partstat", "expected"),
    [
        ("REQUEST", "NEEDS-ACTION", "IPM.Schedule.Meeting.Request"),
        ("CANCEL", "NEEDS-ACTION", "IPM.Schedule.Meeting.Canceled"),
        ("REPLY", "ACCEPTED", "IPM.Schedule.Meeting.Resp.Pos"),
        ("REPLY", "DECLINED", "IPM.Schedule.Meeting.Resp.Neg"),
        ("REPLY", "TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent"),
        ("COUNTER", "TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent"),
        ("PUBLISH", "NEEDS-ACTION", "IPM.Note"),
    ],
)
def test_class_follows_the_method(method: str, partstat: str, expected: str) -> None:
    """The message class says what the calendar asks or answers (MS-ASEMAIL R587)."""
    record = extract(source(TIMES, method=method, partstat=partstat), received_at=0).record
    assert record.message_class == expected


def test_calendar_file_with_a_method_counts_and_one_without_does_not() -> None:
    """An .ics attachment is an invitation only where it has a method (client-quirks, rule 8)."""
    calendar = EVENT.format(method="REQUEST", partstat="NEEDS-ACTION", times=TIMES, zone="")
    head = 'Content-Type: application/octet-stream; name="a.ics"\n\n'
    asked = extract((head + calendar).encode(), received_at=0).record
    plain = extract(
        (head + calendar.replace("METHOD:REQUEST\n", "")).encode(), received_at=0
    ).record
    assert asked.message_class == "IPM.Schedule.Meeting.Request"
    assert [one.name for one in asked.attachments] == ["a.ics"]
    assert (plain.message_class, plain.meeting) == ("IPM.Note", None)


def test_zone_that_the_calendar_defines_is_used() -> None:
    """An unknown TZID is read from its VTIMEZONE, which starts in 1601 and costs nothing."""
    times = "DTSTART;TZID=Our Zone:20260710T100000\nDTEND;TZID=Our Zone:20260710T110000"
    found = meeting(times, zone=CUSTOM)
    assert found.start == at(2026, 7, 10, 8)
    rule = ZoneRule.from_blob(found.timezone_blob)
    assert rule.to_daylight is not None
    assert (rule.to_daylight.month, rule.to_daylight.week, rule.to_daylight.hour) == (3, 5, 2)


def test_zone_with_a_rule_of_every_second_ends_at_once() -> None:
    """A hostile zone is no more than a zone without daylight saving."""
    zone = CUSTOM.replace("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "RRULE:FREQ=SECONDLY")
    times = "DTSTART;TZID=Our Zone:20260710T100000\nRRULE:FREQ=SECONDLY"
    record = extract(source(times, zone=zone), received_at=0).record
    assert record.meeting is not None
    assert "a recurrence that ActiveSync cannot say" in record.faults


def test_all_day_event_ends_a_day_later() -> None:
    """A date without a time is a whole day in UTC."""
    found = meeting("DTSTART;VALUE=DATE:20260710")
    assert (found.all_day, found.timezone_blob) == (True, UTC_BLOB)
    assert (found.start, found.end) == (at(2026, 7, 10), at(2026, 7, 11))


def test_exception_of_a_series_is_an_instance() -> None:
    """A RECURRENCE-ID makes instance type 3 and stands in the GlobalObjId's date (R20001)."""
    found = meeting(TIMES + "\nRECURRENCE-ID;TZID=Europe/Rome:20260709T100000")
    assert (found.instance_type, found.recurrence_id) == (3, at(2026, 7, 9, 8))
    assert found.global_obj_id[16:20] == bytes((0x07, 0xEA, 7, 9))


def test_calendar_without_its_end_is_read() -> None:
    """Some senders forget END:VCALENDAR."""
    cut = source(TIMES).replace(b"END:VCALENDAR\r\n", b"")
    assert extract(cut, received_at=0).record.meeting is not None


@pytest.mark.parametrize("damage", [b"DTSTART", b"BEGIN:VEVENT", b"BEGIN:VCALENDAR"])
def test_damaged_calendar_is_plain_mail(damage: bytes) -> None:
    """What cannot be read costs the meeting, not the mail."""
    record = extract(source(TIMES).replace(damage, b"X-GONE"), received_at=0).record
    assert record.message_class == "IPM.Note"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"FREQ": ["DAILY"], "COUNT": [5]}, RecurrenceRule(kind=0, occurrences=5)),
        ({"FREQ": ["DAILY"], "BYDAY": ["MO", "FR"]}, {"kind": 1, "day_of_week": 34}),
        ({"FREQ": ["WEEKLY"], "INTERVAL": [2]}, {"kind": 1, "interval": 2, "day_of_week": 4}),
        ({"FREQ": ["MONTHLY"]}, {"kind": 2, "day_of_month": 10}),
        ({"FREQ": ["MONTHLY"], "BYMONTHDAY": [-1]}, {"kind": 3, "week_of_month": 5}),
        ({"FREQ": ["MONTHLY"], "BYDAY": ["2TU"]}, {"kind": 3, "week_of_month": 2}),
        (
            {"FREQ": ["MONTHLY"], "BYDAY": ["MO", "TU", "WE", "TH", "FR"], "BYSETPOS": [-1]},
            {"kind": 3, "week_of_month": 5, "day_of_week": 62},
        ),
        ({"FREQ": ["YEARLY"]}, {"kind": 5, "month_of_year": 3, "day_of_month": 10}),
        (
            {"FREQ": ["YEARLY"], "BYMONTH": [11], "BYDAY": ["-1SU"]},
            {"kind": 6, "month_of_year": 11, "week_of_month": 5, "day_of_week": 1},
        ),
        ({"FREQ": ["HOURLY"]}, None),
        ({"FREQ": ["MONTHLY"], "BYDAY": ["MO"]}, None),
        ({"FREQ": ["MONTHLY"], "BYMONTHDAY": [1, 15]}, None),
        ({"FREQ": ["YEARLY"], "BYWEEKNO": [20]}, None),
        ({"FREQ": ["MONTHLY"], "BYDAY": ["-2MO"]}, None),
        ({}, None),
    ],
)
def test_recurrence_rules(
    rule: dict[str, list[object]], expected: RecurrenceRule | dict[str, int] | None
) -> None:
    """A rule is said in ActiveSync's terms exactly, or not at all."""
    found = to_activesync(rule, datetime(2026, 3, 10, 9, tzinfo=UTC))
    if isinstance(expected, dict):
        assert found is not None
        assert {name: getattr(found, name) for name in expected} == expected
    else:
        assert found == expected


def test_until_as_a_date_means_the_start_time_of_that_day() -> None:
    """UNTIL in days is given the time of the series."""
    rule: dict[str, list[object]] = {"FREQ": ["DAILY"], "UNTIL": [date(2026, 3, 12)]}
    found = to_activesync(rule, datetime(2026, 3, 10, 9, tzinfo=UTC))
    assert found is not None
    assert found.until == at(2026, 3, 12, 9)


@pytest.mark.parametrize(
    "uid",
    [
        "a",
        "u-1@example.com",
        "ümlaut",
        "040000008200E00074C5B7101A82E008",
        (CLASS_ID + bytes(24)).hex().upper(),
    ],
)
def test_global_object_id_gives_its_uid_back(uid: str) -> None:
    """UID to GlobalObjId and back is the identity (MS-ASEMAIL R1009, R26 to R29)."""
    assert to_uid(from_uid(uid)) == uid
    assert to_uid(from_uid(uid, date(2026, 3, 10))) == uid


def test_outlook_uid_is_the_blob_itself() -> None:
    """A UID that is the hex of a blob stays it; the instance date is set inside."""
    blob = CLASS_ID + bytes(20) + (16).to_bytes(4, "little") + bytes(range(16))
    assert from_uid(blob.hex()) == blob
    assert from_uid(blob.hex(), date(2004, 2, 3))[16:20] == b"\x07\xd4\x02\x03"
