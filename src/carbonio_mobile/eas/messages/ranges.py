"""Ranges of rows or octets: ``m-n``, zero-based, both ends included.

Spec: MS-ASCMD 2.2.3.143 (Range).
"""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Range:
    """From ``first`` to ``last``, both included; never empty."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many rows or octets it spans."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @classmethod
    def parse(cls, text: str) -> "Range":
        """Read the wire form. Raises: ValueError for any other, and for an end before its start."""
        match = _RANGE.fullmatch(text.strip())
        if match is None or int(match[1]) > int(match[2]):
            raise ValueError("no range")
        return cls(int(match[1]), int(match[2]))
