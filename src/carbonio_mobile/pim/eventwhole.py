"""What only a whole event says: sequence, organiser, the owner's answer, whether it asks for one.

Spec: RFC 5545 3.8.4.3, 3.8.7.4; MS-OXCICAL 2.1.3.1.1.20; MS-ASCAL 2.2.2.
"""

from collections.abc import Iterable

from carbonio_mobile.pim.components import Component, line, text_line, with_parameters
from carbonio_mobile.pim.contentlines import ContentLine
from carbonio_mobile.pim.event import NOT_SAID, Event, Occurrence
from carbonio_mobile.pim.eventfields import (
    CLIENT_UID,
    NO_COUNTER,
    REPLY_TIME,
    RESPONSE,
    RESPONSE_REQUESTED,
)
from carbonio_mobile.pim.eventforms import utc_line
from carbonio_mobile.pim.eventwriting import uri_of


def event_lines(
    event: Event, before: Event | None
) -> Iterable[tuple[str, bool, list[ContentLine]]]:
    """Give what only the whole says: the property, whether it says so already, its lines."""
    was = before
    yield (
        "SEQUENCE",
        was is not None and was.sequence == event.sequence,
        [line("SEQUENCE", str(event.sequence))],
    )
    yield (
        RESPONSE,
        (NOT_SAID if was is None else was.response) == event.response,
        [line(RESPONSE, str(event.response))] if event.response != NOT_SAID else [],
    )
    yield (
        REPLY_TIME,
        (None if was is None else was.replied_at) == event.replied_at,
        [] if event.replied_at is None else [utc_line(REPLY_TIME, event.replied_at)],
    )
    no_counter = event.disallow_new_time_proposal
    yield (
        NO_COUNTER,
        (was is not None and was.disallow_new_time_proposal) == no_counter,
        [line(NO_COUNTER, "TRUE" if no_counter else "FALSE")],
    )
    yield (
        CLIENT_UID,
        ("" if was is None else was.client_uid) == event.client_uid,
        [text_line(CLIENT_UID, event.client_uid)] if event.client_uid else [],
    )


def write_answer(component: Component, wanted: Occurrence) -> bool:
    """Keep the owner's answer to one occurrence."""
    said = wanted.response
    response = [] if said == NOT_SAID else [line(RESPONSE, str(said))]
    replied = [] if wanted.replied_at is None else [utc_line(REPLY_TIME, wanted.replied_at)]
    changed = component.put((RESPONSE,), response)
    return component.put((REPLY_TIME,), replied) or changed


def write_organizer(master: Component, event: Event, before: Event | None) -> bool:
    """Write who invites, where that differs; what else a line says of the same one stays."""
    who = event.organizer_name, event.organizer_address
    if who == (("", "") if before is None else (before.organizer_name, before.organizer_address)):
        return False
    if not any(who):
        return master.put(("ORGANIZER",), [])
    name = ("CN", event.organizer_name.replace('"', "'"))
    old = master.first("ORGANIZER")
    same = before is not None and before.organizer_address == event.organizer_address
    if old is not None and same:
        return master.put(("ORGANIZER",), [with_parameters(old, name)])
    return master.put(("ORGANIZER",), [line("ORGANIZER", uri_of(event.organizer_address), name)])


def write_asking(master: Component, event: Event, before: Event | None) -> bool:
    """Ask everybody invited for an answer, or nobody."""
    asks = event.response_requested
    attendees = master.every("ATTENDEE")
    asked = any(one.param("RSVP").upper() == "TRUE" for one in attendees)
    if before is not None and before.response_requested == asks and (asked == asks or not asks):
        return False
    mark = [line(RESPONSE_REQUESTED, "TRUE")] if asks and not attendees else []
    changed = master.put((RESPONSE_REQUESTED,), mark)
    if asked != asks:
        rsvp = ("RSVP", "TRUE" if asks else "")
        lines = [with_parameters(one, rsvp) for one in attendees]
        changed |= master.put(("ATTENDEE",), lines)
    return changed
