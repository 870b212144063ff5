"""What one VEVENT says for itself: ``Details`` of an event or of a changed occurrence.

Spec: RFC 5545 3.6.1, 3.6.6, 3.8; MS-OXCICAL 2.1.3.1.1.20; MS-ASCAL 2.2.2.
"""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape as html_unescape

from carbonio_mobile.pim.calendars import (
    DAY_S,
    NO_ZONES,
    Lines,
    When,
    duration_of,
    first,
    is_true,
    read_when,
    text,
    when_of,
    word,
)
from carbonio_mobile.pim.components import Component, shown, shown_list
from carbonio_mobile.pim.contentlines import ContentLine, clean
from carbonio_mobile.pim.event import NOWHERE, Attendee, Details, Place
from carbonio_mobile.pim.eventfields import (
    ALL_DAY,
    APPLE_PLACE,
    BUSY,
    BUSY_STATUS,
    HTML,
    INTENDED_STATUS,
    ONLINE_EXTERNAL_LINKS,
    ONLINE_LINKS,
    PLACE,
    PROPOSED_END,
    PROPOSED_START,
    SENSITIVITY,
    STATUS,
)
from carbonio_mobile.pim.eventfiles import attachments_of
from carbonio_mobile.pim.text import NO_TEXT, Text
from carbonio_mobile.pim.zones import CalendarZones

MAX_ATTENDEES = 1000
MAX_CATEGORIES = 300
MAX_ALARMS = 50
MAX_BODY_CHARS = 1 << 19
MAX_PLACE_CHARS = 8_000
MAX_ADDRESS_CHARS = 320
MAX_REMINDER_MIN = 525_600

_TAG = re.compile(r"<[^<>]*>")
_UNSPOKEN = re.compile(r"<(?:style|script)\b|(</(?:style|script)\s*>)", re.I)
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li)\b[^<>]*>", re.I)
_COORDINATE = re.compile(r"-?\d{1,3}(?:\.\d{1,20})?", re.ASCII)
_RESOURCES = frozenset(("RESOURCE", "ROOM"))
_RINGS = frozenset(("", "DISPLAY", "AUDIO", "PROCEDURE"))


def read_details(
    event: Component,
    lines: Lines,
    zones: CalendarZones,
    *,
    prefix: str = "",
    start: When | None = None,
    length_s: float | None = None,
) -> Details | None:
    """Read what an event says; None where it says no start and none is given.

    ``lines`` are the event's lines by name; ``prefix`` begins the ids of its attachments.
    ``start`` and ``length_s`` are for a changed occurrence that leaves its times out.
    """
    begin = when_of(first(lines, "DTSTART"), zones) or start
    if begin is None:
        return None
    starts, ends, all_day = times(lines, begin, zones, length_s)
    stamp = when_of(first(lines, "DTSTAMP"), zones)
    return Details(
        start=starts,
        end=ends,
        all_day=all_day,
        subject=text(lines, "SUMMARY"),
        place=_place(lines),
        body=_body(lines),
        categories=_categories(lines),
        busy_status=_busy(lines),
        sensitivity=SENSITIVITY.get(word(lines, "CLASS"), 0),
        reminder_min=_reminder(event, starts, zones),
        is_cancelled=word(lines, "STATUS") in ("CANCELLED", "CANCELED"),
        attendees=tuple(_attendees(lines)),
        attachments=tuple(attachments_of(lines, prefix)),
        online_link=_link(lines, ONLINE_LINKS),
        online_external_link=_link(lines, ONLINE_EXTERNAL_LINKS),
        dtstamp=stamp.at if stamp else None,
    )


def times(
    lines: Lines, begin: When, zones: CalendarZones, length_s: float | None = None
) -> tuple[float, float, bool]:
    """Give start, end and whether these are dates."""
    end = when_of(first(lines, "DTEND"), zones)
    duration = first(lines, "DURATION")
    length = duration_of(duration.value) if duration and end is None else None
    if begin.is_date:
        return _dates(begin, end, length, length_s)
    if end is not None:
        ends = end.at
    elif length is not None:
        ends = _later(begin, length)
    else:
        ends = begin.at + (length_s or 0.0)
    starts, ends = begin.at, max(ends, begin.at)
    if is_true(lines, ALL_DAY):
        return _whole_days(begin, starts, ends, end, zones)
    return starts, ends, False


