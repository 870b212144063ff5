"""Objects of any form: reading one, its place in a folder's listing, its stored record.

Spec: design.md section 2 (canonical item formats).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Details, Event, Occurrence
from carbonio_mobile.pim.events import NO_CONTENT, read_event, read_part, write_event
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.notes import read_note, write_note
from carbonio_mobile.pim.occurrences import ENDLESS, last_end
from carbonio_mobile.pim.storing import from_difference, from_doc, to_difference, to_doc
from carbonio_mobile.pim.task import Task
from carbonio_mobile.pim.tasks import read_task, write_task
from carbonio_mobile.pim.vcards import read_contact, write_contact

__all__ = [
    "ENDLESS",
    "begins_before",
    "from_text",
    "kind_of",
    "listed_at",
    "read_object",
    "read_part",
    "search_text",
    "to_text",
    "uid_key",
    "write_object",
]

_DAY_S = 86_400.0  # a floating date may begin half a day earlier or later

FORMAT = 2
"""The form of stored records: one of another form is made anew from the object's source."""

_FORMS: Mapping[str, type[Record]] = {
    "contact": Contact,
    "event": Event,
    "task": Task,
    "note": Note,
}
_NAMES = {kind: name for name, kind in _FORMS.items()}
_BEGIN = re.compile(rb"^BEGIN[ \t]*:[ \t]*(VCARD|VEVENT|VTODO|VJOURNAL)[ \t]*\r*$", re.I | re.M)
_KINDS: Mapping[bytes, type[Record]] = {
    b"VCARD": Contact,
    b"VEVENT": Event,
    b"VTODO": Task,
    b"VJOURNAL": Note,
}


def kind_of(source: bytes) -> type[Record]:
    """Tell what a vCard or calendar holds, by its first component. Raises: Corrupt."""
    found = _BEGIN.search(source)
    if found is None:
        raise Corrupt("neither a vCard nor a calendar with an event, task or note")
    return _KINDS[found[1].upper()]


def read_object(source: bytes) -> Record:
    """Read a vCard or calendar. Raises: Corrupt."""
    kind = kind_of(source)
    if kind is Contact:
        return read_contact(source)
    if kind is Event:
        return read_event(source)
    return read_task(source) if kind is Task else read_note(source)


def write_object(
    source: bytes | None,
    record: Record,
    *,
    now: float,
    attachments: Mapping[PartId, bytes] = NO_CONTENT,
) -> bytes:
    """Give an object that says what a record says, made new or patched from ``source``.

    ``attachments`` is for events, see :func:`write_event`.
    """
    if isinstance(record, Contact):
        return write_contact(source, record, now=now)
    if isinstance(record, Event):
        return write_event(source, record, now=now, attachments=attachments)
    if isinstance(record, Task):
        return write_task(source, record, now=now)
    return write_note(source, record, now=now)


def listed_at(record: Record, stored_at: float) -> float:
    """Give the place at which an object stands in its folder's listing; mostly a time, seconds UTC.

    An event stands at the end of its last occurrence and a task where it was completed, ENDLESS
    where there is no such time: so an age filter is a stretch of the listing (MS-ASCMD R3065,
    R5878). An entry of the recipient information cache stands at its rank, which is no time: the
    first ones of the listing are those used most (R3273). All else stands at ``stored_at``, when it
    came.
    """
    if isinstance(record, Contact) and record.weighted_rank is not None:
        return float(record.weighted_rank)
    if isinstance(record, Event):
        return min(last_end(record), ENDLESS)
    if isinstance(record, Task):
        return (record.completed_at or stored_at) if record.complete else ENDLESS
    return stored_at


def begins_before(event: Event, end: float) -> bool:
    """Tell whether an event may have an occurrence that begins before a time."""
    shown = (event.details, *(one.details for one in event.exceptions))
    return any(one is not None and one.start < end + _DAY_S for one in shown)


def uid_key(uid: str) -> bytes:
    """Give the 16 octets by which objects of one UID are found."""
    return blake2b(uid.encode("utf-8", "surrogatepass"), digest_size=16, person=b"uid").digest()


def search_text(record: Record) -> str:
    """Give what is found of an object: names, addresses, subject, place, body."""
    return "\n".join(dict.fromkeys(_words(record)))


def _words(record: Record) -> list[str]:
    words = [*getattr(record, "categories", ())]
    if isinstance(record, Event):
        shown = [record.details, *(one.details for one in record.exceptions if one.details)]
        for each in shown:
            words += [each.subject, each.place.display_name, *each.categories, each.body.plain]
            words += [f"{who.name} {who.address}" for who in each.attendees]
        return [*words, record.organizer_name, record.organizer_address]
    if isinstance(record, Contact):
        texts = (getattr(record, name) for name in record.__dataclass_fields__ if name != "uid")
        return [*words, *_flat(texts), record.body.plain]
    return [*words, record.subject, record.body.plain]


def _flat(values: object) -> list[str]:
    """Give all strings among values and their tuples."""
    found: list[str] = []
    for value in values:  # type: ignore[attr-defined]  # an iterable of a record's values
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, tuple):
            found += _flat(value)
    return found


def to_text(record: Record) -> str:
    """Give the stored form of a record."""
    doc = _event_doc(record) if isinstance(record, Event) else to_doc(record)
    form = [FORMAT, _NAMES[type(record)], doc]
    return json.dumps(form, separators=(",", ":"), ensure_ascii=False)


def _event_doc(event: Event) -> dict[str, Any]:
    """Give an event; its changed occurrences say what they have otherwise than the series.

    They may be many and share a long text, which is kept once.
    """
    doc = to_doc(replace(event, exceptions=()))
    if event.exceptions:
        doc["exceptions"] = [_occurrence_doc(one, event.details) for one in event.exceptions]
    return doc


def _occurrence_doc(one: Occurrence, usual: Details) -> dict[str, Any]:
    doc = to_doc(replace(one, details=None))
    if one.details is not None:
        doc["details"] = to_difference(one.details, usual)
    return doc


def _event_of(doc: dict[str, Any]) -> Event:
    exceptions = doc.pop("exceptions", ())
    event = from_doc(Event, doc)
    return replace(event, exceptions=tuple(_occurrence(one, event.details) for one in exceptions))


def _occurrence(doc: dict[str, Any], usual: Details) -> Occurrence:
    said = doc.pop("details", None)
    one = from_doc(Occurrence, doc)
    return one if said is None else replace(one, details=from_difference(usual, said))


def from_text(text: str) -> Record | None:
    """Read the stored form; None for one of another format. Raises: Corrupt."""
    try:
        number, name, doc = json.loads(text)
        if number != FORMAT:
            return None
        return _event_of(doc) if name == "event" else from_doc(_FORMS[name], doc)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise Corrupt("the record of an object") from exc
