"""The documents of the commands beside Sync, as a phone writes them and reads their answers.

Spec: MS-ASCMD 2.2.1.2 to 2.2.1.5, 2.2.1.10, 2.2.1.12, 2.2.1.16 to 2.2.1.20; Find 2.2.1.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from carbonio_mobile.client.classes import EMAIL, OBJECTS
from carbonio_mobile.client.faults import ServerFault
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.state import SyncOptions
from carbonio_mobile.client.synctrees import body_preference
from carbonio_mobile.eas.times import format_datetime, parse_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    ComposeMail,
    Find,
    FolderHierarchy,
    ItemOperations,
    Move,
    Search,
    Settings,
)

# Folders


def folder_document(
    tag: Tag, key: str, *, folder: str = "", parent: str = "", name: str = "", type_: int = 0
) -> Element:
    """Write FolderSync, FolderCreate, FolderUpdate or FolderDelete; what is empty is left out."""
    return Element(
        tag,
        [
            Element(FolderHierarchy.SyncKey, key),
            Element(FolderHierarchy.ServerId, folder) if folder else None,
            Element(FolderHierarchy.ParentId, parent) if parent else None,
            Element(FolderHierarchy.DisplayName, name) if name else None,
            Element(FolderHierarchy.Type, str(type_)) if type_ else None,
        ],
    )


# Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The message that is answered or forwarded: by folder and item, or by a search's long id."""

    folder: str = ""
    item: str = ""
    long_id: str = ""


def compose_document(
    tag: Tag,
    message: bytes,
    *,
    client_id: str,
    save_in_sent: bool = True,
    original: Original | None = None,
    replace_mime: bool = False,
) -> Element:
    """Write SendMail, SmartReply or SmartForward (14.0 and later)."""
    return Element(
        tag,
        [
            Element(ComposeMail.ClientId, client_id),
            None if original is None else _source(original),
            Element(ComposeMail.SaveInSentItems) if save_in_sent else None,
            Element(ComposeMail.ReplaceMime) if replace_mime else None,
            Element(ComposeMail.Mime, message),
        ],
    )


def _source(original: Original) -> Element:
    if original.long_id:
        return Element(ComposeMail.Source, [Element(ComposeMail.LongId, original.long_id)])
    return Element(
        ComposeMail.Source,
        [
            Element(ComposeMail.FolderId, original.folder),
            Element(ComposeMail.ItemId, original.item),
        ],
    )


# Items


def move_document(moves: Sequence[tuple[str, str, str]]) -> Element:
    """Write MoveItems of (item, from folder, to folder)."""
    return Element(
        Move.MoveItems,
        [
            Element(
                Move.Move,
                [
                    Element(Move.SrcMsgId, item),
                    Element(Move.SrcFldId, source),
                    Element(Move.DstFldId, target),
                ],
            )
            for item, source, target in moves
        ],
    )


def fetch_document(original: Original, options: SyncOptions, version: Version) -> Element:
    """Write the fetch of a message."""
    mime = options.body_type == 4
    return _operation(
        ItemOperations.Fetch,
        [
            Element(ItemOperations.Store, "Mailbox"),
            Element(AirSync.CollectionId, original.folder) if original.folder else None,
            Element(AirSync.ServerId, original.item) if original.item else None,
            Element(Search.LongId, original.long_id) if original.long_id else None,
            Element(
                ItemOperations.Options,
                [
                    Element(AirSync.MIMESupport, "2") if mime else None,
                    body_preference(options, version),
                ],
            ),
        ],
    )


def attachment_document(reference: str, byte_range: tuple[int, int] | None) -> Element:
    """Write the fetch of an attachment; ``byte_range`` both ends included."""
    options = None
    if byte_range is not None:
        text = f"{byte_range[0]}-{byte_range[1]}"
        options = Element(ItemOperations.Options, [Element(ItemOperations.Range, text)])
    return _operation(
        ItemOperations.Fetch,
        [
            Element(ItemOperations.Store, "Mailbox"),
            Element(AirSyncBase.FileReference, reference),
            options,
        ],
    )


def empty_document(folder: str, *, subfolders: bool) -> Element:
    """Write the emptying of a folder."""
    options = Element(ItemOperations.Options, [Element(ItemOperations.DeleteSubFolders)])
    return _operation(
        ItemOperations.EmptyFolderContents,
        [Element(AirSync.CollectionId, folder), options if subfolders else None],
    )


def _operation(tag: Tag, content: Sequence[Element | None]) -> Element:
    return Element(ItemOperations.ItemOperations, [Element(tag, content)])


