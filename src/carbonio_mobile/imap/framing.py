"""``Framer``: a stream of octets, cut into the responses of an IMAP server.

A response is given as its lines and literals in turn, ``[line, literal, line, …, line]``: what
stands at an odd index is a literal, as it was sent. Ends of lines and the ``{5}`` that announce
literals are taken off. A literal that came within one chunk is copied once out of it, another once
when its last octet is there; nothing is set aside for octets that were announced only.

Spec: RFC 9051 4.3 (literals), 7; RFC 3516 (literal8).
"""

import re
from dataclasses import dataclass

from carbonio_mobile.errors import ProtocolError, TooLarge

Raw = list[bytes]
"""A response: lines at even, literals at odd indexes."""

_ANNOUNCED = re.compile(rb"~?\{(\d{1,15})\+?\}\Z")
_STATUS = re.compile(rb"(?:\+|[^ ]+ (?:OK|NO|BAD|BYE|PREAUTH)\b)", re.IGNORECASE)
"""The responses that end in text for people: braces there announce nothing."""

_SMALL = 2_048
"""Chunks below this are joined as they come: a literal of many costs no object for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLimits:
    """What a server may send: octets of a literal, of all lines of a response, and literals."""

    literal_bytes: int = 64 * 1024 * 1024
    line_bytes: int = 8 * 1024 * 1024
    response_bytes: int = 96 * 1024 * 1024
    literals: int = 10_000


class Framer:
    """What came in and is no whole response yet.

    ``next`` raises ProtocolError, or TooLarge for a literal over its limit; after that the stream
    is of no use.
    """

    def __init__(self, limits: FrameLimits) -> None:
        self._limits = limits
        self._chunk = b""
        self._at = 0
        self._line = bytearray()
        self._missing = -1
        self._pieces: list[bytes | memoryview] = []
        self._small = bytearray()
        self._response: Raw = []
        self._size = 0

    @property
    def is_between(self) -> bool:
        """Whether all that came was given: no octet of a further response is here."""
        return self._at == len(self._chunk) and not (self._response or self._line)

    def feed(self, octets: bytes) -> None:
        """Take octets. What was fed before must have been taken with ``next``, until None."""
        if self._at < len(self._chunk):
            octets = self._chunk[self._at :] + octets
        self._chunk, self._at = octets, 0

    def next(self) -> Raw | None:
        """Give the next response that is whole, or None."""
        while True:
            if self._missing >= 0 and not self._take_literal():
                return None
            line = self._take_line()
            if line is None:
                return None
            if line.endswith(b"}") and self._announces(line):
                continue
            self._response.append(line)
            response, self._response, self._size = self._response, [], 0
            return response

    def _take_line(self) -> bytes | None:
        at = self._at
        end = self._chunk.find(b"\n", at)
        stop = end if end >= 0 else len(self._chunk)
        if len(self._line) + stop - at > self._limits.line_bytes:
            raise ProtocolError("a line without end")
        if end < 0:
            self._line += memoryview(self._chunk)[at:]
            self._chunk, self._at = b"", 0
            return None
        line = self._chunk[at:end]
        self._at = end + 1
        if self._line:
            line = bytes(self._line) + line
            self._line.clear()
        return line[:-1] if line.endswith(b"\r") else line

    def _announces(self, line: bytes) -> bool:
        found = _ANNOUNCED.search(line)
        if found is None or (not self._response and _STATUS.match(line)):
            return False
        length = int(found[1])
        self._size += length + len(line)
        if length > self._limits.literal_bytes or self._size > self._limits.response_bytes:
            raise TooLarge(f"the server sends {length} octets at once")
        if len(self._response) > 2 * self._limits.literals:
            raise ProtocolError("a response of too many literals")
        self._response.append(line[: found.start()])
        self._missing = length
        return True

    def _take_literal(self) -> bool:
        at, stop = self._at, self._at + self._missing
        if stop <= len(self._chunk) and not (self._pieces or self._small):
            literal = self._chunk[at:stop]
        else:
            stop = min(stop, len(self._chunk))
            self._keep(memoryview(self._chunk)[at:stop])
            self._missing -= stop - at
            if self._missing:
                self._chunk, self._at = b"", 0
                return False
            literal = self._joined()
        self._at = stop
        self._missing = -1
        self._response.append(literal)
        return True

    def _keep(self, piece: memoryview) -> None:
        if len(piece) < _SMALL:
            self._small += piece
            return
        if self._small:
            self._pieces.append(bytes(self._small))
            self._small.clear()
        self._pieces.append(piece)

    def _joined(self) -> bytes:
        literal = b"".join((*self._pieces, self._small))
        self._pieces = []
        self._small.clear()
        return literal
