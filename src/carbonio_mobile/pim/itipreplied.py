"""What attendees answer, in the organiser's calendar; and what became of a proposal.

Spec: RFC 5546 3.2.3 (REPLY), 3.2.7 (COUNTER), 3.2.8 (DECLINECOUNTER).
"""

from collections.abc import Callable
from dataclasses import replace

from carbonio_mobile.pim.event import Attendee, Details, Event, Occurrence
from carbonio_mobile.pim.itipdetails import (
    DECLINED,
    TENTATIVE,
    in_series,
    instance_details,
    occurs,
    with_attendee,
    with_occurrence,
)
from carbonio_mobile.pim.itipgiven import Arrival, Outcome, not_of_organizer

MAX_ATTENDEES = 1000

Take = Callable[[Details, Attendee], Details]


def replied(given: Arrival) -> Outcome:
    """Enter an attendee's answer into the organiser's copy."""

    def take(details: Details, who: Attendee) -> Details:
        return with_attendee(details, who.address, status=who.status, proposed=None)

    return _answer(given, take)


def countered(given: Arrival) -> Outcome:
    """Enter the time that an attendee proposes instead."""
    proposal = given.message.event.details

    def take(details: Details, who: Attendee) -> Details:
        times = (proposal.start, proposal.end)
        proposed = None if (details.start, details.end) == times else times
        status = who.status if who.status in (TENTATIVE, DECLINED) else TENTATIVE
        return with_attendee(details, who.address, status=status, proposed=proposed)

    return _answer(given, take)


def _answer(given: Arrival, take: Take) -> Outcome:
    """Enter an attendee's answer into the organiser's copy."""
    stored, event = given.stored, given.message.event
    if stored is None or stored.organizer_address.lower() not in given.own:
        return Outcome("an answer to what is no meeting of the account")
    if event.sequence < stored.sequence:
        return Outcome("an answer to an earlier version")
    who = next((one for one in event.details.attendees if _speaks(given, one)), None)
    if who is None:
        return Outcome("an answer in another's name")
    if event.recurrence_id is None or stored.recurrence_id is not None:
        return Outcome("an answer", _answer_to_all(given, stored, who, take))
    new = _answer_to_instance(given, stored, event.recurrence_id, who, take)
    return Outcome("an answer to an occurrence", new)


def _speaks(given: Arrival, who: Attendee) -> bool:
    return who.address.lower() in given.senders


def _answer_to_all(given: Arrival, stored: Event, who: Attendee, take: Take) -> Event:
    """An answer to a series is one to its exceptions too."""
    exceptions = tuple(
        one if one.details is None else replace(one, details=_taken(given, one.details, who, take))
        for one in stored.exceptions
    )
    return replace(stored, details=_taken(given, stored.details, who, take), exceptions=exceptions)


def _answer_to_instance(
    given: Arrival, stored: Event, original: float, who: Attendee, take: Take
) -> Event:
    details = instance_details(stored, original)
    if details is None or not in_series(stored) or not occurs(stored, original):
        return stored
    new = _taken(given, details, who, take)
    if new == details:
        return stored
    return with_occurrence(stored, Occurrence(original=original, details=new))


def _taken(given: Arrival, details: Details, who: Attendee, take: Take) -> Details:
    """Take an answer; who was not invited is added where they are of the account's own domain.

    Such a one was brought along by somebody who was invited; a stranger who only learnt of the UID
    would from then on be told all about the meeting.
    """
    if any(one.address.lower() == who.address.lower() for one in details.attendees):
        return take(details, who)
    known = {one.rpartition("@")[2] for one in given.own}
    colleague = who.address.lower().rpartition("@")[2] in known
    full = len(details.attendees) >= MAX_ATTENDEES
    if not colleague or full or who.status == DECLINED:
        return details
    guest = Attendee(address=who.address, name=who.name, kind=2)
    return take(replace(details, attendees=(*details.attendees, guest)), who)


def counter_declined(given: Arrival) -> Outcome:
    """Forget the account's own proposal, which the organiser refused."""
    stored = given.stored
    if stored is None:
        return Outcome("a refusal about what is not known")
    fault = not_of_organizer(given, given.message.event.organizer_address)
    if fault:
        return Outcome(fault)
    return Outcome("a proposal was refused", _without_proposals(stored, given.own))


def _without_proposals(stored: Event, own: frozenset[str]) -> Event:
    def cleared(details: Details) -> Details:
        attendees = (
            replace(one, proposed=None) if one.address.lower() in own else one
            for one in details.attendees
        )
        return replace(details, attendees=tuple(attendees))

    exceptions = tuple(
        one if one.details is None else replace(one, details=cleared(one.details))
        for one in stored.exceptions
    )
    return replace(stored, details=cleared(stored.details), exceptions=exceptions)
