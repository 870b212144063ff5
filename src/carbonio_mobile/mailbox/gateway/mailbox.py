"""``GatewayMailbox``: one account's mailbox on servers of IMAP, CalDAV, CardDAV and ManageSieve.

What it tells comes from the mirror, brought up to date before where its history is asked for; what
changes it goes to the servers first.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from zope.interface import implementer

from carbonio_mobile.dav.freebusy import Availability
from carbonio_mobile.errors import NotAllowed, TooLarge
from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    FolderId,
    ItemId,
    ItemVersion,
    OperationId,
    PartId,
)
from carbonio_mobile.interfaces import IMailbox, IOutOfOffice
from carbonio_mobile.mailbox.embedded.mailbox import EmbeddedMailbox
from carbonio_mobile.mailbox.gateway.foldertree import FolderTree, gone
from carbonio_mobile.mailbox.gateway.mail.side import MailSide
from carbonio_mobile.mailbox.gateway.notes.side import NoteSide
from carbonio_mobile.mailbox.gateway.objects.side import ObjectSide
from carbonio_mobile.mailbox.mirror.links import FolderLink, Protocol
from carbonio_mobile.mailbox.standard import (
    CALENDARS,
    OBJECT_KINDS,
    check_form,
    check_holds_mail,
    check_holds_objects,
    check_movable,
)
from carbonio_mobile.mime.mailitem import (
    BodyWish,
    MailItem,
    MailPatch,
    MailQuery,
    MailState,
    SearchHits,
)
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.objects import read_object
from carbonio_mobile.sync.changes import Aspect, ChangeBatch, ItemHead, Listing, Position
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy
from carbonio_mobile.sync.outofoffice import OutOfOffice

Seen = Callable[[IMailbox, Iterable[MailItem]], None]
"""Takes note of mails of an Inbox that were read; never raises."""

QuotaOf = Callable[[AccountId], Awaitable[int]]
"""Gives an account's quota in bytes, 0 for none."""


