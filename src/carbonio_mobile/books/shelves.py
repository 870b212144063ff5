"""What each login sees of the address books: its own, the address list, and those exposed to it.

Spec: ../shared/carbonio/admin-panel.md 6 (names), cli.md 2.3 (exposed books).
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from carbonio_mobile.addressbook.blobs import Blobs
from carbonio_mobile.addressbook.exposure import Exposure
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.addressbook.shelf import Shelf, Shown
from carbonio_mobile.addressbook.suffix import SUFFIX
from carbonio_mobile.books.folders import FolderBook, FolderBooks
from carbonio_mobile.books.follower import FRESH_S
from carbonio_mobile.books.gal import GalBooks
from carbonio_mobile.books.owners import Owners
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import StoreError
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IAccounts, IAddressBooks, IExposures
from carbonio_mobile.ldap.names import Dn, parse_dn
from carbonio_mobile.sync.bookfolders import BookFolder

KEPT_S = 60.0
"""A shelf that nobody asked for so long is forgotten, so that it holds no book in memory."""

CONTAINER = "ou"
"""The attribute that names the container of a book."""

_log = Logger()


@dataclass(frozen=True, slots=True)
class _Book:
    """A book to be shown; ``fuller`` is its name where another has the same."""

    name: str
    fuller: str
    index: Index
    blobs: Blobs


@dataclass(slots=True)
class _Kept:
    """A shelf, and what it was made of when it was last looked at."""

    shelf: Shelf
    shown: Sequence[Shown]
    looked_s: float
    exposures: int


@implementer(IAddressBooks)
class AddressBooks:
    """The shelves of all logins.

    A mailbox that cannot be read costs its own books: they are left out, and that is logged.
    """

    def __init__(
        self,
        *,
        accounts: IAccounts,
        folders: FolderBooks,
        gal: GalBooks,
        exposures: IExposures,
        clock: IReactorTime,
    ) -> None:
        self._folders = folders
        self._gal = gal
        self._exposures = exposures
        self._clock = clock
        self._owners = Owners(accounts=accounts, clock=clock)
        self._suffix = parse_dn(SUFFIX)
        self._kept: OrderedDict[AccountId, _Kept] = OrderedDict()
        self._unreadable: set[AccountId] = set()

    async def shelf(self, viewer: Account) -> Shelf:
        """See :meth:`IAddressBooks.shelf`."""
        now_s = self._clock.seconds()
        exposures = self._exposures.generation()
        kept = self._kept.get(viewer.id)
        if kept is not None and kept.exposures == exposures and now_s - kept.looked_s < FRESH_S:
            return kept.shelf
        books = await self._seen_by(viewer)
        shown = _shown(self._suffix, books)
        # Made anew only where something else is on it: who answers keeps what it works out of a
        # book with the book.
        kept = self._kept.pop(viewer.id, None)
        if kept is None or not _are_same(kept.shown, shown):
            by_domain = _suffix_of(viewer.domain)
            also = Shelf(by_domain, _shown(by_domain, books))
            kept = _Kept(Shelf(self._suffix, shown, also), shown, now_s, exposures)
        kept.looked_s, kept.exposures = now_s, exposures
        self._kept[viewer.id] = kept
        self._forget(now_s - KEPT_S)
        return kept.shelf

    def _forget(self, before_s: float) -> None:
        for account, kept in list(self._kept.items()):
            if kept.looked_s >= before_s:
                return
            del self._kept[account]

    async def _seen_by(self, viewer: Account) -> Sequence[_Book]:
        own = []
        if viewer.flag("zimbraFeatureContactsEnabled", default=True):
            own = [
                _Book(folder.path, folder.path, book.index, book.blobs)
                for folder, book in await self._books(viewer.id, None)
            ]
        listed = [
            _Book(book.name, book.name, book.index, self._gal.blobs)
            for book in await self._gal.of(viewer)
        ]
        return [*own, *listed, *await self._exposed_to(viewer)]

    async def _exposed_to(self, viewer: Account) -> Sequence[_Book]:
        exposed = (*self._exposures.exposures(""), *self._exposures.exposures(viewer.domain))
        looks = [
            Deferred.fromCoroutine(self._exposed_by(account, only))
            for account, only in _by_owner(exposed, but=viewer.id).items()
        ]
        found: Sequence[Sequence[_Book]] = await gatherResults(looks, consumeErrors=True)
        return sorted(chain.from_iterable(found), key=lambda book: book.name.casefold())

    async def _exposed_by(
        self, account: AccountId, only: Collection[FolderId] | None
    ) -> Sequence[_Book]:
        try:
            owner = await self._owners.owner(account)
        except StoreError as fault:
            self._left_out(account, fault)
            return ()
        if owner is None:
            return ()
        return [
            _Book(
                owner.label + folder.path,
                f"{owner.label} ({owner.name}){folder.path}",
                book.index,
                book.blobs,
            )
            for folder, book in await self._books(account, only)
        ]

    async def _books(
        self, account: AccountId, only: Collection[FolderId] | None
    ) -> Sequence[tuple[BookFolder, FolderBook]]:
        """Give an account's books; none of one that cannot be read now."""
        try:
            books = await self._folders.of(account, only)
        except StoreError as fault:
            self._left_out(account, fault)
            return ()
        self._unreadable.discard(account)
        return books

    def _left_out(self, account: AccountId, fault: StoreError) -> None:
        if account not in self._unreadable:  # said once, not at every look-up
            self._unreadable.add(account)
            _log.warn(
                "the address books of {account} cannot be read, and are left out: {fault}",
                account=account,
                fault=str(fault),
            )


def _suffix_of(domain: str) -> Dn:
    """Give the name that a domain usually has in directories (RFC 2247)."""
    suffix = Dn()
    for label in reversed(domain.split(".")):
        suffix = suffix.child("dc", label)
    return suffix


def _shown(suffix: Dn, books: Iterable[_Book]) -> Sequence[Shown]:
    taken: set[Dn] = set()
    shown = []
    for book in books:
        name, container = next(
            (name, container)
            for name in _names(book)
            if (container := suffix.child(CONTAINER, name)) not in taken
        )
        taken.add(container)
        shown.append(Shown(name, container, book.index, book.blobs))
    return tuple(shown)


def _names(book: _Book) -> Iterator[str]:
    """Give what a book may be called, the best name first, without end."""
    yield book.name
    yield book.fuller
    number = 2
    while True:
        yield f"{book.fuller} ({number})"
        number += 1


def _by_owner(
    exposures: Iterable[Exposure], *, but: AccountId
) -> dict[AccountId, set[FolderId] | None]:
    """Give the folders that are exposed, by their owner; None for all of them."""
    found: dict[AccountId, set[FolderId] | None] = {}
    for each in exposures:
        if each.account == but:
            continue
        known = found.setdefault(each.account, set())
        if each.folder is None:
            found[each.account] = None
        elif known is not None:
            known.add(each.folder)
    return found


def _are_same(before: Sequence[Shown], after: Sequence[Shown]) -> bool:
    return len(before) == len(after) and all(
        one.name == other.name and one.index is other.index
        for one, other in zip(before, after, strict=True)
    )
