"""The folders that every mailbox begins with, and what a folder may be called.

The numbers are those of Carbonio, so that an account keeps its server ids when it changes backends.

Spec: MS-ASCMD 2.2.3.186 (Type); MS-ASCMD 2.2.3.49 (DisplayName).
"""

import unicodedata
from collections.abc import Mapping

from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.ids import FolderId
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.task import Task
from carbonio_mobile.sync.folders import Folder, FolderKind

MAX_NAME_CHARS = 256
MAX_FOLDERS = 10_000
RECIPIENT_CACHE = FolderId("RI")
"""What devices call the recipient information cache (MS-ASCMD R3274)."""

FIRST_OWN_FOLDER = 257
"""The lowest number of a folder that a user made."""


def _standard(number: int | FolderId, name: str, kind: FolderKind) -> Folder:
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
    _standard(RECIPIENT_CACHE, "Recipient information", FolderKind.RECIPIENT_CACHE),
    _standard(15, "Tasks", FolderKind.TASKS),
)


_FORMS: Mapping[FolderKind, type[Record]] = {
    FolderKind.CONTACTS: Contact,
    FolderKind.USER_CONTACTS: Contact,
    FolderKind.RECIPIENT_CACHE: Contact,
    FolderKind.CALENDAR: Event,
    FolderKind.USER_CALENDAR: Event,
    FolderKind.TASKS: Task,
    FolderKind.USER_TASKS: Task,
    FolderKind.NOTES: Note,
    FolderKind.USER_NOTES: Note,
}


def check_form(kind: FolderKind, form: type[Record]) -> None:
    """Refuse an object in a folder that is not for its form. Raises: NotAllowed."""
    if _FORMS.get(kind) is not form:
        raise NotAllowed(f"a {form.__name__.lower()} in a folder for {kind.value}")


def check_movable(kind: FolderKind, target: FolderKind) -> None:
    """Refuse a move to a folder for items of another form. Raises: NotAllowed."""
    if _FORMS.get(kind) is not _FORMS.get(target):
        raise NotAllowed(f"from a folder for {kind.value} to one for {target.value}")


def check_holds_mail(kind: FolderKind) -> None:
    """Refuse a message in a folder for objects. Raises: NotAllowed."""
    if kind in _FORMS:
        raise NotAllowed(f"a message in a folder for {kind.value}")


def check_holds_objects(kind: FolderKind) -> None:
    """Refuse to read objects in a folder of messages. Raises: NotAllowed."""
    if kind not in _FORMS:
        raise NotAllowed(f"objects in a folder for {kind.value}")


OBJECT_KINDS = tuple(_FORMS)
"""The kinds of folder that hold objects."""

CALENDARS = (FolderKind.CALENDAR, FolderKind.USER_CALENDAR)
"""The kinds of folder that hold events."""


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
