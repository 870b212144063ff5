"""What an option of the configuration file is."""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """What an option's value may be; the value says it in words."""

    FLAG = "true or false"
    COUNT = "a whole number"
    SECONDS = "a number of seconds"
    TEXT = "text"
    PATH = "a path"
    ENDPOINTS = "a list of endpoint strings"
    TEXTS = "a list of texts"
    TABLE = "a table of texts"
    PATHS = "a list of absolute paths"
    DELAYS = "a list of numbers of seconds, each at least 1"
    NETWORKS = "a list of addresses or networks"
    CERTIFICATES = "a list of tables with certificate, key and hosts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: ``low`` and ``high`` are inclusive; ``also`` are other spellings of its name."""

    section: str
    name: str
    kind: Kind
    default: Any
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    reloadable: bool = False
    also: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The name with its section, as messages and documents give it."""
        return f"{self.section}.{self.name}"

    @property
    def range_text(self) -> str:
        """What the option accepts, for people; empty where its kind says it all."""
        if self.choices:
            return " | ".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"{self.low:,} to {self.high:,}"
        return f"at least {self.low:,}" if self.low is not None else ""
