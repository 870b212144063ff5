"""MeetingResponse: accept, tentatively accept or decline a meeting.

The order: the organiser is told, where this server is to do so; the calendar is changed; the
request goes to the trash; the answer is remembered. Killed anywhere between, the device's repeat
does what is left: the mail's name follows from the request and from how often the meeting was
answered. A calendar server that schedules sends the answer itself when the calendar is changed;
what it cannot say, the user's words and another time, is mailed afterwards, and all of the answer
where the server notes that it did not reach the organiser.

Spec: MS-ASCMD 2.2.1.11, 3.1.5.6; MS-ASEMAIL 3.1.5.1; RFC 6638 3.2.9; commands.md section 12.
"""

from carbonio_mobile.commands.answermail import tell_organizer
from carbonio_mobile.commands.answermemory import Answered, AnswerMemory
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.meetingfinding import FoundMeeting, find_meeting, own_addresses
from carbonio_mobile.commands.operations import digest, operation
from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.messages.fields import server_id
from carbonio_mobile.eas.messages.meetingresponse import (
    MeetingAnswer,
    MeetingResult,
    build,
    parse,
)
from carbonio_mobile.eas.status import Common, MeetingResponseStatus
from carbonio_mobile.errors import Conflict, NotFound, ProtocolError, StoreError
from carbonio_mobile.ids import FolderId, ItemId, OperationId, ServerId
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.pim.itipanswer import DECLINE, Response, answered, own_attendee
from carbonio_mobile.pim.itipdetails import in_series, instance_details, occurs
from carbonio_mobile.pim.schedulestatus import missed_organizer
from carbonio_mobile.sync.folders import FolderKind

DOCUMENT = "answers"

_ATTEMPTS = 4
_SUCCESS = MeetingResponseStatus.SUCCESS
_INVALID = MeetingResponseStatus.INVALID_REQUEST
_FAILED = MeetingResponseStatus.MAILBOX_ERROR


async def respond(call: Call) -> Answer:
    """Answer each request of a MeetingResponse by itself, in their order."""
    if call.document is None:
        raise ProtocolError("an empty MeetingResponse")
    answers = parse(call.document, call.version)
    states, key = call.services.states, call.device.key
    before = AnswerMemory.from_text((await states.load(key, [DOCUMENT])).get(DOCUMENT))
    memory, results = before, []
    for each in answers:
        result, memory = await _once(call, each, memory)
        results.append(result)
    if memory != before:
        await states.commit(key, {DOCUMENT: memory.to_text()})
    return Answer(document=build(results))


async def _once(
    call: Call, each: MeetingAnswer, memory: AnswerMemory
) -> tuple[MeetingResult, AnswerMemory]:
    if each.fault:
        return MeetingResult(request=each, status=each.fault), memory
    request = digest(*_words(each))
    known = memory.find(request, call.now)
    if known is not None:
        return MeetingResult(request=each, status=known.status, calendar=known.calendar), memory
    try:
        result, meeting = await _answered(call, each, memory)
    except StoreError:
        return MeetingResult(request=each, status=_FAILED), memory
    entry = Answered(
        request=request,
        meeting=meeting,
        status=int(result.status),
        calendar=result.calendar,
        number=memory.number(meeting),
        at=int(call.now),
    )
    return result, memory.with_entry(entry)


async def _answered(
    call: Call, each: MeetingAnswer, memory: AnswerMemory
) -> tuple[MeetingResult, str]:
    """Give the result and what stands for the meeting, empty where none was found.

    Raises: StoreError.
    """
    named = _named(each)
    for attempt in range(_ATTEMPTS):
        found = None if named is None else await find_meeting(call, named)
        status = _INVALID if found is None else _fault(call, each, found)
        if found is None or status:
            return MeetingResult(request=each, status=status), ""
        meeting = digest(found.event.uid, f"{each.instance or found.event.recurrence_id}")
        number = f"{found.event.sequence} {memory.number(meeting)}"
        name = operation(call, "answer", meeting, *_words(each), number)
        try:
            calendar = await _take_effect(call, each, found, name)
            return MeetingResult(request=each, status=_SUCCESS, calendar=calendar), meeting
        except Conflict:  # somebody else changed the event just now: read it again
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("not reached")


def _words(each: MeetingAnswer) -> tuple[str, ...]:
    """Give all that a request says."""
    return repr(each), each.reply.text if each.reply is not None else ""


def _named(each: MeetingAnswer) -> ServerId | None:
    if not each.long_id:
        return server_id(each.item)
    try:
        return LongId.parse(each.long_id).server_id
    except ValueError:
        return None


