"""Accounts as the directory told them lately, within bounds.

Spec: design.md 8 (what was right is forgotten when a credential changes).
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from carbonio_mobile.accounts.lockout import LockoutRules
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.ids import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """An account, the name of its entry, and what checking its password needs.

    ``stamp`` differs once the password may be another; where it ``is_precise``, only then.
    ``locked_until`` is the end of a lockout that the directory tells of. ``read_at`` is when the
    directory was asked.
    """

    account: Account
    dn: str = field(repr=False)
    stamp: str = field(repr=False)
    is_precise: bool
    rules: LockoutRules
    locked_until: float
    read_at: float


class KnownAccounts:
    """At most ``count_max`` accounts, by id and by address; the one used longest ago makes room."""

    def __init__(self, *, count_max: int) -> None:
        self._count_max = count_max
        self._kept: OrderedDict[AccountId, KnownAccount] = OrderedDict()
        self._ids: dict[str, AccountId] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, account: AccountId) -> KnownAccount | None:
        """Give an account as it was told last."""
        known = self._kept.get(account)
        if known is not None:
            self._kept.move_to_end(account)
        return known

    def receiver(self, address: str) -> KnownAccount | None:
        """Give the account with an address in normal form."""
        account = self._ids.get(address)
        return None if account is None else self.get(account)

    def put(self, known: KnownAccount) -> None:
        """Keep what was told of an account in the place of what was told before."""
        account = known.account
        self.remove(account.id)
        self._kept[account.id] = known
        self._ids.update((address, account.id) for address in account.addresses)
        if len(self._kept) > self._count_max:
            self.remove(next(iter(self._kept)))

    def remove(self, account: AccountId) -> None:
        """Forget an account, if it is known."""
        known = self._kept.pop(account, None)
        for address in known.account.addresses if known is not None else ():
            if self._ids.get(address) == account:
                del self._ids[address]
