"""``parse``: the octets of one message, to a value of ``requests``.

What a request of a known kind has beyond its fields is a fault; elements after the operation and
its controls are passed over, as RFC 4511 4 wants. Names in other than UTF-8 are read with the
replacement character, so that they match nothing.

Spec: RFC 4511 4; limits: ../shared/ldap/ldaptor-notes.md 4.3.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    INTEGER,
    OCTETS,
    SEQUENCE,
    head,
    inside,
    integer,
    number,
    octets,
    truth,
)
from carbonio_mobile.ldap.filterparsing import assertion, parse_filter
from carbonio_mobile.ldap.filters import Filter
from carbonio_mobile.ldap.requests import (
    Abandon,
    Bind,
    Compare,
    Control,
    Extended,
    Message,
    Operation,
    Scope,
    Search,
    Unbind,
    Write,
)

MAX_ATTRIBUTES: Final = 256
MAX_CONTROLS: Final = 16
MAX_TRAILING: Final = 16
"""How many attributes a search may name, and how many controls and unknown elements may follow."""

MAX_INT: Final = 2**31 - 1
_CACHED_OCTETS: Final = 1024
_CONTROLS: Final = 0xA0
_SIMPLE: Final = 0x80
_SASL: Final = 0xA3
_EXTENDED_NAME: Final = 0x80
_EXTENDED_VALUE: Final = 0x81
_DEREFERENCES: Final = 3


def parse(data: bytes) -> Message:
    """Read one whole message, as ``Framer`` gives it. All that is wrong is a ``ProtocolError``."""
    end = len(data)
    at, stop = inside(data, 0, end, SEQUENCE)
    if stop != end:
        raise ProtocolError("more than one message", offset=stop)
    message, at = _bounded(data, at, end, INTEGER)
    tag, start, at = head(data, at, end)
    read = _OPERATIONS.get(tag)
    if read is None:
        raise ProtocolError(f"no request has the tag 0x{tag:02x}", offset=start)
    if message == 0:
        raise ProtocolError("message number 0 is the server's", offset=start)
    return Message(message, read(data, start, at), _controls(data, at, end) if at < end else ())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _bounded(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Read an INTEGER (0 .. maxInt)."""
    value, after = integer(data, at, end, tag)
    if not 0 <= value <= MAX_INT:
        raise ProtocolError(f"the number {value}", offset=at, expected="0 to 2147483647")
    return value, after


def _ended(at: int, stop: int) -> None:
    if at != stop:
        raise ProtocolError("more than the fields of this request", offset=at)


def _bind(data: bytes, start: int, stop: int) -> Bind:
    version, at = _bounded(data, start, stop, INTEGER)
    name, at = octets(data, at, stop)
    tag, start, at = head(data, at, stop)
    _ended(at, stop)
    if tag == _SIMPLE:
        return Bind(version=version, name=_text(name), password=data[start:at])
    mechanism = octets(data, start, at)[0] if tag == _SASL else b""
    return Bind(version=version, name=_text(name), password=None, mechanism=_text(mechanism))


def _unbind(_: bytes, start: int, stop: int) -> Unbind:
    _ended(start, stop)
    return Unbind()


def _search(data: bytes, start: int, stop: int) -> Search:
    base, at = octets(data, start, stop)
    scope, at = integer(data, at, stop, ENUMERATED)
    dereference, at = integer(data, at, stop, ENUMERATED)
    if not (0 <= scope <= Scope.SUB and 0 <= dereference <= _DEREFERENCES):
        raise ProtocolError("no such scope or dereferencing", offset=at)
    size_limit, at = _bounded(data, at, stop, INTEGER)
    time_limit_s, at = _bounded(data, at, stop, INTEGER)
    first, at = inside(data, at, stop, BOOLEAN)
    types_only = truth(data, first, at)
    wanted, at = _filter(data, at, stop)
    first, at = inside(data, at, stop, SEQUENCE)
    _ended(at, stop)
    return Search(
        base=_text(base),
        scope=_SCOPES[scope],
        size_limit=size_limit,
        time_limit_s=time_limit_s,
        types_only=types_only,
        filter=wanted,
        attributes=_attributes(data[first:at]),
    )


