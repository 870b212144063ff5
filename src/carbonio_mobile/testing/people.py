"""The address list of a directory in memory, whole at once."""

from twisted.internet.task import Clock

from carbonio_mobile.books.gal import GalBooks
from carbonio_mobile.books.people import PeopleOfBooks
from carbonio_mobile.interfaces import IPeopleFeed


async def no_turn() -> None:
    """Go on at once: nobody else waits."""


def people_of(feed: IPeopleFeed) -> PeopleOfBooks:
    """Make the address list of what a feed tells."""
    return PeopleOfBooks(GalBooks(feed=feed, turn=no_turn, clock=Clock()), turn=no_turn)
