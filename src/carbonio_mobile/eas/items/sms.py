"""A text message as properties of the SMS class, and back.

Only a device adds text messages: it tells of those that it sent and received. They are kept as
mails (``mime.textmessages``).

Spec: MS-ASEMAIL 3.1.5.4 (R42); MS-ASCMD 2.2.3.27 (Class); MS-ASMS.
"""

from dataclasses import dataclass, field

from carbonio_mobile.eas.bodies import body_elements
from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.context import Author
from carbonio_mobile.eas.items.draft import MAX_HEADER_CHARS
from carbonio_mobile.eas.items.emailchange import parse_categories, parse_read
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.followup import flag_element, parse_flag
from carbonio_mobile.eas.items.values import moment, number, text
from carbonio_mobile.eas.textbody import parse_text
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.mailitem import FollowUp, MailItem, MailState
from carbonio_mobile.mime.record import MessageRecord
from carbonio_mobile.mime.textmessages import (
    TEXT_MESSAGE_CLASS,
    TextMessage,
    build,
    listed_people,
)
from carbonio_mobile.wbxml.codepages import Email
from carbonio_mobile.wbxml.elements import Element

CLASS = "SMS"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """What is to be stored for a text message; ``received`` is in seconds UTC."""

    source: bytes = field(repr=False)
    state: MailState
    received: float


def is_sms(record: MessageRecord) -> bool:
    """Tell whether a mail stands for a text message."""
    return record.message_class == TEXT_MESSAGE_CLASS


def added(data: Element, author: Author) -> NewMessage:
    """Read the ApplicationData of an Add with Class SMS.

    What the server alone knows of mails is not looked at. Without DateReceived it is from now.
    Raises: ItemFault (status 6) with neither From nor To, and for values that cannot be read.
    """
    sender, to = text(data, Email.From, MAX_HEADER_CHARS), text(data, Email.To, MAX_HEADER_CHARS)
    if not (sender or "").strip() and not (to or "").strip():
        raise ItemFault("a text message from nobody to nobody")
    body = parse_text(data, author.version)
    importance = number(data, Email.Importance, range(3))
    at = moment(data, Email.DateReceived)
    received = author.now if at is None else at
    source = build(
        TextMessage(
            sender=sender or "",
            to=to or "",
            text="" if body is None else body.plain,
            received=received,
            name=author.new_uid,
            importance=1 if importance is None else importance,
        )
    )
    return NewMessage(source=source, state=_state(data), received=received)


def application_data(item: MailItem, options: BodyOptions, version: Version) -> list[Element]:
    """Give the children of ApplicationData of a text message: of mails it has no more."""
    record = item.record
    sender, to = listed_people(record.from_), listed_people(record.to)
    elements = [
        Element(Email.To, to) if to else None,
        Element(Email.From, sender) if sender else None,
        Element(Email.DateReceived, format_datetime(item.received)),
        Element(Email.Importance, str(record.importance)),
        Element(Email.Read, str(int(item.state.read))),
        Element(Email.MessageClass, TEXT_MESSAGE_CLASS),
        flag_element(item.state.follow_up),
        Element(Email.ContentClass, record.content_class),
        *body_elements(item, options, version),
    ]
    return [one for one in elements if one is not None]


def _state(data: Element) -> MailState:
    read, flag, categories = (data.find(one) for one in (Email.Read, Email.Flag, Email.Categories))
    follow_up = None if flag is None else parse_flag(flag)
    return MailState(
        read=read is not None and parse_read(read),
        follow_up=follow_up if isinstance(follow_up, FollowUp) else None,
        categories=() if categories is None else parse_categories(categories),
    )
