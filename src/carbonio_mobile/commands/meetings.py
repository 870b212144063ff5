"""Meeting mail that the server sends for a device: from 16.0 on the organiser's device sends none.

Each attendee is told each thing once: the name of a submission follows from the meeting, its
sequence number, the occurrence, the method and the attendee, whatever the device repeats.

Spec: MS-ASCMD R7478 (requests), 2.2.1.21; classes.md 7.6; RFC 6047.
"""

from collections.abc import Sequence
from functools import partial

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.meetingfinding import own_addresses
from carbonio_mobile.commands.operations import digest
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import TooLarge
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.bodies import html_to_text
from carbonio_mobile.mime.compose import Body
from carbonio_mobile.mime.imip import imip_message, meeting_subject
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.itipdetails import instance_details
from carbonio_mobile.pim.itipmessages import message_of
from carbonio_mobile.pim.itipsend import Due, grouped, messages_due, resequenced
from carbonio_mobile.pim.text import Text

DUES_MAX = 5_000
"""So many attendees are told of one change, counting each occurrence: more is an attack by mail."""
_MANY = 500
"""Attendees to be compared in the reactor thread."""


async def mail_changes(
    call: Call,
    before: Event | None,
    after: Event | None,
    *,
    source: bytes | None = None,
    by_server: bool = False,
) -> Event | None:
    """Tell attendees of an organiser's Add, Change or Delete; gives the event that is to be stored.

    To be called BEFORE the change is stored, so that a repeat after a crash finds the same state
    and tells nobody twice. ``before`` is None for an Add, ``after`` for a Delete; ``source`` is the
    text that ``after`` (of a Delete: ``before``) is a patch of, None where there is none. What
    comes back is ``after`` with the sequence number that was told, below 16.0 as it was: there the
    device sends the mail. With ``by_server`` nothing is mailed: the calendar's server tells
    attendees of what is stored (:meth:`IObjects.schedules`). Raises: OverQuota, TooLarge,
    Unavailable.
    """
    if call.version < Version.V16_0:
        return after
    work = partial(_told, before, after, own_addresses(call.account), call.now)
    guests = _guests(before) + _guests(after)
    after, groups = await call.services.offload(work) if guests > _MANY else work()
    if after is not None and sum(map(len, groups)) > DUES_MAX:
        raise TooLarge("a change that attendees would be told in too many messages")
    for group in [] if by_server else groups:
        await _send(call, group, source)
    return after


def _told(
    before: Event | None, after: Event | None, own: frozenset[str], now: float
) -> tuple[Event | None, list[list[Due]]]:
    """Give the event to be stored, and who is told what, in groups told the same."""
    if after is not None:
        after = resequenced(before, after, own)
    return after, grouped(messages_due(before, after, own, now))


def _guests(event: Event | None) -> int:
    """Count the attendees of a meeting and all its changed occurrences."""
    if event is None:
        return 0
    changed = (one.details for one in event.exceptions if one.details is not None)
    return sum(len(one.attendees) for one in (event.details, *changed))


def due_operation(call: Call, due: Due) -> OperationId:
    """Name what one attendee is told: the same for all devices of the account."""
    return OperationId(f"meeting-{digest(call.account.id, *due.key)}")


async def _send(call: Call, group: Sequence[Due], source: bytes | None) -> None:
    """Send one message to each of a group; the Sent copy goes with the first of them."""
    first = group[0]
    account = call.account
    message = await call.services.offload(lambda: _message(call, group, source))
    for due in group:
        await call.services.submission.submit(
            account.id,
            message,
            sender=_from(call, first.event).address,
            recipients=[due.attendee.address],
            sent_copy=message if due is first else None,
            operation=due_operation(call, due),
        )


def _message(call: Call, group: Sequence[Due], source: bytes | None) -> bytes:
    first = group[0]
    event = first.event
    details = event.details
    if first.instance is not None:
        details = instance_details(event, first.instance) or details
    return imip_message(
        calendar=message_of(group, source, now=call.now),
        method=first.method,
        from_=_from(call, event),
        to=[Mailbox(one.attendee.name, one.attendee.address) for one in group],
        subject=meeting_subject(first.method, details.subject),
        body=body_of(details.body),
        message_id=f"{due_operation(call, first)}@{call.account.domain}",
        date=call.now,
    )


def _from(call: Call, event: Event) -> Mailbox:
    account = call.account
    named = event.organizer_address
    address = named if named.lower() in own_addresses(account) else account.name
    return Mailbox(account.display_name, address)


def body_of(text: Text) -> Body:
    """Give the body of a mail for the body of an event."""
    if text.html:
        return Body(text=text.plain or html_to_text(text.html), html=text.html)
    return Body(text=text.plain)
