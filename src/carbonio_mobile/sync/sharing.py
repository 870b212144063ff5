"""Folders that accounts share: who may do what with them, and how they look in the other's mailbox.

A *grant* gives an account rights on a folder of its owner, with all that lies below it, or on all
folders. A *mount* shows what was granted in the grantee's own tree. A mounted folder has an id of
its own there: ``s<number>`` for the mount, ``s<number>-<folder>`` for a folder below it.

Spec: ../shared/carbonio/cli.md 2.7, admin-panel.md 5.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy

FIRST_MOUNT = 1_000_001
"""The number of the first mount: far from those of a mailbox's own folders."""

_MOUNTED = re.compile(r"s([0-9]{1,12})(?:-([A-Za-z0-9_]{1,16}))?")


class Rights(Enum):
    """What a grantee may do; each includes those before it."""

    READ = "r"
    WRITE = "rw"
    SEND = "rws"

    @property
    def may_write(self) -> bool:
        """Whether items and subfolders may be added, changed and deleted."""
        return self is not Rights.READ

    @property
    def may_send(self) -> bool:
        """Whether mail may be sent on behalf of the owner."""
        return self is Rights.SEND


_RANK = {rights: rank for rank, rights in enumerate(Rights)}


class Sending(Enum):
    """How an account may send in another's name: as that one, or on its behalf (with a Sender)."""

    AS = "sendAs"
    BEHALF = "sendOnBehalfOf"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderGrant:
    """Rights of an account on a folder of another; ``folder`` None stands for all folders."""

    owner: AccountId
    folder: FolderId | None
    grantee: AccountId
    rights: Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A shared folder in the tree of an account; ``folder`` None is the owner's whole mailbox.

    Devices are shown it where it is ``synced``. ``number`` is what administrators call it by.
    """

    number: int
    account: AccountId
    owner: AccountId
    folder: FolderId | None
    name: str
    synced: bool = False

    @property
    def id(self) -> FolderId:
        """What devices call the mount."""
        return FolderId(f"s{self.number}")

    def id_of(self, folder: FolderId) -> FolderId:
        """Give what devices call a folder of the owner, below this mount or the mount itself."""
        return self.id if folder == self.folder else FolderId(f"{self.id}-{folder}")


def is_mounted(folder: FolderId) -> bool:
    """Tell whether an id is one of a mounted folder."""
    return _MOUNTED.fullmatch(folder) is not None


def parse_mounted(folder: FolderId) -> tuple[int, FolderId | None] | None:
    """Give the number of a mount and the owner's folder below it; None for what is not mounted."""
    found = _MOUNTED.fullmatch(folder)
    if found is None:
        return None
    return int(found[1]), FolderId(found[2]) if found[2] else None


_LEFT_OUT = frozenset(
    {
        FolderKind.OUTBOX,
        FolderKind.JOURNAL,
        FolderKind.USER_JOURNAL,
        FolderKind.RECIPIENT_CACHE,
    }
)

_SHOWN_AS: Mapping[FolderKind, FolderKind] = {
    FolderKind.CALENDAR: FolderKind.USER_CALENDAR,
    FolderKind.CONTACTS: FolderKind.USER_CONTACTS,
    FolderKind.TASKS: FolderKind.USER_TASKS,
    FolderKind.NOTES: FolderKind.USER_NOTES,
}


def shown_as(kind: FolderKind) -> FolderKind:
    """Give the kind that a folder has in another's tree, whose one Inbox is its own."""
    return FolderKind.MAIL if kind.holds_mail else _SHOWN_AS.get(kind, kind)


def rights_by_folder(
    owned: Hierarchy, granted: Mapping[FolderId | None, Rights]
) -> dict[FolderId, Rights]:
    """Give the rights on each folder of an owner that any are granted on.

    The best counts of what was granted on the folder, on one above it and on all.
    """
    found: dict[FolderId, Rights] = {}
    for folder in owned.folders:
        above = None if folder.parent is None else found.get(folder.parent)
        known = [granted.get(folder.id), above, granted.get(None)]
        best = [rights for rights in known if rights is not None]
        if best and folder.kind not in _LEFT_OUT:
            found[folder.id] = max(best, key=_RANK.__getitem__)
    return found


def mounted_tree(
    mount: Mount, owned: Hierarchy, rights: Mapping[FolderId, Rights]
) -> Iterator[tuple[Folder, FolderId | None]]:
    """Give the folders of a mount, parents first, each with the owner's folder that it shows.

    The root of a whole mailbox shows none and is empty. Nothing comes of a mount whose folder is
    gone or no longer granted.
    """
    if mount.folder is None:
        if not rights:
            return
        yield _root(mount), None
    inside: set[FolderId] = set()
    for folder in owned.folders:
        if folder.id not in rights:
            continue
        is_root = folder.id == mount.folder
        if not (is_root or mount.folder is None or folder.parent in inside):
            continue
        parent = mount.id_of(folder.parent) if folder.parent in inside and folder.parent else None
        inside.add(folder.id)
        shown = Folder(
            id=mount.id_of(folder.id),
            parent=None if is_root else parent or mount.id,
            name=mount.name if is_root else folder.name,
            kind=shown_as(folder.kind),
            owner=mount.owner,
            read_only=not rights[folder.id].may_write,
        )
        yield shown, folder.id


def _root(mount: Mount) -> Folder:
    return Folder(
        id=mount.id,
        parent=None,
        name=mount.name,
        kind=FolderKind.MAIL,
        owner=mount.owner,
        read_only=True,
    )
