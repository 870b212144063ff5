"""Failed logins that we count ourselves, and the lockouts that follow; kept in memory.

The directory is only read. Spec: ../shared/carbonio/attributes.md 3.3.
"""

from dataclasses import dataclass

from carbonio_mobile.accounts.ldapdirectory.known import KnownAccount
from carbonio_mobile.accounts.remembered import Bounded

_NEVER = float("-inf")


@dataclass(slots=True)
class _Failed:
    era: int
    times: tuple[float, ...] = ()
    locked_at: float | None = None


class Failures:
    """Of at most ``accounts_max`` accounts; another era of the password begins them anew."""

    def __init__(self, *, accounts_max: int) -> None:
        self._failed: Bounded[_Failed] = Bounded(accounts_max)

    def locked_until(self, known: KnownAccount, era: int) -> float:
        """Give when an account's lockout ends, ours or the directory's; long ago without one."""
        failed = self._of(known, era)
        ours = _NEVER if failed is None else known.rules.ends(failed.locked_at)
        return max(ours, known.locked_until)

    def note(self, known: KnownAccount, era: int, now: float) -> bool:
        """Count a failed login; tell whether it locked the account out."""
        if not known.rules.enabled:
            return False
        failed = self._of(known, era) or _Failed(era)
        if now < known.rules.ends(failed.locked_at):
            return False
        # What was counted before a lockout that has ended does not lead to the next one.
        earlier = () if failed.locked_at is not None else failed.times
        failed.times, locks = known.rules.with_failure(earlier, now)
        failed.locked_at = now if locks else None
        self._failed.put(_key(known), failed)
        return locks

    def clear(self, known: KnownAccount) -> None:
        """Forget them after a good login."""
        self._failed.remove(_key(known))

    def _of(self, known: KnownAccount, era: int) -> _Failed | None:
        failed = self._failed.get(_key(known))
        return failed if failed is not None and failed.era == era else None


def _key(known: KnownAccount) -> bytes:
    return known.account.id.encode()
