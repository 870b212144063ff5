"""Deleting one account's objects: on the server first, then in the mirror.

Where the process dies in between, the next refresh finds that they went.
"""

from collections.abc import Sequence
from typing import Final

from twisted.internet.defer import Deferred, gatherResults

from carbonio_mobile.dav.hrefs import Url
from carbonio_mobile.errors import Conflict, NotFound, StoreError
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.mailbox.davclient.items import DavItems
from carbonio_mobile.mailbox.gateway.objects.reach import Reach
from carbonio_mobile.mailbox.mirror.links import FolderLink, link_of
from carbonio_mobile.mailbox.mirror.objects import Held, first_items, held, take_out

_AT_ONCE: Final = 8
_EMPTIED_AT_ONCE: Final = 100


class ObjectDeletes:
    """Deletes one account's objects."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def delete(self, folder: FolderId, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """See :meth:`IItemWrites.delete`: whatever they say by now, as in any other mailbox.

        Raises: also ReadOnly, Unavailable, after all was tried.
        """
        link: FolderLink = await self._reach.read(link_of, folder)
        async with self._reach.locks.held(Url(link.place)):
            return await self._delete(link, items)

    async def empty(self, folder: FolderId) -> None:
        """Delete all objects of a folder. Raises: NotFound, ReadOnly, StoreError."""
        link: FolderLink = await self._reach.read(link_of, folder)
        async with self._reach.locks.held(Url(link.place)):
            link.check_writable()
            await self._reach.refresh(Url(link.place))
            while found := await self._reach.read(first_items, folder, _EMPTIED_AT_ONCE):
                if not await self._delete(link, found):
                    return  # they were no longer there

    async def _delete(self, link: FolderLink, items: Sequence[ItemId]) -> frozenset[ItemId]:
        found: dict[ItemId, Held] = await self._reach.read(held, link.id, items)
        if not found:
            return frozenset()
        link.check_writable()
        place = Url(link.place)
        dav = await self._reach.items(place)
        failed = await self._delete_all(dav, found)
        if any(isinstance(fault, Conflict) for fault in failed.values()):
            await self._reach.refresh(place)
            again: dict[ItemId, Held] = await self._reach.read(held, link.id, list(failed))
            failed = await self._delete_all(dav, again)
        gone = [item for item in found if item not in failed]
        await self._reach.write(take_out, link.id, gone)
        for fault in failed.values():
            raise fault
        return frozenset(gone)

    async def _delete_all(
        self, dav: DavItems, objects: dict[ItemId, Held]
    ) -> dict[ItemId, StoreError]:
        """Delete members, some at once; gives why those that are still there are."""
        failed: dict[ItemId, StoreError] = {}

        async def one(item: ItemId, there: Held) -> None:
            try:
                await dav.delete(there.url, there.etag)
            except NotFound:
                pass  # as it was to be
            except StoreError as exc:
                failed[item] = exc

        waiting = list(objects.items())
        for at in range(0, len(waiting), _AT_ONCE):
            doing = [Deferred.fromCoroutine(one(*each)) for each in waiting[at : at + _AT_ONCE]]
            await gatherResults(doing)
        return failed
