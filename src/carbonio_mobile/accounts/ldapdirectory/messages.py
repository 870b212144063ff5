"""Requests of a client as octets, and the answers of a directory as values.

Every length is checked against what holds it; a fault is a ``ProtocolError``.

Spec: RFC 4511 4; RFC 2696 (pages); draft-behera-ldap-password-policy-10 (password policy).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap import oids
from carbonio_mobile.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    OCTETS,
    SEQUENCE,
    SET,
    element,
    head,
    inside,
    integer,
    integer_element,
    octets,
)

PASSWORD_POLICY: Final = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105 - a number
BASE, ONE_LEVEL, SUBTREE = range(3)
TEXT_MAX: Final = 200

_VERSION: Final = integer_element(3)
_ENTRY: Final = 0x64
_REFERENCE: Final = 0x73
_REFERRAL: Final = 0xA3
_CONTROLS: Final = 0xA0
_ENDS: Final = frozenset({0x61, 0x65, 0x78})
_UNBIND: Final = element(0x42, b"")


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry: its name, and its values by lower-case attribute name without options."""

    dn: str
    values: Mapping[str, tuple[bytes, ...]] = field(repr=False)

    def texts(self, name: str) -> tuple[str, ...]:
        """Give the values of an attribute that are texts, in the directory's order."""
        return tuple(filter(None, map(text_of, self.values.get(name, ()))))

    def first(self, name: str) -> str:
        """Give the first text of an attribute; empty where there is none."""
        return next(iter(self.texts(name)), "")


@dataclass(frozen=True, slots=True)
class Ending:
    """How an operation ended. ``controls`` are by number; ``text`` is one line for logs."""

    code: int
    text: str = ""
    referrals: tuple[str, ...] = ()
    controls: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Answer:
    """One message of the directory: an entry, or an ending, or neither (a continuation)."""

    number: int
    entry: FoundEntry | None = None
    ending: Ending | None = None