# Searching


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One message found. ``long_id`` of Search, ``server_id`` of Find; the other is empty."""

    folder: str
    item: Item
    content: Element = field(repr=False)
    server_id: str = ""
    long_id: str = ""
    preview: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """Rows found; ``total`` counts all matches, where the server said so."""

    rows: tuple[Found, ...]
    total: int | None = None


def search_document(
    words: str,
    *,
    folder: str,
    rows: tuple[int, int],
    options: SyncOptions,
    version: Version,
    class_name: str = EMAIL,
) -> Element:
    """Write Search of the mailbox; an empty ``folder`` means all of it."""
    query = Element(
        Search.And,
        [
            Element(AirSync.Class, class_name),
            Element(AirSync.CollectionId, folder) if folder else None,
            Element(Search.FreeText, words),
        ],
    )
    wanted = [
        Element(Search.Range, f"{rows[0]}-{rows[1]}"),
        Element(Search.RebuildResults),
        Element(Search.DeepTraversal),
        body_preference(options, version),
    ]
    store = [
        Element(Search.Name, "Mailbox"),
        Element(Search.Query, [query]),
        Element(Search.Options, wanted),
    ]
    return Element(Search.Search, [Element(Search.Store, store)])


def read_search(store: Element) -> FoundPage:
    """Read the Store of an answer that has status 1. Raises: ServerFault."""
    rows = []
    for result in store.find_all(Search.Result):
        properties = result.find(Search.Properties)
        if properties is not None:  # an empty Result says that there is none
            long_id = result.value(Search.LongId, "")
            rows.append(
                Found(
                    folder=result.value(AirSync.CollectionId, ""),
                    item=item_of(long_id, properties, result.value(AirSync.Class, EMAIL)),
                    content=properties,
                    long_id=long_id,
                )
            )
    return FoundPage(rows=tuple(rows), total=_total(store.value(Search.Total)))


def find_document(words: str, *, search_id: str, folder: str, rows: tuple[int, int]) -> Element:
    """Write Find in the mailbox; an empty ``folder`` means all of it."""
    criterion = Element(
        Find.MailBoxSearchCriterion,
        [
            Element(
                Find.Query,
                [
                    Element(AirSync.Class, "Email"),
                    Element(AirSync.CollectionId, folder) if folder else None,
                    Element(Find.FreeText, words),
                ],
            ),
            Element(
                Find.Options,
                [Element(Find.Range, f"{rows[0]}-{rows[1]}"), Element(Find.DeepTraversal)],
            ),
        ],
    )
    return Element(
        Find.Find,
        [Element(Find.SearchId, search_id), Element(Find.ExecuteSearch, [criterion])],
    )


def read_find(response: Element) -> FoundPage:
    """Read the Response of an answer that has status 1. Raises: ServerFault."""
    rows = []
    for result in response.find_all(Find.Result):
        properties = result.find(Find.Properties)
        server_id = result.value(AirSync.ServerId, "")
        if properties is None or not server_id:
            raise ServerFault("a result of Find without id or properties")
        rows.append(
            Found(
                folder=result.value(AirSync.CollectionId, ""),
                item=item_of(server_id, properties),
                content=properties,
                server_id=server_id,
                preview=properties.value(Find.Preview, ""),
            )
        )
    return FoundPage(rows=tuple(rows), total=_total(response.value(Find.Total)))


def item_of(server_id: str, properties: Element, item_class: str = EMAIL) -> Item:
    """Read the properties of an item. Raises: ServerFault."""
    known = item_class if item_class in OBJECTS else EMAIL
    try:
        return Item.of(server_id, properties, keep_content=False, item_class=known)
    except ValueError as exc:
        raise ServerFault(f"unreadable properties of {server_id} ({exc})") from exc


def _total(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


# Out of office


OOF_OFF, OOF_ON, OOF_TIMED = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OofSettings:
    """Out of office. ``state`` 0 off, 1 on, 2 between ``start`` and ``end`` (seconds UTC).

    The texts are plain; ``external`` is for unknown senders and known ones alike, None: none.
    """

    state: int
    start: float | None = None
    end: float | None = None
    internal: str | None = None
    external: str | None = None


_AUDIENCES = (
    (Settings.AppliesToInternal, "internal"),
    (Settings.AppliesToExternalKnown, "external"),
    (Settings.AppliesToExternalUnknown, "external"),
)


def oof_get() -> Element:
    """Write the question for the settings."""
    form = Element(Settings.Get, [Element(Settings.BodyType, "Text")])
    return Element(Settings.Settings, [Element(Settings.Oof, [form])])


def oof_set(settings: OofSettings) -> Element:
    """Write a change of the settings; messages that are None stay as they are."""
    messages = [
        _oof_message(tag, text)
        for tag, name in _AUDIENCES
        if (text := getattr(settings, name)) is not None
    ]
    change = Element(
        Settings.Set,
        [
            Element(Settings.OofState, str(settings.state)),
            _time(Settings.StartTime, settings.start),
            _time(Settings.EndTime, settings.end),
            *messages,
        ],
    )
    return Element(Settings.Settings, [Element(Settings.Oof, [change])])


def read_oof(got: Element) -> OofSettings:
    """Read the Get of an answer. Raises: ServerFault."""
    texts: dict[str, str] = {}
    for message in got.find_all(Settings.OofMessage):
        for tag, name in _AUDIENCES:
            if message.has(tag) and message.value(Settings.Enabled) == "1":
                texts[name] = message.value(Settings.ReplyMessage, "").strip()
    try:
        return OofSettings(
            state=int(got.value(Settings.OofState, "")),
            start=_seconds(got.value(Settings.StartTime)),
            end=_seconds(got.value(Settings.EndTime)),
            internal=texts.get("internal"),
            external=texts.get("external"),
        )
    except ValueError as exc:
        raise ServerFault("unreadable out-of-office settings") from exc


def _oof_message(audience: Tag, text: str) -> Element:
    return Element(
        Settings.OofMessage,
        [
            Element(audience),
            Element(Settings.Enabled, "1" if text else "0"),
            Element(Settings.ReplyMessage, text) if text else None,
            Element(Settings.BodyType, "Text"),
        ],
    )


def _time(tag: Tag, seconds: float | None) -> Element | None:
    return None if seconds is None else Element(tag, format_datetime(seconds))


def _seconds(text: str | None) -> float | None:
    return None if not text else parse_datetime(text)
