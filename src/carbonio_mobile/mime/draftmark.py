"""The mark that a draft carries of the last change made to it.

Writing a change and noting that it was made cannot come apart when the note is part of what is
written: a repeat of the change finds its own mark.

Spec: design.md section 4 (P1).
"""

from dataclasses import dataclass

from carbonio_mobile.ids import PartId
from carbonio_mobile.mime.header import split
from carbonio_mobile.mime.writing import CRLF

FIELD = "X-Carbonio-Mobile-Change"


@dataclass(frozen=True, slots=True)
class DraftMark:
    """Which operation of which writer changed a draft last, and which attachments it added."""

    operation: str
    writer: str = "-"
    parts: tuple[PartId, ...] = ()


def marked(source: bytes, mark: DraftMark) -> bytes:
    """Put a mark in, in place of an earlier one."""
    header, body = split(source)
    header.put(
        f"{FIELD}: {mark.operation} {mark.writer} {' '.join(mark.parts)}".rstrip().encode() + CRLF
    )
    return bytes(header) + CRLF + body


def mark_of(source: bytes) -> DraftMark | None:
    """Give the mark that a draft carries."""
    header, _ = split(source)
    for name, field in header.fields:
        if name == FIELD.lower():
            words = field.partition(b":")[2].decode("ascii", "replace").split()
            if len(words) >= 2:
                return DraftMark(words[0], words[1], tuple(PartId(part) for part in words[2:]))
    return None


def unmarked(source: bytes) -> bytes:
    """Take the mark off, for sending."""
    header, body = split(source)
    if FIELD.lower() not in header:
        return source
    header.drop(FIELD.lower())
    return bytes(header) + CRLF + body
