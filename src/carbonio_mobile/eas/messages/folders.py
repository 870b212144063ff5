"""FolderSync, FolderCreate, FolderDelete, FolderUpdate.

Spec: MS-ASCMD 2.2.1.2 to 2.2.1.5; commands.md section 3.
"""

from dataclasses import dataclass

from carbonio_mobile.eas.foldertypes import type_number
from carbonio_mobile.eas.messages.fields import folder_id, identity, integer, required
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.folders import Folder
from carbonio_mobile.sync.hierarchy import FolderChanges
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import FolderHierarchy

ROOT = "0"
NAME_LENGTH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSyncRequest:
    """What is new in the hierarchy since ``sync_key`` (``"0"``: all of it)?"""

    sync_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCreateRequest:
    """Make a folder; ``parent`` None is the top level, ``type`` its Type number as sent."""

    sync_key: str
    parent: FolderId | None
    name: str
    type: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDeleteRequest:
    """Delete a folder and what is in it."""

    sync_key: str
    folder: FolderId


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderUpdateRequest:
    """Give a folder this name and this parent (None: the top level)."""

    sync_key: str
    folder: FolderId
    parent: FolderId | None
    name: str


def parse_sync(root: Element) -> FolderSyncRequest:
    """Read a FolderSync. Raises: ProtocolError."""
    _check(root, FolderHierarchy.FolderSync)
    return FolderSyncRequest(sync_key=identity(root, FolderHierarchy.SyncKey))


def parse_create(root: Element) -> FolderCreateRequest:
    """Read a FolderCreate. Raises: ProtocolError."""
    _check(root, FolderHierarchy.FolderCreate)
    number = integer(root, FolderHierarchy.Type, high=255)
    if number is None:
        raise ProtocolError("FolderCreate without Type")
    return FolderCreateRequest(
        sync_key=identity(root, FolderHierarchy.SyncKey),
        parent=_parent(root),
        name=_name(root),
        type=number,
    )


def parse_delete(root: Element) -> FolderDeleteRequest:
    """Read a FolderDelete. Raises: ProtocolError."""
    _check(root, FolderHierarchy.FolderDelete)
    return FolderDeleteRequest(
        sync_key=identity(root, FolderHierarchy.SyncKey),
        folder=folder_id(root, FolderHierarchy.ServerId),
    )


def parse_update(root: Element) -> FolderUpdateRequest:
    """Read a FolderUpdate. Raises: ProtocolError, for a Status too (MS-ASCMD R3102)."""
    _check(root, FolderHierarchy.FolderUpdate)
    if root.has(FolderHierarchy.Status):
        raise ProtocolError("a Status in a request")
    return FolderUpdateRequest(
        sync_key=identity(root, FolderHierarchy.SyncKey),
        folder=folder_id(root, FolderHierarchy.ServerId),
        parent=_parent(root),
        name=_name(root),
    )


def build_sync(status: int, sync_key: str | None, changes: FolderChanges | None) -> Element:
    """Write the answer to FolderSync; no changes at all: Count 0 (MS-ASCMD R2120)."""
    listed = None
    if changes is not None:
        listed = Element(
            FolderHierarchy.Changes,
            [
                Element(FolderHierarchy.Count, str(changes.count)),
                *(_folder(FolderHierarchy.Update, folder) for folder in changes.updated),
                *(
                    Element(FolderHierarchy.Delete, [Element(FolderHierarchy.ServerId, folder)])
                    for folder in changes.deleted
                ),
                *(_folder(FolderHierarchy.Add, folder) for folder in changes.added),
            ],
        )
    return _answer(FolderHierarchy.FolderSync, status, sync_key, listed)


def build_create(status: int, sync_key: str | None = None, folder: str | None = None) -> Element:
    """Write the answer to FolderCreate."""
    made = None if folder is None else Element(FolderHierarchy.ServerId, folder)
    return _answer(FolderHierarchy.FolderCreate, status, sync_key, made)


def build_delete(status: int, sync_key: str | None = None) -> Element:
    """Write the answer to FolderDelete."""
    return _answer(FolderHierarchy.FolderDelete, status, sync_key)


def build_update(status: int, sync_key: str | None = None) -> Element:
    """Write the answer to FolderUpdate."""
    return _answer(FolderHierarchy.FolderUpdate, status, sync_key)


def _answer(tag: Tag, status: int, sync_key: str | None, more: Element | None = None) -> Element:
    key = None if sync_key is None else Element(FolderHierarchy.SyncKey, sync_key)
    return Element(tag, [Element(FolderHierarchy.Status, str(int(status))), key, more])


def _folder(tag: Tag, folder: Folder) -> Element:
    return Element(
        tag,
        [
            Element(FolderHierarchy.ServerId, folder.id),
            Element(FolderHierarchy.ParentId, folder.parent or ROOT),
            Element(FolderHierarchy.DisplayName, folder.name),
            Element(FolderHierarchy.Type, str(type_number(folder.kind))),
        ],
    )


def _check(root: Element, tag: Tag) -> None:
    if root.tag is not tag:
        raise ProtocolError(f"a document {root.tag.name}", expected=tag.name)


def _parent(root: Element) -> FolderId | None:
    parent = identity(root, FolderHierarchy.ParentId)
    return None if parent == ROOT else FolderId(parent)


def _name(root: Element) -> str:
    name = required(root, FolderHierarchy.DisplayName).strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise ProtocolError(
            "DisplayName of wrong length", expected=f"1 to {NAME_LENGTH} characters"
        )
    return name
