"""Make the demo's contacts, events, tasks and notes: the same for the same account and anchor.

Spec: RFC 6350, RFC 5545.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from carbonio_mobile.pim.contact import Address, Contact
from carbonio_mobile.pim.event import Attendee, Details, Event, Occurrence, Place
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.objects import write_object
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.task import Task, TaskRecurrence
from carbonio_mobile.pim.text import Text
from carbonio_mobile.service.demomail import png
from carbonio_mobile.service.demotext import (
    APPOINTMENTS,
    CITIES,
    MEETING,
    NOTES,
    OWNERS,
    PEOPLE,
    STAFF,
    TASKS,
)
from carbonio_mobile.sync.folders import FolderKind

ZONE = ZoneInfo("Europe/Rome")
DAY_S = 86_400.0
HOUR_S = 3600.0
_MONDAY, _TUESDAY = 2, 4  # bits of DayOfWeek
_ACCEPTED, _NOT_RESPONDED = 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoObject:
    """An object and the standard folder that it belongs in."""

    folder: FolderKind
    source: bytes


def demo_objects(owner: str, anchor: float) -> list[DemoObject]:
    """Give an account's objects; ``anchor`` is the time of the first start, seconds UTC."""
    records: Sequence[tuple[FolderKind, Iterator[Record]]] = (
        (FolderKind.CONTACTS, _contacts(owner, anchor)),
        (FolderKind.CALENDAR, _events(owner, anchor)),
        (FolderKind.TASKS, _tasks(owner, anchor)),
        (FolderKind.NOTES, _notes(owner, anchor)),
    )
    return [
        DemoObject(folder=folder, source=write_object(None, record, now=anchor))
        for folder, made in records
        for record in made
    ]


def _uid(owner: str, *parts: object) -> str:
    return "-".join(("demo", owner.partition("@")[0], *map(str, parts)))


# Contacts


def _contacts(owner: str, anchor: float) -> Iterator[Contact]:
    """Give colleagues, and the people who write in the demo's mail."""
    for number, (address, name) in enumerate(OWNERS.items()):
        if address != owner:
            yield replace(
                _person(_uid(owner, "colleague", number), name, address, number),
                company_name="Example Company",
                job_title=STAFF[address]["title"],
                business_phone_number=STAFF[address]["telephoneNumber"],
                office_location=STAFF[address]["physicalDeliveryOfficeName"],
                categories=("Colleagues",),
            )
    for number, (name, address) in enumerate(PEOPLE):
        person = _person(_uid(owner, "contact", number), name, address, number)
        yield replace(person, **_more(number, person, anchor))  # type: ignore[arg-type]  # its fields


def _person(uid: str, name: str, address: str, number: int) -> Contact:
    first, _, last = ("", "", name) if address.startswith("admin@") else name.partition(" ")
    return Contact(
        uid=uid,
        first_name=first,
        last_name=last,
        file_as=f"{last}, {first}" if first else last,
        email1_address=f'"{name}" <{address}>',
        mobile_phone_number=f"+39 333 555 01{number:02}",
    )


def _more(number: int, person: Contact, anchor: float) -> dict[str, object]:
    """Say more of some people: a second address, a home, a birthday, a picture, a remark."""
    street, city, postal_code, country = CITIES[number % len(CITIES)]
    home = Address(street=street, city=city, postal_code=postal_code, country=country)
    said: dict[str, object] = {"home_address": home}
    if number % 2 == 0:
        handle = person.email1_address.partition("<")[2].partition("@")[0]
        said["email2_address"] = f"{handle}@home.example.org"
        said["picture"] = portrait(number)
    if number % 3 == 0:
        year = datetime.fromtimestamp(anchor, UTC).year
        said["birthday"] = date(year - 30 - number, 1 + number, 10 + number)
        said["body"] = Text(plain="Met at the trade fair.\nPrefers to be called after ten.")
    return said


def portrait(number: int) -> bytes:
    """Draw a disc on a plain ground as PNG, of another colour for each number."""
    side, ground, disc = 48, bytes((40 + number * 23 % 180, 120, 150)), b"\xf5\xf0\xe6"
    rows = b"".join(
        b"\0" + b"".join(
            disc if (x - 24) ** 2 + (y - 24) ** 2 < 300 else ground for x in range(side)
        )
        for y in range(side)
    )  # fmt: skip
    return png(side, side, rows)


# Events


def _events(owner: str, anchor: float) -> Iterator[Event]:
    for number, (subject, place, days, hour, minutes) in enumerate(APPOINTMENTS):
        start = _at(anchor, days, hour)
        yield _event(_uid(owner, "event", number), subject, place, start, minutes)
    yield _series(owner, anchor)
    yield _whole_days(owner, anchor)
    if owner in MEETING["people"]:
        yield _meeting(owner, anchor)


