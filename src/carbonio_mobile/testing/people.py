"""The address list of a directory in memory and the contacts of mailboxes, whole at once."""

from itertools import count

from twisted.internet.task import Clock

from carbonio_mobile.books.contacts import ContactsOfBooks
from carbonio_mobile.books.folders import FolderBooks
from carbonio_mobile.books.gal import GalBooks
from carbonio_mobile.books.people import PeopleOfBooks
from carbonio_mobile.interfaces import IMailboxes, IPeopleFeed


async def no_turn() -> None:
    """Go on at once: nobody else waits."""


def people_of(feed: IPeopleFeed) -> PeopleOfBooks:
    """Make the address list of what a feed tells."""
    return PeopleOfBooks(GalBooks(feed=feed, turn=no_turn, clock=Clock()), turn=no_turn)


class _Hurried(Clock):
    """A clock by which nothing is fresh: each look at it is an hour later."""

    def __init__(self) -> None:
        super().__init__()
        self._hours = count()

    def seconds(self) -> float:
        """Give seconds."""
        return 3600.0 * next(self._hours)


def contacts_of(mailboxes: IMailboxes) -> ContactsOfBooks:
    """Make what finds the contacts of mailboxes as they are at that moment."""
    books = FolderBooks(
        mailboxes=mailboxes, clock=_Hurried(), turn=no_turn, entries_count=1_000_000
    )
    return ContactsOfBooks(books, turn=no_turn)
