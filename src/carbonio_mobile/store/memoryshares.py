"""Keep shared folders in memory: for tests, and what the database's keeper looks things up in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from zope.interface import implementer

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IChangeSink, ISharing
from carbonio_mobile.sync.sharebook import ShareBook, with_sync
from carbonio_mobile.sync.sharing import FolderGrant, Mount, Rights


@implementer(ISharing)
class MemorySharing:
    """Shared folders that last as long as the process.

    A subclass makes each change durable before it shows: ``_store`` is given what is to be put in
    and what goes, all or none.
    """

    def __init__(self, sink: IChangeSink) -> None:
        self._sink = sink
        self._book = ShareBook()

    def mounts(self, account: AccountId) -> Sequence[Mount]:
        """See :meth:`ISharing.mounts`."""
        return self._book.mounts(account)

    def mounts_of(self, owner: AccountId) -> Sequence[Mount]:
        """See :meth:`ISharing.mounts_of`."""
        return self._book.mounts_of(owner)

    def grants(self, owner: AccountId) -> Sequence[FolderGrant]:
        """See :meth:`ISharing.grants`."""
        return self._book.grants(owner)

    def granted(self, owner: AccountId, grantee: AccountId) -> Mapping[FolderId | None, Rights]:
        """See :meth:`ISharing.granted`."""
        return self._book.granted(owner, grantee)

    def hidden(self, account: AccountId) -> frozenset[FolderId]:
        """See :meth:`ISharing.hidden`."""
        return self._book.hidden(account)

    def outlook(self, account: AccountId) -> str:
        """See :meth:`ISharing.outlook`."""
        return self._book.outlook(account)

    async def grant(self, grant: FolderGrant) -> None:
        """See :meth:`ISharing.grant`."""
        self._book.check_new_grant(grant)
        await self._store_grant(grant)
        self._book.put_grant(grant)
        self._sink.hierarchy_changed(grant.grantee)

    async def revoke(self, owner: AccountId, folder: FolderId | None, grantee: AccountId) -> None:
        """See :meth:`ISharing.revoke`."""
        known = self._book.find_grant(owner, folder, grantee)
        if known is None:
            raise NotFound("nothing was granted there")
        await self._remove_grant(known)
        self._book.drop_grant(known)
        self._sink.hierarchy_changed(grantee)

    async def mount(
        self, account: AccountId, owner: AccountId, folder: FolderId | None, name: str
    ) -> Mount:
        """See :meth:`ISharing.mount`."""
        wanted = Mount(number=0, account=account, owner=owner, folder=folder, name=name)
        self._book.check_new_mount(wanted)
        made = replace(wanted, number=self._book.next_number())
        self._book.put_mount(made)  # two that are asked for at once are not both taken
        try:
            await self._store_mount(made)
        except BaseException:
            self._book.drop_mount(made)
            raise
        return made

    async def unmount(self, account: AccountId, number: int) -> None:
        """See :meth:`ISharing.unmount`."""
        known = self._book.mount(account, number)
        await self._remove_mount(known)
        self._book.drop_mount(known)
        self._sink.hierarchy_changed(account)

    async def set_synced(self, account: AccountId, number: int, *, synced: bool) -> Mount:
        """See :meth:`ISharing.set_synced`."""
        changed = with_sync(self._book.mount(account, number), synced=synced)
        await self._store_mount(changed)
        self._book.put_mount(changed)
        self._sink.hierarchy_changed(account)
        return changed

    async def hide(self, account: AccountId, folder: FolderId, *, hidden: bool) -> None:
        """See :meth:`ISharing.hide`."""
        await self._store_hidden(account, folder, hidden)
        self._book.hide(account, folder, hidden=hidden)
        self._sink.hierarchy_changed(account)

    async def forget(self, account: AccountId) -> None:
        """See :meth:`ISharing.forget`."""
        grants, mounts, hidden = self._book.concerning(account)
        await self._remove_all(account)
        for grant in grants:
            self._book.drop_grant(grant)
        for mount in mounts:
            self._book.drop_mount(mount)
            self._sink.hierarchy_changed(mount.account)
        for folder in hidden:
            self._book.hide(account, folder, hidden=False)

    # What a subclass makes durable

    async def _store_grant(self, grant: FolderGrant) -> None:
        """Store a grant in the place of the one before."""

    async def _remove_grant(self, grant: FolderGrant) -> None:
        """Remove a grant."""

    async def _store_mount(self, mount: Mount) -> None:
        """Store a mount in the place of the one of that number."""

    async def _remove_mount(self, mount: Mount) -> None:
        """Remove a mount."""

    async def _store_hidden(self, account: AccountId, folder: FolderId, hidden: bool) -> None:
        """Store that a folder is hidden, or is not."""

    async def _remove_all(self, account: AccountId) -> None:
        """Remove all that speaks of an account."""
