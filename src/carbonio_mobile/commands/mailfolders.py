"""Which folders a search or a move of conversations looks into."""

from collections.abc import Iterable, Set

from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.items.classes import CLASSES
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy

_UNSENT = frozenset({FolderKind.DRAFTS, FolderKind.OUTBOX})


EMAIL = frozenset({"Email"})


def searched_folders(
    hierarchy: Hierarchy,
    named: Iterable[FolderId],
    *,
    deep: bool,
    classes: Set[str] = EMAIL,
) -> tuple[FolderId, ...]:
    """Give the folders of these classes among those named and, if ``deep``, below them.

    Not named means all. Without ``classes`` these are folders of any class that are named, and the
    mail folders where none is. Raises: NotFound for a folder that does not exist.
    """
    wanted = set(named)
    everything = not wanted
    if wanted - {folder.id for folder in hierarchy.folders}:
        raise NotFound("a folder to search in")
    searched = classes or (EMAIL if everything else _ALL)
    found = []
    for folder in hierarchy.folders:  # parents come before children
        if not everything and folder.id not in wanted:
            if not deep or folder.parent not in wanted:
                continue
            wanted.add(folder.id)
        if _searchable(folder) and foldertypes.class_name(folder.kind) in searched:
            found.append(folder.id)
    return tuple(found)


_ALL = frozenset(CLASSES)


def _searchable(folder: Folder) -> bool:
    """The recipient information cache is for Sync alone."""
    return folder.kind not in foldertypes.NO_CLASS | {FolderKind.RECIPIENT_CACHE}


def conversation_sources(hierarchy: Hierarchy, target: FolderId) -> frozenset[FolderId]:
    """Give the folders that a conversation moves out of when it moves to ``target``.

    Mail that was sent stays (MS-ASCON R130), and so does what was not sent yet: it is no part of
    the conversation before it goes out.
    """
    return frozenset(
        folder.id
        for folder in hierarchy.folders
        if folder.kind.holds_mail
        and folder.kind is not FolderKind.SENT
        and folder.kind not in _UNSENT
        and folder.id != target
    )


def takes_conversations(hierarchy: Hierarchy, target: FolderId) -> bool:
    """Tell whether conversations may be moved to a folder (MS-ASCMD R4173, MS-ASCON R175)."""
    folder = hierarchy.find(target)
    return folder is not None and folder.kind.holds_mail and folder.kind not in _UNSENT
