"""When people are busy: what is asked of a schedule-outbox, and what calendars answer.

Spec: RFC 5545 3.3.9 and 3.8.2.6, RFC 5546 3.3.2, RFC 6638 5 and 10.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from carbonio_mobile.dav.bodies import moment
from carbonio_mobile.dav.documents import read_document, text_of
from carbonio_mobile.dav.names import CALENDAR_TEXT, HREF, clark
from carbonio_mobile.errors import ProtocolError

PERIODS_MAX: Final = 20_000
"""Of one person; what a server says beyond is not read."""

_FOLD = re.compile(rb"\r?\n[ \t]")
_MOMENT = re.compile(r"([0-9]{8})T([0-9]{6})Z")
_DURATION = re.compile(
    r"\+?P(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?:([0-9]{1,8})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,8})S)?)?"
)
_UNIT_S: Final = (604_800, 86_400, 3600, 60, 1)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\"<>]")
_SCHEDULE_RESPONSE: Final = clark("C:schedule-response")
_RESPONSE: Final = clark("C:response")
_RECIPIENT: Final = clark("C:recipient")
_REQUEST_STATUS: Final = clark("C:request-status")


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which somebody is not free, in seconds since 1970 UTC.

    ``kind`` is FBTYPE: ``BUSY``, ``BUSY-TENTATIVE``, ``BUSY-UNAVAILABLE``, or a server's own.
    """

    start: float
    end: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """What is said of one person; ``periods`` is None where nothing is known of them.

    ``status`` is iTIP's, ``2.0`` for success (RFC 5546 3.6).
    """

    address: str
    status: str
    periods: tuple[Period, ...] | None


def free_busy_request(
    organizer: str, attendees: Sequence[str], start: float, end: float, *, uid: str, now: float
) -> bytes:
    """Write the request for mail addresses. Raises: ProtocolError (one could not be written)."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//carbonio-mobile//EN",
        "METHOD:REQUEST",
        "BEGIN:VFREEBUSY",
        f"UID:{_safe(uid)}",
        f"DTSTAMP:{moment(now)}",
        f"DTSTART:{moment(start)}",
        f"DTEND:{moment(end)}",
        f"ORGANIZER:mailto:{_safe(organizer)}",
        *(f"ATTENDEE:mailto:{_safe(one)}" for one in attendees),
        "END:VFREEBUSY",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(map(_folded, lines)).encode("utf-8")


def read_schedule_response(octets: bytes) -> tuple[Availability, ...]:
    """Read the answer of a schedule-outbox. Raises: ProtocolError."""
    root = read_document(octets)
    if root.tag != _SCHEDULE_RESPONSE:
        raise ProtocolError("an answer of another kind", expected="schedule-response")
    found = []
    for one in root.iterchildren(_RESPONSE):
        recipient = one.find(_RECIPIENT)
        inner = recipient.find(HREF) if recipient is not None else None
        text = text_of(one.find(CALENDAR_TEXT))
        found.append(
            Availability(
                address=_address(text_of(inner if inner is not None else recipient)),
                status=text_of(one.find(_REQUEST_STATUS)).partition(";")[0],
                periods=read_periods(text.encode("utf-8")) if text else None,
            )
        )
    return tuple(found)


def read_periods(source: bytes) -> tuple[Period, ...]:
    """Give the times of all VFREEBUSY in a calendar, by start; what is free is left out.

    Raises: ProtocolError (this is no calendar at all).
    """
    lines = _FOLD.sub(b"", source).decode("utf-8", "replace").splitlines()
    if not any(line.strip().upper() == "BEGIN:VCALENDAR" for line in lines):
        raise ProtocolError("an answer of another kind", expected="iCalendar")
    found: list[Period] = []
    for period in _periods(lines):
        if len(found) >= PERIODS_MAX:
            break
        found.append(period)
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def _periods(lines: Iterable[str]) -> Iterator[Period]:
    for line in lines:
        head, colon, values = line.partition(":")
        name, _, parameters = head.upper().partition(";")
        if not colon or name.strip() != "FREEBUSY":
            continue
        kind = _kind(parameters)
        if kind != "FREE":
            for value in values.split(","):
                period = _period(value.strip(), kind)
                if period is not None:
                    yield period


def _kind(parameters: str) -> str:
    for one in parameters.split(";"):
        name, _, value = one.partition("=")
        if name.strip() == "FBTYPE" and value:
            return value.strip().strip('"')
    return "BUSY"


def _period(text: str, kind: str) -> Period | None:
    """Give the period; None for one that is written wrongly or has no length."""
    first, _, last = text.upper().partition("/")
    start, end = _seconds(first), _seconds(last)
    if start is not None and end is None:
        length = _length(last)
        end = None if length is None else start + length
    if start is None or end is None or end <= start:
        return None
    return Period(start, end, kind)


def _seconds(text: str) -> float | None:
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _length(text: str) -> float | None:
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    counts = zip(match.groups(default="0"), _UNIT_S, strict=True)
    return timedelta(seconds=sum(int(count) * unit for count, unit in counts)).total_seconds()


def _safe(text: str) -> str:
    if not text or _UNSAFE.search(text) or len(text) > 1000:
        raise ProtocolError("this can be no value of a request", expected="no space or control")
    return text


def _folded(line: str) -> str:
    """Fold a line so that no part has more than 75 octets, whatever its characters."""
    parts = [line[at : at + 18] for at in range(0, len(line), 18)] if len(line) > 60 else [line]
    return "\r\n ".join(parts)


def _address(text: str) -> str:
    scheme, colon, address = text.partition(":")
    return address.strip() if colon and scheme.strip().lower() == "mailto" else text.strip()
