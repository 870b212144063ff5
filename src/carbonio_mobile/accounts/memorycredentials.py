"""Mobile passwords kept in memory, beside the accounts of tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest

from zope.interface import implementer

from carbonio_mobile.accounts.credentials import (
    changed_credential,
    check_wish,
    credential_of,
    new_credential,
    refuse_too_many,
)
from carbonio_mobile.accounts.passwords import Passwords
from carbonio_mobile.directory.credentials import (
    Credential,
    CredentialChange,
    CredentialWish,
    Issued,
)
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import ICredentials


@dataclass(slots=True, kw_only=True)
class _Kept:
    credential: Credential
    password: str = field(repr=False)

    def matches(self, password: str) -> bool:
        if not self.password:
            return Passwords.matches_sha256(self.credential.hash, password)
        typed, right = (each.encode("utf-8", "surrogatepass") for each in (password, self.password))
        return compare_digest(typed, right)


@implementer(ICredentials)
class MemoryCredentials:
    """Mobile passwords in memory; ``check`` raises NotFound for an account that there is not."""

    def __init__(self, *, clock: Callable[[], float], check: Callable[[AccountId], object]) -> None:
        self._clock = clock
        self._check = check
        self._kept: dict[AccountId, list[_Kept]] = {}

    def outcome(self, account: AccountId, service: str, password: str) -> bool | None:
        """Tell whether a password opens a service; None where the account's own one decides."""
        made_for_it = [
            each for each in self._kept.get(account, ()) if each.credential.opens(service)
        ]
        return any(each.matches(password) for each in made_for_it) if made_for_it else None

    def forget(self, account: AccountId) -> None:
        """Remove all of an account."""
        self._kept.pop(account, None)

    async def of(self, account: AccountId) -> Sequence[Credential]:
        """Give an account's."""
        self._check(account)
        return tuple(each.credential for each in self._kept.get(account, ()))

    async def add(self, account: AccountId, wishes: Sequence[CredentialWish]) -> Sequence[Issued]:
        """Add some, all or none."""
        present = await self.of(account)
        for wish in wishes:
            check_wish(wish)
        refuse_too_many(len(present) + len(wishes))
        issued = tuple(new_credential(account, wish, self._clock()) for wish in wishes)
        self._kept.setdefault(account, []).extend(
            _Kept(credential=each.credential, password=each.password) for each in issued
        )
        return issued

    async def update(
        self, account: AccountId, credential: str, change: CredentialChange
    ) -> Credential:
        """Change one."""
        before = credential_of(await self.of(account), credential)
        after = changed_credential(before, change)
        for each in self._kept[account]:
            if each.credential is before:
                each.credential = after
        return after

    async def delete(self, account: AccountId, credential: str) -> None:
        """Remove one."""
        credential_of(await self.of(account), credential)
        self._kept[account] = [
            each for each in self._kept[account] if each.credential.id != credential
        ]
