"""Notes as messages of an IMAP folder, in the form in which Apple's Notes keep them there.

A note is a mail with one text, plain or HTML; its subject is the title, a field of its own holds
the identifier that stays while messages come and go. The VJOURNAL that a note is for this program
goes along in a field, or as a file where it is large: what the message says itself (title and text)
is read from the message, all else from there, so no line is lost while nobody else rewrites the
message. Apple's Notes do rewrite it: then title, text and identifier are what is left.

Spec: RFC 5322, RFC 2045; RFC 5545 3.6.3 (VJOURNAL). Apple's form is written down nowhere; this is
what its clients store.
"""

import re
from base64 import b64decode, b64encode, encodebytes
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator
from dataclasses import replace
from email.utils import formatdate
from hashlib import blake2b
from uuid import UUID

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.bodies import html_to_text
from carbonio_mobile.mime.building import NewAttachment, attachment_part, multipart
from carbonio_mobile.mime.content import decoded
from carbonio_mobile.mime.envelope import sent_time
from carbonio_mobile.mime.extract import Extracted, extract
from carbonio_mobile.mime.record import Attachment
from carbonio_mobile.mime.structure import Part, find, scan
from carbonio_mobile.mime.words import header_text
from carbonio_mobile.mime.writing import CRLF, address_field, ids_field, text_field
from carbonio_mobile.pim.components import Component, line, write
from carbonio_mobile.pim.contentlines import ContentLine, clean
from carbonio_mobile.pim.moments import NO_ZONES, read_moment
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.notes import read_note, write_note
from carbonio_mobile.pim.text import NO_TEXT, Text
from carbonio_mobile.pim.texts import (
    open_component,
    stamp,
    tidy_categories,
    write_body,
    write_subject,
)

MAX_KEPT_BYTES = 16 * 1024
"""The largest VJOURNAL that stands in the header of its message."""

MAX_FILES_BYTES = 1 << 20
"""What the files of another client's note may have together to go along with it."""

AUTHOR = "notes@localhost"
IDENTIFIER = "X-Universally-Unique-Identifier"

_KIND = b"X-Uniform-Type-Identifier: com.apple.mail-note" + CRLF
_CREATED = "X-Mail-Created-Date"
_JOURNAL = "X-Carbonio-Mobile-Journal"
_WHOLE, _REST, _PART = b"whole", b"rest", b"part"
_BODY_LINES = ("DESCRIPTION", "X-ALT-DESC")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")


def message_of(source: bytes, *, now: float, author: str = AUTHOR) -> bytes:
    """Give the message that a note is stored as; the same octets for the same note.

    ``now`` (seconds UTC) is its date where the note does not say when it was written. ``author``
    is the address that stands under From. Raises: Corrupt (``source`` is no note).
    """
    note = read_note(source)
    form, kept = _kept(source, note)
    identifier = identifier_of(note.uid or _digest(source))
    date = now if note.modified_at is None else note.modified_at
    built = _text_part(note.body)
    if form == _PART:
        file = NewAttachment(name="note.ics", content=source, content_type="text/calendar")
        built = multipart("mixed", [built, attachment_part(file)])
    head = (
        address_field("From", [Mailbox("", author)]),
        text_field("Subject", note.subject),
        _date_field("Date", date),
        ids_field("Message-ID", [f"{identifier}.{_digest(source)[:16]}@notes.invalid"]),
        _KIND,
        f"{IDENTIFIER}: {identifier}".encode("ascii") + CRLF,
        _date_field(_CREATED, _created(source) or date),
        b"MIME-Version: 1.0" + CRLF,
        _journal_field(form, kept),
    )
    return b"".join(head) + built


