"""The item classes that this server converts, and how the objects among them are converted.

Spec: MS-ASCMD 2.2.3.27 (Class).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items import calendar, contact, note, standins, task
from carbonio_mobile.eas.items.context import Author, Ghosts, Viewer
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.item import ObjectItem, Record
from carbonio_mobile.wbxml.elements import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectClass:
    """How objects of one class become elements and back; see the functions of each module.

    ``added`` and ``changed`` raise ItemFault.
    """

    name: str
    shown: Callable[[ObjectItem, BodyOptions, Version, Viewer], list[Element]]
    added: Callable[[Element, Author], Record]
    changed: Callable[[Any, Element, Author, Ghosts], Record]
    stand_in: Callable[[Record | None, float, Version], list[Element]]


OBJECT_CLASSES: Mapping[str, ObjectClass] = {
    "Contacts": ObjectClass(
        name="Contacts",
        shown=contact.application_data,
        added=contact.added,
        changed=contact.changed,
        stand_in=standins.contact,
    ),
    "Calendar": ObjectClass(
        name="Calendar",
        shown=calendar.application_data,
        added=calendar.added,
        changed=calendar.changed,
        stand_in=standins.event,
    ),
    "Tasks": ObjectClass(
        name="Tasks",
        shown=task.application_data,
        added=task.added,
        changed=task.changed,
        stand_in=standins.task,
    ),
    "Notes": ObjectClass(
        name="Notes",
        shown=note.application_data,
        added=note.added,
        changed=note.changed,
        stand_in=standins.note,
    ),
}


def _recipient(
    item: ObjectItem, _options: BodyOptions, version: Version, _viewer: Viewer
) -> list[Element]:
    return contact.recipient_properties(item, version)


RECIPIENTS = replace(OBJECT_CLASSES["Contacts"], shown=_recipient)
"""The entries of the recipient information cache: contacts of which little is shown."""

CLASSES: frozenset[str] = frozenset({"Email", *OBJECT_CLASSES})
"""Folders of other classes are not shown to devices: what is put into them could not be kept."""
