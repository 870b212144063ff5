"""Answers the commands for shared folders and for folders that devices are not shown."""

from collections.abc import Mapping

from carbonio_mobile.admin.answers import Answer, Listing, Said, Value, each
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.declaring import shortened
from carbonio_mobile.admin.naming import account_named
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.texts import is_one_line
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IAccounts, IMailboxes, ISharing
from carbonio_mobile.sync.folders import Folder, Hierarchy
from carbonio_mobile.sync.sharing import FolderGrant, Mount, Rights, rights_by_folder

_ALL = "all"
_NAME_MAX = 256


class FolderResponders:
    """Shared folders, by the accounts' own mailboxes (not as devices see them)."""

    def __init__(self, *, accounts: IAccounts, mailboxes: IMailboxes, sharing: ISharing) -> None:
        self._accounts = accounts
        self._mailboxes = mailboxes
        self._sharing = sharing

    def responders(self) -> Mapping[str, Respond]:
        """Give who answers which command."""
        return {
            "mobile setSharedFolderSync": self._set_synced,
            "mobile disableFolderSync": self._disable,
            "mobile getSharedFolders": self._list,
            "mobile grantFolder": self._grant,
            "mobile revokeFolder": self._revoke,
            "mobile mountFolder": self._mount,
            "mobile unmountFolder": self._unmount,
        }

    async def _set_synced(self, call: AdminCall) -> Answer:
        account = await self._account(call, "account")
        number, synced = call.number("item_id"), call.flag("allowed")
        mount = self._mount_of(account, number)
        if synced and not await self._rights_on(mount):
            raise AdminFault(f"{mount.name} is not granted to {account.name}, or is gone")
        await self._sharing.set_synced(account.id, number, synced=synced)
        done = "is synced" if synced else "is no longer synced"
        return Said(text=f"shared folder {number} ({mount.name}) of {account.name} {done}")

    def _mount_of(self, account: Account, number: int) -> Mount:
        for mount in self._sharing.mounts(account.id):
            if mount.number == number:
                return mount
        raise AdminFault(
            f"{account.name} has no shared folder {number}; getSharedFolders lists them"
        )

    async def _disable(self, call: AdminCall) -> Answer:
        account = await self._account(call, "account")
        number, hidden = call.number("item_id"), call.flag("disable")
        folder = (await self._hierarchy(account.id)).find(FolderId(str(number)))
        if folder is None:
            raise AdminFault(f"{account.name} has no own folder {number}")
        if folder.kind.standard:
            raise AdminFault(f"{folder.name} is a system folder, which devices always see")
        await self._sharing.hide(account.id, folder.id, hidden=hidden)
        done = "hidden from" if hidden else "shown to"
        return Said(text=f"folder {number} ({folder.name}) of {account.name} {done} devices")

    async def _list(self, call: AdminCall) -> Answer:
        account = await self._account(call, "account")
        rows = [await self._row(mount) for mount in self._sharing.mounts(account.id)]
        return Listing(heading="shared folders", rows=each(rows))

    async def _row(self, mount: Mount) -> Mapping[str, Value]:
        rights = await self._rights_on(mount)
        return {
            "item_id": mount.number,
            "name": mount.name,
            "owner": await self._name_of(mount.owner),
            "folder": mount.folder or _ALL,
            "rights": rights.value if rights is not None else "none",
            "synced": mount.synced,
        }

    async def _rights_on(self, mount: Mount) -> Rights | None:
        """Give the rights on a mount as they are now; None where nothing of it is granted."""
        granted = self._sharing.granted(mount.owner, mount.account)
        if not granted:
            return None
        if mount.folder is None:
            return granted.get(None) or Rights.READ
        return rights_by_folder(await self._hierarchy(mount.owner), granted).get(mount.folder)

    async def _grant(self, call: AdminCall) -> Answer:
        owner, folder = await self._owned(call)
        grantee = await self._account(call, "grantee")
        rights = Rights(call.text("rights"))
        named = None if folder is None else folder.id
        await self._sharing.grant(
            FolderGrant(owner=owner.id, folder=named, grantee=grantee.id, rights=rights)
        )
        what = _described(folder)
        return Said(text=f"{rights.value} on {what} of {owner.name} granted to {grantee.name}")

    async def _revoke(self, call: AdminCall) -> Answer:
        owner, folder = await self._owned(call)
        grantee = await self._account(call, "grantee")
        what = _described(folder)
        try:
            await self._sharing.revoke(owner.id, None if folder is None else folder.id, grantee.id)
        except NotFound as exc:
            raise AdminFault(f"{grantee.name} was granted nothing on {what} itself") from exc
        return Said(text=f"rights on {what} of {owner.name} taken back from {grantee.name}")

    async def _mount(self, call: AdminCall) -> Answer:
        owner, folder = await self._owned(call)
        grantee = await self._account(call, "grantee")
        self._check_granted(await self._granted(owner, grantee), owner, folder, grantee)
        default = owner.name if folder is None else f"{owner.name} {folder.name}"
        name = (call.optional_text("name") or default).strip()[:_NAME_MAX]
        await self._check_free(grantee, name)
        made = await self._sharing.mount(
            grantee.id, owner.id, None if folder is None else folder.id, name
        )
        return Said(
            text=f"{_described(folder)} of {owner.name} mounted as {made.number} ({name})"
            f" for {grantee.name}; setSharedFolderSync shows it to devices",
            details={"item_id": made.number, "name": name},
        )

    async def _granted(self, owner: Account, grantee: Account) -> Mapping[FolderId, Rights]:
        granted = self._sharing.granted(owner.id, grantee.id)
        return rights_by_folder(await self._hierarchy(owner.id), granted)

    def _check_granted(
        self,
        rights: Mapping[FolderId, Rights],
        owner: Account,
        folder: Folder | None,
        grantee: Account,
    ) -> None:
        """Refuse to mount what is not granted. Raises: AdminFault."""
        if folder is None:
            if None in self._sharing.granted(owner.id, grantee.id):
                return
            raise AdminFault(
                f"the whole account of {owner.name} is not granted to {grantee.name}:"
                " grantFolder with all does that, or mount single folders"
            )
        if folder.id not in rights:
            raise AdminFault(
                f"neither {folder.name} of {owner.name} nor a folder above it is granted to"
                f" {grantee.name}, or it is of a kind that is not shared"
            )

    async def _check_free(self, grantee: Account, name: str) -> None:
        if not name or "/" in name or not is_one_line(name):
            raise AdminFault("expected a name without slashes and control characters")
        folders = (await self._hierarchy(grantee.id)).folders
        taken = [one.name for one in folders if one.parent is None]
        taken += [mount.name for mount in self._sharing.mounts(grantee.id)]
        if name.casefold() in map(str.casefold, taken):
            raise AdminFault(f"{grantee.name} has a folder {shortened(name)}; give another name")

    async def _unmount(self, call: AdminCall) -> Answer:
        account = await self._account(call, "account")
        mount = self._mount_of(account, call.number("item_id"))
        await self._sharing.unmount(account.id, mount.number)
        return Said(text=f"shared folder {mount.number} ({mount.name}) of {account.name} unmounted")

    # Finding what was named

    async def _account(self, call: AdminCall, name: str) -> Account:
        return await account_named(self._accounts, call.text(name))

    async def _name_of(self, account: AccountId) -> str:
        try:
            return (await self._accounts.account(account)).name
        except NotFound:
            return f"{account} (gone)"

    async def _hierarchy(self, account: AccountId) -> Hierarchy:
        found: Hierarchy = await (await self._mailboxes.open(account)).hierarchy()
        return found

    async def _owned(self, call: AdminCall) -> tuple[Account, Folder | None]:
        """Give owner and folder of a command; None for the whole account."""
        owner = await self._account(call, "owner")
        text = call.text("folder")
        if text.lower() == _ALL:
            return owner, None
        present = await self._hierarchy(owner.id)
        found = present.find(FolderId(text)) or _by_path(present, text)
        if found is None:
            raise AdminFault(f"{owner.name} has no folder {shortened(text)}")
        return owner, found


def _by_path(present: Hierarchy, path: str) -> Folder | None:
    """Find a folder by the names from the top down, whatever their case."""
    found: Folder | None = None
    for name in path.strip("/").split("/"):
        above = None if found is None else found.id
        found = next(
            (
                one
                for one in present.folders
                if one.parent == above and one.name.casefold() == name.casefold()
            ),
            None,
        )
        if found is None:
            return None
    return found


def _described(folder: Folder | None) -> str:
    return "the whole account" if folder is None else folder.name
