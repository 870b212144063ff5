"""What the administrator has configured: attributes of the installation, of its parts, of people.

Spec: ../shared/carbonio/cli.md 3; attributes.md, head.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

LEVELS = ("account", "cos", "domain", "server", "global")
"""Where attributes stand, the nearest to a person first: each passes over all that follow."""

LIST_LEVEL = "distributionList"
"""Beside the chain: nobody inherits from a distribution list, and a list from nothing."""

BUILT_IN = "default"
"""Whence a value comes that nobody set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One thing that attributes stand on: a member of :data:`LEVELS`, or a list, and which one.

    ``name`` is an e-mail address, a name or an id; nothing where there is only one.
    """

    level: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.level} {self.name}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """An attribute as it holds for one scope; ``origin`` is the level where it is set.

    ``origin`` is :data:`BUILT_IN` where it is set nowhere; ``values`` are empty where it has no
    default either.
    """

    name: str
    values: tuple[str, ...]
    origin: str
    multiple: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Values that stand where they mean nothing; ``why`` says so in words.

    ``owner`` is the name of what they stand on, or an id that names nothing any more.
    """

    attribute: str
    level: str
    owner: str
    values: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeFacts:
    """What is known of an attribute, for people.

    ``set_by`` names the command that sets it, where ``config`` does not.
    """

    name: str
    expected: str
    levels: tuple[str, ...]
    default: tuple[str, ...]
    multiple: bool
    inherited: bool
    note: str = ""
    set_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The attributes of the whole installation: its server's, else global ones, else built in.

    ``attributes`` are by name in lower case.
    """

    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def values(self, name: str) -> tuple[str, ...]:
        """Give all values of an attribute; none where it is set nowhere and has no default."""
        return self.attributes.get(name.lower(), ())

    def value(self, name: str, default: str = "") -> str:
        """Give the first value of an attribute."""
        values = self.values(name)
        return values[0] if values else default

    def flag(self, name: str, *, default: bool) -> bool:
        """Read an attribute that is TRUE or FALSE."""
        values = self.values(name)
        return values[0].upper() == "TRUE" if values else default

    def number(self, name: str, default: int) -> int:
        """Read an attribute that is a whole number."""
        values = self.values(name)
        return int(values[0]) if values else default
