"""An object of a mailbox that is no message: a contact, event, task or note."""

from dataclasses import dataclass, field

from carbonio_mobile.ids import FolderId, ItemId, ItemVersion
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.task import Task
from carbonio_mobile.pim.text import Text

Record = Contact | Event | Task | Note
"""What an object says, in the terms of ActiveSync."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectItem:
    """An object read from a mailbox.

    ``source`` is the vCard or calendar as it is stored, empty where it was not asked for.
    ``received`` is its time in the folder's listing (see ``pim.objects.listed_at``).
    """

    item: ItemId
    folder: FolderId
    version: ItemVersion
    received: float
    record: Record
    source: bytes = field(default=b"", repr=False)


def body_of(record: Record) -> Text:
    """Give the body of an object; of a series that of its master."""
    return record.details.body if isinstance(record, Event) else record.body
