"""When an event is: StartTime, EndTime, AllDayEvent and Timezone read together.

Spec: MS-ASCAL 2.2.2.1 (AllDayEvent), 2.2.2.20 (EndTime), 2.2.2.42 (StartTime), 3.2.4.4 (missing
times), 3.2.5.3 (R53915); MS-ASDTYPE 2.7.6 (TimeZone).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from carbonio_mobile.eas.items.calendarfields import read_flag, read_time
from carbonio_mobile.eas.items.calendarseries import (
    DAY_S,
    floating_date,
    floating_end,
    midnight_in,
)
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.occurrences import zone_from
from carbonio_mobile.pim.timezones import UTC_BLOB, ZoneRule, blob_at, zone_named
from carbonio_mobile.pim.zonefinding import name_of_blob
from carbonio_mobile.wbxml.codepages import Calendar
from carbonio_mobile.wbxml.elements import Element

_HALF_HOUR_S = 1800
_FLOATING = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When an event is and in which zone; the fields are those of Event and Details."""

    start: float
    end: float
    all_day: bool
    tzid: str
    zone_blob: str


def added_times(data: Element, now: float) -> Times:
    """Read the times of a new event; what is missing is put in from the current time (3.2.4.4).

    Raises: ItemFault where that cannot be (R52515, R5251611, R52518), and for an end before the
    start.
    """
    start, end = _complete(*_start_and_end(data), now)
    all_day = read_flag(data, Calendar.AllDayEvent) or False
    blob = _sent_blob(data) or UTC_BLOB
    return _times(start, end, all_day=all_day, clock=zone_from("", blob), zone=_zone(blob, start))


def changed_times(data: Element, before: Event, version: Version) -> Times:
    """Read the times of a changed event.

    A start alone moves the event, unless it begins earlier and still ends when it did.
    Raises: ItemFault for an end without a start (R53915), and for an end before the start.
    """
    start, end = _start_and_end(data)
    if end is not None and start is None:
        raise ItemFault("EndTime without StartTime")
    old = before.details
    said = read_flag(data, Calendar.AllDayEvent)
    # Up to 14.1 a Change with times says all of the event, and an absent flag is 0.
    whole = start is not None and version < Version.V16_0
    all_day = said if said is not None else old.all_day and not whole
    blob = _sent_blob(data)
    zone = _kept_zone(blob, before, old.start if start is None else start)
    clock = zone_from("", blob) if blob else zone_from(*zone)
    if start is None:
        start, end = _as_said(before, clock, all_day=all_day)
    elif end is None:
        end = old.end if start <= old.end and start <= old.start else start + old.end - old.start
    return _times(start, end, all_day=all_day, clock=clock, zone=zone)


def part_times(data: Element, usual: Times, clock: tzinfo) -> Times:
    """Read the times of one occurrence; what is absent is ``usual`` (R82, R238, R436).

    Raises: ItemFault for an end before the start.
    """
    start, end = _start_and_end(data)
    all_day = read_flag(data, Calendar.AllDayEvent)
    zone = usual.tzid, usual.zone_blob
    if start is None and end is None and all_day in (None, usual.all_day):
        return usual
    if end is None:
        end = usual.end if start is None else start + usual.end - usual.start
    start = usual.start if start is None else start
    days = usual.all_day if all_day is None else all_day
    return _times(start, end, all_day=days, clock=clock, zone=zone)


def _start_and_end(data: Element) -> tuple[float | None, float | None]:
    return read_time(data.find(Calendar.StartTime)), read_time(data.find(Calendar.EndTime))


def _complete(start: float | None, end: float | None, now: float) -> tuple[float, float]:
    """Put in what is missing (R52511 to R52518); ``now`` is rounded up as in R52512."""
    rounded = now + -now % _HALF_HOUR_S
    if start is not None and end is not None:
        return start, end
    if start is None and end is None:
        return rounded, rounded + _HALF_HOUR_S
    if start is None and end is not None:
        if end < now or rounded > end:
            raise ItemFault("an end in the past without a start")
        return rounded, end
    if start is None or start > now:
        raise ItemFault("a start in the future without an end")
    return start, rounded + _HALF_HOUR_S


def _times(
    start: float, end: float, *, all_day: bool, clock: tzinfo, zone: tuple[str, str]
) -> Times:
    if end < start:
        raise ItemFault("an event that ends before it starts")
    if all_day:
        start, end = floating_date(start, clock), floating_end(end, clock)
        end, zone = max(end, start + DAY_S), _FLOATING
    return Times(start=start, end=end, all_day=all_day, tzid=zone[0], zone_blob=zone[1])


def _as_said(before: Event, clock: tzinfo, *, all_day: bool) -> tuple[float, float]:
    """Give the stored times; a floating date that becomes timed begins at midnight of the zone."""
    old = before.details
    if old.all_day and not all_day:
        return midnight_in(old.start, clock), midnight_in(old.end, clock)
    return old.start, old.end


def _sent_blob(data: Element) -> str:
    """Give the TimeZone as sent, empty for none. Raises: ItemFault where it cannot be read."""
    blob = "".join(data.value(Calendar.Timezone, "").split())
    if blob:
        try:
            ZoneRule.from_blob(blob)
        except ValueError as exc:
            raise ItemFault("a TimeZone that cannot be read") from exc
    return blob


def _kept_zone(blob: str, before: Event, start: float) -> tuple[str, str]:
    """Give the zone of a changed event: the stored one while the device means the same."""
    stored = before.tzid, before.zone_blob
    if not blob or before.details.all_day:
        return stored if any(stored) else _zone(blob or UTC_BLOB, start)
    return stored if _same_clock(blob, before.zone_blob) else _zone(blob, start, before)


def _zone(blob: str, start: float, before: Event | None = None) -> tuple[str, str]:
    """Find the name of a zone; where it has one its rules are written in full, names included."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=start)
    tzid = name_of_blob(blob, at, before.tzid if before is not None else "")
    zone = zone_named(tzid) if tzid else None
    if zone is None:
        return "", ZoneRule.from_blob(blob).to_blob()
    return tzid, blob_at(zone, at)


def _same_clock(blob: str, stored: str) -> bool:
    """Compare two zones by their rules; the names in them are for people."""
    return blob == stored or _rules(blob) == _rules(stored)


def _rules(blob: str) -> tuple[object, ...] | None:
    try:
        rule = ZoneRule.from_blob(blob)
    except ValueError:
        return None
    return (
        rule.bias_min + rule.standard_bias_min,
        rule.bias_min + rule.daylight_bias_min,
        rule.to_standard,
        rule.to_daylight,
    )
