"""``MeetingRequest``: the meeting that an invitation or a cancellation is about.

Spec: MS-ASEMAIL 2.2.2.48 and the sections of its children.
"""

from base64 import b64encode
from dataclasses import replace

from carbonio_mobile.eas.items.calendarrecurrence import IN_MAILS, recurrence_element
from carbonio_mobile.eas.items.place import place_element
from carbonio_mobile.eas.times import format_compact, format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.record import MeetingSummary
from carbonio_mobile.pim.event import Place
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.wbxml.codepages import (
    Calendar,
    ComposeMail,
    Email,
    Email2,
    MeetingResponse,
)
from carbonio_mobile.wbxml.elements import Element

MAX_REMINDER_S = 0xFFFF
"""Reminder is an unsignedShort in the schema: 18 hours."""

_ANSWERED_METHODS = frozenset(("REQUEST", "CANCEL"))
_SINGLE, _MASTER, _INSTANCE, _EXCEPTION, _ORPHAN = range(5)


def shows_meeting(meeting: MeetingSummary | None, version: Version) -> bool:
    """Tell whether the mail carries MeetingRequest: an attendee can act on it (R543).

    From 16.1 on also one that tells the organiser of a proposed time or of a forward (R91100,
    R91120).
    """
    if meeting is None:
        return False
    tells = meeting.proposed is not None or bool(meeting.forwardees)
    return (tells and version >= Version.V16_1) or meeting.method in _ANSWERED_METHODS


def meeting_element(meeting: MeetingSummary, version: Version, *, sent: float) -> Element:
    """Build MeetingRequest in the order of its schema.

    ``sent`` (seconds UTC) stands in for a missing DtStamp, which is required (R401).
    """
    stamp = sent if meeting.dtstamp is None else meeting.dtstamp
    children = [
        Element(Email.AllDayEvent, "1" if meeting.all_day else "0"),
        Element(Email.StartTime, format_datetime(meeting.start)),
        Element(Email.DtStamp, format_datetime(stamp)),
        Element(Email.EndTime, format_datetime(meeting.end)),
        Element(Email.InstanceType, str(_instance_type(meeting, version))),
        _location(meeting.location, version),
        Element(Email.Organizer, meeting.organizer) if meeting.organizer else None,
        _recurrence_id(meeting, version),
        _reminder(meeting.reminder_s),
        Element(Email.ResponseRequested, "1" if meeting.response_requested else "0"),
        _recurrences(meeting.recurrence, version),
        Element(Email.Sensitivity, str(meeting.sensitivity)),
        Element(Email.BusyStatus, str(_busy_status(meeting.busy_status, version))),
        Element(Email.TimeZone, meeting.timezone_blob),
        *_identity(meeting, version),
    ]
    return Element(Email.MeetingRequest, children)


def _instance_type(meeting: MeetingSummary, version: Version) -> int:
    """Orphans exist from 16.0 on (R1258); before, they are exceptions."""
    if meeting.instance_type == _ORPHAN and version < Version.V16_0:
        return _EXCEPTION
    return meeting.instance_type


def _busy_status(busy_status: int, version: Version) -> int:
    """4, working elsewhere, exists from 16.0 on (R1154); it was shown as free before."""
    return 0 if busy_status == 4 and version < Version.V16_0 else busy_status


def _location(place: str, version: Version) -> Element | None:
    """R13001: text up to 14.1, a container from 16.0 on."""
    return place_element(Place(display_name=place), version, Email.Location) if place else None


def _recurrence_id(meeting: MeetingSummary, version: Version) -> Element | None:
    """R935, R936: for a single instance of a series only; from 16.0 on for orphans too (R1355)."""
    shown = _instance_type(meeting, version) in (_INSTANCE, _EXCEPTION, _ORPHAN)
    if meeting.recurrence_id is None or not shown:
        return None
    return Element(Email.RecurrenceId, format_datetime(meeting.recurrence_id))


def _reminder(seconds: int | None) -> Element | None:
    if seconds is None or seconds < 0:
        return None
    return Element(Email.Reminder, str(min(seconds, MAX_REMINDER_S)))


def _recurrences(rule: RecurrenceRule | None, version: Version) -> Element | None:
    if rule is None:
        return None
    # R291: it is required, and what a calendar from elsewhere means by none is the Gregorian one.
    gregorian = replace(rule, calendar_type=rule.calendar_type or 1)
    return Element(Email.Recurrences, [recurrence_element(gregorian, version, IN_MAILS)])


def _identity(meeting: MeetingSummary, version: Version) -> list[Element]:
    """Give the end of the sequence: GlobalObjId up to 14.1, the UID from 16.0 on (R1253)."""
    elements: list[Element] = []
    if version < Version.V16_0:
        text = b64encode(meeting.global_obj_id).decode("ascii")
        elements.append(Element(Email.GlobalObjId, text))
    if version >= Version.V14_0:
        refused = "1" if meeting.disallow_new_time_proposal else "0"
        elements.append(Element(Email.DisallowNewTimeProposal, refused))
    if version >= Version.V14_1:
        elements.append(Element(Email2.MeetingMessageType, str(meeting.meeting_message_type)))
    if version >= Version.V16_0:
        elements.append(Element(Calendar.UID, meeting.uid))
    if version >= Version.V16_1:
        elements += _news(meeting)
    return elements


def _news(meeting: MeetingSummary) -> list[Element]:
    """Say which time an attendee proposes, both ends of it (MS-ASCMD R69901704), and who else was
    invited.
    """
    elements: list[Element] = []
    if meeting.proposed is not None:
        start, end = (format_compact(at) for at in meeting.proposed)
        elements.append(Element(MeetingResponse.ProposedStartTime, start))
        elements.append(Element(MeetingResponse.ProposedEndTime, end))
    if meeting.forwardees:
        people = [_forwardee(address, name) for address, name in meeting.forwardees]
        elements.append(Element(ComposeMail.Forwardees, people))
    return elements


def _forwardee(address: str, name: str) -> Element:
    shown = Element(ComposeMail.Name, name) if name else None
    return Element(ComposeMail.Forwardee, [shown, Element(ComposeMail.Email, address)])
