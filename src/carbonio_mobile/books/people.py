"""The address list of ActiveSync and of administrators, on the indexes of the address books.

Spec: ../shared/carbonio/attributes.md 7; MS-ASCMD 2.2.1.16 (who is found, in which order).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from zope.interface import implementer

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.folding import fold
from carbonio_mobile.addressbook.peoplecards import CERTIFICATES, MEMBERS, PICTURE, person
from carbonio_mobile.books.gal import GalBook, GalBooks, Turn
from carbonio_mobile.books.looking import cards_of, found_in
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.people import (
    MAX_CERTIFICATES,
    NOBODY,
    People,
    Person,
    PersonKind,
    PersonWish,
)
from carbonio_mobile.directory.scope import rows_allowed
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IDirectory

_TEXTS_ALONE = PersonWish()


@dataclass(frozen=True, slots=True)
class _Met:
    """An entry that was found, and the book that it is in."""

    book: GalBook
    card: Card

    @property
    def order(self) -> tuple[str, str]:
        """The place among those of other books: by display name."""
        shown, mails = self.card.values.get("displayname", ()), self.card.values.get("mail", ())
        name = next((each for each in shown if isinstance(each, str)), "")
        return fold(name), str(next(iter(mails), ""))


@implementer(IDirectory)
class PeopleOfBooks:
    """People as the address lists have them at this moment."""

    def __init__(self, books: GalBooks, *, turn: Turn) -> None:
        self._books = books
        self._turn = turn

    async def search(
        self, viewer: Account, text: str, *, offset: int, limit: int, wish: PersonWish
    ) -> People:
        """See :meth:`IDirectory.search`."""
        books = await self._books.of(viewer)
        return await self._found(books, text, offset, rows_allowed(viewer, offset, limit), wish)

    async def at(
        self, viewer: Account, addresses: Sequence[str], *, wish: PersonWish
    ) -> Mapping[str, Person]:
        """See :meth:`IDirectory.at`."""
        books = await self._books.of(viewer) if addresses else ()
        met = {}
        for address in addresses:
            rows = ((book, book.index.at(address)) for book in books)
            known = next(((book, row) for book, row in rows if row is not None), None)
            if known is not None:
                met[address] = _Met(known[0], known[0].index.entry(known[1]))
        return dict(zip(met, await self._people(met.values(), wish), strict=True))

    async def in_domain(self, domain: str, text: str | None, *, offset: int, limit: int) -> People:
        """See :meth:`IDirectory.in_domain`."""
        books = await self._books.in_domain(domain)
        if text is not None:
            return await self._found(books, text, offset, limit, _TEXTS_ALONE)
        met: list[_Met] = []
        below = offset
        for book in books:
            rows = book.index.page(below, limit - len(met))
            met += [_Met(book, book.index.entry(row)) for row in rows]
            below = max(0, below - len(book.index))
        total = sum(len(book.index) for book in books)
        return People(found=tuple(await self._people(met, _TEXTS_ALONE)), total=total)

    async def _found(
        self, books: Sequence[GalBook], text: str, offset: int, limit: int, wish: PersonWish
    ) -> People:
        met: list[_Met] = []
        total = 0
        for book in books:
            known = await found_in(book.index, text, self._turn)
            total += len(known)
            # No other entry of this book can be among those that are wanted.
            cards = cards_of(book.index, known[: offset + limit])
            met += [_Met(book, card) for card in cards]
        if not total:
            return NOBODY
        if len(books) > 1:
            met.sort(key=lambda each: each.order)
        found = await self._people(met[offset : offset + limit], wish)
        return People(found=tuple(found), total=total)

    async def _people(self, met: Iterable[_Met], wish: PersonWish) -> list[Person]:
        """Make people of entries, with what is wished of them and the members of groups."""
        found = list(met)
        names = set(CERTIFICATES if wish.certificates else ())
        if wish.picture:
            names.add(PICTURE)
        wanted = {each.card.id for each in found if each.card.blobs & {*names, MEMBERS}}
        large: Mapping[str, Mapping[str, Sequence[bytes]]] = {}
        if wanted:
            large = await self._books.blobs_of(wanted, {*names, MEMBERS})
        return [self._person(each, large.get(each.card.id, {})) for each in found]

    def _person(self, met: _Met, large: Mapping[str, Sequence[bytes]]) -> Person:
        kind = self._books.kind(met.card.id)
        # A group that is an account has one as well; it is the directory's own distribution lists
        # that have none.
        is_account = not met.book.is_external and kind is not PersonKind.GROUP
        account = AccountId(met.card.id) if is_account else None
        certificates = [each for key in CERTIFICATES for each in large.get(key, ())]
        return replace(
            person(met.card.values, kind=kind, account=account),
            picture=next(iter(large.get(PICTURE, ())), b""),
            certificates=tuple(dict.fromkeys(certificates[:MAX_CERTIFICATES])),
            members=tuple(each.decode() for each in large.get(MEMBERS, ())),
        )
