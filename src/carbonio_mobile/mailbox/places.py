"""Where a folder of an account's tree really stands: in its own mailbox or in another's."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from carbonio_mobile.errors import NotFound, ReadOnly
from carbonio_mobile.ids import AccountId, ChangeToken, FolderId
from carbonio_mobile.interfaces import IMailbox, IMailboxes, ISharing
from carbonio_mobile.sync.folders import Folder, Hierarchy
from carbonio_mobile.sync.sharing import Mount, mounted_tree, parse_mounted, rights_by_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder as a device names it, and where it stands.

    ``folder`` is its id in ``box``; None for the root of a whole mailbox, which holds nothing.
    ``shown`` is the folder in the account's tree, None for one of its own.
    """

    box: IMailbox
    folder: FolderId | None
    shown: Folder | None = None
    mount: Mount | None = None

    @property
    def number(self) -> FolderId:
        """The folder's id in its mailbox. Raises: ReadOnly (the root of a whole mailbox)."""
        if self.folder is None:
            raise ReadOnly("the root of a shared mailbox holds nothing")
        return self.folder

    def check_writable(self) -> None:
        """Refuse to change what was shared to be read. Raises: ReadOnly."""
        if self.shown is not None and self.shown.read_only:
            raise ReadOnly(f"{self.shown.name} of {self.shown.owner} may only be read")


class Places:
    """The tree of one account: its own folders without the hidden ones, and what it has mounted.

    Rights are looked up anew at each call; the folders of an owner are read again where they have
    changed.
    """

    def __init__(self, own: IMailbox, *, sharing: ISharing, mailboxes: IMailboxes) -> None:
        self._own = own
        self._sharing = sharing
        self._mailboxes = mailboxes
        self._known: dict[AccountId, Hierarchy] = {}

    @property
    def mounts(self) -> Sequence[Mount]:
        """The mounts that devices are shown."""
        return [one for one in self._sharing.mounts(self._own.account) if one.synced]

    async def place(self, folder: FolderId) -> Place:
        """Find a folder. Raises: NotFound (also one that is hidden, or no longer granted)."""
        named = parse_mounted(folder)
        if named is None:
            if folder in await self.hidden():
                raise NotFound(f"folder {folder} is hidden from devices")
            return Place(box=self._own, folder=folder)
        mount = next((one for one in self.mounts if one.number == named[0]), None)
        if mount is not None:
            box = await self._mailboxes.open(mount.owner)
            for shown, owned in await self._tree(mount, box):
                if shown.id == folder:
                    return Place(box=box, folder=owned, shown=shown, mount=mount)
        raise NotFound(f"folder {folder}")

    async def hidden(self) -> frozenset[FolderId]:
        """Give the own folders that are hidden, with all below them."""
        chosen = self._sharing.hidden(self._own.account)
        if not chosen:
            return chosen
        present = await self._hierarchy(self._own)
        return frozenset(one.id for one in present.folders) - {
            one.id for one in _without(present, chosen)
        }

    async def token(self) -> ChangeToken:
        """Give the token of the whole tree."""
        own = await self._own.hierarchy_token()
        others = [await (await self._open(one)).hierarchy_token() for one in self._owners()]
        return self._joined(own, others)

    async def hierarchy(self) -> Hierarchy:
        """Give the whole tree, parents before children."""
        present = await self._hierarchy(self._own)
        folders = _without(present, self._sharing.hidden(self._own.account))
        for mount in self.mounts:
            tree = await self._tree(mount, await self._open(mount.owner))
            folders += [shown for shown, _ in tree]
        others = [self._known[owner].token for owner in self._owners()]
        return Hierarchy(token=self._joined(present.token, others), folders=tuple(folders))

    def _owners(self) -> Sequence[AccountId]:
        return list(dict.fromkeys(one.owner for one in self.mounts))

    async def _open(self, owner: AccountId) -> IMailbox:
        return await self._mailboxes.open(owner)

    def _joined(self, own: ChangeToken, others: Sequence[ChangeToken]) -> ChangeToken:
        outlook = self._sharing.outlook(self._own.account)
        if not outlook:
            return own
        mixed = blake2b(" ".join((outlook, *others)).encode(), digest_size=10).hexdigest()
        return ChangeToken(f"{own}.{mixed}")

    async def _tree(self, mount: Mount, box: IMailbox) -> Sequence[tuple[Folder, FolderId | None]]:
        owned = await self._hierarchy(box)
        granted = self._sharing.granted(mount.owner, mount.account)
        return list(mounted_tree(mount, owned, rights_by_folder(owned, granted)))

    async def _hierarchy(self, box: IMailbox) -> Hierarchy:
        known = self._known.get(box.account)
        if known is None or known.token != await box.hierarchy_token():
            known = self._known[box.account] = await box.hierarchy()
        return known


def _without(present: Hierarchy, hidden: frozenset[FolderId]) -> list[Folder]:
    """Give the folders that are neither hidden nor below a hidden one; standard ones all stay."""
    gone: set[FolderId] = set()
    kept: list[Folder] = []
    for folder in present.folders:
        chosen = folder.id in hidden and not folder.kind.standard
        if chosen or folder.parent in gone:
            gone.add(folder.id)
        else:
            kept.append(folder)
    return kept


def mail_folders(folders: Sequence[Folder]) -> tuple[FolderId, ...]:
    """Give the ids of the own folders that hold messages."""
    return tuple(one.id for one in folders if one.kind.holds_mail and one.owner is None)
