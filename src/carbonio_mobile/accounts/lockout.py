"""When failed logins lock an account out, and for how long: pure decisions.

Spec: ../shared/carbonio/attributes.md 3.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from carbonio_mobile.accounts.values import duration_s

# ActiveSync among the protocols whose repeated wrong password counts once.
_OUR_PROTOCOL = "zsync"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockoutRules:
    """The lockout attributes of one account; durations in seconds, 0 meaning without end."""

    enabled: bool
    failures_max: int
    duration_s: float
    failure_lifetime_s: float
    remembered_count: int

    @classmethod
    def of(cls, attributes: Mapping[str, tuple[str, ...]]) -> "LockoutRules":
        """Read the rules from attributes that end in the built-in defaults."""
        failures_max = int(attributes["zimbrapasswordlockoutmaxfailures"][0])
        suppressed = (
            attributes["zimbrapasswordlockoutsuppressionenabled"][0] == "TRUE"
            and _OUR_PROTOCOL in attributes["zimbrapasswordlockoutsuppressionprotocols"]
        )
        remembered = int(attributes["zimbrapasswordlockoutsuppressioncachesize"][0])
        return cls(
            enabled=attributes["zimbrapasswordlockoutenabled"][0] == "TRUE" and failures_max > 0,
            failures_max=failures_max,
            duration_s=duration_s(attributes["zimbrapasswordlockoutduration"][0]),
            failure_lifetime_s=duration_s(attributes["zimbrapasswordlockoutfailurelifetime"][0]),
            remembered_count=remembered if suppressed else 0,
        )

    def ends(self, locked_at: float | None) -> float:
        """Tell when a lockout that began at ``locked_at`` ends; long ago where there is none."""
        if locked_at is None:
            return -inf
        return locked_at + self.duration_s if self.duration_s else inf

    def with_failure(self, failures: Sequence[float], now: float) -> tuple[tuple[float, ...], bool]:
        """Add a failure to the times of earlier ones, oldest first; tell whether that locks out.

        Expired ones go, and the oldest when the list is full. A time in the future (the clock was
        set back) counts as now, so that it expires like any other.
        """
        times = [min(at, now) for at in failures]
        if self.failure_lifetime_s:
            times = [at for at in times if now - at < self.failure_lifetime_s]
        times.append(now)
        return tuple(times[-self.failures_max :]), len(times) >= self.failures_max