def text_of(value: bytes) -> str:
    """Read a value as text; what is none is empty."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""


# Requests


def message(number: int, body: bytes, controls: bytes = b"") -> bytes:
    """Write a whole message; ``controls`` are the octets of :func:`control`, one after another."""
    tail = element(_CONTROLS, controls) if controls else b""
    return element(SEQUENCE, integer_element(number) + body + tail)


def control(oid: str, value: bytes | None = None, *, critical: bool = False) -> bytes:
    """Write a control."""
    return element(
        SEQUENCE,
        element(OCTETS, oid.encode())
        + (element(BOOLEAN, b"\xff") if critical else b"")
        + (b"" if value is None else element(OCTETS, value)),
    )


def bind(dn: str, password: str) -> bytes:
    """Write a simple bind; a password that is no text matches none."""
    typed = password.encode("utf-8", "surrogatepass")
    return element(0x60, _VERSION + element(OCTETS, _utf8(dn)) + element(0x80, typed))


def unbind() -> bytes:
    """Write the goodbye, which has no answer."""
    return _UNBIND


def start_tls() -> bytes:
    """Write the wish to go on with TLS (RFC 4511 4.14)."""
    return element(0x77, element(0x80, oids.START_TLS.encode()))


def search(
    base: str,
    scope: int,
    filter_: bytes,
    attributes: bytes,
    *,
    size_limit: int = 0,
    time_limit_s: int = 0,
    types_only: bool = False,
) -> bytes:
    """Write a search; ``attributes`` come from :func:`attribute_list`."""
    return element(
        0x63,
        element(OCTETS, _utf8(base))
        + integer_element(scope, ENUMERATED)
        + integer_element(0, ENUMERATED)
        + integer_element(size_limit)
        + integer_element(time_limit_s)
        + element(BOOLEAN, b"\xff" if types_only else b"\x00")
        + filter_
        + attributes,
    )


@lru_cache(maxsize=64)
def attribute_list(names: tuple[str, ...]) -> bytes:
    """Write the attributes that are wanted; without one, all that are not operational."""
    return element(SEQUENCE, b"".join(element(OCTETS, _utf8(name)) for name in names))


def page_control(size: int, cookie: bytes) -> bytes:
    """Write the wish for a page."""
    value = element(SEQUENCE, integer_element(size) + element(OCTETS, cookie))
    return control(oids.PAGED_RESULTS, value, critical=True)


# Answers


def read(data: bytes) -> Answer:
    """Read a message of the directory. Raises: ProtocolError."""
    at, end = inside(data, 0, len(data), SEQUENCE)
    number, at = integer(data, at, end)
    tag, start, stop = head(data, at, end)
    if tag == _ENTRY:
        return Answer(number, entry=_entry(data, start, stop))
    if tag == _REFERENCE:
        return Answer(number)
    if tag not in _ENDS:
        raise ProtocolError(f"an answer of the kind 0x{tag:02x}", offset=at)
    return Answer(number, ending=_ending(data, start, stop, _controls(data, stop, end)))


def _entry(data: bytes, at: int, end: int) -> FoundEntry:
    name, at = octets(data, at, end)
    at, end = inside(data, at, end, SEQUENCE)
    values: dict[str, tuple[bytes, ...]] = {}
    while at < end:
        start, stop = inside(data, at, end, SEQUENCE)
        kind, start = octets(data, start, stop)
        start, stop = inside(data, start, stop, SET)
        found = []
        while start < stop:
            value, start = octets(data, start, stop)
            found.append(value)
        key = kind.decode("ascii", "replace").partition(";")[0].lower()
        values[key] = (*values.get(key, ()), *found)
        at = stop
    return FoundEntry(name.decode("utf-8", "replace"), values)


def _ending(data: bytes, at: int, end: int, controls: Mapping[str, bytes]) -> Ending:
    code, at = integer(data, at, end, ENUMERATED)
    _matched, at = octets(data, at, end)
    text, at = octets(data, at, end)
    referrals: list[str] = []
    if at < end and data[at] == _REFERRAL:
        at, stop = inside(data, at, end, _REFERRAL)
        while at < stop:
            url, at = octets(data, at, stop)
            referrals.append(_line(url))
    return Ending(code, _line(text), tuple(referrals), controls)


def _controls(data: bytes, at: int, end: int) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    if at >= end:
        return found
    at, end = inside(data, at, end, _CONTROLS)
    while at < end:
        start, stop = inside(data, at, end, SEQUENCE)
        at = stop
        oid, start = octets(data, start, stop)
        if start < stop and data[start] == BOOLEAN:
            start = inside(data, start, stop, BOOLEAN)[1]
        found[oid.decode("ascii", "replace")] = (
            octets(data, start, stop)[0] if start < stop else b""
        )
    return found


def next_page(ending: Ending) -> bytes:
    """Give the cookie of the next page; empty where there is none. Raises: ProtocolError."""
    value = ending.controls.get(oids.PAGED_RESULTS, b"")
    if not value:
        return b""
    at, end = inside(value, 0, len(value), SEQUENCE)
    _size, at = integer(value, at, end)
    return octets(value, at, end)[0]


def policy_fault(ending: Ending) -> int | None:
    """Give what the password policy says of a bind; None where it says nothing.

    0 is a password that expired, 1 an account that is locked, 2 a password that must be changed.
    Raises: ProtocolError.
    """
    value = ending.controls.get(PASSWORD_POLICY, b"")
    if not value:
        return None
    at, end = inside(value, 0, len(value), SEQUENCE)
    while at < end:
        tag, start, stop = head(value, at, end)
        if tag == 0x81:
            return integer(value, at, end, 0x81)[0]
        at = max(stop, start)
    return None


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _line(text: bytes) -> str:
    shown = "".join(each if each.isprintable() else " " for each in text.decode("utf-8", "replace"))
    return shown[:TEXT_MAX].strip()
