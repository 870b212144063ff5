"""What becomes of an account's calendar when a scheduling message arrives.

Anybody can send anything. So a message changes an entry only where it comes from whom the entry
itself names: the organiser for what the meeting is, an attendee for that attendee's answer. The
account's own meetings are changed by answers alone.

Spec: RFC 5546 3.2 (methods), 2.1.5 (sequence), 6.1 (security); MS-OXOCAL 3.1.5.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from carbonio_mobile.pim.event import Details, Event, Occurrence
from carbonio_mobile.pim.events import read_event, write_event
from carbonio_mobile.pim.itip import ItipMessage
from carbonio_mobile.pim.itipdetails import (
    in_series,
    instance_details,
    occurs,
    with_occurrence,
)
from carbonio_mobile.pim.itipgiven import Arrival, Outcome, not_of_organizer
from carbonio_mobile.pim.itipreplied import counter_declined, countered, replied
from carbonio_mobile.pim.itiprequested import requested


@dataclass(frozen=True, slots=True)
class Decision:
    """What to store, None where nothing is to be done; ``why`` says so in words, for the log."""

    source: bytes | None
    why: str
    event: Event | None = field(default=None, repr=False)


def arrival(
    message: ItipMessage,
    stored: bytes | None,
    own: frozenset[str],
    now: float,
    *,
    senders: Sequence[str],
) -> Decision:
    """Say what the calendar holds of a meeting after a message about it.

    ``stored`` is the entry that :func:`concerned` chose, ``own`` the account's addresses in lower
    case, ``senders`` whom the mail comes from (see ``mime.imip.senders``), ``now`` in seconds UTC.
    Only attendees and organiser of ``stored`` are believed. Raises: Corrupt (stored).
    """
    given = Arrival(
        message=message,
        stored=None if stored is None else read_event(stored),
        source=stored,
        own=own,
        senders=tuple(one.lower() for one in senders),
        now=now,
    )
    if not message.event.uid:
        return Decision(None, "a meeting without a UID")
    outcome = _ARRIVALS[message.method](given)
    if outcome.event is None or outcome.event == given.stored:
        return Decision(None, outcome.why)
    base = outcome.source if outcome.source is not None else stored
    return Decision(write_event(base, outcome.event, now=now), outcome.why, outcome.event)


def concerned(message: ItipMessage, stored: Sequence[Event]) -> int | None:
    """Choose which of the entries of its UID a message is about, by its index; None for none.

    A series (or single meeting) comes before its orphans, of which each has its own entry
    (MS-ASAIRS R1176). A series that arrives takes the place of the first of its orphans.
    """
    whole = [at for at, one in enumerate(stored) if one.recurrence_id is None]
    if whole:
        return whole[0]
    instance = message.event.recurrence_id
    if instance is None:
        return 0 if stored else None
    return next((at for at, one in enumerate(stored) if one.recurrence_id == instance), None)


def cancelled(given: Arrival) -> Outcome:
    """Mark a meeting, or an occurrence, that its organiser took back."""
    stored, event = given.stored, given.message.event
    if stored is None:
        return Outcome("a cancellation of what is not known")
    fault = not_of_organizer(given, event.organizer_address)
    if fault:
        return Outcome(fault)
    if event.sequence < stored.sequence:
        return Outcome("outdated")
    if not _concerns_account(given):
        return Outcome("a cancellation for others")
    if event.recurrence_id is None or stored.recurrence_id is not None:
        return Outcome("cancelled", _without_meeting(stored, event))
    if not in_series(stored):
        return Outcome("an occurrence of what does not recur")
    return Outcome("an occurrence cancelled", _without_instance(stored, event.recurrence_id))


def _concerns_account(given: Arrival) -> bool:
    """Tell the end of a meeting from attendees being taken off it (RFC 5546 3.2.5)."""
    named = {one.address.lower() for one in given.message.event.details.attendees}
    return given.message.says_cancelled or not named or bool(named & given.own)


def _without_meeting(stored: Event, event: Event) -> Event:
    exceptions = tuple(
        one if one.details is None else replace(one, details=_off(one.details))
        for one in stored.exceptions
    )
    return replace(
        stored, details=_off(stored.details), exceptions=exceptions, sequence=event.sequence
    )


def _without_instance(stored: Event, original: float) -> Event:
    details = instance_details(stored, original)
    if details is None or not occurs(stored, original):
        return stored  # it was taken out before
    old = next((one for one in stored.exceptions if one.original == original), None)
    known = old or Occurrence(
        original=original, response=stored.response, replied_at=stored.replied_at
    )
    return with_occurrence(stored, replace(known, details=_off(details)))


def _off(details: Details) -> Details:
    """What is cancelled takes no time and does not ring."""
    return replace(details, is_cancelled=True, busy_status=0, reminder_min=None)


def _nothing(_given: Arrival) -> Outcome:
    return Outcome("nothing to do")


_ARRIVALS: Mapping[str, Callable[[Arrival], Outcome]] = {
    "REQUEST": requested,
    "CANCEL": cancelled,
    "REPLY": replied,
    "COUNTER": countered,
    "DECLINECOUNTER": counter_declined,
    "REFRESH": _nothing,
}
