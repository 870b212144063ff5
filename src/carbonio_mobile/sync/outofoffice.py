"""Out-of-office settings.

Spec: MS-ASCMD 2.2.3.121 (Oof): state, times, one message per audience.
"""

from dataclasses import dataclass, field
from enum import Enum


class OofState(Enum):
    """Whether the automatic reply is off, on, or on between two times."""

    OFF = 0
    ON = 1
    TIMED = 2


class Audience(Enum):
    """Who gets a reply."""

    INTERNAL = "internal"
    EXTERNAL_KNOWN = "external-known"
    EXTERNAL_UNKNOWN = "external-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OofMessage:
    """The reply for one audience; ``html`` tells the form of ``text``."""

    enabled: bool = False
    text: str = field(default="", repr=False)
    html: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfOffice:
    """The whole setting; ``start``/``end`` (seconds, UTC) count only when TIMED."""

    state: OofState = OofState.OFF
    start: float | None = None
    end: float | None = None
    messages: tuple[tuple[Audience, OofMessage], ...] = ()
