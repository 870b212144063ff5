"""What a device is told of a folder, in which order, and what it holds afterwards.

:func:`pull` is a generator without any I/O: it yields questions, is sent the answers, and changes
the generation it was given. Its driver asks the mailbox, turns offers into items, and may take
fewer offers than it is shown (a byte budget): what it did not take is shown again the next time.

The order is: what happened since the last time; items that have left the window; then the rest of
the listing, newest first. A first sync is thus a listing from the newest item on, and mail that
comes meanwhile overtakes it.

Spec: MS-ASCMD 2.2.3.68.2 (FilterType), 2.2.3.199 (WindowSize), 2.2.3.158 (SoftDelete); design.md
section 4 (P2, P3).
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from carbonio_mobile.ids import ChangeToken, ItemId, ItemVersion
from carbonio_mobile.sync.changes import (
    ALL_ASPECTS,
    NO_ASPECT,
    OLDEST,
    Aspect,
    ChangeBatch,
    ItemChange,
    ItemHead,
    Listing,
    Position,
)
from carbonio_mobile.sync.state import ALL_UNSURE, STATE_UNSURE, Generation

_UNSURE: Mapping[ItemVersion | None, Aspect] = {
    STATE_UNSURE: ALL_ASPECTS & ~Aspect.CONTENT,
    ALL_UNSURE: ALL_ASPECTS,
}
"""What is told of an item of which the device holds something, but nobody knows what exactly."""

CHUNK = 100
"""How many items are asked for and shown at a time."""


class OfferKind(Enum):
    """What a device is told about one item."""

    ADD = "add"
    CHANGE = "change"
    DELETE = "delete"
    SOFT_DELETE = "soft-delete"


@dataclass(frozen=True, slots=True)
class Offer:
    """One item to tell about; ``aspects`` is what of it for a CHANGE, ``received`` its age."""

    kind: OfferKind
    item: ItemId
    version: ItemVersion | None = None
    aspects: Aspect = NO_ASPECT
    received: float = 0.0


@dataclass(frozen=True, slots=True)
class AskChanges:
    """Question: what happened since ``since``? Answer: a ChangeBatch of at most ``limit`` items."""

    since: ChangeToken
    limit: int


@dataclass(frozen=True, slots=True)
class AskAspects:
    """Question: what changed on these items after ``since``? Answer: Aspects by item."""

    since: ChangeToken
    items: tuple[ItemId, ...]


@dataclass(frozen=True, slots=True)
class AskListing:
    """Question: which items stand from ``below`` (exclusive) to ``down_to``? Answer: a Listing."""

    below: Position
    down_to: Position
    limit: int


@dataclass(frozen=True, slots=True)
class Show:
    """Question: which of these offers, from the first on, go into the answer? Answer: Taken."""

    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """The first ``count`` offers were dealt with; of these, ``missing`` items were not there any
    more.
    """

    count: int
    missing: frozenset[ItemId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """The end of a pull: is there more, and how many offers were taken?"""

    more: bool
    taken: int


Question = AskChanges | AskAspects | AskListing | Show
Reply = ChangeBatch | Mapping[ItemId, Aspect] | Listing | Taken
Pull = Generator[Question, Reply, Pulled]


def pull(made: Generation, *, floor: Position, window: int, shown: Aspect = ALL_ASPECTS) -> Pull:
    """Tell a device what is new, at most ``window`` offers, changing ``made`` accordingly.

    ``floor`` is the oldest position within the device's window (OLDEST for no limit). ``shown`` are
    the aspects that mean anything to the device: a change of others is no news.
    """
    run = _Run(made, floor, window, shown)
    for phase in (run.history, run.narrowing, run.listing):
        yield from phase()
        if run.full:
            break
    return Pulled(more=run.full, taken=run.taken)


class _Run:
    """One pull under way. ``full``: the answer has no room left; there may be more to tell."""

    def __init__(self, made: Generation, floor: Position, window: int, shown: Aspect) -> None:
        self._made = made
        self._floor = floor
        self._window = window
        self._shown = shown
        self.taken = 0
        self.full = False
        self._begin()

    def _begin(self) -> None:
        """Move the edge along with the end of the window, where that has come nearer.

        It moves at once, so that what arrives beyond the window is never counted as told; what the
        device holds there goes later, bit by bit.
        """
        made = self._made
        if self._floor > made.edge:
            made.stale = made.edge if made.stale is None else min(made.stale, made.edge)
            made.edge = self._floor
        elif made.stale is not None and made.stale >= made.edge:
            made.stale = made.narrowing = None  # the listing has come by here in the meantime

    @property
    def _room(self) -> int:
        return min(CHUNK, self._window - self.taken)

    def history(self) -> Generator[Question, Reply, None]:
        """Tell what happened since the token."""
        more = True
        while more and not self.full:
            if self._room <= 0:
                self.full = True
                return
            batch = yield AskChanges(self._made.token, self._room)
            assert isinstance(batch, ChangeBatch)
            changed = yield from self._changed(batch)
            offers = self._offers(changed, batch.gone)
            taken = yield from self._show(offers)
            if taken.count < len(offers):
                self._stop_within(offers[: taken.count])
                return
            self._pass(batch)
            more = batch.more

    def _changed(self, batch: ChangeBatch) -> Generator[Question, Reply, Sequence[ItemChange]]:
        """Give the changes of a batch, each with all that the device has not been told of it."""
        made = self._made
        items = tuple(change.item for change in batch.changed if change.item in made.held)
        if made.behind is None or not items:
            return batch.changed
        aspects = yield AskAspects(made.behind, items)
        assert isinstance(aspects, Mapping)
        return [
            replace(change, aspects=change.aspects | aspects.get(change.item, NO_ASPECT))
            for change in batch.changed
        ]

    def _offers(
        self, changed: Iterable[ItemChange], gone: Iterable[ItemId]
    ) -> tuple[Offer, ...]:
        offers = [offer for change in changed if (offer := self._offer(change))]
        offers += [Offer(OfferKind.DELETE, item) for item in gone if item in self._made.held]
        return tuple(offers)

    def _offer(self, change: ItemChange) -> Offer | None:
        made = self._made
        if change.item in made.held:
            known = made.echoes.get(change.item)
            if known == change.version:
                return None
            aspects = _UNSURE.get(known, change.aspects)
            return _offer(OfferKind.CHANGE, change, aspects) if aspects & self._shown else None
        in_view = change.position >= made.edge and change.position >= self._floor
        if in_view:
            return _offer(OfferKind.ADD, change, ALL_ASPECTS)
        return None

    def _pass(self, batch: ChangeBatch) -> None:
        """Leave a batch behind: everything in it has been told or did not need telling."""
        made = self._made
        for change in batch.changed:
            made.echoes.pop(change.item, None)
        for item in batch.gone:
            made.echoes.pop(item, None)
            made.held.add(item)  # gone for good: it counts as held, so that ranges close again
        if not batch.more:
            made.behind = None
        elif made.behind is None:
            made.behind = made.token
        made.token = batch.token

    def _stop_within(self, told: tuple[Offer, ...]) -> None:
        """Stay at the batch's start, but remember what of it has been told."""
        made = self._made
        for offer in told:
            if offer.kind is OfferKind.DELETE:
                made.held.discard(offer.item)
            elif offer.version is not None:
                made.echoes[offer.item] = offer.version

    def narrowing(self) -> Generator[Question, Reply, None]:
        """Take back what has left the window: what is held from its end down to ``stale``."""
        made = self._made
        below = self._floor
        if made.narrowing is not None and made.narrowing[0] == self._floor:
            below = made.narrowing[1]
        while made.stale is not None and made.stale < self._floor and not self.full:
            page = yield AskListing(below, made.stale, CHUNK)
            assert isinstance(page, Listing)
            held = [head for head in page.heads if head.item in made.held]
            shown = held[: self._room]
            taken = yield from self._show(
                tuple(Offer(OfferKind.SOFT_DELETE, head.item) for head in shown)
            )
            for head in shown[: taken.count]:
                made.held.discard(head.item)
            if taken.count < len(held):
                self.full = True
            elif len(page.heads) < CHUNK:
                made.stale, made.narrowing = self._floor, None
            else:
                below = page.heads[-1].position
                made.narrowing = (self._floor, below)

    def listing(self) -> Generator[Question, Reply, None]:
        """Go on with the listing, from where it stands down to the end of the window."""
        made = self._made
        while made.edge > self._floor:
            if self._room <= 0:
                self.full = True
                return
            limit = self._room
            # One more than there is room for: that tells whether this is the end.
            page = yield AskListing(made.edge, self._floor, limit + 1)
            assert isinstance(page, Listing)
            heads = page.heads[:limit]
            fresh = [head for head in heads if self._is_news(head.item)]
            offers = tuple(self._listed(head) for head in fresh)
            taken = yield from self._show(offers)
            for head in fresh[: taken.count]:
                if page.token != made.token:
                    # The folder has moved on since the history was told: the feed will speak of
                    # these again.
                    made.echoes[head.item] = head.version
                else:
                    made.echoes.pop(head.item, None)
            if taken.count < len(offers):
                if taken.count:
                    made.edge = fresh[taken.count - 1].position
                return
            if len(page.heads) <= limit:
                made.edge = self._floor
                if self._floor == OLDEST and page.token == made.token:
                    made.held.close()  # the device holds all there is, and what is gone stays gone
            else:
                made.edge = heads[-1].position

    def _is_news(self, item: ItemId) -> bool:
        return item not in self._made.held or self._made.echoes.get(item) in _UNSURE

    def _listed(self, head: ItemHead) -> Offer:
        """Offer an item that the listing has come to."""
        if head.item not in self._made.held:
            return _offer(OfferKind.ADD, head, ALL_ASPECTS)
        return _offer(OfferKind.CHANGE, head, _UNSURE[self._made.echoes[head.item]])

    def _show(self, offers: tuple[Offer, ...]) -> Generator[Question, Reply, Taken]:
        if not offers:
            return Taken(0)
        taken = yield Show(offers)
        assert isinstance(taken, Taken)
        made = self._made
        for offer in offers[: taken.count]:
            if offer.kind is OfferKind.ADD and offer.item not in taken.missing:
                made.held.add(offer.item)
        self.taken += taken.count
        self.full = taken.count < len(offers)
        return taken


def _offer(kind: OfferKind, head: ItemHead | ItemChange, aspects: Aspect) -> Offer:
    return Offer(kind, head.item, head.version, aspects, head.position.received)
