"""The kinds of folders as numbers and class names, and what a device may see and make of them.

Spec: MS-ASCMD 2.2.3.186.3 (Type of FolderSync), 2.2.3.186.2 (of FolderCreate), 2.2.3.27 (Class).
"""

from collections.abc import Mapping

from carbonio_mobile.eas.version import Version
from carbonio_mobile.sync.folders import FolderKind

USER_GENERIC = 1
UNKNOWN = 18
RECIPIENT_CACHE = 19

_NUMBERS: Mapping[FolderKind, int] = {
    FolderKind.INBOX: 2,
    FolderKind.DRAFTS: 3,
    FolderKind.TRASH: 4,
    FolderKind.SENT: 5,
    FolderKind.OUTBOX: 6,
    FolderKind.TASKS: 7,
    FolderKind.CALENDAR: 8,
    FolderKind.CONTACTS: 9,
    FolderKind.NOTES: 10,
    FolderKind.JOURNAL: 11,
    # There is no number for Junk: every server shows it as a mail folder of the user.
    FolderKind.JUNK: 12,
    FolderKind.MAIL: 12,
    FolderKind.USER_CALENDAR: 13,
    FolderKind.USER_CONTACTS: 14,
    FolderKind.USER_TASKS: 15,
    FolderKind.USER_JOURNAL: 16,
    FolderKind.USER_NOTES: 17,
    FolderKind.RECIPIENT_CACHE: RECIPIENT_CACHE,
}
_KINDS: Mapping[int, FolderKind] = {
    number: kind
    for kind, number in _NUMBERS.items()
    if kind not in (FolderKind.JUNK, FolderKind.RECIPIENT_CACHE)
} | {USER_GENERIC: FolderKind.MAIL}

_LISTED_SINCE: Mapping[int, Version] = {
    10: Version.V14_0,
    17: Version.V14_0,
    UNKNOWN: Version.V14_0,
    RECIPIENT_CACHE: Version.V14_0,
}
_CREATABLE = frozenset({1, 12, 13, 14, 15, 16, 17})

_CLASSES: Mapping[FolderKind, str] = {
    FolderKind.TASKS: "Tasks",
    FolderKind.USER_TASKS: "Tasks",
    FolderKind.CALENDAR: "Calendar",
    FolderKind.USER_CALENDAR: "Calendar",
    FolderKind.CONTACTS: "Contacts",
    FolderKind.USER_CONTACTS: "Contacts",
    FolderKind.RECIPIENT_CACHE: "Contacts",
    FolderKind.NOTES: "Notes",
    FolderKind.USER_NOTES: "Notes",
}

NO_CLASS = frozenset({FolderKind.JOURNAL, FolderKind.USER_JOURNAL})
"""Folders that exist in the hierarchy and that no version can sync: there is no such class."""


def type_number(kind: FolderKind) -> int:
    """Give the Type of a folder (MS-ASCMD R4667 to R4685)."""
    return _NUMBERS[kind]


def kind_of(number: int) -> FolderKind:
    """Give the kind of a Type; 12 is a user's mail folder, never Junk.

    Raises: ValueError for a number without a kind (18, 19, anything outside 1 to 17).
    """
    try:
        return _KINDS[number]
    except KeyError:
        raise ValueError(f"no folder has the type {number}") from None


def creatable(number: int, version: Version = Version.V16_1) -> bool:
    """Tell whether FolderCreate may make a folder of that Type (MS-ASCMD R4654, R4655).

    None that a device of that version would not be shown.
    """
    return number in _CREATABLE and listed(number, version)


def class_name(kind: FolderKind) -> str:
    """Give the class of a folder's items: Email, Calendar, Contacts, Tasks or Notes.

    Raises: ValueError for a journal, which no class describes.
    """
    if kind.holds_mail:
        return "Email"
    try:
        return _CLASSES[kind]
    except KeyError:
        raise ValueError(f"no class holds {kind.value}") from None


def listed(number: int, version: Version) -> bool:
    """Tell whether FolderSync shows a folder of that Type to a device of that version.

    Drafts are shown to all, though below 16.0 nobody syncs them (MS-ASCMD R5916); notes (R6282),
    the unknown and the recipient cache only from 14.0 (R2037).
    """
    return 1 <= number <= RECIPIENT_CACHE and version >= _LISTED_SINCE.get(number, Version.V2_5)


def syncable(kind: FolderKind, version: Version) -> bool:
    """Tell whether a device of that version may sync such a folder (MS-ASCMD R5916, R6282)."""
    if kind is FolderKind.DRAFTS:
        return version >= Version.V16_0
    if kind in (FolderKind.NOTES, FolderKind.USER_NOTES, FolderKind.RECIPIENT_CACHE):
        return version >= Version.V14_0
    return kind not in NO_CLASS
