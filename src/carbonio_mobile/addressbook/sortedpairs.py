"""``Pairs``: texts with numbers, kept in order under additions and removals."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

BLOCK: Final = 1024
"""A block with more pairs is cut in two."""

_EMPTY: Final[tuple[list[str], Sequence[int], bool]] = ([], (), False)


class Pairs:
    """Pairs of a text and a number of 32 bits in their order, each pair once.

    They stand in blocks, so that a change moves a few KiB at most; places in between two
    calls are told by pairs, not by positions, and so survive changes.
    """

    __slots__ = ("_ends", "_keys", "_numbers", "_starts")

    def __init__(self) -> None:
        self._keys: list[list[str]] = []
        self._numbers: list[array[int]] = []
        self._ends: list[tuple[str, int]] = []
        self._starts: list[int] | None = None

    def __len__(self) -> int:
        return sum(map(len, self._keys))

    def add(self, key: str, number: int) -> None:
        """Put a pair in its place; it is not there yet."""
        if not self._keys:
            self._begin(key, number)
            return
        block = min(bisect_left(self._ends, (key, number)), len(self._ends) - 1)
        keys, numbers = self._keys[block], self._numbers[block]
        self._insert(block, self._place(keys, numbers, key, number), key, number)

    def settle(self, key: str, number: int) -> int | None:
        """Give the number that stands with a text; where none does, put this one there."""
        if not self._keys:
            self._begin(key, number)
            return None
        block = min(bisect_left(self._ends, (key, 0)), len(self._ends) - 1)
        keys = self._keys[block]
        place = bisect_left(keys, key)
        if place < len(keys) and keys[place] == key:
            return self._numbers[block][place]
        self._insert(block, place, key, number)
        return None

    def _begin(self, key: str, number: int) -> None:
        self._starts = None
        self._keys.append([key])
        self._numbers.append(array("I", (number,)))
        self._ends.append((key, number))

    def _insert(self, block: int, place: int, key: str, number: int) -> None:
        self._starts = None
        keys = self._keys[block]
        keys.insert(place, key)
        self._numbers[block].insert(place, number)
        if place == len(keys) - 1:
            self._ends[block] = (key, number)
        if len(keys) > BLOCK:
            self._cut(block)

    def remove(self, key: str, number: int) -> bool:
        """Take a pair away; say if it was there."""
        block = bisect_left(self._ends, (key, number))
        if block == len(self._ends):
            return False
        keys, numbers = self._keys[block], self._numbers[block]
        place = self._place(keys, numbers, key, number)
        if keys[place] != key or numbers[place] != number:
            return False
        self._starts = None
        del keys[place], numbers[place]
        if not keys:
            del self._keys[block], self._numbers[block], self._ends[block]
        elif place == len(keys):
            self._ends[block] = (keys[-1], numbers[-1])
        return True

    def number(self, key: str) -> int | None:
        """Give the smallest number that stands with a text."""
        block = bisect_left(self._ends, (key, 0))
        if block < len(self._ends):
            keys = self._keys[block]
            place = bisect_left(keys, key)
            if keys[place] == key:
                return self._numbers[block][place]
        return None

    def after(
        self, key: str, number: int = -1, before: str | None = None, limit: int = BLOCK
    ) -> tuple[list[str], Sequence[int], bool]:
        """Give some of the pairs that come after one, and of texts less than ``before``.

        They are at most ``limit``, and may be fewer; the last says if more may be after them.
        """
        block = bisect_right(self._ends, (key, number))
        if block == len(self._ends):
            return _EMPTY
        keys, numbers = self._keys[block], self._numbers[block]
        first = bisect_left(keys, key)
        if number >= 0:
            first = bisect_right(numbers, number, first, bisect_right(keys, key, first))
        stop = len(keys) if before is None else bisect_left(keys, before, first)
        end = min(stop, first + limit)
        return keys[first:end], numbers[first:end], end < stop or stop == len(keys)

    def rank(self, key: str, number: int = -1) -> int:
        """Count the pairs before a text, or up to and with a pair."""
        block = bisect_right(self._ends, (key, number))
        start = self._before(block)
        if block == len(self._ends):
            return start
        keys, numbers = self._keys[block], self._numbers[block]
        first = bisect_left(keys, key)
        if number >= 0:
            first = bisect_right(numbers, number, first, bisect_right(keys, key, first))
        return start + first

    def numbers(self, offset: int, count: int) -> list[int]:
        """Give the numbers of the pairs from a position on."""
        found: list[int] = []
        block, first = self._find(offset)
        while count > 0 and block < len(self._numbers):
            part = self._numbers[block][first : first + count]
            found += part
            count -= len(part)
            block, first = block + 1, 0
        return found

    def pair(self, offset: int) -> tuple[str, int]:
        """Give the pair at a position; IndexError where there is none."""
        block, place = self._find(offset)
        return self._keys[block][place], self._numbers[block][place]

    def _find(self, offset: int) -> tuple[int, int]:
        starts = self._starts or self._count()
        block = bisect_right(starts, offset) - 1
        return block, offset - starts[block]

    def _before(self, block: int) -> int:
        return (self._starts or self._count())[block]

    def _count(self) -> list[int]:
        self._starts = list(accumulate(map(len, self._keys), initial=0))
        return self._starts

    def _cut(self, block: int) -> None:
        keys, numbers = self._keys[block], self._numbers[block]
        half = len(keys) // 2
        self._keys[block : block + 1] = [keys[:half], keys[half:]]
        self._numbers[block : block + 1] = [numbers[:half], numbers[half:]]
        self._ends.insert(block, (keys[half - 1], numbers[half - 1]))

    @staticmethod
    def _place(keys: list[str], numbers: "array[int]", key: str, number: int) -> int:
        first = bisect_left(keys, key)
        if first == len(keys) or keys[first] != key:
            return first
        return bisect_left(numbers, number, first, bisect_right(keys, key, first))