def source_of(message: bytes, *, received: float = 0.0) -> bytes:
    """Give the VJOURNAL of a note, whoever stored the message.

    What :func:`message_of` was given comes back octet for octet, but that the lines of the body may
    stand last where it is larger than ``MAX_KEPT_BYTES``. Title and text that another client
    changed are written into it. Of a message by another client the UID is its identifier, else its
    Message-ID, else a digest; its time is its date, or else ``received`` (seconds UTC). Its files
    go along as ATTACH, up to ``MAX_FILES_BYTES``. Never raises.
    """
    root = scan(message).root
    found = _journal(message, root)
    if found is not None:
        form, kept = found
        try:
            return _brought_up_to_date(message, root, kept, received, only_rest=form == _REST)
        except Corrupt:
            pass  # Not what this program wrote: it is read as any other mail.
    return _foreign(message, root, received)


def identifier_of(uid: str) -> str:
    """Give the identifier of the note with a UID: itself if it is a UUID, else one made of it.

    All messages that a note was and will be have it in the field ``IDENTIFIER``.
    """
    if _UUID.match(uid):
        return uid
    octets = blake2b(uid.encode("utf-8", "replace"), digest_size=16).digest()
    return str(UUID(bytes=octets, version=5)).upper()


def is_own(message: bytes) -> bool:
    """Tell whether this program stored a message as a note, so that the note says all of it."""
    return _journal(message, scan(message).root) is not None


# Writing


def _kept(source: bytes, note: Note) -> tuple[bytes, bytes]:
    """Give the form in which the VJOURNAL goes along, and the octets for the header."""
    if len(source) <= MAX_KEPT_BYTES:
        return _WHOLE, source
    rest = _without_body(source, note) if note.uid else None
    if rest is not None and len(rest) <= MAX_KEPT_BYTES:
        return _REST, rest
    return _PART, source


def _without_body(source: bytes, note: Note) -> bytes | None:
    """Take out the lines of the body; None where they could not be made again as they were."""
    try:
        root, journal = open_component(source, "VJOURNAL")
    except Corrupt:
        return None
    before = _said(journal)
    write_body(journal, NO_TEXT)
    rest = write(root)
    write_body(journal, _body(note.body.plain, note.body.html))
    return rest if _said(journal) == before else None


def _said(component: Component) -> list[tuple[str, str, str]]:
    return sorted((one.name, one.head, one.value) for one in component.every(*_BODY_LINES))


def _text_part(body: Text) -> bytes:
    """Write the text in base64, which keeps the last line end, or that there is none."""
    text, kind = (body.html, "html") if body.html else (body.plain, "plain")
    octets = text.replace("\n", "\r\n").encode("utf-8", "replace")
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode("ascii") + encodebytes(octets).replace(b"\n", CRLF)


def _journal_field(form: bytes, kept: bytes) -> bytes:
    """Say the form, the digest of what goes along, and, unless it is a file, the octets."""
    packed = b"" if form == _PART else encodebytes(kept)
    words = b"\r\n ".join([form, _digest(kept).encode("ascii"), *packed.split()])
    return f"{_JOURNAL}: ".encode("ascii") + words + CRLF


def _date_field(name: str, date: float) -> bytes:
    return f"{name}: {formatdate(date)}".encode("ascii") + CRLF


def _created(source: bytes) -> float | None:
    try:
        found = read_moment(open_component(source, "VJOURNAL")[1].first("CREATED"), NO_ZONES)
    except Corrupt:
        return None
    return None if found is None else found.utc


def _digest(source: bytes) -> str:
    return blake2b(source, digest_size=16).hexdigest()


# Reading


def _journal(message: bytes, root: Part) -> tuple[bytes, bytes] | None:
    """Give what goes along with a message, and in which form."""
    form, digest, *packed = [*root.fields.first(_JOURNAL.lower()).split(), b"", b""]
    try:
        kept = b64decode(b"".join(packed), validate=True)
    except (Base64Error, ValueError):
        return None
    if form == _PART and len(root.children) > 1:
        kept = decoded(message, root.children[-1])
    is_ours = form in (_WHOLE, _REST, _PART) and digest == _digest(kept).encode("ascii")
    return (form, kept) if is_ours else None


