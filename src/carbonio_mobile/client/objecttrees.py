"""Contacts, events, tasks and notes as a phone writes them, for Add and Change of any version.

Spec: MS-ASCNTC 2.2.2; MS-ASCAL 2.2.2, 3.1.5.3; MS-ASTASK 2.2.2; MS-ASNOTE 2.2.2; MS-ASAIRS 2.2.2.9.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from carbonio_mobile.eas.times import format_compact, format_datetime
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.pim.timezones import UTC_BLOB
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar, Contacts, Notes, Tasks

FILE_AS = Contacts.FileAs
NOTE_CLASS = "IPM.StickyNote"
MEETING = 1
"""MeetingStatus of a meeting that the user called; 0 is an appointment (MS-ASCAL 2.2.2.28)."""

_SERVERS_OWN: frozenset[Tag] = frozenset(
    {
        Calendar.AppointmentReplyTime,
        Calendar.ResponseType,
        Calendar.OnlineMeetingConfLink,
        Calendar.OnlineMeetingExternalLink,
        AirSyncBase.Attachments,
        Contacts.Alias,
        Contacts.WeightedRank,
    }
)
_BODIES: frozenset[Tag] = frozenset(
    {
        AirSyncBase.Body,
        AirSyncBase.NativeBodyType,
        Contacts.Body,
        Contacts.BodySize,
        Contacts.BodyTruncated,
        Calendar.Body,
        Calendar.BodyTruncated,
        Tasks.Body,
        Tasks.BodySize,
        Tasks.BodyTruncated,
    }
)


def whole(content: Element, changes: Iterable[Element]) -> list[Element]:
    """Give all properties of an item that is held, as a Change says them, with some changed.

    An empty element among ``changes`` takes a property off. The body, of which a part only may be
    held, is left out unless it changes: so it stays.
    """
    told = {change.tag: change for change in changes}
    kept = [
        child
        for child in content
        if child.tag not in told and child.tag not in _SERVERS_OWN | _BODIES
    ]
    return kept + [one for one in told.values() if one.children or one.text is not None]


def body(text: str, version: Version, native: Tag | None) -> Element | None:
    """Write a plain body; ``native`` is its element at 2.5. None where there is no text."""
    if not text:
        return None
    if knows(version, AirSyncBase.Body):
        data = [Element(AirSyncBase.Type, "1"), Element(AirSyncBase.Data, text)]
        return Element(AirSyncBase.Body, data)
    return None if native is None else Element(native, text)


def _given(elements: Sequence[Element | None]) -> list[Element]:
    return [element for element in elements if element is not None]


def _named(tag: Tag, text: str) -> Element | None:
    return Element(tag, text) if text else None


def _categories(container: Tag, tag: Tag, names: Sequence[str]) -> Element | None:
    return Element(container, [Element(tag, name) for name in names]) if names else None


def _time(tag: Tag, at: float | None) -> Element | None:
    return None if at is None else Element(tag, format_datetime(at))


# Contacts


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """Somebody; what is empty is not said. ``birthday`` is the midnight UTC of the date."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    company: str = ""
    title: str = ""
    birthday: float | None = None
    categories: Sequence[str] = ()
    text: str = ""


_CONTACT_TEXTS = (
    (Contacts.FirstName, "first_name"),
    (Contacts.LastName, "last_name"),
    (Contacts.Email1Address, "email"),
    (Contacts.BusinessPhoneNumber, "phone"),
    (Contacts.MobilePhoneNumber, "mobile"),
    (Contacts.CompanyName, "company"),
    (Contacts.JobTitle, "title"),
)


