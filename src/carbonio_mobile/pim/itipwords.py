"""A meeting in words, for those whose programs do not read calendars."""

from datetime import UTC, datetime, timedelta

from carbonio_mobile.pim.event import Details, Event
from carbonio_mobile.pim.occurrences import zone_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST_S = 6.0e10


def when_and_where(event: Event, details: Details) -> str:
    """Say when and where a version of a meeting is, in the meeting's own zone."""
    lines = [f"When: {_when(event, details)}"]
    if details.place.display_name:
        lines.append(f"Where: {details.place.display_name}")
    return "\n".join(lines)


def _when(event: Event, details: Details) -> str:
    if details.all_day:
        start, end = _moment(details.start), _moment(max(details.start, details.end - 86_400))
        return f"{start:%Y-%m-%d}" if start == end else f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"
    zone = zone_of(event)
    start, end = _moment(details.start).astimezone(zone), _moment(details.end).astimezone(zone)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {until} ({event.tzid or f'UTC{start:%z}'})"


def _moment(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=max(-_FARTHEST_S, min(seconds, _FARTHEST_S)))
