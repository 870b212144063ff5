"""A draft as a device of 16.0 or later writes it.

Phones write drafts in two ways: as properties with a plain or HTML body, or as a whole message in
MIME; some mix the two. Both are read here; making a message of them is not this module's.

Spec: MS-ASEMAIL 3.1.5.4 (R1489, R14890).
"""

from dataclasses import dataclass, field

from carbonio_mobile.eas.bodyoptions import BodyType
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.items.emailchange import parse_categories, parse_read
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.files import NewFile, parse_files
from carbonio_mobile.eas.items.followup import parse_flag
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.mailitem import ClearFollowUp, FollowUp
from carbonio_mobile.wbxml.codepages import AirSyncBase, Email, Email2
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_HEADER_CHARS = 32_768

# Set by the server, yet sent back by devices that copy an item: not worth a failure.
_IGNORED: frozenset[Tag] = frozenset(
    {
        AirSyncBase.NativeBodyType,
        Email.ContentClass,
        Email.DateReceived,
        Email.DisplayTo,
        Email.InternetCPID,
        Email.MessageClass,
        Email.ThreadTopic,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBody:
    """The body of a draft: plain text or HTML in UTF-8, or a whole message (MIME)."""

    type: BodyType
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """What an Add or Change says of a draft; None is "as it was", an empty value takes it off.

    Lists of addresses are as typed, parted by commas or semicolons. Where the body is MIME, headers
    given beside it win over its own.
    """

    to: str | None = None
    cc: str | None = None
    bcc: str | None = None
    reply_to: str | None = None
    subject: str | None = None
    importance: int | None = None
    body: DraftBody | None = None
    added: tuple[NewFile, ...] = ()
    removed: tuple[FileReference, ...] = ()
    read: bool | None = None
    follow_up: FollowUp | ClearFollowUp | None = None
    categories: tuple[str, ...] | None = None


def parse_draft(data: Element, version: Version) -> DraftContent:
    """Read the ApplicationData of an Add or Change in the Drafts folder.

    Raises: ItemFault (status 6) below 16.0 (MS-ASCMD R755), for what only the server sets
    (MS-ASEMAIL R347, R723, R1276), and for values that cannot be read.
    """
    if version < Version.V16_0:
        raise ItemFault("drafts are written from 16.0 on only")
    for child in data:
        if child.tag not in _ALLOWED and child.tag not in _IGNORED:
            raise ItemFault(f"{child.tag} of a draft cannot be set")
    files = parse_files(data)
    flag = data.find(Email.Flag)
    read = data.find(Email.Read)
    categories = data.find(Email.Categories)
    return DraftContent(
        to=_text(data, Email.To),
        cc=_text(data, Email.Cc),
        bcc=_text(data, Email2.Bcc),
        reply_to=_text(data, Email.ReplyTo),
        subject=_text(data, Email.Subject),
        importance=_importance(data),
        body=_body(data.find(AirSyncBase.Body)),
        added=files.added,
        removed=files.removed,
        read=None if read is None else parse_read(read),
        follow_up=None if flag is None else parse_flag(flag),
        categories=None if categories is None else parse_categories(categories),
    )


_ALLOWED: frozenset[Tag] = frozenset(
    {
        AirSyncBase.Attachments,
        AirSyncBase.Body,
        Email.Categories,
        Email.Cc,
        Email.Flag,
        Email.From,
        Email.Importance,
        Email.Read,
        Email.ReplyTo,
        Email.Subject,
        Email.To,
        Email2.Bcc,
    }
)
"""From is let through and not looked at: a draft is always the account's own."""


def _text(data: Element, tag: Tag) -> str | None:
    text = data.value(tag)
    if text is not None and len(text) > MAX_HEADER_CHARS:
        raise ItemFault(f"{tag} is too long")
    return text


def _importance(data: Element) -> int | None:
    text = data.value(Email.Importance)
    if text is None or not text.strip():
        return None
    if text.strip() not in ("0", "1", "2"):
        raise ItemFault("Importance other than 0, 1, 2")
    return int(text)


def _body(element: Element | None) -> DraftBody | None:
    """Read a body; one without a type holds nothing and changes nothing."""
    if element is None or not element.children:
        return None
    kind = element.value(AirSyncBase.Type, "").strip()
    if kind not in ("1", "2", "4"):
        raise ItemFault("a body that is neither plain text, HTML nor MIME")
    found = element.find(AirSyncBase.Data)
    return DraftBody(type=BodyType(int(kind)), octets=b"" if found is None else found.octets)