def _at(anchor: float, days: int, hour: float) -> float:
    """Give the time of an hour in the demo's zone, so many days after the anchor."""
    there = datetime.fromtimestamp(anchor, ZONE) + timedelta(days=days)
    clock = there.replace(hour=int(hour), minute=int(hour % 1 * 60), second=0, microsecond=0)
    return clock.timestamp()


def _days_to(anchor: float, weekday: int) -> int:
    """Count the days to the next such weekday, 0 for Monday; 1 to 7."""
    return (weekday - datetime.fromtimestamp(anchor, ZONE).weekday() - 1) % 7 + 1


def _event(uid: str, subject: str, place: str, start: float, minutes: int) -> Event:
    return Event(
        uid=uid,
        tzid=ZONE.key,
        details=Details(
            start=start,
            end=start + minutes * 60.0,
            subject=subject,
            place=Place(display_name=place),
            reminder_min=15,
        ),
    )


def _series(owner: str, anchor: float) -> Event:
    """Give a series every Monday of the weeks before and after, one of them later in the day."""
    days = _days_to(anchor, 0)
    first, moved = _at(anchor, days - 21, 9.5), _at(anchor, days + 7, 9.5)
    event = _event(_uid(owner, "series"), "Team round", "Room 2", first, 30)
    details = replace(event.details, categories=("Work",))
    later = replace(
        details,
        start=_at(anchor, days + 7, 15),
        end=_at(anchor, days + 7, 15.5),
        subject="Team round (afternoon)",
    )
    return replace(
        event,
        details=details,
        recurrence=RecurrenceRule(kind=1, day_of_week=_MONDAY, first_day_of_week=1),
        exceptions=(
            Occurrence(original=moved, details=later),
            Occurrence(original=_at(anchor, days + 14, 9.5)),
        ),
    )


def _whole_days(owner: str, anchor: float) -> Event:
    today = datetime.fromtimestamp(anchor, ZONE).date()
    begin = datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp() + 10 * DAY_S
    return Event(
        uid=_uid(owner, "days"),
        details=Details(
            start=begin, end=begin + 2 * DAY_S, all_day=True, subject="Trade fair", busy_status=3
        ),
    )


def _meeting(owner: str, anchor: float) -> Event:
    """Give a meeting of two accounts as it stands in the calendar of one of them."""
    organizer, attendee = MEETING["people"]
    start = _at(anchor, _days_to(anchor, 2), 11)
    event = _event("demo-meeting-of-two", MEETING["subject"], MEETING["place"], start, 60)
    answer = Attendee(address=attendee, name=OWNERS[attendee], status=_ACCEPTED)
    guest = Attendee(address=PEOPLE[0][1], name=PEOPLE[0][0], status=_NOT_RESPONDED, kind=2)
    return replace(
        event,
        details=replace(event.details, attendees=(answer, guest), body=Text(plain=MEETING["text"])),
        organizer_name=OWNERS[organizer],
        organizer_address=organizer,
        response=1 if owner == organizer else _ACCEPTED,
        response_requested=True,
    )


# Tasks and notes


def _tasks(owner: str, anchor: float) -> Iterator[Task]:
    for number, (subject, days, text) in enumerate(TASKS):
        due = _midnight(anchor, days)
        done = days < 0
        yield Task(
            uid=_uid(owner, "task", number),
            subject=subject,
            body=Text(plain=text),
            importance=2 if number == 0 else 1,
            due_local=due,
            due_utc=due,
            complete=done,
            completed_at=due + 9 * HOUR_S if done else None,
            categories=("Work",) if number % 2 else (),
            reminder_at=due - 15 * HOUR_S if number == 0 else None,
        )
    begin = _midnight(anchor, _days_to(anchor, 1))
    yield Task(
        uid=_uid(owner, "task", "weekly"),
        subject="Water the plants",
        start_local=begin,
        start_utc=begin,
        due_local=begin,
        due_utc=begin,
        recurrence=TaskRecurrence(
            rule=RecurrenceRule(kind=1, day_of_week=_TUESDAY, first_day_of_week=1), start=begin
        ),
    )


def _midnight(anchor: float, days: int) -> float:
    """Give a date so many days after the anchor, as its midnight UTC."""
    return anchor // DAY_S * DAY_S + days * DAY_S


def _notes(owner: str, anchor: float) -> Iterator[Note]:
    for number, (subject, text) in enumerate(NOTES):
        yield Note(
            uid=_uid(owner, "note", number),
            subject=subject,
            body=Text(plain=text),
            categories=("Personal",) if number else (),
            modified_at=anchor,
        )
