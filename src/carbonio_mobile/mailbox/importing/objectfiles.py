"""Calendars and address books in files: told apart from mail, and taken to pieces.

Spec: RFC 5545, vCalendar 1.0; vCard 2.1, RFC 2426, RFC 6350.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from carbonio_mobile.mailbox.importing.found import Refusal
from carbonio_mobile.mailbox.importing.opening import opened
from carbonio_mobile.pim.contentlines import decode_source
from carbonio_mobile.pim.splitting import Piece, objects_of

MAX_FILE_BYTES = 256 << 20
_HEAD_BYTES = 4096
_BEGIN = re.compile(r"\s*BEGIN[ \t]*:[ \t]*(?:VCALENDAR|VCARD)[ \t]*[\r\n]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFile:
    """A file of calendars or vCards; ``count`` is how many pieces it falls into."""

    path: Path
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundObject:
    """An event, task, note or contact in a file; ``where`` is its place, for people."""

    where: str
    source: bytes = field(repr=False)


def is_object_file(head: bytes) -> bool:
    """Tell whether a file begins as a calendar or a vCard does."""
    return _BEGIN.match(decode_source(head[:_HEAD_BYTES])) is not None


def find_object_file(path: Path) -> ObjectFile | Refusal:
    """Look through a file. Raises: OSError."""
    octets = _octets(path)
    if isinstance(octets, Refusal):
        return octets
    return ObjectFile(path=path, count=sum(1 for _ in objects_of(octets)))


def read_objects(file: ObjectFile) -> Iterator[FoundObject | Refusal]:
    """Give the pieces of a file in order. Raises: OSError."""
    octets = _octets(file.path)
    if isinstance(octets, Refusal):
        yield octets
        return
    for one in objects_of(octets):
        where = f"{file.path} at line {one.line}"
        if isinstance(one, Piece):
            yield FoundObject(where=where, source=one.source)
        else:
            yield Refusal(where, one.why)


def _octets(path: Path) -> bytes | Refusal:
    with opened(path) as octets:
        if os.fstat(octets.fileno()).st_size > MAX_FILE_BYTES:
            return Refusal(str(path), f"is larger than {MAX_FILE_BYTES >> 20} MiB")
        return octets.read(MAX_FILE_BYTES)
