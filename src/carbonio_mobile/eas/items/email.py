"""A message as the properties of the Email class, for each version.

What goes out: all of an item, the changed blocks of it, a stand-in for one that cannot be read, and
the few properties of a Find. Which version has which property stands in ``emailproperties``; what
comes in, in ``emailchange`` and ``draft``.

Spec: MS-ASEMAIL 2.2.2, 3.2.5.4; MS-ASAIRS 2.2.2.7 (Attachment); MS-ASCMD 2.2.3.139.1 (Find).
"""

from functools import cache

from carbonio_mobile.eas.bodies import BodyOptions, body_elements
from carbonio_mobile.eas.items.draft import DraftBody, DraftContent, parse_draft
from carbonio_mobile.eas.items.emailchange import parse_change
from carbonio_mobile.eas.items.emailproperties import is_draft, of_version
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.mime.addresses import display_names, parse_address_text
from carbonio_mobile.mime.mailitem import MailItem
from carbonio_mobile.mime.record import CONTENT_CLASS, MESSAGE_CLASS
from carbonio_mobile.sync.changes import ALL_ASPECTS, NO_ASPECT, Aspect
from carbonio_mobile.wbxml.codepages import AirSyncBase, Email, Email2, Find
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

__all__ = [
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

_BLOCKS = Aspect.READ | Aspect.FOLLOW_UP | Aspect.CATEGORIES
"""What changes without the rest of a message being sent again (MS-ASEMAIL R75, R76)."""
_FIND_PREVIEW_CHARS = 255


def needs_bodies(aspects: Aspect, version: Version) -> bool:
    """Tell whether :func:`application_data` will send the whole item, bodies included.

    A verb is no block of its own: beside Read, Flag and Categories any change of a property sends
    the full item (MS-ASEMAIL R94), and up to 12.1 devices know no verb at all.
    """
    return bool(aspects & visible_aspects(version) & ~_BLOCKS)


@cache
def visible_aspects(version: Version) -> Aspect:
    """Give the aspects of which a device of that version is shown anything at all."""
    shown = NO_ASPECT
    for one in of_version(version):
        shown |= one.aspect
    return shown


def application_data(
    item: MailItem,
    options: BodyOptions,
    version: Version,
    aspects: Aspect = ALL_ASPECTS,
) -> list[Element]:
    """Give the children of ApplicationData, or of Properties in a Fetch or a Search.

    With some aspects only, these are the blocks that changed (MS-ASEMAIL R75, R76); the list is
    empty where this version shows nothing of them, and then no Change may be sent (R78).
    """
    if not needs_bodies(aspects, version):
        return [
            element
            for one in of_version(version)
            if one.aspect & aspects
            if (element := one.give(item, version)) is not None
        ]
    elements = [
        element for one in of_version(version) if (element := one.give(item, version)) is not None
    ]
    elements += body_elements(item, options, version)
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
    size = str(len(note.encode("utf-8", "replace")))
    body = [
        Element(AirSyncBase.Type, "1"),
        Element(AirSyncBase.EstimatedDataSize, size),
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
        Element(Email2.ConversationId, conversation_id) if conversation_id else None,
        Element(AirSyncBase.Body, body),
        Element(AirSyncBase.NativeBodyType, "1"),
        Element(Email.Body, note) if note else None,
        Element(Email.BodySize, size),
        Element(Email.BodyTruncated, "0"),
    ]
    return [one for one in elements if one is not None and knows(version, one.tag)]


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
        is_draft(item) if version >= Version.V16_0 else None,
        Element(Find.Preview, record.preview[:_FIND_PREVIEW_CHARS]) if record.preview else None,
        Element(Find.HasAttachments, "1" if _has_files(item) else "0"),
        Element(Email.From, record.from_) if record.from_ else None,
    ]
    return [element for element in elements if element is not None]


def _names(tag: Tag, addresses: str) -> Element | None:
    names = display_names(parse_address_text(addresses)) if addresses else ""
    return Element(tag, names) if names else None


def _has_files(item: MailItem) -> bool:
    return any(not one.inline for one in item.record.attachments)
