"""Dates and times of a task as a pair: the clock on the wall, and the moment in UTC.

iCalendar says the one or the other, or both by a zone. Where a device says a pair that no form can
say, the form that comes nearest is written and the pair beside it, in a property of our own that is
believed as long as the other was not changed.

Spec: RFC 5545 3.3.4, 3.3.5 (DATE, DATE-TIME); MS-ASTASK 2.2.2.26 (StartDate), 2.2.2.32
(UtcStartDate).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from carbonio_mobile.pim.calendars import DAY_S, read_when
from carbonio_mobile.pim.components import line
from carbonio_mobile.pim.contentlines import ContentLine
from carbonio_mobile.pim.zones import CalendarZones

EARLIEST_S, LATEST_S = -62_072_524_800.0, 253_086_249_600.0
"""Within the years 2 and 9990, which ``calendars`` reads."""

NO_ZONES = CalendarZones(UTC, {})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """A local time, written as if it were UTC, and the moment that it is; whole seconds."""

    local: float
    utc: float

    @property
    def begins_day(self) -> bool:
        """Whether the clock on the wall shows midnight."""
        return self.local % DAY_S == 0

    def after(self, seconds: float) -> "Moment":
        """Give the moment so many seconds later, in the same zone."""
        return Moment(whole(self.local + seconds), whole(self.utc + seconds))


def whole(seconds: float) -> float:
    """Cut a time to the second, within what can be written; NaN is the earliest."""
    if not EARLIEST_S <= seconds <= LATEST_S:
        seconds = LATEST_S if seconds > LATEST_S else EARLIEST_S
    return float(seconds // 1)


def local_datetime(seconds: float) -> datetime:
    """Give a local time as a datetime that calls itself UTC."""
    return _EPOCH + timedelta(seconds=whole(seconds))


def read_moment(one: ContentLine | None, zones: CalendarZones) -> Moment | None:
    """Read a date or time; None for none, and for nonsense. A date is local and UTC at once."""
    when = None if one is None else read_when(one.value, one.param("TZID"), zones)
    if when is None:
        return None
    local = (when.local.replace(tzinfo=UTC) - _EPOCH).total_seconds()
    return Moment(whole(local), whole(when.at))


def is_date(one: ContentLine) -> bool:
    """Tell whether a line says a day without a time."""
    when = read_when(one.value, "", NO_ZONES)
    return when is not None and when.is_date


def utc_form(seconds: float) -> str:
    """Write a moment as a DATE-TIME in UTC."""
    return _local_form(seconds) + "Z"


def pair_form(moment: Moment) -> str:
    """Write a pair as a property of our own holds it."""
    return f"{utc_form(moment.local)}/{utc_form(moment.utc)}"


def read_pair(one: ContentLine | None, beside: Moment | None) -> Moment | None:
    """Read a pair of our own; None where the standard property ``beside`` says another time."""
    if one is None or beside is None:
        return None
    local, _, utc = one.value.partition("/")
    there = read_moment(line("", local), NO_ZONES)
    then = read_moment(line("", utc), NO_ZONES)
    if there is None or then is None:
        return None
    agree = beside.local == there.local or beside.utc == then.utc
    return Moment(there.local, then.utc) if agree else None


def moment_line(
    name: str,
    moment: Moment,
    was: ContentLine | None,
    zones: CalendarZones,
    *,
    as_date: bool,
    floating: bool,
) -> ContentLine:
    """Write a time in the form of ``was`` where that says it, else as a date or in UTC.

    ``floating``: local time rather than UTC where they differ and no zone is known.
    """
    if as_date:
        return line(name, _local_form(moment.local)[:8], ("VALUE", "DATE"))
    local, utc = _local_form(moment.local), line(name, utc_form(moment.utc))
    tzid = "" if was is None else was.param("TZID")
    timed = was is not None and not is_date(was) and not was.value.strip().upper().endswith("Z")
    forms = [line(name, local, ("TZID", tzid)), utc] if timed else [utc]
    for one in forms:
        if read_moment(one, zones) == moment:
            return one
    return line(name, local) if floating else utc


def _local_form(seconds: float) -> str:
    at = local_datetime(seconds)
    return f"{at.year:04d}{at:%m%dT%H%M%S}"
