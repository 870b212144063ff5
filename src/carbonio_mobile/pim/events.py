"""Events as text: a calendar object of iCalendar read into an ``Event``, and written back.

Spec: RFC 5545; MS-OXCICAL; MS-ASCAL 2.2.2.
"""

from collections.abc import Mapping

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.calendars import open_calendar
from carbonio_mobile.pim.components import write
from carbonio_mobile.pim.contentlines import from_base64
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.eventfiles import attachment_type
from carbonio_mobile.pim.eventobject import event_of, part_prefix, parts_of
from carbonio_mobile.pim.eventpatch import changed_calendar, new_calendar
from carbonio_mobile.pim.eventwriting import attachment_lines

NO_CONTENT: Mapping[PartId, bytes] = {}


def read_event(source: bytes) -> Event:
    """Read a calendar object: a single event, a series with its exceptions, or exceptions alone.

    Of several objects the first is read. What cannot be read as written, or is beyond a bound, is
    named in ``faults``.

    Raises: Corrupt, where there is no event with a start, or more than 1 MiB without attachments.
    """
    return event_of(open_calendar(source))


def write_event(
    source: bytes | None,
    event: Event,
    *,
    now: float,
    attachments: Mapping[PartId, bytes] = NO_CONTENT,
) -> bytes:
    """Give a calendar object that says what an event says, made new or patched from ``source``.

    A patch writes the lines of fields that differ, LAST-MODIFIED where any does, and nothing else;
    an event that is read only keeps its times and series. ``attachments`` holds the content of the
    attachments that are new, by the ``part`` that the event gives them; parts are numbered anew
    when the result is read. Attachments that are neither there nor new are left out.

    Raises: Corrupt, for a source that :func:`read_event` could not read.
    """
    if source is not None:
        changed = changed_calendar(open_calendar(source), event, now, attachments)
        if changed is not None:
            return write(changed)
    return write(new_calendar(event, now, attachments))


def read_part(source: bytes, part: PartId) -> tuple[str, bytes]:
    """Give content type and octets of an attachment that a calendar object holds.

    Raises: NotFound, where it holds no such part; Corrupt.
    """
    parts = parts_of(open_calendar(source))
    known = attachment_lines(parts.master, "")
    for one in parts.overrides:
        known.update(attachment_lines(one.component, part_prefix(one.original)))
    if part not in known:
        raise NotFound(f"part {part} of an event")
    return attachment_type(known[part]), from_base64(known[part].value) or b""
