"""What an account logger is: whose traffic, how much of it, where to.

Spec: ../shared/carbonio/cli.md 2.5.
"""

from dataclasses import dataclass
from enum import IntEnum

from carbonio_mobile.ids import AccountId


class Level(IntEnum):
    """How much is written; each level holds those above it in number.

    CRIT: requests that broke something here. ERR: requests that failed. WARN: refused ones too, and
    those answered with a status of trouble. INFO: one line for each request. DEBUG: headers and
    documents, long texts cut. TRACE: all of it, and lines that ``replayTrace`` can run.
    """

    TRACE = 0
    DEBUG = 1
    INFO = 2
    WARN = 3
    ERR = 4
    CRIT = 5

    @property
    def word(self) -> str:
        """The name as commands spell it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggerWish:
    """A logger to be: ``file`` is absolute, or stands below the directory of logs.

    ``window_size`` bounds how many items each device of the account gets at a time; None leaves
    that alone. ``redact`` puts placeholders where something personal stands.
    """

    account: AccountId
    name: str
    level: Level
    file: str
    window_size: int | None = None
    redact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLogger:
    """A logger at work; ``file`` is where it writes, ``lost`` why records were lost, if any."""

    id: int
    wish: LoggerWish
    file: str
    lost: str = ""
