"""An account's mailbox as its devices see it: own folders, and those that others share with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from zope.interface import implementer

from carbonio_mobile.errors import Conflict, NotAllowed, ReadOnly
from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    FolderId,
    ItemId,
    ItemVersion,
    OperationId,
    PartId,
)
from carbonio_mobile.interfaces import IMailbox, IMailboxes, ISharing
from carbonio_mobile.mailbox.crossing import cross
from carbonio_mobile.mailbox.places import Place, Places, mail_folders
from carbonio_mobile.mailbox.standard import name_key
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
from carbonio_mobile.sync.sharing import is_mounted

_NOTHING = ChangeToken("nothing")
"""The history of a folder that never holds anything."""


@implementer(IMailboxes)
class SharedMailboxes:
    """The mailboxes of another backend, each with what is shared with its account."""

    def __init__(self, mailboxes: IMailboxes, sharing: ISharing) -> None:
        self._mailboxes = mailboxes
        self._sharing = sharing

    async def open(self, account: AccountId) -> "SharedMailbox":
        """See :meth:`IMailboxes.open`."""
        own = await self._mailboxes.open(account)
        return SharedMailbox(own, sharing=self._sharing, mailboxes=self._mailboxes)


@implementer(IMailbox)
class SharedMailbox:
    """Sends each call to the mailbox in which the folder stands, with the ids that it has there.

    Rights are checked at each call: what may only be read raises ReadOnly, what is not granted
    NotFound. The tree, listings and items are those of all; occurrences of events, and a search
    that names no folder, are of the own mailbox alone.
    """

    def __init__(self, own: IMailbox, *, sharing: ISharing, mailboxes: IMailboxes) -> None:
        self.account: AccountId = own.account
        self._own = own
        self._sharing = sharing
        self._places = Places(own, sharing=sharing, mailboxes=mailboxes)

    async def _writable(self, folder: FolderId) -> Place:
        place = await self._places.place(folder)
        place.check_writable()
        return place

    # Folders

    async def hierarchy(self) -> Hierarchy:
        """See :meth:`IFolders.hierarchy`."""
        return await self._places.hierarchy()

    async def hierarchy_token(self) -> ChangeToken:
        """See :meth:`IFolders.hierarchy_token`."""
        return await self._places.token()

    async def create_folder(
        self, parent: FolderId | None, name: str, kind: FolderKind, *, operation: OperationId
    ) -> Folder:
        """See :meth:`IFolders.create_folder`; below a mount the folder is its owner's."""
        if parent is None:
            self._check_free(name)
            made: Folder = await self._own.create_folder(None, name, kind, operation=operation)
            return made
        place = await self._writable(parent)
        made = await place.box.create_folder(place.number, name, kind, operation=operation)
        if place.mount is None:
            return made
        return replace(made, id=place.mount.id_of(made.id), parent=parent, owner=place.mount.owner)

    def _check_free(self, name: str) -> None:
        wanted = name_key(name.strip())
        for mount in self._places.mounts:
            if name_key(mount.name) == wanted:
                raise Conflict(f"a shared folder of that name is there: {mount.id}")

    async def update_folder(self, folder: FolderId, *, parent: FolderId | None, name: str) -> None:
        """See :meth:`IFolders.update_folder`.

        Raises: NotAllowed also for a mount, and for a way from one mailbox into another.
        """
        place = await self._writable(folder)
        if place.mount is not None and (parent is None or folder == place.mount.id):
            raise NotAllowed("a mount, or the way out of one")
        if parent is None:
            self._check_free(name)
            await place.box.update_folder(place.number, parent=None, name=name)
            return
        if place.mount is None and not is_mounted(parent):
            await self._own.update_folder(place.number, parent=parent, name=name)
            return
        above = await self._writable(parent)
        if above.mount != place.mount:
            raise NotAllowed("from one mailbox into another")
        await place.box.update_folder(place.number, parent=above.number, name=name)

    async def delete_folder(self, folder: FolderId) -> None:
        """See :meth:`IFolders.delete_folder`; of a mount devices are just shown nothing more."""
        place = await self._places.place(folder)
        if place.mount is not None and folder == place.mount.id:
            await self._sharing.set_synced(self.account, place.mount.number, synced=False)
            return
        place.check_writable()
        await place.box.delete_folder(place.number)

    async def empty_folder(self, folder: FolderId, *, subfolders: bool) -> None:
        """See :meth:`IFolders.empty_folder`."""
        place = await self._writable(folder)
        await place.box.empty_folder(place.number, subfolders=subfolders)

    # Items

    async def token(self, folder: FolderId) -> ChangeToken:
        """See :meth:`IItems.token`."""
        place = await self._places.place(folder)
        return _NOTHING if place.folder is None else await place.box.token(place.folder)

    async def changes(self, folder: FolderId, since: ChangeToken, *, limit: int) -> ChangeBatch:
        """See :meth:`IItems.changes`."""
        place = await self._places.place(folder)
        if place.folder is None:
            return ChangeBatch(changed=(), gone=(), token=_NOTHING)
        batch: ChangeBatch = await place.box.changes(place.folder, since, limit=limit)
        return batch

    async def listing(
        self, folder: FolderId, *, below: Position, down_to: Position, limit: int
    ) -> Listing:
        """See :meth:`IItems.listing`."""
        place = await self._places.place(folder)
        if place.folder is None:
            return Listing(heads=(), token=_NOTHING)
        page: Listing = await place.box.listing(
            place.folder, below=below, down_to=down_to, limit=limit
        )
        return page

    async def count(self, folder: FolderId, *, below: Position, down_to: Position) -> int:
        """See :meth:`IItems.count`."""
        place = await self._places.place(folder)
        if place.folder is None:
            return 0
        return await place.box.count(place.folder, below=below, down_to=down_to)

    async def aspects_since(
        self, folder: FolderId, items: Collection[ItemId], since: ChangeToken
    ) -> Mapping[ItemId, Aspect]:
        """See :meth:`IItems.aspects_since`."""
        place = await self._places.place(folder)
        if place.folder is None:
            return {}
        found: Mapping[ItemId, Aspect] = await place.box.aspects_since(place.folder, items, since)
        return found

    async def read(
        self, folder: FolderId, items: Sequence[ItemId], wish: BodyWish
    ) -> Mapping[ItemId, MailItem]:
        """See :meth:`IItems.read`; another's draft is a message like any other."""
        place = await self._places.place(folder)
        if place.folder is None:
            return {}
        found: Mapping[ItemId, MailItem] = await place.box.read(place.folder, items, wish)
        if place.mount is None:
            return found
        return {item: replace(one, folder=folder, draft=False) for item, one in found.items()}

    async def part(self, folder: FolderId, item: ItemId, part: PartId) -> tuple[str, bytes]:
        """See :meth:`IItems.part`."""
        place = await self._places.place(folder)
        found: tuple[str, bytes] = await place.box.part(place.number, item, part)
        return found

    # Objects

    async def objects(
        self, folder: FolderId, items: Sequence[ItemId], *, source: bool = False
    ) -> Mapping[ItemId, ObjectItem]:
        """See :meth:`IObjects.objects`."""
        place = await self._places.place(folder)
        found: Mapping[ItemId, ObjectItem] = await place.box.objects(
            place.number, items, source=source
        )
        if place.mount is None:
            return found
        return {item: replace(one, folder=folder) for item, one in found.items()}

    async def find_uid(self, uid: str) -> Sequence[ObjectItem]:
        """See :meth:`IObjects.find_uid`; the own ones come first."""
        found: list[ObjectItem] = list(await self._own.find_uid(uid))
        for place in await self._shown_places():
            assert place.shown is not None
            theirs = await place.box.find_uid(uid)
            found += [
                replace(one, folder=place.shown.id) for one in theirs if one.folder == place.folder
            ]
        return found

    async def _shown_places(self) -> Sequence[Place]:
        """Give the mounted folders that hold objects."""
        if not self._places.mounts:
            return ()
        shown = (await self._places.hierarchy()).folders
        return [
            await self._places.place(folder.id)
            for folder in shown
            if folder.owner is not None and not folder.kind.holds_mail
        ]

    async def events(self, start: float, end: float, *, limit: int) -> Sequence[ObjectItem]:
        """See :meth:`IObjects.events`: those of the account's own time."""
        found: Sequence[ObjectItem] = await self._own.events(start, end, limit=limit)
        return found

    async def schedules(self, folder: FolderId) -> bool:
        """See :meth:`IObjects.schedules`."""
        place = await self._places.place(folder)
        return place.folder is not None and await place.box.schedules(place.folder)

    async def add_object(
        self, folder: FolderId, source: bytes, *, operation: OperationId
    ) -> ItemHead:
        """See :meth:`IObjects.add_object`."""
        place = await self._writable(folder)
        head: ItemHead = await place.box.add_object(place.number, source, operation=operation)
        return head

    async def replace_object(
        self, folder: FolderId, item: ItemId, source: bytes, *, expected: ItemVersion
    ) -> ItemVersion:
        """See :meth:`IObjects.replace_object`."""
        place = await self._writable(folder)
        version: ItemVersion = await place.box.replace_object(
            place.number, item, source, expected=expected
        )
        return version

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
        place = await self._writable(folder)
        head: ItemHead = await place.box.append(
            place.number, source, state, received=received, operation=operation
        )
        return head

    async def update(
        self, folder: FolderId, patches: Mapping[ItemId, MailPatch]
    ) -> Mapping[ItemId, ItemVersion]:
        """See :meth:`IItemWrites.update`."""
        place = await self._writable(folder)
        if place.mount is not None and any(one.source is not None for one in patches.values()):
            raise ReadOnly("the drafts of another")
        versions: Mapping[ItemId, ItemVersion] = await place.box.update(place.number, patches)
        return versions

    async def move(
        self, folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> Mapping[ItemId, ItemHead]:
        """See :meth:`IItemWrites.move`.

        From one mailbox into another an item is stored first and then deleted. Raises: also
        OverQuota, TooLarge.
        """
        source, goal = await self._writable(folder), await self._writable(target)
        if source.box.account == goal.box.account:
            moved: Mapping[ItemId, ItemHead] = await source.box.move(
                source.number, items, goal.number
            )
            return moved
        return await cross(source, items, goal)

    async def delete(self, folder: FolderId, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """See :meth:`IItemWrites.delete`."""
        place = await self._writable(folder)
        gone: frozenset[ItemId] = await place.box.delete(place.number, items)
        return gone

    # Search and settings

    async def search(self, query: MailQuery, *, offset: int, limit: int) -> SearchHits:
        """See :meth:`IMailSearch.search`; newest first within each mailbox, the own one first."""
        groups = await self._groups(query.folders)
        hits: list[tuple[FolderId, ItemId]] = []
        total = 0
        for box, names in groups:
            wanted = replace(query, folders=tuple(names))
            found: SearchHits = await box.search(
                wanted, offset=max(0, offset - total), limit=limit - len(hits)
            )
            hits += [(names.get(folder, folder), item) for folder, item in found.hits]
            total += found.total
        return SearchHits(hits=tuple(hits), total=total)

    async def _groups(
        self, folders: Sequence[FolderId]
    ) -> list[tuple[IMailbox, dict[FolderId, FolderId]]]:
        """Part folders by mailbox, each as it is called there with what devices call it."""
        if not folders and await self._places.hidden():
            folders = mail_folders((await self._places.hierarchy()).folders)
        if not folders:
            return [(self._own, {})]
        groups: dict[AccountId, tuple[IMailbox, dict[FolderId, FolderId]]] = {}
        for folder in sorted(folders, key=is_mounted):
            place = await self._places.place(folder)
            if place.folder is not None:
                group = groups.setdefault(place.box.account, (place.box, {}))
                group[1][place.folder] = folder
        return list(groups.values())

    async def out_of_office(self) -> OutOfOffice:
        """See :meth:`IOutOfOffice.out_of_office`."""
        settings: OutOfOffice = await self._own.out_of_office()
        return settings

    async def set_out_of_office(self, settings: OutOfOffice) -> None:
        """See :meth:`IOutOfOffice.set_out_of_office`."""
        await self._own.set_out_of_office(settings)
