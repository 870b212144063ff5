"""WBXML octets to an element tree, within limits; whatever is not WBXML is a ``ProtocolError``.

Spec: WBXML 1.3, 5; MS-ASWBXML 2.1.3. String tables and entities, which ActiveSync does not use
(R656), are read all the same; attributes, literals, extensions and processing instructions are not.
"""

from dataclasses import dataclass
from typing import Final

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.pages import tags_of_page
from carbonio_mobile.wbxml.tokens import (
    END,
    ENTITY,
    FIRST_TAG,
    HAS_ATTRIBUTES,
    HAS_CONTENT,
    LAST_TAG,
    OPAQUE,
    STR_I,
    STR_T,
    SWITCH_PAGE,
    UNUSED_TOKENS,
)

_VERSIONS: Final = (0x01, 0x02, 0x03)  # WBXML 1.1 to 1.3; 1.0 has another header
# IANA numbers of the character sets. 0 is "unknown" and ASCII is part of UTF-8.
_CHARSETS: Final = {0: "utf-8", 3: "utf-8", 4: "iso-8859-1", 106: "utf-8"}
_PADDING: Final = b"\x00\t\n\r "


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one document may cost. Reaching past a limit is a ``ProtocolError``."""

    depth: int = 64
    """Nested elements, the root included."""
    nodes: int = 100_000
    """Elements, pieces of text and switches of the code page together.

    A bare element is one octet, but 120 here.
    """
    string_bytes: int = 16 * 1024 * 1024
    """One inline string, as received."""
    opaque_bytes: int = 96 * 1024 * 1024
    """One OPAQUE value; a whole MIME message travels in one."""
    total_bytes: int = 128 * 1024 * 1024
    """The document."""
    expanded_bytes: int = 1024 * 1024
    """What all references into the string table expand to; ActiveSync has no use for any."""
    padding_bytes: int = 16
    """Zeros and blanks behind the root."""


DEFAULT: Final = Limits()


def decode(octets: bytes, limits: Limits = DEFAULT) -> Element:
    """Read one document.

    Text that is not legal in its charset gets U+FFFD; text beside child elements is dropped;
    unknown pages and tokens become placeholder tags. A few zeros and blanks may follow the root.

    Raises: ProtocolError with the offset, and nothing else whatever the octets.
    """
    if len(octets) > limits.total_bytes:
        raise ProtocolError("document too large", offset=limits.total_bytes)
    try:
        root, end = _tree(_Document(octets, limits))
    except IndexError:
        # Reading goes octet by octet; asking each time whether one is left would slow the loop.
        raise ProtocolError("document ends early", offset=len(octets)) from None
    tail = octets[end : end + limits.padding_bytes + 1]
    rest = tail.lstrip(_PADDING)
    if rest or len(tail) > limits.padding_bytes:
        offset = end + min(len(tail) - len(rest), limits.padding_bytes)
        raise ProtocolError("octets after the root element", offset=offset, expected="the end")
    return root


def _tree(document: "_Document") -> tuple[Element, int]:
    """Read the root element; return it and the offset behind it.

    One loop without calls for the usual tokens, because this is what decoding costs.
    """
    octets = document.octets
    charset = document.charset
    find = octets.find
    at = document.body
    tags = tags_of_page(0)
    nodes_left = document.limits.nodes
    while octets[at] == SWITCH_PAGE and nodes_left > 1:
        tags = tags_of_page(octets[at + 1])
        nodes_left -= 1
        at += 2
    token = octets[at]
    tag = tags[token]
    if tag is None:
        raise _refusal(token, at, "a root element")
    at += 1
    element = Element(tag)
    if token < HAS_CONTENT:
        return element, at

    # What is left of the limits below the root; the texts found in ``element``; and the same of the
    # elements around it.
    nodes_left -= 1
    levels_left = document.limits.depth - 1
    room = document.limits.string_bytes + 1  # its zero included
    pieces: list[str | bytes] = []
    outer: list[tuple[Element, list[str | bytes]]] = []
    while True:
        token = octets[at]
        tag = tags[token]
        if tag is not None:
            if not nodes_left or not levels_left:
                raise ProtocolError("too many or too deeply nested elements", offset=at)
            nodes_left -= 1
            child = Element(tag)
            element.children.append(child)
            at += 1
            if token < HAS_CONTENT:
                continue
            # The usual leaf is one inline string; whatever is odd about it is seen to below.
            if octets[at] == STR_I:
                stop = find(b"\x00", at + 1)
                if at < stop <= at + room and octets[stop + 1] == END:
                    child.text = octets[at + 1 : stop].decode(charset, "replace") or None
                    at = stop + 2
                    continue
            outer.append((element, pieces))
            element, pieces = child, []
            levels_left -= 1
        elif token == END:
            at += 1
            if pieces and not element.children:
                element.text = _joined(pieces)
            if not outer:
                return element, at
            element, pieces = outer.pop()
            levels_left += 1
        elif token == SWITCH_PAGE:
            if not nodes_left:
                raise ProtocolError("too many switches of the code page", offset=at)
            nodes_left -= 1
            tags = tags_of_page(octets[at + 1])
            at += 2
        else:
            if not nodes_left:
                raise ProtocolError("too many pieces of text", offset=at)
            nodes_left -= 1
            piece, at = document.text_at(at)
            pieces.append(piece)


def _joined(pieces: list[str | bytes]) -> str | bytes | None:
    """One value of several pieces: octets as soon as one of them is OPAQUE."""
    strings = [piece for piece in pieces if isinstance(piece, str)]
    if len(strings) == len(pieces):
        return "".join(strings) or None
    return b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)


def _refusal(token: int, offset: int, expected: str) -> ProtocolError:
    """Say what a token is that cannot stand at that offset."""
    if token in UNUSED_TOKENS:
        return ProtocolError(f"unsupported token {UNUSED_TOKENS[token]}", offset=offset)
    if token & HAS_ATTRIBUTES and token & LAST_TAG >= FIRST_TAG:
        return ProtocolError("an element with attributes", offset=offset)
    return ProtocolError(f"misplaced token {token:#04x}", offset=offset, expected=expected)


class _Document:
    """The header of a document, and the ways text stands in its body."""

    __slots__ = ("_budget", "body", "charset", "limits", "octets", "table")

    def __init__(self, octets: bytes, limits: Limits) -> None:
        """Read the header. Raises: ProtocolError, or IndexError where the octets end."""
        self.octets = octets
        self.limits = limits
        if octets[0] not in _VERSIONS:
            message = f"WBXML version byte {octets[0]:#04x}"
            raise ProtocolError(message, offset=0, expected="0x01 to 0x03")
        public_id, at = self._mb_u_int32(1)
        if public_id == 0:  # the id stands in the string table; nobody here needs it
            _, at = self._mb_u_int32(at)
        number, end = self._mb_u_int32(at)
        if number not in _CHARSETS:
            raise ProtocolError(f"unsupported charset {number}", offset=at, expected="106 (UTF-8)")
        self.charset = _CHARSETS[number]
        length, start = self._mb_u_int32(end)
        self.body = start + length
        if self.body > len(octets):
            raise ProtocolError("string table longer than the document", offset=end)
        self.table = octets[start : self.body]
        # References are a few octets and may name a large string again and again.
        self._budget = limits.expanded_bytes

    def text_at(self, at: int) -> tuple[str | bytes, int]:
        """Read the text whose token is at that offset; return it and the offset behind it."""
        token = self.octets[at]
        if token == STR_I:
            return self._inline(at)
        if token == OPAQUE:
            return self._opaque(at)
        if token == STR_T:
            return self._referenced(at)
        if token == ENTITY:
            code, end = self._mb_u_int32(at + 1)
            legal = code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
            return chr(code) if legal else "\ufffd", end
        raise _refusal(token, at, "an element, text or END")

    def _inline(self, at: int) -> tuple[str, int]:
        stop = self.octets.find(b"\x00", at + 1)
        if stop < 0:
            raise ProtocolError("inline string without end", offset=at, expected="a zero")
        if stop - at - 1 > self.limits.string_bytes:
            raise ProtocolError("inline string too long", offset=at)
        return self.octets[at + 1 : stop].decode(self.charset, "replace"), stop + 1

    def _opaque(self, at: int) -> tuple[bytes, int]:
        length, start = self._mb_u_int32(at + 1)
        if length > self.limits.opaque_bytes:
            raise ProtocolError("opaque value too long", offset=at)
        if start + length > len(self.octets):
            raise ProtocolError("opaque value past the end of the document", offset=at)
        return self.octets[start : start + length], start + length

    def _referenced(self, at: int) -> tuple[str, int]:
        index, end = self._mb_u_int32(at + 1)
        if index >= len(self.table):
            raise ProtocolError("reference past the string table", offset=at)
        stop = self.table.find(b"\x00", index)
        text = self.table[index : stop if stop >= 0 else None]
        self._budget -= len(text)
        if self._budget < 0:
            raise ProtocolError("references expand to too much text", offset=at)
        return text.decode(self.charset, "replace"), end

    def _mb_u_int32(self, at: int) -> tuple[int, int]:
        """Read a number of up to 32 bits; return it and the offset behind it."""
        number = 0
        for end in range(at, at + 5):
            octet = self.octets[end]
            number = number << 7 | octet & 0x7F
            if octet < 0x80:
                if number > 0xFFFFFFFF:
                    break
                return number, end + 1
        raise ProtocolError("number of more than 32 bits", offset=at)
