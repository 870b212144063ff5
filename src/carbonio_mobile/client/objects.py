"""Contacts, events, tasks and notes as a phone shows them: read from their ApplicationData.

Spec: MS-ASCNTC 2.2.2; MS-ASCAL 2.2.2; MS-ASTASK 2.2.2; MS-ASNOTE 2.2.2.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from carbonio_mobile.client.classes import CALENDAR, CONTACTS, NOTES, TASKS
from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar, Contacts, Notes, Tasks

Summary = tuple[str, float | None, tuple[str, ...]]
"""What an item is called, when it begins or is due (seconds UTC), its categories."""


def summary(class_name: str, content: Element) -> Summary:
    """Say in short what an object is. Raises: ValueError for a time that is none."""
    return _SUMMARIES[class_name](content)


def _contact(content: Element) -> Summary:
    names = [content.value(tag, "") for tag in (Contacts.FirstName, Contacts.LastName)]
    name = content.value(Contacts.FileAs, "") or " ".join(one for one in names if one)
    other = content.value(Contacts.CompanyName, "") or content.value(Contacts.Email1Address, "")
    return name or other, None, _texts(content, Contacts.Categories)


def _event(content: Element) -> Summary:
    subject = content.value(Calendar.Subject, "")
    return subject, time_of(content, Calendar.StartTime), _texts(content, Calendar.Categories)


def _task(content: Element) -> Summary:
    subject = content.value(Tasks.Subject, "")
    return subject, time_of(content, Tasks.UtcDueDate), _texts(content, Tasks.Categories)


def _note(content: Element) -> Summary:
    return content.value(Notes.Subject, ""), None, _texts(content, Notes.Categories)


_SUMMARIES: Mapping[str, Callable[[Element], Summary]] = {
    CONTACTS: _contact,
    CALENDAR: _event,
    TASKS: _task,
    NOTES: _note,
}


def time_of(content: Element, tag: Tag) -> float | None:
    """Read a time, None where there is none. Raises: ValueError for one that is none."""
    text = content.value(tag, "")
    return parse_datetime(text) if text else None


def _texts(content: Element, container: Tag) -> tuple[str, ...]:
    return tuple(one.string for one in content.find(container) or ())


# Details of events


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One exception of a series: ``original`` is the start it would have had.

    ``start`` None: it begins when it always would. ``deleted``: it does not take place.
    """

    original: float
    deleted: bool = False
    start: float | None = None
    subject: str = ""


def exceptions(content: Element) -> Iterator[Moved]:
    """Give the exceptions of a series, in their order. Raises: ValueError for unreadable ones."""
    for one in content.find(Calendar.Exceptions) or ():
        original = time_of(one, Calendar.ExceptionStartTime)
        if original is None:
            original = time_of(one, AirSyncBase.InstanceId)
        if original is None:
            raise ValueError("an exception without its original start")
        yield Moved(
            original=original,
            deleted=one.value(Calendar.Deleted, "0") == "1",
            start=time_of(one, Calendar.StartTime),
            subject=one.value(Calendar.Subject, ""),
        )


def location(content: Element) -> str:
    """Say where an event is, in the form of any version."""
    place = content.find(AirSyncBase.Location)
    if place is None:
        return content.value(Calendar.Location, "")
    return place.value(AirSyncBase.DisplayName, "")


def attendees(content: Element) -> list[tuple[str, str, int]]:
    """Give those invited: name, address, and what they said (0, 2 tentative, 3 yes, 4 no, 5)."""
    return [
        (
            one.value(Calendar.Name, ""),
            one.value(Calendar.Email, ""),
            int(one.value(Calendar.AttendeeStatus, "0") or "0"),
        )
        for one in content.find(Calendar.Attendees) or ()
    ]
