"""``Lookups``: accounts of a directory by login, address and id, asked anew when they are old.

Spec: ../shared/carbonio/attributes.md 3, 4, 8; issue 6, section 2.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256

from carbonio_mobile.accounts.inheritance import LayeredAttributes, Values, build_account
from carbonio_mobile.accounts.ldapdirectory.known import KnownAccount, KnownAccounts
from carbonio_mobile.accounts.ldapdirectory.messages import FoundEntry
from carbonio_mobile.accounts.ldapdirectory.pool import LdapPool
from carbonio_mobile.accounts.ldapdirectory.presets import REVISIONS, Tree
from carbonio_mobile.accounts.ldapdirectory.surroundings import KeptSurroundings, Surroundings
from carbonio_mobile.accounts.ldapdirectory.values import (
    LOCKED_TIME,
    STATUS,
    addresses_of,
    product_values,
    seconds_of,
)
from carbonio_mobile.accounts.lockout import LockoutRules
from carbonio_mobile.accounts.logins import login_address
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId

_LOCKOUT = "lockout"
_KEPT_STATUS = frozenset({"active", "maintenance", "locked", "closed", "pending"})


class Lookups:
    """What is known of accounts, none of it older than ``reread_s`` while the directory answers.

    Where it does not, accounts count as they were for ``grace_s`` more.
    """

    def __init__(
        self,
        *,
        pool: LdapPool,
        tree: Tree,
        surroundings: KeptSurroundings,
        clock: Callable[[], float],
        reread_s: float,
        grace_s: float,
        count_max: int,
    ) -> None:
        self._pool = pool
        self._tree = tree
        self._names = tree.account_names
        self._surroundings = surroundings
        self._clock = clock
        self._reread_s = reread_s
        self._grace_s = grace_s
        self._known = KnownAccounts(count_max=count_max)
        self.asked = 0

    def fresh(self, account: AccountId) -> KnownAccount | None:
        """Give an account from memory, unless it is to be asked for anew."""
        known = self._known.get(account)
        return known if known is not None and self._is_fresh(known) else None

    def fresh_receiver(self, address: str) -> KnownAccount | None:
        """Give the account with an address (in normal form) likewise."""
        known = self._known.receiver(address)
        return known if known is not None and self._is_fresh(known) else None

    async def by_id(self, account: AccountId) -> KnownAccount | None:
        """Give an account, None where there is none. Raises: Unavailable."""
        known = self.fresh(account)
        if known is not None:
            return known
        try:
            return await self.anew(account)
        except Unavailable as exc:
            return self._in_grace(self._known.get(account), exc)

    async def anew(self, account: AccountId) -> KnownAccount | None:
        """Give an account as it is this moment. Raises: Unavailable."""
        return await self._asked(self._tree.by_id.filled(id=account), account)

    async def by_address(self, address: str) -> KnownAccount | None:
        """Give the account with an address in normal form. Raises: Unavailable."""
        known = self.fresh_receiver(address)
        if known is not None:
            return known
        try:
            return await self._asked(self._tree.by_address.filled(address=address))
        except Unavailable as exc:
            return self._in_grace(self._known.receiver(address), exc)

    async def by_login(self, login: str, host: str) -> KnownAccount | None:
        """Give the account that a login means. Raises: Unavailable.

        A bare name that is no address's of its domain may be what the directory calls somebody
        (``by_user``), where that is one account alone.
        """
        surroundings = await self._surroundings.current()
        address = login_address(login, host, surroundings.names)
        known = await self.by_address(address) if address else None
        user = login.rpartition("\\")[2].strip()
        if known is not None or self._tree.by_user is None or "@" in user or "%40" in user:
            return known
        return await self._asked(self._tree.by_user.filled(user=user))

    # Asking

    async def _asked(self, filter_: bytes, account: AccountId | None = None) -> KnownAccount | None:
        """Ask for the one account of a filter; of several it is none."""
        surroundings, now = await self._surroundings.current(), self._clock()
        self.asked += 1
        found = await self._pool.few(self._tree.base, filter_, self._names, count_max=2)
        known = self._read(found[0], surroundings, now) if len(found) == 1 else None
        if known is not None:
            self._known.put(known)
        elif account is not None:
            self._known.remove(account)
        return known

    def _read(self, entry: FoundEntry, around: Surroundings, now: float) -> KnownAccount | None:
        # In lower case, as our own ids are: the store of mobile passwords folds them.
        account = AccountId(entry.first(self._tree.id).lower())
        addresses = addresses_of(entry, self._tree.addresses)
        is_nobodys = any(entry.first(name).upper() == "TRUE" for name in self._tree.no_accounts)
        if not account or not addresses or is_nobodys:
            return None
        own = product_values(entry, self._tree.attributes)
        domain = addresses[0].rpartition("@")[2]
        shared = around.shared(domain, next(iter(own.get("zimbracosid", ())), ""))
        rules = LockoutRules.of(LayeredAttributes(own, shared))
        locked_until = _locked_until(own, rules)
        own[STATUS] = (_status(own),)
        stamp, is_precise = _stamp(entry, self._tree.password_stamps)
        return KnownAccount(
            account=build_account(
                account=account,
                addresses=addresses,
                own=own,
                shared=shared,
                domain_status=around.domain_status(domain),
                locked_out=now < locked_until,
            ),
            dn=entry.dn,
            stamp=stamp,
            is_precise=is_precise,
            rules=rules,
            locked_until=locked_until,
            read_at=now,
        )

    # Age

    def _is_fresh(self, known: KnownAccount) -> bool:
        now = self._clock()
        ends = known.read_at < known.locked_until <= now
        return 0 <= now - known.read_at < self._reread_s and not ends

    def _in_grace(self, known: KnownAccount | None, fault: Unavailable) -> KnownAccount:
        """Give an account that was known lately. Raises: ``fault``, where it was not."""
        if known is None:
            raise fault
        if not 0 <= self._clock() - known.read_at < self._reread_s + self._grace_s:
            raise fault
        return known


def _status(own: Values) -> str:
    """Give the status without the lockout, which ends by itself; an unknown one lets nobody in."""
    status = next(iter(own.get(STATUS, ())), "active").lower()
    if status == _LOCKOUT:
        return "active"
    return status if status in _KEPT_STATUS else "locked"


def _locked_until(own: Values, rules: LockoutRules) -> float:
    """Give when a lockout ends that the directory tells of; long ago where there is none.

    The status alone, without a time, is one that does not end.
    """
    if next(iter(own.get(STATUS, ())), "").lower() != _LOCKOUT:
        return float("-inf")
    since = seconds_of(own, LOCKED_TIME)
    return float("inf") if since is None else rules.ends(since)


def _stamp(entry: FoundEntry, names: Iterable[str]) -> tuple[str, bool]:
    """Give what stays the same as long as the password does, and whether it tells of that alone."""
    told = [value for name in names for value in entry.values.get(name, ())]
    revisions = [entry.values[name] for name in REVISIONS if name in entry.values]
    parts = told or [value for values in revisions[:1] for value in values]
    return sha256(b"\0".join((entry.dn.encode(), *parts))).hexdigest(), bool(told)
