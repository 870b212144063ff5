"""A draft as a device of 16.0 or later writes it.

Phones write drafts in two ways: as properties with a plain or HTML body, or as a whole message in
MIME; some mix the two. Both are read here; making a message of them is not this module's.

Spec: MS-ASEMAIL 3.1.5.4 (R1489, R14890), MS-ASAIRS 2.2.2.2 (Add), 2.2.2.21 (Delete).
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass, field

from carbonio_mobile.eas.bodyoptions import BodyType
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.items.emailchange import parse_categories, parse_read
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.followup import parse_flag
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.mailitem import ClearFollowUp, FollowUp
from carbonio_mobile.wbxml.codepages import AirSyncBase, Email, Email2
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_HEADER_CHARS = 32_768
MAX_ATTACHMENTS = 500
MAX_NAME_CHARS = 255
MAX_CLIENT_ID_CHARS = 64
_WHOLE_FILE, _EMBEDDED_MESSAGE = 1, 5

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
class DraftAttachment:
    """A file that joins a draft; ``client_id`` is echoed beside its file reference (R1082).

    ``method`` is 1 for a file, 5 for a message (MS-ASAIRS R1395).
    """

    client_id: str
    name: str
    content: bytes = field(repr=False)
    content_type: str = ""
    content_id: str = ""
    content_location: str = ""
    inline: bool = False
    method: int = _WHOLE_FILE


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
    added: tuple[DraftAttachment, ...] = ()
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
    attachments = data.find(AirSyncBase.Attachments)
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
        added=() if attachments is None else _added(attachments),
        removed=() if attachments is None else _removed(attachments),
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


def _added(attachments: Element) -> tuple[DraftAttachment, ...]:
    if len(attachments.children) > MAX_ATTACHMENTS:
        raise ItemFault("too many attachments at once")
    return tuple(_attachment(one) for one in attachments if _is_add(one))


def _removed(attachments: Element) -> tuple[FileReference, ...]:
    references = []
    for one in attachments.find_all(AirSyncBase.Delete):
        try:
            references.append(FileReference.parse(one.value(AirSyncBase.FileReference, "")))
        except ValueError as exc:
            raise ItemFault("an attachment to delete that is none of ours") from exc
    return tuple(references)


def _is_add(element: Element) -> bool:
    """Raises: ItemFault for Attachment, which only answers hold (MS-ASAIRS R88)."""
    if element.tag not in (AirSyncBase.Add, AirSyncBase.Delete):
        raise ItemFault(f"{element.tag} among attachments")
    return element.tag is AirSyncBase.Add


def _attachment(element: Element) -> DraftAttachment:
    client_id = element.value(AirSyncBase.ClientId, "").strip()
    if not client_id or len(client_id) > MAX_CLIENT_ID_CHARS:
        raise ItemFault("an attachment without a usable ClientId")
    method = element.value(AirSyncBase.Method, "").strip() or str(_WHOLE_FILE)
    if method not in (str(_WHOLE_FILE), str(_EMBEDDED_MESSAGE)):
        raise ItemFault("an attachment of an unknown method")
    return DraftAttachment(
        client_id=client_id,
        name=element.value(AirSyncBase.DisplayName, "").strip()[:MAX_NAME_CHARS],
        content=_content(element),
        content_type=element.value(AirSyncBase.ContentType, "").strip()[:MAX_NAME_CHARS],
        content_id=element.value(AirSyncBase.ContentId, "").strip()[:MAX_NAME_CHARS],
        content_location=element.value(AirSyncBase.ContentLocation, "").strip()[:MAX_NAME_CHARS],
        inline=_inline(element),
        method=int(method),
    )


def _content(element: Element) -> bytes:
    """Read the octets of a file: OPAQUE as they are (MS-ASDTYPE R98), a string as base64."""
    found = element.find(AirSyncBase.Content)
    if found is None:
        raise ItemFault("an attachment without content")
    if isinstance(found.text, bytes):
        return found.text
    try:
        return b64decode("".join(found.string.split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ItemFault("content of an attachment that is neither octets nor base64") from exc


def _inline(element: Element) -> bool:
    """Its presence says yes (MS-ASAIRS R1382); a few devices write the boolean of the answers."""
    text = element.value(AirSyncBase.IsInline)
    return text is not None and text.strip() != "0"
