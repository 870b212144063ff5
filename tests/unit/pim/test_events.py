"""Events as text: what senders of the world say, and how it is said in ActiveSync's terms."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from carbonio_mobile.errors import Corrupt, NotFound
from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.event import (
    Attendee,
    Details,
    Event,
    EventAttachment,
    Occurrence,
    Place,
)
from carbonio_mobile.pim.eventinstances import MAX_EXCEPTIONS
from carbonio_mobile.pim.events import read_event, read_part, write_event
from carbonio_mobile.pim.occurrences import occurrences, occurs_at
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.timezones import UTC_BLOB, ZoneRule

NOW = 1_790_000_000.0
DAY_S = 86_400.0
CUSTOM = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
ROME = "DTSTART;TZID=Europe/Rome:20260710T100000\nDTEND;TZID=Europe/Rome:20260710T110000\n"
MIDNIGHTS = ROME.replace("T10", "T00").replace("0710T11", "0712T00")


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


def calendar(*bodies: str, head: str = "") -> bytes:
    events = "".join(f"BEGIN:VEVENT\nUID:u1\n{body.strip()}\nEND:VEVENT\n" for body in bodies)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{events}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def event(*bodies: str, head: str = "") -> Event:
    return read_event(calendar(*bodies, head=head))


def starts(found: Event, count: int = 10) -> list[float]:
    shown = occurrences(found, -1e10, 1e11, limit=count)
    return [one.start for one in shown]


@pytest.mark.parametrize(
    ("times", "start", "end", "tzid"),
    [
        (ROME, at(2026, 7, 10, 8), at(2026, 7, 10, 9), "Europe/Rome"),
        ("DTSTART:20260710T100000Z\nDURATION:PT90M", at(2026, 7, 10, 10), 5400, "UTC"),
        ("DTSTART:20260710T100000", at(2026, 7, 10, 8), 0, "Europe/Rome"),
        ("DTSTART;TZID=W. Europe Standard Time:20260710T100000", at(2026, 7, 10, 8), 0, "Europe/B"),
        ('DTSTART;TZID="/x.org/1/Asia/Tokyo":20260710T100000', at(2026, 7, 10, 1), 0, "Asia/Tokyo"),
        ("DTSTART;TZID=Customized Time Zone:20260710T100000", at(2026, 7, 10, 14), 0, "America/N"),
        ("DTSTART;TZID=Never Heard Of:20260710T100000", at(2026, 7, 10, 14), 0, "America/N"),
        ("DTSTART:20260710T100000Z\nDTEND:20260709T100000Z", at(2026, 7, 10, 10), 0, "UTC"),
        ("DTSTART:20260710T100000Z\nDURATION:-PT1H", at(2026, 7, 10, 10), 0, "UTC"),
        ("DTSTART:20260710T100000Z\nDURATION:nonsense", at(2026, 7, 10, 10), 0, "UTC"),
        ("DTSTART;TZID=Europe/Rome:20260328T120000\nDURATION:P1D", at(2026, 3, 28, 11), 82800, "E"),
    ],
)
def test_times_and_zones(times: str, start: float, end: float, tzid: str) -> None:
    """Times are read in the zone they mean; a zone by its rules where its name says nothing.

    MS-ASDTYPE_R135, R56: the UTC of the first occurrence and the zone's offsets are kept.
    """
    found = event(times, head=f"X-WR-TIMEZONE:Europe/Rome\n{CUSTOM}")
    assert found.details.start == start
    assert found.details.end == (end if end > 1e6 else start + end)
    assert found.tzid.startswith(tzid)
    assert not found.details.all_day
    assert ZoneRule.from_blob(found.zone_blob)


@pytest.mark.parametrize(
    ("times", "days"),
    [
        ("DTSTART;VALUE=DATE:20260710", 1),
        ("DTSTART;VALUE=DATE:20260710\nDTEND;VALUE=DATE:20260710", 1),
        ("DTSTART;VALUE=DATE:20260710\nDTEND;VALUE=DATE:20260713", 3),
        ("DTSTART;VALUE=DATE:20260710\nDURATION:P2D", 2),
        ("DTSTART:20260710\nDTEND:20260711", 1),
        (MIDNIGHTS + "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE", 2),
        ("DTSTART:20260709T220000Z\nDTEND:20260710T220000Z\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE", 1),
    ],
)  # fmt: skip
def test_days(times: str, days: int) -> None:
    """A date is the midnight UTC of its day in every zone; Outlook's midnights are dates too."""
    found = event(times, head="X-WR-TIMEZONE:Europe/Rome\n")
    assert (found.details.all_day, found.tzid, found.zone_blob) == (True, "", "")
    assert found.details.start == at(2026, 7, 10)
    assert found.details.end == at(2026, 7, 10) + days * DAY_S


