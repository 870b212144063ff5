"""The contacts, events, tasks or notes of a folder as a device wants them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carbonio_mobile.commands.authors import viewer
from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.itemsource import HEADERS_BYTES, Item, Read, read_each
from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.classes import ObjectClass
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.item import ObjectItem, body_of
from carbonio_mobile.sync.changes import ALL_ASPECTS, Aspect
from carbonio_mobile.sync.questions import Offer, OfferKind
from carbonio_mobile.wbxml import Element

SLICE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSource:
    """Objects of one class."""

    call: Call
    folder: FolderId
    item_class: ObjectClass
    options: BodyOptions

    @property
    def step(self) -> int:
        """See :class:`ItemSource`."""
        return SLICE

    async def read(self, offers: Sequence[Offer]) -> dict[ItemId, Read]:
        """See :class:`ItemSource`."""
        wanted = [o.item for o in offers if o.kind in (OfferKind.ADD, OfferKind.CHANGE)]
        return await read_each(self._read, wanted) if wanted else {}

    async def fetch(self, item: ItemId) -> Read | None:
        """See :class:`ItemSource`."""
        return (await read_each(self._read, [item])).get(item)

    async def _read(self, items: Sequence[ItemId]) -> Mapping[ItemId, Item]:
        found: Mapping[ItemId, Item] = await self.call.mailbox.objects(self.folder, items)
        return found

    def shows(self, item: Item) -> bool:  # noqa: ARG002 -- a folder holds objects of one class
        """See :class:`ItemSource`."""
        return True

    def class_of(self, item: Read) -> str:  # noqa: ARG002 -- as above
        """See :class:`ItemSource`."""
        return ""

    def content(
        self, item: Item, aspects: Aspect = ALL_ASPECTS, *, beyond: bool = False
    ) -> list[Element]:
        """See :class:`ItemSource`; of objects only the content is shown, and always all of it."""
        assert isinstance(item, ObjectItem)
        assert not beyond, "conversations are of messages"
        if not aspects & Aspect.CONTENT:
            return []
        call = self.call
        return self.item_class.shown(item, self.options, call.version, viewer(call))

    def stand_in(self, item: Item | None, received: float) -> list[Element]:
        """See :class:`ItemSource`."""
        record = item.record if isinstance(item, ObjectItem) else None
        return self.item_class.stand_in(record, received, self.call.version)

    def size_of(self, item: Read | None) -> int:
        """See :class:`ItemSource`."""
        if not isinstance(item, ObjectItem):
            return HEADERS_BYTES
        record = item.record
        body = body_of(record)
        size = HEADERS_BYTES + len(body.plain) + len(body.html)
        return size + (len(record.picture) if isinstance(record, Contact) else 0)
