"""The messages of a folder as a device wants them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.itemsource import HEADERS_BYTES, Item, Read, read_each
from carbonio_mobile.commands.outdated import with_outdated
from carbonio_mobile.eas.bodies import further_wish, wish
from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items import sms
from carbonio_mobile.eas.items.email import application_data, degraded_data, needs_bodies
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.sync.changes import ALL_ASPECTS, Aspect
from carbonio_mobile.sync.questions import Offer, OfferKind
from carbonio_mobile.wbxml import Element

SLICE = 25
SMALL_SLICE = 2
SMALL_BODY_BYTES = 131_072
"""Where bodies may be larger than this, only a small slice of items is in memory at a time."""

NO_BODIES = BodyWish(text_bytes=0, html_bytes=0, source_bytes=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSource:
    """Messages; ``sms`` are the options for text messages, None where the device wants none."""

    call: Call
    folder: FolderId
    options: BodyOptions
    sms: BodyOptions | None = None

    @property
    def _previews(self) -> BodyOptions:
        """What is told of bodies beyond the window: their previews (MS-ASCMD R2108)."""
        return self.options.within(0)

    @property
    def step(self) -> int:
        """See :class:`ItemSource`."""
        wanted = wish(self.options)
        sizes = (wanted.text_bytes, wanted.html_bytes, wanted.source_bytes)
        small = all(size is not None and size <= SMALL_BODY_BYTES for size in sizes)
        return SLICE if small else SMALL_SLICE

    async def read(self, offers: Sequence[Offer]) -> dict[ItemId, Read]:
        """See :class:`ItemSource`: some with bodies, some only for the blocks that changed."""
        version = self.call.version
        told = [o for o in offers if o.kind in (OfferKind.ADD, OfferKind.CHANGE)]
        whole = [o for o in told if o.kind is OfferKind.ADD or needs_bodies(o.aspects, version)]
        items: dict[ItemId, Read] = {}
        for options, chosen in (
            (self.options, [o.item for o in whole if not o.beyond]),
            (self._previews, [o.item for o in whole if o.beyond]),
        ):
            if chosen:
                items |= await self._whole(chosen, options)
        blocks = [o.item for o in told if o.item not in items]
        if blocks:
            items |= await self._each(blocks, NO_BODIES)
        return items

    async def fetch(self, item: ItemId) -> Read | None:
        """See :class:`ItemSource`."""
        return (await self._whole([item], self.options)).get(item)

    async def _whole(self, items: Sequence[ItemId], options: BodyOptions) -> dict[ItemId, Read]:
        """Read messages with the bodies that these options want."""
        found = await self._each(items, wish(options))
        lacking = [
            (item, more)
            for item, read in found.items()
            if isinstance(read, MailItem) and (more := further_wish(read, options)) is not None
        ]
        for item, more in lacking:
            found |= await self._each([item], more)
        return dict(await with_outdated(self.call.mailbox, found, self.call.version))

    async def _each(self, items: Sequence[ItemId], wanted: BodyWish) -> dict[ItemId, Read]:
        async def read(some: Sequence[ItemId]) -> Mapping[ItemId, Item]:
            found: Mapping[ItemId, Item] = await self.call.mailbox.read(self.folder, some, wanted)
            return found

        return await read_each(read, items)

    def shows(self, item: Item) -> bool:
        """See :class:`ItemSource`: text messages are for devices that asked for them."""
        return self.sms is not None or not _is_sms(item)

    def class_of(self, item: Read) -> str:
        """See :class:`ItemSource` (MS-ASCMD R942, R944)."""
        return sms.CLASS if _is_sms(item) else ""

    def content(
        self, item: Item, aspects: Aspect = ALL_ASPECTS, *, beyond: bool = False
    ) -> list[Element]:
        """See :class:`ItemSource`."""
        assert isinstance(item, MailItem)
        version = self.call.version
        if _is_sms(item):
            return sms.application_data(item, self.sms or self.options, version)
        return application_data(item, self._previews if beyond else self.options, version, aspects)

    def stand_in(self, item: Item | None, received: float) -> list[Element]:
        """See :class:`ItemSource`."""
        version = self.call.version
        if not isinstance(item, MailItem):
            return degraded_data(received=received, version=version)
        return degraded_data(
            received=item.received,
            version=version,
            subject=item.record.subject,
            from_=item.record.from_,
            read=item.state.read,
            conversation_id=item.record.conversation_id,
        )

    def size_of(self, item: Read | None) -> int:
        """See :class:`ItemSource`."""
        if not isinstance(item, MailItem):
            return HEADERS_BYTES
        return HEADERS_BYTES + len(item.text) + len(item.html) + len(item.source)


def _is_sms(item: Read) -> bool:
    return isinstance(item, MailItem) and sms.is_sms(item.record)
