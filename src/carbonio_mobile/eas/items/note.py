"""A note as the properties of the Notes class, and back.

Spec: MS-ASNOTE 2.2.2, 3.2.5.3.
"""

from dataclasses import replace

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.context import Author, Ghosts, Viewer
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.values import categories, category_elements, text
from carbonio_mobile.eas.textbody import parse_text, text_elements
from carbonio_mobile.eas.times import format_compact
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.notes import MAX_CLASS_CHARS, is_sticky
from carbonio_mobile.pim.text import NO_TEXT
from carbonio_mobile.pim.texts import MAX_SUBJECT_CHARS
from carbonio_mobile.wbxml.codepages import Notes
from carbonio_mobile.wbxml.elements import Element


def application_data(
    item: ObjectItem,
    options: BodyOptions,
    version: Version,
    _shown: Viewer,
) -> list[Element]:
    """Give the children of ApplicationData, or of Properties in a Fetch or a Search.

    LastModifiedDate is always there (MS-ASNOTE R125): where the note does not say, it is when it
    came. Below 14.0 there are no notes, and nothing.
    """
    if version < Version.V14_0:
        return []
    note = item.record
    assert isinstance(note, Note)
    modified = item.received if note.modified_at is None else note.modified_at
    return [
        *([Element(Notes.Subject, note.subject)] if note.subject else []),
        *text_elements(note.body, options, version),
        Element(Notes.MessageClass, note.message_class),
        Element(Notes.LastModifiedDate, format_compact(modified)),
        *category_elements(Notes.Categories, Notes.Category, note.categories),
    ]


def added(data: Element, author: Author) -> Note:
    """Read the ApplicationData of an Add; LastModifiedDate is not looked at (MS-ASNOTE R84).

    Raises: ItemFault (status 6) below 14.0, without a MessageClass that a note may have (R54,
    R119), for RTF that cannot be read, and beyond the bounds of text and categories.
    """
    if author.version < Version.V14_0:
        raise ItemFault("a note below 14.0")
    message_class = _message_class(data)
    if message_class is None:
        raise ItemFault("a note without MessageClass")
    return Note(
        uid=author.new_uid,
        subject=(text(data, Notes.Subject, MAX_SUBJECT_CHARS) or "").strip(),
        body=parse_text(data, author.version) or NO_TEXT,
        categories=categories(data, Notes.Categories, Notes.Category),
        message_class=message_class,
        modified_at=author.now,
    )


def changed(before: Note, data: Element, author: Author, _ghosts: Ghosts) -> Note:
    """Read the ApplicationData of a Change.

    Subject, Body and MessageClass stay where they are absent, categories go (MS-ASNOTE R112, R113,
    R10003). Nothing of a note can be ghosted (R80). Raises: ItemFault as :func:`added`.
    """
    subject = text(data, Notes.Subject, MAX_SUBJECT_CHARS)
    body = parse_text(data, author.version)
    return replace(
        before,
        subject=before.subject if subject is None else subject.strip(),
        body=before.body if body is None else body,
        categories=categories(data, Notes.Categories, Notes.Category),
        message_class=_message_class(data) or before.message_class,
        modified_at=author.now,
    )


def _message_class(data: Element) -> str | None:
    """Read MessageClass, None where absent. Raises: ItemFault for another class (R57, R119)."""
    said = text(data, Notes.MessageClass, MAX_CLASS_CHARS)
    if said is None:
        return None
    if not is_sticky(said.strip()):
        raise ItemFault("a class that is none of notes")
    return said.strip()
