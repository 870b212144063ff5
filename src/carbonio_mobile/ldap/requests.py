"""What a client may ask, as values.

Spec: RFC 4511 4.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from carbonio_mobile.ldap.filters import Filter


class Scope(IntEnum):
    """How far below its base a search reaches (RFC 4511 4.5.1.2)."""

    BASE = 0
    ONE = 1
    SUB = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Who is there. ``password`` is None where the client wants SASL, by ``mechanism``."""

    version: int
    name: str
    password: bytes | None = field(repr=False)
    mechanism: str = ""


@dataclass(frozen=True, slots=True)
class Unbind:
    """The client is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which entries, and what of them. Limits of 0 are none; names are as the client wrote them."""

    base: str
    scope: Scope
    size_limit: int
    time_limit_s: int
    types_only: bool
    filter: Filter
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Has the entry this value."""

    entry: str
    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Abandon:
    """The client has no use for the answer to that message."""

    number: int


@dataclass(frozen=True, slots=True)
class Extended:
    """A named operation."""

    oid: str
    value: bytes | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """Add, delete, modify or modifyDN: nothing is read of it, it is refused.

    ``answer_tag`` is the tag of its response.
    """

    answer_tag: int


@dataclass(frozen=True, slots=True)
class Control:
    """An extension of a request or an answer (RFC 4511 4.1.11)."""

    oid: str
    critical: bool = False
    value: bytes | None = None


Operation: TypeAlias = Bind | Unbind | Search | Compare | Abandon | Extended | Write


@dataclass(frozen=True, slots=True)
class Message:
    """One request: its number, what is asked, and the controls that came with it."""

    number: int
    operation: Operation
    controls: tuple[Control, ...] = ()
