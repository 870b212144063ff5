"""Meetings for tests: records, and scheduling messages as others write them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from carbonio_mobile.pim.event import Attendee, Details, Event, Occurrence, Place
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.timezones import blob_at, zone_named

NOW = 1_800_000_000.0
"""2027-01-15T08:00:00Z."""
DAY = 86_400.0
START = NOW + 3 * DAY + 3600
"""2027-01-18T09:00:00Z, a Monday."""
JOHN, MARY, BOB, EVE = (f"{name}@example.com" for name in ("john", "mary", "bob", "eve"))
OWN = frozenset((JOHN, "johnny@example.com"))

BLOB = blob_at(zone_named("Europe/Rome"), datetime.fromtimestamp(START, UTC))


def people(*addresses: str, status: int = 5) -> tuple[Attendee, ...]:
    """Give required attendees."""
    return tuple(
        Attendee(address=one, name=one.partition("@")[0].title(), status=status)
        for one in addresses
    )


def meeting(
    *, organizer: str = JOHN, attendees: tuple[Attendee, ...] | None = None, **changes: Any
) -> Event:
    """Give a meeting of an hour; ``changes`` are fields of the event or of its details."""
    guests = people(MARY, BOB) if attendees is None else attendees
    details = Details(
        start=START,
        end=START + 3600,
        subject="Plans",
        place=Place(display_name="Room 1"),
        attendees=guests,
        dtstamp=NOW - DAY,
    )
    of_details = {key: changes.pop(key) for key in list(changes) if hasattr(details, key)}
    event = Event(
        uid="meeting-1",
        details=replace(details, **of_details),
        tzid="Europe/Rome",
        zone_blob=BLOB,
        organizer_address=organizer,
        organizer_name="The organiser",
    )
    return replace(event, **changes)


def weekly(**changes: Any) -> Event:
    """Give a meeting of every Monday, ten times."""
    rule = RecurrenceRule(kind=1, day_of_week=2, occurrences=10, first_day_of_week=1)
    return meeting(recurrence=rule, **changes)


def moved(event: Event, original: float, by_s: float = 3600.0, **changes: Any) -> Occurrence:
    """Give an occurrence at another time."""
    length = event.details.end - event.details.start
    at = original + by_s
    details = replace(event.details, start=at, end=at + length, **changes)
    return Occurrence(original=original, details=details)


def ics(
    method: str = "REQUEST",
    *,
    uid: str = "meeting-1",
    start: str = "DTSTART;TZID=Europe/Rome:20270118T100000",
    end: str = "DTEND;TZID=Europe/Rome:20270118T110000",
    organizer: str = MARY,
    attendees: tuple[str, ...] = (f"PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{JOHN}",),
    sequence: int = 0,
    stamp: str = "20270114T080000Z",
    more: tuple[str, ...] = (),
    summary: str = "Plans",
) -> bytes:
    """Write a scheduling message."""
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Example//Calendar//EN",
        "VERSION:2.0",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{stamp}",
        start,
        end,
        f"SUMMARY:{summary}",
        *([f"ORGANIZER:mailto:{organizer}"] if organizer else []),
        *(f"ATTENDEE;{one}" for one in attendees),
        *more,
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join([*lines, ""]).encode()
