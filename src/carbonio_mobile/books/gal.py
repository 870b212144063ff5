"""The address lists of all domains, one index for each kind of entry, kept up to date by a feed.

LDAP, Search and Find of the GAL, and ResolveRecipients look into the same indexes.

Spec: ../shared/carbonio/attributes.md 7; issue 5, section 2.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from carbonio_mobile.addressbook.card import Card, Value
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.addressbook.news import DomainCard, PeopleNews, PeoplePosition
from carbonio_mobile.addressbook.peoplecards import MEMBERS
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.people import PersonKind
from carbonio_mobile.directory.scope import Scope, scope_of
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.interfaces import IPeopleFeed

Turn = Callable[[], Awaitable[None]]
"""Lets everything else that waits for the reactor have its turn."""

LOOK_S = 1.0
PATIENCE_S = 1.0
_MANY = 5000

OWN_NAME = "InternalGAL/_zextras"
"""What the book of a domain's own accounts is called in the product (admin-panel.md 6)."""

_log = Logger()


@dataclass(frozen=True, slots=True)
class GalBook:
    """One book of the address list: what it is called, and what is in it."""

    name: str
    index: Index
    is_external: bool = False


@dataclass(slots=True)
class _Domain:
    """The entries of a domain: of this server, and of people who have no account here."""

    own: Index = field(default_factory=Index)
    external: Index = field(default_factory=Index)

    def index(self, *, is_external: bool) -> Index:
        """Give the one of both."""
        return self.external if is_external else self.own

    def is_used(self, coming: Collection[Index]) -> bool:
        """Tell whether something is in it, or about to be."""
        both = (self.own, self.external)
        return any(len(each) or each in coming for each in both)


