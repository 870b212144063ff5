"""``LdapPeople``: the people of an LDAP directory as a feed for the address lists.

Everything is read once, in pages. Then the directory is asked from time to time which entries have
a later revision (entryCSN, else modifyTimestamp), and more rarely which there are at all: that
shows those that are gone. What changed is read by name.

Spec: issue 6, section 2; ../shared/carbonio/attributes.md 7.
"""

from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from carbonio_mobile.accounts.ldapdirectory import filters
from carbonio_mobile.accounts.ldapdirectory.feedstate import FeedState, Place
from carbonio_mobile.accounts.ldapdirectory.listmembers import is_list, members
from carbonio_mobile.accounts.ldapdirectory.messages import FoundEntry
from carbonio_mobile.accounts.ldapdirectory.pool import LdapPool
from carbonio_mobile.accounts.ldapdirectory.presets import REVISIONS, Tree, blob_names
from carbonio_mobile.accounts.ldapdirectory.values import addresses_of, plain_values
from carbonio_mobile.addressbook.news import DomainCard, PeopleNews, PeoplePosition
from carbonio_mobile.addressbook.peoplecards import (
    BLOB_SOURCES,
    MEMBERS,
    account_card,
)
from carbonio_mobile.directory.people import MAX_BLOB_BYTES, MAX_CERTIFICATES
from carbonio_mobile.errors import StoreError
from carbonio_mobile.interfaces import IPeopleFeed

PAGE = 100
"""Changed entries in one page of news."""

_log = Logger()


@dataclass(slots=True)
class _Reading:
    """A reading of everything that is under way: how many pages it gave."""

    pages: AsyncIterator[Sequence[FoundEntry]]
    large: Mapping[str, tuple[str, ...]]
    found: dict[str, Place]
    change: int
    number: int
    given: int = 0


