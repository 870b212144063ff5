"""The decisions about lockout (attributes.md 3.3)."""

from math import inf

from carbonio_mobile.accounts.attributes import DEFAULTS
from carbonio_mobile.accounts.lockout import LockoutRules


def rules(**changes: str) -> LockoutRules:
    """Give the default rules, switched on, with some attributes changed."""
    values = {"Enabled": "TRUE", "MaxFailures": "3"} | changes
    attributes = {f"zimbrapasswordlockout{k.lower()}": (v,) for k, v in values.items()}
    return LockoutRules.of({**DEFAULTS, **attributes})


def test_defaults_are_off() -> None:
    """Nothing locks an account unless Enabled is TRUE and MaxFailures is above 0."""
    assert not LockoutRules.of(DEFAULTS).enabled
    assert not rules(MaxFailures="0").enabled
    assert rules().enabled


def test_locks_at_the_last_failure() -> None:
    """The failure that reaches the number locks, none before."""
    times: tuple[float, ...] = ()
    outcomes = []
    for now in (10.0, 20.0, 30.0):
        times, locks = rules().with_failure(times, now)
        outcomes.append(locks)
    assert outcomes == [False, False, True]
    assert times == (10.0, 20.0, 30.0)


def test_expired_failures_go() -> None:
    """A failure is forgotten at its lifetime's age, and never where that is 0."""
    assert rules(FailureLifetime="60s").with_failure((1.0, 2.0), 61.0) == ((2.0, 61.0), False)
    assert rules(FailureLifetime="0").with_failure((1.0, 2.0), 1e9)[1]


def test_list_stays_short() -> None:
    """The list never holds more times than the number that locks."""
    times, locks = rules().with_failure(tuple(map(float, range(50))), 60.0)
    assert locks
    assert len(times) == 3


def test_clock_set_back() -> None:
    """Failures from a future that was undone expire like those of now."""
    times, _ = rules(FailureLifetime="60s").with_failure((5000.0,), 100.0)
    assert times == (100.0, 100.0)


def test_ends() -> None:
    """A lockout lasts for its duration; 0 means until an administrator ends it."""
    assert rules(Duration="10m").ends(100.0) == 700.0
    assert rules(Duration="0").ends(100.0) == inf
    assert rules().ends(None) == -inf


def test_suppression() -> None:
    """Repeats are remembered where suppression is on and ActiveSync among its protocols."""
    assert rules().remembered_count == 1
    assert rules(SuppressionCacheSize="5").remembered_count == 5
    assert rules(SuppressionEnabled="FALSE").remembered_count == 0
    assert rules(SuppressionProtocols="imap").remembered_count == 0
