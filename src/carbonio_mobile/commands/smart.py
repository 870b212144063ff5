"""SmartReply and SmartForward: send an answer to a message that the server holds.

The device sends what the user wrote; the original is taken from the mailbox, so that it need not
travel to the device and back.

Spec: MS-ASCMD 2.2.1.19 (SmartForward), 2.2.1.20 (SmartReply), 2.2.3.147 (ReplaceMime).
"""

from collections.abc import Callable

from carbonio_mobile.commands import meetingforward
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.meetingfinding import FoundMeeting
from carbonio_mobile.commands.outgoing import request_of, send_once
from carbonio_mobile.commands.sources import find_source
from carbonio_mobile.eas.messages.composemail import Request
from carbonio_mobile.eas.status import Common
from carbonio_mobile.errors import CommandStatus, NotFound, ProtocolError
from carbonio_mobile.mime import compose as composition
from carbonio_mobile.mime.addresses import parse_address_text
from carbonio_mobile.mime.compose import Outgoing
from carbonio_mobile.mime.mailitem import MailItem, MailPatch

REPLIED, REPLIED_TO_ALL, FORWARDED = 1, 2, 3
"""Values of LastVerbExecuted (MS-ASEMAIL R516)."""

Join = Callable[[bytes, bytes], bytes]
Verb = Callable[[Call, MailItem, Outgoing], int]


async def respond_reply(call: Call) -> Answer:
    """Send a reply with the original quoted, and mark the original replied to.

    Raises: as ``outgoing``; CommandStatus 150 for an original that is gone, 146 for an occurrence
    of what does not recur.
    """
    return await _answered(call, composition.reply, _reply_verb)


async def respond_forward(call: Call) -> Answer:
    """Send a forward with the original and its attachments, and mark the original forwarded.

    Raises: as :func:`respond_reply`.
    """
    return await _answered(call, composition.forward, _forward_verb)


async def _answered(call: Call, join: Join, verb: Verb) -> Answer:
    request = request_of(call)
    if request.source is None:
        raise ProtocolError(f"{call.line.command} without a source")
    original: MailItem | None = None
    meeting: FoundMeeting | None = None

    async def compose() -> bytes:
        nonlocal original, meeting
        meeting = await meetingforward.named_meeting(call, request)
        if meeting is not None:
            found = meeting
            invited = await meetingforward.is_invited_by_server(call, request, found)
            return await call.services.offload(
                lambda: meetingforward.composed(call, request, found, invited=invited)
            )
        original = await find_source(call.mailbox, request.source, request.mime)
        return await call.services.offload(lambda: _composed(request, original, join))

    async def finish(outgoing: Outgoing) -> None:
        if meeting is not None:
            await meetingforward.finished(call, request, meeting)
        if original is not None:
            await _mark(call, original, verb(call, original, outgoing))

    await send_once(call, request, compose, finish)
    return Answer()


def _composed(request: Request, original: MailItem | None, join: Join) -> bytes:
    """Raises: CommandStatus 146, 150."""
    if original is None:
        if request.replace_mime:
            return request.mime  # it lacks nothing of the original but the references to it
        raise CommandStatus(Common.ITEM_NOT_FOUND)
    meeting = original.record.meeting
    instance = request.source.instance if request.source is not None else None
    recurs = meeting is not None and (meeting.recurrence or meeting.recurrence_id) is not None
    if instance is not None and not recurs:
        raise CommandStatus(Common.NO_RECURRENCE_IN_CALENDAR)
    if request.replace_mime:
        return composition.replace(request.mime, original.source)
    return join(request.mime, original.source)


async def _mark(call: Call, original: MailItem, verb: int) -> None:
    try:
        patch = MailPatch(verb=(verb, call.now))
        await call.mailbox.update(original.folder, {original.item: patch})
    except NotFound:
        return  # its folder went away: there is nothing left to mark


def _forward_verb(_call: Call, _original: MailItem, _outgoing: Outgoing) -> int:
    return FORWARDED


def _reply_verb(call: Call, original: MailItem, outgoing: Outgoing) -> int:
    """A reply went to all if it went to a recipient of the original other than the user."""
    record = original.record
    own = {address.lower() for address in (call.account.name, *call.account.addresses)}
    author = _addresses(record.reply_to, record.from_, record.sender)
    others = _addresses(record.to, record.cc) - own - author
    went_to = {address.lower() for address in outgoing.recipients}
    return REPLIED_TO_ALL if others & went_to else REPLIED


def _addresses(*lists: str) -> set[str]:
    return {one.address.lower() for text in lists for one in parse_address_text(text)}
