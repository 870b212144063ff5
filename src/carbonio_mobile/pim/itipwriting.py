"""Calendars with a method: answers and cancellations made from little, invitations from all.

Spec: RFC 5545 3.6.1; RFC 5546 3.2; MS-OXCICAL 2.1.3.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from carbonio_mobile.pim.components import Component, line, parse, text_line, with_parameters, write
from carbonio_mobile.pim.contentlines import ContentLine
from carbonio_mobile.pim.event import Attendee, Details, Event

PRODUCT = "-//carbonio-mobile//NONSGML 1.0//EN"

_ROLE: Mapping[int, str] = {1: "REQ-PARTICIPANT", 2: "OPT-PARTICIPANT", 3: "NON-PARTICIPANT"}
_PRIVATE = "X-CARBONIO-MOBILE-"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_S = 2.5e11

Invited = tuple[Attendee, str]
"""An attendee and their PARTSTAT."""


def calendar(method: str, events: Sequence[Component]) -> bytes:
    """Write a calendar with a method around events."""
    head = [line("PRODID", PRODUCT), line("VERSION", "2.0"), line("METHOD", method)]
    return write(Component("", [Component("VCALENDAR", [*head, *events])]))


def vevent(
    event: Event,
    details: Details,
    *,
    instance: float | None,
    attendees: Iterable[Invited],
    now: float,
    more: Sequence[ContentLine] = (),
) -> Component:
    """Give an event, or the occurrence ``instance`` of it, as ``details`` say it, times in UTC."""
    all_day = details.all_day
    lines = [
        text_line("UID", event.uid),
        line("SEQUENCE", str(event.sequence)),
        moment("DTSTAMP", now),
        moment("DTSTART", details.start, all_day=all_day),
        moment("DTEND", details.end, all_day=all_day),
        *([] if instance is None else [moment("RECURRENCE-ID", instance, all_day=all_day)]),
        text_line("SUMMARY", details.subject),
        text_line("LOCATION", details.place.display_name),
        *organizer(event),
        *[attendee_line(who, partstat) for who, partstat in attendees],
        *more,
    ]
    return Component("VEVENT", [one for one in lines if one.value])


def moment(name: str, seconds: float, *, all_day: bool = False) -> ContentLine:
    """Give a time in UTC, or a date."""
    at = _EPOCH + timedelta(seconds=max(-6.2e10, min(seconds, _LONGEST_S)))
    if all_day:
        return line(name, f"{at:%Y%m%d}", ("VALUE", "DATE"))
    return line(name, f"{at:%Y%m%dT%H%M%SZ}")


def attendee_line(who: Attendee, partstat: str) -> ContentLine:
    """Give an attendee with an answer."""
    parameters = [
        ("CUTYPE", "RESOURCE" if who.kind == 3 else ""),
        ("ROLE", _ROLE.get(who.kind, "")),
        ("PARTSTAT", partstat),
        ("CN", who.name),
    ]
    return line("ATTENDEE", _uri(who.address), *parameters)


def person_line(name: str, address: str, shown: str) -> ContentLine:
    """Give a property that names somebody."""
    return line(name, _uri(address), ("CN", shown))


def organizer(event: Event) -> list[ContentLine]:
    """Give the organiser's line, none where there is no organiser."""
    if not event.organizer_address:
        return []
    return [person_line("ORGANIZER", event.organizer_address, event.organizer_name)]


def with_method(source: bytes, method: str) -> bytes:
    """Give a stored meeting a method and take out what is its keeper's alone.

    Attendees who have not answered are asked to. A cancellation says that it is one.
    """
    root = parse(source)
    for one in root.components("VCALENDAR"):
        one.put(["METHOD"], [line("METHOD", method)])
        for event in one.components("VEVENT"):
            _publish(event, method)
    return write(root)


def _publish(event: Component, method: str) -> None:
    event.content = [
        one
        for one in event.content
        if not (isinstance(one, Component) and one.name == "VALARM")
        and not (isinstance(one, ContentLine) and one.name.startswith(_PRIVATE))
    ]
    event.put(["CATEGORIES", "X-MICROSOFT-CDO-REPLYTIME"], [])
    if method == "CANCEL":
        event.put(["STATUS"], [line("STATUS", "CANCELLED")])
    if method == "REQUEST":
        event.put(["ATTENDEE"], [_asked(one) for one in event.every("ATTENDEE")])


def _asked(one: ContentLine) -> ContentLine:
    parameters = {key.upper(): value.strip('"').upper() for key, value in one.params()}
    if "RSVP" in parameters or parameters.get("PARTSTAT", "NEEDS-ACTION") != "NEEDS-ACTION":
        return one
    return with_parameters(one, ("RSVP", "TRUE"))


def _uri(address: str) -> str:
    return f"mailto:{''.join(address.split())}"
