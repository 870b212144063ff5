"""Which folders a search or a move of conversations looks into."""

from collections.abc import Iterable

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.folders import FolderKind, Hierarchy

_UNSENT = frozenset({FolderKind.DRAFTS, FolderKind.OUTBOX})


def mail_folders(
    hierarchy: Hierarchy, named: Iterable[FolderId], *, deep: bool
) -> tuple[FolderId, ...]:
    """Give the mail folders among those named and, if ``deep``, below them; not named means all.

    Raises: NotFound for a folder that does not exist.
    """
    wanted = set(named)
    everything = not wanted
    if wanted - {folder.id for folder in hierarchy.folders}:
        raise NotFound("a folder to search in")
    found = []
    for folder in hierarchy.folders:  # parents come before children
        if everything or folder.id in wanted:
            if folder.kind.holds_mail:
                found.append(folder.id)
        elif deep and folder.parent in wanted:
            wanted.add(folder.id)
            if folder.kind.holds_mail:
                found.append(folder.id)
    return tuple(found)


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
