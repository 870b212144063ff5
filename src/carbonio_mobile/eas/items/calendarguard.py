"""What of a device's change may be taken: a meeting belongs to who called it.

An attendee's device may change the own copy only: reminder, categories, busy status, sensitivity,
and take an occurrence out. Everything else stays as the organiser says.

Spec: MS-ASCAL 2.2.2.28 (MeetingStatus); ../shared/protocol/client-quirks.md 8.7, 8.11.
"""

from dataclasses import dataclass, replace

from carbonio_mobile.eas.items.calendarexceptions import followed, usual_details
from carbonio_mobile.eas.items.calendarfields import PRIVATE
from carbonio_mobile.eas.items.calendarpeople import is_own_meeting
from carbonio_mobile.eas.items.calendarrecurrence import same_pattern
from carbonio_mobile.eas.items.context import Author
from carbonio_mobile.pim.event import Details, Event, Occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of an event. ``held_back``: something that the device said was not taken.

    The device then shows what is not true, and must be sent the event as it is.
    """

    event: Event
    held_back: bool = False


def guarded(before: Event, wished: Event, author: Author) -> Change:
    """Take of ``wished``, the stored event as a device would have it, what the author may change.

    Of an event that is read-only everybody may change all but its times and its pattern.
    """
    if not is_own_meeting(before, author.addresses):
        event = _privately(before, wished)
    elif before.is_read_only:
        event = _at_its_times(before, wished)
    else:
        return Change(event=wished)
    return Change(event=event, held_back=_differ(event, wished))


def _privately(before: Event, wished: Event) -> Event:
    """Give the stored event with the wished private fields, its own and those of occurrences."""
    details = _private(before.details, wished.details)
    event = replace(before, details=details)
    stored = {one.original: one for one in before.exceptions}
    exceptions = dict(stored)
    for one in wished.exceptions:
        kept = _own_copy(event, stored.get(one.original), one)
        if kept is not None:
            exceptions[one.original] = kept
    ordered = sorted(exceptions.values(), key=lambda one: one.original)
    return replace(event, exceptions=tuple(ordered))


def _own_copy(event: Event, stored: Occurrence | None, wished: Occurrence) -> Occurrence | None:
    """Give the attendee's copy of an occurrence, None where it has nothing of its own.

    An occurrence that the organiser took out does not come back.
    """
    if stored is not None and stored.details is None:
        return None
    if wished.details is None:
        return wished
    usual = usual_details(event, wished.original)
    base = stored.details if stored is not None and stored.details is not None else usual
    details = _private(base, wished.details)
    if stored is None:
        return None if details == usual else replace(wished, details=details)
    return replace(stored, details=details)


def _private(details: Details, wished: Details) -> Details:
    return replace(details, **{name: getattr(wished, name) for name in PRIVATE})


def _at_its_times(before: Event, wished: Event) -> Event:
    old = before.details
    details = replace(wished.details, start=old.start, end=old.end, all_day=old.all_day)
    event = replace(
        wished,
        details=details,
        tzid=before.tzid,
        zone_blob=before.zone_blob,
        recurrence=before.recurrence,
        exceptions=before.exceptions,
    )
    return followed(event, old)


def _differ(one: Event, other: Event) -> bool:
    """Tell whether two forms of a meeting differ in what everybody sees of it."""
    return not same_pattern(one.recurrence, other.recurrence) or _seen(one) != _seen(other)


def _seen(event: Event) -> tuple[object, ...]:
    return (
        event.organizer_address.lower(),
        _seen_details(event.details),
        [
            (one.original, None if one.details is None else _seen_details(one.details))
            for one in event.exceptions
        ],
    )


def _seen_details(details: Details) -> tuple[object, ...]:
    return (
        details.start,
        details.end,
        details.all_day,
        details.subject,
        details.place,
        details.body,
        details.is_cancelled,
        sorted((one.address.lower(), one.kind) for one in details.attendees),
    )
