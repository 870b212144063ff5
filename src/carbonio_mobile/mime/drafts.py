"""Drafts written on a device: a message made from its properties, or changed by them.

What a change does not name stays as it is, octet for octet where only header fields change.

Spec: MS-ASEMAIL 3.1.5 (drafts, R1489, R14890), MS-ASAIRS 2.2.2.1 (Add), 2.2.2.17 (Delete).
"""

from dataclasses import dataclass, field

from carbonio_mobile.ids import PartId
from carbonio_mobile.mime.addresses import Mailbox, parse_address_text
from carbonio_mobile.mime.building import (
    Body,
    NewAttachment,
    attachment_part,
    content,
    copied_part,
    message,
    positions,
)
from carbonio_mobile.mime.header import Header, split
from carbonio_mobile.mime.outgoing import prepare_outgoing
from carbonio_mobile.mime.selection import Selection, join_pieces, select
from carbonio_mobile.mime.structure import find, scan
from carbonio_mobile.mime.writing import CRLF, address_field, text_field

_IMPORTANCE = {0: b"low", 1: b"normal", 2: b"high"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftChange:
    """Properties of a draft as a device sends them; None leaves one as it is, empty clears it.

    Lists of addresses may be separated by commas or semicolons. ``body`` replaces the whole body;
    ``mime`` (Body of type 4) the whole message but its attachments' additions. ``delete`` names
    attachments by part; a part that is not there is already gone.
    """

    to: str | None = None
    cc: str | None = None
    bcc: str | None = None
    reply_to: str | None = None
    subject: str | None = None
    importance: int | None = None
    body: Body | None = None
    mime: bytes | None = field(default=None, repr=False)
    add: tuple[NewAttachment, ...] = ()
    delete: frozenset[PartId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """The draft as it is now, and where the attachments of ``add`` stand in it, in that order."""

    source: bytes = field(repr=False)
    added: tuple[PartId, ...]


def draft(
    change: DraftChange, *, from_address: str, display_name: str, message_id: str, date: float
) -> Drafted:
    """Write a new draft; ``message_id`` without brackets, ``date`` in seconds UTC."""
    empty = bytes(Header([("from", address_field("From", [Mailbox(display_name, from_address)]))]))
    made = patch_draft(empty + CRLF, change)
    completed = prepare_outgoing(
        made.source,
        from_address=from_address,
        display_name=display_name,
        allowed=frozenset(),
        message_id=message_id,
        date=date,
    )
    return Drafted(source=completed.sent_copy, added=made.added)


def patch_draft(source: bytes, change: DraftChange) -> Drafted:
    """Change a draft."""
    if change.mime is not None:
        source = change.mime
    header, body = split(source)
    _patch_header(header, change)
    if change.body is None and not change.add and not change.delete:
        return Drafted(source=bytes(header) + CRLF + body, added=())
    structure = scan(source)
    selection = Selection(source, structure.faults)
    text, html = join_pieces(select(selection, structure.root))
    inline: list[bytes] = []
    attached: list[bytes] = []
    for one in selection.attachments:
        part = find(structure.root, one.part)
        if part is not None and one.part not in change.delete:
            (inline if one.inline else attached).append(
                copied_part(source, part, inline=bool(one.inline and one.content_id))
            )
    kept = len(inline), len(attached)
    for new in change.add:
        (inline if _shown(new) else attached).append(attachment_part(new))
    built = content(change.body or Body(text=text, html=html), inline, attached)
    return Drafted(
        source=message(header, built), added=_added(change.add, kept, len(inline), len(attached))
    )


def _added(
    add: tuple[NewAttachment, ...], kept: tuple[int, int], inline_count: int, attached_count: int
) -> tuple[PartId, ...]:
    inline, attached = positions(inline_count, attached_count)
    new_inline, new_attached = iter(inline[kept[0] :]), iter(attached[kept[1] :])
    return tuple(next(new_inline if _shown(one) else new_attached) for one in add)


def _shown(new: NewAttachment) -> bool:
    return new.inline and bool(new.content_id) and new.method != 5


def _patch_header(header: Header, change: DraftChange) -> None:
    for name, value in (
        ("To", change.to),
        ("Cc", change.cc),
        ("Bcc", change.bcc),
        ("Reply-To", change.reply_to),
    ):
        if value is not None:
            _set_addresses(header, name, value)
    if change.subject is not None:
        header.put(text_field("Subject", change.subject))
    if change.importance is not None:
        header.drop("x-priority", "x-msmail-priority", "priority", "importance")
        if change.importance != 1:
            said = _IMPORTANCE.get(change.importance, b"normal")
            header.put(b"Importance: " + said + CRLF)


def _set_addresses(header: Header, name: str, value: str) -> None:
    mailboxes = parse_address_text(value)
    if mailboxes:
        header.put(address_field(name, mailboxes))
    else:
        header.drop(name.lower())