_SCOPES: Final = tuple(Scope)


def _filter(data: bytes, at: int, stop: int) -> tuple[Filter, int]:
    """Read a filter; the same octets give the same object, while they are asked often."""
    end = inside(data, at, stop, data[at])[1] if at < stop else stop
    if end - at <= _CACHED_OCTETS:
        try:
            return _known_filter(data[at:end]), end
        except ProtocolError:
            pass  # read once more, to say where in the message the fault is
    return parse_filter(data, at, stop)


@lru_cache(maxsize=4096)
def _known_filter(data: bytes) -> Filter:
    wanted, end = parse_filter(data, 0, len(data))
    _ended(end, len(data))
    return wanted


def _attributes(data: bytes) -> tuple[str, ...]:
    """Read the attributes that are asked for; clients ask for the same over and over."""
    return _known_names(data) if len(data) <= _CACHED_OCTETS else _names(data)


def _names(data: bytes) -> tuple[str, ...]:
    found: list[str] = []
    at, end = 0, len(data)
    while at < end:
        name, at = octets(data, at, end)
        found.append(_text(name))
        if len(found) > MAX_ATTRIBUTES:
            raise ProtocolError("too many attributes", offset=at)
    return tuple(found)


_known_names = lru_cache(maxsize=128)(_names)


def _compare(data: bytes, start: int, stop: int) -> Compare:
    entry, at = octets(data, start, stop)
    first, at = inside(data, at, stop, SEQUENCE)
    _ended(at, stop)
    name, value = assertion(data, first, at)
    return Compare(entry=_text(entry), name=name, value=value)


def _abandon(data: bytes, start: int, stop: int) -> Abandon:
    value = number(data, start, stop)
    if not 0 <= value <= MAX_INT:
        raise ProtocolError(f"the number {value}", offset=start)
    return Abandon(value)


def _extended(data: bytes, start: int, stop: int) -> Extended:
    oid, at = octets(data, start, stop, _EXTENDED_NAME)
    if at == stop:
        return Extended(_text(oid))
    value, at = octets(data, at, stop, _EXTENDED_VALUE)
    _ended(at, stop)
    return Extended(_text(oid), value)


def _write(answer_tag: int) -> Callable[[bytes, int, int], Write]:
    def read(_data: bytes, _start: int, _stop: int) -> Write:
        return Write(answer_tag)

    return read


def _controls(data: bytes, at: int, end: int) -> tuple[Control, ...]:
    """Read the controls among what follows an operation."""
    found: tuple[Control, ...] = ()
    for _ in range(MAX_TRAILING):
        tag, start, at = head(data, at, end)
        if tag == _CONTROLS:
            if found:
                raise ProtocolError("controls twice", offset=start)
            found = _listed(data, start, at)
        if at == end:
            return found
    raise ProtocolError("too much after the operation", offset=at)


def _listed(data: bytes, at: int, end: int) -> tuple[Control, ...]:
    found: list[Control] = []
    while at < end:
        start, at = inside(data, at, end, SEQUENCE)
        found.append(_control(data, start, at))
        if len(found) > MAX_CONTROLS:
            raise ProtocolError("too many controls", offset=at)
    return tuple(found)


def _control(data: bytes, start: int, stop: int) -> Control:
    oid, at = octets(data, start, stop)
    critical = False
    value = None
    if at < stop and data[at] == BOOLEAN:
        start, at = inside(data, at, stop, BOOLEAN)
        critical = truth(data, start, at)
    if at < stop:
        value, at = octets(data, at, stop, OCTETS)
    _ended(at, stop)
    return Control(_text(oid), critical, value)


_OPERATIONS: Final[dict[int, Callable[[bytes, int, int], Operation]]] = {
    0x60: _bind,
    0x42: _unbind,
    0x63: _search,
    0x6E: _compare,
    0x50: _abandon,
    0x77: _extended,
    # Modify, add, delete, modifyDN, by the tag of the answer.
    0x66: _write(0x67),
    0x68: _write(0x69),
    0x4A: _write(0x6B),
    0x6C: _write(0x6D),
}
