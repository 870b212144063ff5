"""What a device is doing just now, and what it asked for before, as administrators are shown it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A request that is not answered yet.

    ``since`` is in seconds of the steady clock: when it came, or when it was parked. ``folders`` is
    how many folders a parked one waits for.
    """

    command: str
    phase: str
    since: float
    folders: int = 0
    parked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """A request that was answered. ``at`` is in seconds UTC; ``refused`` and ``fault`` say why it
    went wrong where it did.
    """

    at: float
    command: str
    version: str
    code: int
    elapsed_s: float
    bytes_in: int
    bytes_out: int
    refused: str = ""
    fault: str = ""
