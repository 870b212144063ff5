"""The values that responses are made of: strings, numbers, NIL and lists of them.

Octets of a quoted string, literal or atom become ``bytes``, NIL becomes None, parentheses a list.
Quirks of servers that are read: more than one blank between values and none between lists, 8-bit
octets in quoted strings, atoms of any octets.

Spec: RFC 9051 4.
"""

import re
from collections.abc import Sequence

from carbonio_mobile.errors import ProtocolError

Value = bytes | None | list["Value"]


class TooMuch(ProtocolError):
    """A value that is longer, or nested deeper, than what is read."""


MAX_DEPTH = 200
MAX_LINE_OCTETS = 512 * 1024
"""Of what is read into values; long listings (SEARCH) are not."""

_TOKEN = re.compile(
    rb"""\ {0,16}(?:
        (\() | (\)) |
        "([^"\\]*)" |
        "((?:[^"\\]|\\.)*)" |
        ((?:BODY|BINARY)(?:\.[A-Z]+)?\[[^\]]{0,1000}\](?:<\d{1,20}>)? | [^\ ()"]+)
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
# The bounds in it keep the work linear in the length of the line, whatever that holds.
_OPEN, _CLOSE, _QUOTED, _ESCAPED, _ATOM = range(1, 6)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_NIL = frozenset((b"NIL", b"nil", b"Nil"))


def values(raw: Sequence[bytes], at: int = 0) -> list[Value]:
    """Read the values of a response from position ``at`` of its first line on.

    ``raw`` is lines and literals in turn. Raises: ProtocolError.
    """
    current: list[Value] = []
    outer: list[list[Value]] = []
    for index, part in enumerate(raw):
        if index & 1:
            current.append(part)
            continue
        current = _read_line(part, at, current, outer)
        at = 0
    if outer:
        raise ProtocolError("a list without end")
    return current


def _read_line(line: bytes, at: int, current: list[Value], outer: list[list[Value]]) -> list[Value]:
    """Read one line's values into ``current``; give the list that is open at its end."""
    if len(line) > MAX_LINE_OCTETS:
        raise TooMuch("a line too long to be read as values")
    for found in _TOKEN.finditer(line, at):
        if found.start() != at:
            raise ProtocolError("no value", offset=at)
        at = found.end()
        kind = found.lastindex
        if kind == _QUOTED:
            current.append(found[_QUOTED])
        elif kind == _ATOM:
            atom = found[_ATOM]
            current.append(None if atom in _NIL else atom)
        elif kind == _OPEN:
            if len(outer) == MAX_DEPTH:
                raise TooMuch("lists nested too deep", offset=at)
            inner: list[Value] = []
            current.append(inner)
            outer.append(current)
            current = inner
        elif kind == _CLOSE:
            if not outer:
                raise ProtocolError("a list ends that never began", offset=at)
            current = outer.pop()
        else:
            current.append(_ESCAPE.sub(rb"\1", found[_ESCAPED]))
    if line[at:].strip(b" "):
        raise ProtocolError("no value", offset=at)
    return current


def octets(value: Value) -> bytes:
    """Give a string; NIL is empty. Raises: ProtocolError (a list)."""
    if isinstance(value, list):
        raise ProtocolError("a list where a string should be")
    return value or b""


def text(value: Value) -> str:
    """Give a string whose octets are ASCII by right; others become themselves of Latin-1."""
    return octets(value).decode("latin-1")


def items(value: Value) -> list[Value]:
    """Give a list; NIL is empty. Raises: ProtocolError (a string)."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ProtocolError("a string where a list should be")
    return value


def number(value: Value) -> int:
    """Give a number of up to 20 digits. Raises: ProtocolError."""
    if isinstance(value, bytes) and len(value) <= 20 and value.isdigit():
        return int(value)
    raise ProtocolError("no number")


def name(value: Value) -> bytes:
    """Give the octets of a mailbox's name: one called NIL may come as an atom."""
    return b"NIL" if value is None else octets(value)