@implementer(IMailbox)
class GatewayMailbox:
    """The mailbox of one account; ``local`` is its mirror."""

    def __init__(
        self,
        local: EmbeddedMailbox,
        *,
        tree: FolderTree,
        mail: MailSide,
        objects: ObjectSide | None,
        notes: NoteSide,
        replies: IOutOfOffice,
        seen: Seen,
        quota_of: QuotaOf,
        message_limit_bytes: int,
    ) -> None:
        self.account: AccountId = local.account
        self.tree = tree
        self.mail = mail
        self._local = local
        self._objects = objects
        self._notes = notes
        self._replies = replies
        self._seen = seen
        self._quota_of = quota_of
        self._message_limit_bytes = message_limit_bytes

    @property
    def is_idle(self) -> bool:
        """Whether nobody is at work in it, as far as it is known here."""
        return self.mail.is_idle and self._notes.is_idle

    async def look_at(self, place: str | None) -> None:
        """Bring a mailbox up to date, or (None) the folders. Raises: StoreError."""
        if place is None:
            self.tree.stale()
            await self.tree.refresh(asked=True)
            return
        for link in list((await self.tree.known()).values()):
            if link.protocol is Protocol.IMAP and link.place == place:
                self.mail.stale(link.folder)
                self._notes.stale(link.folder)
                await self._fresh(link.id)

    async def mailbox_names(self, folders: Collection[FolderId]) -> Mapping[FolderId, str]:
        """Give the mailboxes that folders of mail or notes are; all others are left out."""
        known = await self.tree.known()
        return {
            one: known[one].place
            for one in folders
            if one in known and known[one].protocol is Protocol.IMAP and not known[one].container
        }

    async def poll(self, folders: Collection[FolderId]) -> None:
        """Bring folders up to date that no watch hears of; unknown ones are left out."""
        known = await self.tree.known()
        for folder in folders:
            if folder in known:
                await self._fresh(folder)

    # Folders

    async def hierarchy(self) -> Hierarchy:
        """See :meth:`IFolders.hierarchy`."""
        await self.tree.refresh(asked=True)
        known = await self.tree.known()
        found: Hierarchy = await self._local.hierarchy()
        marked = tuple(
            replace(one, read_only=True) if one.id in known and known[one.id].read_only else one
            for one in found.folders
        )
        return replace(found, folders=marked)

    async def hierarchy_token(self) -> ChangeToken:
        """See :meth:`IFolders.hierarchy_token`; the servers are asked now and then only."""
        await self.tree.refresh(asked=False)
        token: ChangeToken = await self._local.hierarchy_token()
        return token

    async def create_folder(
        self, parent: FolderId | None, name: str, kind: FolderKind, *, operation: OperationId
    ) -> Folder:
        """See :meth:`IFolders.create_folder`. Raises: also what the server answers."""
        await self.tree.known()
        return await self.tree.create(parent, name, kind, operation)

    async def update_folder(self, folder: FolderId, *, parent: FolderId | None, name: str) -> None:
        """See :meth:`IFolders.update_folder`."""
        await self.tree.known()
        await self.tree.update(folder, parent=parent, name=name)

    async def delete_folder(self, folder: FolderId) -> None:
        """See :meth:`IFolders.delete_folder`."""
        await self.tree.delete(folder)

    async def empty_folder(self, folder: FolderId, *, subfolders: bool) -> None:
        """See :meth:`IFolders.empty_folder`."""
        link = await self.tree.link(folder)
        if link is None:
            await self._local.empty_folder(folder, subfolders=False)
        elif link.kind.holds_mail:
            await gone(self.mail.empty(link), self.tree)
        else:
            await self._side(link).empty(folder)
        if subfolders:
            for below in await self.tree.children(folder):
                await self.tree.delete(below)

    # Items

    async def _fresh(self, folder: FolderId) -> None:
        """Bring a folder up to date. Raises: NotFound, other StoreErrors."""
        link = await self.tree.link(folder)
        if link is None:
            return
        if link.kind.holds_mail:
            await gone(self.mail.freshen(link), self.tree)
        else:
            await gone(self._side(link).refresh(folder), self.tree)

    async def token(self, folder: FolderId) -> ChangeToken:
        """See :meth:`IItems.token`."""
        await self._fresh(folder)
        token: ChangeToken = await self._local.token(folder)
        return token

    async def changes(self, folder: FolderId, since: ChangeToken, *, limit: int) -> ChangeBatch:
        """See :meth:`IItems.changes`."""
        await self._fresh(folder)
        batch: ChangeBatch = await self._local.changes(folder, since, limit=limit)
        return batch

    async def listing(
        self, folder: FolderId, *, below: Position, down_to: Position, limit: int
    ) -> Listing:
        """See :meth:`IItems.listing`."""
        await self._fresh(folder)
        page: Listing = await self._local.listing(folder, below=below, down_to=down_to, limit=limit)
        return page

    async def count(self, folder: FolderId, *, below: Position, down_to: Position) -> int:
        """See :meth:`IItems.count`."""
        await self._fresh(folder)
        return int(await self._local.count(folder, below=below, down_to=down_to))

    async def aspects_since(
        self, folder: FolderId, items: Collection[ItemId], since: ChangeToken
    ) -> Mapping[ItemId, Aspect]:
        """See :meth:`IItems.aspects_since`."""
        found: Mapping[ItemId, Aspect] = await self._local.aspects_since(folder, items, since)
        return found

    async def read(
        self, folder: FolderId, items: Sequence[ItemId], wish: BodyWish
    ) -> Mapping[ItemId, MailItem]:
        """See :meth:`IItems.read`. Raises: also Unavailable (what it says is on the server)."""
        link = await self._link(folder)
        check_holds_mail(link.kind)
        return await gone(self.mail.read(link, items, wish), self.tree)

    async def part(self, folder: FolderId, item: ItemId, part: PartId) -> tuple[str, bytes]:
        """See :meth:`IItems.part`."""
        link = await self._link(folder)
        if link.kind.holds_mail:
            return await self.mail.part(link, item, part)
        found: tuple[str, bytes] = await self._local.part(folder, item, part)
        return found

    async def _link(self, folder: FolderId) -> FolderLink:
        link = await self.tree.link(folder)
        if link is None:
            raise NotAllowed(f"folder {folder} is for this program alone")
        return link

    # Objects

    @property
    def _dav(self) -> ObjectSide:
        if self._objects is None:
            raise NotAllowed("no server for calendars and contacts is configured")
        return self._objects

    def _side(self, link: FolderLink) -> ObjectSide | NoteSide:
        """Give what keeps the objects of a folder."""
        return self._dav if link.protocol is Protocol.DAV else self._notes

    async def objects(
        self, folder: FolderId, items: Sequence[ItemId], *, source: bool = False
    ) -> Mapping[ItemId, ObjectItem]:
        """See :meth:`IObjects.objects`."""
        await self.tree.link(folder)
        found: Mapping[ItemId, ObjectItem] = await self._local.objects(folder, items, source=source)
        return found

    async def find_uid(self, uid: str) -> Sequence[ObjectItem]:
        """See :meth:`IObjects.find_uid`."""
        await self._refresh_kinds(OBJECT_KINDS)
        found: Sequence[ObjectItem] = await self._local.find_uid(uid)
        return found

    async def events(self, start: float, end: float, *, limit: int) -> Sequence[ObjectItem]:
        """See :meth:`IObjects.events`."""
        await self._refresh_kinds(CALENDARS)
        found: Sequence[ObjectItem] = await self._local.events(start, end, limit=limit)
        return found

    async def _refresh_kinds(self, kinds: Collection[FolderKind]) -> None:
        await self.tree.known()
        if self._objects is not None:
            await self._objects.refresh_all(kinds)
        await self._notes.refresh_all(kinds)

    async def schedules(self, folder: FolderId) -> bool:
        """See :meth:`IObjects.schedules`."""
        link = await self.tree.link(folder)
        if link is None or link.protocol is not Protocol.DAV:
            return False
        return await self._dav.schedules()

    async def busy(
        self, addresses: Sequence[str], start: float, end: float
    ) -> Sequence[Availability] | None:
        """Give when people are busy, as the account's calendar server tells; None: it does not.

        Times are seconds since 1970 UTC. Raises: StoreError.
        """
        return None if self._objects is None else await self._objects.busy(addresses, start, end)

    async def add_object(
        self, folder: FolderId, source: bytes, *, operation: OperationId
    ) -> ItemHead:
        """See :meth:`IObjects.add_object`."""
        link = await self.tree.link(folder)
        if link is None:
            head: ItemHead = await self._local.add_object(folder, source, operation=operation)
            return head
        self._check_object(link, source)
        return await self._side(link).add(folder, source, operation)

    async def replace_object(
        self, folder: FolderId, item: ItemId, source: bytes, *, expected: ItemVersion
    ) -> ItemVersion:
        """See :meth:`IObjects.replace_object`."""
        link = await self.tree.link(folder)
        if link is None:
            version: ItemVersion = await self._local.replace_object(
                folder, item, source, expected=expected
            )
            return version
        self._check_object(link, source)
        return await self._side(link).replace(folder, item, source, expected=expected)

    def _check_object(self, link: FolderLink, source: bytes) -> None:
        """Refuse what the folder is not for. Raises: NotAllowed, TooLarge, Corrupt."""
        self._check_size(source)
        check_holds_objects(link.kind)
        check_form(link.kind, type(read_object(source)))

    def _check_size(self, source: bytes) -> None:
        limit = self._message_limit_bytes
        if len(source) > limit:
            raise TooLarge(f"{len(source)} bytes, at most {limit} are taken")

    # Writes

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
        link = await self._link(folder)
        self._check_size(source)
        check_holds_mail(link.kind)
        appending = self.mail.append(
            link, source, state, received=received, operation=operation, quota=self._quota
        )
        return await gone(appending, self.tree)

    async def _quota(self) -> int:
        return await self._quota_of(self.account)

    async def update(
        self, folder: FolderId, patches: Mapping[ItemId, MailPatch]
    ) -> Mapping[ItemId, ItemVersion]:
        """See :meth:`IItemWrites.update`."""
        link = await self._link(folder)
        quota_bytes = 0
        for patch in patches.values():
            if patch.source is not None:
                self._check_size(patch.source)
                quota_bytes = await self._quota()
        updating = self.mail.update(link, patches, quota_bytes=quota_bytes)
        return await gone(updating, self.tree)

    async def move(
        self, folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> Mapping[ItemId, ItemHead]:
        """See :meth:`IItemWrites.move`."""
        link, goal = await self._link(folder), await self._link(target)
        check_movable(link.kind, goal.kind)
        if link.protocol is not goal.protocol:
            raise NotAllowed(f"from folder {folder} to folder {target} of another server")
        if link.kind.holds_mail:
            return await gone(self.mail.move(link, items, goal), self.tree)
        return await self._side(link).move(folder, items, target)

    async def delete(self, folder: FolderId, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """See :meth:`IItemWrites.delete`."""
        link = await self.tree.link(folder)
        if link is None:
            deleted: frozenset[ItemId] = await self._local.delete(folder, items)
            return deleted
        if link.kind.holds_mail:
            return await gone(self.mail.delete(link, items), self.tree)
        return await self._side(link).delete(folder, items)

    # Search and settings

    async def search(self, query: MailQuery, *, offset: int, limit: int) -> SearchHits:
        """See :meth:`IMailSearch.search`: mail by the server's search, objects by the mirror's."""
        known = await self.tree.known()
        objects = [one.id for one in known.values() if not one.kind.holds_mail]
        if query.folders and all(one in objects for one in query.folders):
            for folder in query.folders:
                await self._fresh(folder)
            hits: SearchHits = await self._local.search(query, offset=offset, limit=limit)
            return hits
        return await self.mail.search(query, list(known.values()), offset=offset, limit=limit)

    async def out_of_office(self) -> OutOfOffice:
        """See :meth:`IOutOfOffice.out_of_office`."""
        settings: OutOfOffice = await self._replies.out_of_office()
        return settings

    async def set_out_of_office(self, settings: OutOfOffice) -> None:
        """See :meth:`IOutOfOffice.set_out_of_office`."""
        await self._replies.set_out_of_office(settings)
