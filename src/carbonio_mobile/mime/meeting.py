"""The meeting that a message is about, read from its text/calendar part.

A calendar is taken for a message only where it has a method that asks or answers something; without
one it is a plain file (client-quirks, mail rule 8).

Spec: MS-ASEMAIL 2.2.2.48 (MeetingRequest); RFC 5545, RFC 5546 3.2, RFC 6047; MS-OXCICAL.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from icalendar import Calendar
from icalendar.cal.component import Component

from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.charsets import decode
from carbonio_mobile.mime.content import clean_text, decoded
from carbonio_mobile.mime.globalobjid import from_uid
from carbonio_mobile.mime.record import MeetingSummary, RecurrenceRule
from carbonio_mobile.mime.recurrence import to_activesync
from carbonio_mobile.mime.structure import Part
from carbonio_mobile.mime.timezones import RuleZone, ZoneRule, blob_at, zone_named
from carbonio_mobile.mime.words import clean
from carbonio_mobile.mime.zones import take_zones

METHODS = frozenset(("REQUEST", "CANCEL", "REPLY", "COUNTER"))
MAX_CALENDAR_BYTES = 1 << 20
MAX_CALENDAR_LINES = 10_000
MAX_CALENDARS = 5
MAX_ATTENDEES = 1000
MAX_TEXT_CHARS = 1000
MAX_UID_CHARS = 300
MAX_REMINDER_S = 31_536_000

_BUSY = {"FREE": 0, "TENTATIVE": 1, "BUSY": 2, "OOF": 3, "WORKINGELSEWHERE": 4}
_SENSITIVITY = {"PUBLIC": 0, "X-PERSONAL": 1, "PRIVATE": 2, "CONFIDENTIAL": 3}
# "/mozilla.org/20050126_1/Europe/Rome" means Europe/Rome; icalendar knows, but warns on stderr.
_VENDOR_ZONE = re.compile(
    r'(TZID[=:]"?)/[\w./-]*?(?=(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe'
    r"|Indian|Pacific)/)"
)
# What icalendar raises on calendars of the world (of 928: 60 ValueError, 2 AttributeError).
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)


class _Zones:
    """The zones of one calendar: those it defines, and one for the times that name none."""

    def __init__(self, floating: tzinfo, rules: Mapping[str, ZoneRule]) -> None:
        self.floating = floating
        self._rules = rules

    def named(self, tzid: str) -> tzinfo:
        known = zone_named(tzid)
        if known is not None:
            return known
        rule = self._rules.get(tzid)
        return self.floating if rule is None else RuleZone(rule)


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
        text = clean_text(decode(octets, part.parameters.get("charset", "utf-8"))[0])
        try:
            found = _read(_VENDOR_ZONE.sub(r"\1", text), part, faults)
        except _UNREADABLE as exc:
            faults.append(f"a calendar that cannot be read ({type(exc).__name__})")
            continue
        if found is not None:
            return found
    return None, ""


def _read(text: str, part: Part, faults: list[str]) -> tuple[MeetingSummary, str] | None:
    rules, text = take_zones(text)
    calendar = _calendar(text)
    if calendar is None:
        return None
    said = _text(calendar, "METHOD") or part.parameters.get("method", "")
    method = said.strip().upper()
    events = [one for one in calendar.walk("VEVENT") if "DTSTART" in one]
    if method not in METHODS or not events:
        return None
    # The series comes before its exceptions, wherever it stands.
    event = next((one for one in events if "RECURRENCE-ID" not in one), events[0])
    zones = _Zones(zone_named(_text(calendar, "X-WR-TIMEZONE")) or UTC, rules)
    summary = _summary(event, method, part, zones)
    if "RRULE" in event and summary.recurrence is None:
        faults.append("a recurrence that ActiveSync cannot say")
    description = clean_text(_text(event, "DESCRIPTION", limit=1 << 18))
    return summary, description


def _calendar(text: str) -> Component | None:
    """Give the first calendar with an event; some senders forget to close it, some send several."""
    if "BEGIN:VCALENDAR" in text and "END:VCALENDAR" not in text:
        text += "\nEND:VCALENDAR\n"
    for one in Calendar.from_ical(text, multiple=True):
        if one.name == "VCALENDAR" and one.walk("VEVENT"):
            return one
    return None


def _summary(event: Component, method: str, part: Part, zones: "_Zones") -> MeetingSummary:
    start = _moment(event, "DTSTART", zones)
    end = _end(event, start, zones)
    rule = _recurrence(event, start)
    instance = _instance(event, zones)
    uid = _text(event, "UID", limit=MAX_UID_CHARS) or f"{start.timestamp():.0f}"
    attendees = _people(event, "ATTENDEE")
    asks = method == "REQUEST"
    return MeetingSummary(
        uid=uid,
        method=method,
        part=part.id,
        start=start.timestamp(),
        end=end.timestamp(),
        all_day=_all_day(event),
        timezone_blob=blob_at(start.tzinfo, start),
        global_obj_id=from_uid(uid, instance.date() if instance else None),
        summary=_text(event, "SUMMARY"),
        sequence=_integer(event, "SEQUENCE"),
        location=_text(event, "LOCATION"),
        organizer=_organizer(event),
        dtstamp=_stamp(event),
        recurrence=rule,
        recurrence_id=instance.timestamp() if instance else None,
        reminder_s=_reminder(event),
        sensitivity=_SENSITIVITY.get(_text(event, "CLASS").upper(), 0),
        busy_status=_busy(event),
        response_requested=asks and any(rsvp for _, rsvp, _ in attendees),
        instance_type=3 if instance else int(rule is not None),
        meeting_message_type=(2 if _integer(event, "SEQUENCE") else 1) if asks else 0,
        disallow_new_time_proposal=_true(event, "X-MICROSOFT-DISALLOW-COUNTER"),
        partstat=attendees[0][2] if attendees and method in ("REPLY", "COUNTER") else "",
        attendees=tuple(address for address, _, _ in attendees),
    )


def _one(event: Component, name: str) -> object:
    """Give a property, the first where a broken calendar repeats it, or None."""
    value = event.get(name)
    return value[0] if isinstance(value, list) and value else value


def _text(event: Component, name: str, limit: int = MAX_TEXT_CHARS) -> str:
    value = _one(event, name)
    if value is None:
        return ""
    text = str(value)[:limit]
    return text if name == "DESCRIPTION" else clean(" ".join(text.split()))


def _integer(event: Component, name: str) -> int:
    text = _text(event, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _true(event: Component, name: str) -> bool:
    return _text(event, name).upper() == "TRUE"


def _value(event: Component, name: str) -> object:
    """Give the date, time or duration of a property; None where it is missing or nonsense."""
    try:
        return getattr(_one(event, name), "dt", None)
    except _UNREADABLE:
        return None


def _moment(event: Component, name: str, zones: "_Zones") -> datetime:
    """Give a date or time as an aware time; floating ones are read in the calendar's zone."""
    value = _value(event, name)
    if not isinstance(value, date):
        raise ValueError(f"{name} holds no time")
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=zones.floating)
    if value.tzinfo is None:
        tzid = str(getattr(_one(event, name), "params", {}).get("TZID", ""))
        return value.replace(tzinfo=zones.named(tzid))
    return value


