"""The mail of one account's gateway mailbox: who comes when, in which state of the mirror.

One lock for each folder: while somebody refreshes it or writes in it, the others wait. Before
anything is read of a folder's history its mirror is fresh: a live watch covers it and heard
nothing, or the server was just asked.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from carbonio_mobile.errors import NotFound, Unavailable
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, OperationId, PartId
from carbonio_mobile.mailbox.gateway.heldfolders import HeldFolders
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.moves import MailMoves
from carbonio_mobile.mailbox.gateway.mail.options import MailOptions
from carbonio_mobile.mailbox.gateway.mail.reading import MailReading
from carbonio_mobile.mailbox.gateway.mail.recovery import MailRecovery
from carbonio_mobile.mailbox.gateway.mail.refresh import MailRefresh, Progress
from carbonio_mobile.mailbox.gateway.mail.search import MailSearch, shown
from carbonio_mobile.mailbox.gateway.mail.writes import MailWrites
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.mirror.intents import WriteIntent
from carbonio_mobile.mailbox.mirror.links import FolderLink, Protocol, link_of
from carbonio_mobile.mime.mailitem import (
    BodyWish,
    MailItem,
    MailPatch,
    MailQuery,
    MailState,
    SearchHits,
)
from carbonio_mobile.sync.changes import ItemHead

IsCovered = Callable[[str], bool]
"""Tells whether a live watch covers a mailbox, and heard of nothing since it was last refreshed."""


class MailSide:
    """The messages of one account. ``current`` gives a folder's link; ``note`` is given those that
    changed.
    """

    def __init__(
        self,
        access: MailAccess,
        jobs: MirrorJobs,
        *,
        options: MailOptions,
        is_covered: IsCovered,
        told: Progress,
        current: Callable[[FolderId], Awaitable[FolderLink]],
        note: Callable[[FolderLink], None],
    ) -> None:
        self._access = access
        self._jobs = jobs
        self._current = current
        self._note = note
        self._options = options
        self._is_covered = is_covered
        self._refresh = MailRefresh(access, jobs, flags_s=options.flags_s, told=told)
        self._reading = MailReading(
            access,
            jobs,
            cache_bytes=options.cache_bytes,
            message_limit_bytes=options.message_limit_bytes,
        )
        self._writes = MailWrites(access, jobs)
        self._moves = MailMoves(access, jobs)
        self._recovery = MailRecovery(
            access, jobs, self._writes, self._moves, doubt_s=options.doubt_s
        )
        self._search = MailSearch(access, jobs, refresh=self._look_again, search_s=options.search_s)
        self._folders = HeldFolders(
            jobs,
            refresh=self._refresh.refresh,
            settle=self._recovery.settle,
            renew=self._refresh.renew,
            is_fresh=self._is_fresh_since,
            current=current,
            note=note,
        )

    async def freshen(self, link: FolderLink) -> None:
        """See to it that the mirror of a folder shows what the server has now.

        Raises: NotFound (the mailbox is gone), other StoreErrors.
        """
        if self._folders.is_fresh(link):
            return
        async with self._folders.held(link):
            pass

    @property
    def is_idle(self) -> bool:
        """Whether nobody is at work in a folder."""
        return self._search.is_idle and self._folders.is_idle

    def stale(self, folder: int | None = None) -> None:
        """Have the server asked again, about one folder or all."""
        self._folders.stale(folder)

    def _is_fresh_since(self, link: FolderLink, at: float) -> bool:
        """Tell whether a mirror that was refreshed at a time may be shown as it is."""
        if self._access.is_replaced(link.place):
            return False
        return self._jobs.seconds() - at < self._options.fresh_s or self._is_covered(link.place)

    async def _check_settled(self, link: FolderLink, is_it: Callable[[WriteIntent], bool]) -> None:
        """Refuse to do a second time what may yet be done. Raises: Unavailable."""
        if any(is_it(one) for one in await self._folders.left({link.folder})):
            raise Unavailable("what became of this before is not known yet")

    # Reading

    async def read(
        self, link: FolderLink, items: Sequence[ItemId], wish: BodyWish
    ) -> Mapping[ItemId, MailItem]:
        """See :meth:`IItems.read`."""
        return await self._reading.read(link, items, wish)

    async def part(self, link: FolderLink, item: ItemId, part: PartId) -> tuple[str, bytes]:
        """See :meth:`IItems.part`."""
        return await self._reading.part(link, item, part)

    async def search(
        self, query: MailQuery, known: Sequence[FolderLink], *, offset: int, limit: int
    ) -> SearchHits:
        """See :meth:`IMailSearch.search`; among the account's own mailboxes."""
        wanted = [one for one in shown(known, query.folders) if one.protocol is Protocol.IMAP]
        return await self._search.search(query, wanted, offset=offset, limit=limit)

    async def _look_again(self, link: FolderLink) -> FolderLink | None:
        """Bring a folder up to date, whatever was seen just now; None where it is gone."""
        self.stale(link.folder)
        try:
            await self.freshen(link)
            now: FolderLink = await self._jobs.read(link_of, link.id)
        except NotFound:
            return None
        return now

    # Writes

    async def append(
        self,
        link: FolderLink,
        source: bytes,
        state: MailState,
        *,
        received: float,
        operation: OperationId,
        quota: Callable[[], Awaitable[int]],
    ) -> ItemHead:
        """See :meth:`IItemWrites.append`; ``quota`` gives the account's, in bytes."""
        async with self._folders.held(link, refresh=False) as (now,):
            known = await self._writes.known("append", operation)
            if known is not None:
                return known
            await self._check_settled(now, lambda one: one.operation == operation)
            if not now.token:
                now = await self._folders.refreshed(now)
            self.stale(now.folder)
            return await self._writes.append(
                now,
                source,
                state,
                received=received,
                operation=operation,
                quota_bytes=await quota(),
            )

    async def update(
        self, link: FolderLink, patches: Mapping[ItemId, MailPatch], *, quota_bytes: int
    ) -> Mapping[ItemId, ItemVersion]:
        """See :meth:`IItemWrites.update`."""
        async with self._folders.held(link, refresh=False) as (now,):
            self.stale(now.folder)
            await self._check_settled(now, lambda one: one.detail.get("item") in patches)
            return await self._writes.update(now, patches, quota_bytes=quota_bytes)

    async def move(
        self, link: FolderLink, items: Sequence[ItemId], target: FolderLink
    ) -> Mapping[ItemId, ItemHead]:
        """See :meth:`IItemWrites.move`."""
        async with self._folders.held(link, target, refresh=False) as (origin, goal):
            await self._check_settled(
                origin, lambda one: any(str(item) in one.detail.get("uids", ()) for item in items)
            )
            goal = await self._folders.refreshed(goal)  # what comes from now on, this brings
            self.stale(origin.folder)
            self.stale(goal.folder)
            return await self._moves.move(origin, items, goal)

    async def delete(self, link: FolderLink, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """See :meth:`IItemWrites.delete`."""
        async with self._folders.held(link, refresh=False) as (now,):
            self.stale(now.folder)
            return await self._writes.delete(now, items)

    async def empty(self, link: FolderLink) -> None:
        """Delete all messages of a folder."""
        async with self._folders.held(link) as (now,):
            self.stale(now.folder)
            await self._writes.empty(now)
