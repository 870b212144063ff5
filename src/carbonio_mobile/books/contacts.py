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
        for _, book in await self._books.of(account):
            met += [(book, card) for card in await self._found(book, text)]
        met.sort(key=lambda each: fold(str(each[1].values["displayname"][0])))
        found = [await self._person(book, card, wish) for book, card in met[:limit]]
        return People(found=tuple(found), total=len(met))

    async def _found(self, book: FolderBook, text: str) -> list[Card]:
        """Give the entries that have an address; rows may be others' after a turn."""
        found: list[Card] = []
        for rows in book.index.beginning(text):
            cards = map(book.index.entry, rows)
            found += [card for card in cards if "mail" in card.values]
            if not rows:
                await self._turn()
        return found

    async def _person(self, book: FolderBook, card: Card, wish: PersonWish) -> Person:
        shown = person(card.values, kind=PersonKind.PERSON, account=None)
        if not wish.picture or PHOTO not in card.blobs:
            return shown
        pictures = (await book.blobs(card.id, (PHOTO,))).get(PHOTO, ())
        return replace(shown, picture=next((each for each in pictures if type(each) is bytes), b""))
