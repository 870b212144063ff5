"""``RowSet``: rows that were met, however many, without a long pause for any of them."""

from collections.abc import Iterable, Iterator
from typing import Final

_FEW: Final = 2048


class RowSet:
    """A set of rows: of few a set, of many an octet for each row.

    A set of a hundred thousand stops for ten milliseconds when it moves to a larger place.
    """

    __slots__ = ("_count", "_few", "_many")

    def __init__(self, rows: Iterable[int] = ()) -> None:
        self._few: set[int] = set(rows)
        self._many: bytearray | None = None
        self._count = 0

    def __len__(self) -> int:
        return len(self._few) if self._many is None else self._count

    def __contains__(self, row: int) -> bool:
        many = self._many
        if many is None:
            return row in self._few
        return row < len(many) and many[row] != 0

    def __iter__(self) -> Iterator[int]:
        if self._many is None:
            return iter(self._few)
        return (row for row, met in enumerate(self._many) if met)

    def add(self, rows: Iterable[int]) -> list[int]:
        """Add rows; give those that are new, each once, in their order."""
        fresh = list(dict.fromkeys(rows))
        if self._many is None:
            if self._few:
                few = self._few
                fresh = [row for row in fresh if row not in few]
            self._few.update(fresh)
            if len(self._few) > _FEW:
                self._spread()
            return fresh
        fresh = [row for row in fresh if row not in self]
        self._mark(self._many, fresh)
        return fresh

    def _spread(self) -> None:
        self._many = bytearray()
        self._mark(self._many, list(self._few))
        self._few = set()

    def _mark(self, many: bytearray, rows: list[int]) -> None:
        if rows:
            short = max(rows) + 1 - len(many)
            if short > 0:
                many.extend(bytes(short + _FEW))
            for row in rows:
                many[row] = 1
        self._count += len(rows)
