"""An attendee's answer: to their own copy of a meeting, and as a message to the organiser.

Spec: MS-ASCMD 2.2.1.11 (MeetingResponse), 2.2.3.193 (UserResponse); RFC 5546 3.2.3 (REPLY), 3.2.7
(COUNTER); MS-OXCICAL 2.1.3.1.1.20.60 (X-MS-OLK-ORIGINALSTART).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from carbonio_mobile.pim.components import text_line
from carbonio_mobile.pim.event import Attendee, Details, Event, Occurrence
from carbonio_mobile.pim.itipdetails import (
    ACCEPTED,
    DECLINED,
    TENTATIVE,
    Proposal,
    attendee,
    exception,
    instance_details,
    with_attendee,
    with_occurrence,
)
from carbonio_mobile.pim.itipwriting import calendar, moment, vevent

ACCEPT, TENTATIVELY, DECLINE = 1, 2, 3
"""Values of UserResponse (MS-ASCMD 2.2.3.193)."""

_STATUS: Mapping[int, int] = {ACCEPT: ACCEPTED, TENTATIVELY: TENTATIVE, DECLINE: DECLINED}
_PARTSTAT: Mapping[int, str] = {
    ACCEPT: "ACCEPTED",
    TENTATIVELY: "TENTATIVE",
    DECLINE: "DECLINED",
}
_TENTATIVE_BUSY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What an attendee answers: ``answer`` is UserResponse.

    ``instance`` is the original start of one occurrence, None for all of them. ``proposed`` is
    another time that the attendee would like better.
    """

    answer: int
    instance: float | None = None
    proposed: Proposal | None = None


def own_attendee(event: Event, own: frozenset[str], address: str, name: str) -> Attendee:
    """Give as whom the account was invited; by its main address where by none (a forward)."""
    shown = [event.details, *(one.details for one in event.exceptions if one.details)]
    found = next((who for one in shown if (who := attendee(one, own)) is not None), None)
    return found or Attendee(address=address, name=name, kind=2)


def answered(
    event: Event, who: Attendee, response: Response, *, now: float, intended_busy: int
) -> Event | None:
    """Give the attendee's copy after an answer; None where it leaves the calendar.

    ``intended_busy`` is what an accepted meeting shows. The caller has seen that ``instance`` is an
    occurrence of the series.
    """
    if response.instance is not None and event.recurrence_id is None:
        return _answered_instance(event, who, response, now, intended_busy)
    if response.answer == DECLINE:
        return None
    exceptions = tuple(
        replace(
            one,
            details=_marked(one.details, who, response, intended_busy),
            response=_STATUS[response.answer],
            replied_at=now,
        )
        if one.details is not None
        else one
        for one in event.exceptions
    )
    return replace(
        event,
        details=_marked(event.details, who, response, intended_busy),
        exceptions=exceptions,
        response=_STATUS[response.answer],
        replied_at=now,
    )


def _answered_instance(
    event: Event, who: Attendee, response: Response, now: float, intended_busy: int
) -> Event:
    original = response.instance
    assert original is not None
    details = instance_details(event, original)
    if details is None or response.answer == DECLINE:
        return with_occurrence(event, Occurrence(original=original))
    known = exception(event, original) or Occurrence(original=original)
    one = replace(
        known,
        details=_marked(details, who, response, intended_busy),
        response=_STATUS[response.answer],
        replied_at=now,
    )
    return with_occurrence(event, one)


def _marked(details: Details, who: Attendee, response: Response, intended_busy: int) -> Details:
    if details.is_cancelled:
        return details
    status = _STATUS[response.answer]
    if attendee(details, {who.address.lower()}) is None:
        details = replace(details, attendees=(*details.attendees, who))
    marked = with_attendee(details, who.address, status=status, proposed=response.proposed)
    busy = intended_busy if response.answer == ACCEPT else min(intended_busy, _TENTATIVE_BUSY)
    return replace(marked, busy_status=busy)


def reply(
    event: Event, who: Attendee, response: Response, *, now: float, comment: str = ""
) -> bytes:
    """Write what the organiser is told: a REPLY, or a COUNTER that proposes another time."""
    details = event.details
    if response.instance is not None:
        details = instance_details(event, response.instance) or details
    instance = event.recurrence_id if response.instance is None else response.instance
    shown, lines = details, [text_line("COMMENT", comment)]
    if response.proposed is not None:
        start, end = response.proposed
        shown = replace(details, start=start, end=end)
        lines += [
            moment("X-MS-OLK-ORIGINALSTART", details.start, all_day=details.all_day),
            moment("X-MS-OLK-ORIGINALEND", details.end, all_day=details.all_day),
        ]
    answer = vevent(
        event,
        shown,
        instance=instance,
        attendees=[(who, _PARTSTAT[response.answer])],
        now=now,
        more=lines,
    )
    return calendar("COUNTER" if response.proposed is not None else "REPLY", [answer])
