"""Mail in mbox files of all families: mboxo, mboxrd, mboxcl, mboxcl2.

A line is the start of a message if it says From and a date, or From and nothing but a sender, and a
header field follows. A Content-Length is believed where it ends right before such a line, or with
the file. Quoted From lines lose one ``>``, except in a message that carries an unquoted one
(mboxcl2 quotes nothing).

Spec: RFC 4155; mutt and Dovecot (Status, X-Status), Thunderbird (X-Mozilla-Status).
"""

import mmap
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from carbonio_mobile.mailbox.importing.found import (
    MAX_HEADER_BYTES,
    Found,
    received_time,
    state_of,
)
from carbonio_mobile.mailbox.importing.opening import opened
from carbonio_mobile.mime.envelope import sent_time
from carbonio_mobile.mime.structure import Fields, top_fields
from carbonio_mobile.sync.folders import FolderKind

_FROM_LINE = re.compile(rb"^From [^\n]*\n", re.MULTILINE)
_FIRST_LINE = re.compile(rb"(?:\xef\xbb\xbf)?From [^\n]*\n")
_DATE = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,?\s+(?:\w{3}\s+\d{1,2}|\d{1,2}\s+\w{3})\b.*\d{4}"
    rb"|\d{1,2}:\d{2}\b.*\d{4}|\d{4}.*\b\d{1,2}:\d{2}\b"
    rb"|\AFrom (?:-|[^\s@]+@\S+)[ \t]*\r?\n\Z"
)
"""A date as mailers write it, or nothing but a sender (Netscape, exports of Google)."""
_SENT_AT = re.compile(rb"(?:\w{3},?\s+)?(?:\w{3}\s+\d{1,2}|\d{1,2}\s+\w{3})\s.*\Z")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:|>From |\r?\n")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_SEPARATOR = re.compile(rb"(?:\r?\n){0,2}(?:(?=From )|\Z)")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_UNQUOTED = re.compile(rb"^From ", re.MULTILINE)
_STATUS_FIELDS = ("status", "x-status", "x-mozilla-status")

_READ, _REPLIED, _MARKED, _EXPUNGED, _FORWARDED = 0x1, 0x2, 0x4, 0x8, 0x1000
"""Bits of X-Mozilla-Status."""


def is_mbox(head: bytes) -> bool:
    """Tell whether a file begins as an mbox does."""
    return _FIRST_LINE.match(head) is not None


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    from_line: bytes
    quoted: bool


def find_in_mbox(path: Path) -> Iterator[Found]:
    """Find the messages of an mbox file, in its order.

    Where no message says whether it was read, it is taken to have been: an archive, not a spool.

    Raises: OSError.
    """
    found, tells_status = [], False
    with opened(path) as file:
        facts = os.fstat(file.fileno())
        if not facts.st_size:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as octets:
            for span in _spans(octets):
                head = octets[span.start : min(span.end, span.start + MAX_HEADER_BYTES)]
                fields = top_fields(head)
                tells_status = tells_status or any(name in fields for name in _STATUS_FIELDS)
                found.append(_message(path, span, fields, facts.st_mtime))
    for one in found:
        yield one if tells_status else replace(one, state=replace(one.state, read=True))


def read_from_mbox(octets: bytes, *, quoted: bool) -> bytes:
    """Give a message as it was before it was put into the file."""
    end = _HEADER_END.search(octets)
    if not quoted or end is None:
        return octets
    return octets[: end.end()] + _QUOTED.sub(rb"\1", octets[end.end() :])


def _spans(octets: mmap.mmap) -> Iterator[_Span]:
    line = _FIRST_LINE.match(octets)
    while line is not None:
        start = line.end()
        end, following = _by_length(octets, start)
        if following is None:
            following = _next_separator(octets, start)
            end = _without_empty_line(octets, start, following.start() if following else -1)
        if following is not None and following.start() >= len(octets):
            following = None
        header_end = _HEADER_END.search(octets, start, end)
        body = header_end.end() if header_end else end
        yield _Span(start, end, line[0], _UNQUOTED.search(octets, body, end) is None)
        line = following


def _next_separator(octets: mmap.mmap, start: int) -> re.Match[bytes] | None:
    for line in _FROM_LINE.finditer(octets, start):
        if _DATE.search(line[0]) and _FIELD.match(octets, line.end()):
            return line
    return None


def _by_length(octets: mmap.mmap, start: int) -> tuple[int, re.Match[bytes] | None]:
    """Give the end by Content-Length and the line after it; no line where that cannot be right."""
    header_end = _HEADER_END.search(octets, start, start + MAX_HEADER_BYTES)
    if header_end is None:
        return -1, None
    said = re.search(
        rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$",
        octets[start : header_end.end()],
        re.IGNORECASE | re.MULTILINE,
    )
    if said is None:
        return -1, None
    end = header_end.end() + int(said[1])
    if end > len(octets):
        return -1, None
    gap = _SEPARATOR.match(octets, end)
    if gap is None:
        return -1, None
    if gap.end() == len(octets):
        return end, gap
    return end, _FROM_LINE.match(octets, gap.end())


def _without_empty_line(octets: mmap.mmap, start: int, end: int) -> int:
    """Step back over the empty line that stands between messages."""
    end = len(octets) if end < 0 else end
    for empty in (b"\r\n", b"\n"):
        before = end - len(empty)
        if before > start and octets[before:end] == empty and octets[before - 1 : before] == b"\n":
            return before
    return end


def _message(path: Path, span: _Span, fields: Fields, modified_at: float) -> Found:
    received = received_time(fields, _from_time(span.from_line))
    at = modified_at if received is None else received
    mozilla = _mozilla_bits(fields)
    status = fields.first("status") + fields.first("x-status")
    is_expunged = bool(mozilla & _EXPUNGED) or b"D" in status
    return Found(
        path=path,
        start=span.start,
        end=span.end,
        quoted=span.quoted,
        received=at,
        state=state_of(
            read=b"R" in status or bool(mozilla & _READ),
            replied=b"A" in status or bool(mozilla & _REPLIED),
            forwarded=bool(mozilla & _FORWARDED),
            flagged=b"F" in status or bool(mozilla & _MARKED),
            at=at,
        ),
        kind=FolderKind.TRASH if is_expunged else FolderKind.DRAFTS if b"T" in status else None,
    )


def _from_time(line: bytes) -> float | None:
    """Read the date of a From line, which has no zone and is taken as UTC."""
    date = _SENT_AT.search(line.strip())
    return sent_time(date[0]) if date else None


def _mozilla_bits(fields: Fields) -> int:
    try:
        return int(fields.first("x-mozilla-status").strip() or b"0", 16)
    except ValueError:
        return 0
