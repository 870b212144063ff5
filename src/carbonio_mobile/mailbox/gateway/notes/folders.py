"""Which of an account's mailboxes are for notes, where these are kept in IMAP."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.ids import FolderId
from carbonio_mobile.mailbox.mirror.links import FolderLink, Protocol, RemoteFolder
from carbonio_mobile.sync.folders import FolderKind

COMPONENT: Final = "VJOURNAL"
"""What the mirror knows a mailbox of notes by, beside its name: as one of mail it is another."""

_KINDS: Final = frozenset((FolderKind.NOTES, FolderKind.USER_NOTES))


def with_notes(found: Iterable[RemoteFolder]) -> list[RemoteFolder]:
    """Mark the mailbox of notes and all below it; parents stand before children."""
    places: set[str | None] = set()
    marked = []
    for one in found:
        kind = one.kind
        if kind is FolderKind.MAIL and one.parent in places:
            kind = FolderKind.USER_NOTES
        if kind in _KINDS:
            places.add(one.place)
            one = replace(one, kind=kind, component=COMPONENT)
        marked.append(one)
    return marked


def parent_of(
    kind: FolderKind, parent: FolderId | None, links: Mapping[FolderId, FolderLink]
) -> FolderId | None:
    """Give the folder below which one of a kind can stand; ``parent`` is where it was to be.

    Folders of notes stand below the standard one, for there they are known as such, and nothing
    else does. Raises: NotAllowed.
    """
    above = None if parent is None else links.get(parent)
    is_below = above is not None and _is_of_notes(above)
    if kind not in _KINDS:
        if is_below:
            raise NotAllowed(f"a folder for {kind.value} below one for notes")
        return parent
    if parent is None:
        return _standard(links)
    if above is not None and not is_below:
        raise NotAllowed(f"a folder for notes below one for {above.kind.value}")
    return parent


def _standard(links: Mapping[FolderId, FolderLink]) -> FolderId:
    for one in links.values():
        if one.kind is FolderKind.NOTES and _is_of_notes(one):
            return one.id
    raise NotAllowed("there is no mailbox for notes")


def _is_of_notes(link: FolderLink) -> bool:
    return link.protocol is Protocol.IMAP and link.component == COMPONENT