@implementer(IPeopleFeed)
class LdapPeople:
    """People of ``tree``; looks for changes each ``resync_s``, for all each ``whole_s``."""

    def __init__(
        self,
        *,
        pool: LdapPool,
        tree: Tree,
        clock: IReactorTime,
        resync_s: float,
        whole_s: float,
    ) -> None:
        self._pool = pool
        self._tree = tree
        self._clock = clock
        self._resync_s = resync_s
        self._whole_s = whole_s
        self._state = FeedState()
        self._is_read = False
        self._reading: _Reading | None = None
        self._readings = 0
        self._revision = ""
        self._whole_at = float("-inf")
        self._looking: list[Deferred[None]] | None = None
        self._next_look: IDelayedCall | None = None
        self._is_failing = False

    def start(self) -> None:
        """Begin to look for changes."""
        self._next_look = self._clock.callLater(self._resync_s, self.start)
        if self._is_read:
            Deferred.fromCoroutine(self.refresh()).addErrback(self._report)

    def stop(self) -> None:
        """Look no more."""
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None

    # IPeopleFeed

    def version(self) -> int | None:
        """See :meth:`IPeopleFeed.version`."""
        return self._state.change if self._is_read else None

    async def people_since(self, position: PeoplePosition | None) -> PeopleNews:
        """See :meth:`IPeopleFeed.people_since`. Raises: Unavailable, TooLarge."""
        if position is None or not self._state.lowest <= position.change <= self._state.change:
            return await self._first_page()
        if not position.after:
            return await self._changes(position)
        reading = self._reading
        if reading is None or position.after != f"{reading.number}:{reading.given}":
            return await self._first_page()
        return await self._page(reading)

    async def blobs(
        self, owners: Collection[str], names: Collection[str]
    ) -> Mapping[str, Mapping[str, Sequence[bytes]]]:
        """See :meth:`IPeopleFeed.blobs`. Raises: Unavailable."""
        wanted = [source for source, key in BLOB_SOURCES.items() if key in names]
        found = await self._entries(list(owners), (*blob_names(), "objectClass"))
        told: dict[str, dict[str, Sequence[bytes]]] = {}
        for owner, entry in found.items():
            large = _large(entry, wanted)
            if MEMBERS in names and is_list(entry):
                large[MEMBERS] = [
                    each.encode() for each in await members(self._pool, self._tree, entry)
                ]
            told[owner] = large
        return told

    # Reading everything

    async def _first_page(self) -> PeopleNews:
        self._readings += 1
        reading = _Reading(
            pages=self._pool.pages(
                self._tree.base, self._tree.people.filled(), self._tree.person_names
            ),
            large=await self._with_large(),
            found={},
            change=self._state.change,
            number=self._readings,
        )
        self._reading = reading
        return await self._page(reading)

    async def _page(self, reading: _Reading) -> PeopleNews:
        """Give the next page, and what it says of revisions to the state when it was the last."""
        is_first = not reading.given
        try:
            entries = await anext(reading.pages, None)
        except BaseException:
            # It would end like one that gave everything.
            self._reading = None
            raise
        reading.given += 1
        is_last = entries is None
        for each in entries or ():
            owner = self._owner(each)
            if owner:
                reading.found[owner] = Place(each.dn, _revision(each))
        if is_last:
            self._reading = None
            self._finish(reading)
        after = "" if is_last else f"{reading.number}:{reading.given}"
        return PeopleNews(
            position=PeoplePosition(reading.change, after),
            changed=self._cards(entries or (), reading.large),
            is_whole=True,
            is_first=is_first,
            is_last=is_last,
        )

    def _finish(self, reading: _Reading) -> None:
        """Know what was read; changes noted meanwhile are told once more."""
        if not self._is_read:
            self._state.begin(reading.found)
            self._is_read = True

    async def _with_large(self) -> Mapping[str, tuple[str, ...]]:
        """Give the names of large values that entries have, by the entries' names."""
        names = [*BLOB_SOURCES]
        any_large = filters.any_of(filters.present(name) for name in names)
        filter_ = filters.all_of(self._tree.people.filled(), any_large)
        found: dict[str, tuple[str, ...]] = {}
        pages = self._pool.pages(
            self._tree.base, filter_, (*names, "userCertificate;binary"), types_only=True
        )
        async for page in pages:
            found |= {each.dn: tuple(key for key in names if key in each.values) for each in page}
        return found

    # What changed

    async def refresh(self, *, whole: bool = False) -> None:
        """Ask the directory for changes now; ``whole``: for those that are gone as well.

        Raises: Unavailable, TooLarge.
        """
        mine: Deferred[None] = Deferred()
        if self._looking is not None:
            self._looking.append(mine)
        else:
            self._looking = [mine]
            Deferred.fromCoroutine(self._look(whole=whole)).addBoth(self._tell)
        await mine

    def _tell(self, outcome: Failure | None) -> None:
        waiting, self._looking = self._looking or [], None
        if outcome is None:
            self._is_failing = False
        for each in waiting:
            each.errback(outcome) if isinstance(outcome, Failure) else each.callback(None)

    async def _look(self, *, whole: bool) -> None:
        now, newest = self._clock.seconds(), self._state.newest
        if not self._is_read:
            return
        if whole or not self._revision or now - self._whole_at >= self._whole_s:
            await self._look_at_all()
            self._whole_at = now
        else:
            await self._look_since(self._revision)
        # From what was known when this look began: entries may have changed behind its back.
        self._revision = newest

    async def _look_at_all(self) -> None:
        found: dict[str, Place] = {}
        async for page in self._places(self._tree.people.filled()):
            found.update(page)
        self._state.note_all(found)

    async def _look_since(self, revision: str) -> None:
        """Ask what has a revision from this one on, whatever it was made."""
        attribute = REVISIONS[0] if "#" in revision else REVISIONS[1]
        filter_ = filters.all_of(self._tree.people.filled(), filters.at_least(attribute, revision))
        async for page in self._places(filter_):
            self._state.note(page)

    async def _places(self, filter_: bytes) -> AsyncIterator[list[tuple[str, Place]]]:
        pages = self._pool.pages(self._tree.base, filter_, (self._tree.id, *REVISIONS))
        async for page in pages:
            told = ((self._owner(each), Place(each.dn, _revision(each))) for each in page)
            yield [(owner, place) for owner, place in told if owner]

    async def _changes(self, position: PeoplePosition) -> PeopleNews:
        owners, reached = self._state.since(position.change, PAGE)
        found = await self._entries(owners, self._tree.person_names)
        present = await self._present(found)
        large = {
            entry.dn: tuple(key for key in BLOB_SOURCES if key in present.get(entry.dn, ()))
            for entry in found.values()
        }
        cards = self._cards(found.values(), large)
        shown = {each.card.id for each in cards}
        return PeopleNews(
            position=PeoplePosition(reached),
            changed=cards,
            gone=[owner for owner in owners if owner not in shown],
            is_last=len(owners) < PAGE,
        )

    async def _entries(
        self, owners: Sequence[str], names: Sequence[str]
    ) -> Mapping[str, FoundEntry]:
        """Read entries by name, all at once; those that are gone or another's are left out."""
        places = self._state.places
        known = [(owner, places[owner].dn) for owner in owners if owner in places]
        asked = (*dict.fromkeys((self._tree.id, *names)),)
        found = await self._at_once([self._pool.entry(dn, asked) for _, dn in known])
        return {
            owner: entry
            for (owner, _), entry in zip(known, found, strict=True)
            if entry is not None and self._owner(entry) == owner
        }

    async def _present(self, found: Mapping[str, FoundEntry]) -> Mapping[str, Collection[str]]:
        """Give the names of large values that entries have, by the entries' names."""
        asked = [
            self._pool.entry(entry.dn, blob_names(), types_only=True) for entry in found.values()
        ]
        told = await self._at_once(asked)
        return {entry.dn: entry.values.keys() for entry in told if entry is not None}

    @staticmethod
    async def _at_once(
        asked: Sequence[Coroutine[Any, Any, FoundEntry | None]],
    ) -> list[FoundEntry | None]:
        outcomes = await DeferredList(
            [Deferred.fromCoroutine(each) for each in asked], consumeErrors=True
        )
        found: list[FoundEntry | None] = []
        for _, outcome in outcomes:
            if isinstance(outcome, Failure):
                outcome.raiseException()
            found.append(outcome)
        return found

    # Entries and cards

    def _owner(self, entry: FoundEntry) -> str:
        return entry.first(self._tree.id).lower()

    def _cards(
        self, entries: Iterable[FoundEntry], large: Mapping[str, tuple[str, ...]]
    ) -> list[DomainCard]:
        cards = (self._card(each, large.get(each.dn, ())) for each in entries)
        return [each for each in cards if each is not None]

    def _card(self, entry: FoundEntry, large: Sequence[str]) -> DomainCard | None:
        owner, addresses = self._owner(entry), addresses_of(entry, self._tree.addresses)
        if not owner or not addresses:
            return None
        values = plain_values(entry, self._tree.people_attributes)
        made = account_card(owner, addresses, values, large)
        if made is None:
            return None
        domain = addresses[0].rpartition("@")[2]
        return DomainCard(domain=domain, card=made[0], kind=made[1])

    def _report(self, failure: Failure) -> None:
        if not failure.check(StoreError):
            _log.failure("looking for changes of the address list failed", failure)
        elif not self._is_failing:
            self._is_failing = True
            _log.warn("the address list is not renewed {why}", why=failure.getErrorMessage())


def _revision(entry: FoundEntry) -> str:
    return next((text for name in REVISIONS if (text := entry.first(name))), "")


def _large(entry: FoundEntry, sources: Iterable[str]) -> dict[str, Sequence[bytes]]:
    found: dict[str, list[bytes]] = {}
    for source in sources:
        usable = [each for each in entry.values.get(source, ()) if 0 < len(each) <= MAX_BLOB_BYTES]
        if usable:
            found.setdefault(BLOB_SOURCES[source], []).extend(usable[:MAX_CERTIFICATES])
    return dict(found)
