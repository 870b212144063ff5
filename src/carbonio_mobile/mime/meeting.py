"""The meeting that a message is about, read from its text/calendar part.

A calendar is taken for a message only where it has a method that asks or answers something; without
one it is a plain file (client-quirks, mail rule 8).

Spec: MS-ASEMAIL 2.2.2.48 (MeetingRequest); RFC 5545, RFC 5546 3.2, RFC 6047; MS-OXCICAL.
"""

from collections.abc import Sequence

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.charsets import decode
from carbonio_mobile.mime.content import clean_text, decoded
from carbonio_mobile.mime.record import MeetingSummary
from carbonio_mobile.mime.structure import Part
from carbonio_mobile.mime.words import clean
from carbonio_mobile.pim.calendars import (
    CalendarObject,
    Lines,
    When,
    first,
    is_true,
    number,
    open_calendar,
    text,
    when_of,
    word,
)
from carbonio_mobile.pim.components import shown
from carbonio_mobile.pim.event import Details
from carbonio_mobile.pim.eventfields import BUSY, FORWARDEE, INTENDED_STATUS, NO_COUNTER
from carbonio_mobile.pim.eventobject import Parts, parts_of
from carbonio_mobile.pim.eventreading import MAX_ATTENDEES, address_of, name_beside
from carbonio_mobile.pim.globalobjid import from_uid
from carbonio_mobile.pim.recurrence import RecurrenceRule, rule_parts, to_activesync
from carbonio_mobile.pim.timezones import UTC_BLOB, blob_at

METHODS = frozenset(("REQUEST", "CANCEL", "REPLY", "COUNTER", "DECLINECOUNTER"))
FORWARDED = "FORWARDED"
"""Stands for the method of a calendar that tells an organiser who else was invited."""
MAX_CALENDAR_BYTES = 1 << 20
MAX_CALENDAR_LINES = 10_000
MAX_CALENDARS = 5

_ORIGINAL = ("X-MS-OLK-ORIGINALSTART", "X-MS-OLK-ORIGINALEND")


def find_meeting(
    source: bytes, parts: Sequence[Part], faults: list[str]
) -> tuple[MeetingSummary | None, str]:
    """Give the meeting of the first calendar that has one, and its description. Never raises."""
    for part in parts[:MAX_CALENDARS]:
        octets = decoded(source, part)
        if b"VEVENT" not in octets.upper():
            continue
        if len(octets) > MAX_CALENDAR_BYTES or octets.count(b"\n") > MAX_CALENDAR_LINES:
            faults.append("a calendar too large to be read")
            continue
        page = clean_text(decode(octets, part.parameters.get("charset", "utf-8"))[0])
        try:
            found = _read(open_calendar(page.encode("utf-8", "replace")), part, faults)
        except Corrupt as exc:
            faults.append(f"a calendar that cannot be read ({exc})")
            continue
        if found is not None:
            return found
    return None, ""


def _read(
    found: CalendarObject, part: Part, faults: list[str]
) -> tuple[MeetingSummary, str] | None:
    said = shown(found.calendar.first("METHOD")) or part.parameters.get("method", "")
    method = said.strip().upper()
    if method not in METHODS | {"PUBLISH"} or not found.calendar.name:
        return None
    parts = parts_of(found)
    if method == "PUBLISH":
        if FORWARDEE not in parts.lines:
            return None
        method = FORWARDED
    summary = _summary(found, parts, method, part)
    if "RRULE" in parts.lines and summary.recurrence is None:
        faults.append("a recurrence that ActiveSync cannot say")
    return summary, parts.details.body.plain


def _summary(found: CalendarObject, parts: Parts, method: str, part: Part) -> MeetingSummary:
    lines, details = parts.lines, parts.details
    rule = _recurrence(lines, parts.begin)
    instance = when_of(first(lines, "RECURRENCE-ID"), found.zones)
    uid = found.uid or f"{details.start:.0f}"
    sequence = number(lines, "SEQUENCE")
    attendees = _people(lines)
    asks = method == "REQUEST"
    stands = _standing(lines, details, method, found)
    return MeetingSummary(
        uid=uid,
        method=method,
        part=part.id,
        start=stands[0],
        end=stands[1],
        all_day=details.all_day,
        timezone_blob=UTC_BLOB if details.all_day else blob_at(parts.begin.zone, parts.begin.aware),
        global_obj_id=from_uid(uid, instance.local.date() if instance else None),
        summary=_one_line(text(lines, "SUMMARY")),
        sequence=sequence,
        location=_one_line(details.place.display_name),
        organizer=_organizer(lines),
        dtstamp=details.dtstamp,
        recurrence=rule,
        recurrence_id=instance.at if instance else None,
        reminder_s=None if details.reminder_min is None else details.reminder_min * 60,
        sensitivity=details.sensitivity,
        # What the organiser means the time to be; until it is accepted it is tentative.
        busy_status=BUSY.get(word(lines, INTENDED_STATUS), details.busy_status),
        response_requested=asks and any(rsvp for _, rsvp, _ in attendees),
        instance_type=3 if instance else int(rule is not None),
        meeting_message_type=(2 if sequence else 1) if asks else 0,
        disallow_new_time_proposal=is_true(lines, NO_COUNTER),
        partstat=attendees[0][2] if attendees and method in ("REPLY", "COUNTER") else "",
        attendees=tuple(address for address, _, _ in attendees),
        proposed=(details.start, details.end) if method == "COUNTER" else None,
        forwardees=_forwardees(lines),
    )


def _standing(
    lines: Lines, details: Details, method: str, found: CalendarObject
) -> tuple[float, float]:
    """Give the times of the meeting; of a COUNTER those that the proposal is to replace."""
    if method != "COUNTER":
        return details.start, details.end
    start, end = (when_of(first(lines, name), found.zones) for name in _ORIGINAL)
    if start is None or end is None:
        return details.start, details.end
    return start.at, end.at


def _forwardees(lines: Lines) -> tuple[tuple[str, str], ...]:
    found = [(address_of(one), one) for one in lines.get(FORWARDEE, ())[:MAX_ATTENDEES]]
    return tuple((address, name_beside(one, address)) for address, one in found if address)


def _one_line(said: str) -> str:
    return clean(" ".join(said.split()))


def _recurrence(lines: Lines, begin: When) -> RecurrenceRule | None:
    rule = first(lines, "RRULE")
    return None if rule is None else to_activesync(rule_parts(rule.value), begin.aware)


def _people(lines: Lines) -> list[tuple[str, bool, str]]:
    """Give who takes part: address, whether an answer is asked for, and the answer."""
    return [
        (address_of(one), one.param("RSVP").upper() == "TRUE", one.param("PARTSTAT").upper())
        for one in lines.get("ATTENDEE", ())[:MAX_ATTENDEES]
    ]


def _organizer(lines: Lines) -> str:
    who = first(lines, "ORGANIZER")
    if who is None:
        return ""
    address = address_of(who)
    return str(Mailbox(_one_line(name_beside(who, address)), address))
