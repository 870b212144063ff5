"""Whose books are exposed: what they are called, and whether they are there at all."""

from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime

from carbonio_mobile.books.follower import FRESH_S
from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts

OWNERS_COUNT = 10_000
"""Of so many it is known for a moment; exposures are fewer."""

LABEL_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody whose books others see: the address, and the name to show."""

    name: str
    label: str


class Owners:
    """The owners of exposed books, looked at again when it was a moment ago."""

    def __init__(self, *, accounts: IAccounts, clock: IReactorTime) -> None:
        self._accounts = accounts
        self._clock = clock
        self._known: dict[AccountId, tuple[float, Owner | None]] = {}

    async def owner(self, account: AccountId) -> Owner | None:
        """Give an owner; None of one who is no more, or closed, as the whole domain may be.

        Raises: Unavailable.
        """
        now_s = self._clock.seconds()
        looked_s, owner = self._known.get(account, (float("-inf"), None))
        if now_s - looked_s < FRESH_S:
            return owner
        try:
            owner = _owner(await self._accounts.account(account))
        except NotFound:
            owner = None
        if len(self._known) >= OWNERS_COUNT:
            self._known.clear()
        self._known[account] = now_s, owner
        return owner


def _owner(account: Account) -> Owner | None:
    if AccountStatus.CLOSED in (account.status, account.domain_status):
        return None
    label = " ".join("".join(filter(_is_shown, account.display_name)).split())
    return Owner(account.name, label[:LABEL_CHARACTERS] or account.name)


def _is_shown(character: str) -> bool:
    return character.isprintable() or character.isspace()
