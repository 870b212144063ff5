"""Sets of item ids, kept as ranges.

A device holds long runs of ids, so that a set of a hundred thousand ids is usually a handful of
ranges.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from carbonio_mobile.ids import ItemId


class RangeSet:
    """A mutable set of positive ids. Membership costs O(log ranges), text and memory O(ranges)."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, ids: Iterable[ItemId] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []  # inclusive; _ends[i] + 1 < _starts[i + 1]
        for item in ids:
            self.add(item)

    def __contains__(self, item: ItemId) -> bool:
        index = bisect_right(self._starts, item) - 1
        return index >= 0 and item <= self._ends[index]

    def __iter__(self) -> Iterator[ItemId]:
        for start, end in zip(self._starts, self._ends, strict=True):
            for item in range(start, end + 1):
                yield ItemId(item)

    def __len__(self) -> int:
        pairs = zip(self._starts, self._ends, strict=True)
        return sum(end - start + 1 for start, end in pairs)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RangeSet):
            return NotImplemented
        return self._starts == other._starts and self._ends == other._ends

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"RangeSet({self.text()!r})"

    @property
    def range_count(self) -> int:
        """How many ranges the set consists of."""
        return len(self._starts)

    def add(self, item: ItemId) -> None:
        """Put an id in; it joins the ranges that it touches."""
        index = bisect_right(self._starts, item) - 1
        if index >= 0 and item <= self._ends[index]:
            return
        joins_left = index >= 0 and self._ends[index] == item - 1
        joins_right = index + 1 < len(self._starts) and self._starts[index + 1] == item + 1
        if joins_left and joins_right:
            self._ends[index] = self._ends.pop(index + 1)
            del self._starts[index + 1]
        elif joins_left:
            self._ends[index] = item
        elif joins_right:
            self._starts[index + 1] = item
        else:
            self._starts.insert(index + 1, item)
            self._ends.insert(index + 1, item)

    def discard(self, item: ItemId) -> None:
        """Take an id out, if it is in."""
        index = bisect_right(self._starts, item) - 1
        if index < 0 or item > self._ends[index]:
            return
        start, end = self._starts[index], self._ends[index]
        kept = [(a, b) for a, b in ((start, item - 1), (item + 1, end)) if a <= b]
        self._starts[index : index + 1] = [a for a, _ in kept]
        self._ends[index : index + 1] = [b for _, b in kept]

    def close(self) -> None:
        """Put in every id up to the largest one."""
        if self._starts:
            self._starts, self._ends = [1], [self._ends[-1]]

    def copy(self) -> "RangeSet":
        """Give an independent set of the same ids."""
        twin = RangeSet()
        twin._starts, twin._ends = self._starts.copy(), self._ends.copy()
        return twin

    def text(self) -> str:
        """Write the set as ``"1-100,105"``."""
        pairs = zip(self._starts, self._ends, strict=True)
        return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in pairs)

    @classmethod
    def parse(cls, text: str) -> "RangeSet":
        """Read what :meth:`text` wrote. Raises: ValueError."""
        ranges = cls()
        for piece in text.split(",") if text else ():
            start, dash, end = piece.partition("-")
            low, high = int(start), int(end if dash else start)
            if low > high or low < 1 or (ranges._ends and ranges._ends[-1] + 1 >= low):
                raise ValueError(f"not an ordered list of ranges: {text[:40]!r}")
            ranges._starts.append(low)
            ranges._ends.append(high)
        return ranges
