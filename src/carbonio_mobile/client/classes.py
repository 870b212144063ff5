"""What a phone knows of each class of items: its folders, its filters, what it lists as supported.

Spec: MS-ASCMD 2.2.3.27 (Class), 2.2.3.68.2 (FilterType), 2.2.3.179 (Supported), 2.2.3.186.3 (Type).
"""

from collections.abc import Mapping

from carbonio_mobile.eas.items import calendarin, contactfields
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.wbxml import Tag

EMAIL, CONTACTS, CALENDAR, TASKS, NOTES = "Email", "Contacts", "Calendar", "Tasks", "Notes"
OBJECTS = (CONTACTS, CALENDAR, TASKS, NOTES)

_OF_TYPE: Mapping[int, str] = {
    **dict.fromkeys((1, 2, 3, 4, 5, 6, 12), EMAIL),
    **dict.fromkeys((9, 14, 19), CONTACTS),
    **dict.fromkeys((8, 13), CALENDAR),
    **dict.fromkeys((7, 15), TASKS),
    **dict.fromkeys((10, 17), NOTES),
}
FOLDER_TYPES: Mapping[str, int] = {EMAIL: 12, CALENDAR: 13, CONTACTS: 14, TASKS: 15, NOTES: 17}
"""The Type of a folder that a user makes for a class."""

_FILTERS: Mapping[str, range | tuple[int, ...]] = {
    EMAIL: range(6),
    CALENDAR: (0, 4, 5, 6, 7),
    TASKS: (0, 8),
}
_SUPPORTED = {CONTACTS: contactfields.GHOSTABLE, CALENDAR: calendarin.GHOSTABLE}


def class_of(folder_type: int) -> str:
    """Give the class of what is in a folder of a Type, '' for one that no version syncs."""
    return _OF_TYPE.get(folder_type, "")


def exists(class_name: str, version: Version) -> bool:
    """Tell whether a class is there in a version: notes came with 14.0 (MS-ASCMD R6282)."""
    return class_name != NOTES or version >= Version.V14_0


def usable_filter(class_name: str, wanted: int) -> int | None:
    """Give the FilterType to ask for: 0 for one that the class lacks, None where it has none."""
    allowed = _FILTERS.get(class_name)
    if allowed is None:
        return None
    return wanted if wanted in allowed else 0


def supported(class_name: str, version: Version) -> tuple[Tag, ...]:
    """List the properties that this phone keeps, for the first Sync of a folder.

    It keeps all of them, so that what a Change of its own leaves out is meant to go.
    """
    tags = [tag for tag in _SUPPORTED.get(class_name, ()) if knows(version, tag)]
    return tuple(sorted(tags, key=lambda tag: (tag.page, tag.token)))