def _end(event: Component, start: datetime, zones: "_Zones") -> datetime:
    if isinstance(_value(event, "DTEND"), date):
        return max(start, _moment(event, "DTEND", zones))
    duration = _value(event, "DURATION")
    if isinstance(duration, timedelta):
        return max(start, start + duration)
    return start + timedelta(days=1) if _all_day(event) else start


def _all_day(event: Component) -> bool:
    dated = not isinstance(_value(event, "DTSTART"), datetime)
    return dated or _true(event, "X-MICROSOFT-CDO-ALLDAYEVENT")


def _instance(event: Component, zones: "_Zones") -> datetime | None:
    return _moment(event, "RECURRENCE-ID", zones) if "RECURRENCE-ID" in event else None


def _stamp(event: Component) -> float | None:
    stamp = _value(event, "DTSTAMP")
    return (
        _moment(event, "DTSTAMP", _Zones(UTC, {})).timestamp() if isinstance(stamp, date) else None
    )


def _recurrence(event: Component, start: datetime) -> RecurrenceRule | None:
    rule = _one(event, "RRULE")
    return to_activesync(rule, start) if isinstance(rule, dict) else None


def _reminder(event: Component) -> int | None:
    """Give the seconds before the start at which the first alarm rings."""
    for alarm in event.walk("VALARM"):
        trigger = _value(alarm, "TRIGGER")
        if isinstance(trigger, timedelta) and trigger <= timedelta():
            return min(int(-trigger.total_seconds()), MAX_REMINDER_S)
    return None


def _busy(event: Component) -> int:
    for name in ("X-MICROSOFT-CDO-INTENDEDSTATUS", "X-MICROSOFT-CDO-BUSYSTATUS"):
        said = _BUSY.get(_text(event, name).upper())
        if said is not None:
            return said
    if _text(event, "TRANSP").upper() == "TRANSPARENT":
        return 0
    return 1 if _text(event, "STATUS").upper() == "TENTATIVE" else 2


def _people(event: Component, name: str) -> list[tuple[str, bool, str]]:
    """Give who takes part: address, whether an answer is asked for, and the answer."""
    found = event.get(name, [])
    people = []
    for one in (found if isinstance(found, list) else [found])[:MAX_ATTENDEES]:
        parameters = getattr(one, "params", {})
        rsvp = str(parameters.get("RSVP", "")).upper() == "TRUE"
        answer = str(parameters.get("PARTSTAT", "")).upper()
        people.append((_address(str(one)), rsvp, answer))
    return people


def _organizer(event: Component) -> str:
    who = _one(event, "ORGANIZER")
    if who is None:
        return ""
    name = clean(str(getattr(who, "params", {}).get("CN", "")))[:MAX_TEXT_CHARS].strip("\"' ")
    address = _address(str(who))
    return str(Mailbox("" if name == address else name, address))


def _address(uri: str) -> str:
    bare = uri[7:] if uri[:7].lower() == "mailto:" else uri
    return clean("".join(bare.split()))[:320]
