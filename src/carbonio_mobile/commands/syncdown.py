"""The way down of a Sync: what is new in a folder, as Add, Change, Delete and SoftDelete.

Mail of a conversation that always moves (ItemOperations) is moved on as it is met here, and not
told.

Spec: MS-ASCMD 2.2.3.26 (Commands in a response); design.md section 4 (windows, items that fail to
convert).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from carbonio_mobile.commands import conversations
from carbonio_mobile.commands.context import Call
from carbonio_mobile.eas.bodies import further_wish, wish
from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.email import application_data, degraded_data, needs_bodies
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.sync.changes import ALL_ASPECTS, Aspect
from carbonio_mobile.sync.poison import PoisonList
from carbonio_mobile.sync.questions import Offer, OfferKind, Taken
from carbonio_mobile.sync.ranges import RangeSet
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync

SLICE = 25
"""So many items are read and converted at a time: the reactor breathes between slices."""

SMALL_SLICE = 2
SMALL_BODY_BYTES = 131_072
"""Where bodies may be larger than this, only a small slice of items is in memory at a time."""

HEADERS_BYTES = 1_500
"""About what an item takes beside its body."""

NO_BODIES = BodyWish(text_bytes=0, html_bytes=0, source_bytes=0)


@dataclass(slots=True, kw_only=True)
class Room:
    """What an answer can still hold.

    ``bytes`` may be overdrawn by the one item that is always let in.
    """

    items: int
    bytes: int
    used: bool = False

    def take(self, size: int) -> bool:
        """Take room for one item of the window, if there is any left; the first always fits."""
        if not self.hold(size):
            return False
        self.items -= 1
        return True

    def hold(self, size: int) -> bool:
        """Take room for something outside the window, if there is any left."""
        if self.used and size > self.bytes:
            return False
        self.bytes -= size
        self.used = True
        return True


@dataclass(slots=True, kw_only=True)
class Telling:
    """Turns the offers of a pull into the commands of an answer.

    ``moving`` are the conversations whose mail is moved elsewhere as it comes. ``stand_ins``: the
    device chokes on what is told next, so that it gets stand-ins instead.
    """

    call: Call
    folder: FolderId
    options: BodyOptions
    room: Room
    poison: PoisonList
    moving: frozenset[bytes]
    stand_ins: bool
    commands: list[Element] = field(default_factory=list)

    @property
    def _previews(self) -> BodyOptions:
        """What is told of bodies beyond the window: their previews (MS-ASCMD R2108)."""
        return self.options.within(0)

    async def show(self, offers: tuple[Offer, ...]) -> Taken:
        """Take offers, from the first on, until the answer is full."""
        count = 0
        missing: set[ItemId] = set()
        step = _slice(self.options)
        for start in range(0, len(offers), step):
            chosen = offers[start : start + step]
            items = await self._read(chosen)
            if self.moving:
                await self._send_on(chosen, items)
            for offer in chosen:
                item = items.get(offer.item)
                if item is None and offer.kind in (OfferKind.ADD, OfferKind.CHANGE):
                    missing.add(offer.item)
                elif not self.room.take(size_of(item)):
                    return Taken(count, frozenset(missing))
                else:
                    self._tell(offer, item)
                count += 1
        return Taken(count, frozenset(missing))

    async def show_again(self, held: RangeSet, window: int) -> int:
        """Offer again what another version of this program failed at; gives how many were told."""
        spoilt = self.poison.to_offer_again(self.folder)
        chosen = [item for item in spoilt if item in held][:window]
        taken = await self.show(
            tuple(Offer(OfferKind.CHANGE, item, None, ALL_ASPECTS) for item in chosen)
        )
        for item in (*taken.missing, *(item for item in spoilt if item not in held)):
            self.poison.discard(ServerId(self.folder, item))
        return taken.count

    async def _read(self, offers: Sequence[Offer]) -> dict[ItemId, "MailItem | Unreadable"]:
        """Read what the offers need: items with bodies, and items of which only blocks are told."""
        version = self.call.version
        whole = [
            offer.item
            for offer in offers
            if offer.kind is OfferKind.ADD
            or (offer.kind is OfferKind.CHANGE and needs_bodies(offer.aspects, version))
        ]
        blocks = [
            offer.item
            for offer in offers
            if offer.kind is OfferKind.CHANGE and not needs_bodies(offer.aspects, version)
        ]
        items: dict[ItemId, MailItem | Unreadable] = {}
        beyond = {offer.item for offer in offers if offer.beyond}
        for options, chosen in (
            (self.options, [item for item in whole if item not in beyond]),
            (self._previews, [item for item in whole if item in beyond]),
        ):
            if chosen:
                items |= await read_whole(self.call, self.folder, chosen, options)
        if blocks:
            items |= await _read_each(self.call, self.folder, blocks, NO_BODIES)
        return items

    async def _send_on(
        self, offers: Sequence[Offer], items: dict[ItemId, "MailItem | Unreadable"]
    ) -> None:
        """Take out of ``items`` what is new and belongs to a conversation that lives elsewhere."""
        arrived = {
            offer.item: item.record.conversation_id
            for offer in offers
            if offer.kind is OfferKind.ADD
            and isinstance(item := items.get(offer.item), MailItem)
            and item.record.conversation_id in self.moving
        }
        if arrived:
            for item_id in await conversations.send_on(self.call, self.folder, arrived):
                del items[item_id]

    def _tell(self, offer: Offer, item: "MailItem | Unreadable | None") -> None:
        server_id = Element(AirSync.ServerId, str(ServerId(self.folder, offer.item)))
        if item is None:
            tag = AirSync.Delete if offer.kind is OfferKind.DELETE else AirSync.SoftDelete
            self.commands.append(Element(tag, [server_id]))
            return
        content = convert(
            item,
            name=ServerId(self.folder, offer.item),
            options=self._previews if offer.beyond else self.options,
            version=self.call.version,
            aspects=offer.aspects,
            received=offer.received,
            poison=self.poison,
            stand_in=self.stand_ins,
        )
        if content:
            tag = AirSync.Add if offer.kind is OfferKind.ADD else AirSync.Change
            data = Element(AirSync.ApplicationData, content)
            self.commands.append(Element(tag, [server_id, data]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An item that its mailbox cannot read back."""

    reason: str


