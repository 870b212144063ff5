"""The few of the Basic Encoding Rules that LDAP uses: heads of elements, integers, octets.

Reading takes definite lengths of up to four octets, minimal or not (Windows writes those of
sequences with four); what is short, as nearly all is, is read on a straight path. Writing gives
the shortest. A fault is a ``ProtocolError``.

Spec: RFC 4511 5.1, X.690.
"""

from typing import Final

from carbonio_mobile.errors import ProtocolError

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTETS: Final = 0x04
ENUMERATED: Final = 0x0A
SEQUENCE: Final = 0x30
SET: Final = 0x31

MAX_LENGTH_OCTETS: Final = 4
LONG: Final = 0x80
"""From this on the first octet of a length says how many more octets it has."""

_MAX_INTEGER_OCTETS: Final = 8
_HIGH_TAG: Final = 0x1F


def head(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Give the tag of the element at ``at`` and where its contents begin and end.

    The whole element must lie before ``end``.
    """
    start = at + 2
    if start > end:
        raise ProtocolError("an element is cut off", offset=at)
    length = data[at + 1]
    if length >= LONG:
        start += length & ~LONG
        if not LONG < length <= LONG + MAX_LENGTH_OCTETS:
            raise ProtocolError("a length of this form is not read", offset=at + 1)
        length = int.from_bytes(data[at + 2 : start], "big")
    stop = start + length
    if stop > end or data[at] & _HIGH_TAG == _HIGH_TAG:
        raise ProtocolError("an element is longer than what holds it", offset=at)
    return data[at], start, stop


def inside(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Give where the contents of the element at ``at`` begin and end; its tag must be ``tag``."""
    if at + 1 < end and data[at] == tag and data[at + 1] < LONG:
        stop = at + 2 + data[at + 1]
        if stop <= end:
            return at + 2, stop
    found, start, stop = head(data, at, end)
    if found != tag:
        raise ProtocolError("another element", offset=at, expected=f"0x{tag:02x}")
    return start, stop


def octets(data: bytes, at: int, end: int, tag: int = OCTETS) -> tuple[bytes, int]:
    """Read an octet string; give it and where the next element begins."""
    if at + 1 < end and data[at] == tag and data[at + 1] < LONG:
        stop = at + 2 + data[at + 1]
        if stop <= end:
            return data[at + 2 : stop], stop
    start, stop = inside(data, at, end, tag)
    return data[start:stop], stop


def integer(data: bytes, at: int, end: int, tag: int = INTEGER) -> tuple[int, int]:
    """Read an integer of up to eight octets; give it and where the next element begins."""
    if at + 2 < end and data[at] == tag and data[at + 1] == 1 and data[at + 2] < LONG:
        return data[at + 2], at + 3
    start, stop = inside(data, at, end, tag)
    return number(data, start, stop), stop


def number(data: bytes, start: int, stop: int) -> int:
    """Give the integer whose contents these are."""
    if not 1 <= stop - start <= _MAX_INTEGER_OCTETS:
        raise ProtocolError("an integer of no or too many octets", offset=start)
    return int.from_bytes(data[start:stop], "big", signed=True)


def truth(data: bytes, start: int, stop: int) -> bool:
    """Give the boolean whose contents these are."""
    if stop - start != 1:
        raise ProtocolError("a boolean is one octet", offset=start)
    return data[start] != 0


def element(tag: int, contents: bytes) -> bytes:
    """Write an element."""
    length = len(contents)
    if length < LONG:
        return bytes((tag, length)) + contents
    return length_head(tag, length) + contents


def length_head(tag: int, length: int) -> bytes:
    """Write the head of an element whose contents have this length."""
    if length < LONG:
        return bytes((tag, length))
    size = (length.bit_length() + 7) // 8
    return bytes((tag, LONG | size)) + length.to_bytes(size, "big")


def integer_element(value: int, tag: int = INTEGER) -> bytes:
    """Write an integer, or, with its tag, an enumerated value."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return element(tag, value.to_bytes(size, "big", signed=True))
