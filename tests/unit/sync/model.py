"""A folder and a device as plain dictionaries, and the driver of a pull between them."""

from dataclasses import dataclass, field

from carbonio_mobile.ids import ChangeToken, ItemId, ItemVersion
from carbonio_mobile.sync.changes import (
    ALL_ASPECTS,
    Aspect,
    ChangeBatch,
    ItemChange,
    ItemHead,
    Listing,
    Position,
)
from carbonio_mobile.sync.pull import pull
from carbonio_mobile.sync.questions import (
    AskAspects,
    AskChanges,
    AskListing,
    AskThreads,
    Offer,
    OfferKind,
    Pulled,
    Show,
    Taken,
    Threads,
)
from carbonio_mobile.sync.state import Generation


@dataclass
class FolderModel:
    """A folder with a history, as an interface's docstring promises it."""

    items: dict[ItemId, tuple[float, int]] = field(default_factory=dict)  # id -> (received, stamp)
    came: dict[ItemId, int] = field(default_factory=dict)
    thread: dict[ItemId, int] = field(default_factory=dict)
    gone: dict[ItemId, int] = field(default_factory=dict)
    stamp: int = 0
    last_id: int = 0

    def deliver(self, received: float, thread: int | None = None) -> ItemId:
        self.stamp += 1
        self.last_id += 1
        item = ItemId(self.last_id)
        self.items[item] = (received, self.stamp)
        self.came[item] = self.stamp
        self.thread[item] = -item if thread is None else thread
        return item

    def touch(self, item: ItemId) -> ItemVersion:
        self.stamp += 1
        self.items[item] = (self.items[item][0], self.stamp)
        return self.version(item)

    def reschedule(self, item: ItemId, received: float) -> ItemVersion:
        """What an object says gives it another place."""
        self.stamp += 1
        self.items[item] = (received, self.stamp)
        return self.version(item)

    def delete(self, item: ItemId) -> None:
        self.stamp += 1
        del self.items[item]
        self.gone[item] = self.stamp

    def version(self, item: ItemId) -> ItemVersion:
        return ItemVersion(str(self.items[item][1]))

    def position(self, item: ItemId) -> Position:
        return Position(self.items[item][0], item)

    @property
    def token(self) -> ChangeToken:
        return ChangeToken(str(self.stamp))

    def changes(self, since: ChangeToken, limit: int) -> ChangeBatch:
        after = int(since)
        events = [(stamp, item) for item, (_, stamp) in self.items.items() if stamp > after]
        events += [(stamp, item) for item, stamp in self.gone.items() if stamp > after]
        events.sort()
        page = events[:limit]
        changed = tuple(
            ItemChange(
                self.position(item),
                self.version(item),
                ALL_ASPECTS if self.came[item] > after else Aspect.READ,
            )
            for _, item in page
            if item in self.items
        )
        more = len(events) > limit
        return ChangeBatch(
            changed=changed,
            gone=tuple(item for _, item in page if item in self.gone),
            token=ChangeToken(str(page[-1][0])) if more else self.token,
            more=more,
        )

    def aspects_since(self, items, since: ChangeToken) -> dict[ItemId, Aspect]:
        after = int(since)
        return {
            item: ALL_ASPECTS if self.came[item] > after else Aspect.READ
            for item in items
            if item in self.items and self.items[item][1] > after
        }

    def listing(self, below: Position, down_to: Position, limit: int) -> Listing:
        places = sorted(map(self.position, self.items), reverse=True)
        chosen = [place for place in places if down_to <= place < below][:limit]
        heads = tuple(ItemHead(place, self.version(place.item)) for place in chosen)
        return Listing(heads=heads, token=self.token)

    def threads(self, items) -> Threads:
        wanted = dict.fromkeys(self.thread[item] for item in items if item in self.items)
        return Threads(
            tuple(
                tuple(
                    ItemHead(self.position(item), self.version(item))
                    for item in self.items
                    if self.thread[item] == thread
                )
                for thread in wanted
            )
        )


class DeviceError(AssertionError):
    """The device was told something that makes no sense to it."""


@dataclass
class DeviceModel:
    """What a device holds: item -> version."""

    items: dict[ItemId, ItemVersion] = field(default_factory=dict)

    def apply(self, told: list[tuple[Offer, ItemVersion | None]]) -> None:
        for offer, version in told:
            if offer.kind is OfferKind.ADD:
                if offer.item in self.items:
                    raise DeviceError(f"second Add of {offer.item}")
                assert version is not None
                self.items[offer.item] = version
            elif offer.kind is OfferKind.CHANGE:
                if offer.item not in self.items:
                    raise DeviceError(f"Change of {offer.item}, which is not there")
                assert version is not None
                self.items[offer.item] = version
            else:
                self.items.pop(offer.item, None)


def run_pull(
    folder: FolderModel,
    made: Generation,
    *,
    floor: Position,
    window: int,
    room: int = 10**9,
    between=lambda: None,
    conversations: bool | None = None,
) -> tuple[Pulled, list[tuple[Offer, ItemVersion | None]]]:
    """Drive a pull; ``room`` is how many offers the answer has bytes for, at least one.

    ``between`` is called before each question is answered: the folder may change under the pull.
    """
    told: list[tuple[Offer, ItemVersion | None]] = []
    run = pull(made, floor=floor, window=window, conversations=conversations)
    try:
        question = next(run)
        while True:
            between()
            match question:
                case AskChanges():
                    reply = folder.changes(question.since, question.limit)
                case AskAspects():
                    reply = folder.aspects_since(question.items, question.since)
                case AskListing():
                    reply = folder.listing(question.below, question.down_to, question.limit)
                case AskThreads():
                    reply = folder.threads(question.items)
                case Show():
                    assert question.offers
                    reply = _show(folder, question.offers, told, max(room, 1))
            question = run.send(reply)
    except StopIteration as end:
        return end.value, told


def _show(folder, offers, told, room) -> Taken:
    count = 0
    missing = set()
    for offer in offers:
        if len(told) >= room:
            break
        count += 1
        if offer.kind in (OfferKind.ADD, OfferKind.CHANGE):
            if offer.item not in folder.items:
                missing.add(offer.item)
                continue
            told.append((offer, folder.version(offer.item)))
        else:
            told.append((offer, None))
    return Taken(count, frozenset(missing))
