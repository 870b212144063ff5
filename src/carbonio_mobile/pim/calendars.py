"""Calendars as they come: the components of one object, its zones, its times and texts.

What senders of the world get wrong is read as it was meant: zones under vendors' names, broken
folding, calendars that never end, properties given twice. Nothing of it raises anything but
``Corrupt``.

Spec: RFC 5545 3.3.4, 3.3.5, 3.3.6, 3.8.2; MS-OXCICAL 2.1.3.1.1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.components import Component, parse, shown
from carbonio_mobile.pim.contentlines import ContentLine
from carbonio_mobile.pim.occurrences import seconds
from carbonio_mobile.pim.timezones import zone_named
from carbonio_mobile.pim.zones import CalendarZones, rules_of

MAX_TEXT_BYTES = 1 << 20
MAX_SOURCE_BYTES = 64 << 20
MAX_EVENTS = 2_000
MAX_UID_CHARS = 300
DAY_S = 86_400.0

Lines = Mapping[str, Sequence[ContentLine]]

_TIME = re.compile(r"\s*(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d)(?::?(\d\d))?(Z)?)?", re.ASCII)
_DURATION = re.compile(
    r"\s*([+-])?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(?:T?(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - floating
_FIRST_YEAR, _LAST_YEAR = 2, 9990  # zones move times by a day at most


@dataclass(frozen=True, slots=True)
class When:
    """A date or time as written: ``local`` without a zone, and the zone that it is in.

    ``tzid`` is the parameter, ``is_utc`` for the form with Z; neither for a floating time.
    """

    local: datetime
    zone: tzinfo
    is_date: bool
    tzid: str = ""
    is_utc: bool = False

    @property
    def at(self) -> float:
        """Seconds since 1970 UTC; of a date, its midnight UTC."""
        if self.is_date or self.zone is UTC:
            return (self.local - _EPOCH).total_seconds()
        return seconds(self.local, self.zone)

    @property
    def aware(self) -> datetime:
        """The time in its zone, a date in UTC."""
        return self.local.replace(tzinfo=UTC if self.is_date else self.zone)

    def from_seconds(self, at: float) -> datetime:
        """Give the local time, without a zone, that a moment has where this one is."""
        if self.is_date or self.zone is UTC:
            return _EPOCH + timedelta(seconds=at)
        moment = _EPOCH.replace(tzinfo=UTC) + timedelta(seconds=at)
        return moment.astimezone(self.zone).replace(tzinfo=None)


@dataclass(slots=True)
class CalendarObject:
    """One calendar object: all components of one UID within what else its document holds.

    ``events`` are its VEVENTs in order; ``faults`` collects what could not be read as written.
    """

    root: Component
    calendar: Component
    events: list[Component]
    uid: str
    zones: CalendarZones
    faults: list[str]


def open_calendar(source: bytes) -> CalendarObject:
    """Read the first calendar that holds an event, and of it the events of the first UID.

    Raises: Corrupt, where there is none, or it is larger than 1 MiB without its attachments.
    """
    if len(source) > MAX_SOURCE_BYTES:
        raise Corrupt("a calendar object too large to be read")
    root = parse(source)
    calendar = next((one for one in root.components("VCALENDAR") if _holds_event(one)), None)
    calendar = calendar or next((one for one in root.walk("VCALENDAR") if _holds_event(one)), root)
    events = calendar.components("VEVENT")
    if not events:
        raise Corrupt("no calendar with an event")
    if len(source) > MAX_TEXT_BYTES and _text_size(calendar) > MAX_TEXT_BYTES:
        raise Corrupt("a calendar object too large to be read")
    faults: list[str] = []
    uid = _uid(events[0])
    own = [one for one in events if _uid(one) == uid]
    if len(own) < len(events):
        faults.append("several events; the first was read")
    if len(own) > MAX_EVENTS:
        faults.append("too many changed occurrences")
    return CalendarObject(root, calendar, own[:MAX_EVENTS], uid, _zones(calendar, own), faults)


def _holds_event(calendar: Component) -> bool:
    return any(isinstance(one, Component) and one.name == "VEVENT" for one in calendar.content)


def _uid(event: Component) -> str:
    return shown(event.first("UID"), MAX_UID_CHARS).strip()


def _text_size(calendar: Component) -> int:
    """Count the characters of a calendar without its attachments."""
    return sum(
        _text_size(one) if isinstance(one, Component) else len(one.raw)
        for one in calendar.content
        if isinstance(one, Component) or one.name != "ATTACH"
    )


def _zones(calendar: Component, events: Sequence[Component]) -> CalendarZones:
    floating = zone_named(shown(calendar.first("X-WR-TIMEZONE")).strip()) or UTC
    defined = calendar.components("VTIMEZONE")
    if not defined:
        return CalendarZones(floating, {})
    start = next((found for one in events if (found := one.first("DTSTART"))), None)
    when = read_when(start.value, "", NO_ZONES) if start else None
    return CalendarZones(floating, rules_of(defined), when.aware if when else None)


NO_ZONES = CalendarZones(UTC, {})
"""For times that are in UTC or in a zone by its well-known name."""


def when_of(line: ContentLine | None, zones: CalendarZones) -> When | None:
    """Read the date or time of a property; None where it is missing or nonsense."""
    return None if line is None else read_when(line.value, line.param("TZID"), zones)


def read_when(value: str, tzid: str, zones: CalendarZones) -> When | None:
    """Read a date or time; None for nonsense. The 60th second is the one before."""
    found = _TIME.match(value.upper())
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    try:
        if found[4] is None:
            local = datetime(year, month, day)  # noqa: DTZ001
        else:
            second = min(int(found[6] or 0), 59)
            local = datetime(year, month, day, int(found[4]), int(found[5]), second)  # noqa: DTZ001
    except ValueError:
        return None
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    if found[4] is None:
        return When(local, zones.floating, True)
    if found[7]:
        return When(local, UTC, False, is_utc=True)
    return When(local, zones.named(tzid), False, tzid)


def duration_of(value: str) -> timedelta | None:
    """Read a duration; None for nonsense."""
    found = _DURATION.match(value.upper())
    if found is None or not any(found.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds_ = (int(one or 0) for one in found.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds_)
    return -length if found[1] == "-" else length


def first(lines: Lines, name: str) -> ContentLine | None:
    """Give the first of the lines of a name."""
    found = lines.get(name)
    return found[0] if found else None


def text(lines: Lines, name: str, limit: int = 1000) -> str:
    """Give what a TEXT property says; empty where it is missing."""
    return shown(first(lines, name), limit)


def word(lines: Lines, name: str) -> str:
    """Give the value of a property that is one word, in upper case."""
    found = first(lines, name)
    return found.value.strip().upper()[:100] if found else ""


def is_true(lines: Lines, name: str) -> bool:
    """Tell whether a property says TRUE."""
    return word(lines, name) == "TRUE"


def number(lines: Lines, name: str) -> int:
    """Give a number, 0 where it is missing or nonsense."""
    said = word(lines, name)
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
