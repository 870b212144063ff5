"""Folders held by one at a time, settled and fresh: who comes when, in which state of the mirror.

One lock for each folder: while somebody refreshes it or writes in it, the others wait. Writes that
were begun and not heard of again are settled before anything else happens in the folders that they
concern.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from twisted.internet.defer import DeferredLock

from carbonio_mobile.errors import NotFound, StoreError
from carbonio_mobile.ids import FolderId
from carbonio_mobile.mailbox.embedded.rows import folder_id
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.mirror.intents import WriteIntent, left_behind
from carbonio_mobile.mailbox.mirror.links import FolderLink, link_of, links

Refresh = Callable[[FolderLink], Awaitable[FolderLink]]
"""Brings a folder up to date; gives its link as it is then, the same if nothing was new. Raises:
StoreError.
"""

Settle = Callable[[WriteIntent, Mapping[int, FolderLink]], Awaitable[bool]]
"""Finds out what became of a write, and makes the mirror so; false: that is not known yet. Is given
all links by number.
"""

Renew = Callable[[FolderLink], Awaitable[bool]]
"""Learns anew by what a folder's items are known, if that changed; gives whether it did. Raises:
StoreError.
"""

IsFresh = Callable[[FolderLink, float], bool]
"""Tells whether a mirror that was refreshed at a time may be shown as it is."""


class HeldFolders:
    """The folders of one account. ``current`` gives a folder's link, and raises NotFound; ``note``
    is given those that changed.
    """

    def __init__(
        self,
        jobs: MirrorJobs,
        *,
        refresh: Refresh,
        settle: Settle,
        renew: Renew | None = None,
        is_fresh: IsFresh,
        current: Callable[[FolderId], Awaitable[FolderLink]],
        note: Callable[[FolderLink], None],
    ) -> None:
        self._jobs = jobs
        self._refresh = refresh
        self._settle_one = settle
        self._renew_one = renew
        self._current = current
        self._is_fresh_since = is_fresh
        self._note = note
        self._locks: dict[int, DeferredLock] = {}
        self._fresh_at: dict[int, float] = {}
        self._doubtful: set[int] = set()
        self._is_known = False  # what an earlier process left behind

    @property
    def is_idle(self) -> bool:
        """Whether nobody holds a folder."""
        return not any(lock.locked for lock in self._locks.values())

    def stale(self, folder: int | None = None) -> None:
        """Have the server asked again, about one folder or all."""
        if folder is None:
            self._fresh_at.clear()
        else:
            self._fresh_at.pop(folder, None)

    def is_fresh(self, link: FolderLink) -> bool:
        """Tell whether the mirror of a folder may be shown as it is; that of folders alone may."""
        at = self._fresh_at.get(link.folder)
        return link.container or (at is not None and self._is_fresh_since(link, at))

    @asynccontextmanager
    async def held(
        self, *wanted: FolderLink, refresh: bool = True
    ) -> AsyncIterator[list[FolderLink]]:
        """Hold the locks of folders, with what was left behind in them settled; gives them anew.

        They are fresh, unless that is not asked for. Raises: NotFound, other StoreErrors.
        """
        mine = {one.folder for one in wanted}
        locked = await self._locked(mine)
        try:
            await self._settle(set(locked))
            now = [await self._current(one.id) for one in wanted]
            if refresh:
                now = [await self.refreshed(one) for one in now]
            try:
                yield now
            except BaseException:
                self._doubtful.update(mine)  # it may have been done all the same
                raise
        finally:
            self._release(locked)

    async def refreshed(self, link: FolderLink) -> FolderLink:
        """Refresh a folder that is held, unless somebody did meanwhile. Raises: StoreError."""
        if self.is_fresh(link):
            return link
        at = self._jobs.seconds()
        try:
            now = await self._refresh(link)
        except StoreError:
            self.stale(link.folder)
            raise
        self._fresh_at[link.folder] = at
        if now is not link:
            self._note(now)
        return now

    async def _locked(self, folders: set[int]) -> list[int]:
        """Lock folders, and with them those that a left-behind write concerns beside them."""
        wider = set(folders)
        while True:
            order = sorted(wider)
            locked: list[int] = []
            try:
                for number in order:
                    await self._locks.setdefault(number, DeferredLock()).acquire()
                    locked.append(number)
                wider |= await self._entangled(wider)
            except BaseException:
                self._release(locked)
                raise
            if len(wider) == len(order):
                return locked
            self._release(locked)

    def _release(self, locked: Sequence[int]) -> None:
        for number in locked:
            self._locks[number].release()

    async def left(self, folders: set[int]) -> list[WriteIntent]:
        """Give the writes left behind that concern some of the folders."""
        if self._is_known and not self._doubtful & folders:
            return []
        left: list[WriteIntent] = await self._jobs.read(left_behind)
        if not self._is_known:
            self._is_known = True
            self._doubtful.update(*(one.folders for one in left))
        return [one for one in left if one.folders & folders]

    async def _entangled(self, folders: set[int]) -> set[int]:
        return set().union(*(one.folders for one in await self.left(folders)))

    async def _settle(self, locked: set[int]) -> None:
        """Find out what became of writes left behind; the folders held are all they concern."""
        open_still: set[int] = set()
        for intent in await self.left(locked):
            for number in sorted(intent.folders):
                await self._renew(number)
                self.stale(number)
            known = {one.folder: one for one in await self._jobs.read(links)}
            if not await self._settle_one(intent, known):
                open_still |= intent.folders
        self._doubtful -= locked - open_still

    async def _renew(self, number: int) -> None:
        if self._renew_one is None:
            return
        try:
            link = await self._jobs.read(link_of, folder_id(number))
            if await self._renew_one(link):
                self._note(await self._jobs.read(link_of, link.id))
        except NotFound:
            return  # it is gone
