"""Meeting messages as mail: what people read, and beside it the calendar that programs read.

Spec: RFC 6047 2.4 (MIME); RFC 5546; MS-OXCICAL 1.3.
"""

import re
from base64 import encodebytes
from collections.abc import Iterator, Mapping, Sequence
from email.utils import formatdate

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.mime.addresses import Mailbox, parse_addresses
from carbonio_mobile.mime.building import Body, content, multipart, text_part
from carbonio_mobile.mime.building import message as assembled
from carbonio_mobile.mime.charsets import decode
from carbonio_mobile.mime.content import decoded
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.header import split, wire_body
from carbonio_mobile.mime.record import MeetingSummary
from carbonio_mobile.mime.structure import Part, find, scan, top_fields
from carbonio_mobile.mime.words import header_text
from carbonio_mobile.mime.writing import CRLF, address_field, ids_field, text_field
from carbonio_mobile.pim.itip import substance

MAX_SUBJECT_CHARS = 255

_ANSWERS = ("In-Reply-To", "References")

_CALENDAR = re.compile(rb"text/calendar", re.IGNORECASE)

_PREFIXES: Mapping[str, str] = {
    "REQUEST": "",
    "CANCEL": "Canceled: ",
    "ACCEPTED": "Accepted: ",
    "TENTATIVE": "Tentative: ",
    "DECLINED": "Declined: ",
    "COUNTER": "New Time Proposed: ",
    "FORWARD": "FW: ",
    "FORWARDED": "Meeting Forward Notification: ",
}


def meeting_subject(what: str, subject: str) -> str:
    """Give the subject of a meeting mail as Exchange words it in English."""
    text = f"{_PREFIXES[what]}{' '.join(subject.split())}".strip()
    return text[:MAX_SUBJECT_CHARS]


def imip_message(
    *,
    calendar: bytes,
    method: str,
    from_: Mailbox,
    to: Sequence[Mailbox],
    subject: str,
    body: Body,
    message_id: str,
    date: float,
    sender: Mailbox | None = None,
    answers: str = "",
) -> bytes:
    """Build a meeting mail with CRLF line ends; ``date`` in seconds UTC.

    ``answers`` and ``message_id`` are ids without their brackets, left out where empty. The same
    input gives the same octets.
    """
    head = [
        address_field("From", [from_]),
        *([] if sender is None else [address_field("Sender", [sender])]),
        address_field("To", to),
        text_field("Subject", subject),
        b"Date: " + formatdate(date).encode("ascii") + CRLF,
        *([ids_field("Message-ID", [message_id])] if message_id else []),
        *([ids_field(name, [answers]) for name in _ANSWERS] if answers else []),
        b"Content-Class: urn:content-classes:calendarmessage" + CRLF,
        b"MIME-Version: 1.0" + CRLF,
    ]
    return b"".join(head) + meeting_content(body, calendar, method)


def meeting_content(body: Body, calendar: bytes, method: str) -> bytes:
    """Build the MIME of a meeting mail: its header fields Content-*, an empty line, its body."""
    parts = [text_part("plain", body.text)]
    if body.html:
        parts.append(text_part("html", body.html))
    return multipart("alternative", [*parts, calendar_part(calendar, method)])


def calendar_part(calendar: bytes, method: str) -> bytes:
    """Write a calendar as a part (RFC 6047 2.4: the method stands in the type too)."""
    head = (
        f'Content-Type: text/calendar; charset=utf-8; method="{method}"; component=vevent\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + encodebytes(calendar).replace(b"\n", CRLF)


def calendar_of(source: bytes, meeting: MeetingSummary) -> bytes:
    """Give the calendar that a mail's meeting was read from, as UTF-8; empty where it is gone."""
    part = find(scan(source).root, meeting.part)
    if part is None:
        return b""
    octets = decoded(source, part)
    charset = part.parameters.get("charset", "utf-8").strip().lower()
    if charset in ("utf-8", "us-ascii", ""):
        return octets
    return decode(octets, charset)[0].encode("utf-8", "replace")


def said_in(source: bytes) -> tuple[MeetingSummary, bytes] | None:
    """Give the meeting of a mail and all that the mail says, None for one about no meeting.

    What it says is the same for the same message put together again: with another date, id,
    boundary or encoding.
    """
    if not _CALENDAR.search(source):
        return None
    meeting = extract(source, received_at=0.0).record.meeting
    if meeting is None:
        return None
    root = scan(source).root
    said = [header_text(root.fields.first("subject")).encode("utf-8", "replace")]
    for part in _leaves(root):
        octets = decoded(source, part)
        if part.id == meeting.part:
            try:
                octets = substance(octets)
            except Corrupt:
                return None
        said.append(octets.replace(b"\r\n", b"\n").strip())
    return meeting, b"\0".join(said)


def _leaves(part: Part) -> Iterator[Part]:
    if not part.children:
        yield part
    for child in part.children:
        yield from _leaves(child)


def senders(source: bytes) -> tuple[str, ...]:
    """Give the address that a mail says it comes from, in lower case: one or none.

    Only the author of From counts, and only if there is one alone: that is whom the servers on the
    way hold a sender to (RFC 7489 3.1, 6.6.1); anybody can write anything into Sender and Reply-To.
    """
    named = top_fields(source).all("from")
    found = {one.address.lower() for one in parse_addresses(named)}
    return tuple(found) if len(found) == 1 else ()


def with_calendar(message: bytes, calendar: bytes, method: str) -> bytes:
    """Give a message a calendar beside its text, or beside what is attached to it."""
    header, body = split(message)
    inner = b"".join(field for name, field in header.fields if name.startswith("content-"))
    kind = "mixed" if scan(message).root.content_type == "multipart/mixed" else "alternative"
    part = inner + CRLF + wire_body(body)
    return assembled(header, multipart(kind, [part, calendar_part(calendar, method)]))


def meeting_mail(
    *,
    from_: Mailbox,
    to: Sequence[Mailbox],
    subject: str,
    body: Body,
    message_id: str = "",
    date: float | None = None,
) -> bytes:
    """Build a mail about a meeting that carries no calendar; no id and no date where not given."""
    head = [
        address_field("From", [from_]),
        address_field("To", to) if to else b"",
        text_field("Subject", subject),
        b"" if date is None else b"Date: " + formatdate(date).encode("ascii") + CRLF,
        ids_field("Message-ID", [message_id]) if message_id else b"",
        b"MIME-Version: 1.0" + CRLF,
    ]
    return b"".join(head) + content(body, [], [])
