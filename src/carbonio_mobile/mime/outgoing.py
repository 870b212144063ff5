"""A message from a device made fit to be sent: sender forced, header completed, Bcc taken off.

The body keeps its octets, so that signatures hold.

Spec: MS-ASCMD 2.2.1.17 (SendMail); RFC 5322 3.6; RFC 6409 8; client-quirks, mail rule 5.
"""

import re
from dataclasses import dataclass, field
from email.utils import formatdate

from carbonio_mobile.mime.addresses import MAX_ADDRESSES, Mailbox
from carbonio_mobile.mime.envelope import sent_time
from carbonio_mobile.mime.header import Header, split, wire_body
from carbonio_mobile.mime.threads import message_id as id_of
from carbonio_mobile.mime.words import header_text
from carbonio_mobile.mime.writing import CRLF, address_field, ids_field, refolded, text_field

TOO_MANY = "more recipients than one message may have"

_RECIPIENTS = ("to", "cc", "bcc")
_LISTS = (*_RECIPIENTS, "reply-to", "from", "sender")
_LABELS = {"to": "To", "cc": "Cc", "bcc": "Bcc", "reply-to": "Reply-To", "from": "From"}
_USABLE = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>(),;:\\\"]+\Z|\"[^\"\r\n]+\"@[^\s@<>(),;:]+\Z")
_GROUP = re.compile(rb':[^"<>@]*:')


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message ready for the wire.

    ``message`` is without Bcc, ``sent_copy`` with it; both have CRLF line ends. ``sender`` is the
    envelope sender. ``recipients`` are the addresses of To, Cc and Bcc, each once, in that order;
    ``unusable`` are entries of these lists that are no addresses, and ``TOO_MANY`` where the lists
    were too long to be read whole. ``message_id`` has no brackets.
    """

    message: bytes = field(repr=False)
    sent_copy: bytes = field(repr=False)
    sender: str
    recipients: tuple[str, ...]
    unusable: tuple[str, ...]
    message_id: str


def prepare_outgoing(
    source: bytes,
    *,
    from_address: str,
    display_name: str,
    allowed: frozenset[str],
    message_id: str,
    date: float,
    owned: frozenset[str] = frozenset(),
    on_behalf: bool = False,
) -> Outgoing:
    """Make what a device wants sent fit for the wire.

    ``allowed`` holds further addresses, lower case, that the account may write as. ``message_id``
    (without brackets) and ``date`` (seconds UTC) are used where the message has none. ``owned`` are
    the addresses of another account in whose name it may go out; ``on_behalf`` has a Sender say so.
    The envelope sender is always an address of the account.
    """
    header, body = split(source)
    for name in _LISTS:
        _normalise_list(header, name)
    own = Mailbox(display_name, from_address)
    if _is_written_by(header, owned):
        sender = _name_sender(header, own, on_behalf=on_behalf)
    else:
        sender = _force_sender(header, own, allowed)
    header.drop("return-path", "x-original-to", "delivered-to", "resent-bcc")
    _complete(header, message_id, date)
    header.fields = [(name, _ascii(name, octets)) for name, octets in header.fields]
    recipients, unusable = _recipients(header)
    tail = CRLF + wire_body(body)
    sent_copy = bytes(header) + tail
    used_id = id_of(header.parsed().first("message-id"))
    header.drop("bcc")
    return Outgoing(
        message=bytes(header) + tail,
        sent_copy=sent_copy,
        sender=sender,
        recipients=recipients,
        unusable=unusable,
        message_id=used_id,
    )


def authors_of(source: bytes) -> tuple[str, ...]:
    """Give the addresses of a message's From."""
    return tuple(one.address for one in split(source)[0].addresses("from"))


def _is_written_by(header: Header, owned: frozenset[str]) -> bool:
    written = header.addresses("from")
    return bool(written) and all(one.address.lower() in owned for one in written)


def _name_sender(header: Header, own: Mailbox, *, on_behalf: bool) -> str:
    """Let the From of another stand; gives the account's own address, to which bounces go."""
    header.drop("sender")
    if on_behalf:
        header.put(address_field("Sender", [own]))
    return own.address


def _force_sender(header: Header, own: Mailbox, allowed: frozenset[str]) -> str:
    """Let nobody write in another's name (client-quirks, mail rule 5); give the address used."""
    may = allowed | {own.address.lower()}
    written = header.addresses("from")
    if not written or any(one.address.lower() not in may for one in written):
        written = [own]
        header.put(address_field("From", written))
    if any(one.address.lower() not in may for one in header.addresses("sender")):
        header.drop("sender")
    return written[0].address


def _complete(header: Header, message_id: str, date: float) -> None:
    fields = header.parsed()
    if sent_time(fields.first("date")) is None:
        header.put(b"Date: " + formatdate(date).encode("ascii") + CRLF)
    if not id_of(fields.first("message-id")):
        header.put(ids_field("Message-ID", [message_id]))
    header.add_missing(b"MIME-Version: 1.0" + CRLF)


def _normalise_list(header: Header, name: str) -> None:
    """Write an address list anew where it is spread, separated by semicolons, or not ASCII."""
    found = [octets for one, octets in header.fields if one == name]
    semicolons = any(b";" in octets and not _GROUP.search(octets) for octets in found)
    if not found or (len(found) == 1 and not semicolons and found[0].isascii()):
        return
    mailboxes = header.addresses(name)
    if mailboxes:
        header.put(address_field(_LABELS.get(name, name.title()), mailboxes))


def _ascii(name: str, octets: bytes) -> bytes:
    """Encode what is left of raw 8-bit text, and fold what is too long for a line."""
    label, _, value = octets.partition(b":")
    if name.startswith("content-"):
        # A boundary must stay what it is, whatever its length.
        return octets
    if not octets.isascii():
        return text_field(label.decode("ascii"), header_text(value))
    return refolded(octets)


def _recipients(header: Header) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found: dict[str, str] = {}
    unusable: list[str] = []
    if header.cut:
        unusable.append(TOO_MANY)
    for name in _RECIPIENTS:
        listed = header.addresses(name)
        if len(listed) == MAX_ADDRESSES:
            unusable.append(TOO_MANY)
        for one in listed:
            if _USABLE.match(one.address):
                found.setdefault(one.address.lower(), one.address)
            else:
                unusable.append(one.address)
    return tuple(found.values()), tuple(unusable)
