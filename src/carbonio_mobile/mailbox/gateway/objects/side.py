"""``ObjectSide``: one account's calendars, tasks, contacts and notes on a DAV server.

The mirror holds them whole, as an embedded mailbox would. Reading is the mirror's own; here is
what needs the server: which folders there are, bringing the mirror up to date, and all writes,
which go to the server first. One lock for each collection keeps refreshes and writes apart.
"""

from collections.abc import Callable, Collection, Sequence
from hashlib import sha256

from carbonio_mobile.dav.freebusy import Availability
from carbonio_mobile.dav.hrefs import Url
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import AccountId, FolderId, ItemId, ItemVersion, OperationId
from carbonio_mobile.mailbox.davclient.busy import ATTENDEES_MAX, busy_people
from carbonio_mobile.mailbox.embedded.rows import folder_id
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads
from carbonio_mobile.mailbox.gateway.objects.deletes import ObjectDeletes
from carbonio_mobile.mailbox.gateway.objects.folders import ObjectFolders
from carbonio_mobile.mailbox.gateway.objects.moves import ObjectMoves
from carbonio_mobile.mailbox.gateway.objects.parts import (
    Connect,
    Locks,
    ObjectOptions,
    QuotaOf,
)
from carbonio_mobile.mailbox.gateway.objects.reach import Reach
from carbonio_mobile.mailbox.gateway.objects.refresh import ObjectRefresh
from carbonio_mobile.mailbox.gateway.objects.writes import ObjectWrites, TakenElsewhere
from carbonio_mobile.mailbox.mirror.links import (
    FolderLink,
    Protocol,
    RemoteFolder,
    link_of,
    links,
)
from carbonio_mobile.mailbox.sharedwork import SharedWork
from carbonio_mobile.sync.changes import ItemHead
from carbonio_mobile.sync.folders import FolderKind


