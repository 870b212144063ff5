"""What every write of one account's objects needs: its mirror, its server, its locks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred

from carbonio_mobile.dav.collection import Collection
from carbonio_mobile.dav.hrefs import Url
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.davclient.items import DavItems
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads
from carbonio_mobile.mailbox.gateway.objects.parts import Connect, Locks, ObjectOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One account's. ``collection_of`` gives the collection at a place, ``refresh`` brings its
    mirror up to date while its lock is held; both raise NotFound where it is gone, and StoreError.
    """

    account: AccountId
    threads: DatabaseThreads
    connect: Connect
    collection_of: Callable[[Url], Awaitable[Collection]]
    refresh: Callable[[Url], Awaitable[None]]
    locks: Locks
    options: ObjectOptions

    def read(self, work: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Have a function of the mirror's database called."""
        return self.threads.read(self.account, lambda db: work(db, *args))

    def write(self, work: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Have a function of a change of the mirror called, and what it did committed."""
        return self.threads.write(self.account, lambda change: work(change, *args))

    async def items(self, place: Url) -> DavItems:
        """Give a collection's members. Raises: NotFound, StoreError."""
        collection = await self.collection_of(place)
        return DavItems(await self.connect(), collection, page=self.options.page)
