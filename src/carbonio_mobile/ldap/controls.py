"""The contents of the controls that a search may come with, and of those that answer them.

A value that cannot be read is a ``ProtocolError``; the client's answer is result 2.

Spec: RFC 2696 (paged results), RFC 2891 (sort), draft-ietf-ldapext-ldapv3-vlv-09 (virtual list
view); ../shared/ldap/outlook-and-peers.md 2.5.
"""

from dataclasses import dataclass
from typing import Final

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap import oids
from carbonio_mobile.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    INTEGER,
    OCTETS,
    SEQUENCE,
    element,
    head,
    inside,
    integer,
    integer_element,
    octets,
    truth,
)
from carbonio_mobile.ldap.requests import Control
from carbonio_mobile.ldap.results import Result

MAX_SORT_KEYS: Final = 8
MAX_COOKIE_OCTETS: Final = 256
_MAX_INT: Final = 2**31 - 1
_RULE: Final = 0x80
_REVERSE: Final = 0x81
_BY_OFFSET: Final = 0xA0
_BY_VALUE: Final = 0x81


@dataclass(frozen=True, slots=True)
class Paging:
    """How many entries at once (0: how many there are, no more), and where to go on."""

    size: int
    cookie: bytes = b""


@dataclass(frozen=True, slots=True)
class SortKey:
    """An attribute to sort by, as it was asked; ``rule`` is a name or number, or empty."""

    name: str
    rule: str = ""
    reverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A part of a sorted list: how many entries around which one.

    That one is the first at or after ``value``, or, where that is None, number ``offset`` (from 1
    on) of a list that the client takes for ``count`` long (0: it does not know). ``context`` is
    what an earlier answer gave.
    """

    before: int
    after: int
    offset: int = 0
    count: int = 0
    value: bytes | None = None
    context: bytes | None = None


def _count(data: bytes, at: int, end: int) -> tuple[int, int]:
    value, after = integer(data, at, end)
    if not 0 <= value <= _MAX_INT:
        raise ProtocolError(f"the number {value}", offset=at)
    return value, after


def _ended(at: int, end: int) -> None:
    if at != end:
        raise ProtocolError("more than the fields of this control", offset=at)


def _sequence(value: bytes | None) -> tuple[bytes, int, int]:
    """Give the contents of a control that is a sequence."""
    if value is None:
        raise ProtocolError("a control without its value")
    at, end = inside(value, 0, len(value), SEQUENCE)
    _ended(end, len(value))
    return value, at, end


def read_paging(value: bytes | None) -> Paging:
    """Read a request for paged results."""
    data, at, end = _sequence(value)
    size, at = _count(data, at, end)
    cookie, at = octets(data, at, end)
    _ended(at, end)
    if len(cookie) > MAX_COOKIE_OCTETS:
        raise ProtocolError("a cookie that is not ours")
    return Paging(size, cookie)


def paging_control(paging: Paging, *, critical: bool = False) -> Control:
    """Write paged results: as an answer with the number of all entries (0: not known)."""
    value = integer_element(paging.size) + element(OCTETS, paging.cookie)
    return Control(oids.PAGED_RESULTS, critical, element(SEQUENCE, value))


def read_sort(value: bytes | None) -> tuple[SortKey, ...]:
    """Read a request to sort: one key or more, the weightiest first."""
    data, at, end = _sequence(value)
    keys: list[SortKey] = []
    while at < end:
        start, at = inside(data, at, end, SEQUENCE)
        keys.append(_sort_key(data, start, at))
    if not 1 <= len(keys) <= MAX_SORT_KEYS:
        raise ProtocolError(f"{len(keys)} sort keys")
    return tuple(keys)


def _sort_key(data: bytes, at: int, end: int) -> SortKey:
    """Read a key; Windows writes the order with the tag of any boolean."""
    name, at = octets(data, at, end)
    rule = b""
    reverse = False
    if at < end and data[at] == _RULE:
        rule, at = octets(data, at, end, _RULE)
    if at < end:
        tag, start, at = head(data, at, end)
        if tag not in (_REVERSE, BOOLEAN):
            raise ProtocolError("no order of sorting", offset=start)
        reverse = truth(data, start, at)
    _ended(at, end)
    return SortKey(name.decode("utf-8", "replace"), rule.decode("utf-8", "replace"), reverse)


def sort_control(keys: tuple[SortKey, ...], *, critical: bool = False) -> Control:
    """Write a request to sort."""
    value = b"".join(
        element(
            SEQUENCE,
            element(OCTETS, key.name.encode())
            + (element(_RULE, key.rule.encode()) if key.rule else b"")
            + (element(_REVERSE, b"\xff") if key.reverse else b""),
        )
        for key in keys
    )
    return Control(oids.SORT, critical, element(SEQUENCE, value))


def sorted_control(code: Result, name: str = "") -> Control:
    """Write how sorting ended; ``name`` is the attribute that it could not sort by."""
    blamed = element(0x80, name.encode()) if name else b""
    return Control(oids.SORTED, value=element(SEQUENCE, integer_element(code, ENUMERATED) + blamed))


def read_view(value: bytes | None) -> View:
    """Read a request for a part of a list."""
    data, at, end = _sequence(value)
    before, at = _count(data, at, end)
    after, at = _count(data, at, end)
    tag, start, at = head(data, at, end)
    context = None
    if at < end:
        context, last = octets(data, at, end)
        _ended(last, end)
    if tag == _BY_VALUE:
        return View(before=before, after=after, value=data[start:at], context=context)
    if tag != _BY_OFFSET:
        raise ProtocolError("no target", offset=start)
    offset, last = _count(data, start, at)
    count, last = _count(data, last, at)
    _ended(last, at)
    return View(before=before, after=after, offset=offset, count=count, context=context)


def view_control(view: View, *, critical: bool = False) -> Control:
    """Write a request for a part of a list."""
    if view.value is not None:
        target = element(_BY_VALUE, view.value)
    else:
        target = element(_BY_OFFSET, integer_element(view.offset) + integer_element(view.count))
    value = integer_element(view.before) + integer_element(view.after) + target
    if view.context is not None:
        value += element(OCTETS, view.context)
    return Control(oids.VIEW, critical, element(SEQUENCE, value))


def viewed_control(
    position: int, count: int, code: Result, *, context: bytes | None = None
) -> Control:
    """Write where the entry asked for stands (from 1 on) in a list of ``count`` entries."""
    value = integer_element(position, INTEGER) + integer_element(count)
    value += integer_element(code, ENUMERATED)
    if context is not None:
        value += element(OCTETS, context)
    return Control(oids.VIEWED, value=element(SEQUENCE, value))
