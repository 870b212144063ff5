"""A message as the properties of the Email class, for each version.

What goes out: all of an item, the changed blocks of it, a stand-in for one that cannot be read, and
the few properties of a Find. What comes in stands in ``emailchange`` and ``draft``.

Spec: MS-ASEMAIL 2.2.2, 3.2.5.4; MS-ASAIRS 2.2.2.7 (Attachment); MS-ASCMD 2.2.3.139.1 (Find).
"""

from carbonio_mobile.eas.bodies import BodyOptions, body_elements
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.items.draft import DraftAttachment, DraftBody, DraftContent, parse_draft
from carbonio_mobile.eas.items.emailchange import parse_change
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.followup import flag_element
from carbonio_mobile.eas.items.meeting import meeting_element, shows_meeting
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.addresses import display_names, parse_address_text
from carbonio_mobile.mime.mailitem import MailItem
from carbonio_mobile.mime.record import CONTENT_CLASS, MESSAGE_CLASS, Attachment
from carbonio_mobile.sync.changes import ALL_ASPECTS, Aspect
from carbonio_mobile.wbxml.codepages import AirSyncBase, Email, Email2, Find
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

__all__ = [
    "DraftAttachment",
    "DraftBody",
    "DraftContent",
    "ItemFault",
    "application_data",
    "degraded_data",
    "find_properties",
    "needs_bodies",
    "parse_change",
    "parse_draft",
    "visible_aspects",
]

MAX_CATEGORIES = 300
_FIND_PREVIEW_CHARS = 255


def needs_bodies(aspects: Aspect, version: Version) -> bool:
    """Tell whether :func:`application_data` will send the whole item, bodies included.

    A verb is no block of its own: beside Read, Flag and Categories any change of a property sends
    the full item (MS-ASEMAIL R94), and up to 12.1 devices know no verb at all.
    """
    whole = Aspect.CONTENT | Aspect.VERB if version >= Version.V14_0 else Aspect.CONTENT
    return bool(aspects & whole)


def visible_aspects(version: Version) -> Aspect:
    """Give the aspects of which a device of that version is shown anything at all."""
    if version >= Version.V14_0:
        return ALL_ASPECTS
    return Aspect.CONTENT | Aspect.READ | Aspect.FOLLOW_UP


def application_data(
    item: MailItem,
    options: BodyOptions,
    version: Version,
    aspects: Aspect = ALL_ASPECTS,
    *,
    part: int | None = None,
) -> list[Element]:
    """Give the children of ApplicationData, or of Properties in a Fetch or a Search.

    With some aspects only, these are the blocks that changed (MS-ASEMAIL R75, R76); the list is
    empty where this version shows nothing of them, and then no Change may be sent (R78). ``part``
    is as in ``bodies.body_elements``.
    """
    if not needs_bodies(aspects, version):
        return _changed_blocks(item, version, aspects)
    elements = _headers(item)
    if version >= Version.V14_0:
        elements += _since_14_0(item, new=aspects == ALL_ASPECTS)
    if version >= Version.V16_0:
        elements += _since_16_0(item)
    record = item.record
    meeting = record.meeting
    if meeting is not None and shows_meeting(meeting):
        elements.append(meeting_element(meeting, version, sent=record.sent_at or item.received))
    if record.attachments:
        elements.append(_attachments(item))
    elements += body_elements(item, options, version, part=part)
    return elements


def degraded_data(
    *,
    received: float,
    version: Version,
    subject: str = "",
    from_: str = "",
    read: bool = False,
    conversation_id: bytes = b"",
    note: str = "This message cannot be shown here. Please open it in another program.",
) -> list[Element]:
    """Give an item for a message that cannot be read: what is known of it, a note for a body."""
    size = len(note.encode("utf-8", "replace"))
    conversation = conversation_id and version >= Version.V14_0
    body = [
        Element(AirSyncBase.Type, "1"),
        Element(AirSyncBase.EstimatedDataSize, str(size)),
        Element(AirSyncBase.Data, note) if note else None,
    ]
    elements = [
        Element(Email.Subject, subject) if subject else None,
        Element(Email.From, from_) if from_ else None,
        Element(Email.DateReceived, format_datetime(received)),
        Element(Email.Importance, "1"),
        Element(Email.Read, "1" if read else "0"),
        Element(Email.MessageClass, MESSAGE_CLASS),
        Element(Email.InternetCPID, "65001"),
        Element(Email.Flag),
        Element(Email.ContentClass, CONTENT_CLASS),
        Element(Email2.ConversationId, conversation_id) if conversation else None,
        Element(AirSyncBase.Body, body),
        Element(AirSyncBase.NativeBodyType, "1"),
    ]
    return [element for element in elements if element is not None]


