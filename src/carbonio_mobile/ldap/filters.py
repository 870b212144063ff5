"""What a search filter says, as values.

Spec: RFC 4511 4.5.1.7 (Filter), RFC 4526 (absolute true and false).
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; without a part it is true."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """A part holds; without a part it is false."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; undefined stays undefined."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Present:
    """The attribute has a value. ``name`` is, here and below, the description as it was asked."""

    name: str


@dataclass(frozen=True, slots=True)
class Equal:
    """A value of the attribute is this one."""

    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Substrings:
    """A value begins with ``initial``, goes on with ``inner`` in this order, ends with ``final``.

    No piece overlaps another; empty pieces ask for nothing.
    """

    name: str
    initial: bytes = b""
    inner: tuple[bytes, ...] = ()
    final: bytes = b""


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A value is this one or comes after it."""

    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class AtMost:
    """A value is this one or comes before it."""

    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Approx:
    """A value is much like this one."""

    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Matches:
    """A value matches by a rule (name or number; none is the attribute's own equality).

    Without a ``name`` any attribute that the rule fits may hold the value; with ``in_dn`` the parts
    of the entry's name count as well.
    """

    rule: str
    name: str
    value: bytes
    in_dn: bool = False


Filter: TypeAlias = (
    And | Or | Not | Present | Equal | Substrings | AtLeast | AtMost | Approx | Matches
)
