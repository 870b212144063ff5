"""What checking logins reads and writes: accounts, failed logins, lockouts, renewed hashes.

Every method is one transaction, durable when it returns. All block, and may raise Unavailable and
Corrupt.
"""

from dataclasses import dataclass

from sqlalchemy import update

from carbonio_mobile.accounts import credentialrows, entries
from carbonio_mobile.accounts.edits import (
    locked_at,
    raise_generation,
    replace_failures,
    set_locked_at,
)
from carbonio_mobile.accounts.entries import InheritanceCache, LoginRecord
from carbonio_mobile.accounts.lockout import LockoutRules
from carbonio_mobile.accounts.logins import login_address
from carbonio_mobile.accounts.schema import ACCOUNTS
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.credentials import Credential
from carbonio_mobile.ids import AccountId

NOBODY = AccountId("")
"""Failed logins of names that no account has are counted for it, so that they cost the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Whom a login means: an account or nobody; and how its failures count.

    ``newcomer`` is an address of nobody in a domain of ours, which might become an account.
    """

    record: LoginRecord | None
    rules: LockoutRules
    newcomer: str = ""


class LoginStore:
    """The embedded directory as the login sees it; used by one thread at a time."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._cache = InheritanceCache()

    def generation(self) -> int:
        """Give the number that every visible change raises; failed logins do not."""
        with self._transactions.reading() as connection:
            return entries.generation(connection)

    def candidate(self, login: str, host: str, now: float) -> Candidate:
        """Give the account that a login means, if any, and the rules for its failed logins."""
        with self._transactions.reading() as connection:
            names = self._cache.names(connection)
            address = login_address(login, host, names) or ""
            owner = entries.account_id(connection, address) if address else None
            if owner is None:
                nobodys = self._cache.shared(connection, None, None)
                domain = address.rpartition("@")[2]
                is_free = names.hosts.get(domain) == domain and not (
                    entries.list_id(connection, address)
                )
                return Candidate(
                    record=None,
                    rules=LockoutRules.of(nobodys.values),
                    newcomer=address if is_free else "",
                )
            record = entries.login_record(connection, owner, now, self._cache)
            return Candidate(record=record, rules=record.rules)

    def account(self, account: AccountId, now: float) -> LoginRecord:
        """Give the record of an account by its id. Raises: NotFound."""
        with self._transactions.reading() as connection:
            return entries.login_record(connection, account, now, self._cache)

    def receiver(self, address: str, now: float) -> LoginRecord | None:
        """Give the record of the account with an address (in normal form), if there is one."""
        with self._transactions.reading() as connection:
            owner = entries.account_id(connection, address)
            if owner is None:
                return None
            return entries.login_record(connection, owner, now, self._cache)

    def note_failure(self, account: str, rules: LockoutRules, now: float) -> bool:
        """Count a failed login; tells whether it locked the account out.

        An account that is locked out already stays so until its time, and nothing is counted.
        """
        with self._transactions.writing() as connection:
            since = locked_at(connection, account)
            if now < rules.ends(since):
                return False
            # What was counted before a lockout that has ended does not lead to the next one.
            earlier = () if since is not None else entries.failure_times(connection, account)
            times, locks = rules.with_failure(earlier, now)
            replace_failures(connection, account, times)
            if account != NOBODY and (locks or since is not None):
                set_locked_at(connection, account, now if locks else None)
                raise_generation(connection)
            return locks and account != NOBODY

    def note_success(self, account: AccountId, rules: LockoutRules, now: float) -> bool:
        """Forget failed logins after a good one; False where a lockout came in the meantime."""
        with self._transactions.writing() as connection:
            since = locked_at(connection, account)
            if now < rules.ends(since):
                return False
            replace_failures(connection, account, ())
            if since is not None:
                set_locked_at(connection, account, None)
                raise_generation(connection)
            return True

    def replace_hash(self, account: AccountId, old: str, new: str) -> None:
        """Store the same password's hash at another cost, unless it was changed in the meantime."""
        with self._transactions.writing() as connection:
            connection.execute(
                update(ACCOUNTS)
                .where(ACCOUNTS.c.id == account, ACCOUNTS.c.password_hash == old)
                .values(password_hash=new)
            )

    def replace_mobile_hash(self, old: Credential, algorithm: str, new: str) -> None:
        """Store the hash of a mobile password anew, unless it is another one in the meantime."""
        with self._transactions.writing() as connection:
            credentialrows.replace_hash(connection, old, algorithm, new)
