"""All grants, mounts and hidden folders of an installation, in memory.

They are few and asked for at each request and each delivery, so they are never read from a disk
twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from carbonio_mobile.errors import Conflict, NotFound, TooLarge
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.sync.sharing import FIRST_MOUNT, FolderGrant, Mount, Rights

MOUNTS_MAX = 200
"""So many mounts an account may have."""

GRANTS_MAX = 2_000
"""So many grants an account may give."""

_Key = tuple[AccountId, FolderId | None, AccountId]


class ShareBook:
    """Grants by owner and grantee, mounts by account and by owner, hidden folders by account.

    Every change keeps the indexes; nothing here waits for anything.
    """

    def __init__(self) -> None:
        self._grants: dict[AccountId, dict[_Key, FolderGrant]] = {}
        self._mounts: dict[AccountId, dict[int, Mount]] = {}
        self._numbers_of: dict[AccountId, dict[int, AccountId]] = {}
        self._hidden: dict[AccountId, set[FolderId]] = {}
        self._next = FIRST_MOUNT

    def fill(
        self,
        grants: Iterable[FolderGrant],
        mounts: Iterable[Mount],
        hidden: Iterable[tuple[AccountId, FolderId]],
        *,
        last_number: int,
    ) -> None:
        """Take in what was stored; ``last_number`` is the highest that any mount ever had."""
        self._next = max(self._next, last_number + 1)
        for grant in grants:
            self.put_grant(grant)
        for mount in mounts:
            self.put_mount(mount)
        for account, folder in hidden:
            self.hide(account, folder, hidden=True)

    # Looking

    def mounts(self, account: AccountId) -> Sequence[Mount]:
        """Give the mounts in an account's tree, the oldest first."""
        return tuple(self._mounts.get(account, {}).values())

    def mounts_of(self, owner: AccountId) -> Sequence[Mount]:
        """Give the mounts of an account's folders in the trees of others."""
        numbers = self._numbers_of.get(owner, {})
        return tuple(self._mounts[account][number] for number, account in numbers.items())

    def mount(self, account: AccountId, number: int) -> Mount:
        """Give one mount. Raises: NotFound."""
        try:
            return self._mounts[account][number]
        except KeyError:
            raise NotFound(f"there is no shared folder {number}") from None

    def grants(self, owner: AccountId) -> Sequence[FolderGrant]:
        """Give what an account has granted."""
        return tuple(self._grants.get(owner, {}).values())

    def granted(self, owner: AccountId, grantee: AccountId) -> Mapping[FolderId | None, Rights]:
        """Give the rights that one account has on folders of another."""
        mine = self._grants.get(owner, {}).values()
        return {grant.folder: grant.rights for grant in mine if grant.grantee == grantee}

    def hidden(self, account: AccountId) -> frozenset[FolderId]:
        """Give the own folders that an account's devices are not shown."""
        return frozenset(self._hidden.get(account, ()))

    def outlook(self, account: AccountId) -> str:
        """Give a word for what an account is shown; empty where that is just its own."""
        seen = [
            (one.number, one.owner, one.folder, one.name, sorted(
                (folder or "", rights.value)
                for folder, rights in self.granted(one.owner, account).items()
            ))
            for one in self.mounts(account)
            if one.synced
        ]  # fmt: skip
        hidden = sorted(self._hidden.get(account, ()))
        if not seen and not hidden:
            return ""
        return blake2b(repr((seen, hidden)).encode(), digest_size=8).hexdigest()

    # Changing

    def put_grant(self, grant: FolderGrant) -> None:
        """FolderGrant, in the place of what was granted to that account on that folder."""
        self._grants.setdefault(grant.owner, {})[_key(grant)] = grant

    def drop_grant(self, grant: FolderGrant) -> None:
        """Revoke what was granted to that account on that folder, whatever rights."""
        self._grants.get(grant.owner, {}).pop(_key(grant), None)

    def find_grant(
        self, owner: AccountId, folder: FolderId | None, grantee: AccountId
    ) -> FolderGrant | None:
        """Give what was granted to an account on that very folder."""
        return self._grants.get(owner, {}).get((owner, folder, grantee))

    def put_mount(self, mount: Mount) -> None:
        """Put a mount in, or a changed one in the place of that number."""
        self._mounts.setdefault(mount.account, {})[mount.number] = mount
        self._numbers_of.setdefault(mount.owner, {})[mount.number] = mount.account
        self._next = max(self._next, mount.number + 1)

    def drop_mount(self, mount: Mount) -> None:
        """Take a mount out."""
        self._mounts.get(mount.account, {}).pop(mount.number, None)
        self._numbers_of.get(mount.owner, {}).pop(mount.number, None)

    def next_number(self) -> int:
        """Give a number that no mount here ever had."""
        self._next += 1
        return self._next - 1

    def hide(self, account: AccountId, folder: FolderId, *, hidden: bool) -> None:
        """Hide an own folder, or show it again."""
        mine = self._hidden.setdefault(account, set())
        if hidden:
            mine.add(folder)
        else:
            mine.discard(folder)

    def check_new_mount(self, mount: Mount) -> None:
        """Refuse a second mount of the same, and too many. Raises: Conflict, TooLarge."""
        mine = self.mounts(mount.account)
        for one in mine:
            if (one.owner, one.folder) == (mount.owner, mount.folder):
                raise Conflict(f"that is mounted already, as {one.number} ({one.name})")
        if len(mine) >= MOUNTS_MAX:
            raise TooLarge(f"an account may have {MOUNTS_MAX} shared folders")

    def check_new_grant(self, grant: FolderGrant) -> None:
        """Refuse to grant to oneself, or too much. Raises: Conflict, TooLarge."""
        if grant.owner == grant.grantee:
            raise Conflict("an account cannot be granted its own folders")
        mine = self._grants.get(grant.owner, {})
        if _key(grant) not in mine and len(mine) >= GRANTS_MAX:
            raise TooLarge(f"an account may give {GRANTS_MAX} grants")

    def concerning(
        self, account: AccountId
    ) -> tuple[list[FolderGrant], list[Mount], list[FolderId]]:
        """Give all that speaks of an account: as owner, as grantee, and its hidden folders."""
        grants = [
            one
            for mine in self._grants.values()
            for one in mine.values()
            if account in (one.owner, one.grantee)
        ]
        mounts = [*self.mounts(account), *self.mounts_of(account)]
        return grants, mounts, list(self._hidden.get(account, ()))


def with_sync(mount: Mount, *, synced: bool) -> Mount:
    """Give a mount that devices are shown, or are not."""
    return replace(mount, synced=synced)


def _key(grant: FolderGrant) -> _Key:
    return grant.owner, grant.folder, grant.grantee
