"""What a device is told of a folder, in which order, and what it holds afterwards.

:func:`pull` is a generator without any I/O: it yields questions, is sent the answers, and changes
the generation it was given. Its driver asks the mailbox, turns offers into items, and may take
fewer offers than it is shown (a byte budget): what it did not take is shown again the next time.

The order is: what happened since the last time, and what the device has wrong; items that have left
the window; then the rest of the listing, newest first. A first sync is thus a listing from the
newest item on, and mail that comes meanwhile overtakes it. Devices that want conversations whole
get what is older than the window last (see ``weaving``).

Spec: MS-ASCMD 2.2.3.36.2 (ConversationMode), 2.2.3.68.2 (FilterType), 2.2.3.158 (SoftDelete),
2.2.3.199 (WindowSize); design.md section 4 (P2, P3).
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from carbonio_mobile.ids import ItemId, ItemVersion
from carbonio_mobile.sync.changes import (
    ALL_ASPECTS,
    NEWEST,
    NO_ASPECT,
    OLDEST,
    Aspect,
    ChangeBatch,
    ItemChange,
    ItemHead,
    Listing,
    Position,
)
from carbonio_mobile.sync.questions import (
    AskAspects,
    AskChanges,
    AskListing,
    AskThreads,
    Offer,
    OfferKind,
    Pull,
    Pulled,
    Question,
    Reply,
    Show,
    Taken,
    Threads,
)
from carbonio_mobile.sync.state import ALL_UNSURE, STATE_UNSURE, Generation
from carbonio_mobile.sync.weaving import Thread, Weaving

_UNSURE: Mapping[ItemVersion | None, Aspect] = {
    STATE_UNSURE: ALL_ASPECTS & ~Aspect.CONTENT,
    ALL_UNSURE: ALL_ASPECTS,
}
"""What is told of an item of which the device holds something, but nobody knows what exactly."""

CHUNK = 100
"""How many items are asked for and shown at a time."""


def pull(
    made: Generation,
    *,
    floor: Position,
    window: int,
    shown: Aspect = ALL_ASPECTS,
    conversations: bool | None = None,
) -> Pull:
    """Tell a device what is new, at most ``window`` offers, changing ``made`` accordingly.

    ``floor`` is the oldest position within the device's window (OLDEST for no limit). ``shown`` are
    the aspects that mean anything to the device: a change of others is no news. ``conversations``
    asks for the older items of the conversations within the window, None for what was asked last.
    """
    if conversations is not None:
        _choose(made, conversations=conversations)
    run = _Run(made, floor, window, shown)
    for phase in (
        run.departures,
        run.history,
        run.debts,
        run.restoring,
        run.narrowing,
        run.listing,
        run.weaving,
    ):
        yield from phase()
        if run.full:
            break
    return Pulled(more=run.full, taken=run.taken)


def _choose(made: Generation, *, conversations: bool) -> None:
    """Begin or end the telling of whole conversations."""
    if conversations and made.weaving is None:
        made.weaving = Weaving()
    elif not conversations and made.weaving is not None:
        made.weaving = None
        made.stale, made.narrowing = OLDEST, None  # all that is held beyond the window goes


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
        made, weaving = self._made, self._made.weaving
        if self._floor > made.edge:
            self._raise_edge(self._floor)
        elif made.stale is not None and made.stale >= made.edge:
            made.stale = made.narrowing = None  # the listing has come by here in the meantime
        if weaving is not None:
            if weaving.floor == OLDEST and self._floor != OLDEST:
                self._raise_edge(NEWEST)  # the listing comes by all of the window once more
            weaving.move(self._floor)

    def _raise_edge(self, edge: Position) -> None:
        """Let the listing begin further up, though the device holds items from there on down."""
        made = self._made
        made.stale = made.edge if made.stale is None else min(made.stale, made.edge)
        made.edge = edge

    @property
    def _room(self) -> int:
        return min(CHUNK, self._window - self.taken)

    def departures(self) -> Generator[Question, Reply, None]:
        """Tell of items that the device asked about in vain."""
        departed = self._made.departed
        shown = tuple(Offer(OfferKind.DELETE, item) for item in islice(departed, self._room))
        taken = yield from self._show(shown)
        for offer in shown[: taken.count]:
            departed.discard(offer.item)
        self.full = bool(departed)

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

    def _offers(self, changed: Iterable[ItemChange], gone: Iterable[ItemId]) -> tuple[Offer, ...]:
        offers = [offer for change in changed if (offer := self._offer(change))]
        offers += [Offer(OfferKind.DELETE, item) for item in gone if item in self._made.held]
        return tuple(offers)

    def _offer(self, change: ItemChange) -> Offer | None:
        made = self._made
        if change.item in made.held:
            if change.position < self._floor and made.weaving is None:
                # What an object says moved it out of the window.
                made.echoes.pop(change.item, None)
                return Offer(OfferKind.SOFT_DELETE, change.item)
            self._note_below_edge(change.position)
            known = made.echoes.get(change.item)
            if known == change.version:
                return None
            aspects = _UNSURE.get(known, change.aspects)
            if not aspects & self._shown:
                return None
            beyond = made.weaving is not None and change.item in made.weaving.beyond
            return _offer(OfferKind.CHANGE, change, aspects, beyond=beyond)
        in_view = change.position >= made.edge and change.position >= self._floor
        if in_view:
            return _offer(OfferKind.ADD, change, ALL_ASPECTS)
        return None

    def _note_below_edge(self, position: Position) -> None:
        """Remember that the device holds an item where the listing has not come yet.

        What it says has moved it there. The window may end above it before the listing comes by.
        """
        made = self._made
        if made.weaving is None and position < made.edge:
            made.stale = position if made.stale is None else min(made.stale, position)

    def _pass(self, batch: ChangeBatch) -> None:
        """Leave a batch behind: everything in it has been told or did not need telling."""
        made = self._made
        for change in batch.changed:
            made.echoes.pop(change.item, None)
        for item in batch.gone:
            made.echoes.pop(item, None)
            made.owed.discard(item)
            made.lost.discard(item)
            made.held.add(item)  # gone for good: it counts as held, so that ranges close again
        if made.weaving is not None:
            # What the listing would come to later may be beyond the window by then.
            made.weaving.put_up(c.item for c in batch.changed if c.item not in made.held)
            made.weaving.settle(batch.gone, ())
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

    def debts(self) -> Generator[Question, Reply, None]:
        """Tell the items that the device is owed and that the history did not speak of."""
        owed = self._made.owed
        while owed and not self.full:
            if self._room <= 0:
                self.full = True
                return
            items = tuple(islice(owed, self._room))
            for item in items:
                if item not in self._made.held:
                    owed.discard(item)
            yield from self._show(
                tuple(
                    Offer(OfferKind.CHANGE, item, None, ALL_ASPECTS)
                    for item in items
                    if item in owed
                )
            )

    def restoring(self) -> Generator[Question, Reply, None]:
        """Add again what the device has removed though it must not.

        What has left its window meanwhile goes with the next change of the window.
        """
        lost, held = self._made.lost, self._made.held
        while lost and not self.full:
            if self._room <= 0:
                self.full = True
                return
            items = tuple(islice(lost, self._room))
            shown = tuple(
                Offer(OfferKind.ADD, item, None, ALL_ASPECTS) for item in items if item not in held
            )
            taken = yield from self._show(shown)
            left = {offer.item for offer in shown[taken.count :]}
            for item in items:
                if item not in left:
                    lost.discard(item)

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
            if made.weaving is not None:
                made.weaving.put_up(head.item for head in held)
                held = []  # whether they go is for their conversations to say
            shown = held[: self._room]
            taken = yield from self._show(
                tuple(Offer(OfferKind.SOFT_DELETE, head.item) for head in shown)
            )
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
                    self._come_by([head for head in heads if head.position >= made.edge])
                return
            self._come_by(heads)
            if len(page.heads) <= limit:
                made.edge = self._floor
                if self._floor == OLDEST and page.token == made.token and not made.hides:
                    made.held.close()  # the device holds all there is, and what is gone stays gone
            else:
                made.edge = heads[-1].position

    def _come_by(self, heads: Sequence[ItemHead]) -> None:
        """Let the conversations know what the listing has come by: it is within the window."""
        weaving = self._made.weaving
        if weaving is None:
            return
        weaving.put_up(head.item for head in heads if head.item in self._made.held)
        for head in heads:
            weaving.beyond.discard(head.item)

    def _is_news(self, item: ItemId) -> bool:
        return item not in self._made.held or self._made.echoes.get(item) in _UNSURE

    def _listed(self, head: ItemHead) -> Offer:
        """Offer an item that the listing has come to."""
        if head.item not in self._made.held:
            return _offer(OfferKind.ADD, head, ALL_ASPECTS)
        return _offer(OfferKind.CHANGE, head, _UNSURE[self._made.echoes[head.item]])

    def weaving(self) -> Generator[Question, Reply, None]:
        """Tell the conversations of the window whole, and take back what is of no such one."""
        weaving = self._made.weaving
        if weaving is None or self._floor == OLDEST:
            return
        while weaving.unsettled and not self.full:
            if self._room <= 0:
                self.full = True
                return
            items = weaving.next(CHUNK)
            found = yield AskThreads(items)
            assert isinstance(found, Threads)
            offers = [offer for thread in found.threads for offer in self._woven(weaving, thread)]
            shown = tuple(offers[: self._room])
            taken = yield from self._show(shown)
            for offer in shown[: taken.count]:
                if offer.kind is OfferKind.SOFT_DELETE:
                    weaving.beyond.discard(offer.item)
            for thread in found.threads:
                weaving.keep(thread, self._made.held)
            if taken.count < len(offers):
                self.full = True
            else:
                weaving.settle(items, found.threads)

    def _woven(self, weaving: Weaving, thread: Thread) -> list[Offer]:
        """Say what is to be told of a conversation; what is within the window is told elsewhere."""
        old = [head for head in thread if head.position < self._floor]
        held = self._made.held
        if not weaving.is_alive(thread):
            return [Offer(OfferKind.SOFT_DELETE, head.item) for head in old if head.item in held]
        return [
            _offer(OfferKind.ADD, head, ALL_ASPECTS, beyond=True)
            for head in old
            if head.item not in held
        ]

    def _show(self, offers: tuple[Offer, ...]) -> Generator[Question, Reply, Taken]:
        if not offers:
            return Taken(0)
        taken = yield Show(offers)
        assert isinstance(taken, Taken)
        made = self._made
        for offer in offers[: taken.count]:
            made.owed.discard(offer.item)
            if offer.item in taken.missing or offer.item in taken.hidden:
                continue
            if offer.kind is OfferKind.SOFT_DELETE:
                made.held.discard(offer.item)
            elif offer.kind is OfferKind.ADD:
                made.held.add(offer.item)
                if made.weaving is not None and not offer.beyond:
                    made.weaving.put_up([offer.item])
        made.hides = made.hides or bool(taken.hidden)
        self.taken += taken.count
        self.full = taken.count < len(offers)
        return taken


def _offer(
    kind: OfferKind, head: ItemHead | ItemChange, aspects: Aspect, *, beyond: bool = False
) -> Offer:
    return Offer(kind, head.item, head.version, aspects, head.position.received, beyond)