@pytest.mark.parametrize(
    ("lines", "field", "value"),
    [
        ("SUMMARY:a\\, b\\nc", "subject", "a, b\nc"),
        ("CLASS:X-PERSONAL", "sensitivity", 1),
        ("CLASS:CONFIDENTIAL", "sensitivity", 3),
        ("TRANSP:TRANSPARENT", "busy_status", 0),
        ("STATUS:TENTATIVE", "busy_status", 1),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "busy_status", 3),
        ("X-MICROSOFT-CDO-INTENDEDSTATUS:WORKINGELSEWHERE", "busy_status", 4),
        ("STATUS:CANCELLED", "is_cancelled", True),
        ("CATEGORIES:a,b\\,c\nCATEGORIES:d,a", "categories", ("a", "b,c", "d")),
        ("LOCATION:Room", "place", Place(display_name="Room")),
        ("GEO:1.5;-2", "place", Place(latitude="1.5", longitude="-2")),
        (
            'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="Via 1";X-TITLE=Bar:geo:1.5,2.5',
            "place",
            Place(display_name="Bar", street="Via 1", latitude="1.5", longitude="2.5"),
        ),
        ("X-ALT-DESC;FMTTYPE=text/html:a<br>b", "body", Text(plain="a\nb", html="a<br>b")),
        ("DESCRIPTION;ENCODING=QUOTED-PRINTABLE:a=C3=A4=\n b", "body", Text(plain="aä b")),
        ("X-GOOGLE-CONFERENCE:https://meet.example/x", "online_external_link", "https://meet.example/x"),
        ("X-MICROSOFT-SKYPETEAMSMEETINGURL:https://t", "online_external_link", "https://t"),
        ("BEGIN:VALARM\nACTION:EMAIL\nTRIGGER:-PT5M\nEND:VALARM", "reminder_min", None),
        ("BEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-P1DT1H\nEND:VALARM", "reminder_min", 1500),
        ("BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:PT5M\nEND:VALARM", "reminder_min", None),
        (
            "BEGIN:VALARM\nTRIGGER;VALUE=DATE-TIME:20260710T073000Z\nEND:VALARM",
            "reminder_min",
            30,
        ),
        (
            "ATTENDEE;CN=\"B, Ann\";PARTSTAT=ACCEPTED;ROLE=OPT-PARTICIPANT:MAILTO:Ann@x.y",
            "attendees",
            (Attendee(address="Ann@x.y", name="B, Ann", status=3, kind=2),),
        ),
        (
            "ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION:mailto:r@x.y\nATTENDEE:mailto:R@x.y",
            "attendees",
            (Attendee(address="r@x.y", status=5, kind=3),),
        ),
    ],
)  # fmt: skip
def test_what_an_event_says(lines: str, field: str, value: object) -> None:
    """Each property is read for what ActiveSync calls it.

    MS-ASCAL_R573, R574, R575 (AttendeeType), R123.
    """
    said = getattr(event(ROME + lines).details, field)
    if isinstance(value, Text):
        assert (said.plain, said.html) == (value.plain, value.html)
    else:
        assert said == value


