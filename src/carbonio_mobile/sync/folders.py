"""What a folder and a folder hierarchy are.

Spec: MS-ASCMD 2.2.3.186 (Type) for the kinds; their numbers on the wire stand in
``eas/foldertypes.py``.
"""

from dataclasses import dataclass, field
from enum import Enum

from carbonio_mobile.ids import AccountId, ChangeToken, FolderId


class FolderKind(Enum):
    """What a folder holds and whether it is one of the standard folders of its mailbox."""

    INBOX = "inbox"
    DRAFTS = "drafts"
    TRASH = "trash"
    SENT = "sent"
    OUTBOX = "outbox"
    JUNK = "junk"
    MAIL = "mail"
    TASKS = "tasks"
    CALENDAR = "calendar"
    CONTACTS = "contacts"
    NOTES = "notes"
    JOURNAL = "journal"
    USER_TASKS = "user-tasks"
    USER_CALENDAR = "user-calendar"
    USER_CONTACTS = "user-contacts"
    USER_NOTES = "user-notes"
    USER_JOURNAL = "user-journal"
    RECIPIENT_CACHE = "recipient-cache"

    @property
    def holds_mail(self) -> bool:
        """True where the items are messages (RFC 5322)."""
        return self in _MAIL

    @property
    def standard(self) -> bool:
        """True for the folders that every mailbox has and that no device may rename or delete."""
        return self in _STANDARD


_MAIL = frozenset(
    {
        FolderKind.INBOX,
        FolderKind.DRAFTS,
        FolderKind.TRASH,
        FolderKind.SENT,
        FolderKind.OUTBOX,
        FolderKind.JUNK,
        FolderKind.MAIL,
    }
)
_STANDARD = frozenset(
    {
        FolderKind.INBOX,
        FolderKind.DRAFTS,
        FolderKind.TRASH,
        FolderKind.SENT,
        FolderKind.OUTBOX,
        FolderKind.JUNK,
        FolderKind.TASKS,
        FolderKind.CALENDAR,
        FolderKind.CONTACTS,
        FolderKind.NOTES,
        FolderKind.JOURNAL,
        FolderKind.RECIPIENT_CACHE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One folder. ``parent`` is None at the top level; ``name`` is 1 to 256 characters.

    ``owner`` is whose folder it is where that is another account, and ``read_only`` tells that this
    one may change nothing in it; a device is not told of either.
    """

    id: FolderId
    parent: FolderId | None
    name: str
    kind: FolderKind
    owner: AccountId | None = field(default=None, compare=False)
    read_only: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """All folders of a mailbox, parents before children, as they were at ``token``."""

    token: ChangeToken
    folders: tuple[Folder, ...]

    def find(self, folder: FolderId) -> Folder | None:
        """Give the folder of that id, or None."""
        return next((f for f in self.folders if f.id == folder), None)

    def standard(self, kind: FolderKind) -> Folder | None:
        """Give the first folder of a kind, or None where the mailbox has none."""
        return next((f for f in self.folders if f.kind is kind), None)
