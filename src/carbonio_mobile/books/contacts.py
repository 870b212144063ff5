"""An account's own contacts as ActiveSync looks for people among them, on the same indexes as LDAP.

Spec: MS-ASCMD 2.2.1.15 (ResolveRecipients) and 2.2.3.183 (To).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from zope.interface import implementer

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.contactcards import PHOTO
from carbonio_mobile.addressbook.folding import fold
from carbonio_mobile.addressbook.peoplecards import person
from carbonio_mobile.books.folders import FolderBook, FolderBooks
from carbonio_mobile.books.gal import Turn
from carbonio_mobile.books.looking import cards_of, found_in
from carbonio_mobile.directory.people import People, Person, PersonKind, PersonWish
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IOwnContacts


@implementer(IOwnContacts)
class ContactsOfBooks:
    """People in the contact folders of an account."""

    def __init__(self, books: FolderBooks, *, turn: Turn) -> None:
        self._books = books
        self._turn = turn

    async def at(
        self, account: AccountId, addresses: Sequence[str], *, wish: PersonWish
    ) -> Mapping[str, Person]:
        """See :meth:`IOwnContacts.at`."""
        books = [book for _, book in await self._books.of(account)] if addresses else []
        met = {}
        for address in addresses:
            for book in books:
                row = book.index.at(address)
                if row is not None:
                    met[address] = await self._person(book, book.index.entry(row), wish)
                    break
        return met

    async def search(
        self, account: AccountId, text: str, *, limit: int, wish: PersonWish
    ) -> People:
        """See :meth:`IOwnContacts.search`."""
        met: list[tuple[FolderBook, Card]] = []
        total = 0
        for _, book in await self._books.of(account):
            index = book.index
            found = await found_in(index, text, self._turn)
            known = [each for each in found if index.has(each[0], "mail")]
            total += len(known)
            # No other contact of this book can be among those that are wanted.
            met += [(book, card) for card in cards_of(index, known[:limit])]
        met.sort(key=lambda each: fold(str(each[1].values["displayname"][0])))
        people = [await self._person(book, card, wish) for book, card in met[:limit]]
        return People(found=tuple(people), total=total)

    async def _person(self, book: FolderBook, card: Card, wish: PersonWish) -> Person:
        shown = person(card.values, kind=PersonKind.PERSON, account=None)
        if not wish.picture or PHOTO not in card.blobs:
            return shown
        pictures = (await book.blobs(card.id, (PHOTO,))).get(PHOTO, ())
        return replace(shown, picture=next((each for each in pictures if type(each) is bytes), b""))
