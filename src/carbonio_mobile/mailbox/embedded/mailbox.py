"""One account's mailbox: each method names the work, the account's thread does it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from zope.interface import implementer

from carbonio_mobile.errors import TooLarge
from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    FolderId,
    ItemId,
    ItemVersion,
    OperationId,
    PartId,
)
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mailbox.embedded import (
    hierarchy,
    listing,
    objects,
    reading,
    replies,
    search,
    writing,
)
from carbonio_mobile.mailbox.embedded.jobs import MakeContent, Write
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads
from carbonio_mobile.mime.mailitem import (
    BodyWish,
    MailItem,
    MailPatch,
    MailQuery,
    MailState,
    SearchHits,
)
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.sync.changes import Aspect, ChangeBatch, ItemHead, Listing, Position
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy
from carbonio_mobile.sync.outofoffice import OutOfOffice

QuotaOf = Callable[[AccountId], Awaitable[int]]
"""Gives an account's quota in bytes, 0 for none."""


@implementer(IMailbox)
class EmbeddedMailbox:
    """The mailbox of one account in its database; holds nothing itself."""

    def __init__(
        self,
        account: AccountId,
        *,
        threads: DatabaseThreads,
        quota_of: QuotaOf,
        message_limit_bytes: int,
    ) -> None:
        self.account = account
        self._threads = threads
        self._quota_of = quota_of
        self._message_limit_bytes = message_limit_bytes

    def _read(self, work: Callable[..., Any], *args: Any) -> Deferred[Any]:
        return self._threads.read(self.account, lambda db: work(db, *args))

    def _write(self, work: Callable[..., Any], *args: Any) -> Deferred[Any]:
        return self._threads.write(self.account, lambda change: work(change, *args))

    def hierarchy(self) -> Deferred[Hierarchy]:
        """See :meth:`IFolders.hierarchy`."""
        return self._read(hierarchy.hierarchy)

    def hierarchy_token(self) -> Deferred[ChangeToken]:
        """See :meth:`IFolders.hierarchy_token`."""
        return self._read(hierarchy.hierarchy_token)

    def create_folder(
        self, parent: FolderId | None, name: str, kind: FolderKind, *, operation: OperationId
    ) -> Deferred[Folder]:
        """See :meth:`IFolders.create_folder`."""
        return self._write(hierarchy.create_folder, parent, name, kind, operation)

    def update_folder(
        self, folder: FolderId, *, parent: FolderId | None, name: str
    ) -> Deferred[None]:
        """See :meth:`IFolders.update_folder`."""
        return self._write(hierarchy.update_folder, folder, parent, name)

    async def delete_folder(self, folder: FolderId) -> None:
        """See :meth:`IFolders.delete_folder`. Takes several commits where much is to go."""
        while not await self._write(hierarchy.delete_folder, folder):
            pass

    async def empty_folder(self, folder: FolderId, *, subfolders: bool) -> None:
        """See :meth:`IFolders.empty_folder`. Takes several commits where much is to go."""
        while not await self._write(hierarchy.empty_folder, folder, subfolders):
            pass

    def token(self, folder: FolderId) -> Deferred[ChangeToken]:
        """See :meth:`IItems.token`."""
        return self._read(listing.token, folder)

    def changes(self, folder: FolderId, since: ChangeToken, *, limit: int) -> Deferred[ChangeBatch]:
        """See :meth:`IItems.changes`."""
        return self._read(listing.changes, folder, since, limit)

    def listing(
        self, folder: FolderId, *, below: Position, down_to: Position, limit: int
    ) -> Deferred[Listing]:
        """See :meth:`IItems.listing`."""
        return self._read(listing.listing, folder, below, down_to, limit)

    def count(self, folder: FolderId, *, below: Position, down_to: Position) -> Deferred[int]:
        """See :meth:`IItems.count`."""
        return self._read(listing.count, folder, below, down_to)

    def aspects_since(
        self, folder: FolderId, items: Collection[ItemId], since: ChangeToken
    ) -> Deferred[Mapping[ItemId, Aspect]]:
        """See :meth:`IItems.aspects_since`."""
        return self._read(listing.aspects_since, folder, items, since)

    def read(
        self, folder: FolderId, items: Sequence[ItemId], wish: BodyWish
    ) -> Deferred[Mapping[ItemId, MailItem]]:
        """See :meth:`IItems.read`."""
        return self._read(reading.read, folder, items, wish)

    def part(self, folder: FolderId, item: ItemId, part: PartId) -> Deferred[tuple[str, bytes]]:
        """See :meth:`IItems.part`."""
        return self._read(reading.part, folder, item, part)

    def objects(
        self, folder: FolderId, items: Sequence[ItemId], *, source: bool = False
    ) -> Deferred[Mapping[ItemId, ObjectItem]]:
        """See :meth:`IObjects.objects`."""
        return self._read(objects.read, folder, items, source)

    def find_uid(self, uid: str) -> Deferred[Sequence[ObjectItem]]:
        """See :meth:`IObjects.find_uid`."""
        return self._read(objects.find_uid, uid)

    def events(self, start: float, end: float, *, limit: int) -> Deferred[Sequence[ObjectItem]]:
        """See :meth:`IObjects.events`."""
        return self._read(objects.events, start, end, limit)

    async def schedules(self, folder: FolderId) -> bool:  # noqa: ARG002 - in no folder
        """See :meth:`IObjects.schedules`: meeting mail is sent by those who store events."""
        return False

    async def add_object(
        self, folder: FolderId, source: bytes, *, operation: OperationId
    ) -> ItemHead:
        """See :meth:`IObjects.add_object`."""
        quota_bytes = await self._room_for(source)

        def plan(_: MakeContent) -> Write:
            made = objects.make(source)
            return lambda change: objects.add(change, folder, made, operation, quota_bytes)

        head: ItemHead = await self._threads.planned_write(
            self.account, plan, size_bytes=len(source)
        )
        return head

    async def replace_object(
        self, folder: FolderId, item: ItemId, source: bytes, *, expected: ItemVersion
    ) -> ItemVersion:
        """See :meth:`IObjects.replace_object`."""
        quota_bytes = await self._room_for(source)

        def plan(_: MakeContent) -> Write:
            made = objects.make(source)
            return lambda change: objects.replace(
                change, folder, item, source, made, expected, quota_bytes
            )

        version: ItemVersion = await self._threads.planned_write(
            self.account, plan, size_bytes=len(source)
        )
        return version

    async def _room_for(self, source: bytes) -> int:
        """Give the account's quota for what is to be stored. Raises: TooLarge."""
        self._check_size(source)
        return await self._quota_of(self.account)

    async def append(
        self,
        folder: FolderId,
        source: bytes,
        state: MailState,
        *,
        received: float,
        operation: OperationId,
    ) -> ItemHead:
        """See :meth:`IItemWrites.append`."""
        quota_bytes = await self._room_for(source)

        def plan(make_content: MakeContent) -> Write:
            content = make_content(source, received)
            return lambda change: writing.append(
                change, folder, content, state, received, operation, quota_bytes
            )

        head: ItemHead = await self._threads.planned_write(
            self.account, plan, size_bytes=len(source)
        )
        return head

    async def update(
        self, folder: FolderId, patches: Mapping[ItemId, MailPatch]
    ) -> Mapping[ItemId, ItemVersion]:
        """See :meth:`IItemWrites.update`. Raises: also NotAllowed (source for what is no draft)."""
        sources = {i: patch.source for i, patch in patches.items() if patch.source is not None}
        versions: Mapping[ItemId, ItemVersion]
        if sources:
            versions = await self._update_sources(folder, patches, sources)
        else:
            versions = await self._write(writing.update, folder, patches, {}, 0)
        return versions

    async def _update_sources(
        self,
        folder: FolderId,
        patches: Mapping[ItemId, MailPatch],
        sources: Mapping[ItemId, bytes],
    ) -> Any:
        for source in sources.values():
            self._check_size(source)
        quota_bytes = await self._quota_of(self.account)
        now = self._threads.seconds()

        def plan(make_content: MakeContent) -> Write:
            contents = {i: make_content(source, now) for i, source in sources.items()}
            return lambda change: writing.update(change, folder, patches, contents, quota_bytes)

        size_bytes = sum(map(len, sources.values()))
        return await self._threads.planned_write(self.account, plan, size_bytes=size_bytes)

    def _check_size(self, source: bytes) -> None:
        if len(source) > self._message_limit_bytes:
            raise TooLarge(f"{len(source)} bytes, at most {self._message_limit_bytes} are taken")

    def move(
        self, folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> Deferred[Mapping[ItemId, ItemHead]]:
        """See :meth:`IItemWrites.move`."""
        return self._write(writing.move, folder, items, target)

    def delete(self, folder: FolderId, items: Sequence[ItemId]) -> Deferred[frozenset[ItemId]]:
        """See :meth:`IItemWrites.delete`."""
        return self._write(writing.delete, folder, items)

    def search(self, query: MailQuery, *, offset: int, limit: int) -> Deferred[SearchHits]:
        """See :meth:`IMailSearch.search`."""
        return self._read(search.search, query, offset, limit)

    def out_of_office(self) -> Deferred[OutOfOffice]:
        """See :meth:`IOutOfOffice.out_of_office`."""
        return self._read(replies.out_of_office)

    def set_out_of_office(self, settings: OutOfOffice) -> Deferred[None]:
        """See :meth:`IOutOfOffice.set_out_of_office`."""
        return self._write(replies.set_out_of_office, settings)
