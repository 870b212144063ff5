"""What the watches of all accounts share: the means to reach mailboxes, and bounds."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.mailbox.gateway.push.news import NewsLimits
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.watch import WatchLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchMeans:
    """How watches reach what they watch. All may raise StoreError and are then tried again later;
    none may call the change hub before it has returned its awaitable.

    ``open`` logs an account in, on a connection for the watch alone.
    ``names`` gives the mailbox of each folder that is one of mail, of those named; others it leaves
    out, and also folders that do not exist.
    ``poll`` asks the server what is new in these folders, those that ``names`` left out.
    ``on_news`` takes in what is new in a mailbox (None: in the list of mailboxes): it looks at the
    server after it was called, and is done when the account's mirror has all that it saw.
    """

    open: Callable[[AccountId], Awaitable[ImapConnection]]
    names: Callable[[AccountId, Collection[FolderId]], Awaitable[Mapping[FolderId, str]]]
    poll: Callable[[AccountId, Collection[FolderId]], Awaitable[None]]
    on_news: Callable[[AccountId, str | None], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchesLimits:
    """How many connections there are in all and logins under way, and for how long one stays
    that nobody waits for; the first and the longest pause before one that ended is opened anew;
    STATUS commands a second of all accounts; the time between polls and how many are under way.
    Times are in seconds.
    """

    connections: int = 10_000
    logins: int = 8
    linger_s: float = 120.0
    first_pause_s: float = 2.0
    longest_pause_s: float = 300.0
    status_a_s: float = 50.0
    poll_s: float = 120.0
    longest_poll_s: float = 900.0
    polls: int = 8
    watch: WatchLimits = field(default_factory=WatchLimits)
    news: NewsLimits = field(default_factory=NewsLimits)


class WatchShares:
    """Clock, chance (numbers from 0 to 1), and what there is too little of for all at once."""

    def __init__(
        self,
        means: WatchMeans,
        *,
        clock: IReactorTime,
        chance: Callable[[], float],
        limits: WatchesLimits,
    ) -> None:
        self.means = means
        self.clock = clock
        self.chance = chance
        self.limits = limits
        self.logins = DeferredSemaphore(limits.logins)
        self.polls = DeferredSemaphore(limits.polls)
        self.places = DeferredSemaphore(limits.connections)
        self.connections: set[ImapConnection] = set()
        self._free_at = 0.0

    async def pace(self, count: int) -> None:
        """Wait until so many STATUS commands may be sent."""
        now = self.clock.seconds()
        starts_at = max(now, self._free_at)
        self._free_at = starts_at + count / self.limits.status_a_s
        if starts_at > now:
            await deferLater(self.clock, starts_at - now, lambda: None)

    async def pause(self, failures: int) -> None:
        """Wait after so many failures in a row, by chance longer or shorter."""
        limits = self.limits
        longest = min(limits.longest_pause_s, limits.first_pause_s * 2 ** min(failures, 30))
        await deferLater(self.clock, longest * (0.5 + self.chance() / 2), lambda: None)

    def keep(self, connection: ImapConnection) -> None:
        """Count a connection until it has ended."""
        self.connections.add(connection)
        connection.ended.addBoth(lambda _: self.connections.discard(connection))


@asynccontextmanager
async def held(semaphore: DeferredSemaphore) -> AsyncIterator[None]:
    """Have one of a few for the block; who waits for one may give up."""
    await semaphore.acquire()
    try:
        yield
    finally:
        semaphore.release()
