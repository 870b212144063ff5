"""``Order``: the entries of a book by the values of an attribute, kept in order under changes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from carbonio_mobile.addressbook.folding import LAST
from carbonio_mobile.addressbook.rowset import RowSet
from carbonio_mobile.addressbook.sortedpairs import Pairs

if TYPE_CHECKING:
    from carbonio_mobile.addressbook.index import Index

_STEP: Final = 256
_FEW: Final = 400
_ALL_ROWS: Final = 1 << 32


class Order:
    """Rows by the least folded value of the first of ``keys`` that an entry has values of.

    Entries without any come last (RFC 2891 2.2), equal ones by row. An order that was made on
    demand is whole after ``prepare``, and kept so from then on.
    """

    __slots__ = ("_built", "_index", "_keys", "_pairs")

    def __init__(self, index: "Index", keys: tuple[str, ...]) -> None:
        self._index = index
        self._keys = keys
        self._pairs = Pairs()
        # Rows before this one are in order; the others are taken in by ``prepare``.
        self._built = 0 if len(index) else _ALL_ROWS

    def __len__(self) -> int:
        return len(self._pairs)

    def prepare(self) -> Iterator[None]:
        """Take in what is missing; yields after each millisecond of work or so."""
        while self._built < self._index.capacity:
            first = self._built
            self._built = min(first + _STEP, self._index.capacity)
            for row in range(first, self._built):
                self.give(row)
            yield
        self._built = _ALL_ROWS

    def key(self, row: int) -> str:
        """Give what an entry is sorted by."""
        for key in self._keys:
            values = self._index.folded(row, key)
            if values:
                return values[0]
        return LAST

    def take(self, row: int) -> None:
        """Take an entry out, before it changes or goes."""
        if row < self._built:
            self._pairs.remove(self.key(row), row)

    def give(self, row: int) -> None:
        """Put an entry in its place, after it came or changed."""
        if row < self._built and self._index.is_there(row):
            self._pairs.add(self.key(row), row)

    def rows(self, offset: int, limit: int) -> Sequence[int]:
        """Give rows from a position on."""
        return self._pairs.numbers(max(offset, 0), limit)

    def rank(self, value: str) -> int:
        """Count the entries that come before a value."""
        return self._pairs.rank(value)

    def place(self, row: int) -> tuple[str, int]:
        """Give what tells an entry's place among others."""
        return self.key(row), row

    def of(self, met: RowSet) -> Iterator[Sequence[int]]:
        """Give some rows in this order, in batches; an empty one lets others work."""
        if len(met) <= _FEW:
            yield sorted(filter(self._index.is_there, met), key=self.place)
            return
        key, last = "", -1
        while True:
            keys, rows, _ = self._pairs.after(key, last)
            if not keys:
                return
            key, last = keys[-1], rows[-1]
            yield [row for row in rows if row in met]