def find_properties(item: MailItem, version: Version) -> list[Element]:
    """Give the children of Properties in a result of Find (MS-ASCMD 2.2.3.139.1)."""
    record = item.record
    elements = [
        Element(Email.Subject, record.subject) if record.subject else None,
        Element(Email.DateReceived, format_datetime(item.received)),
        Element(Email.DisplayTo, record.display_to) if record.display_to else None,
        _names(Find.DisplayCc, record.cc),
        _names(Find.DisplayBcc, record.bcc) if item.draft else None,
        Element(Email.Importance, str(record.importance)),
        Element(Email.Read, "1" if item.state.read else "0"),
        _is_draft(item) if version >= Version.V16_0 else None,
        Element(Find.Preview, record.preview[:_FIND_PREVIEW_CHARS]) if record.preview else None,
        Element(Find.HasAttachments, "1" if _has_files(item) else "0"),
        Element(Email.From, record.from_) if record.from_ else None,
    ]
    return [element for element in elements if element is not None]


def _changed_blocks(item: MailItem, version: Version, aspects: Aspect) -> list[Element]:
    elements: list[Element] = []
    if aspects & Aspect.READ:
        elements.append(Element(Email.Read, "1" if item.state.read else "0"))
    if aspects & Aspect.FOLLOW_UP:
        elements.append(flag_element(item.state.follow_up))
    if aspects & Aspect.CATEGORIES and version >= Version.V14_0:
        elements.append(_categories(item.state.categories))
    return elements


def _headers(item: MailItem) -> list[Element]:
    """Give what every version has. This is the hot path of a first Sync."""
    record = item.record
    elements: list[Element] = []
    add = elements.append
    if record.to:
        add(Element(Email.To, record.to))
    if record.cc:
        add(Element(Email.Cc, record.cc))
    if record.from_:
        add(Element(Email.From, record.from_))
    if record.subject:
        add(Element(Email.Subject, record.subject))
    if record.reply_to:
        add(Element(Email.ReplyTo, record.reply_to))
    # iOS shows the time of the Sync where the date is missing, Android low where importance is.
    add(Element(Email.DateReceived, format_datetime(item.received)))
    if record.display_to:
        add(Element(Email.DisplayTo, record.display_to))
    if record.thread_topic:
        add(Element(Email.ThreadTopic, record.thread_topic))
    add(Element(Email.Importance, str(record.importance)))
    add(Element(Email.Read, "1" if item.state.read else "0"))
    add(Element(Email.MessageClass, record.message_class))
    add(Element(Email.InternetCPID, str(record.codepage)))
    add(flag_element(item.state.follow_up))
    add(Element(Email.ContentClass, record.content_class))
    return elements


def _since_14_0(item: MailItem, *, new: bool) -> list[Element]:
    record, state = item.record, item.state
    elements: list[Element] = []
    # In a Change the empty container takes categories off; in an Add there is nothing to take off.
    if state.categories or not new:
        elements.append(_categories(state.categories))
    if record.conversation_id:
        elements.append(Element(Email2.ConversationId, record.conversation_id))
    if record.conversation_index:
        elements.append(Element(Email2.ConversationIndex, record.conversation_index))
    if state.verb:
        elements.append(Element(Email2.LastVerbExecuted, str(state.verb)))
        elements.append(Element(Email2.LastVerbExecutionTime, format_datetime(state.verb_at)))
    if record.sender:
        elements.append(Element(Email2.Sender, record.sender))
    return elements


def _since_16_0(item: MailItem) -> list[Element]:
    elements = [_is_draft(item)]
    if item.draft and item.record.bcc:
        elements.append(Element(Email2.Bcc, item.record.bcc))
    return elements


def _is_draft(item: MailItem) -> Element:
    return Element(Email2.IsDraft, "1" if item.draft else "0")


def _categories(names: tuple[str, ...]) -> Element:
    kept = names[:MAX_CATEGORIES]
    return Element(Email.Categories, [Element(Email.Category, name) for name in kept])


def _attachments(item: MailItem) -> Element:
    folder, number = item.folder, item.item
    return Element(
        AirSyncBase.Attachments,
        [
            _attachment(one, FileReference(folder, number, one.part))
            for one in item.record.attachments
        ],
    )


def _attachment(one: Attachment, reference: FileReference) -> Element:
    located = one.content_location
    return Element(
        AirSyncBase.Attachment,
        [
            Element(AirSyncBase.DisplayName, one.name),
            Element(AirSyncBase.FileReference, str(reference)),
            Element(AirSyncBase.Method, str(one.method)),
            Element(AirSyncBase.EstimatedDataSize, str(one.size_bytes)),
            Element(AirSyncBase.ContentId, one.content_id) if one.content_id else None,
            Element(AirSyncBase.ContentLocation, located) if located else None,
            Element(AirSyncBase.IsInline, "1") if one.inline else None,
        ],
    )


def _names(tag: Tag, addresses: str) -> Element | None:
    names = display_names(parse_address_text(addresses)) if addresses else ""
    return Element(tag, names) if names else None


def _has_files(item: MailItem) -> bool:
    return any(not one.inline for one in item.record.attachments)
