"""What scheduling does to the records of meetings: attendees, occurrences, what counts as changed.

Spec: MS-ASCAL 2.2.2.5 (AttendeeStatus), 2.2.2.41 (ResponseType); RFC 5546 2.1.4 (significant).
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from carbonio_mobile.pim.event import Attendee, Details, Event, Occurrence
from carbonio_mobile.pim.occurrences import occurs_at

UNKNOWN, ORGANIZER, TENTATIVE, ACCEPTED, DECLINED, NOT_RESPONDED = range(6)
"""Values of AttendeeStatus and ResponseType; ORGANIZER of the latter only."""

Proposal = tuple[float, float]


def in_series(event: Event) -> bool:
    """Tell whether a meeting recurs and may have exceptions."""
    return event.recurrence is not None and not event.is_read_only


def occurs(event: Event, original: float) -> bool:
    """Tell whether a series has an occurrence that begins there unless it was moved."""
    if any(one.original == original for one in event.exceptions):
        return True
    return in_series(event) and occurs_at(event, original)


def exception(event: Event, original: float) -> Occurrence | None:
    """Give the exception at an original start."""
    return next((one for one in event.exceptions if one.original == original), None)


def instance_details(event: Event, original: float) -> Details | None:
    """Give what an occurrence says; None for one that was taken out."""
    known = exception(event, original)
    if known is not None:
        return known.details
    length = event.details.end - event.details.start
    return replace(event.details, start=original, end=original + length)


def with_occurrence(event: Event, one: Occurrence) -> Event:
    """Give a series another exception, in the place of one for the same occurrence."""
    others = [each for each in event.exceptions if each.original != one.original]
    exceptions = sorted([*others, one], key=lambda each: each.original)
    return replace(event, exceptions=tuple(exceptions))


def with_status(details: Details, whom: AbstractSet[str], status: int) -> Details:
    """Set the status of the attendees of some (lower-case) addresses."""
    attendees = (
        replace(one, status=status) if one.address.lower() in whom else one
        for one in details.attendees
    )
    return replace(details, attendees=tuple(attendees))


def with_attendee(
    details: Details, address: str, *, status: int, proposed: Proposal | None
) -> Details:
    """Set what one attendee answered; nobody is added."""
    attendees = (
        replace(one, status=status, proposed=proposed)
        if one.address.lower() == address.lower()
        else one
        for one in details.attendees
    )
    return replace(details, attendees=tuple(attendees))


def attendee(details: Details, whom: AbstractSet[str]) -> Attendee | None:
    """Give the first attendee of some (lower-case) addresses."""
    return next((one for one in details.attendees if one.address.lower() in whom), None)


def same(one: Details, other: Details) -> bool:
    """Tell whether an answer to one version is one to the other: both are to be, at one time."""
    return _when(one) == _when(other)


def _when(details: Details) -> tuple[float, float, bool, bool]:
    return details.start, details.end, details.all_day, details.is_cancelled
