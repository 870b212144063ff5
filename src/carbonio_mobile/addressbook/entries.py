"""Entries as octets: what answers are made of, kept so that nothing is encoded twice.

The values of an entry are one string: for each attribute of its *shape*, in order, the SET of its
values as RFC 4511 4.1.7 writes it (``vals`` of a PartialAttribute). Many entries share a shape.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from carbonio_mobile.addressbook.card import Value
from carbonio_mobile.ldap.attributes import ATTRIBUTES, Attribute, Syntax

BY_KEY: Final[Mapping[str, Attribute]] = {each.key: each for each in ATTRIBUTES if not each.shows}
"""The attribute whose values are kept under a key."""

_SET: Final = 0x31
_OCTETS: Final = 0x04
_SHORT: Final = 0x80
_HEADS: Final = {tag: [bytes((tag, length)) for length in range(_SHORT)] for tag in (_SET, _OCTETS)}


@dataclass(frozen=True, slots=True)
class Shape:
    """Which attributes an entry has here, and which are fetched where they are wanted."""

    keys: tuple[str, ...]
    blobs: frozenset[str]


def encoded(values: Sequence[Sequence[Value]]) -> bytes:
    """Write the values of each attribute as a SET, one after the other."""
    return b"".join([_set(each) for each in values])


def value_sets(octets: bytes) -> list[bytes]:
    """Cut an entry's octets into the SETs of its attributes."""
    found = []
    at, stop = 0, len(octets)
    while at < stop:
        length = octets[at + 1]
        end = at + 2 + length if length < _SHORT else _inside(octets, at)[1]
        found.append(octets[at:end])
        at = end
    return found


def values_in(octets: bytes, place: int) -> tuple[bytes, ...]:
    """Give the values of the attribute at a place of the shape."""
    at = 0
    for _ in range(place):
        at = _inside(octets, at)[1]
    at, end = _inside(octets, at)
    found = []
    while at < end:
        start, at = _inside(octets, at)
        found.append(octets[start:at])
    return tuple(found)


def shown(key: str, values: Sequence[bytes]) -> tuple[Value, ...]:
    """Give values as a card has them: octets for binary attributes, else texts."""
    known = BY_KEY.get(key)
    if known is not None and known.syntax is Syntax.BINARY:
        return tuple(values)
    return tuple(each.decode("utf-8") for each in values)


def _set(values: Sequence[Value]) -> bytes:
    parts = [
        _tlv(_OCTETS, each if type(each) is bytes else str(each).encode("utf-8", "replace"))
        for each in values
    ]
    return _tlv(_SET, parts[0] if len(parts) == 1 else b"".join(parts))


def _tlv(tag: int, contents: bytes) -> bytes:
    length = len(contents)
    if length < _SHORT:
        return _HEADS[tag][length] + contents
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT | len(octets))) + octets + contents


def _inside(octets: bytes, at: int) -> tuple[int, int]:
    """Give where the contents of an element of ours begin and end."""
    length = octets[at + 1]
    if length < _SHORT:
        return at + 2, at + 2 + length
    start = at + 2 + (length & 0x7F)
    return start, start + int.from_bytes(octets[at + 2 : start], "big")
