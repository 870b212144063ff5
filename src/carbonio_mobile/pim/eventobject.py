"""A calendar object as an ``Event``: the master, its series and changed occurrences together.

Spec: RFC 5545 3.8.4.4 (RECURRENCE-ID), 3.8.4.3 (ORGANIZER); MS-ASCAL 2.2.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.calendars import (
    DAY_S,
    CalendarObject,
    Lines,
    When,
    first,
    is_true,
    number,
    text,
    when_of,
)
from carbonio_mobile.pim.components import Component
from carbonio_mobile.pim.event import Details, Event
from carbonio_mobile.pim.eventfields import CLIENT_UID, NO_COUNTER, RESPONSE_REQUESTED
from carbonio_mobile.pim.eventinstances import (
    Override,
    Series,
    exception_of,
    original_at,
    reply_time,
    response_of,
)
from carbonio_mobile.pim.eventlisting import in_days
from carbonio_mobile.pim.eventreading import address_of, name_beside, read_details
from carbonio_mobile.pim.eventseries import read_series
from carbonio_mobile.pim.timezones import blob_at
from carbonio_mobile.pim.zones import name_of


@dataclass(frozen=True, slots=True)
class Parts:
    """The components of an object: that of the whole series or event, and those of occurrences.

    ``master`` may be one occurrence itself, of a series that is not here; ``recurrence_id`` says
    which. ``begin`` is its start as written.
    """

    master: Component
    lines: Lines
    begin: When
    details: Details
    overrides: list[Override]
    recurrence_id: float | None = None


def event_of(found: CalendarObject) -> Event:
    """Say a calendar object in the terms of ActiveSync. Raises: Corrupt, where nothing starts."""
    parts = parts_of(found)
    if parts.recurrence_id is None:
        series = read_series(found, parts.lines, parts.begin, parts.details, parts.overrides)
    elif parts.overrides:
        found.faults.append("several occurrences of a series that is not here")
        shown = [exception_of(one) for one in parts.overrides]
        series = in_days(parts.details, parts.begin, shown)
    else:
        series = Series(parts.details, None, ())
    timed = not series.details.all_day
    lines, begin = parts.lines, parts.begin
    name, address = _organizer(lines)
    return Event(
        uid=found.uid or f"{parts.details.start:.0f}",
        details=series.details,
        tzid=name_of(begin.zone) if timed else "",
        zone_blob=blob_at(begin.zone, begin.aware) if timed else "",
        sequence=number(lines, "SEQUENCE"),
        organizer_name=name,
        organizer_address=address,
        response=response_of(lines),
        replied_at=reply_time(lines),
        response_requested=_asks(lines),
        disallow_new_time_proposal=is_true(lines, NO_COUNTER),
        recurrence=series.rule,
        exceptions=series.exceptions,
        recurrence_id=None if parts.overrides else parts.recurrence_id,
        is_read_only=series.is_read_only,
        client_uid=text(lines, CLIENT_UID),
        faults=tuple(dict.fromkeys(found.faults)),
    )


def parts_of(found: CalendarObject) -> Parts:
    """Sort the components of an object. Raises: Corrupt, where none of them has a start."""
    changed = [one for one in found.events if one.first("RECURRENCE-ID") is not None]
    whole = [one for one in found.events if one.first("RECURRENCE-ID") is None]
    masters = [read for one in whole if (read := _master(one, found)) is not None]
    if len(masters) < len(whole):
        found.faults.append("an event without a start")
    if not masters:
        return _orphan(changed, found)
    if len(masters) > 1:
        found.faults.append("an event that is there several times")
    master = max(masters, key=lambda one: number(one.lines, "SEQUENCE"))
    return replace(master, overrides=_overrides(changed, master, found))


def _master(component: Component, found: CalendarObject) -> Parts | None:
    lines = component.by_name()
    begin = when_of(first(lines, "DTSTART"), found.zones)
    if begin is None:
        return None
    details = read_details(component, lines, found.zones)
    assert details is not None
    return Parts(component, lines, as_shown(begin, details), details, [])


def as_shown(begin: When, details: Details) -> When:
    """Give a start as a date where its midnights were meant as whole days."""
    if details.all_day and not begin.is_date:
        return When(datetime(1970, 1, 1) + timedelta(seconds=details.start), begin.zone, True)  # noqa: DTZ001
    return begin


def _orphan(changed: Sequence[Component], found: CalendarObject) -> Parts:
    """Give an occurrence alone, or several with the first of them in place of a master."""
    read = []
    for one in changed:
        lines = one.by_name()
        begin = when_of(first(lines, "DTSTART"), found.zones)
        begin = begin or when_of(first(lines, "RECURRENCE-ID"), found.zones)
        details = read_details(one, lines, found.zones, start=begin)
        if begin is not None and details is not None:
            read.append(Parts(one, lines, as_shown(begin, details), details, []))
    if not read:
        raise Corrupt("no event with a start")
    read.sort(key=lambda one: one.details.start)
    head = read[0]
    instance = when_of(first(head.lines, "RECURRENCE-ID"), found.zones)
    original = head.details.start if instance is None else instance.at
    several = [Override(one.details.start, one.details, one.master, one.lines) for one in read]
    return replace(head, recurrence_id=original, overrides=several if len(several) > 1 else [])


def _overrides(
    changed: Sequence[Component], master: Parts, found: CalendarObject
) -> list[Override]:
    """Read the changed occurrences in order of their originals, the newest of each."""
    length_s = master.details.end - master.details.start
    known: dict[float, tuple[int, Override]] = {}
    for one in changed:
        lines = one.by_name()
        at = when_of(first(lines, "RECURRENCE-ID"), found.zones)
        if at is None:
            found.faults.append("a changed occurrence that does not say which")
            continue
        original = original_at(at, master.begin)
        details = read_details(
            one,
            lines,
            found.zones,
            prefix=part_prefix(original),
            start=_start_at(original, master.begin),
            length_s=length_s,
        )
        assert details is not None
        following = lines["RECURRENCE-ID"][0].param("RANGE").upper() == "THISANDFUTURE"
        sequence = number(lines, "SEQUENCE")
        if original not in known or known[original][0] <= sequence:
            known[original] = sequence, Override(original, details, one, lines, following)
    return [known[at][1] for at in sorted(known)]


def _start_at(original: float, begin: When) -> When:
    """Give an original start in the form of the series' own."""
    local = begin.from_seconds(original)
    return When(local, begin.zone, begin.is_date, begin.tzid, begin.is_utc)


def part_prefix(original: float) -> str:
    """Begin the ids of the attachments of a changed occurrence: its day and minute."""
    day, second = divmod(original, DAY_S)
    return f"{int(day) % 900_000 + 1}.{int(second) // 60 + 1}."


def _organizer(lines: Lines) -> tuple[str, str]:
    who = first(lines, "ORGANIZER")
    if who is None:
        return "", ""
    address = address_of(who)
    return name_beside(who, address), address


def _asks(lines: Lines) -> bool:
    """Tell whether anybody is asked for an answer."""
    if is_true(lines, RESPONSE_REQUESTED):
        return True
    return any(one.param("RSVP").upper() == "TRUE" for one in lines.get("ATTENDEE", ()))
