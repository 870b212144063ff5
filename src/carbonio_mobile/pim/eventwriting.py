"""What one VEVENT says, changed to say what ``Details`` say: a line only where it must.

Spec: RFC 5545 3.6.1, 3.6.6, 3.8; RFC 8607 4 (FILENAME); MS-OXCICAL 2.1.3.1.1.20.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.components import Component, line, text_line, with_parameters
from carbonio_mobile.pim.contentlines import ContentLine, clean, escape
from carbonio_mobile.pim.event import NOWHERE, Attendee, Details, EventAttachment, Place
from carbonio_mobile.pim.eventfields import (
    ALL_DAY,
    APPLE_PLACE,
    BUSY,
    BUSY_STATUS,
    CONTENT_ID,
    HTML,
    INLINE,
    ONLINE_EXTERNAL_LINK,
    ONLINE_EXTERNAL_LINKS,
    ONLINE_LINK,
    ONLINE_LINKS,
    PLACE,
    PROPOSED_END,
    PROPOSED_START,
    SENSITIVITY,
    STATUS,
    inverted,
)
from carbonio_mobile.pim.eventfiles import inline_attachments, is_inline
from carbonio_mobile.pim.eventforms import Form, utc_line, utc_text
from carbonio_mobile.pim.eventreading import (
    MAX_ATTENDEES,
    address_of,
    alarm_minutes,
    attendee_of,
    read_details,
)
from carbonio_mobile.pim.zones import CalendarZones

_BUSY = inverted(BUSY)
_SENSITIVITY = inverted(SENSITIVITY)
_STATUS = inverted(STATUS)
_ROLE = {1: "REQ-PARTICIPANT", 2: "OPT-PARTICIPANT", 3: "NON-PARTICIPANT"}
_LONGEST_REMINDER_MIN = 525_600
_ROUNDS = 2


@dataclass(slots=True)
class Patch:
    """One component and what is needed to change it.

    ``prefix`` begins the part ids of its attachments, ``lent`` are those of its master by id and
    ``content`` those that are new.
    """

    component: Component
    form: Form
    zones: CalendarZones
    prefix: str = ""
    lent: Mapping[PartId, ContentLine] | None = None
    content: Mapping[PartId, bytes] | None = None

    def read(self) -> Details | None:
        """Give what the component says now."""
        lines = self.component.by_name()
        return read_details(self.component, lines, self.zones, prefix=self.prefix)


def apply(patch: Patch, wanted: Details) -> bool:
    """Make a component say what is wanted; tell whether anything had to change."""
    said = patch.read()
    changed = _write_attachments(patch, said, wanted)
    for _ in range(_ROUNDS):
        # One property may decide several fields: what the first round upset, the second mends.
        differing = [name for name in _WRITERS if said is None or _differs(said, wanted, name)]
        if not differing:
            break
        for writer in dict.fromkeys(_WRITERS[name] for name in differing):
            writer(patch, wanted)
        changed = True
        said = patch.read()
    return changed


def _differs(said: Details, wanted: Details, name: str) -> bool:
    value: object = getattr(wanted, name)
    return getattr(said, name) != value and not (name == "dtstamp" and value is None)


def write_times(patch: Patch, wanted: Details) -> None:
    """Write start and end in the patch's form; a duration becomes an end."""
    component, is_date = patch.component, wanted.all_day
    component.put(("DTSTART",), [patch.form.line("DTSTART", wanted.start, is_date=is_date)])
    end = patch.form.line("DTEND", wanted.end, is_date=is_date)
    component.put(("DTEND", "DURATION"), [end])
    if component.first(ALL_DAY) is not None:
        component.put((ALL_DAY,), [line(ALL_DAY, "TRUE" if is_date else "FALSE")])


def _write_text(name: str, field: str) -> "Writer":
    def write(patch: Patch, wanted: Details) -> None:
        text: str = getattr(wanted, field)
        patch.component.put((name,), [text_line(name, text)] if text else [])

    return write


def _write_place(patch: Patch, wanted: Details) -> None:
    place = wanted.place
    put = patch.component.put
    put(("LOCATION",), [text_line("LOCATION", place.display_name)] if place.display_name else [])
    put((APPLE_PLACE,), [])
    put(("GEO",), _geo(place))
    said = {each.name: getattr(place, each.name) for each in fields(Place)}
    known = {name: clean(value) for name, value in said.items() if value}
    more = place not in (NOWHERE, Place(display_name=place.display_name))
    put((PLACE,), [text_line(PLACE, json.dumps(known))] if more else [])


def _geo(place: Place) -> list[ContentLine]:
    try:
        latitude, longitude = float(place.latitude), float(place.longitude)
    except ValueError:
        return []
    if abs(latitude) > 90 or abs(longitude) > 180:
        return []
    return [line("GEO", f"{latitude:.6f};{longitude:.6f}")]


def _write_body(patch: Patch, wanted: Details) -> None:
    plain, html = wanted.body.plain, wanted.body.html
    put = patch.component.put
    put(("DESCRIPTION",), [text_line("DESCRIPTION", plain)] if plain else [])
    page = [text_line(HTML, html, ("FMTTYPE", "text/html"))] if html else []
    put((HTML, "STYLED-DESCRIPTION"), page)


def _write_categories(patch: Patch, wanted: Details) -> None:
    names = ",".join(escape(clean(one), plain=False) for one in wanted.categories)
    patch.component.put(("CATEGORIES",), [line("CATEGORIES", names)] if names else [])


def _write_busy(patch: Patch, wanted: Details) -> None:
    word = _BUSY.get(wanted.busy_status, "BUSY")
    transparent = "TRANSPARENT" if word == "FREE" else "OPAQUE"
    patch.component.put(("TRANSP",), [line("TRANSP", transparent)])
    patch.component.put((BUSY_STATUS,), [line(BUSY_STATUS, word)])


