"""Allow, block, quarantine: which devices may come in, and what says so.

An entry for a device of one account beats one for the device, that beats the rules, and they beat
what was written down of a device when it first came (which is what the mode said then). Where none
of these knows a device, the mode decides.

Spec: ../shared/carbonio/cli.md 2.1, 6 (9); issue 4, section 3.
"""

from dataclasses import dataclass
from enum import Enum

from carbonio_mobile.ids import AccountId, DeviceId

ANY_ACCOUNT = AccountId("")
"""In an entry: the device of whatever account."""


class AbqStatus(Enum):
    """What is done with a device."""

    ALLOWED = "Allowed"
    BLOCKED = "Blocked"
    QUARANTINED = "Quarantined"


class AbqMode(Enum):
    """What is done with devices that nobody said anything of (attribute ``abqMode``)."""

    PERMISSIVE = "Permissive"
    INTERACTIVE = "Interactive"
    STRICT = "Strict"
    DISABLED = "Disabled"

    @classmethod
    def named(cls, text: str) -> "AbqMode":
        """Give the mode of a word in any case; Permissive where the word is none."""
        return _MODES.get(text.strip().lower(), cls.PERMISSIVE)


_MODES = {mode.value.lower(): mode for mode in AbqMode}

OF_UNKNOWN = {
    AbqMode.PERMISSIVE: AbqStatus.ALLOWED,
    AbqMode.INTERACTIVE: AbqStatus.QUARANTINED,
    AbqMode.STRICT: AbqStatus.BLOCKED,
    AbqMode.DISABLED: AbqStatus.ALLOWED,
}
"""What each mode does with a device that it does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbqEntry:
    """One line of the Device Control List; ``since`` is when it got its status.

    ``found``: no administrator decided this, the mode did when the device first came.
    """

    device: DeviceId
    account: AccountId = ANY_ACCOUNT
    status: AbqStatus
    since: float
    found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AbqRule:
    """What to do with devices whose id a Java pattern matches as a whole.

    ``domain`` is a name, empty for all. Rules are asked by ``order``, those of a domain and those
    of all in one row.
    """

    pattern: str
    status: AbqStatus
    order: int
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is done with a device, and what says so.

    ``unknown``: it was the mode, for nothing is known of the device yet.
    """

    status: AbqStatus
    because: str
    unknown: bool = False

    @property
    def passes(self) -> bool:
        """Whether the device gets at its account's own mailbox."""
        return self.status is AbqStatus.ALLOWED


EVERYBODY = Decision(status=AbqStatus.ALLOWED, because="the ABQ service does not run")
DISABLED = Decision(status=AbqStatus.ALLOWED, because="abqMode is Disabled")

BY_MODE = {
    mode: Decision(
        status=status,
        because=f"nothing lists the device, and abqMode is {mode.value}",
        unknown=True,
    )
    for mode, status in OF_UNKNOWN.items()
}