def _brought_up_to_date(
    message: bytes, root: Part, kept: bytes, received: float, *, only_rest: bool
) -> bytes:
    """Write what the message says itself into the VJOURNAL that goes along with it.

    Raises: Corrupt (what goes along is no note, or another one than the message).
    """
    note = read_note(kept)
    identifier = header_text(root.fields.first(IDENTIFIER.lower()))
    if identifier != identifier_of(note.uid or _digest(kept)):
        raise Corrupt("the note of another message")
    subject, body = _shown(message, root, note)
    date = sent_time(root.fields.first("date"))
    if not only_rest:
        told = replace(note, subject=subject, body=body)
        return write_note(kept, told, now=received if date is None else date)
    tree, journal = open_component(kept, "VJOURNAL")
    write_body(journal, body)
    if subject != note.subject:
        write_subject(journal, subject)
    if date is not None and note.modified_at is not None and int(date) != int(note.modified_at):
        stamp(journal, date)  # another client wrote it
    return write(tree)


def _shown(message: bytes, root: Part, note: Note) -> tuple[str, Text]:
    """Give title and text of a message; those of ``note`` where they are the same."""
    subject = header_text(root.fields.first("subject"))
    if subject == header_text(text_field("Subject", note.subject).partition(b":")[2]):
        subject = note.subject
    part = root.children[0] if root.children else root
    text = _exact_text(message, part)
    if text is None:
        return subject, _read_body(extract(message, received_at=0.0))
    is_html = part.content_type == "text/html"
    if text == (note.body.html if is_html else note.body.plain) and is_html == bool(note.body.html):
        return subject, note.body
    return subject, _body("", text) if is_html else Text(plain=text)


def _exact_text(message: bytes, part: Part) -> str | None:
    """Give the text of a part as this program writes it; None where another client wrote it."""
    encoding = part.fields.first("content-transfer-encoding").strip().lower()
    if part.content_type not in ("text/plain", "text/html") or encoding != b"base64":
        return None
    if part.parameters != {"charset": "utf-8"}:
        return None
    try:
        return clean(decoded(message, part).decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _body(plain: str, html: str) -> Text:
    """Give a body whose plain form, where there is HTML, was made from that."""
    return Text(plain=html_to_text(html) if html else plain, html=html)


def _read_body(extracted: Extracted) -> Text:
    plain = extracted.text.replace("\r\n", "\n").removesuffix("\n")
    return Text(plain=plain, html=extracted.html)


# Messages of other clients


def _foreign(message: bytes, root: Part, received: float) -> bytes:
    extracted = extract(message, received_at=received)
    record, body = extracted.record, _read_body(extracted)
    identifier = header_text(root.fields.first(IDENTIFIER.lower()))
    keywords = header_text(root.fields.first("keywords"))
    note = Note(
        uid=identifier or record.message_id or f"note-{_digest(message)}",
        subject=record.subject or body.plain.strip().partition("\n")[0],
        body=body,
        categories=tidy_categories(keywords.split(",")),
    )
    written = write_note(None, note, now=received if record.sent_at is None else record.sent_at)
    files = list(_files(message, root, record.attachments))
    if not files:
        return written
    tree, journal = open_component(written, "VJOURNAL")
    journal.put(("ATTACH",), files)
    return write(tree)


def _files(message: bytes, root: Part, found: Iterable[Attachment]) -> Iterator[ContentLine]:
    """Give the files of a message as lines of a VJOURNAL, those that fit."""
    free = MAX_FILES_BYTES
    for one in found:
        part = find(root, one.part)
        if part is None or one.size_bytes > free:
            continue
        content = decoded(message, part)
        free -= len(content)
        binary = (("ENCODING", "BASE64"), ("VALUE", "BINARY"), ("X-FILENAME", one.name))
        packed = b64encode(content).decode("ascii")
        yield line("ATTACH", packed, ("FMTTYPE", one.content_type), *binary)
