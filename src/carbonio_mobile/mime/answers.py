"""Replies and forwards: the device's message, with the original quoted below and its parts carried.

Spec: MS-ASCMD 2.2.1.18 (SmartForward), 2.2.1.19 (SmartReply), 2.2.3.147 (ReplaceMime);
RFC 5322 3.6.4.
"""

import html as stdlib_html
import re

from carbonio_mobile.mime.addresses import join, parse_addresses
from carbonio_mobile.mime.bodies import text_to_fragment
from carbonio_mobile.mime.building import (
    Body,
    NewAttachment,
    attachment_part,
    content,
    copied_part,
    message,
)
from carbonio_mobile.mime.classification import classify
from carbonio_mobile.mime.header import Header, split
from carbonio_mobile.mime.naming import message_name
from carbonio_mobile.mime.record import Attachment
from carbonio_mobile.mime.selection import Selection, join_pieces, select
from carbonio_mobile.mime.structure import Fields, Part, find, scan
from carbonio_mobile.mime.threads import message_id, message_ids
from carbonio_mobile.mime.words import header_text
from carbonio_mobile.mime.writing import ids_field

MAX_QUOTED_CHARS = 1 << 20
MAX_REFERENCES = 50

_BODY = re.compile(r"<body\b[^>]{0,500}>(.*?)(?:</body\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_STYLE_EDGE = re.compile(r"(<style\b)|</style\s*>", re.IGNORECASE)
_FRAME = re.compile(r"<!doctype[^>]{0,500}>|</?(?:html|head|body)\b[^>]{0,500}>", re.IGNORECASE)
_RULE = "-----Original Message-----"


class _Read:
    """A message opened for quoting: its bodies, its attachments and where they stand."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        structure = scan(source)
        self.root = structure.root
        selection = Selection(source, structure.faults)
        self.text, self.html = join_pieces(select(selection, self.root))
        self.attachments = selection.attachments
        self.secured = classify(source, self.root, None)[0].startswith("IPM.Note.SMIME")

    @property
    def fields(self) -> Fields:
        return self.root.fields

    def part(self, one: Attachment) -> Part:
        found = find(self.root, one.part)
        assert found is not None, "the attachment was listed from this very structure"
        return found

    def copies(self, chosen: list[Attachment]) -> list[bytes]:
        return [
            copied_part(self.source, self.part(one), inline=bool(one.inline and one.content_id))
            for one in chosen
        ]


def replace(client_source: bytes, original_source: bytes) -> bytes:
    """Give the device's message alone (ReplaceMime), tied to the original by its references."""
    header, body = split(client_source)
    _refer(header, scan(original_source).root.fields)
    return bytes(header) + b"\r\n" + body


def reply(client_source: bytes, original_source: bytes) -> bytes:
    """Give the device's message with the original quoted below it.

    Pictures that the quoted page shows come along, other attachments do not. A signed or encrypted
    message of the device cannot be added to and goes out as it is.
    """
    client = _Read(client_source)
    if client.secured:
        return replace(client_source, original_source)
    original = _Read(original_source)
    inline, _ = _shown_and_other(original, client.html or original.html)
    quoted = "".join(f"> {line}\n" for line in original.text[:MAX_QUOTED_CHARS].splitlines())
    return _answer(client, original, quoted, original.copies(inline), [])


def forward(client_source: bytes, original_source: bytes) -> bytes:
    """Give the device's message with the original's text below it and its attachments carried on.

    A signed or encrypted original is attached whole, for its text cannot be taken out of it.
    """
    client = _Read(client_source)
    if client.secured:
        return replace(client_source, original_source)
    original = _Read(original_source)
    if original.secured:
        return _answer(client, original, "", [], [_whole(original)])
    inline, other = _shown_and_other(original, original.html)
    text = original.text[:MAX_QUOTED_CHARS]
    return _answer(client, original, text, original.copies(inline), original.copies(other))


def _answer(
    client: _Read, original: _Read, quoted: str, inline: list[bytes], attached: list[bytes]
) -> bytes:
    own_inline, own_attached = _shown_and_other(client, client.html)
    about = _about(original.fields)
    body = Body(text=_joined_text(client.text, about, quoted), html="")
    if client.html or original.html:
        body = Body(text=body.text, html=_joined_html(client, about, original, quoted))
    header = Header.of(client.source, client.root)
    _refer(header, original.fields)
    return message(
        header,
        content(
            body,
            [*client.copies(own_inline), *inline],
            [*client.copies(own_attached), *attached],
        ),
    )


def _shown_and_other(read: _Read, page: str) -> tuple[list[Attachment], list[Attachment]]:
    """Tell the pictures that a page refers to from the attachments beside it."""
    shown = [one for one in read.attachments if one.content_id and f"cid:{one.content_id}" in page]
    return shown, [one for one in read.attachments if one not in shown]


def _whole(original: _Read) -> bytes:
    subject = header_text(original.fields.first("subject"))
    start = original.root.start
    return attachment_part(
        NewAttachment(name=message_name(subject), content=original.source[start:], method=5)
    )


def _refer(header: Header, original: Fields) -> None:
    """Tie a message to the one it answers (RFC 5322 3.6.4)."""
    parent = message_id(original.first("message-id"))
    if not parent:
        return
    before = message_ids(original.first("references")) or message_ids(original.first("in-reply-to"))
    chain = [one for one in before if one != parent]
    header.put(ids_field("In-Reply-To", [parent]))
    header.put(ids_field("References", [*chain[:1], *chain[1:][-MAX_REFERENCES:], parent]))


def _about(fields: Fields) -> list[tuple[str, str]]:
    """Give the block that says what is quoted."""
    rows = [
        ("From", join(parse_addresses(fields.all("from")))),
        ("Sent", header_text(fields.first("date"))[:200]),
        ("To", join(parse_addresses(fields.all("to")))),
        ("Cc", join(parse_addresses(fields.all("cc")))),
        ("Subject", header_text(fields.first("subject"))[:1000]),
    ]
    return [(label, value) for label, value in rows if value or label != "Cc"]


def _joined_text(own: str, about: list[tuple[str, str]], quoted: str) -> str:
    block = "\n".join(f"{label}: {value}" for label, value in about)
    return f"{own.rstrip()}\n\n{_RULE}\n{block}\n\n{quoted}"


def _joined_html(client: _Read, about: list[tuple[str, str]], original: _Read, quoted: str) -> str:
    rows = "<br>".join(f"<b>{label}:</b> {stdlib_html.escape(value)}" for label, value in about)
    inner = ""
    if quoted or original.html:
        inner = _inner(original.html) if original.html else text_to_fragment(original.text)
    below = f'<hr><div dir="auto">{rows}</div><br><blockquote type="cite">{inner}</blockquote>'
    page = client.html or f"<html><body><div>{text_to_fragment(client.text)}</div></body></html>"
    ends = [end.start() for end in _BODY_END.finditer(page)]
    at = ends[-1] if ends else len(page)
    return page[:at] + below + page[at:]


def _inner(page: str) -> str:
    """Give what stands inside the body of a page, its styles first."""
    page = page[:MAX_QUOTED_CHARS]
    body = _BODY.search(page)
    if body is None:
        return _FRAME.sub("", page)
    return _styles(page[: body.start()]) + _FRAME.sub("", body[1])


def _styles(head: str) -> str:
    found: list[str] = []
    opened = -1
    for edge in _STYLE_EDGE.finditer(head):
        if edge[1] and opened < 0:
            opened = edge.start()
        elif not edge[1] and opened >= 0:
            found.append(head[opened : edge.end()])
            opened = -1
    return "".join(found)