def _fault(call: Call, each: MeetingAnswer, found: FoundMeeting) -> int:
    """Say why this meeting cannot be answered so; 0 where it can."""
    event = found.event
    organizer = event.organizer_address.lower()
    if not organizer or organizer in own_addresses(call.account):
        return _INVALID  # MS-ASCMD R4183, R4184
    if each.instance is None:
        return _INVALID if event.details.is_cancelled and each.answer != DECLINE else 0
    if found.mail is not None:
        return _INVALID  # R4185
    if event.recurrence_id is not None:
        return 0 if event.recurrence_id == each.instance else _INVALID
    if not in_series(event):
        return _INVALID if event.is_read_only else Common.NO_RECURRENCE_IN_CALENDAR  # R3196
    exists = occurs(event, each.instance) and instance_details(event, each.instance) is not None
    return 0 if exists else _INVALID  # R4186


async def _take_effect(
    call: Call, each: MeetingAnswer, found: FoundMeeting, name: OperationId
) -> str:
    """Tell, store and tidy up; gives the server id of the event, empty after a decline.

    Raises: StoreError, Conflict among them.
    """
    account = call.account
    who = own_attendee(found.event, own_addresses(account), account.name, account.display_name)
    proposed = None if each.reply is None else each.reply.proposed
    response = Response(answer=each.answer, instance=each.instance, proposed=proposed)
    new = answered(found.event, who, response, now=call.now, intended_busy=found.intended_busy)
    by_server = each.reply is not None and await _is_told_by_server(call, found, new)
    if each.reply is not None and not by_server:
        await tell_organizer(call, each.reply, found, who, response, name, by_server=False)
    place = await _store(call, found, new, name)
    if each.reply is not None and by_server:
        is_said = not await _was_missed(call, found, place, is_instance=each.instance is not None)
        await tell_organizer(call, each.reply, found, who, response, name, by_server=is_said)
    await _put_away(call, found)
    return "" if each.answer == DECLINE or place is None else str(place)


async def _is_told_by_server(call: Call, found: FoundMeeting, new: Event | None) -> bool:
    """Tell whether the server of the calendar that the answer changes tells the organiser."""
    if found.stored is not None:
        folder = found.stored.folder
    elif new is None:
        return False  # what was declined was in no calendar: nothing changes there
    else:
        calendar = (await call.mailbox.hierarchy()).standard(FolderKind.CALENDAR)
        if calendar is None:
            return False
        folder = calendar.id
    told: bool = await call.mailbox.schedules(folder)
    return told


async def _was_missed(
    call: Call, found: FoundMeeting, place: ServerId | None, *, is_instance: bool
) -> bool:
    """Tell whether the calendar's server noted that it could not tell the organiser.

    Of an entry that went, what it noted last counts.
    """
    if place is None:
        return missed_organizer(found.source, is_instance=is_instance)
    now = (await call.mailbox.objects(place.folder, [place.item], source=True)).get(place.item)
    return now is not None and missed_organizer(now.source, is_instance=is_instance)


async def _store(
    call: Call, found: FoundMeeting, new: Event | None, name: OperationId
) -> ServerId | None:
    """Raises: StoreError, Conflict where the event changed since it was read."""
    stored = found.stored
    if new is None:
        if stored is not None:
            await _remove(call, stored.folder, stored.item)
        return None
    source = await call.services.offload(lambda: write_event(found.source, new, now=call.now))
    if stored is not None:
        await call.mailbox.replace_object(
            stored.folder, stored.item, source, expected=stored.version
        )
        return ServerId(stored.folder, stored.item)
    calendar = (await call.mailbox.hierarchy()).standard(FolderKind.CALENDAR)
    if calendar is None:
        raise NotFound("a calendar")
    head = await call.mailbox.add_object(calendar.id, source, operation=name)
    return ServerId(calendar.id, head.item)


async def _remove(call: Call, folder: FolderId, item: ItemId) -> None:
    try:
        await call.mailbox.delete(folder, [item])
    except NotFound:
        return  # its folder is gone, and it with it


async def _put_away(call: Call, found: FoundMeeting) -> None:
    """Move the answered request to the trash, where it is found again by a repeat."""
    mail = found.mail
    trash = (await call.mailbox.hierarchy()).standard(FolderKind.TRASH)
    if mail is None or trash is None or mail.folder == trash.id:
        return
    try:
        await call.mailbox.move(mail.folder, [mail.item], trash.id)
    except NotFound:
        return  # its folder is gone, and it with it