def test_what_the_whole_says() -> None:
    """Organiser, answers asked for, our own properties."""
    found = event(
        ROME + "SEQUENCE:3\nORGANIZER;CN='Ann':mailto:a@x.y\nATTENDEE;RSVP=TRUE:mailto:b@x.y\n"
        "X-MICROSOFT-DISALLOW-COUNTER:TRUE\nX-CARBONIO-MOBILE-RESPONSE:3\n"
        "X-MICROSOFT-CDO-REPLYTIME:20260701T000000Z\nX-CARBONIO-MOBILE-CLIENT-UID:c1"
    )
    assert (found.organizer_name, found.organizer_address) == ("Ann", "a@x.y")
    assert (found.sequence, found.response, found.client_uid) == (3, 3, "c1")
    assert found.replied_at == at(2026, 7, 1)
    assert found.response_requested
    assert found.disallow_new_time_proposal
    assert found.is_meeting


SERIES = ROME + "RRULE:FREQ=WEEKLY;COUNT=4\nSUMMARY:s\n"
OVERRIDE = (
    "RECURRENCE-ID;TZID=Europe/Rome:20260717T100000\n"
    "DTSTART;TZID=Europe/Rome:20260718T100000\nDTEND;TZID=Europe/Rome:20260718T120000\nSUMMARY:o"
)


def test_exceptions_of_a_series() -> None:
    """EXDATE takes out, RECURRENCE-ID changes (MS-ASCAL_R52523: weekly has FirstDayOfWeek)."""
    found = event(SERIES + "EXDATE;TZID=Europe/Rome:20260724T100000", OVERRIDE)
    assert found.recurrence is not None
    assert (found.recurrence.kind, found.recurrence.first_day_of_week) == (1, 1)
    changed, gone = found.exceptions
    assert (changed.original, gone.original) == (at(2026, 7, 17, 8), at(2026, 7, 24, 8))
    assert gone.details is None
    assert changed.details is not None
    assert (changed.details.subject, changed.details.end) == ("o", at(2026, 7, 18, 10))
    assert [one.details.subject for one in occurrences(found, 0, 1e11, limit=9)] == ["s", "o", "s"]
    assert occurs_at(found, at(2026, 7, 31, 8))
    assert not occurs_at(found, at(2026, 7, 31, 9))


def test_dates_name_occurrences_of_a_series_of_times() -> None:
    """EXDATE and RECURRENCE-ID as dates mean the occurrence of that date."""
    dated = OVERRIDE.replace(";TZID=Europe/Rome:20260717T100000", ";VALUE=DATE:20260717")
    found = event(SERIES + "EXDATE;VALUE=DATE:20260724", dated)
    assert [one.original for one in found.exceptions] == [at(2026, 7, 17, 8), at(2026, 7, 24, 8)]


def test_change_of_all_that_follows() -> None:
    """THISANDFUTURE changes each later occurrence by the same."""
    found = event(SERIES, OVERRIDE.replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;"))
    assert starts(found) == [at(2026, 7, day, 8) for day in (10, 18, 25)] + [at(2026, 8, 1, 8)]
    assert {one.details.subject for one in found.exceptions if one.details} == {"o"}


def test_one_more_change_ends_a_change_of_all_that_follows() -> None:
    """What followed is written out, so that nothing of it is lost."""
    source = calendar(
        SERIES, OVERRIDE.replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;")
    )
    found = read_event(source)
    wanted = replace(
        found,
        exceptions=(*found.exceptions[:-1], Occurrence(original=found.exceptions[-1].original)),
    )
    again = read_event(write_event(source, wanted, now=NOW))
    assert starts(again) == starts(wanted) == [at(2026, 7, day, 8) for day in (10, 18, 25)]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=10,20;COUNT=3", ["0710", "0720", "0810"]),
        ("RDATE;TZID=Europe/Rome:20260712T100000,20260715T100000", ["0710", "0712", "0715"]),
        ("RRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=WEEKLY;COUNT=2", ["0710", "0711", "0717"]),
        ("RRULE:FREQ=DAILY;COUNT=4\nEXRULE:FREQ=DAILY;INTERVAL=3", ["0711", "0712"]),
        ("RRULE:FREQ=YEARLY;BYYEARDAY=200;COUNT=2", ["0710", "0719", "0719"]),
        ("RRULE:FREQ=DAILY;INTERVAL=1000;COUNT=2", ["0710", "0405"]),
    ],
)
def test_series_beyond_activesync_are_shown_one_by_one(rule: str, days: list[str]) -> None:
    """Every occurrence is there as one of a daily series, and the whole cannot be changed."""
    found = event(ROME + rule)
    assert found.is_read_only
    assert found.recurrence is not None
    assert (found.recurrence.kind, found.recurrence.occurrences) == (0, len(days))
    assert [datetime.fromtimestamp(one, UTC).strftime("%m%d") for one in starts(found)] == days
    assert "a recurrence that ActiveSync cannot say; its occurrences are shown" in found.faults