def convert(
    item: "MailItem | Unreadable",
    *,
    name: ServerId,
    options: BodyOptions,
    version: Version,
    aspects: Aspect = ALL_ASPECTS,
    received: float,
    poison: PoisonList,
    stand_in: bool = False,
) -> list[Element]:
    """Give the ApplicationData of an item; of one that cannot be told, what can, and why it is so.

    Whatever is wrong with one item, it must never stall its folder: this is the one place in the
    commands where any exception is caught. Its reason is noted in ``poison``.
    """
    if isinstance(item, Unreadable):
        poison.add(name, item.reason)
        return degraded_data(received=received, version=version)
    try:
        if not stand_in:
            content = application_data(item, options, version, aspects)
            poison.discard(name)
            return content
        reason = "the device kept repeating the request for it"
    except Exception as exc:
        reason = f"{type(exc).__name__} in conversion"
    poison.add(name, reason)
    return degraded_data(
        received=item.received,
        version=version,
        subject=item.record.subject,
        from_=item.record.from_,
        read=item.state.read,
        conversation_id=item.record.conversation_id,
    )


async def read_whole(
    call: Call, folder: FolderId, items: Sequence[ItemId], options: BodyOptions
) -> dict[ItemId, MailItem | Unreadable]:
    """Read items with the bodies that these options want."""
    first = wish(options)
    found = await _read_each(call, folder, items, first)
    lacking = [
        (item, more)
        for item, read in found.items()
        if isinstance(read, MailItem) and (more := further_wish(read, options)) is not None
    ]
    for item, more in lacking:
        found |= await _read_each(call, folder, [item], more)
    return found


async def _read_each(
    call: Call, folder: FolderId, items: Sequence[ItemId], wanted: BodyWish
) -> dict[ItemId, MailItem | Unreadable]:
    """Read items; where they cannot be read together, one by one, so that one spoils no other."""
    try:
        return dict(await call.mailbox.read(folder, items, wanted))
    except Corrupt as exc:
        if len(items) == 1:
            return {items[0]: Unreadable(reason=str(exc))}
    found: dict[ItemId, MailItem | Unreadable] = {}
    for item in items:
        found |= await _read_each(call, folder, [item], wanted)
    return found


def _slice(options: BodyOptions) -> int:
    wanted = wish(options)
    sizes = (wanted.text_bytes, wanted.html_bytes, wanted.source_bytes)
    small = all(size is not None and size <= SMALL_BODY_BYTES for size in sizes)
    return SLICE if small else SMALL_SLICE


def size_of(item: MailItem | Unreadable | None) -> int:
    """Give about how much room an item takes in an answer, in octets."""
    if not isinstance(item, MailItem):
        return HEADERS_BYTES
    return HEADERS_BYTES + len(item.text) + len(item.html) + len(item.source)
