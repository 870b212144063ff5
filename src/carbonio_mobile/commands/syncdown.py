"""The way down of a Sync: what is new in a folder, as Add, Change, Delete and SoftDelete.

Mail of a conversation that always moves (ItemOperations) is moved on as it is met here, and not
told.

Spec: MS-ASCMD 2.2.3.26 (Commands in a response); design.md section 4 (windows, items that fail to
convert).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from carbonio_mobile.commands import conversations
from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.itemsource import ItemSource, Read, Unreadable
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.mime.mailitem import MailItem
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.sync.changes import ALL_ASPECTS, Aspect
from carbonio_mobile.sync.poison import PoisonList
from carbonio_mobile.sync.questions import Offer, OfferKind, Taken
from carbonio_mobile.sync.ranges import RangeSet
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync


@dataclass(slots=True, kw_only=True)
class Room:
    """What an answer can still hold.

    ``bytes`` may be overdrawn by the one item that is always let in. ``until``, on a clock that
    nobody sets, is when no further item is begun (client-quirks.md 3.14).
    """

    items: int
    bytes: int
    until: float
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
    source: ItemSource
    room: Room
    poison: PoisonList
    moving: frozenset[bytes]
    stand_ins: bool
    commands: list[Element] = field(default_factory=list)

    async def show(self, offers: tuple[Offer, ...]) -> Taken:
        """Take offers, from the first on, until the answer is full."""
        count = 0
        missing: set[ItemId] = set()
        hidden: set[ItemId] = set()
        step = self.source.step
        for start in range(0, len(offers), step):
            if self.room.used and self.call.services.steady_clock() >= self.room.until:
                return Taken(count, frozenset(missing), frozenset(hidden))
            chosen = [self._anew(offer) for offer in offers[start : start + step]]
            items = await self.source.read(chosen)
            if self.moving:
                await self._send_on(chosen, items)
            for offer in chosen:
                item = items.get(offer.item)
                if item is None and offer.kind in (OfferKind.ADD, OfferKind.CHANGE):
                    missing.add(offer.item)
                elif self._hides(item):
                    hidden.add(offer.item)
                elif not self.room.take(self.source.size_of(item)):
                    return Taken(count, frozenset(missing), frozenset(hidden))
                else:
                    self._tell(offer, item)
                count += 1
        return Taken(count, frozenset(missing), frozenset(hidden))

    def _anew(self, offer: Offer) -> Offer:
        """Offer what the device has a stand-in for whole, once it changed (client-quirks 3.14)."""
        spoilt = ServerId(self.folder, offer.item) in self.poison
        whole = spoilt and offer.kind is OfferKind.CHANGE
        return replace(offer, aspects=ALL_ASPECTS) if whole else offer

    def _hides(self, item: Read | None) -> bool:
        return isinstance(item, MailItem | ObjectItem) and not self.source.shows(item)

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

    async def _send_on(self, offers: Sequence[Offer], items: dict[ItemId, Read]) -> None:
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

    def _tell(self, offer: Offer, item: Read | None) -> None:
        server_id = Element(AirSync.ServerId, str(ServerId(self.folder, offer.item)))
        if item is None:
            tag = AirSync.Delete if offer.kind is OfferKind.DELETE else AirSync.SoftDelete
            self.commands.append(Element(tag, [server_id]))
            return
        content = convert(
            self.source,
            item,
            name=ServerId(self.folder, offer.item),
            aspects=offer.aspects,
            beyond=offer.beyond,
            received=offer.received,
            poison=self.poison,
            stand_in=self.stand_ins,
        )
        if content:
            tag = AirSync.Add if offer.kind is OfferKind.ADD else AirSync.Change
            other = self.source.class_of(item)
            item_class = Element(AirSync.Class, other) if other else None
            data = Element(AirSync.ApplicationData, content)
            self.commands.append(Element(tag, [item_class, server_id, data]))


def convert(
    source: ItemSource,
    item: Read,
    *,
    name: ServerId,
    aspects: Aspect = ALL_ASPECTS,
    beyond: bool = False,
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
        return source.stand_in(None, received)
    try:
        if not stand_in:
            content = source.content(item, aspects, beyond=beyond)
            poison.discard(name)
            return content
        reason = "the device kept repeating the request for it"
    except Exception as exc:
        reason = f"{type(exc).__name__} in conversion"
    poison.add(name, reason)
    return source.stand_in(item, received)