def _write_sensitivity(patch: Patch, wanted: Details) -> None:
    word = _SENSITIVITY.get(wanted.sensitivity, "PUBLIC")
    patch.component.put(("CLASS",), [line("CLASS", word)])


def _write_status(patch: Patch, wanted: Details) -> None:
    word = "CANCELLED" if wanted.is_cancelled else "CONFIRMED"
    patch.component.put(("STATUS",), [line("STATUS", word)])


def _write_stamp(patch: Patch, wanted: Details) -> None:
    if wanted.dtstamp is not None:
        patch.component.put(("DTSTAMP",), [utc_line("DTSTAMP", wanted.dtstamp)])


def _write_link(name: str, names: Sequence[str], field: str) -> "Writer":
    def write(patch: Patch, wanted: Details) -> None:
        link = "".join(clean(getattr(wanted, field)).split("\n"))
        patch.component.put(names, [line(name, link)] if link else [])

    return write


def _write_reminder(patch: Patch, wanted: Details) -> None:
    """Set the trigger of the first alarm that counts; without a reminder all that count go."""
    ringing = [
        one
        for one in patch.component.components("VALARM")
        if alarm_minutes(one, wanted.start, patch.zones) is not None
    ]
    minutes = wanted.reminder_min
    if minutes is None:
        patch.component.content = [one for one in patch.component.content if one not in ringing]
        return
    trigger = line("TRIGGER", f"-PT{min(max(minutes, 0), _LONGEST_REMINDER_MIN)}M")
    if ringing:
        ringing[0].put(("TRIGGER",), [trigger])
        return
    lines = [line("ACTION", "DISPLAY"), line("DESCRIPTION", "Reminder"), trigger]
    alarm = Component("VALARM", [*lines])
    at = next(
        (n for n, one in enumerate(patch.component.content) if isinstance(one, Component)), None
    )
    patch.component.content.insert(len(patch.component.content) if at is None else at, alarm)


def _write_attendees(patch: Patch, wanted: Details) -> None:
    before = patch.component.every("ATTENDEE")
    known = {address_of(one).lower(): one for one in reversed(before[:MAX_ATTENDEES])}
    lines = [attendee_line(who, known.get(who.address.lower())) for who in wanted.attendees]
    patch.component.put(("ATTENDEE",), [*lines, *before[MAX_ATTENDEES:]])


def attendee_line(who: Attendee, before: ContentLine | None = None) -> ContentLine:
    """Write an attendee; what ``before`` says beyond it stays, and all of it where it says it."""
    if before is not None and attendee_of(before) == who:
        return before
    begin, end = who.proposed if who.proposed is not None else (None, None)
    parameters = (
        ("CN", clean(who.name).replace('"', "'")),
        ("CUTYPE", "RESOURCE" if who.kind == 3 else ""),
        ("ROLE", _ROLE.get(who.kind, "REQ-PARTICIPANT")),
        ("PARTSTAT", _STATUS.get(who.status, "")),
        (PROPOSED_START, "" if begin is None else utc_text(begin)),
        (PROPOSED_END, "" if end is None else utc_text(end)),
    )
    if before is not None:
        return with_parameters(before, *parameters)
    return line("ATTENDEE", uri_of(who.address), *parameters)


def uri_of(address: str) -> str:
    """Write an address as a calendar user."""
    bare = "".join(clean(address).split())
    return f"mailto:{bare}" if "@" in bare or ":" not in bare else bare


def _write_attachments(patch: Patch, said: Details | None, wanted: Details) -> bool:
    """Keep, add and take away files; links to files elsewhere stay."""
    if said is not None and said.attachments == wanted.attachments:
        return False
    own = attachment_lines(patch.component, patch.prefix)
    known = {**(patch.lent or {}), **own}
    lines = [one for one in patch.component.every("ATTACH") if not is_inline(one)]
    for one in wanted.attachments:
        if one.part in known:
            lines.append(known[one.part])
        elif patch.content and one.part in patch.content:
            lines.append(_attachment_line(one, patch.content[one.part]))
    return patch.component.put(("ATTACH",), lines)


def attachment_lines(component: Component, prefix: str) -> dict[PartId, ContentLine]:
    """Give the files that a component holds by their part ids."""
    found = inline_attachments(component.every("ATTACH"))
    return {PartId(f"{prefix}{number}"): one for number, one in enumerate(found, 1)}


def _attachment_line(one: EventAttachment, content: bytes) -> ContentLine:
    return line(
        "ATTACH",
        b64encode(content).decode("ascii"),
        ("FMTTYPE", one.content_type),
        ("ENCODING", "BASE64"),
        ("VALUE", "BINARY"),
        ("FILENAME", one.name),
        (CONTENT_ID, one.content_id),
        (INLINE, "TRUE" if one.inline else ""),
    )


Writer = Callable[[Patch, Details], None]

_WRITERS: Mapping[str, Writer] = {
    "start": write_times,
    "end": write_times,
    "all_day": write_times,
    "subject": _write_text("SUMMARY", "subject"),
    "place": _write_place,
    "body": _write_body,
    "categories": _write_categories,
    "busy_status": _write_busy,
    "sensitivity": _write_sensitivity,
    "is_cancelled": _write_status,
    "attendees": _write_attendees,
    "online_link": _write_link(ONLINE_LINK, ONLINE_LINKS, "online_link"),
    "online_external_link": _write_link(
        ONLINE_EXTERNAL_LINK, ONLINE_EXTERNAL_LINKS, "online_external_link"
    ),
    "dtstamp": _write_stamp,
    "reminder_min": _write_reminder,
}
