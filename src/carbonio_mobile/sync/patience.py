"""What to do about a device that repeats one request: it may choke on what it is told.

Most repeats come of lost answers, so that the first ones change nothing.

Spec: client-quirks.md 3.14 (512 -> 25 -> 1, then a stand-in for the item).
"""

STAND_IN_AFTER = 6
"""After so many repeats the one item that is told is a stand-in: who it is from, and a note."""

_WINDOWS = ((5, 1), (3, 25))
_SHARE = 0.5


def patience(repeats: int, window: int) -> int:
    """Give how many items to tell at a time, of ``window``, to a device that repeated so often."""
    return min(window, next((most for least, most in _WINDOWS if repeats >= least), window))


def time_for(patience_s: float) -> float:
    """Give how long an answer may be worked on for a device that waits so long, in seconds.

    The rest is for its way, which on a poor line takes as long.
    """
    return patience_s * _SHARE
