"""MIME parts and messages put together; the same input gives the same octets.

Spec: RFC 2045, RFC 2046 5.1, RFC 2183, RFC 2387.
"""

from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from carbonio_mobile.ids import PartId
from carbonio_mobile.mime.bodies import html_to_text
from carbonio_mobile.mime.header import Header, wire_body
from carbonio_mobile.mime.naming import safe_name
from carbonio_mobile.mime.structure import Part
from carbonio_mobile.mime.writing import CRLF, parameter

_MAX_PLAIN_LINE = 78


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """A file to be put into a message. ``method`` 5 means that ``content`` is a message."""

    name: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"
    content_id: str = ""
    content_location: str = ""
    inline: bool = False
    method: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a message says: text, and HTML where there is any (``html`` empty: there is none)."""

    text: str
    html: str = ""

    @classmethod
    def from_html(cls, html: str) -> "Body":
        """Give a page its plain form beside it."""
        return cls(text=html_to_text(html), html=html)


def text_part(subtype: str, text: str) -> bytes:
    """Write a text part in UTF-8, as readable on the wire as it can be."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1]:
        # The encoder below takes its line ends from the first one that it finds.
        lines.append("")
    octets = "\r\n".join(lines).encode("utf-8", "replace")
    plain = octets.isascii() and all(len(line) <= _MAX_PLAIN_LINE for line in lines)
    plain = plain and b"\0" not in octets
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {'7bit' if plain else 'quoted-printable'}\r\n\r\n"
    )
    return head.encode("ascii") + (octets if plain else b2a_qp(octets, istext=True))


def attachment_part(one: NewAttachment) -> bytes:
    """Write a file as a part in base64; an embedded message as it is."""
    embedded = one.method == 5
    kind = _content_type("message/rfc822" if embedded else one.content_type)
    name = safe_name(one.name) or ("message.eml" if embedded else "attachment.bin")
    head = f"Content-Type: {kind}{parameter('name', name)}\r\n"
    head += f"Content-Disposition: {'inline' if one.inline else 'attachment'}"
    head += f"{parameter('filename', name)}\r\n"
    if one.content_id:
        head += f"Content-ID: <{_visible(one.content_id)}>\r\n"
    if one.content_location:
        head += f"Content-Location: {_visible(one.content_location)}\r\n"
    if embedded:
        body = wire_body(one.content)
        encoding = "7bit" if body.isascii() else "8bit"
    else:
        body, encoding = encodebytes(one.content).replace(b"\n", CRLF), "base64"
    return f"{head}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def copied_part(source: bytes, part: Part, *, inline: bool) -> bytes:
    """Take an attachment out of another message as it stands, with what describes it alone."""
    header = Header.of(source, part)
    header.fields = [one for one in header.fields if one[0].startswith("content-")]
    header.add_missing(f"Content-Type: {part.content_type}\r\n".encode("ascii", "replace"))
    # Without one a text part would be read as more of the body.
    header.add_missing(b"Content-Disposition: " + (b"inline" if inline else b"attachment") + CRLF)
    return bytes(header) + CRLF + wire_body(source[part.body_start : part.end])


def multipart(kind: str, parts: Sequence[bytes], *, parameters: str = "") -> bytes:
    """Join parts under a boundary that follows from their octets."""
    digest = blake2b(digest_size=15)
    for one in parts:
        digest.update(one)
    boundary = f"=_{kind[0]}{digest.hexdigest()}"
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{parameters}\r\n\r\n'
    mark = b"--" + boundary.encode("ascii")
    inner = b"".join(mark + CRLF + one + CRLF for one in parts)
    return head.encode("ascii") + inner + mark + b"--" + CRLF


def content(body: Body, inline: Sequence[bytes], attached: Sequence[bytes]) -> bytes:
    """Build the MIME of a message: its header fields Content-*, an empty line, its body."""
    built = text_part("plain", body.text)
    if body.html:
        built = multipart("alternative", [built, text_part("html", body.html)])
    if inline:
        kind = "multipart/alternative" if body.html else "text/plain"
        built = multipart("related", [built, *inline], parameters=f'; type="{kind}"')
    return multipart("mixed", [built, *attached]) if attached else built


def positions(inline_count: int, attached_count: int) -> tuple[list[PartId], list[PartId]]:
    """Give the part ids that :func:`content` puts inline and attached parts at."""
    prefix = "1." if attached_count else ""
    inline = [PartId(f"{prefix}{n + 2}") for n in range(inline_count)]
    return inline, [PartId(f"{n + 2}") for n in range(attached_count)]


def message(header: Header, built: bytes) -> bytes:
    """Put a header on top of what :func:`content` built."""
    header.drop_content()
    return bytes(header) + b"MIME-Version: 1.0" + CRLF + built


def _visible(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and c.isascii() and c not in " <>")[:500]


def _content_type(said: str) -> str:
    said = said.strip().lower()
    main, slash, sub = said.partition("/")
    sound = slash and (main + sub).replace("-", "").replace(".", "").replace("+", "").isalnum()
    # A multipart or a message cannot stand in base64 (RFC 2046 5.1, 5.2).
    if not sound or not said.isascii() or (main in ("multipart", "message") and sub != "rfc822"):
        return "application/octet-stream"
    return said
