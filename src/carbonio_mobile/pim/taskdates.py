"""When a task begins and is due, to and from the lines of a VTODO.

Where both are there they are both dates or both times, as RFC 5545 3.8.2.3 wants it.

Spec: RFC 5545 3.8.2.3 (DUE), 3.8.2.4 (DTSTART), 3.8.2.5 (DURATION).
"""

from dataclasses import dataclass

from carbonio_mobile.pim.calendars import duration_of
from carbonio_mobile.pim.components import Component, line
from carbonio_mobile.pim.eventfields import OWN
from carbonio_mobile.pim.moments import (
    Moment,
    is_date,
    moment_line,
    pair_form,
    read_moment,
    read_pair,
    whole,
)
from carbonio_mobile.pim.zones import CalendarZones

_START, _DUE = "DTSTART", "DUE"
_PAIRS = {_START: OWN + "START", _DUE: OWN + "DUE"}


@dataclass(frozen=True, slots=True)
class Dates:
    """Start and due date of a task."""

    start: Moment | None = None
    due: Moment | None = None

    @property
    def anchor(self) -> Moment | None:
        """From what the task's series counts where nothing else is said."""
        return self.start or self.due


def normalised_dates(dates: Dates) -> Dates:
    """Cut both to what can be written."""
    start, due = dates.start, dates.due
    return Dates(start and start.after(0), due and due.after(0))


def read_dates(todo: Component, zones: CalendarZones) -> Dates:
    """Read DTSTART, and DUE or what DURATION makes of it."""
    start, due = (_read(todo, name, zones) for name in (_START, _DUE))
    length = todo.first("DURATION")
    if due is None and start is not None and length is not None:
        duration = duration_of(length.value)
        due = None if duration is None else start.after(duration.total_seconds())
    return Dates(start, due)


def write_dates(
    todo: Component, zones: CalendarZones, before: Dates, after: Dates, *, recurring: bool
) -> None:
    """Set both where they changed; what did not change keeps its form, if the other allows.

    The times of a series that differ from UTC are written as floating where no zone is known, so
    that its days stay the same.
    """
    as_date = _are_dates(todo, before, after)
    lasting = todo.first("DURATION") is not None
    for name, was, now in ((_START, before.start, after.start), (_DUE, before.due, after.due)):
        one = todo.first(name)
        kept = one is not None and is_date(one) == as_date
        if was == now and (kept or (one is None and not lasting)):
            continue
        said = [name, "DURATION"] if name == _DUE else [name]
        if now is None:
            todo.put((*said, _PAIRS[name]), [])
            continue
        new = moment_line(name, now, one, zones, as_date=as_date, floating=recurring)
        todo.put(said, [new])
        exact = read_moment(new, zones) == now
        todo.put((_PAIRS[name],), [] if exact else [line(_PAIRS[name], pair_form(now))])


def _are_dates(todo: Component, before: Dates, after: Dates) -> bool:
    """Tell whether days are to be written: nothing shows a time, nor stays as one."""
    there = [one for one in (after.start, after.due) if one is not None]
    kept = [
        todo.first(name)
        for name, was, now in ((_START, before.start, after.start), (_DUE, before.due, after.due))
        if was == now and now is not None
    ]
    timed = any(one is not None and not is_date(one) for one in kept)
    return all(one.begins_day for one in there) and not timed


def _read(todo: Component, name: str, zones: CalendarZones) -> Moment | None:
    said = read_moment(todo.first(name), zones)
    return read_pair(todo.first(_PAIRS[name]), said) or said


def pair(local: float | None, utc: float | None) -> Moment | None:
    """Make a pair of two times; one that is missing is as the other."""
    one, other = (utc if local is None else local), (local if utc is None else utc)
    return None if one is None or other is None else Moment(whole(one), whole(other))
