"""The properties of the Email class: of which versions each is, and how a message gives it.

What differs between versions stands in :data:`PROPERTIES` and nowhere else.

Spec: MS-ASEMAIL 2.2.2, 3.2.5.4 (which change sends what); MS-ASAIRS 2.2.2.7 (Attachment); for 2.5
the native Attachments of the class.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.items.followup import flag_element
from carbonio_mobile.eas.items.meeting import meeting_element, shows_meeting
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.mailitem import MailItem
from carbonio_mobile.mime.record import Attachment
from carbonio_mobile.sync.changes import Aspect
from carbonio_mobile.wbxml.codepages import AirSyncBase, Email, Email2
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_CATEGORIES = 300

Give = Callable[[MailItem, Version], Element | None]


@dataclass(frozen=True, slots=True)
class Property:
    """One property: its element, None where the message has none of it.

    Shown in the versions from ``since`` to ``until``. A change of ``aspect`` shows it anew.
    """

    tag: Tag
    give: Give
    since: Version = Version.V2_5
    until: Version = Version.V16_1
    aspect: Aspect = Aspect.CONTENT


def _text(tag: Tag, field: str) -> Property:
    """A text of the record, left out where it is empty."""

    def give(item: MailItem, _version: Version) -> Element | None:
        text = getattr(item.record, field)
        return Element(tag, text) if text else None

    return Property(tag, give)


def _received(item: MailItem, _version: Version) -> Element:
    """Always there: iOS shows the time of the Sync where it is missing."""
    return Element(Email.DateReceived, format_datetime(item.received))


def _importance(item: MailItem, _version: Version) -> Element:
    """Always there: Android shows low where it is missing."""
    return Element(Email.Importance, str(item.record.importance))


def _read(item: MailItem, _version: Version) -> Element:
    return Element(Email.Read, "1" if item.state.read else "0")


def _codepage(item: MailItem, _version: Version) -> Element:
    return Element(Email.InternetCPID, str(item.record.codepage))


def _flag(item: MailItem, _version: Version) -> Element:
    return flag_element(item.state.follow_up, item.record.subject)


def _categories(item: MailItem, _version: Version) -> Element:
    names = item.state.categories[:MAX_CATEGORIES]
    return Element(Email.Categories, [Element(Email.Category, name) for name in names])


def _octets(tag: Tag, field: str) -> Property:
    """Octets of the record, left out where there are none."""

    def give(item: MailItem, _version: Version) -> Element | None:
        octets = getattr(item.record, field)
        return Element(tag, octets) if octets else None

    return Property(tag, give, since=Version.V14_0)


def _verb(item: MailItem, _version: Version) -> Element | None:
    return Element(Email2.LastVerbExecuted, str(item.state.verb)) if item.state.verb else None


def _verb_at(item: MailItem, _version: Version) -> Element | None:
    if not item.state.verb:
        return None
    return Element(Email2.LastVerbExecutionTime, format_datetime(item.state.verb_at))


def _sender(item: MailItem, _version: Version) -> Element | None:
    return Element(Email2.Sender, item.record.sender) if item.record.sender else None


def is_draft(item: MailItem, _version: Version = Version.V16_1) -> Element:
    """Say whether a message is a draft."""
    return Element(Email2.IsDraft, "1" if item.draft else "0")


def _bcc(item: MailItem, _version: Version) -> Element | None:
    """Of drafts only: of a message that was sent nobody learns it."""
    return Element(Email2.Bcc, item.record.bcc) if item.draft and item.record.bcc else None


def _meeting(item: MailItem, version: Version) -> Element | None:
    meeting = item.record.meeting
    if meeting is None or not shows_meeting(meeting, version):
        return None
    return meeting_element(meeting, version, sent=item.record.sent_at or item.received)


def _attachments(item: MailItem, _version: Version) -> Element | None:
    return _listed(item, AirSyncBase.Attachments, _attachment)


def _native_attachments(item: MailItem, _version: Version) -> Element | None:
    return _listed(item, Email.Attachments, _native_attachment)


def _listed(
    item: MailItem, tag: Tag, write: Callable[[Attachment, FileReference], Element]
) -> Element | None:
    if not item.record.attachments:
        return None
    folder, number = item.folder, item.item
    return Element(
        tag,
        [write(one, FileReference(folder, number, one.part)) for one in item.record.attachments],
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


def _native_attachment(one: Attachment, reference: FileReference) -> Element:
    """Write one for 2.5: AttName is what GetAttachment is asked for, AttOid the content id."""
    return Element(
        Email.Attachment,
        [
            Element(Email.AttName, str(reference)),
            Element(Email.AttSize, str(one.size_bytes)),
            Element(Email.AttMethod, str(one.method)),
            Element(Email.DisplayName, one.name),
            Element(Email.AttOid, one.content_id) if one.content_id else None,
        ],
    )


PROPERTIES: tuple[Property, ...] = (
    _text(Email.To, "to"),
    _text(Email.Cc, "cc"),
    _text(Email.From, "from_"),
    _text(Email.Subject, "subject"),
    _text(Email.ReplyTo, "reply_to"),
    Property(Email.DateReceived, _received),
    _text(Email.DisplayTo, "display_to"),
    _text(Email.ThreadTopic, "thread_topic"),
    Property(Email.Importance, _importance),
    Property(Email.Read, _read, aspect=Aspect.READ),
    _text(Email.MessageClass, "message_class"),
    Property(Email.InternetCPID, _codepage),
    Property(Email.Flag, _flag, since=Version.V12_0, aspect=Aspect.FOLLOW_UP),
    Property(
        Email.ContentClass,
        lambda item, _: Element(Email.ContentClass, item.record.content_class),
        since=Version.V12_0,
    ),
    Property(Email.Categories, _categories, since=Version.V14_0, aspect=Aspect.CATEGORIES),
    _octets(Email2.ConversationId, "conversation_id"),
    _octets(Email2.ConversationIndex, "conversation_index"),
    Property(Email2.LastVerbExecuted, _verb, since=Version.V14_0, aspect=Aspect.VERB),
    Property(Email2.LastVerbExecutionTime, _verb_at, since=Version.V14_0, aspect=Aspect.VERB),
    Property(Email2.Sender, _sender, since=Version.V14_0),
    Property(Email2.IsDraft, is_draft, since=Version.V16_0),
    Property(Email2.Bcc, _bcc, since=Version.V16_0),
    Property(Email.MeetingRequest, _meeting),
    Property(Email.Attachments, _native_attachments, until=Version.V2_5),
    Property(AirSyncBase.Attachments, _attachments, since=Version.V12_0),
)
"""All properties but the bodies, in the order in which they go out."""


@cache
def of_version(version: Version) -> tuple[Property, ...]:
    """Give the properties that a version knows."""
    return tuple(one for one in PROPERTIES if one.since <= version <= one.until)
