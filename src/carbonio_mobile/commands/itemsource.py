"""Where the items of a folder come from on their way to a device: read, and turned into elements.

There is one kind of source for messages and one for objects; what needs items does not know which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import ItemId
from carbonio_mobile.mime.mailitem import MailItem
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.sync.changes import ALL_ASPECTS, Aspect
from carbonio_mobile.sync.questions import Offer
from carbonio_mobile.wbxml import Element

HEADERS_BYTES = 1_500
"""About what an item takes beside its body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An item that its mailbox cannot read back."""

    reason: str


Item = MailItem | ObjectItem
Read = Item | Unreadable


class ItemSource(Protocol):
    """The items of one folder as one device wants them."""

    @property
    def step(self) -> int:
        """How many items are read and converted at a time: the reactor breathes in between."""
        ...

    async def read(self, offers: Sequence[Offer]) -> dict[ItemId, Read]:
        """Read what the offers need; what is gone is left out."""
        ...

    async def fetch(self, item: ItemId) -> Read | None:
        """Read one item with all that is shown of it; None where it is gone."""
        ...

    def shows(self, item: Item) -> bool:
        """Tell whether the device wants items of this one's class."""
        ...

    def class_of(self, item: Read) -> str:
        """Name an item's class where it differs from the folder's, else give nothing."""
        ...

    def content(
        self, item: Item, aspects: Aspect = ALL_ASPECTS, *, beyond: bool = False
    ) -> list[Element]:
        """Give the children of ApplicationData; empty where this device is shown no such aspect.

        ``beyond``: the item stands beyond the device's window, only its preview is told.
        """
        ...

    def stand_in(self, item: Item | None, received: float) -> list[Element]:
        """Give what can be told of an item that cannot be converted, or not even be read."""
        ...

    def size_of(self, item: Read | None) -> int:
        """Give about how much room an item takes in an answer, in octets."""
        ...


class ReadSome(Protocol):
    """Reads items of one folder. Raises: Corrupt where one of them cannot be read."""

    async def __call__(self, items: Sequence[ItemId], /) -> Mapping[ItemId, Item]: ...


async def read_each(read: ReadSome, items: Sequence[ItemId]) -> dict[ItemId, Read]:
    """Read items; where they cannot be read together, one by one, so that one spoils no other."""
    try:
        return dict(await read(items))
    except Corrupt as exc:
        if len(items) == 1:
            return {items[0]: Unreadable(reason=str(exc))}
    found: dict[ItemId, Read] = {}
    for item in items:
        found |= await read_each(read, [item])
    return found
