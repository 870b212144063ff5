"""The days of an event: what date a device means, and which occurrence of a series.

Points in time are as in ``pim.event``.

Spec: MS-ASCAL 2.2.2.1 (AllDayEvent), 2.2.2.23 (ExceptionStartTime); MS-ASAIRS 2.2.2.25.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from carbonio_mobile.pim.event import Details, Event
from carbonio_mobile.pim.occurrences import seconds, zone_from, zone_of

DAY_S = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_time(at: float, zone: tzinfo) -> datetime:
    """Give the local time, without a zone, at a point in time."""
    return (_EPOCH + timedelta(seconds=at)).astimezone(zone).replace(tzinfo=None)


def floating_date(at: float, zone: tzinfo) -> float:
    """Give the midnight UTC of the date that a device means by the start of an all-day event.

    Some write the midnight of the event's zone, some the digits of the date as if they were UTC
    (client-quirks 8.2); the date of any other time is that in the zone.
    """
    if at % DAY_S == 0:
        return at
    local = seconds(local_time(at, zone), UTC)
    return local - local % DAY_S


def floating_end(at: float, zone: tzinfo) -> float:
    """Give the midnight UTC after the last day of an all-day event, as :func:`floating_date`."""
    if at % DAY_S == 0:
        return at
    local = seconds(local_time(at, zone), UTC)
    return local + -local % DAY_S


def midnight_in(floating: float, zone: tzinfo) -> float:
    """Give the moment at which a floating date begins in a zone."""
    return seconds(local_time(floating, UTC), zone)


def retimed(at: float, event: Event) -> float:
    """Give the start of the event's series on the date on which a point in time lies, in its zone.

    For an all-day series that is the floating date itself.
    """
    if event.details.all_day:
        return floating_date(at, zone_from(event.tzid, event.zone_blob))
    zone = zone_of(event)
    clock = local_time(event.details.start, zone).time()
    return seconds(datetime.combine(local_time(at, zone).date(), clock), zone)


def occurrence_of(details: Details, original: float) -> tuple[float, float]:
    """Give start and end of an unchanged occurrence."""
    return original, original + details.end - details.start
