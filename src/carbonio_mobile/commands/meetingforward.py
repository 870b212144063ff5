"""A meeting forwarded or replied to from the calendar.

Who forwards passes the invitation on: the organiser stays who it is, and is told (as Exchange
does); guests of the account's own meeting become attendees of it. Where the calendar's server
invites whoever becomes an attendee, the forward itself is a mail of words alone.

Spec: MS-ASCMD 2.2.1.19, 2.2.3.79 (Forwardees), 3.1.5.7 (R7487); MS-ASCMD R538, R539, R574 to R576.
"""

from dataclasses import replace

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.meetingfinding import (
    CALENDARS,
    FoundMeeting,
    find_meeting,
    own_addresses,
)
from carbonio_mobile.commands.meetings import body_of
from carbonio_mobile.commands.operations import operation
from carbonio_mobile.commands.sources import named_item
from carbonio_mobile.eas.messages.composemail import MeetingForward, Request, Source
from carbonio_mobile.eas.status import Common
from carbonio_mobile.errors import CommandStatus, Conflict, NotFound
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mime import compose as composition
from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.compose import Body
from carbonio_mobile.mime.imip import imip_message, meeting_mail, meeting_subject, with_calendar
from carbonio_mobile.pim.event import Attendee, Details, Event
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.pim.itipdetails import in_series, instance_details, occurs
from carbonio_mobile.pim.itipmessages import forward_notice, forwarded, guests, invitation
from carbonio_mobile.pim.itipsend import resequenced
from carbonio_mobile.pim.itipwords import when_and_where

_ATTEMPTS = 3


async def named_meeting(call: Call, request: Request) -> FoundMeeting | None:
    """Find the calendar item that a request is about; None where it is about a message.

    A forward without MIME may name the invitation instead. Raises: CommandStatus 150, 179.
    """
    named = None if request.source is None else named_item(request.source)
    folder = None if named is None else (await call.mailbox.hierarchy()).find(named.folder)
    if named is None or folder is None:
        if request.meeting is not None:
            raise CommandStatus(Common.ITEM_NOT_FOUND)
        return None
    if folder.kind not in CALENDARS and request.meeting is None:
        return None
    found = await find_meeting(call, named)
    if found is None and folder.kind in CALENDARS:
        raise CommandStatus(Common.ITEM_NOT_FOUND)
    if found is None:  # for calendar items only (MS-ASCMD R7177)
        raise CommandStatus(Common.INVALID_SMART_FORWARD_PARAMETERS)
    return found


async def is_invited_by_server(call: Call, request: Request, found: FoundMeeting) -> bool:
    """Tell whether the calendar's server invites the guests of a forward once they are entered.

    Raises: StoreError.
    """
    if request.meeting is None or not _enters_guests(call, request.source, found):
        return False
    return found.stored is not None and await call.mailbox.schedules(found.stored.folder)


def _enters_guests(call: Call, source: Source | None, found: FoundMeeting) -> bool:
    """Tell whether guests become attendees: of an own meeting as a whole."""
    is_own = found.event.organizer_address.lower() in own_addresses(call.account)
    return is_own and source is not None and source.instance is None


def composed(call: Call, request: Request, found: FoundMeeting, *, invited: bool) -> bytes:
    """Write the message; with ``invited`` without a calendar, where guests get one anyway.

    Raises: CommandStatus 104, 146 (the occurrence).
    """
    instance = None if request.source is None else request.source.instance
    details = _version(found.event, instance)
    if request.meeting is not None and invited:
        return _announced(call, request.meeting, found, details)
    if request.meeting is not None:
        return _passed_on(call, request.meeting, found, details, instance)
    if request.replace_mime:
        return request.mime  # R3775: nothing of the original
    original = meeting_mail(
        from_=Mailbox(found.event.organizer_name, found.event.organizer_address),
        to=[Mailbox(one.name, one.address) for one in details.attendees],
        subject=details.subject,
        body=_described(found.event, details),
    )
    if call.line.command == "SmartReply":
        return composition.reply(request.mime, original)
    message = composition.forward(request.mime, original)
    calendar = invitation(found.event, found.source, now=call.now, instance=instance)
    return with_calendar(message, calendar, "REQUEST")


def _version(event: Event, instance: float | None) -> Details:
    """Give what the occurrence says that is meant, or the whole (R538, R539)."""
    if instance is None or event.recurrence_id == instance:
        return event.details
    if not in_series(event):
        raise CommandStatus(Common.NO_RECURRENCE_IN_CALENDAR)
    details = instance_details(event, instance) if occurs(event, instance) else None
    if details is None:
        raise CommandStatus(Common.INVALID_DATE_TIME)
    return details