class ObjectSide:
    """One account's objects. ``clock`` gives seconds; ``threads`` tells the sink of changes.

    What ``folders`` gives is to be merged into the mirror (``mirror.links.reconcile``) by the
    caller, as is what ``create``, ``rename`` and ``delete_folder`` did.
    """

    def __init__(
        self,
        account: AccountId,
        *,
        threads: DatabaseThreads,
        connect: Connect,
        clock: Callable[[], float],
        options: ObjectOptions,
        quota_of: QuotaOf,
        message_limit_bytes: int,
    ) -> None:
        self.account = account
        self._threads = threads
        self._connect = connect
        self._locks = Locks()
        self._clock = clock
        self._fresh_s = options.fresh_s
        self._refreshing: dict[Url, SharedWork[None]] = {}
        self._refreshed_at: dict[Url, float] = {}
        self._folders = ObjectFolders(
            account, threads=threads, connect=connect, clock=clock, options=options
        )
        self._refresh = ObjectRefresh(
            account,
            threads=threads,
            connect=connect,
            options=options,
            limit_bytes=message_limit_bytes,
        )
        reach = Reach(
            account=account,
            threads=threads,
            connect=connect,
            collection_of=self._folders.collection,
            refresh=self._refresh_now,
            locks=self._locks,
            options=options,
        )
        self._moves = ObjectMoves(reach)
        self._deletes = ObjectDeletes(reach)
        self._writes = ObjectWrites(reach, quota_of=quota_of, limit_bytes=message_limit_bytes)

    # Folders

    async def folders(self) -> list[RemoteFolder]:
        """Give the folders as the server has them, the standard ones first.

        Names need not be unique. Standard folders that the server lacks are made, once, where it
        lets us. Costs one PROPFIND a home, nothing within ``fresh_s``. Raises: StoreError.
        """
        return await self._folders.folders()

    async def create(self, name: str, kind: FolderKind, operation: OperationId) -> RemoteFolder:
        """Make a collection, once per operation.

        Raises: NotAllowed (a kind or name that cannot be, or the server does not let us),
        StoreError.
        """
        return await self._folders.create(name, kind, operation)

    async def rename(self, link: FolderLink, name: str) -> None:
        """Rename a folder's collection. Where it is several folders, the others follow.

        Raises: NotAllowed, ReadOnly, NotFound, StoreError.
        """
        _check_own(link)
        async with self._locks.held(Url(link.place)):
            await self._folders.rename(link, name)

    async def delete_folder(self, link: FolderLink) -> None:
        """Delete a folder's collection; where it is several folders, this one's objects alone.

        One that is gone already is a success. Raises: NotAllowed, ReadOnly, StoreError.
        """
        _check_own(link)
        await self._moves.settle()
        async with self._locks.held(Url(link.place)):
            is_deleted = await self._folders.delete(link)
        if not is_deleted:
            await self._deletes.empty(link.id)

    # News

    async def is_current(self, folder: FolderId) -> bool:
        """Tell whether the mirror of a folder is what the server has, as it was listed lately.

        Raises: NotFound, StoreError.
        """
        link: FolderLink = await self._threads.read(self.account, lambda db: link_of(db, folder))
        return await self._is_current(Url(link.place))

    async def refresh(self, folder: FolderId) -> None:
        """Bring the mirror of a folder up to date; costs what changed.

        Callers at the same time share it, and it goes on when they no longer wait. Nothing is asked
        again within ``fresh_s``. Raises: NotFound (folder, or its collection is gone), StoreError.
        """
        link: FolderLink = await self._threads.read(self.account, lambda db: link_of(db, folder))
        await self._refresh_place(Url(link.place))

    async def refresh_all(self, kinds: Collection[FolderKind]) -> None:
        """Bring all folders of some kinds up to date, one after the other.

        One question tells which of them changed. Those whose collection is gone are left as they
        are. Raises: StoreError.
        """
        found: list[FolderLink] = await self._threads.read(self.account, links)
        places = [
            Url(one.place) for one in found if one.protocol is Protocol.DAV and one.kind in kinds
        ]
        for place in dict.fromkeys(places):
            try:
                await self._refresh_place(place)
            except NotFound:
                continue  # the next listing of folders says so

    async def _is_current(self, place: Url) -> bool:
        state = await self._folders.state(place)
        return bool(state) and state == await self._refresh.state(place)

    async def _refresh_place(self, place: Url) -> None:
        work = self._refreshing.get(place)
        if work is None or work.is_over:
            work = SharedWork(self._refreshed(place))
            if not work.is_over:
                self._refreshing[place] = work
        await work.result()

    async def _refreshed(self, place: Url) -> None:
        now = self._clock()
        try:
            if await self._is_fresh(place, now):
                return
            await self._moves.settle()
            if await self._is_current(place):
                return
            async with self._locks.held(place):
                await self._refresh_now(place)
            self._refreshed_at[place] = now
        finally:
            self._refreshing.pop(place, None)

    async def _refresh_now(self, place: Url) -> None:
        """Ask what changed; the lock is held."""
        collection = await self._folders.collection(place)
        if await self._refresh.refresh(collection, self._folders.last_state(place)):
            self._folders.outdate()

    async def _is_fresh(self, place: Url, now: float) -> bool:
        """Tell whether a collection was refreshed just now, in all folders that it has."""
        at = self._refreshed_at.get(place)
        if at is None or now - at >= self._fresh_s:
            return False
        return all(one.token for one in await self._refresh.links(place))

    # Objects

    async def add(self, folder: FolderId, source: bytes, operation: OperationId) -> ItemHead:
        """See :meth:`IObjects.add_object`; more in :meth:`ObjectWrites.add`.

        Some devices move an event by adding it in one calendar and then deleting it in the other.
        Where a server lets a UID stand in one calendar only (Cyrus), the object there is moved, and
        gets the new text.
        """
        await self._moves.settle()
        try:
            return await self._writes.add(folder, source, operation)
        except TakenElsewhere as exc:
            there = exc.there
        item = ItemId(there.number)
        moved = await self._moves.move(folder_id(there.folder), [item], folder)
        if item not in moved:
            raise Conflict("the object of this UID went meanwhile")
        head = moved[item]
        await self._writes.replace(folder, head.position.item, source, head.version)
        return await self._writes.note_added(folder, head.position.item, operation)

    async def replace(
        self, folder: FolderId, item: ItemId, source: bytes, expected: ItemVersion
    ) -> ItemVersion:
        """See :meth:`IObjects.replace_object`; more in :meth:`ObjectWrites.replace`."""
        await self._moves.settle()
        return await self._writes.replace(folder, item, source, expected)

    async def move(
        self, folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> dict[ItemId, ItemHead]:
        """See :meth:`IItemWrites.move`; more in :meth:`ObjectMoves.move`."""
        await self._moves.settle()
        return dict(await self._moves.move(folder, items, target))

    async def delete(self, folder: FolderId, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """See :meth:`IItemWrites.delete`; more in :meth:`ObjectDeletes.delete`."""
        await self._moves.settle()
        return await self._deletes.delete(folder, items)

    async def empty(self, folder: FolderId) -> None:
        """Delete all objects of a folder. Raises: NotFound, ReadOnly, StoreError."""
        await self._moves.settle()
        await self._deletes.empty(folder)

    # Scheduling

    async def schedules(self) -> bool:
        """Tell whether the server itself sends invitations when an event is stored (RFC 6638).

        Raises: StoreError.
        """
        return (await self._folders.homes()).schedules

    async def busy(
        self, addresses: Sequence[str], start: float, end: float
    ) -> tuple[Availability, ...] | None:
        """Give when people are busy, from ``start`` to ``end`` (seconds since 1970 UTC).

        None where the server answers no such question, or not for this login. At most 100 people
        are asked for, the first. Raises: Unavailable, StoreError.
        """
        homes = await self._folders.homes()
        if homes.outbox is None or not homes.addresses or not addresses:
            return None
        asked = tuple(addresses[:ATTENDEES_MAX])
        uid = sha256(repr((self.account, asked, start, end)).encode()).hexdigest()[:32]
        try:
            return await busy_people(
                await self._connect(), homes.outbox, homes.addresses[0], asked, start, end, uid=uid
            )
        except NotAllowed:
            return None


def _check_own(link: FolderLink) -> None:
    if link.kind.standard:
        raise NotAllowed(f"folder {link.folder} is a standard folder")
    link.check_writable()
