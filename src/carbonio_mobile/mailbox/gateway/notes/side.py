"""``NoteSide``: one account's notes in folders of its IMAP server (``dav.notes`` = imap).

To devices they are objects, as on a DAV server; on the server they are messages, in the form that
Apple's Notes keep (``notemail.py``). The mirror holds them whole. Reading is the mirror's own; here
is what needs the server. One lock for each folder keeps refreshes and writes apart.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, OperationId
from carbonio_mobile.mailbox.gateway.heldfolders import HeldFolders
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.options import MailOptions
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.gateway.notes.recovery import NoteRecovery
from carbonio_mobile.mailbox.gateway.notes.refresh import NoteRefresh
from carbonio_mobile.mailbox.gateway.notes.writes import NoteWrites
from carbonio_mobile.mailbox.mirror.links import FolderLink, Protocol, link_of, links
from carbonio_mobile.sync.changes import ItemHead
from carbonio_mobile.sync.folders import FolderKind

IsCovered = Callable[[str], bool]
"""Tells whether a live watch covers a mailbox, and heard of nothing since it was last refreshed."""


class NoteSide:
    """The notes of one account. ``note`` is given links that changed; ``quota`` gives bytes."""

    def __init__(
        self,
        access: MailAccess,
        jobs: MirrorJobs,
        *,
        options: MailOptions,
        is_covered: IsCovered,
        quota: Callable[[], Awaitable[int]],
        note: Callable[[FolderLink], None],
    ) -> None:
        self._jobs = jobs
        self._fresh_s = options.fresh_s
        self._is_covered = is_covered
        self._quota = quota
        refresh = self._refresh = NoteRefresh(access, jobs, flags_s=options.flags_s)
        self._writes = NoteWrites(access, jobs, refresh)
        self._folders = HeldFolders(
            jobs,
            refresh=self._refreshed,
            settle=NoteRecovery(access, jobs, refresh).settle,
            is_fresh=self._is_fresh,
            current=self._link,
            note=note,
        )

    @property
    def is_idle(self) -> bool:
        """Whether nobody is at work in a folder."""
        return self._folders.is_idle

    def stale(self, folder: int) -> None:
        """Have the server asked again about a folder."""
        self._folders.stale(folder)

    def _is_fresh(self, link: FolderLink, at: float) -> bool:
        return self._jobs.seconds() - at < self._fresh_s or self._is_covered(link.place)

    async def _refreshed(self, link: FolderLink) -> FolderLink:
        return await self._link(link.id) if await self._refresh.refresh(link) else link

    async def _link(self, folder: FolderId) -> FolderLink:
        link: FolderLink = await self._jobs.read(link_of, folder)
        return link

    async def refresh(self, folder: FolderId) -> None:
        """Bring the mirror of a folder up to date; costs what changed.

        Raises: NotFound (folder, or its mailbox is gone), other StoreErrors.
        """
        link = await self._link(folder)
        if self._folders.is_fresh(link):
            return
        async with self._folders.held(link):
            pass

    async def refresh_all(self, kinds: Collection[FolderKind]) -> None:
        """Bring all folders of some kinds up to date. Those whose mailbox is gone stay as they are.

        Raises: StoreError.
        """
        for link in await self._jobs.read(links):
            if link.protocol is Protocol.IMAP and not link.kind.holds_mail and link.kind in kinds:
                try:
                    await self.refresh(link.id)
                except NotFound:
                    continue  # the next listing of folders says so

    async def add(self, folder: FolderId, source: bytes, operation: OperationId) -> ItemHead:
        """See :meth:`IObjects.add_object`; more in :meth:`NoteWrites.add`."""
        link = await self._link(folder)
        quota_bytes = await self._quota()
        async with self._folders.held(link, refresh=False) as (now,):
            known = await self._writes.known(operation)
            if known is not None:
                return known
            now = await self._folders.refreshed(now)
            self.stale(now.folder)
            return await self._writes.add(now, source, operation, quota_bytes=quota_bytes)

    async def replace(
        self, folder: FolderId, item: ItemId, source: bytes, expected: ItemVersion
    ) -> ItemVersion:
        """See :meth:`IObjects.replace_object`; more in :meth:`NoteWrites.replace`."""
        link = await self._link(folder)
        quota_bytes = await self._quota()
        async with self._folders.held(link) as (now,):
            self.stale(now.folder)
            return await self._writes.replace(now, item, source, expected, quota_bytes=quota_bytes)

    async def move(
        self, folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> dict[ItemId, ItemHead]:
        """See :meth:`IItemWrites.move`; more in :meth:`NoteWrites.move`."""
        link, goal = await self._link(folder), await self._link(target)
        async with self._folders.held(link, goal) as (now, there):
            self.stale(now.folder)
            self.stale(there.folder)
            return dict(await self._writes.move(now, items, there))

    async def delete(self, folder: FolderId, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """See :meth:`IItemWrites.delete`; more in :meth:`NoteWrites.delete`."""
        link = await self._link(folder)
        async with self._folders.held(link) as (now,):
            self.stale(now.folder)
            return await self._writes.delete(now, items)

    async def empty(self, folder: FolderId) -> None:
        """Delete all notes of a folder. Raises: NotFound, ReadOnly, StoreError."""
        link = await self._link(folder)
        async with self._folders.held(link) as (now,):
            self.stale(now.folder)
            await self._writes.empty(now)
