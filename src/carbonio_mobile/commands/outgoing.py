"""Handing a message over for delivery, once, whatever is repeated.

The order: the entry of :mod:`.sentmemory` is made durable; the message is submitted under a name
that follows from the entry; the message that it answers is marked; the entry is marked done. Killed
anywhere between, the device's repeat takes up where it stopped.

Spec: MS-ASCMD 2.2.1.17; design.md section 4 (P1).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from carbonio_mobile.commands import recipients
from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.delegation import Delegation, delegation_of, prepared, save_for_owner
from carbonio_mobile.commands.meetingguard import news_in
from carbonio_mobile.commands.operations import digest, operation
from carbonio_mobile.commands.sentmemory import Entry, SentMemory
from carbonio_mobile.eas.messages import composemail
from carbonio_mobile.eas.messages.composemail import Request
from carbonio_mobile.eas.status import Common
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CommandStatus, OverQuota, ProtocolError, TooLarge
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mime.compose import Outgoing
from carbonio_mobile.mime.structure import top_fields

DOCUMENT = "sent"

_MARKS_OF_A_HEADER = ("from", "to", "cc", "bcc", "subject", "date", "content-type", "mime-version")

Compose = Callable[[], Awaitable[bytes]]
Finish = Callable[[Outgoing], Awaitable[None]]


def request_of(call: Call) -> Request:
    """Read the request in the form of its version.

    Raises: as ``composemail.parse`` and ``composemail.from_url``; CommandStatus 107 for what is no
    message.
    """
    if call.version >= Version.V14_0:
        if call.document is None:
            raise ProtocolError(f"{call.line.command} without a document")
        request = composemail.parse(call.document, call.version)
    else:
        request = composemail.from_url(call.line, call.body)
    if not request.forwards_meeting:
        _check_message(request.mime, call.services.bounds.message_bytes)
    return request


def _check_message(mime: bytes, limit: int) -> None:
    if len(mime) > limit:
        raise CommandStatus(Common.ATTACHMENT_IS_TOO_LARGE)
    fields = top_fields(mime)
    if not any(name in fields for name in _MARKS_OF_A_HEADER):
        raise CommandStatus(Common.INVALID_MIME)


async def send_once(call: Call, request: Request, compose: Compose, finish: Finish) -> None:
    """Send what ``compose`` gives, then ``finish``, unless this request was done before.

    Returns when the message is durable with the submission. Neither function is called for a
    request that was finished before. ``finish`` may be called again for one that was not.

    Raises: CommandStatus for a ClientId used for another message (118), for no or unusable
    recipients (119, 116), for a message that is too large (122) or does not fit into the mailbox
    (113), and whatever the two functions raise.
    """
    states, key = call.services.states, call.device.key
    memory = SentMemory.from_text((await states.load(key, [DOCUMENT])).get(DOCUMENT))
    fingerprint = _fingerprint(call, request)
    entry = memory.find(request.client_id, fingerprint, call.now)
    known = entry is not None
    if entry is None:
        entry = Entry(client_id=request.client_id, fingerprint=fingerprint, first_at=int(call.now))
        memory = memory.with_entry(entry)
    name = _name(call, entry)
    taken = entry.done or (known and await call.services.submission.was_taken(name))
    if taken and entry.fingerprint != fingerprint:
        raise CommandStatus(Common.MESSAGE_PREVIOUSLY_SENT)
    if entry.done:
        return
    documents: Mapping[str, str] = {}
    if taken:
        await _finish_late(call, request, compose, finish, name)
    else:
        message = await compose()
        delegation = await delegation_of(call, message)
        outgoing = await call.services.offload(lambda: _prepared(call, message, name, delegation))
        if not known:
            await states.commit(key, {DOCUMENT: memory.to_text()})
        news = await news_in(call, outgoing, _named(request))
        if news.recipients:
            news_out = replace(outgoing, recipients=news.recipients)
            saved = request.save_in_sent and (delegation is None or delegation.saved_for_sender)
            await _submit(call, news_out, name, saved=saved)
        await _save_for_owner(call, request, delegation, outgoing, name)
        await finish(outgoing)
        documents = news.documents
    await states.commit(key, {DOCUMENT: memory.finished(entry).to_text(), **documents})


async def _save_for_owner(
    call: Call,
    request: Request,
    delegation: Delegation | None,
    outgoing: Outgoing,
    name: OperationId,
) -> None:
    if delegation is not None and request.save_in_sent:
        await save_for_owner(call, delegation, outgoing, name)


async def _finish_late(
    call: Call, request: Request, compose: Compose, finish: Finish, name: OperationId
) -> None:
    """Do what was left to do when a message had gone out and its answer not.

    The message that it answers may have gone meanwhile; then there is nothing left to mark.
    """
    try:
        message = await compose()
        delegation = await delegation_of(call, message)
        outgoing = await call.services.offload(lambda: _prepared(call, message, name, delegation))
        await _save_for_owner(call, request, delegation, outgoing, name)
        await finish(outgoing)
    except CommandStatus:
        return


def _name(call: Call, entry: Entry) -> OperationId:
    """Name the effect of an entry.

    Under one ClientId a device may write the message anew for each attempt (another Date, another
    boundary): it is the same effect as long as none went out.
    """
    what = entry.client_id or entry.fingerprint
    return operation(call, "send", what, str(entry.first_at))


def _fingerprint(call: Call, request: Request) -> str:
    named = _named(request)
    forwarded = () if request.meeting is None else (repr(request.meeting), request.meeting.note)
    return digest(call.line.command, named, str(request.replace_mime), request.mime, *forwarded)


def _named(request: Request) -> str:
    """Name what a message answers or forwards."""
    source = request.source
    return "" if source is None else f"{source.server_id} {source.long_id} {source.instance}"


def _prepared(
    call: Call, message: bytes, name: OperationId, delegation: Delegation | None
) -> Outgoing:
    """Make a message ready, or refuse it."""
    outgoing = prepared(call, message, name, delegation)
    if outgoing.unusable:
        raise CommandStatus(Common.MESSAGE_RECIPIENT_UNRESOLVED)
    if not outgoing.recipients:
        raise CommandStatus(Common.MESSAGE_HAS_NO_RECIPIENT)
    if len(outgoing.sent_copy) > call.services.bounds.message_bytes:
        raise CommandStatus(Common.ATTACHMENT_IS_TOO_LARGE)
    return outgoing


async def _submit(call: Call, outgoing: Outgoing, name: OperationId, *, saved: bool) -> None:
    try:
        is_new = await call.services.submission.submit(
            call.account.id,
            outgoing.message,
            sender=outgoing.sender,
            recipients=outgoing.recipients,
            sent_copy=outgoing.sent_copy if saved else None,
            operation=name,
        )
    except OverQuota as exc:
        raise CommandStatus(Common.MAILBOX_QUOTA_EXCEEDED) from exc
    except TooLarge as exc:
        raise CommandStatus(Common.ATTACHMENT_IS_TOO_LARGE) from exc
    if is_new:
        await recipients.remember(call, outgoing.sent_copy, name)
