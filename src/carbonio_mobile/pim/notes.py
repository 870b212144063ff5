"""Notes as they are stored: VJOURNAL, or plain text whose first line is the subject.

Only the lines of what changed are written anew. A plain text that is changed becomes a VJOURNAL
where it has to say more than a text can.

Spec: RFC 5545 3.6.3 (VJOURNAL); MS-ASNOTE 2.2.2.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.calendars import MAX_TEXT_BYTES, MAX_UID_CHARS
from carbonio_mobile.pim.components import Component, write
from carbonio_mobile.pim.contentlines import clean, decode_source
from carbonio_mobile.pim.moments import NO_ZONES, read_moment
from carbonio_mobile.pim.note import STICKY_NOTE, Note
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.texts import (
    MAX_SUBJECT_CHARS,
    new_component,
    open_component,
    read_body,
    read_categories,
    read_own,
    read_subject,
    read_uid,
    stamp,
    tidy,
    tidy_body,
    tidy_categories,
    write_body,
    write_categories,
    write_own,
    write_subject,
)

MAX_CLASS_CHARS = 255

_COMPONENT = "VJOURNAL"
_CLASS = "MESSAGE-CLASS"
_CALENDAR = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*BEGIN:", re.IGNORECASE)


def read_note(source: bytes) -> Note:
    """Read a VJOURNAL, or a plain text.

    A plain text has no UID of its own. Raises: Corrupt for a calendar without a journal entry, and
    for octets that are no text.
    """
    if not _CALENDAR.match(source):
        return _read_text(source)
    return _read(open_component(source, _COMPONENT)[1])


def write_note(source: bytes | None, note: Note, *, now: float) -> bytes:
    """Write a note into the source it was read from, or a new VJOURNAL; ``now`` in seconds UTC.

    The source comes back itself where nothing changed. Reading the result gives
    ``normalised(note)`` modified at ``now``. Raises: Corrupt where the source is no note.
    """
    after = normalised(note)
    if source is None:
        return _patched(*new_component(_COMPONENT, after.uid, now), after, now)
    if _CALENDAR.match(source):
        root, journal = open_component(source, _COMPONENT)
        before = normalised(_read(journal))
        return (
            source
            if before == replace(after, uid=before.uid)
            else _patched(root, journal, after, now)
        )
    for text in (source, after.body.plain.encode("utf-8", "replace")):
        # A text that begins like a calendar would be read as one.
        if not _CALENDAR.match(text) and normalised(_read_text(text)) == replace(after, uid=""):
            return text
    return _patched(*new_component(_COMPONENT, after.uid, now), after, now)


def _patched(root: Component, journal: Component, after: Note, now: float) -> bytes:
    before = normalised(_read(journal))
    for name, write_one in _WRITERS:
        if getattr(before, name) != getattr(after, name):
            write_one(journal, getattr(after, name))
    stamp(journal, now)
    return write(root)


def normalised(note: Note) -> Note:
    """Give the note in the form in which it comes out of a VJOURNAL again, without its time."""
    message_class = tidy(note.message_class, MAX_CLASS_CHARS)
    return Note(
        uid=tidy(note.uid, MAX_UID_CHARS),
        subject=tidy(note.subject, MAX_SUBJECT_CHARS),
        body=tidy_body(note.body),
        categories=tidy_categories(note.categories),
        message_class=message_class if is_sticky(message_class) else STICKY_NOTE,
    )


def is_sticky(message_class: str) -> bool:
    """Tell whether a class is one that a note may have (MS-ASNOTE R57), in upper or lower case."""
    lower, plain = message_class.lower(), STICKY_NOTE.lower()
    return lower == plain or lower.startswith(plain + ".")


def _read(journal: Component) -> Note:
    message_class = read_own(journal, _CLASS, MAX_CLASS_CHARS)
    times = [read_moment(journal.first(one), NO_ZONES) for one in ("LAST-MODIFIED", "DTSTAMP")]
    return Note(
        uid=read_uid(journal),
        subject=read_subject(journal),
        body=read_body(journal),
        categories=read_categories(journal),
        message_class=message_class if is_sticky(message_class) else STICKY_NOTE,
        modified_at=next((one.utc for one in times if one is not None), None),
    )


def _read_text(source: bytes) -> Note:
    """Read a plain text: the first line that says something is the subject, all is the body."""
    wide = source.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    if len(source) > MAX_TEXT_BYTES or (b"\0" in source[:1000] and not wide):
        raise Corrupt("neither a calendar nor a text")
    text = clean(_decoded(source)).strip("\n")
    first = text.lstrip().partition("\n")[0].strip()
    return Note(uid="", subject=first[:MAX_SUBJECT_CHARS].strip(), body=Text(plain=text))


def _decoded(source: bytes) -> str:
    try:
        return decode_source(source).encode("utf-8").decode("utf-8")
    except UnicodeEncodeError:  # octets that are no UTF-8 are those of Windows
        return source.decode("cp1252", "replace")


def _write_class(journal: Component, message_class: str) -> None:
    write_own(journal, _CLASS, "" if message_class == STICKY_NOTE else message_class)


_WRITERS: tuple[tuple[str, Callable[[Component, Any], None]], ...] = (
    ("subject", write_subject),
    ("body", write_body),
    ("categories", write_categories),
    ("message_class", _write_class),
)
