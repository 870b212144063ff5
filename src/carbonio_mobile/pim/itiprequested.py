"""An invitation, or a new version of a meeting, in the attendee's calendar.

Spec: RFC 5546 3.2.2 (REQUEST), 2.1.5 (which version counts); MS-OXOCAL 3.1.5.
"""

from collections.abc import Sequence
from dataclasses import replace

from carbonio_mobile.pim.event import Details, Event, Occurrence
from carbonio_mobile.pim.itipdetails import (
    NOT_RESPONDED,
    in_series,
    instance_details,
    occurs,
    same,
    with_occurrence,
    with_status,
)
from carbonio_mobile.pim.itipgiven import Arrival, Outcome, not_of_organizer

_TENTATIVE_BUSY = 1


def requested(given: Arrival) -> Outcome:
    """Place an invitation, or take a new version of the meeting over."""
    event = _with_organizer(given.message.event, given.senders)
    if event.organizer_address.lower() in given.own:
        return Outcome("an invitation in the account's own name")
    stored = given.stored
    if stored is None:
        if event.details.is_cancelled:
            return Outcome("an invitation to what is cancelled")
        return Outcome("a new meeting", _received(event, given.own), given.message.source)
    fault = not_of_organizer(given, event.organizer_address)
    if fault:
        return Outcome(fault)
    if event.recurrence_id is None:
        return _whole_update(given, stored, event)
    if stored.recurrence_id is not None:
        return _whole_update(given, stored, event)
    if not in_series(stored):
        return Outcome("an occurrence of what does not recur")
    return _instance_arrival(given, stored)


def _with_organizer(event: Event, senders: Sequence[str]) -> Event:
    """An invitation that names no organiser is the sender's."""
    if event.organizer_address or not senders:
        return event
    return replace(event, organizer_address=senders[0])


def _received(event: Event, own: frozenset[str]) -> Event:
    exceptions = tuple(
        one if one.details is None else replace(one, details=_unanswered(one.details, own))
        for one in event.exceptions
    )
    details = _unanswered(event.details, own)
    return replace(
        event, details=details, exceptions=exceptions, response=NOT_RESPONDED, replied_at=None
    )


def _unanswered(details: Details, own: frozenset[str]) -> Details:
    """Place an invitation tentatively; what is to be shown as free stays free.

    The categories are the organiser's own business.
    """
    return replace(
        with_status(details, own, NOT_RESPONDED),
        busy_status=min(details.busy_status, _TENTATIVE_BUSY),
        categories=(),
    )


def _whole_update(given: Arrival, stored: Event, event: Event) -> Outcome:
    """Take the new version over, with what is private to the account of the one before."""
    replaces_orphan = stored.recurrence_id is not None and event.recurrence_id is None
    if not replaces_orphan and not _newer(event, stored):
        return Outcome("outdated, or known")
    if replaces_orphan:
        return _series_for_orphan(given, stored, event)
    moved = not (same(stored.details, event.details) and stored.recurrence == event.recurrence)
    new = _received(event, given.own)
    details = _kept(new.details, stored.details, given.own, answered=not moved)
    new = replace(new, details=details, exceptions=_exceptions(given, stored, new, moved=moved))
    if not moved:
        new = replace(new, response=stored.response, replied_at=stored.replied_at)
    return Outcome("a new version", new, given.message.source)


def _series_for_orphan(given: Arrival, orphan: Event, event: Event) -> Outcome:
    new = _received(event, given.own)
    assert orphan.recurrence_id is not None
    if all(one.original != orphan.recurrence_id for one in new.exceptions):
        known = Occurrence(
            original=orphan.recurrence_id,
            details=orphan.details,
            response=orphan.response,
            replied_at=orphan.replied_at,
        )
        new = with_occurrence(new, known)
    return Outcome("a series of which an occurrence was known", new, given.message.source)


def _newer(event: Event, stored: Event) -> bool:
    """RFC 5546 2.1.5: by sequence, then by the time it was written."""
    return _age(event.sequence, event.details) > _age(stored.sequence, stored.details)


def _age(sequence: int, details: Details) -> tuple[int, float]:
    return sequence, details.dtstamp or 0.0


def _kept(new: Details, old: Details, own: frozenset[str], *, answered: bool) -> Details:
    """Keep reminder and categories; and the answer, where nothing was changed that it is about."""
    kept = replace(new, reminder_min=old.reminder_min, categories=old.categories)
    if not answered:
        return kept
    mine = next((one for one in old.attendees if one.address.lower() in own), None)
    if mine is not None:
        kept = with_status(kept, own, mine.status)
    return replace(kept, busy_status=old.busy_status)


def _exceptions(
    given: Arrival, stored: Event, new: Event, *, moved: bool
) -> tuple[Occurrence, ...]:
    """Give the exceptions after an update of the whole.

    Those of before stay where the series still recurs as it did, unless the update has them.
    """
    before = {} if moved else {one.original: one for one in stored.exceptions}
    after = dict(before)
    for one in new.exceptions:
        old = before.get(one.original)
        if one.details is None or old is None or old.details is None:
            after[one.original] = one
            continue
        kept = _kept(one.details, old.details, given.own, answered=same(old.details, one.details))
        after[one.original] = replace(
            one, details=kept, response=old.response, replied_at=old.replied_at
        )
    return tuple(after[original] for original in sorted(after))


def _instance_arrival(given: Arrival, stored: Event) -> Outcome:
    event = given.message.event
    assert event.recurrence_id is not None
    new = _instance_update(given, stored, event.recurrence_id, event.details)
    return Outcome("a new version of an occurrence", new)


def _instance_update(given: Arrival, stored: Event, original: float, details: Details) -> Event:
    old = next((one for one in stored.exceptions if one.original == original), None)
    known = instance_details(stored, original)
    if given.message.event.sequence < stored.sequence or not occurs(stored, original):
        return stored
    last = None if old is None or old.details is None else old.details.dtstamp or 0.0
    if last is not None and (details.dtstamp or 0.0) <= last:
        return stored
    answered = known is not None and same(known, details)
    new = _unanswered(details, given.own)
    if known is not None:
        new = _kept(new, known, given.own, answered=answered)
    if answered:
        response = stored.response if old is None else old.response
        replied = stored.replied_at if old is None else old.replied_at
    else:
        response, replied = NOT_RESPONDED, None
    one = Occurrence(original=original, details=new, response=response, replied_at=replied)
    return with_occurrence(stored, one)
