"""Events, viewers and requests for the tests of the Calendar class."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from carbonio_mobile.eas.items.context import Author, Viewer
from carbonio_mobile.eas.times import format_compact
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, PartId
from carbonio_mobile.pim.event import (
    Attendee,
    Details,
    Event,
    EventAttachment,
    Occurrence,
    Place,
)
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.timezones import blob_at, zone_named
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, Calendar

DAY = 86_400.0
ME, OTHER = "me@example.com", "boss@example.com"


def at(*date: int) -> float:
    """Give a moment in UTC: year, month, day, hour, minute."""
    year, month, day, hour, minute = (*date, 0, 0)[:5]
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


START = at(2026, 3, 2, 8)  # a Monday, 9 o'clock in Berlin
NOW = at(2026, 2, 1, 18, 3)
BERLIN = blob_at(zone_named("Europe/Berlin"), datetime(2026, 3, 2, tzinfo=UTC))
WEEKLY = RecurrenceRule(kind=1, day_of_week=2, first_day_of_week=1)

PLAIN_EVENT = Event(
    uid="040000008200E00074C5B7101A82E008",
    details=Details(start=START, end=START + 3600, subject="Lunch", dtstamp=NOW),
    tzid="Europe/Berlin",
    zone_blob=BERLIN,
)
ALL_DAY = replace(
    PLAIN_EVENT,
    details=replace(PLAIN_EVENT.details, start=at(2026, 3, 2), end=at(2026, 3, 4), all_day=True),
    tzid="",
    zone_blob="",
)
DETAILS = Details(
    start=START,
    end=START + 3600,
    subject="Stand-up",
    place=Place(display_name="Room 1", city="Bonn", latitude="50.7", longitude="7.1"),
    body=Text(plain="Agenda"),
    categories=("Blue", "Work"),
    busy_status=3,
    sensitivity=2,
    reminder_min=15,
    attendees=(
        Attendee(address="ann@example.com", name="Ann", status=3),
        Attendee(
            address="bob@example.com", status=2, kind=2, proposed=(START + 7200, START + 9000)
        ),
        Attendee(address="room@example.com", name="Room", kind=3),
    ),
    attachments=(
        EventAttachment(
            part=PartId("1"),
            name="plan.pdf",
            content_type="application/pdf",
            size_bytes=99,
            content_id="c1",
            inline=True,
        ),
    ),
    online_link="conf:sip:me@example.com",
    online_external_link="https://meet.example.com/1",
    dtstamp=NOW,
)
CHANGED = replace(
    DETAILS,
    start=START + 14 * DAY + 3600,
    end=START + 14 * DAY + 9000,
    subject="",
    place=Place(),
    body=Text(),
    categories=(),
    busy_status=0,
    sensitivity=0,
    reminder_min=None,
    attendees=(),
    attachments=(),
    online_link="",
    online_external_link="",
    dtstamp=NOW + 60,
)
SERIES = Event(
    uid="series-1",
    details=DETAILS,
    tzid="Europe/Berlin",
    zone_blob=BERLIN,
    organizer_name="Me",
    organizer_address=ME,
    response_requested=True,
    disallow_new_time_proposal=True,
    recurrence=WEEKLY,
    exceptions=(
        Occurrence(original=START + 7 * DAY),
        Occurrence(original=START + 14 * DAY, details=CHANGED),
        Occurrence(
            original=START + 21 * DAY,
            details=replace(DETAILS, start=START + 21 * DAY, end=START + 21 * DAY + 3600),
        ),
    ),
)
RECEIVED = replace(
    SERIES,
    organizer_name="Boss",
    organizer_address=OTHER,
    response=3,
    replied_at=NOW + 5,
    details=replace(
        DETAILS, attendees=(*DETAILS.attendees, Attendee(address=ME, name="Me", status=3))
    ),
    exceptions=(
        Occurrence(
            original=START + 7 * DAY,
            details=replace(
                DETAILS,
                start=START + 7 * DAY,
                end=START + 7 * DAY + 3600,
                attendees=(Attendee(address=ME, status=2),),
            ),
            response=2,
            replied_at=NOW + 9,
        ),
        Occurrence(
            original=START + 14 * DAY,
            details=replace(
                DETAILS,
                start=START + 14 * DAY,
                end=START + 14 * DAY + 3600,
                is_cancelled=True,
                attendees=(Attendee(address=ME, status=4),),
            ),
            response=4,
            replied_at=NOW + 9,
        ),
    ),
)
RULES = (
    RecurrenceRule(kind=0, interval=3, occurrences=10),
    RecurrenceRule(kind=1, day_of_week=62, first_day_of_week=0, until=START + 60 * DAY),
    RecurrenceRule(kind=2, day_of_month=2, calendar_type=1),
    RecurrenceRule(kind=3, week_of_month=1, day_of_week=2, interval=2),
    RecurrenceRule(kind=5, day_of_month=2, month_of_year=3),
    RecurrenceRule(
        kind=6, week_of_month=5, day_of_week=127, month_of_year=2, calendar_type=15,
        is_leap_month=True,
    ),
)  # fmt: skip
ORPHAN = replace(SERIES, recurrence=None, exceptions=(), recurrence_id=START)
EVENTS = (
    PLAIN_EVENT,
    ALL_DAY,
    SERIES,
    RECEIVED,
    ORPHAN,
    *[replace(SERIES, recurrence=rule, exceptions=()) for rule in RULES],
    replace(ALL_DAY, recurrence=WEEKLY, exceptions=(Occurrence(original=at(2026, 3, 9)),)),
)

VIEWER = Viewer(address=ME, addresses=frozenset((ME,)))


def author(version: Version = Version.V14_1, **changes: object) -> Author:
    fields: dict[str, object] = {
        "version": version,
        "now": NOW,
        "address": ME,
        "display_name": "Me",
        "addresses": frozenset((ME,)),
        "new_uid": "made-by-us",
    }
    return Author(**(fields | changes))  # type: ignore[arg-type]


def item_of(event: Event) -> ObjectItem:
    return ObjectItem(
        item=ItemId(7),
        folder=FolderId("5"),
        version=ItemVersion("1"),
        received=NOW,
        record=event,
    )


def sent(*children: Element | None) -> Element:
    return Element(AirSync.ApplicationData, list(children))


def el(tag: Tag, content: str | float | Sequence[Element] = "") -> Element:
    """Make an element; a number is written as a time where it is a float."""
    if isinstance(content, float):
        return Element(tag, format_compact(content))
    return Element(tag, str(content) if isinstance(content, int) else content)


def when(start: float = START, end: float = START + 3600) -> tuple[Element, Element]:
    return el(Calendar.StartTime, start), el(Calendar.EndTime, end)


def exception(original: float, *children: Element) -> Element:
    return el(Calendar.Exception, [el(Calendar.ExceptionStartTime, original), *children])


def exceptions(*children: Element) -> Element:
    return el(Calendar.Exceptions, children)


def walk(elements: Sequence[Element]) -> Iterator[Element]:
    for one in elements:
        yield one
        yield from walk(one.children)
