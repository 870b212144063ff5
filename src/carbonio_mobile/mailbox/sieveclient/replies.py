"""The automatic replies of all accounts of a gateway, each one's changes one after the other."""

from collections.abc import Awaitable, Callable
from functools import partial
from weakref import WeakValueDictionary

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts, IOutOfOffice
from carbonio_mobile.mailbox.delivery.relay import Login
from carbonio_mobile.mailbox.sieveclient.managesieve import SieveClient
from carbonio_mobile.mailbox.sieveclient.outofoffice import NoSieve, SieveReplies
from carbonio_mobile.sieve.awayrule import Person


class Replies:
    """The settings of accounts on a ManageSieve server.

    ``login_of`` gives an account's login there, and may raise StoreError. One sender is answered
    every ``days``.
    """

    def __init__(
        self,
        client: SieveClient,
        *,
        login_of: Callable[[AccountId], Awaitable[Login]],
        accounts: IAccounts,
        days: int = 2,
    ) -> None:
        self._client = client
        self._login_of = login_of
        self._accounts = accounts
        self._days = days
        self._open: WeakValueDictionary[AccountId, SieveReplies] = WeakValueDictionary()

    def of(self, account: AccountId) -> IOutOfOffice:
        """Give an account's setting: the same thing to all who have it open."""
        found = self._open.get(account)
        if found is None:
            found = self._open[account] = SieveReplies(
                self._client,
                login=partial(self._login_of, account),
                person=partial(self._person, account),
            )
        return found

    async def _person(self, account: AccountId) -> Person:
        return person_of(await self._accounts.account(account), days=self._days)


class NoReplies:
    """The settings of accounts where no ManageSieve server is configured."""

    def of(self, _account: AccountId) -> IOutOfOffice:
        """Give the setting that is off and cannot be on."""
        return NoSieve("no ManageSieve server is configured")


def person_of(account: Account, *, days: int) -> Person:
    """Give who is away: answers come from the account's address, colleagues share its domain."""
    addresses = dict.fromkeys((account.name, *account.addresses))
    return Person(
        addresses=tuple(addresses), name=account.display_name, domains=(account.domain,), days=days
    )
