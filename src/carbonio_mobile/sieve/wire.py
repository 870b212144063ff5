"""What a ManageSieve server says, and the strings that a client says, as octets.

Spec: RFC 5804 1.2 (responses), 1.3 (response codes), 4 (grammar).
"""

import re
from dataclasses import dataclass, field
from enum import Enum

from carbonio_mobile.errors import ProtocolError

Token = str | bytes
"""``bytes`` is a string, quoted or literal; ``str`` an atom in upper case, or a parenthesis."""

_QUOTED_BYTES = 1024
"""What a server must take in quotes (RFC 5804 4, quoted)."""

_TOKEN = re.compile(
    rb'[ \t]*(?:"((?:[^"\\]|\\["\\])*)"|\{(\d{1,10})\+?\}\Z|([()])|([^\s(){}"\\]+))[ \t]*'
)
_STATUSES = frozenset(("OK", "NO", "BYE"))
_ESCAPED = re.compile(rb'\\(["\\])')
_UNQUOTABLE = re.compile(rb"[\x00\r\n]")


class Status(Enum):
    """How a response ends: done, refused, or refused and the connection closed."""

    OK = "OK"
    NO = "NO"
    BYE = "BYE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response. ``code`` is in upper case, without its parentheses, empty where there is none.

    ``values`` are what stands beside the code; ``text`` is for people, on one line without control
    characters; ``lines`` come before the status, in their order.
    """

    status: Status
    code: str = ""
    values: tuple[Token, ...] = field(default=(), repr=False)
    text: str = ""
    lines: tuple[tuple[Token, ...], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The most that a server may say: in a line, a literal, and one response in all."""

    line_bytes: int = 8192
    literal_bytes: int = 4 << 20
    lines_count: int = 2000
    response_bytes: int = 8 << 20


class ResponseReader:
    """Takes octets in pieces of any size and gives responses as they become whole."""

    def __init__(self, bounds: Bounds = Bounds()) -> None:
        self._bounds = bounds
        self._buffer = bytearray()
        self._searched = 0
        self._literal: int | None = None
        self._tokens: list[Token] = []
        self._lines: list[tuple[Token, ...]] = []
        self._taken_bytes = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a further response is there."""
        return not self._buffer and not self._tokens and not self._lines

    def feed(self, octets: bytes) -> None:
        """Take octets."""
        self._buffer += octets

    def response(self) -> Response | None:
        """Give the next response that is whole, None where more octets are needed.

        Raises: ProtocolError (what came is no response, or beyond the bounds).
        """
        while (line := self._line()) is not None:
            if line and line[0] in _STATUSES:
                lines, self._lines, self._taken_bytes = tuple(self._lines), [], 0
                return _response(line, lines)
            if line and isinstance(line[0], str):
                raise ProtocolError("no ManageSieve response", expected="OK, NO or BYE")
            self._lines.append(line)
            if len(self._lines) > self._bounds.lines_count:
                raise ProtocolError("a response of too many lines")
        return None

    def _line(self) -> tuple[Token, ...] | None:
        while self._take_literal():
            end = self._buffer.find(b"\r\n", self._searched)
            if max(end, len(self._buffer) if end < 0 else 0) > self._bounds.line_bytes:
                raise ProtocolError("a line that is too long")
            if end < 0:
                self._searched = max(0, len(self._buffer) - 1)
                return None
            self._read(self._taken(end))
            del self._buffer[:2]
            if self._literal is None:
                tokens, self._tokens = tuple(self._tokens), []
                return tokens
        return None

    def _take_literal(self) -> bool:
        """Take a literal, if one is announced; False where it is not all there."""
        if self._literal is not None:
            if len(self._buffer) < self._literal:
                return False
            self._tokens.append(self._taken(self._literal))
            self._literal = None
        return True

    def _taken(self, size: int) -> bytes:
        octets = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._searched = 0
        self._taken_bytes += size
        if self._taken_bytes > self._bounds.response_bytes:
            raise ProtocolError("a response that is too long")
        return octets

    def _read(self, line: bytes) -> None:
        """Add the tokens of a line, or of what comes of it before a literal."""
        at = 0
        while at < len(line):
            found = _TOKEN.match(line, at)
            if found is None:
                raise ProtocolError("no ManageSieve response", offset=at)
            at = found.end()
            quoted, literal, parenthesis, atom = found.groups()
            if literal is not None:
                self._literal = int(literal)
            elif quoted is not None:
                self._tokens.append(_ESCAPED.sub(rb"\1", quoted))
            else:
                self._tokens.append((parenthesis or atom).decode("ascii", "replace").upper())
        if (self._literal or 0) > self._bounds.literal_bytes:
            raise ProtocolError("a literal that is too long")


def _response(line: tuple[Token, ...], lines: tuple[tuple[Token, ...], ...]) -> Response:
    """Read a status line. What stands beyond its text is not looked at."""
    rest = line[1:]
    inner: tuple[Token, ...] = ()
    if rest[:1] == ("(",):
        end = rest.index(")") if ")" in rest else len(rest)
        inner, rest = rest[1:end], rest[end + 1 :]
    text = rest[0] if rest and isinstance(rest[0], bytes) else b""
    return Response(
        status=Status(line[0]),
        code=inner[0] if inner and isinstance(inner[0], str) else "",
        values=inner[1:],
        text=visible(text),
        lines=lines,
    )


def visible(octets: bytes) -> str:
    """Give what a server says to people on one line, at most 500 characters of it."""
    words = " ".join(octets.decode("utf-8", "replace").split())
    return "".join(one for one in words[:500] if one.isprintable())


def string(text: str | bytes) -> bytes:
    """Write a string: in quotes where that is allowed, else as a literal that is not waited for."""
    octets = text.encode("utf-8") if isinstance(text, str) else text
    if len(octets) > _QUOTED_BYTES or _UNQUOTABLE.search(octets):
        return b"{%d+}\r\n%b" % (len(octets), octets)
    return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
