"""The folders of one account's gateway mailbox: as the servers have them, and changed by devices.

The mirror keeps them, with their ids. It is reconciled with the servers' lists when somebody asks
for the folders, or when it is older than it may be. While a DAV server is away its folders stay.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from carbonio_mobile.errors import Conflict, NotAllowed, NotFound, ReadOnly, StoreError, Unavailable
from carbonio_mobile.ids import FolderId, OperationId
from carbonio_mobile.mailbox.embedded import hierarchy
from carbonio_mobile.mailbox.embedded.change import Change, recorded
from carbonio_mobile.mailbox.embedded.rows import folder_number
from carbonio_mobile.mailbox.gateway.foldermaking import FolderMaking
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.folders import MailFolders
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.gateway.notes.folders import parent_of
from carbonio_mobile.mailbox.gateway.objects.side import ObjectSide
from carbonio_mobile.mailbox.mirror.links import (
    FolderLink,
    Protocol,
    RemoteFolder,
    link_folder,
    links,
    moved_places,
    reconcile,
    removal,
)
from carbonio_mobile.mailbox.mirror.making import end_making, take_over_made
from carbonio_mobile.mailbox.standard import RECIPIENT_CACHE, clean_name
from carbonio_mobile.sync.folders import Folder, FolderKind

_ASKED_JUST_NOW_S = 1.0
_T = TypeVar("_T")

_log = Logger()


class _Possible(Exception):
    """Ends a trial: the change could be made in the mirror."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class FolderTree:
    """Keeps the mirror's folders; ``objects`` is None where no DAV server is configured.

    ``longest_s`` gives how old they may be for those who did not ask for them.
    """

    def __init__(
        self,
        jobs: MirrorJobs,
        access: MailAccess,
        mail: MailFolders,
        objects: ObjectSide | None,
        *,
        longest_s: Callable[[], float],
    ) -> None:
        self._jobs = jobs
        self._access = access
        self._mail = mail
        self._objects = objects
        self._making = FolderMaking(jobs, access, mail, objects)
        self._longest_s = longest_s
        self._lock = DeferredLock()
        self._seen_at: float | None = None
        self._links: dict[FolderId, FolderLink] | None = None

    # Looking

    async def refresh(self, *, asked: bool) -> None:
        """Bring the folders up to date, where they are older than they may be. Raises: StoreError.

        ``asked``: somebody wants to see them as they are now.
        """
        longest = _ASKED_JUST_NOW_S if asked else self._longest_s()
        if self._age() < longest:
            return
        async with self._held():
            if self._age() >= longest:
                await self._reconcile()

    def stale(self) -> None:
        """Have the servers asked by the next who comes."""
        self._seen_at = None

    def _age(self) -> float:
        return float("inf") if self._seen_at is None else self._jobs.seconds() - self._seen_at

    async def _reconcile(self) -> None:
        at = self._jobs.seconds()
        present: list[RemoteFolder] = await self._mail.folders()
        await self._note_replaced(present)
        protocols = [Protocol.IMAP]
        if self._objects is None:
            protocols.append(Protocol.DAV)  # what was there while a server was configured goes
        else:
            try:
                present += await self._objects.folders()
                protocols.append(Protocol.DAV)
            except StoreError as exc:
                _log.warn(
                    "the calendars and address books of {account} stay as they were: {why}",
                    account=self._jobs.account,
                    why=str(exc),
                )
        gone: list[int] = await self._jobs.write(reconcile, present, protocols)
        for number in gone:
            await self._remove(number)
        self._links = None
        self._seen_at = at

    async def _note_replaced(self, present: Sequence[RemoteFolder]) -> None:
        """Have those mailboxes looked at anew that were deleted and made again."""
        known = {one.key: one for one in await self._jobs.read(links) if one.token}
        for one in present:
            link = known.get(one.key)
            if link is not None and one.epoch and one.epoch != link.epoch:
                self._access.replaced(one.place)

    async def _remove(self, number: int) -> None:
        while not await self._jobs.write(removal, number):
            pass

    async def link(self, folder: FolderId) -> FolderLink | None:
        """Give where a folder stands; None for one that is nowhere else. Raises: NotFound."""
        known = await self.known()
        link = known.get(folder)
        if link is None and folder != RECIPIENT_CACHE:
            raise NotFound(f"folder {folder[:40]!a}")
        return link

    async def current(self, folder: FolderId) -> FolderLink:
        """Give the link of a folder that stands on a server. Raises: NotFound."""
        link = (await self.known()).get(folder)
        if link is None:
            raise NotFound(f"folder {folder[:40]!a}")
        return link

    async def known(self) -> dict[FolderId, FolderLink]:
        """Give all links; the servers are asked if there are none yet. Raises: StoreError."""
        if self._links is None:
            found = await self._jobs.read(links)
            if not found:
                await self.refresh(asked=False)
                found = await self._jobs.read(links)
            self._links = {one.id: one for one in found}
        return self._links

    def note(self, link: FolderLink) -> None:
        """Take over a link that changed."""
        if self._links is not None:
            self._links[link.id] = link

    # Changing

    async def create(
        self, parent: FolderId | None, name: str, kind: FolderKind, operation: OperationId
    ) -> Folder:
        """See :meth:`IFolders.create_folder`."""
        await self.known()
        async with self._held():
            return await self._create(parent, name, kind, operation)

    async def _parent(self, kind: FolderKind, parent: FolderId | None) -> FolderId | None:
        """Give where a folder of a kind is to stand. Raises: NotAllowed."""
        return parent_of(kind, parent, await self.known()) if self._mail.has_notes else parent

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        """Keep the folders from being looked at while they change."""
        await self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    async def _create(
        self, parent: FolderId | None, name: str, kind: FolderKind, operation: OperationId
    ) -> Folder:
        known = await self._jobs.read(recorded, "create", operation)
        if known is None and not await self._jobs.write(take_over_made, operation):
            parent = await self._parent(kind, parent)
            tried = await self._try(hierarchy.create_folder, parent, name, kind, operation)
            above = None if parent is None else await self.link(parent)
            made = await self._making.make(above, tried.name, kind, operation)

            def write(change: Change) -> Folder:
                folder = hierarchy.create_folder(change, parent, name, kind, operation)
                link_folder(change, folder_number(folder.id), made)
                end_making(change, operation)
                return folder

            folder: Folder = await self._jobs.write(write)
            self._links = None
            return folder
        again: Folder = await self._jobs.write(
            hierarchy.create_folder, parent, name, kind, operation
        )
        return again

    async def _try(self, work: Callable[..., Any], *args: Any) -> Any:
        """Find out whether a change can be made in the mirror; gives what it would come to."""

        def trial(change: Change) -> None:
            raise _Possible(work(change, *args))

        try:
            await self._jobs.write(trial)
        except _Possible as possible:
            return possible.result
        raise AssertionError("a trial always ends by raising")

    async def update(self, folder: FolderId, *, parent: FolderId | None, name: str) -> None:
        """See :meth:`IFolders.update_folder`."""
        known = await self.known()
        if folder in known:
            parent = await self._parent(known[folder].kind, parent)
        try:
            async with self._held():
                await self._update(folder, parent=parent, name=name)
        except (NotFound, Conflict):
            # It may have been renamed so before, in a request whose answer was lost.
            self.stale()
            await self.refresh(asked=True)
            if not await self._is_so(folder, parent=parent, name=name):
                raise

    async def _is_so(self, folder: FolderId, *, parent: FolderId | None, name: str) -> bool:
        now = (await self._jobs.read(hierarchy.hierarchy)).find(folder)
        return now is not None and (now.parent, now.name) == (parent, clean_name(name))

    async def _update(self, folder: FolderId, *, parent: FolderId | None, name: str) -> None:
        await self._try(hierarchy.update_folder, folder, parent, name)
        if await self._is_so(folder, parent=parent, name=name):
            return
        link = await self.link(folder)
        if link is not None and link.protocol is Protocol.DAV:
            await self._rename_collection(link, parent, name)
            await self._jobs.write(hierarchy.update_folder, folder, parent, name)
        elif link is not None:
            await self._rename_mailbox(link, parent, name)
        self._links = None

    async def _rename_collection(
        self, link: FolderLink, parent: FolderId | None, name: str
    ) -> None:
        if parent is not None:
            raise NotAllowed("collections stand in no folder")
        assert self._objects is not None, "a folder of its protocol is there"
        await self._objects.rename(link, clean_name(name))

    async def _rename_mailbox(self, link: FolderLink, parent: FolderId | None, name: str) -> None:
        above = None if parent is None else await self.link(parent)
        link.check_writable()
        place = await self._making.place(above, clean_name(name))
        separator = (await self._mail.spaces()).separator
        async with self._access.connection() as connection:
            await connection.rename(link.place, place)
            await connection.subscribe(place)

        def write(change: Change) -> None:
            hierarchy.update_folder(change, link.id, parent, name)
            moved_places(change, link.place, place, separator)

        await self._jobs.write(write)

    async def delete(self, folder: FolderId) -> None:
        """See :meth:`IFolders.delete_folder`."""
        await self.known()
        async with self._held():
            await self._delete(folder)

    async def _delete(self, folder: FolderId) -> None:
        link = await self.link(folder)
        if link is None or link.kind.standard:
            raise NotAllowed(f"folder {folder} is a standard folder")
        link.check_writable()
        if link.protocol is Protocol.DAV:
            assert self._objects is not None, "a folder of its protocol is there"
            await self._objects.delete_folder(link)
        else:
            await self._delete_mailboxes(await self._with_all_below(link))
        while not await self._jobs.write(hierarchy.delete_folder, folder):
            pass
        self._links = None

    async def _delete_mailboxes(self, places: Sequence[str]) -> None:
        async with self._access.connection() as connection:
            for place in places:
                try:
                    await connection.delete(place)
                except NotFound:
                    continue

    async def _with_all_below(self, link: FolderLink) -> list[str]:
        """Give the places of a folder and all below it, the deepest first."""
        tree = (await self._jobs.read(hierarchy.hierarchy)).folders
        inside = {link.id}
        for one in tree:  # parents stand before children
            if one.parent in inside:
                inside.add(one.id)
        known = await self.known()
        return [
            known[one.id].place for one in reversed(tree) if one.id in inside and one.id in known
        ]

    async def children(self, folder: FolderId) -> list[FolderId]:
        """Give the folders just below one."""
        tree = await self._jobs.read(hierarchy.hierarchy)
        return [one.id for one in tree.folders if one.parent == folder]


async def gone(doing: Awaitable[_T], tree: FolderTree) -> _T:
    """Wait for something about a folder; where that is gone, or may not be written any more, have
    the folders looked at anew. Not every server says that a right is missing.
    """
    try:
        return await doing
    except (NotFound, ReadOnly, Unavailable):
        tree.stale()
        raise
