"""Mobile passwords of accounts that stand in a directory elsewhere; they are kept in our database.

Spec: ../shared/carbonio/cli.md 4.1.
"""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection
from zope.interface import implementer

from carbonio_mobile.accounts.credentials import CredentialStore, refuse_too_many
from carbonio_mobile.accounts.lanes import Lane
from carbonio_mobile.accounts.loginstore import LoginStore
from carbonio_mobile.accounts.passwords import Passwords
from carbonio_mobile.accounts.secrets import Secret, right_one, secrets_for
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.credentials import (
    ARGON2ID,
    CREDENTIALS_MAX,
    Credential,
    CredentialChange,
    CredentialWish,
    Issued,
)
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts, ICredentials


class MobilePasswords:
    """What opens a service beside an account's own password; hashes are checked in ``slow_lane``.

    ``version`` gives a number that differs after each change of the database, None where it cannot
    be told.
    """

    def __init__(
        self,
        transactions: Transactions,
        passwords: Passwords,
        *,
        version: Callable[[], int | None],
        lane: Lane,
        slow_lane: Lane,
    ) -> None:
        self._logins = LoginStore(transactions)
        self._store = CredentialStore(transactions, passwords, lambda: 0.0, owner_of=_itself)
        self._passwords = passwords
        self._lane = lane
        self._slow_lane = slow_lane
        self.version = version

    async def of(self, account: AccountId, service: str) -> tuple[Secret, ...]:
        """Give those that open a service; none where the account's own password does."""
        present = await self._lane.run(partial(self._store.of, account))
        nobodys = Secret(stamp="", hash=None)
        return tuple(each for each in secrets_for(service, nobodys, present) if each.credential)

    async def right(self, secrets: Sequence[Secret], password: str) -> Secret | None:
        """Give the one that was typed, if any. Raises: Corrupt, Unavailable."""
        check = partial(right_one, self._passwords, secrets, password)
        return await self._slow_lane.run(check)

    async def renew(self, secret: Secret, password: str) -> None:
        """Make the hash of one anew, where it is of another kind or cost."""
        if secret.credential is None or not (
            secret.is_of_another_kind or self._passwords.is_outdated(secret.hash or "")
        ):
            return
        new = await self._slow_lane.run(partial(self._passwords.hash, password))
        store = partial(self._logins.replace_mobile_hash, secret.credential, ARGON2ID, new)
        await self._lane.run(store)


def _itself(_connection: Connection, account: str) -> str:
    """Take an id for that of an account: which there are, the directory elsewhere knows."""
    return account


@implementer(ICredentials)
class LdapCredentials:
    """Mobile passwords of the accounts of ``accounts``; lives in the reactor thread."""

    def __init__(
        self,
        *,
        accounts: IAccounts,
        transactions: Transactions,
        passwords: Passwords,
        clock: Callable[[], float],
        lane: Lane,
    ) -> None:
        self._accounts = accounts
        self._store = CredentialStore(transactions, passwords, clock, owner_of=_itself)
        self._lane = lane

    async def of(self, account: AccountId) -> Sequence[Credential]:
        """Give an account's."""
        known = await self._accounts.account(account)
        return await self._lane.run(partial(self._store.of, known.id))

    async def add(self, account: AccountId, wishes: Sequence[CredentialWish]) -> Sequence[Issued]:
        """Add some, all or none."""
        if len(wishes) > CREDENTIALS_MAX:
            refuse_too_many(len(wishes))
        known = await self._accounts.account(account)
        return await self._lane.run(partial(self._store.add, known.id, wishes))

    async def update(
        self, account: AccountId, credential: str, change: CredentialChange
    ) -> Credential:
        """Change one."""
        return await self._lane.run(partial(self._store.update, account, credential, change))

    async def delete(self, account: AccountId, credential: str) -> None:
        """Remove one."""
        await self._lane.run(partial(self._store.delete, account, credential))
