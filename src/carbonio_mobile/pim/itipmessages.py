"""What an organiser sends, or who forwards: a meeting with a method, public parts only.

Spec: RFC 5546 3.2.2 (REQUEST), 3.2.5 (CANCEL); MS-ASCMD 2.2.3.79 (Forwardees), R7487.
"""

from collections.abc import Sequence
from dataclasses import replace

from carbonio_mobile.pim.event import Attendee, Event
from carbonio_mobile.pim.eventfields import FORWARDEE
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.pim.itipdetails import NOT_RESPONDED, instance_details
from carbonio_mobile.pim.itipsend import CANCEL, REQUEST, Due, public
from carbonio_mobile.pim.itipwriting import calendar, person_line, vevent, with_method


def invitation(
    event: Event, source: bytes | None, *, now: float, instance: float | None = None
) -> bytes:
    """Write a REQUEST for a meeting, or for one occurrence of it.

    ``source`` is the meeting as it is stored: what ActiveSync cannot say of it goes along.
    """
    event = public(event)
    if instance is None:
        return with_method(write_event(source, event, now=now), REQUEST)
    return with_method(write_event(None, only_instance(event, instance), now=now), REQUEST)


def cancellation(
    event: Event,
    source: bytes | None,
    attendees: Sequence[Attendee],
    *,
    now: float,
    instance: float | None = None,
) -> bytes:
    """Write a CANCEL for these attendees (RFC 5546 3.2.5: only they are named)."""
    event = public(event)
    if instance is not None:
        event, source = only_instance(event, instance), None
    details = replace(event.details, attendees=tuple(attendees), is_cancelled=True)
    event = replace(event, details=details)
    return with_method(write_event(source, event, now=now), CANCEL)


def message_of(group: Sequence[Due], source: bytes | None, *, now: float) -> bytes:
    """Write the message that serves a group (see ``itipsend.grouped``)."""
    first = group[0]
    if first.method == REQUEST:
        return invitation(first.event, source, now=now, instance=first.instance)
    attendees = [one.attendee for one in group]
    return cancellation(first.event, source, attendees, now=now, instance=first.instance)


def forwarded(
    event: Event,
    source: bytes | None,
    forwardees: Sequence[Attendee],
    *,
    now: float,
    instance: float | None = None,
) -> bytes:
    """Write a REQUEST that passes a meeting on; its organiser stays who it is (MS-ASCMD R7487)."""
    if instance is not None:
        event, source = only_instance(event, instance), None
    everybody = guests(event.details.attendees, forwardees)
    event = replace(event, details=replace(event.details, attendees=everybody))
    return with_method(write_event(source, public(event), now=now), REQUEST)


def guests(attendees: Sequence[Attendee], more: Sequence[Attendee]) -> tuple[Attendee, ...]:
    """Give attendees with others added as optional ones who have not answered."""
    known = {one.address.lower() for one in attendees}
    new = [one for one in more if one.address.lower() not in known]
    return (*attendees, *(replace(one, kind=2, status=NOT_RESPONDED) for one in new))


def only_instance(event: Event, original: float) -> Event:
    """Give one occurrence of a series as a meeting of its own, named by its RECURRENCE-ID."""
    details = instance_details(event, original)
    if event.recurrence_id is not None or details is None:
        return event
    return replace(event, details=details, recurrence=None, exceptions=(), recurrence_id=original)


def forward_notice(
    event: Event, forwardees: Sequence[Attendee], *, now: float, instance: float | None = None
) -> bytes:
    """Write what tells an organiser who else was invited: a PUBLISH that names them, nothing more.

    Programs that do not know the property see the meeting as it is.
    """
    details = event.details
    if instance is not None:
        details = instance_details(event, instance) or details
    lines = [person_line(FORWARDEE, one.address, one.name) for one in forwardees]
    told = vevent(event, details, instance=instance, attendees=(), now=now, more=lines)
    return calendar("PUBLISH", [told])
