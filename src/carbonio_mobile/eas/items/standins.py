"""What is told of an object that cannot be converted, or not even be read: its name, and a note.

Spec: design.md section 4 (an item that fails to convert is offered degraded).
"""

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.textbody import text_elements
from carbonio_mobile.eas.times import format_compact, format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.task import Task
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.timezones import UTC_BLOB
from carbonio_mobile.wbxml.codepages import Calendar, Contacts, Notes, Tasks
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

UNTITLED = "(cannot be shown here)"

_NOTE = Text(plain="This item cannot be shown here. Please open it in another program.")


def _body(version: Version, native: Tag | None) -> list[Element]:
    return text_elements(_NOTE, BodyOptions(), version, native=native)


def contact(record: Record | None, _received: float, version: Version) -> list[Element]:
    """Give a contact that has a name alone."""
    name = record.file_as if isinstance(record, Contact) else ""
    return [Element(Contacts.FileAs, name or UNTITLED), *_body(version, Contacts.Body)]


def event(record: Record | None, received: float, version: Version) -> list[Element]:
    """Give an event with its time and subject; one without a readable time lasts no time."""
    start = end = received
    subject, uid = UNTITLED, ""
    if isinstance(record, Event):
        start, end, uid = record.details.start, record.details.end, record.uid
        subject = record.details.subject or UNTITLED
    return [
        Element(Calendar.Timezone, UTC_BLOB),
        Element(Calendar.AllDayEvent, "0"),
        Element(Calendar.BusyStatus, "0"),
        Element(Calendar.DtStamp, format_compact(start)),
        Element(Calendar.EndTime, format_compact(end)),
        Element(Calendar.StartTime, format_compact(start)),
        Element(Calendar.Subject, subject),
        *([Element(Calendar.UID, uid)] if uid else []),
        Element(Calendar.MeetingStatus, "0"),
        *_body(version, Calendar.Body),
    ]


def task(record: Record | None, received: float, version: Version) -> list[Element]:
    """Give a task with its subject and whether it is done."""
    known = record if isinstance(record, Task) else None
    done = known is not None and known.complete
    at = (known.completed_at if known is not None else None) or received
    return [
        Element(Tasks.Subject, (known.subject if known is not None else "") or UNTITLED),
        Element(Tasks.Importance, "1"),
        Element(Tasks.Complete, "1" if done else "0"),
        *([Element(Tasks.DateCompleted, format_datetime(at))] if done else []),
        *_body(version, Tasks.Body),
    ]


def note(record: Record | None, received: float, version: Version) -> list[Element]:
    """Give a note with its subject."""
    subject = record.subject if isinstance(record, Note) else ""
    return [
        Element(Notes.Subject, subject or UNTITLED),
        Element(Notes.MessageClass, "IPM.StickyNote"),
        Element(Notes.LastModifiedDate, format_compact(received)),
        *_body(version, None),
    ]
