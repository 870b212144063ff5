"""Which folders of a mailbox are address books, and what they are called.

Spec: ../shared/carbonio/admin-panel.md 6 (own ones are ``/Contacts``), cli.md 2.3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy

BOOK_KINDS = frozenset((FolderKind.CONTACTS, FolderKind.USER_CONTACTS))
"""The kinds that hold contacts; the recipient information cache is no book (nobody wrote it)."""


@dataclass(frozen=True, slots=True)
class BookFolder:
    """An address book; ``path`` is the names from the top down, as in ``/Contacts/Family``."""

    id: FolderId
    path: str


def book_folders(hierarchy: Hierarchy) -> tuple[BookFolder, ...]:
    """Give the address books of a mailbox, the standard one first, then by path.

    Those in the trash, and those of other accounts that are mounted, are left out.
    """
    folders = {one.id: one for one in hierarchy.folders}
    found = [
        (one.kind is not FolderKind.CONTACTS, path, one.id)
        for one in hierarchy.folders
        if one.kind in BOOK_KINDS and (path := _path(one, folders))
    ]
    return tuple(BookFolder(folder, path) for _, path, folder in sorted(found))


def _path(folder: Folder, folders: Mapping[FolderId, Folder]) -> str:
    """Give the path of a folder; empty where it is no own one that is still in use."""
    line = list(_upwards(folder, folders))
    if any(one.kind is FolderKind.TRASH or one.owner is not None for one in line):
        return ""
    return "".join(f"/{one.name}" for one in reversed(line))


def _upwards(folder: Folder, folders: Mapping[FolderId, Folder]) -> Iterator[Folder]:
    above: Folder | None = folder
    for _ in folders:
        if above is None:
            return
        yield above
        above = folders.get(above.parent) if above.parent is not None else None
