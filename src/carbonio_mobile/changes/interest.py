"""``Tally``: how many watches there are of each folder; told when a folder's first one begins, or
its last one ends.
"""

from collections.abc import Collection

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IInterest


class Tally:
    """Counts for one ``interest``. Each count costs O(folders of the watch), however many watches
    the account has; the whole set is told only when it has changed.
    """

    def __init__(self, interest: IInterest) -> None:
        self._interest = interest
        self._accounts: dict[AccountId, dict[FolderId, int]] = {}

    def add(self, account: AccountId, folders: Collection[FolderId]) -> None:
        """Count a watch of these folders."""
        if not folders:
            return
        counts = self._accounts.setdefault(account, {})
        before = len(counts)
        for folder in folders:
            counts[folder] = counts.get(folder, 0) + 1
        self._tell_if(len(counts) != before, account, counts)

    def take(self, account: AccountId, folders: Collection[FolderId]) -> None:
        """Count it off again; the folders must be those of ``add``."""
        if not folders:
            return
        counts = self._accounts[account]
        before = len(counts)
        for folder in folders:
            counts[folder] -= 1
            if not counts[folder]:
                del counts[folder]
        self._tell_if(len(counts) != before, account, counts)

    def _tell_if(self, changed: bool, account: AccountId, counts: dict[FolderId, int]) -> None:
        if not counts:
            del self._accounts[account]
        if changed:
            self._interest.watched(account, frozenset(counts))