def test_read_only_series_keeps_its_rule() -> None:
    """A change of another property leaves rule and times of a read-only series alone."""
    source = calendar(ROME + "RRULE:FREQ=MONTHLY;BYMONTHDAY=15,20;COUNT=3\nSUMMARY:s")
    found = read_event(source)
    moved = replace(found.details, subject="t", start=0.0, end=1.0)
    written = write_event(source, replace(found, details=moved, recurrence=None), now=NOW)
    assert b"RRULE:FREQ=MONTHLY;BYMONTHDAY=15,20;COUNT=3\r\nSUMMARY:t\r\n" in written
    assert starts(read_event(written)) == starts(found)


@pytest.mark.parametrize(
    ("rule", "last"),
    [("COUNT=2000", "20311230"), ("COUNT=99999999999", "none"), ("COUNT=10;INTERVAL=0", "10")],
)
def test_counts_beyond_activesync(rule: str, last: str) -> None:
    """A count above 999 becomes the end that it means, or none (MS-ASCAL_R345, R341)."""
    found = event(f"DTSTART:20260710T100000Z\nRRULE:FREQ=DAILY;{rule}").recurrence
    assert found is not None
    if last == "10":
        assert (found.occurrences, found.interval) == (10, 1)
    elif last == "none":
        assert (found.occurrences, found.until) == (0, None)
    else:
        assert found.until is not None
        assert datetime.fromtimestamp(found.until, UTC).strftime("%Y%m%d") == last


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=SECONDLY;COUNT=1000000000", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
     "FREQ=MINUTELY;INTERVAL=7;BYHOUR=25", "FREQ=YEARLY;BYEASTER=0", "FREQ=X"],
)  # fmt: skip
def test_hostile_rules_are_bounded(rule: str) -> None:
    """No rule shows more than 256 occurrences (MS-ASCAL_R243)."""
    found = event(ROME + f"RRULE:{rule}")
    assert 1 <= len(starts(found, 1000)) <= MAX_EXCEPTIONS
    assert len(found.exceptions) <= MAX_EXCEPTIONS


def test_too_many_exceptions_are_bounded() -> None:
    """Of more than 256 exceptions the last are read, and a patch keeps the others."""
    dates = ",".join(f"2026{n // 28 % 12 + 1:02d}{n % 28 + 1:02d}T080000Z" for n in range(300))
    source = calendar(f"DTSTART:20260101T080000Z\nRRULE:FREQ=DAILY\nEXDATE:{dates}")
    found = read_event(source)
    assert len(found.exceptions) == MAX_EXCEPTIONS
    assert "300 exceptions; the last 256 were read" in found.faults
    changed = replace(found, details=replace(found.details, subject="t"))
    assert b"SUMMARY:t" in write_event(source, changed, now=NOW)
    assert read_event(write_event(source, changed, now=NOW)).exceptions == found.exceptions


def test_orphan() -> None:
    """A changed occurrence alone says of which start it is."""
    source = calendar(OVERRIDE)
    found = read_event(source)
    assert found.recurrence_id == at(2026, 7, 17, 8)
    assert (found.details.start, found.recurrence, found.exceptions) == (
        at(2026, 7, 18, 8),
        None,
        (),
    )
    assert starts(found) == [found.details.start]
    again = read_event(write_event(None, replace(found, faults=()), now=NOW))
    assert again.recurrence_id == found.recurrence_id
    whole = replace(found, recurrence_id=None, details=replace(found.details, subject="all"))
    assert b"RECURRENCE-ID" not in write_event(source, whole, now=NOW)


