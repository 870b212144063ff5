"""The octets of a search filter, to the values of ``filters``.

Nothing recurs: nesting is kept in a list, and all that a peer could make large is counted.

Spec: RFC 4511 4.5.1.7.
"""

from collections.abc import Callable
from typing import Final

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap import filters
from carbonio_mobile.ldap.attributes import ATTRIBUTES
from carbonio_mobile.ldap.ber import LONG, SEQUENCE, head, inside, octets, truth
from carbonio_mobile.ldap.filters import Filter

MAX_DEPTH: Final = 32
MAX_NODES: Final = 256
MAX_PIECES: Final = 64
"""How deep a filter may nest, how many parts it may have, and how many pieces a substring match."""

_INITIAL: Final = 0x80
_ANY: Final = 0x81
_FINAL: Final = 0x82


def parse_filter(data: bytes, at: int, end: int) -> tuple[Filter, int]:
    """Read the filter at ``at``; give it and where the next element begins."""
    top: list[Filter] = []
    parts = top
    # Of all that is open: its tag, its end, the end of what holds it, the parts of that.
    within: list[tuple[int, int, int, list[Filter]]] = []
    for _ in range(MAX_NODES):
        start = at + 2
        if start <= end and data[at + 1] < LONG and start + data[at + 1] <= end:
            tag, stop = data[at], start + data[at + 1]
        else:
            tag, start, stop = head(data, at, end)
        if leaf := _LEAVES.get(tag):
            parts.append(leaf(data, start, stop))
            at = stop
        elif tag in _JOINED and len(within) < MAX_DEPTH:
            within.append((tag, stop, end, parts))
            parts, at, end = [], start, stop
        else:
            raise ProtocolError("no such filter, or too deep", offset=at)
        while within and at == end:
            tag, at, end, above = within.pop()
            above.append(_JOINED[tag](parts, at))
            parts = above
        if not within:
            return top[0], at
    raise ProtocolError("a filter of too many parts", offset=at)


def _and(parts: list[Filter], _: int) -> Filter:
    return filters.And(tuple(parts))


def _or(parts: list[Filter], _: int) -> Filter:
    return filters.Or(tuple(parts))


def _not(parts: list[Filter], at: int) -> Filter:
    if len(parts) != 1:
        raise ProtocolError("a negation of other than one filter", offset=at)
    return filters.Not(parts[0])


_JOINED: Final[dict[int, Callable[[list[Filter], int], Filter]]] = {
    0xA0: _and,
    0xA1: _or,
    0xA2: _not,
}


_NAMES: Final = {
    name.encode(): name
    for each in ATTRIBUTES
    for shown in (each.name, *each.synonyms)
    for name in (shown, shown.lower())
}
"""The names that are asked for, by their octets: quicker than to read them."""


def _text(data: bytes) -> str:
    return _NAMES.get(data) or data.decode("utf-8", "replace")


def _present(data: bytes, start: int, stop: int) -> Filter:
    return filters.Present(_text(data[start:stop]))


def assertion(data: bytes, start: int, stop: int) -> tuple[str, bytes]:
    """Read the two contents of an AttributeValueAssertion."""
    name, at = octets(data, start, stop)
    value, at = octets(data, at, stop)
    if at != stop:
        raise ProtocolError("more than a name and a value", offset=at)
    return _text(name), value


def _equal(data: bytes, start: int, stop: int) -> Filter:
    return filters.Equal(*assertion(data, start, stop))


def _at_least(data: bytes, start: int, stop: int) -> Filter:
    return filters.AtLeast(*assertion(data, start, stop))


def _at_most(data: bytes, start: int, stop: int) -> Filter:
    return filters.AtMost(*assertion(data, start, stop))


def _approx(data: bytes, start: int, stop: int) -> Filter:
    return filters.Approx(*assertion(data, start, stop))


def _substrings(data: bytes, start: int, stop: int) -> Filter:
    name, at = octets(data, start, stop)
    size = stop - at
    if (
        4 <= size < LONG
        and data[at + 2] == _INITIAL
        and data[at + 3] == size - 4
        and data[at] == SEQUENCE
        and data[at + 1] == size - 2
    ):  # Nearly all that is asked: one piece, the beginning.
        return filters.Substrings(_text(name), data[at + 4 : stop])
    at, end = inside(data, at, stop, SEQUENCE)
    if end != stop or at == end:
        raise ProtocolError("no pieces, or more than them", offset=at)
    return _pieces(_text(name), data, at, end)


def _pieces(name: str, data: bytes, at: int, end: int) -> filters.Substrings:
    found: list[tuple[int, bytes]] = []
    while at < end:
        tag, start, at = head(data, at, end)
        found.append((tag, data[start:at]))
        if len(found) > MAX_PIECES:
            raise ProtocolError("a substring match of too many pieces", offset=at)
    first = found.pop(0)[1] if found[0][0] == _INITIAL else b""
    last = found.pop()[1] if found and found[-1][0] == _FINAL else b""
    if any(tag != _ANY for tag, _ in found):
        raise ProtocolError("pieces of another kind or order", offset=end)
    return filters.Substrings(name, first, tuple(piece for _, piece in found), last)


def _matches(data: bytes, start: int, stop: int) -> Filter:
    fields: dict[int, bytes] = {}
    in_dn = False
    at = start
    while at < stop:
        tag, start, at = head(data, at, stop)
        if not _RULE <= tag <= _IN_DN or any(tag <= before for before in fields):
            raise ProtocolError("fields of another kind or order", offset=start)
        fields[tag] = data[start:at]
        in_dn = tag == _IN_DN and truth(data, start, at)
    if _VALUE not in fields or not fields.keys() & {_RULE, _NAME}:
        raise ProtocolError("a match of no value, or by nothing", offset=stop)
    return filters.Matches(
        _text(fields.get(_RULE, b"")), _text(fields.get(_NAME, b"")), fields[_VALUE], in_dn
    )


_RULE: Final = 0x81
_NAME: Final = 0x82
_VALUE: Final = 0x83
_IN_DN: Final = 0x84

_LEAVES: Final[dict[int, Callable[[bytes, int, int], Filter]]] = {
    0xA3: _equal,
    0xA4: _substrings,
    0xA5: _at_least,
    0xA6: _at_most,
    0x87: _present,
    0xA8: _approx,
    0xA9: _matches,
}
