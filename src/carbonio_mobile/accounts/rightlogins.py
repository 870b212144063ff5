"""Logins whose password is right, in every directory: what they open, and that equal ones share a
check.

Spec: ../shared/carbonio/admin-panel.md 4 (second factor).
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.directory.authpolicy import MUST_CHANGE, demands_second_factor


@dataclass(frozen=True, slots=True, kw_only=True)
class RightLogin:
    """A login whose password is right. ``is_own``: it is the account's own one."""

    account: Account
    is_own: bool


Outcome = RightLogin | LoginFault


def judged(login: RightLogin, service: str, peer: str) -> Account | LoginFault:
    """Look at what an account's own password does not open; one made for a service opens it."""
    account = login.account
    if not login.is_own:
        return account
    if account.flag(MUST_CHANGE, default=False):
        return LoginFault.MUST_CHANGE
    if demands_second_factor(account, service, peer):
        return LoginFault.SECOND_FACTOR
    return account


class SharedChecks:
    """Lets equal logins that arrive while one is checked wait for its outcome."""

    def __init__(self) -> None:
        self._in_flight: dict[bytes, list[Deferred[Outcome]]] = {}

    async def of(self, key: bytes, start: Callable[[], Coroutine[Any, Any, Outcome]]) -> Outcome:
        """Give the outcome of the check under way for a key, else of one that begins now."""
        waiting = self._in_flight.get(key)
        mine: Deferred[Outcome] = Deferred()
        if waiting is not None:
            waiting.append(mine)
            return await mine
        self._in_flight[key] = [mine]
        # Not cancelled with the request that began it: others wait as well.
        Deferred.fromCoroutine(start()).addBoth(partial(self._tell_all, key))
        return await mine

    def _tell_all(self, key: bytes, outcome: Outcome | Failure) -> None:
        for each in self._in_flight.pop(key):
            each.callback(outcome)