def _described(event: Event, details: Details) -> Body:
    body = body_of(details.body)
    text = f"{when_and_where(event, details)}\n\n{body.text}".rstrip()
    return Body(text=text)


def _passed_on(
    call: Call,
    forward: MeetingForward,
    found: FoundMeeting,
    details: Details,
    instance: float | None,
) -> bytes:
    account = call.account
    calendar = forwarded(
        found.event, found.source, _guests(forward), now=call.now, instance=instance
    )
    return imip_message(
        calendar=calendar,
        method="REQUEST",
        from_=Mailbox(account.display_name, account.name),
        to=[Mailbox(name, address) for address, name in forward.forwardees],
        subject=meeting_subject("FORWARD", details.subject),
        body=_note(forward),
        message_id="",
        date=call.now,
    )


def _announced(call: Call, forward: MeetingForward, found: FoundMeeting, details: Details) -> bytes:
    """Write the note; who wrote none says what the meeting is, and when."""
    note = _note(forward)
    return meeting_mail(
        from_=Mailbox(call.account.display_name, call.account.name),
        to=[Mailbox(name, address) for address, name in forward.forwardees],
        subject=meeting_subject("FORWARD", details.subject),
        body=note if note.text.strip() else _described(found.event, details),
        date=call.now,
    )


def _note(forward: MeetingForward) -> Body:
    return Body.from_html(forward.note) if forward.html else Body(text=forward.note)


def _guests(forward: MeetingForward) -> list[Attendee]:
    return [Attendee(address=address, name=name) for address, name in forward.forwardees]


async def finished(call: Call, request: Request, found: FoundMeeting) -> None:
    """Do what follows a forward: guests of an own meeting are entered, else its organiser is told.

    Nothing is done a second time when this is called again. Raises: StoreError.
    """
    if request.meeting is None or request.source is None:
        return
    organizer = found.event.organizer_address.lower()
    if organizer in own_addresses(call.account):
        await _enter_guests(call, request.meeting, found, request.source)
    elif organizer:
        event, addresses = found.event, [one.lower() for one, _ in request.meeting.forwardees]
        what = f"{event.uid} {event.sequence} {request.source.instance}"
        name = operation(call, "forwarded", what, *addresses)
        await _tell_organizer(call, request.meeting, found, request.source, name)


async def _enter_guests(
    call: Call, forward: MeetingForward, found: FoundMeeting, source: Source
) -> None:
    """Raises: StoreError, Conflict where the event changes all the time."""
    stored = found.stored
    for _ in range(_ATTEMPTS):
        if stored is None or not isinstance(stored.record, Event) or source.instance is not None:
            return
        event = stored.record
        attendees = guests(event.details.attendees, _guests(forward))
        new = replace(event, details=replace(event.details, attendees=attendees))
        new = resequenced(event, new, own_addresses(call.account))
        text = write_event(stored.source, new, now=call.now)
        try:
            await call.mailbox.replace_object(
                stored.folder, stored.item, text, expected=stored.version
            )
            return
        except Conflict:
            read = await call.mailbox.objects(stored.folder, [stored.item], source=True)
            stored = read.get(stored.item)
        except NotFound:
            return
    raise Conflict("an event that changes all the time")


async def _tell_organizer(
    call: Call,
    forward: MeetingForward,
    found: FoundMeeting,
    source: Source,
    name: OperationId,
) -> None:
    account, event = call.account, found.event
    details = _version(event, source.instance)
    who = account.display_name or account.name
    listed = "\n".join(str(Mailbox(label, address)) for address, label in forward.forwardees)
    text = (
        f"{who} has forwarded your meeting request to others.\n\n"
        f"{details.subject}\n{when_and_where(event, details)}\n\nForwarded to:\n{listed}\n"
    )
    calendar = forward_notice(event, _guests(forward), now=call.now, instance=source.instance)
    message = imip_message(
        calendar=calendar,
        method="PUBLISH",
        from_=Mailbox(account.display_name, account.name),
        to=[Mailbox(event.organizer_name, event.organizer_address)],
        subject=meeting_subject("FORWARDED", details.subject),
        body=Body(text=text),
        message_id=f"{name}@{account.domain}",
        date=call.now,
    )
    await call.services.submission.submit(
        account.id,
        message,
        sender=account.name,
        recipients=[event.organizer_address],
        sent_copy=None,
        operation=name,
    )
