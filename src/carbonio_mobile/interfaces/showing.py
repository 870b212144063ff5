"""What accounts are shown of others: shared folders, address books."""

from collections.abc import Awaitable, Mapping, Sequence

from zope.interface import Interface

from carbonio_mobile.addressbook.exposure import Exposure
from carbonio_mobile.addressbook.shelf import Shelf
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.sync.sharing import FolderGrant, Mount, Rights


class ISharing(Interface):
    """The folders that accounts share, and the own ones that devices are not shown.

    What only looks answers at once: all of it is in memory. A change is durable when its awaitable
    fires, and wakes the devices of those who see it.
    """

    def mounts(account: AccountId) -> Sequence[Mount]:
        """Give the mounts in an account's tree, the oldest first."""

    def mounts_of(owner: AccountId) -> Sequence[Mount]:
        """Give the mounts of an account's folders in the trees of others."""

    def grants(owner: AccountId) -> Sequence[FolderGrant]:
        """Give what an account has granted."""

    def granted(owner: AccountId, grantee: AccountId) -> Mapping[FolderId | None, Rights]:
        """Give the rights that one account was given on folders of another; None is all of them."""

    def hidden(account: AccountId) -> frozenset[FolderId]:
        """Give the own folders that an account's devices are not shown."""

    def outlook(account: AccountId) -> str:
        """Give a word that differs whenever what an account is shown does; empty where that is just
        its own mailbox.
        """

    def grant(grant: FolderGrant) -> Awaitable[None]:
        """Grant, in the place of what that account had on that folder. Raises: Conflict (to
        oneself), TooLarge (too many).
        """

    def revoke(owner: AccountId, folder: FolderId | None, grantee: AccountId) -> Awaitable[None]:
        """Take a grant back. Raises: NotFound."""

    def mount(
        account: AccountId, owner: AccountId, folder: FolderId | None, name: str
    ) -> Awaitable[Mount]:
        """Mount a folder, not synced yet. Raises: Conflict (it is mounted), TooLarge (too many)."""

    def unmount(account: AccountId, number: int) -> Awaitable[None]:
        """Take a mount away; the owner's folder stays as it is. Raises: NotFound."""

    def set_synced(account: AccountId, number: int, *, synced: bool) -> Awaitable[Mount]:
        """Show a mount to devices, or do not. Raises: NotFound."""

    def hide(account: AccountId, folder: FolderId, *, hidden: bool) -> Awaitable[None]:
        """Hide an own folder, with those below it, from devices, or show it again."""

    def forget(account: AccountId) -> Awaitable[None]:
        """Remove all that speaks of an account which is no more."""


class IAddressBooks(Interface):
    """What each login sees of the address books."""

    def shelf(viewer: Account) -> Awaitable[Shelf]:
        """Give the books that an account is shown, none older than a second.

        Costs next to nothing where nothing changed. A book that is new or was long unused is
        waited for until it is read whole. Raises: NotFound (the account is gone).
        """


class IExposures(Interface):
    """The address books of accounts that administrators show to others.

    What only looks answers at once: all of it is in memory. A change is durable when its awaitable
    fires, and seen by the next look-up.
    """

    def exposures(domain: str) -> Sequence[Exposure]:
        """Give what the accounts of a domain see beside what all do, or with "" what all see."""

    def all_exposures() -> Sequence[Exposure]:
        """Give all there are, by domain (those of all first), account and folder."""

    def generation() -> int:
        """Give a number that every change raises."""

    def add(exposure: Exposure) -> Awaitable[None]:
        """Expose a book, or all of an account. Raises: Conflict (it is), TooLarge (too many)."""

    def remove(exposures: Sequence[Exposure]) -> Awaitable[None]:
        """Take exposures back, all or none. Raises: NotFound."""
