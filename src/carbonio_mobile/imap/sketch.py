"""A message drawn from its header and BODYSTRUCTURE, with the octets of a few of its parts.

Who reads a message only for what it says about itself and for its text need not have its
attachments: the sketch has the same parts under the same numbers, most of them empty.

Spec: RFC 9051 7.5.2 (BODYSTRUCTURE), 6.4.5.1 (numbers of parts); RFC 2046 5.1, RFC 2183.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256

from carbonio_mobile.imap.structure import BodyPart

MAX_SECTIONS = 100
"""So many names of parts fit a command that every server reads."""
MAX_HEADERS = 20
"""So many parts have their own headers; those of others are made after the structure."""
SMALL_OCTETS = 32 * 1024
"""A part below this is had whole where its structure does not tell how large it is decoded."""

_TEXTS = frozenset(("text/plain", "text/html", "text/enriched", "text/x-markdown", "text/markdown"))
_REPORTS = frozenset(("message/delivery-status", "message/global-delivery-status"))
_MESSAGES = frozenset(("message/rfc822", "message/global"))
_PLAIN = frozenset(("7bit", "8bit", "binary", ""))
_UNTOLD = ("quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue")
_BEFORE_FIELDS = re.compile(rb"(?:\xef\xbb\xbf)?(?:>?From [^\n]{0,1000}\n)?")
"""What some messages have before their first field, left there from a mailbox file."""
_NOT_IN_A_LINE = re.compile(rb"[\r\n\0]+")
_ESCAPED = re.compile(rb'(["\\])')
_NO_NAME = b" .\"'\t/\\"
_BASE64_LINE, _BASE64_LETTERS = 78, 76


def wanted(structure: BodyPart) -> dict[str, int]:
    """Give the sections to be fetched for a sketch, and how many octets each has.

    These are what ``mime`` would look into: texts of the body, calendars, what reports say, and
    embedded messages of which the structure tells no subject; small parts whose decoded size it
    does not tell; and as ``1.2.MIME`` (0 octets) the headers of the first parts, for servers tell
    an unquoted name by its first word, and a character set where there is none.
    """
    found: dict[str, int] = {}
    for number, part in enumerate(leaves(structure)):
        if _is_read(part) or (part.encoding in _UNTOLD and part.size <= SMALL_OCTETS):
            found[part.section] = part.size
        if part is not structure and number < MAX_HEADERS:
            found[f"{part.section}.MIME"] = 0
    if structure.content_type == "multipart/report":
        found.update((one.section, one.size) for one in structure.parts if _reports(one))
    return found


def leaves(structure: BodyPart) -> Iterator[BodyPart]:
    """Give the parts that have octets, in the order of the message; embedded ones stay closed."""
    waiting = [structure]
    while waiting:
        part = waiting.pop()
        if part.is_multipart:
            waiting.extend(reversed(part.parts))
        else:
            yield part


def is_drawable(structure: BodyPart) -> bool:
    """Tell whether the structure is one that servers tell of a sound message.

    It is not where a multipart has no parts, or one empty text as some servers fill them in, nor
    where a sketch would ask for more than ``MAX_SECTIONS``.
    """
    waiting = [structure]
    while waiting:
        part = waiting.pop()
        if part.is_multipart:
            if not part.parts or (len(part.parts) == 1 and _is_empty(part.parts[0])):
                return False
            waiting.extend(part.parts)
    return len(wanted(structure)) <= MAX_SECTIONS


def _is_empty(part: BodyPart) -> bool:
    return not (part.is_multipart or part.size or part.lines)


def sketch(header: bytes, structure: BodyPart, contents: Mapping[str, bytes]) -> bytes:
    """Draw the message: its own header, and its parts with ``contents`` by section.

    What ``contents`` lacks is empty, of an embedded message all but its subject. A part's header is
    made from the structure, or is what ``contents`` has for ``1.2.MIME``.
    """
    head = _whole_header(header)
    if not structure.is_multipart:
        return head + _content(structure, contents)
    boundary = _boundary(contents)
    # Before all others: the first of two equal fields counts.
    at = _BEFORE_FIELDS.match(head).end()  # type: ignore[union-attr]  # matches the empty string
    pieces = [head[:at], _content_type(structure, boundary), head[at:]]
    pieces.extend(_body(structure, contents, boundary))
    return b"".join(pieces)


def decoded_size(part: BodyPart) -> int:
    """Give how many octets the part has when decoded, as near as its structure tells.

    What is not encoded is told exactly, base64 in lines of 76 letters to one octet; lines of other
    lengths to three hundredths, other encodings roughly. What the sender says is taken if it fits.
    """
    told = _estimate(part)
    said = part.disposition_parameters.get("size", b"")[:20]
    if part.encoding != "base64" or not said.isdigit():
        return told
    return int(said) if abs(int(said) - told) <= told // 50 + 2 else told


def _estimate(part: BodyPart) -> int:
    if part.encoding.startswith("base64"):
        lines, rest = divmod(part.size, _BASE64_LINE)
        letters = lines * _BASE64_LETTERS + min(rest - 2 * (rest % 4 == 2), _BASE64_LETTERS)
        return max(0, letters // 4 * 3 - 1)
    if part.encoding in _UNTOLD[1:]:
        return part.size * 45 // 63
    return part.size


def _is_read(part: BodyPart) -> bool:
    name = part_name(part)
    if part.content_type in _MESSAGES:
        return not part.parts or part.encoding not in _PLAIN  # its envelope was not told, or wrong
    if part.content_type == "text/calendar" or name.lower().endswith((b".ics", b".ics?=")):
        return True
    return part.content_type in _TEXTS and part.disposition != "attachment" and not name


def part_name(part: BodyPart) -> bytes:
    """Give the name that a part claims, as its header has it; the last piece of one in pieces."""
    for where, key in ((part.disposition_parameters, "filename"), (part.parameters, "name")):
        for one, value in reversed(tuple(where.items())):
            if one.partition("*")[0] == key and value.strip(_NO_NAME):
                return value.strip(_NO_NAME)
    return b""


def _reports(part: BodyPart) -> bool:
    return part.content_type in _REPORTS or "disposition-notification" in part.content_type


def _boundary(contents: Mapping[str, bytes]) -> bytes:
    """Give a boundary that no content has, nor could have been written to have."""
    if not any(b"--=_sketch" in one for one in contents.values()):
        return b"=_sketch"
    digest = sha256()
    for one in contents.values():
        digest.update(one)
    return b"=_sketch" + digest.hexdigest().encode("ascii")


def _body(part: BodyPart, contents: Mapping[str, bytes], boundary: bytes) -> Iterator[bytes]:
    """Give the parts of a multipart; each multipart has its own boundary, after its section."""
    for one in part.parts:
        yield b"\r\n--%b\r\n" % boundary
        if not one.is_multipart:
            given = contents.get(f"{one.section}.MIME")
            yield _part_header(one) if given is None else _whole_header(given)
            yield _content(one, contents)
            continue
        inner = b"%b.%b" % (boundary, one.section.replace(".", "_").encode("ascii"))
        yield _part_header(one, inner)
        yield from _body(one, contents, inner)
    yield b"\r\n--%b--\r\n" % boundary


def _content(part: BodyPart, contents: Mapping[str, bytes]) -> bytes:
    found = contents.get(part.section)
    if found is None and part.content_type in _MESSAGES:
        return _field(b"Subject", part.subject) + b"\r\n"
    return found or b""


def _whole_header(octets: bytes) -> bytes:
    fields = octets.rstrip(b"\r\n")
    return fields + b"\r\n\r\n" if fields else b"\r\n"


def _part_header(part: BodyPart, boundary: bytes = b"") -> bytes:
    disposition = part.disposition.encode("latin-1", "replace")
    if part.disposition_parameters:
        disposition += _parameters(part.disposition_parameters)
    lines = (
        _content_type(part, boundary),
        _field(b"Content-Transfer-Encoding", part.encoding.encode("latin-1", "replace")),
        _field(b"Content-ID", part.content_id),
        _field(b"Content-Description", part.description),
        _field(b"Content-Disposition", disposition),
        _field(b"Content-Location", part.location),
    )
    return b"".join((*lines, b"\r\n"))


def _content_type(part: BodyPart, boundary: bytes) -> bytes:
    parameters = dict(part.parameters)
    if part.is_multipart:
        parameters = {k: v for k, v in parameters.items() if k.partition("*")[0] != "boundary"}
        parameters["boundary"] = boundary
    kind = part.content_type.encode("latin-1", "replace")
    return _field(b"Content-Type", kind + _parameters(parameters))


def _field(name: bytes, value: bytes) -> bytes:
    line = _NOT_IN_A_LINE.sub(b" ", value)
    return b"%b: %b\r\n" % (name, line) if line.strip() else b""


def _parameters(parameters: Mapping[str, bytes]) -> bytes:
    return b"".join(
        b'; %b="%b"' % (name.encode("latin-1", "replace"), _ESCAPED.sub(rb"\\\1", value))
        for name, value in parameters.items()
    )