def test_several_orphans_are_shown_together() -> None:
    """Two occurrences of a series that is not here are shown as two that cannot be changed."""
    found = event(
        OVERRIDE, OVERRIDE.replace("20260717", "20260724").replace("20260718", "20260725")
    )
    assert found.is_read_only
    assert starts(found) == [at(2026, 7, 18, 8), at(2026, 7, 25, 8)]


def test_exceptions_that_come_and_go() -> None:
    """Taking out writes EXDATE, bringing back removes it, and a change its component."""
    source = calendar(
        SERIES + "X-KEPT:1\nEXDATE;TZID=Europe/Rome:20260724T100000,20260731T100000", OVERRIDE
    )
    found = read_event(source)
    assert len(found.exceptions) == 3
    again = write_event(source, replace(found, exceptions=found.exceptions[1:2]), now=NOW)
    assert b"EXDATE;TZID=Europe/Rome:20260724T100000\r\n" in again
    assert b"RECURRENCE-ID" not in again
    assert starts(read_event(again)) == [at(2026, 7, d, 8) for d in (10, 17, 31)]
    none = write_event(again, replace(read_event(again), exceptions=()), now=NOW)
    assert b"EXDATE" not in none
    details = replace(found.details, start=at(2026, 7, 25, 8), end=at(2026, 7, 25, 9), subject="n")
    added = replace(found, exceptions=(Occurrence(original=at(2026, 7, 24, 8), details=details),))
    written = write_event(none, added, now=NOW)
    assert written.count(b"X-KEPT:1") == 2
    assert read_event(written).exceptions == added.exceptions


def test_single_event_of_a_series() -> None:
    """Without a recurrence nothing of a series stays (MS-ASCAL_R2180001)."""
    source = calendar(SERIES + "EXDATE;TZID=Europe/Rome:20260724T100000", OVERRIDE)
    single = replace(read_event(source), recurrence=None, exceptions=())
    written = write_event(source, single, now=NOW)
    assert not any(name in written for name in (b"RRULE", b"EXDATE", b"RECURRENCE-ID"))


def test_times_keep_their_form() -> None:
    """A moved event stays in the zone, under the name, that it was in."""
    head = CUSTOM.replace("Customized Time Zone", "Our Zone")
    times = "DTSTART;TZID=Our Zone:20260710T100000\nDURATION:PT1H\nSUMMARY:s"
    source = calendar(times, head=head)
    found = read_event(source)
    later = replace(found.details, start=found.details.start + 3600, end=found.details.end + 3600)
    written = write_event(source, replace(found, details=later), now=NOW)
    assert b"DTSTART;TZID=Our Zone:20260710T110000\r\n" in written
    assert b"DTEND;TZID=Our Zone:20260710T120000\r\n" in written
    assert b"DURATION" not in written
    floating = calendar("DTSTART:20260710T100000\nDTEND:20260710T110000")
    found = read_event(floating)
    written = write_event(
        floating,
        replace(found, details=replace(found.details, start=found.details.start + 60)),
        now=NOW,
    )
    assert b"DTSTART:20260710T100100\r\n" in written


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_patch_keeps_octets(line_end: str) -> None:
    """Folds, cases, order and line ends of what did not change stay."""
    source = (
        "BEGIN:VCALENDAR\nversion:2.0\nX-A;b=c:very\n  folded\nBEGIN:VEVENT\nUID:u1\n"
        "dtstart:20260710T100000Z\nSUMMARY:s\nX-ODD line without colon\nATTACH:cid:x\n"
        "END:VEVENT\nBEGIN:VTODO\nUID:t\nEND:VTODO\nEND:VCALENDAR\n"
    ).replace("\n", line_end)
    found = read_event(source.encode())
    changed = replace(found, details=replace(found.details, subject="t"))
    written = write_event(source.encode(), changed, now=NOW).decode()
    assert written == source.replace("SUMMARY:s", "SUMMARY:t").replace(
        "ATTACH:cid:x", f"ATTACH:cid:x{line_end}LAST-MODIFIED:20260921T141320Z"
    )