def _dates(
    begin: When, end: When | None, length: timedelta | None, length_s: float | None
) -> tuple[float, float, bool]:
    """Give the days of an event whose start is a date: one at least."""
    if end is not None:
        days = (end.local - begin.local).days
    elif length is not None:
        days = -(-int(length.total_seconds()) // int(DAY_S))
    else:
        days = int((length_s or 0.0) // DAY_S)
    return begin.at, begin.at + max(days, 1) * DAY_S, True


def _later(begin: When, length: timedelta) -> float:
    """Add a duration: its days by the calendar, its hours by the clock (RFC 5545 3.3.6)."""
    try:
        days = When(begin.local + timedelta(days=length.days), begin.zone, False)
        return days.at + length.seconds
    except OverflowError:
        return begin.at


def _whole_days(
    begin: When, starts: float, ends: float, end: When | None, zones: CalendarZones
) -> tuple[float, float, bool]:
    """Give the dates of an event whose times Outlook means as days; its times where they are none.

    They are midnights in their own zone, or, written in UTC, in that of the calendar.
    """
    last = end.aware if end is not None else (begin.aware + timedelta(seconds=ends - starts))
    for zone in (None, zones.floating):
        first_local = begin.aware if zone is None else begin.aware.astimezone(zone)
        last_local = last if zone is None else last.astimezone(zone)
        if any((first_local.hour, first_local.minute, last_local.hour, last_local.minute)):
            continue
        day = (first_local.date().toordinal() - 719_163) * DAY_S
        days = (last_local.date() - first_local.date()).days
        return day, day + max(days, 1) * DAY_S, True
    return starts, ends, False


def _place(lines: Lines) -> Place:
    name = text(lines, "LOCATION")
    own = first(lines, PLACE)
    if own is not None:
        said = _said_place(own)
        # Another client that moved the event knows nothing of our property.
        if said is not None and said.display_name == name:
            return said
    apple, geo = first(lines, APPLE_PLACE), first(lines, "GEO")
    if apple is None and geo is None:
        return Place(display_name=name) if name else NOWHERE
    latitude, longitude = _coordinates(geo.value if geo else "", ";")
    street = ""
    if apple is not None:
        if not latitude:
            point = apple.value.strip().removeprefix("geo:").partition(";")[0]
            latitude, longitude = _coordinates(point, ",")
        name = name or clean(apple.param("X-TITLE"))
        street = clean(apple.param("X-ADDRESS"))[:1000]
    return Place(display_name=name, street=street, latitude=latitude, longitude=longitude)


def _said_place(own: ContentLine) -> Place | None:
    try:
        said = json.loads(shown(own, MAX_PLACE_CHARS))
    except (ValueError, RecursionError):  # anybody may write the property, as deep as they like
        return None
    if not isinstance(said, dict):
        return None
    known = Place.__dataclass_fields__
    return Place(**{k: clean(v) for k, v in said.items() if k in known and isinstance(v, str)})


def _coordinates(value: str, parted_by: str) -> tuple[str, str]:
    found = [one.strip() for one in value.split(parted_by)]
    if len(found) < 2 or not all(_COORDINATE.fullmatch(one) for one in found[:2]):
        return "", ""
    return found[0], found[1]


def _body(lines: Lines) -> Text:
    plain = text(lines, "DESCRIPTION", MAX_BODY_CHARS)
    html = ""
    for one in (*lines.get(HTML, ()), *lines.get("STYLED-DESCRIPTION", ())):
        if "HTML" in one.head.upper():
            html = shown(one, MAX_BODY_CHARS)
            break
    if not plain and not html:
        return NO_TEXT
    return Text(plain=plain or plain_of(html), html=html)


def plain_of(html: str) -> str:
    """Give the words of a page, for a body that came without them."""
    words = html_unescape(_TAG.sub("", _BREAK.sub("\n", _spoken(html.replace("\n", " ")))))
    rows = [" ".join(row.split()) for row in clean(words).split("\n")]
    return "\n".join(rows).strip() or " "


def _spoken(html: str) -> str:
    """Leave out styles and scripts; one that never ends is none. Every tag is looked at once."""
    kept: list[str] = []
    shown_from, hidden_from = 0, None
    for mark in _UNSPOKEN.finditer(html):
        if mark[1] is None:
            hidden_from = mark.start() if hidden_from is None else hidden_from
        elif hidden_from is not None:
            kept.append(html[shown_from:hidden_from])
            shown_from, hidden_from = mark.end(), None
    return "".join((*kept, html[shown_from:]))


def _categories(lines: Lines) -> tuple[str, ...]:
    said = lines.get("CATEGORIES")
    return tuple(dict.fromkeys(shown_list(said, MAX_CATEGORIES))) if said else ()


def _busy(lines: Lines) -> int:
    for name in (BUSY_STATUS, INTENDED_STATUS):
        said = BUSY.get(word(lines, name))
        if said is not None:
            return said
    if word(lines, "TRANSP") == "TRANSPARENT":
        return 0
    return 1 if word(lines, "STATUS") == "TENTATIVE" else 2


def _reminder(event: Component, start: float, zones: CalendarZones) -> int | None:
    """Give the minutes before the start at which the first alarm rings."""
    for alarm in event.components("VALARM")[:MAX_ALARMS]:
        minutes = alarm_minutes(alarm, start, zones)
        if minutes is not None:
            return minutes
    return None


def alarm_minutes(alarm: Component, start: float, zones: CalendarZones) -> int | None:
    """Give the minutes from an alarm to the start; None where it rings for no person, or later."""
    lines = alarm.by_name()
    trigger = first(lines, "TRIGGER")
    if trigger is None or word(lines, "ACTION") not in _RINGS:
        return None
    if trigger.param("RELATED").upper() == "END":
        return None
    length = duration_of(trigger.value)
    if length is None:
        when = read_when(trigger.value, trigger.param("TZID"), zones)
        if when is None:
            return None
        length = timedelta(seconds=when.at - start)
    before = -length.total_seconds()
    return int(before // 60) if 0 <= before <= MAX_REMINDER_MIN * 60 else None


def _attendees(lines: Lines) -> list[Attendee]:
    """Give who is invited, each address once."""
    found: dict[str, Attendee] = {}
    for one in lines.get("ATTENDEE", ())[:MAX_ATTENDEES]:
        address = address_of(one)
        if address:
            found.setdefault(address.lower(), attendee_of(one))
    return list(found.values())


def attendee_of(one: ContentLine) -> Attendee:
    """Read an attendee."""
    address = address_of(one)
    said = {name: value.strip('"').upper() for name, value in one.params() if value}
    role = said.get("ROLE", "")
    kind = 2 if role in ("OPT-PARTICIPANT", "NON-PARTICIPANT") else 1
    if said.get("CUTYPE", "") in _RESOURCES:
        kind = 3
    return Attendee(
        address=address,
        name=name_beside(one, address),
        status=STATUS.get(said.get("PARTSTAT", ""), 0),
        kind=kind,
        proposed=_proposed(one) if PROPOSED_START in said else None,
    )


def name_beside(one: ContentLine, address: str) -> str:
    """Give the name of a calendar user where it says more than the address; unquoted."""
    name = clean(one.param("CN")).strip()[:1000]
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return "" if name == address else name


def _proposed(one: ContentLine) -> tuple[float, float] | None:
    begin = read_when(one.param(PROPOSED_START), "", NO_ZONES)
    end = read_when(one.param(PROPOSED_END), "", NO_ZONES)
    return (begin.at, end.at) if begin and end else None


def address_of(one: ContentLine) -> str:
    """Give the bare address of a calendar user."""
    uri = "".join(one.value.split())
    bare = uri[7:] if uri[:7].lower() == "mailto:" else uri
    if "@" not in bare and one.head:
        bare = "".join(one.param("EMAIL").split()) or bare
    return clean(bare)[:MAX_ADDRESS_CHARS]


def _link(lines: Lines, names: Sequence[str]) -> str:
    for name in names:
        found = first(lines, name)
        if found is not None and (link := clean(found.value).strip()):
            return link[:2000]
    return ""