class GalBooks:
    """All address lists. An awaitable of :meth:`of` fires when no change made before is missing.

    Everything is read once, then what changes, in pages and with turns for others in between. So
    much may change at once (an import) that reading it takes long: after :data:`PATIENCE_S` a
    look-up goes on with what is known by then. Until everything was read once it waits.

    ``settle`` is called when many entries have come to stay.
    """

    def __init__(
        self,
        *,
        feed: IPeopleFeed,
        turn: Turn,
        clock: IReactorTime,
        own_name: str = OWN_NAME,
        settle: Callable[[], object] = object,
    ) -> None:
        self._feed = feed
        self._turn = turn
        self._clock = clock
        self._own_name = own_name
        self._settle = settle
        self._domains: dict[str, _Domain] = {}
        # Groups and resources; all others are people.
        self._kinds: dict[str, PersonKind] = {}
        self._position: PeoplePosition | None = None
        self._version: int | None = None
        self._round: list[Deferred[bool]] | None = None
        # While everything is read anew: what was there before and has not come yet.
        self._left: list[tuple[Index, set[str]]] = []
        self._next_look: IDelayedCall | None = None
        self._is_ending = False
        self._is_failing = False

    def start(self) -> None:
        """Begin to read, and look for changes each second: look-ups will seldom have to wait."""
        self._next_look = self._clock.callLater(LOOK_S, self.start)
        if self._round is None and not self._is_current():
            self._begin_round()

    def stop(self) -> None:
        """Look no more, and let a reading under way end."""
        self._is_ending = True
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None

    def __len__(self) -> int:
        return sum(len(each.own) + len(each.external) for each in self._domains.values())

    async def fresh(self) -> None:
        """Wait until all that changed before now is known. Raises: Unavailable, Corrupt."""
        # A round under way may have read before the change that this caller knows of.
        for _ in range(2):
            if self._is_current() or not await self._joined():
                return

    async def of(self, viewer: Account) -> Sequence[GalBook]:
        """Give the books that an account sees, its own domain's first, as they are now.

        Raises: Unavailable, Corrupt.
        """
        scope = scope_of(viewer)
        if scope is None:
            return ()
        await self.fresh()
        return tuple(self._seen(scope))

    async def in_domain(self, domain: str) -> Sequence[GalBook]:
        """Give the books of one domain, whatever its accounts see of them."""
        await self.fresh()
        return tuple(self._seen(Scope(domain)))

    def kind(self, entry: str) -> PersonKind:
        """Tell what the entry of an id stands for."""
        return self._kinds.get(entry, PersonKind.PERSON)

    async def blobs(self, card: str, keys: Collection[str]) -> Mapping[str, tuple[Value, ...]]:
        """Give large values of one entry (see ``addressbook.blobs``)."""
        found = (await self._feed.blobs((card,), keys)).get(card, {})
        return {key: _values(key, octets) for key, octets in found.items()}

    async def blobs_of(
        self, entries: Collection[str], keys: Collection[str]
    ) -> Mapping[str, Mapping[str, Sequence[bytes]]]:
        """Give large values of entries: see :meth:`IPeopleFeed.blobs`."""
        return await self._feed.blobs(entries, keys)

    def _seen(self, scope: Scope) -> Iterator[GalBook]:
        names = [scope.domain, *sorted(self._domains.keys() - {scope.domain})]
        for name in names:
            domain = self._domains.get(name)
            if domain is None or not scope.covers(name):
                continue
            is_home = name == scope.domain
            if scope.own and len(domain.own):
                yield GalBook(self._called(name, is_home=is_home), domain.own)
            # The list from elsewhere is a domain's own matter.
            if scope.external and is_home and len(domain.external):
                yield GalBook(self._external_name, domain.external, is_external=True)

    def _called(self, domain: str, *, is_home: bool) -> str:
        return self._own_name if is_home else f"{self._own_name} ({domain})"

    @property
    def _external_name(self) -> str:
        if self._own_name.startswith("InternalGAL"):
            return self._own_name.replace("InternalGAL", "ExternalGAL", 1)
        return f"{self._own_name} (external)"

    # Following the feed

    def _is_current(self) -> bool:
        version = self._feed.version()
        return version is not None and version == self._version

    async def _joined(self) -> bool:
        """Wait for the end of a round of reading, and begin one where there is none.

        False: it takes too long, and there is something to go on with.
        """
        mine: Deferred[bool] = Deferred()
        if self._round is None:
            self._begin_round(mine)
        else:
            self._round.append(mine)
        if self._version is not None and not mine.called:
            mine.addTimeout(PATIENCE_S, self._clock, onTimeoutCancel=_too_long)
        return await mine

    def _begin_round(self, *waiting: "Deferred[bool]") -> None:
        self._round = [*waiting]
        # Not cancelled with the request that began it: others wait as well.
        Deferred.fromCoroutine(self._follow()).addBoth(self._tell)

    def _tell(self, outcome: Failure | None) -> None:
        waiting, self._round = self._round or [], None
        if outcome is None:
            self._is_failing = False
        elif not self._is_failing and not self._is_ending:
            self._is_failing = True
            _log.failure("the address lists could not be read, it is tried again", outcome)
        for each in waiting:
            if outcome is None:
                each.callback(True)
            else:
                each.errback(outcome)

    async def _follow(self) -> None:
        # Read before the news: a change in between shows at the next look.
        version, came = self._feed.version(), 0
        while True:
            news = await self._feed.people_since(self._position)
            came += len(news.changed)
            if self._is_ending:
                raise Unavailable("the address lists are ending")
            await self._take(news)
            self._position = news.position
            if news.is_last:
                break
        self._version = version
        if came >= _MANY:
            self._settle()

    async def _take(self, news: PeopleNews) -> None:
        if news.is_first:
            self._left = [(index, set(_ids(index))) for index in self._indexes() if len(index)]
        cards = self._sorted_out(news.changed)
        if not news.is_whole:
            self._take_away(news, cards)
        for index, all_ in cards.items():
            for _ in index.load(each for each in all_ if _is_news(index, each)):
                await self._turn()
        if news.is_whole:
            for index, left in self._left:
                left.difference_update(each.id for each in cards.get(index, ()))
            if news.is_last:
                await self._drop_left()

    def _sorted_out(self, changed: Sequence[DomainCard]) -> Mapping[Index, Sequence[Card]]:
        """Give the cards of each index, and note what they stand for."""
        cards: dict[Index, list[Card]] = defaultdict(list)
        for each in changed:
            domain = self._domains.setdefault(each.domain, _Domain())
            cards[domain.index(is_external=each.is_external)].append(each.card)
            if each.kind is PersonKind.PERSON:
                self._kinds.pop(each.card.id, None)
            else:
                self._kinds[each.card.id] = each.kind
        return cards

    def _take_away(self, news: PeopleNews, cards: Mapping[Index, Sequence[Card]]) -> None:
        """Remove what is gone, and from other indexes what moved between domains."""
        for each in news.gone:
            self._kinds.pop(each, None)
        moved = {card.id: index for index, new in cards.items() for card in new}
        for index in self._indexes():
            for each in (*news.gone, *(one for one, to in moved.items() if to is not index)):
                index.remove(each)
        for name in [name for name, each in self._domains.items() if not each.is_used(cards)]:
            del self._domains[name]

    async def _drop_left(self) -> None:
        """Remove what a reading of everything did not meet."""
        for index, left in self._left:
            for each in left:
                index.remove(each)
                self._kinds.pop(each, None)
                await self._turn()
        self._left = []

    def _indexes(self) -> Iterator[Index]:
        for domain in self._domains.values():
            yield from (domain.own, domain.external)


def _values(key: str, octets: Sequence[bytes]) -> tuple[Value, ...]:
    """Give values as a card has them: members are addresses, all else is no text."""
    return tuple(each.decode() for each in octets) if key == MEMBERS else tuple(octets)


def _is_news(index: Index, card: Card) -> bool:
    """Tell whether a card is another one: comparing costs less than putting it in its places."""
    row = index.row_of(card.id)
    return row is None or index.entry(row) != card


def _ids(index: Index) -> Iterator[str]:
    return (index.id_of(row) for row in range(index.capacity) if index.is_there(row))


def _too_long(_result: object, _seconds: float) -> bool:
    return False