def test_place_of_another_client() -> None:
    """A LOCATION that another client wrote later goes before the place that we keep."""
    place = Place(display_name="Bar", street="Via 1")
    source = write_event(None, made(place=place), now=NOW)
    assert read_event(source).details.place == place
    moved = source.replace(b"LOCATION:Bar", b"LOCATION:Inn")
    assert read_event(moved).details.place == Place(display_name="Inn")


def test_attachments() -> None:
    """Files in the calendar are shown and read; links survive and are not shown."""
    content = b64encode(b"octets").decode()
    source = calendar(
        ROME + "ATTACH:https://x.y/z\n"
        f"ATTACH;VALUE=BINARY;ENCODING=BASE64;FMTTYPE=text/plain;X-FILENAME=a.txt:{content}"
    )
    found = read_event(source)
    (one,) = found.details.attachments
    assert (one.part, one.name, one.content_type, one.size_bytes) == ("1", "a.txt", "text/plain", 6)
    assert read_part(source, PartId("1")) == ("text/plain", b"octets")
    with pytest.raises(NotFound):
        read_part(source, PartId("2"))
    new = EventAttachment(part=PartId("new"), name="b", content_type="x/y", size_bytes=3)
    details = replace(found.details, attachments=(new,))
    written = write_event(
        source, replace(found, details=details), now=NOW, attachments={PartId("new"): b"abc"}
    )
    assert b"ATTACH:https://x.y/z" in written
    assert read_part(written, PartId("1")) == ("x/y", b"abc")


def test_large_calendars() -> None:
    """A mebibyte of text is refused, more of attachments is not; people and alarms are bounded."""
    with pytest.raises(Corrupt):
        event(ROME + "DESCRIPTION:" + "x" * (1 << 20))
    big = b64encode(bytes(2 << 20)).decode()
    assert event(ROME + f"ATTACH;ENCODING=BASE64;VALUE=BINARY:{big}").details.attachments
    crowd = "\n".join(f"ATTENDEE:mailto:p{n}@x.y" for n in range(1200))
    assert len(event(ROME + crowd).details.attendees) == 1000


@pytest.mark.parametrize(
    "source",
    [b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR", b"BEGIN:VCARD\nEND:VCARD", b"\xff\xfe\x00",
     b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR", b"\x00" * 99],
)  # fmt: skip
def test_what_is_no_event(source: bytes) -> None:
    """Octets without an event that starts are Corrupt, to read and to write."""
    with pytest.raises(Corrupt):
        read_event(source)
    with pytest.raises(Corrupt):
        write_event(source, made(), now=NOW)


def made(**fields: object) -> Event:
    details = Details(start=at(2026, 7, 10, 8), end=at(2026, 7, 10, 9), **fields)  # type: ignore[arg-type]
    return Event(uid="u1", details=details, tzid="Europe/Rome")


@pytest.mark.parametrize(
    ("blob", "line"),
    [
        (UTC_BLOB, b"DTSTART:20260710T080000Z"),
        (ZoneRule(bias_min=-540).to_blob(), b"DTSTART;TZID=Asia/Tokyo:20260710T170000"),
        (ZoneRule(bias_min=-77).to_blob(), b"DTSTART;TZID=Customized Time Zone:20260710T091700"),
        ("nonsense", b"DTSTART:20260710T080000Z"),
    ],
)
def test_zone_of_a_device(blob: str, line: bytes) -> None:
    """A device's zone is written under its name, or with its rules (MS-ASDTYPE_R135)."""
    written = write_event(None, replace(made(), tzid="", zone_blob=blob), now=NOW)
    assert line in written
    assert (b"BEGIN:VTIMEZONE" in written) == (b"TZID=" in line)
