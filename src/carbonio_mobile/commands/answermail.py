"""The mail by which an organiser learns of an answer that a device of 16.x has the server send.

Spec: MS-ASCMD 2.2.1.11 (SendResponse), R6062, R7114, R7115; RFC 5546 3.2.3, 3.2.7; RFC 6638 3.2.2.
"""

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.meetingfinding import FoundMeeting, own_addresses
from carbonio_mobile.eas.messages.meetingresponse import Reply
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.compose import Body
from carbonio_mobile.mime.imip import imip_message, meeting_mail, meeting_subject
from carbonio_mobile.pim.event import Attendee
from carbonio_mobile.pim.itipanswer import ACCEPT, DECLINE, TENTATIVELY, Response, reply

_WORDS = {ACCEPT: "ACCEPTED", TENTATIVELY: "TENTATIVE", DECLINE: "DECLINED"}


async def tell_organizer(
    call: Call,
    said: Reply,
    found: FoundMeeting,
    who: Attendee,
    response: Response,
    name: OperationId,
    *,
    by_server: bool,
) -> None:
    """Send the organiser the answer, once for each ``name``.

    With ``by_server`` only what the calendar's server does not say: another time, or mere words,
    which go as a mail without a calendar. Raises: OverQuota, TooLarge, Unavailable.
    """
    account, event = call.account, found.event
    is_own = who.address.lower() in own_addresses(account)
    from_ = Mailbox(account.display_name, who.address if is_own else account.name)
    organizer = Mailbox(event.organizer_name, event.organizer_address)
    what = "COUNTER" if response.proposed is not None else _WORDS[response.answer]
    subject = meeting_subject(what, event.details.subject)
    body = Body.from_html(said.text) if said.html else Body(text=said.text)
    message_id = f"{name}@{account.domain}"

    def words() -> bytes:
        return meeting_mail(
            from_=from_,
            to=[organizer],
            subject=subject,
            body=body,
            message_id=message_id,
            date=call.now,
        )

    def answer() -> bytes:
        return imip_message(
            calendar=reply(event, who, response, now=call.now, comment=body.text),
            method="COUNTER" if response.proposed is not None else "REPLY",
            from_=from_,
            to=[organizer],
            subject=subject,
            body=body,
            message_id=message_id,
            date=call.now,
            answers="" if found.mail is None else found.mail.record.message_id,
        )

    is_said = by_server and response.proposed is None
    if is_said and not body.text.strip():
        return
    message = await call.services.offload(words if is_said else answer)
    await call.services.submission.submit(
        account.id,
        message,
        sender=from_.address,
        recipients=[organizer.address],
        sent_copy=message,
        operation=name,
    )
