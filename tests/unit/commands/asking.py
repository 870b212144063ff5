"""The documents that devices send, for tests."""

from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    FolderHierarchy,
    GetItemEstimate,
    Move,
    Ping,
)


def folder_sync(key: str | None) -> Element:
    """FolderSync."""
    return Element(FolderHierarchy.FolderSync, [_hierarchy_key(key)])


def folder_create(key: str | None, name: str, *, parent: str = "0", kind: str = "12") -> Element:
    """FolderCreate."""
    return Element(
        FolderHierarchy.FolderCreate,
        [
            _hierarchy_key(key),
            Element(FolderHierarchy.ParentId, parent),
            Element(FolderHierarchy.DisplayName, name),
            Element(FolderHierarchy.Type, kind),
        ],
    )


def folder_delete(key: str | None, folder: str) -> Element:
    """FolderDelete."""
    return Element(
        FolderHierarchy.FolderDelete,
        [_hierarchy_key(key), Element(FolderHierarchy.ServerId, folder)],
    )


def folder_update(key: str | None, folder: str, name: str, *, parent: str = "0") -> Element:
    """FolderUpdate."""
    return Element(
        FolderHierarchy.FolderUpdate,
        [
            _hierarchy_key(key),
            Element(FolderHierarchy.ServerId, folder),
            Element(FolderHierarchy.ParentId, parent),
            Element(FolderHierarchy.DisplayName, name),
        ],
    )


def _hierarchy_key(key: str | None) -> Element | None:
    return None if key is None else Element(FolderHierarchy.SyncKey, key)


def ping(seconds: int | None, *folders: str) -> Element:
    """Ping, with or without an interval and folders."""
    named = [
        Element(Ping.Folder, [Element(Ping.Id, folder), Element(Ping.Class, "Email")])
        for folder in folders
    ]
    return Element(
        Ping.Ping,
        [
            None if seconds is None else Element(Ping.HeartbeatInterval, str(seconds)),
            Element(Ping.Folders, named) if named else None,
        ],
    )


def estimate(key: str, folder: str, version: str, filter_type: int | None = None) -> Element:
    """GetItemEstimate of one collection, in the form of the version."""
    filtered = None if filter_type is None else Element(AirSync.FilterType, str(filter_type))
    options = None if filtered is None else Element(AirSync.Options, [filtered])
    old = version == "12.1"
    return Element(
        GetItemEstimate.GetItemEstimate,
        [
            Element(
                GetItemEstimate.Collections,
                [
                    Element(
                        GetItemEstimate.Collection,
                        [
                            Element(GetItemEstimate.Class, "Email") if old else None,
                            Element(GetItemEstimate.CollectionId, folder),
                            filtered if old else options,
                            Element(AirSync.SyncKey, key),
                        ],
                    )
                ],
            )
        ],
    )


def moves(*wanted: tuple[str, str, str]) -> Element:
    """MoveItems: (item, from, to) each."""
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
            for item, source, target in wanted
        ],
    )


def add(client_id: str, *content: Element | None, send: Element | None = None) -> Element:
    """An Add of a Sync."""
    data = Element(AirSync.ApplicationData, list(content)) if content else None
    return Element(AirSync.Add, [Element(AirSync.ClientId, client_id), send, data])


def fetch(name: str) -> Element:
    """A Fetch of a Sync."""
    return Element(AirSync.Fetch, [Element(AirSync.ServerId, name)])


def sync(*collections: Element, **rest: Element | None) -> Element:
    """Sync of these collections; ``rest`` stands after them, whatever it is called."""
    return Element(AirSync.Sync, [Element(AirSync.Collections, list(collections)), *rest.values()])
