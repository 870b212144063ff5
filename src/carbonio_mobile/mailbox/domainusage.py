"""How much the mailboxes of a domain hold together, known without counting for each message.

Each mailbox keeps its own sum. The sums of a domain that has a quota are read now and then, beside
all other work; in between the last result counts. It is read anew after a minute at the earliest,
and after a hundred times as long as reading took: it never costs more than a hundredth of a thread.

Spec: ../shared/carbonio/attributes.md 4.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.ids import AccountId
from carbonio_mobile.policy.domainquota import DomainQuota, Fullness, domain_quota_of

AGE_MIN_S = 60.0
AGE_PER_READING = 100.0

NO_ROOM = 1
"""The quota of a mailbox while its domain is full: nothing fits into it."""

Members = Callable[[str], AsyncIterator[Sequence[AccountId]]]
"""Gives the accounts of a domain, a page at a time."""

Measure = Callable[[Sequence[AccountId]], Awaitable[int]]
"""Adds up what the mailboxes of some accounts hold, in bytes."""

Measured = Callable[[str, DomainQuota, int], Awaitable[None]]
"""Told what a domain holds, each time that it was read."""

Background = Callable[[Coroutine[object, object, None]], object]
"""Has a coroutine done that nobody waits for; logs what goes wrong."""


@dataclass(slots=True)
class _Sum:
    """What is known of a domain; ``due`` is when to look again, in seconds of the steady clock."""

    used_bytes: int = 0
    due: float = float("-inf")
    is_read: bool = False


async def nobody_told(_domain: str, _quota: DomainQuota, _used_bytes: int) -> None:
    """Tell nobody."""


class DomainUsage:
    """Whether the domains of accounts are full. Until it was read for the first time, none is.

    ``measured`` may be set at any time; ``steady_clock`` gives seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        *,
        members: Members,
        measure: Measure,
        steady_clock: Callable[[], float],
        background: Background,
    ) -> None:
        self.measured: Measured = nobody_told
        self._members = members
        self._measure = measure
        self._steady_clock = steady_clock
        self._background = background
        self._sums: dict[str, _Sum] = {}

    def may_send(self, account: Account) -> bool:
        """Tell whether an account's domain lets it send."""
        quota = domain_quota_of(account)
        return quota is None or not (self._is_full(account.domain, quota) and quota.blocks_sending)

    def may_store(self, account: Account) -> bool:
        """Tell whether an account's mailbox takes more, as far as its domain goes."""
        quota = domain_quota_of(account)
        return quota is None or not (self._is_full(account.domain, quota) and quota.blocks_storing)

    def _is_full(self, domain: str, quota: DomainQuota) -> bool:
        known = self._sums.setdefault(domain, _Sum())
        if not known.is_read and self._steady_clock() >= known.due:
            known.is_read = True
            self._background(self._read(domain, quota, known))
        return quota.fullness(known.used_bytes) is Fullness.FULL

    async def _read(self, domain: str, quota: DomainQuota, known: _Sum) -> None:
        began = self._steady_clock()
        try:
            used_bytes = 0
            async for some in self._members(domain):
                used_bytes += await self._measure(some)
            known.used_bytes = used_bytes
        finally:
            ended = self._steady_clock()
            known.due = ended + max(AGE_MIN_S, AGE_PER_READING * (ended - began))
            known.is_read = False
        await self.measured(domain, quota, used_bytes)