def contact(new: NewContact, version: Version) -> list[Element]:
    """Give the properties of a contact, or what changes of one."""
    filed = ", ".join(name for name in (new.last_name, new.first_name) if name)
    return _given(
        [
            _named(Contacts.FileAs, filed),
            *(_named(tag, getattr(new, name)) for tag, name in _CONTACT_TEXTS),
            _time(Contacts.Birthday, new.birthday),
            _categories(Contacts.Categories, Contacts.Category, new.categories),
            body(new.text, version, Contacts.Body),
        ]
    )


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event; times are seconds UTC, of an all-day event the midnights UTC of its dates.

    ``zone_blob`` is the clock that a series goes by. ``attendees`` are addresses. ``exceptions`` go
    with an Add up to 14.1 only.
    """

    subject: str
    start: float
    end: float
    all_day: bool = False
    zone_blob: str = UTC_BLOB
    location: str = ""
    attendees: Sequence[str] = ()
    reminder_min: int | None = None
    recurrence: Element | None = None
    exceptions: Sequence[Element] = ()
    categories: Sequence[str] = ()
    text: str = ""


def event(
    new: NewEvent, version: Version, *, uid: str, organizer: str, now: float
) -> list[Element]:
    """Give the properties of a new event; ``uid`` is a new name for it.

    From 16.0 on UID, organiser and time stamp are the server's (MS-ASCAL R2088, R2168, R2219).
    """
    is_new = version >= Version.V16_0
    invites = bool(new.attendees)
    reminder = None if new.reminder_min is None else str(new.reminder_min)
    return _given(
        [
            Element(Calendar.Timezone, new.zone_blob),
            Element(Calendar.AllDayEvent, str(int(new.all_day))),
            Element(Calendar.BusyStatus, "2"),
            None if is_new or not invites else Element(Calendar.OrganizerEmail, organizer),
            None if is_new else Element(Calendar.DtStamp, format_compact(now)),
            *times(new.start, new.end),
            Element(Calendar.Subject, new.subject),
            _named(Calendar.UID, "" if is_new else uid),
            _named(Calendar.ClientUid, uid if is_new else ""),
            place(new.location, version),
            body(new.text, version, Calendar.Body),
            Element(Calendar.Sensitivity, "0"),
            Element(Calendar.MeetingStatus, str(MEETING if invites else 0)),
            None if reminder is None else Element(Calendar.Reminder, reminder),
            _attendees(new.attendees, version),
            _categories(Calendar.Categories, Calendar.Category, new.categories),
            new.recurrence,
            Element(Calendar.Exceptions, new.exceptions) if new.exceptions else None,
        ]
    )


def times(start: float, end: float) -> list[Element]:
    """Write when an event is."""
    return [
        Element(Calendar.StartTime, format_compact(start)),
        Element(Calendar.EndTime, format_compact(end)),
    ]


def place(name: str, version: Version) -> Element | None:
    """Write where an event is, None for nowhere."""
    if not name:
        return None
    if version >= Version.V16_0:
        return Element(AirSyncBase.Location, [Element(AirSyncBase.DisplayName, name)])
    return Element(Calendar.Location, name)


def _attendees(addresses: Sequence[str], version: Version) -> Element | None:
    kind = Element(Calendar.AttendeeType, "1") if version >= Version.V12_0 else None
    listed = [
        Element(
            Calendar.Attendee,
            [Element(Calendar.Email, address), Element(Calendar.Name, address), kind],
        )
        for address in addresses
    ]
    return Element(Calendar.Attendees, listed) if listed else None


DAILY, WEEKLY, MONTHLY, YEARLY = 0, 1, 2, 5


def recurrence(
    kind: int,
    start: float,
    *,
    interval: int = 1,
    occurrences: int | None = None,
    until: float | None = None,
) -> Element:
    """Write the pattern of a series: every so many days, weeks, months or years, as from its start.

    The weekday, or the day, are those of ``start``, whose clock is that of the series.
    """
    first = datetime.fromtimestamp(start, UTC)
    day_of_week = 1 << first.isoweekday() % 7
    return Element(
        Calendar.Recurrence,
        [
            Element(Calendar.Type, str(kind)),
            Element(Calendar.Interval, str(interval)),
            Element(Calendar.DayOfWeek, str(day_of_week)) if kind == WEEKLY else None,
            Element(Calendar.DayOfMonth, str(first.day)) if kind in (MONTHLY, YEARLY) else None,
            Element(Calendar.MonthOfYear, str(first.month)) if kind == YEARLY else None,
            None if occurrences is None else Element(Calendar.Occurrences, str(occurrences)),
            None if until is None else Element(Calendar.Until, format_compact(until)),
        ],
    )


def moved(original: float, start: float, end: float, *content: Element) -> Element:
    """Write an exception that takes place at another time (up to 14.1)."""
    named = Element(Calendar.ExceptionStartTime, format_compact(original))
    return Element(Calendar.Exception, [named, *times(start, end), *content])


def cancelled(original: float) -> Element:
    """Write an exception that does not take place (up to 14.1)."""
    named = Element(Calendar.ExceptionStartTime, format_compact(original))
    return Element(Calendar.Exception, [Element(Calendar.Deleted, "1"), named])


# Tasks and notes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """Something to do; times are seconds UTC, ``importance`` 0 to 2."""

    subject: str
    start: float | None = None
    due: float | None = None
    remind_at: float | None = None
    importance: int = 1
    categories: Sequence[str] = ()
    text: str = ""


def task(new: NewTask, version: Version) -> list[Element]:
    """Give the properties of a new task; a start comes with a due date (MS-ASTASK R304)."""
    due = new.start if new.due is None else new.due
    return _given(
        [
            Element(Tasks.Subject, new.subject),
            body(new.text, version, Tasks.Body),
            Element(Tasks.Importance, str(new.importance)),
            _time(Tasks.UtcStartDate, new.start),
            _time(Tasks.StartDate, new.start),
            _time(Tasks.UtcDueDate, due),
            _time(Tasks.DueDate, due),
            _categories(Tasks.Categories, Tasks.Category, new.categories),
            Element(Tasks.Complete, "0"),
            _time(Tasks.ReminderTime, new.remind_at),
            Element(Tasks.ReminderSet, "0" if new.remind_at is None else "1"),
        ]
    )


def completed(at: float) -> list[Element]:
    """Give what changes of a task that is done."""
    return [Element(Tasks.Complete, "1"), Element(Tasks.DateCompleted, format_datetime(at))]


def note(
    subject: str, text: str, version: Version, *, categories: Sequence[str] = ()
) -> list[Element]:
    """Give the properties of a new note (14.0 and later)."""
    return _given(
        [
            Element(Notes.Subject, subject),
            body(text, version, None),
            Element(Notes.MessageClass, NOTE_CLASS),
            _categories(Notes.Categories, Notes.Category, categories),
        ]
    )
