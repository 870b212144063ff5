"""The folders that every mailbox begins with, and what a folder may be called.

The numbers are those of Carbonio, so that an account keeps its server ids when it changes backends.

Spec: MS-ASCMD 2.2.3.186 (Type); MS-ASCMD 2.2.3.49 (DisplayName).
"""

import unicodedata

from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.folders import Folder, FolderKind

MAX_NAME_CHARS = 256
MAX_FOLDERS = 10_000
FIRST_OWN_FOLDER = 257
"""The lowest number of a folder that a user made."""


def _standard(number: int, name: str, kind: FolderKind) -> Folder:
    return Folder(id=FolderId(str(number)), parent=None, name=name, kind=kind)


STANDARD_FOLDERS = (
    _standard(2, "Inbox", FolderKind.INBOX),
    _standard(3, "Trash", FolderKind.TRASH),
    _standard(4, "Junk", FolderKind.JUNK),
    _standard(5, "Sent", FolderKind.SENT),
    _standard(6, "Drafts", FolderKind.DRAFTS),
    _standard(7, "Contacts", FolderKind.CONTACTS),
    _standard(10, "Calendar", FolderKind.CALENDAR),
    _standard(12, "Notes", FolderKind.NOTES),
    _standard(15, "Tasks", FolderKind.TASKS),
)


def clean_name(name: str) -> str:
    """Give a folder's name as it is kept, without white space around it.

    Raises: NotAllowed for nothing, more than 256 characters, a slash, a control character or half a
    surrogate pair.
    """
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise NotAllowed(f"a folder name of {len(name)} characters")
    if any(c == "/" or unicodedata.category(c) in ("Cc", "Cs") for c in name):
        raise NotAllowed("a folder name with a slash or control character")
    return name


def name_key(name: str) -> str:
    """Give the form in which two names of one parent must differ: case and composition folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def check_creatable(kind: FolderKind) -> None:
    """Refuse a kind that is not for users to create. Raises: NotAllowed."""
    if kind.standard:
        raise NotAllowed(f"a second {kind.value} folder")
