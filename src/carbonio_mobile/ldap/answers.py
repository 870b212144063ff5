"""Answers, as octets.

A *body* is the operation of an answer without number and controls, so that it can be kept and sent
to many: ``message`` makes it a message, ``entries`` makes messages of many bodies at once.

Spec: RFC 4511 4.
"""

from collections.abc import Iterable
from typing import Final

from carbonio_mobile.ldap import oids
from carbonio_mobile.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    OCTETS,
    SEQUENCE,
    SET,
    element,
    integer_element,
    length_head,
)
from carbonio_mobile.ldap.requests import Control
from carbonio_mobile.ldap.results import Result

_BIND: Final = 0x61
_ENTRY: Final = 0x64
_SEARCH_DONE: Final = 0x65
_COMPARE: Final = 0x6F
_EXTENDED: Final = 0x78
_EXTENDED_NAME: Final = 0x8A
_EXTENDED_VALUE: Final = 0x8B
_CONTROLS: Final = 0xA0
_TRUE: Final = b"\xff"

NO_VALUES: Final = element(SET, b"")
"""The values of an attribute whose type alone was asked for."""

_HEADS: Final = tuple(length_head(SEQUENCE, length) for length in range(2048))
"""The heads of sequences by length: nearly all entries are shorter."""


def _head(length: int) -> bytes:
    return _HEADS[length] if length < len(_HEADS) else length_head(SEQUENCE, length)


def message(number: int, body: bytes, controls: Iterable[Control] = ()) -> bytes:
    """Write a whole message."""
    written = b"".join(map(_control, controls))
    tail = element(_CONTROLS, written) if written else b""
    return element(SEQUENCE, integer_element(number) + body + tail)


def _control(control: Control) -> bytes:
    return element(
        SEQUENCE,
        element(OCTETS, control.oid.encode())
        + (element(BOOLEAN, _TRUE) if control.critical else b"")
        + (b"" if control.value is None else element(OCTETS, control.value)),
    )


def entries(number: int, bodies: Iterable[bytes]) -> list[bytes]:
    """Write many messages of one number, as pieces to be joined or written in their order."""
    numbered = integer_element(number)
    size = len(numbered)
    return [piece for body in bodies for piece in (_head(size + len(body)), numbered, body)]


def description(name: str) -> bytes:
    """Write an attribute's name, for ``entry_body``."""
    return element(OCTETS, name.encode())


def value_set(values: Iterable[str | bytes]) -> bytes:
    """Write an attribute's values, for ``entry_body``."""
    return element(
        SET,
        b"".join(
            element(OCTETS, each if isinstance(each, bytes) else each.encode()) for each in values
        ),
    )


def entry_body(dn: bytes, attributes: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Write a SearchResultEntry: its name, and descriptions with values as written above."""
    pieces: list[bytes] = []
    for name, values in attributes:
        pieces += (_head(len(name) + len(values)), name, values)
    shown = b"".join(pieces)
    return element(_ENTRY, element(OCTETS, dn) + element(SEQUENCE, shown))


def _result(tag: int, code: Result, matched: str, text: str, more: bytes = b"") -> bytes:
    return element(
        tag,
        integer_element(code, ENUMERATED)
        + element(OCTETS, matched.encode())
        + element(OCTETS, text.encode())
        + more,
    )


def bind_body(code: Result, text: str = "") -> bytes:
    """Write a BindResponse; ``text`` is for people to read, here and below."""
    return _result(_BIND, code, "", text)


def done_body(code: Result, text: str = "", *, matched: str = "") -> bytes:
    """Write a SearchResultDone; ``matched`` names the lowest entry above the base that exists."""
    return _result(_SEARCH_DONE, code, matched, text)


def compare_body(code: Result, text: str = "", *, matched: str = "") -> bytes:
    """Write a CompareResponse."""
    return _result(_COMPARE, code, matched, text)


def write_body(answer_tag: int, code: Result, text: str = "") -> bytes:
    """Write the answer to a ``Write``, with the tag that it names."""
    return _result(answer_tag, code, "", text)


def extended_body(
    code: Result, text: str = "", *, oid: str = "", value: bytes | None = None
) -> bytes:
    """Write an ExtendedResponse; no ``oid`` and no ``value`` leave them out."""
    name = element(_EXTENDED_NAME, oid.encode()) if oid else b""
    more = b"" if value is None else element(_EXTENDED_VALUE, value)
    return _result(_EXTENDED, code, "", text, name + more)


def notice_of_disconnection(code: Result, text: str = "") -> bytes:
    """Write the message that says why the server closes (RFC 4511 4.4.1)."""
    return message(0, extended_body(code, text, oid=oids.NOTICE_OF_DISCONNECTION))
