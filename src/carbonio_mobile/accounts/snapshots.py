"""Accounts kept in memory for as long as the directory does not change."""

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.ids import AccountId


class Snapshots:
    """At most ``count_max`` accounts, by id and by address; the one read first makes room."""

    def __init__(self, *, count_max: int) -> None:
        self._count_max = count_max
        self._kept: dict[AccountId, tuple[Account, float]] = {}
        self._ids: dict[str, AccountId] = {}

    def get(self, account: AccountId, now: float) -> Account | None:
        """Give an account unless it is unknown or the clock has changed what it is."""
        kept = self._kept.get(account)
        if kept is None or now >= kept[1]:
            return None
        return kept[0]

    def receiver(self, address: str, now: float) -> Account | None:
        """Give the account with an address in normal form, likewise."""
        account = self._ids.get(address)
        return None if account is None else self.get(account, now)

    def put(self, account: Account, expires_at: float) -> None:
        """Keep an account until ``expires_at``, seconds since 1970."""
        if len(self._kept) >= self._count_max and account.id not in self._kept:
            self._drop(next(iter(self._kept)))
        self._kept[account.id] = (account, expires_at)
        self._ids.update((address, account.id) for address in account.addresses)

    def clear(self) -> None:
        """Forget all: the directory changed."""
        self._kept.clear()
        self._ids.clear()

    def _drop(self, account: AccountId) -> None:
        for address in self._kept.pop(account)[0].addresses:
            self._ids.pop(address, None)
