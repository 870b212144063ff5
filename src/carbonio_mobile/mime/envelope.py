"""The header of a message as a person or a device reads it.

Spec: MS-ASEMAIL 2.2.2 (From, Sender, To, Cc, Bcc, ReplyTo, DisplayTo, Importance, Subject);
RFC 5322 3.6, RFC 2156 5.3.6 (Importance), RFC 3834 (automatic mail), RFC 8098 2.1.
"""

import re
from calendar import timegm
from dataclasses import dataclass
from email.utils import parsedate_tz

from carbonio_mobile.mime.addresses import Mailbox, display_names, join, parse_addresses
from carbonio_mobile.mime.structure import Fields
from carbonio_mobile.mime.threads import message_id, message_ids
from carbonio_mobile.mime.words import header_text

MAX_SUBJECT_CHARS = 1000

_EARLIEST, _LATEST = -11_644_473_600, 253_402_300_799  # years 1601 to 9999
_IMPORTANCE = {"low": 0, "non-urgent": 0, "normal": 1, "high": 2, "urgent": 2}
_X_PRIORITY = re.compile(r"\s*([1-5])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Decoded header fields; each as :class:`MessageRecord` has it."""

    subject: str
    from_: str
    sender: str
    to: str
    cc: str
    bcc: str
    reply_to: str
    display_to: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    sent_at: float | None
    importance: int
    automatic: bool
    receipt_to: str


def read_envelope(fields: Fields) -> Envelope:
    """Read the header fields that a device is shown; never raises."""
    from_ = parse_addresses(fields.all("from"))
    to = parse_addresses(fields.all("to"))
    answered = message_ids(fields.first("in-reply-to"))
    return Envelope(
        subject=header_text(fields.first("subject"))[:MAX_SUBJECT_CHARS],
        from_=join(from_),
        sender=_other_sender(fields, from_),
        to=join(to),
        cc=_people(fields, "cc"),
        bcc=_people(fields, "bcc"),
        reply_to=join(parse_addresses(fields.all("reply-to")), "; "),
        display_to=display_names(to),
        message_id=message_id(fields.first("message-id")),
        in_reply_to=answered[0] if answered else "",
        references=message_ids(fields.first("references")),
        sent_at=sent_time(fields.first("date")),
        importance=importance(fields),
        automatic=is_automatic(fields),
        receipt_to=_people(fields, "disposition-notification-to"),
    )


def sent_time(raw: bytes) -> float | None:
    """Read a date as mailers have written it since 1982, in seconds UTC; None for anything else.

    A date without a zone is taken as UTC.
    """
    text = header_text(raw[:200])
    try:
        found = parsedate_tz(text)
        if found is None:
            return None
        seconds = float(timegm((*found[:6], 0, 0, 0)) - (found[9] or 0))
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return seconds if _EARLIEST <= seconds <= _LATEST else None


def importance(fields: Fields) -> int:
    """Read what senders call importance or priority: 0 low, 1 normal, 2 high."""
    for name in ("importance", "x-msmail-priority", "priority"):
        said = _IMPORTANCE.get(header_text(fields.first(name)[:100]).lower())
        if said is not None:
            return said
    number = _X_PRIORITY.match(header_text(fields.first("x-priority")[:100]))
    return {"1": 2, "2": 2, "4": 0, "5": 0}.get(number.group(1), 1) if number else 1


def is_automatic(fields: Fields) -> bool:
    """Find mail that no automatic answer may go to (RFC 3834 2)."""
    submitted = fields.first("auto-submitted").strip().lower()
    return bool(
        (submitted and not submitted.startswith(b"no"))
        or fields.first("precedence").strip().lower() in (b"bulk", b"list", b"junk")
        or "list-id" in fields
        or "x-auto-response-suppress" in fields
        or fields.first("return-path").strip() == b"<>"
    )


def _people(fields: Fields, name: str) -> str:
    values = fields.all(name)
    return join(parse_addresses(values)) if values else ""


def _other_sender(fields: Fields, from_: list[Mailbox]) -> str:
    sender = parse_addresses(fields.all("sender"))[:1]
    written_by = {one.address.lower() for one in from_}
    return "" if not sender or sender[0].address.lower() in written_by else str(sender[0])
