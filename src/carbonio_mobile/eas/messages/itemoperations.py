"""ItemOperations: fetches of items and files, emptying of folders, moves of conversations.

An operation that cannot be read is kept with the status that answers it; the others are still done.

Spec: MS-ASCMD 2.2.1.10 and 2.2.3.125.3 (Options); MS-ASCON 2.2.2.7 (Move); schema ItemOperations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.messages.fields import ID_LENGTH, folder_id
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.eas.status import Common, ItemOperationsStatus
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import FolderId
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    DocumentLibrary,
    ItemOperations,
    RightsManagement,
    Search,
)

OPERATIONS_MAX = 100
"""Operations of one request (MS-ASCMD R7489)."""
LONG_ID_LENGTH = 256
PASSWORD_CHARS = 256
"""MS-ASCMD R3653."""
USER_NAME_CHARS = 100

_MAILBOX, _LIBRARY = "mailbox", "documentlibrary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How a fetch names its object: the answer repeats all of it. One of the ids is set."""

    collection_id: str | None = None
    server_id: str | None = None
    long_id: str | None = None
    link_id: str | None = None
    file_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A fetch; ``schema`` None means all properties, ``fault`` why it cannot be done as written."""

    names: Names
    store: str = "Mailbox"
    range: Range | None = None
    schema: frozenset[Tag] | None = None
    body: BodyOptions = field(default_factory=BodyOptions)
    fault: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyFolder:
    """Delete what a folder holds, its subfolders too where ``subfolders`` says so."""

    folder: FolderId
    subfolders: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveConversation:
    """Move a conversation, now and (``always``) whenever mail comes to it."""

    conversation: bytes
    target: FolderId
    always: bool = False


Operation = Fetch | EmptyFolder | MoveConversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The octets of a file: ``holder`` is the Data or Part element that carries them.

    ``range`` and ``total_bytes`` are set only where a range was asked for, ``modified`` of a
    document only.
    """

    content_type: str
    holder: Element
    range: Range | None = None
    total_bytes: int | None = None
    modified: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one operation; ``properties`` or ``content`` for a fetch that succeeded."""

    operation: Operation
    status: int
    class_name: str | None = None
    properties: Sequence[Element] | None = None
    content: Content | None = None


def parse(root: Element, version: Version) -> list[Operation]:
    """Read the operations in their order.

    Raises: ProtocolError for a document that is not ItemOperations or an operation without its ids;
    CommandStatus 164 for a body part in another form than HTML.
    """
    if root.tag is not ItemOperations.ItemOperations:
        raise ProtocolError(f"a document {root.tag.name}", expected="ItemOperations")
    operations: list[Operation] = []
    for child in root:
        if child.tag is ItemOperations.Fetch:
            operations.append(_fetch(child, version))
        elif child.tag is ItemOperations.EmptyFolderContents:
            operations.append(_empty_folder(child))
        elif child.tag is ItemOperations.Move and version >= Version.V14_0:
            operations.append(_move(child))
        else:
            raise ProtocolError(f"{child.tag} in ItemOperations")
    return operations


def _fetch(element: Element, version: Version) -> Fetch:
    names = Names(
        collection_id=element.value(AirSync.CollectionId),
        server_id=element.value(AirSync.ServerId),
        long_id=element.value(Search.LongId),
        link_id=element.value(DocumentLibrary.LinkId),
        file_reference=element.value(AirSyncBase.FileReference),
    )
    store = element.value(ItemOperations.Store, "")
    options = element.find(ItemOperations.Options)
    fault = _fault(element, names, store, options)
    if fault is not None or options is None:
        return Fetch(names=names, store=store, fault=fault)
    return _with_options(names, store, options, version)


def _with_options(names: Names, store: str, options: Element, version: Version) -> Fetch:
    schemas = options.find_all(ItemOperations.Schema)
    text = options.value(ItemOperations.Range)
    try:
        wanted = None if text is None else Range.parse(text)
    except ValueError:
        return Fetch(names=names, store=store, fault=ItemOperationsStatus.INVALID_RANGE)
    try:
        body = BodyOptions.parse(options, version)
    except ProtocolError:
        return Fetch(names=names, store=store, fault=ItemOperationsStatus.PROTOCOL_ERROR)
    return Fetch(
        names=names,
        store=store,
        range=wanted,
        schema=frozenset(child.tag for one in schemas for child in one) if schemas else None,
        body=body,
    )


def _fault(element: Element, names: Names, store: str, options: Element | None) -> int | None:
    """Say why a fetch cannot be done as written, or None."""
    if sum(child.tag in _IDS for child in element) != 1 or not store:  # MS-ASCMD R765
        return ItemOperationsStatus.PROTOCOL_ERROR
    if store.replace(" ", "").lower() != (_MAILBOX if names.link_id is None else _LIBRARY):
        return ItemOperationsStatus.UNKNOWN_STORE
    if names.file_reference is not None and not names.file_reference:
        return ItemOperationsStatus.INVALID_ATTACHMENT  # MS-ASAIRS R214
    if not _short(names):
        return ItemOperationsStatus.NOT_FOUND
    if element.has(RightsManagement.RemoveRightsManagementProtection):
        return Common.IRM_FEATURE_DISABLED
    if options is not None and not _options_fit(names, options):
        return ItemOperationsStatus.PROTOCOL_ERROR
    return None


_IDS = frozenset(
    {AirSync.ServerId, Search.LongId, DocumentLibrary.LinkId, AirSyncBase.FileReference}
)


def _short(names: Names) -> bool:
    return (
        len(names.collection_id or "") <= ID_LENGTH
        and len(names.server_id or "") <= ID_LENGTH
        and len(names.long_id or "") <= LONG_ID_LENGTH
    )


_OF_ATTACHMENTS = frozenset({ItemOperations.Range})
_OF_DOCUMENTS = frozenset({ItemOperations.Range, ItemOperations.UserName, ItemOperations.Password})


def _options_fit(names: Names, options: Element) -> bool:
    """Ranges are for files, all else for items (MS-ASCMD R3547, R3556, R3573, R3878).

    Who asks for a document has logged in: the user and password of another server are not needed.
    """
    tags = {child.tag for child in options}
    if names.file_reference is not None:
        return tags <= _OF_ATTACHMENTS
    if names.link_id is None:
        return ItemOperations.Range not in tags
    return tags <= _OF_DOCUMENTS and all(
        len(options.value(tag, "")) <= most for tag, most in _CREDENTIALS
    )


_CREDENTIALS = (
    (ItemOperations.UserName, USER_NAME_CHARS),
    (ItemOperations.Password, PASSWORD_CHARS),
)


def _empty_folder(element: Element) -> EmptyFolder:
    options = element.find(ItemOperations.Options)
    return EmptyFolder(
        folder=folder_id(element, AirSync.CollectionId),
        subfolders=options is not None and options.has(ItemOperations.DeleteSubFolders),
    )


def _move(element: Element) -> MoveConversation:
    conversation = element.find(ItemOperations.ConversationId)
    options = element.find(ItemOperations.Options)
    if conversation is None or not conversation.octets:
        raise ProtocolError("Move without ConversationId")
    return MoveConversation(
        conversation=conversation.octets,
        target=folder_id(element, ItemOperations.DstFldId),
        always=options is not None and options.has(ItemOperations.MoveAlways),
    )


def build(status: int, answers: Sequence[Answer] = ()) -> Element:
    """Write the response: the schema wants moves before emptied folders before fetches."""
    kinds = (MoveConversation, EmptyFolder, Fetch)
    elements = [
        _answer(answer)
        for kind in kinds
        for answer in answers
        if isinstance(answer.operation, kind)
    ]
    return Element(
        ItemOperations.ItemOperations,
        [
            _number(ItemOperations.Status, status),
            Element(ItemOperations.Response, elements) if elements else None,
        ],
    )


def _answer(answer: Answer) -> Element:
    status = _number(ItemOperations.Status, answer.status)
    operation = answer.operation
    if isinstance(operation, MoveConversation):
        conversation = Element(ItemOperations.ConversationId, operation.conversation)
        return Element(ItemOperations.Move, [status, conversation])
    if isinstance(operation, EmptyFolder):
        folder = Element(AirSync.CollectionId, operation.folder)
        return Element(ItemOperations.EmptyFolderContents, [status, folder])
    names = operation.names
    return Element(
        ItemOperations.Fetch,
        [
            status,
            _text(AirSync.CollectionId, names.collection_id),
            _text(AirSync.ServerId, names.server_id),
            _text(Search.LongId, names.long_id),
            _text(AirSync.Class, answer.class_name),
            _text(DocumentLibrary.LinkId, names.link_id),
            _text(AirSyncBase.FileReference, names.file_reference),
            _properties(answer),
        ],
    )


def _properties(answer: Answer) -> Element | None:
    if answer.content is not None:
        return Element(ItemOperations.Properties, _content(answer.content))
    if answer.properties is None:
        return None
    return Element(ItemOperations.Properties, answer.properties)


def _content(content: Content) -> list[Element | None]:
    total, modified = content.total_bytes, content.modified
    return [
        None if content.range is None else Element(ItemOperations.Range, str(content.range)),
        None if total is None else _number(ItemOperations.Total, total),
        content.holder,
        None if modified is None else Element(ItemOperations.Version, format_datetime(modified)),
        Element(AirSyncBase.ContentType, content.content_type),
    ]


def _text(tag: Tag, text: str | None) -> Element | None:
    return Element(tag, text) if text else None


def _number(tag: Tag, value: int) -> Element:
    return Element(tag, str(int(value)))
