"""Files that a device of 16.0 or later adds to a draft or an event, and takes off.

Spec: MS-ASAIRS 2.2.2.2 (Add), 2.2.2.21 (Delete), 2.2.2.7 (Attachments in requests).
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass, field

from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.ids import FolderId, ItemId, PartId
from carbonio_mobile.wbxml.codepages import AirSyncBase
from carbonio_mobile.wbxml.elements import Element

MAX_ATTACHMENTS = 500
MAX_NAME_CHARS = 255
MAX_CLIENT_ID_CHARS = 64
WHOLE_FILE, EMBEDDED_MESSAGE = 1, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that joins an item; ``client_id`` is echoed beside its file reference (R1082).

    ``method`` is 1 for a file, 5 for a message (MS-ASAIRS R1395).
    """

    client_id: str
    name: str
    content: bytes = field(repr=False)
    content_type: str = ""
    content_id: str = ""
    content_location: str = ""
    inline: bool = False
    method: int = WHOLE_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What an item's Attachments say: files that come and files that go."""

    added: tuple[NewFile, ...] = ()
    removed: tuple[FileReference, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def parse_files(data: Element) -> Files:
    """Read the Attachments of an ApplicationData. Raises: ItemFault."""
    attachments = data.find(AirSyncBase.Attachments)
    if attachments is None:
        return Files()
    return Files(added=_added(attachments), removed=_removed(attachments))


def file_element(folder: FolderId, item: ItemId, one: NewFile, part: PartId) -> Element:
    """Tell under which reference a new file is known (MS-ASAIRS R1082)."""
    return Element(
        AirSyncBase.Attachment,
        [
            Element(AirSyncBase.ClientId, one.client_id),
            Element(AirSyncBase.FileReference, str(FileReference(folder, item, part))),
        ],
    )


def _added(attachments: Element) -> tuple[NewFile, ...]:
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


def _attachment(element: Element) -> NewFile:
    client_id = element.value(AirSyncBase.ClientId, "").strip()
    if not client_id or len(client_id) > MAX_CLIENT_ID_CHARS:
        raise ItemFault("an attachment without a usable ClientId")
    method = element.value(AirSyncBase.Method, "").strip() or str(WHOLE_FILE)
    if method not in (str(WHOLE_FILE), str(EMBEDDED_MESSAGE)):
        raise ItemFault("an attachment of an unknown method")
    return NewFile(
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
