"""What a command answers: values, which the client prints as text or as JSON.

An answer that may be long is an asynchronous iterator: it is asked for its next row when the client
has room for it, so neither side ever holds it whole.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]
"""What stands behind a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One sentence: what a command did. ``details`` are for JSON and follow as a block."""

    text: str
    details: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Keys and values; a value that is a mapping is an indented block, a list of them several.

    ``width`` is what a key is padded to, counted from its indent.
    """

    content: Mapping[str, Value]
    width: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A heading, then one block a row, an empty line between two."""

    heading: str
    rows: AsyncIterator[Mapping[str, Value]]
    width: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry:
    """One entry as ``carbonio prov`` prints it: ``# name NAME``, then ``attribute: value``."""

    kind: str
    name: str
    attributes: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Entries of the directory."""

    rows: AsyncIterator[DirectoryEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Plain lines, as they come: names, steps of a long work."""

    rows: AsyncIterator[str]


Answer = Said | Tree | Listing | Entries | Lines


async def each(rows: Iterable[T]) -> AsyncIterator[T]:
    """Give the members of what is in memory already, one by one."""
    for row in rows:
        yield row
