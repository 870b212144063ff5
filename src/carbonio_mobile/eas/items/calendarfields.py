"""The properties that an event, an exception and an instance share, read from their elements.

Spec: MS-ASCAL 2.2.2 and the sections of the elements.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from carbonio_mobile.eas.items.calendarpeople import parse_attendees
from carbonio_mobile.eas.items.context import Author
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.place import parse_place
from carbonio_mobile.eas.textbody import parse_text
from carbonio_mobile.eas.times import parse_compact
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.bodies import text_to_html
from carbonio_mobile.pim.event import NOWHERE, Details
from carbonio_mobile.pim.text import Text
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_CATEGORIES = 300  # R186
MAX_TEXT_CHARS = 8192
MAX_REMINDER_MIN = 0xFFFFFFFF  # unsignedInt, R39511
EARLIEST_S, LATEST_S = -11_644_473_600.0, 79_833_600_000.0
"""The years 1601 to 4500, the reach of calendars that ActiveSync was made for."""

_CANCELLED = 4
_ELSEWHERE = 4


@dataclass(frozen=True, slots=True)
class Field:
    """A property: its element, the field of Details, its value where it is deleted.

    ``read`` is given the element, the value so far and the version. ``since``: what older versions
    cannot say keeps its value.
    """

    name: str
    tag: Tag
    read: Callable[[Element, Any, Version], Any]
    deleted: Any
    since: Version = Version.V2_5


def read_time(element: Element | None) -> float | None:
    """Read a time, None for none or an empty one. Raises: ItemFault (no time, out of reach)."""
    text = "" if element is None else element.string.strip()
    if not text:
        return None
    try:
        seconds = parse_compact(text)
    except ValueError as exc:
        raise ItemFault(f"{element and element.tag} is no time") from exc
    if not EARLIEST_S <= seconds < LATEST_S:
        raise ItemFault("a time beyond all calendars")
    return seconds


def read_flag(data: Element, tag: Tag) -> bool | None:
    """Read 0 or 1, None for none or an empty one. Raises: ItemFault (R565, MS-ASDTYPE R5)."""
    text = data.value(tag, "").strip()
    if text not in ("", "0", "1"):
        raise ItemFault(f"{tag} is neither 0 nor 1")
    return text == "1" if text else None


def number(element: Element, highest: int) -> int | None:
    """Read a number of 0 to ``highest``, None for an empty element. Raises: ItemFault."""
    text = element.string.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) > highest:
        raise ItemFault(f"{element.tag} is none of its values")
    return int(text)


def _subject(element: Element, _before: str, _version: Version) -> str:
    text = element.string.strip("\0")
    if len(text) > MAX_TEXT_CHARS:
        raise ItemFault("a subject is too long")
    return " ".join(text.splitlines())


def _busy(element: Element, before: int, version: Version) -> int:
    """Read BusyStatus. Below 16.0 free may stand for working elsewhere, which was shown so."""
    if element.string.strip() == "-1" and version >= Version.V16_0:
        return before
    highest = _ELSEWHERE if version >= Version.V16_0 else 3  # R2235, R2043, R2044
    found = number(element, highest)
    if found == 0 and before == _ELSEWHERE and version < Version.V16_0:
        return before
    return 2 if found is None else found


def _sensitivity(element: Element, _before: int, _version: Version) -> int:
    return number(element, 3) or 0  # R428


def _reminder(element: Element, _before: int | None, _version: Version) -> int | None:
    return number(element, MAX_REMINDER_MIN)


def _cancelled(element: Element, before: bool, _version: Version) -> bool:
    """Read what MeetingStatus says of the event itself; who called it is known (R31814)."""
    bits = number(element, 255)
    return before if bits is None else bool(bits & _CANCELLED)


def _categories(element: Element, _before: object, _version: Version) -> tuple[str, ...]:
    if len(element.children) > MAX_CATEGORIES:
        raise ItemFault("more than 300 categories")
    names: dict[str, None] = {}
    for child in element:
        if child.tag is not Calendar.Category:
            raise ItemFault(f"{child.tag} among categories")
        name = child.string.strip()
        if len(name) > 255:
            raise ItemFault("a category is too long")
        if name:
            names[name] = None
    return tuple(names)


def _stamp(element: Element, before: float | None, version: Version) -> float | None:
    """Read DtStamp; from 16.0 on it is the server's own (R2088)."""
    if version >= Version.V16_0:
        return before
    found = read_time(element)
    return before if found is None else found


FIELDS: tuple[Field, ...] = (
    Field("subject", Calendar.Subject, _subject, ""),
    Field("place", Calendar.Location, lambda found, old, _: parse_place(found, old), NOWHERE),
    Field(
        "place",
        AirSyncBase.Location,
        lambda found, old, _: parse_place(found, old),
        NOWHERE,
        since=Version.V16_0,
    ),
    Field("categories", Calendar.Categories, _categories, ()),
    Field("busy_status", Calendar.BusyStatus, _busy, 2),
    Field("sensitivity", Calendar.Sensitivity, _sensitivity, 0),
    Field("reminder_min", Calendar.Reminder, _reminder, None),
    Field("is_cancelled", Calendar.MeetingStatus, _cancelled, False),
    Field("attendees", Calendar.Attendees, parse_attendees, ()),
    Field("dtstamp", Calendar.DtStamp, _stamp, None),
)
"""Times and the body stand apart: they are never deleted by their absence."""


def read_fields(
    data: Element,
    before: Details,
    author: Author,
    kept: Callable[[Tag], bool],
    *,
    stored: Details | None = None,
) -> Details:
    """Give ``before`` with the properties that ``data`` says, body included, without the times.

    One that is absent is kept where ``kept`` tells so of its element, else deleted. For an
    exception ``before`` is what it inherits, and ``stored`` what it has had so far, from which
    comes what a device cannot say.
    Raises: ItemFault.
    """
    version = author.version
    changes: dict[str, Any] = {}
    for one in FIELDS:
        if stored is not None and one.name == "attendees" and version < Version.V14_0:
            continue  # R2023
        if not one.since <= version:
            continue
        found = data.find(one.tag)
        if found is not None:
            changes[one.name] = one.read(found, getattr(stored or before, one.name), version)
        elif one.name not in changes and one.tag is not Calendar.DtStamp and not kept(one.tag):
            changes[one.name] = one.deleted
    changes["body"] = _body(data, before.body, version)
    return replace(before, **changes)


def _body(data: Element, before: Text, version: Version) -> Text:
    """Read the body; one that comes back as it was shown leaves the stored one as it is.

    Plain text that says what the HTML says must not take its forms off.
    """
    found = parse_text(data, version, native=Calendar.Body)
    if found is None:
        return before
    if found.html:
        return before if found.html in (before.html, text_to_html(before.plain)) else found
    return before if found.plain.rstrip() == before.plain.rstrip() else found


PRIVATE: tuple[str, ...] = ("reminder_min", "categories", "busy_status", "sensitivity")
"""What an attendee may change in the own copy of a meeting (client-quirks 8.11)."""

INHERITED: tuple[str, ...] = tuple(
    name for name in Details.__dataclass_fields__ if name not in ("start", "end", "all_day")
)
"""What an exception has from its series as long as it says nothing else (R82, R108, R135, …)."""


def inherit(details: Details, before: Details, after: Details) -> Details:
    """Give an exception's details after its series changed: what it had of that follows."""
    changes: Mapping[str, Any] = {
        name: getattr(after, name)
        for name in INHERITED
        if getattr(details, name) == getattr(before, name) != getattr(after, name)
    }
    return replace(details, **changes) if changes else details
