"""Read LDIF piece by piece: records with the number of the line on which each begins.

Spec: RFC 2849.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field

from carbonio_mobile.errors import ProtocolError

MAX_RECORD_BYTES = 8 << 20
"""A record may be so large, in the file; pictures and certificates are all that makes one large."""
MAX_RECORD_VALUES = 2000

_BOM = b"\xef\xbb\xbf"
_NAME = re.compile(rb"[A-Za-z0-9.-]+(;[A-Za-z0-9-]+)*")
_ENDS = re.compile(rb"\r\n|\r|\n")


class LdifFault(ProtocolError):
    """A line is wrong; the text says which and why, and shows nothing of what stands there."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


@dataclass(frozen=True, slots=True)
class LdifRecord:
    """An entry: the line that begins it, its name, and its values in the order of the file."""

    line: int
    dn: str
    values: tuple[tuple[str, bytes], ...] = field(repr=False)


class LdifReader:
    """Takes the octets of a file in pieces of any size, and gives the records that are whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._number = 0
        self._lines: list[tuple[int, bytearray]] = []
        self._bytes = 0
        self._is_comment = False
        self._is_first = True

    def feed(self, octets: bytes) -> Iterator[LdifRecord]:
        """Take a piece. Raises: LdifFault."""
        data = self._rest + octets
        # A carriage return at the end may be half of an end of line.
        held = b"\r" if data.endswith(b"\r") else b""
        *lines, rest = _ENDS.split(data[: len(data) - len(held)])
        self._rest = rest + held
        for line in lines:
            yield from self._take(line)
        if self._bytes + len(self._rest) > MAX_RECORD_BYTES:
            raise LdifFault(self._number + 1, f"the entry has more than {MAX_RECORD_BYTES} octets")

    def close(self) -> Iterator[LdifRecord]:
        """Take the end of the file. Raises: LdifFault."""
        rest, self._rest = self._rest.rstrip(b"\r"), b""
        if rest:
            yield from self._take(rest)
        yield from self._take(b"")

    def _take(self, line: bytes) -> Iterator[LdifRecord]:
        self._number += 1
        if self._number == 1:
            line = line.removeprefix(_BOM)
        if line.startswith(b" "):
            self._go_on(line[1:])
        elif line.startswith(b"#"):
            self._is_comment = True
        elif line:
            self._is_comment = False
            self._lines.append((self._number, bytearray(line)))
            self._bytes += len(line)
            if len(self._lines) > MAX_RECORD_VALUES:
                raise LdifFault(self._number, f"the entry has over {MAX_RECORD_VALUES} values")
        else:
            yield from self._record()

    def _go_on(self, more: bytes) -> None:
        if self._is_comment:
            return
        if not self._lines:
            raise LdifFault(self._number, "goes on a line that is not there")
        number, line = self._lines[-1]
        line += more  # one buffer: a picture is folded into thousands of lines
        self._bytes += len(more)
        if self._bytes > MAX_RECORD_BYTES:
            raise LdifFault(number, f"the entry has more than {MAX_RECORD_BYTES} octets")

    def _record(self) -> Iterator[LdifRecord]:
        lines, self._lines, self._bytes, self._is_comment = self._lines, [], 0, False
        pairs = [(number, *_value(number, bytes(line))) for number, line in lines]
        if pairs and self._is_first:
            self._is_first = False
            if pairs[0][1].lower() == "version":
                if pairs[0][2] != b"1":
                    raise LdifFault(pairs[0][0], "expected version 1")
                del pairs[0]
        if pairs:
            yield _as_record(pairs)


def _as_record(pairs: list[tuple[int, str, bytes]]) -> LdifRecord:
    line, name, dn = pairs.pop(0)
    if name.lower() != "dn":
        raise LdifFault(line, "expected the name of an entry (dn:)")
    if pairs and pairs[0][1].lower() == "changetype":
        number, _, how = pairs.pop(0)
        if how.lower() != b"add":
            raise LdifFault(number, "expected entries, got a change of one")
    try:
        text = dn.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise LdifFault(line, "expected a name in UTF-8") from exc
    return LdifRecord(line, text, tuple((name, value) for _, name, value in pairs))


def _value(number: int, line: bytes) -> tuple[str, bytes]:
    """Read ``name: text`` or ``name:: base64``."""
    name, colon, rest = line.partition(b":")
    if not colon or not _NAME.fullmatch(name):
        raise LdifFault(number, "expected the name of an attribute, a colon and its value")
    if rest.startswith(b":"):
        try:
            return name.decode("ascii"), b64decode(rest[1:].strip(b" "), validate=True)
        except (binascii.Error, ValueError) as exc:
            raise LdifFault(number, "expected base64 after the two colons") from exc
    if rest.startswith(b"<"):
        raise LdifFault(number, "values in other files are not read")
    return name.decode("ascii"), rest.lstrip(b" ")
