"""Which parts of a message are its body and which are attachments.

Spec: RFC 2046 5.1 (multipart kinds), RFC 2387 (related), RFC 2183 2.1 and 2.2 (disposition).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from carbonio_mobile.mime.attachments import MESSAGE_TYPES
from carbonio_mobile.mime.bodies import MAX_HTML_CHARS, html_to_text, text_to_fragment
from carbonio_mobile.mime.charsets import codepage
from carbonio_mobile.mime.content import decoded, decoded_size, text_of
from carbonio_mobile.mime.naming import made_name, message_name, part_name
from carbonio_mobile.mime.parameters import parse_parameterised
from carbonio_mobile.mime.record import Attachment
from carbonio_mobile.mime.structure import Part, top_fields
from carbonio_mobile.mime.words import header_text

MAX_BODY_PIECES = 200

_PLAIN_KINDS = frozenset(("text/plain", "text/enriched", "text/x-markdown", "text/markdown"))


@dataclass(slots=True)
class Piece:
    """A stretch of the body in the forms that the message has it in."""

    plain: str | None
    html: str | None
    charset: str = ""


@dataclass(slots=True)
class Selection:
    """What became of the parts, in the order of the message."""

    source: bytes
    faults: list[str]
    attachments: list[Attachment] = field(default_factory=list)
    calendars: list[Part] = field(default_factory=list)


def select(selection: Selection, root: Part) -> list[Piece]:
    """Sort the parts under ``root``: give the pieces of the body, collect everything else."""
    kind = root.content_type
    if root.maintype != "multipart":
        return _leaf(selection, root)
    if kind == "multipart/alternative":
        return _alternative(selection, root.children)
    if kind == "multipart/related":
        return _related(selection, root)
    return [piece for one in root.children for piece in select(selection, one)]


def join_pieces(pieces: list[Piece]) -> tuple[str, str]:
    """Give the whole body as text and as HTML, the latter empty where no piece has any."""
    forms = [form for form in _plain_forms(pieces) if form.strip()]
    text = "\n".join(form.rstrip("\n") + "\n" for form in forms)
    return text, _html_of(pieces)


def codepage_of(pieces: list[Piece]) -> int:
    """Give the code page of the main text part: the first of the body."""
    return codepage(pieces[0].charset) if pieces else codepage("")


def _plain_forms(pieces: list[Piece]) -> Iterator[str]:
    """Give each piece as text; all pages together are laid out up to the bound for one."""
    room = MAX_HTML_CHARS
    for piece in pieces:
        if piece.plain is not None:
            yield piece.plain
        else:
            page = (piece.html or "")[:room]
            room -= len(page)
            yield html_to_text(page)


def _html_of(pieces: list[Piece]) -> str:
    if not any(piece.html for piece in pieces):
        return ""
    if len(pieces) == 1:
        return pieces[0].html or ""
    return "\n".join(_html_form(piece) for piece in pieces)


def _html_form(piece: Piece) -> str:
    if piece.html is not None:
        return piece.html
    return f"<div>{text_to_fragment(piece.plain or '')}</div>"


def _alternative(selection: Selection, children: list[Part]) -> list[Piece]:
    """Take the last plain and the last HTML form; other forms of the same thing are not shown."""
    plain: list[Piece] | None = None
    rich: list[Piece] | None = None
    for child in children:
        pieces = select(selection, child)
        if any(piece.html for piece in pieces):
            rich = pieces
        elif pieces:
            plain = pieces
    if rich is None or plain is None:
        return rich or plain or []
    text = "\n".join(piece.plain or "" for piece in plain)
    html = _html_of(rich)
    # An empty plain form beside a full page is a habit of newsletter programs.
    return [Piece(text if text.strip() else None, html, rich[0].charset)]


def _related(selection: Selection, root: Part) -> list[Piece]:
    if not root.children:
        return []
    main = _related_root(root)
    pieces = select(selection, main)
    for child in root.children:
        if child is not main:
            pieces += _related_child(selection, child)
    return pieces


def _related_root(root: Part) -> Part:
    """Find the part that the others belong to: the one named, else the first of the named type."""
    start = root.parameters.get("start", "").strip("<> ")
    kind = root.parameters.get("type", "").lower()
    first = root.children[0]
    named = [one for one in root.children if start and _content_id(one) == start]
    typed = [one for one in root.children if kind and one.content_type == kind]
    if named:
        return named[0]
    return typed[0] if typed and first.maintype != "multipart" else first


def _related_child(selection: Selection, child: Part) -> list[Piece]:
    if child.maintype == "multipart":
        return select(selection, child)
    _attach(selection, child, inline=True)
    return []


def is_read(part: Part) -> bool:
    """Tell whether a part's octets are looked into: a text of the body, or a calendar."""
    disposition, name = _claims(part)
    return _is_calendar(part, name) or _is_body(part, disposition, name)


def _claims(part: Part) -> tuple[str, str]:
    """Give a part's disposition and name."""
    disposition, parameters = parse_parameterised(part.fields.first("content-disposition"))
    return disposition, part_name(parameters, part.parameters)


def _is_calendar(part: Part, name: str) -> bool:
    return part.content_type == "text/calendar" or name.lower().endswith(".ics")


def _is_body(part: Part, disposition: str, name: str) -> bool:
    body = part.content_type in _PLAIN_KINDS or part.content_type == "text/html"
    return body and disposition != "attachment" and not name


def _leaf(selection: Selection, part: Part) -> list[Piece]:
    disposition, name = _claims(part)
    if _is_calendar(part, name):
        selection.calendars.append(part)
        if part.content_type == "text/calendar" and disposition != "attachment" and not name:
            return []
    if _is_body(part, disposition, name):
        return _body_piece(selection, part)
    _attach(selection, part, inline=disposition == "inline" and bool(_content_id(part)))
    return []


def _body_piece(selection: Selection, part: Part) -> list[Piece]:
    text = text_of(selection.source, part, selection.faults)
    charset = part.parameters.get("charset", "")
    if part.content_type == "text/html":
        return [Piece(None, text, charset)] if text.strip() else []
    return [Piece(text, None, charset)]


def _attach(selection: Selection, part: Part, *, inline: bool) -> None:
    _, disposition = parse_parameterised(part.fields.first("content-disposition"))
    embedded = part.content_type in MESSAGE_TYPES
    name = part_name(disposition, part.parameters)
    if embedded:
        content = decoded(selection.source, part)
        name, size_bytes = _embedded_name(content), len(content)
    else:
        size_bytes = decoded_size(selection.source, part)
    selection.attachments.append(
        Attachment(
            part=part.id,
            name=name or made_name(part.content_type, len(selection.attachments) + 1),
            content_type=part.content_type,
            size_bytes=size_bytes,
            inline=inline and not embedded,
            content_id=_content_id(part),
            content_location=header_text(part.fields.first("content-location"))[:1000],
            method=5 if embedded else 1,
            charset=part.parameters.get("charset", "")[:60] if part.maintype == "text" else "",
        )
    )


def _embedded_name(content: bytes) -> str:
    return message_name(header_text(top_fields(content).first("subject")))


def _content_id(part: Part) -> str:
    return header_text(part.fields.first("content-id"))[:500].strip("<> ")
