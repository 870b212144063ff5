"""Entries of one or several books in one order, any stretch of which is at hand.

Spec: RFC 2891 2.2 (order; entries without the attribute come last),
draft-ietf-ldapext-ldapv3-vlv-09.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from carbonio_mobile.addressbook.ordering import Order

FEW: Final = 250
"""So many entries beside those of the largest book are put in between at once."""

Entry = tuple[int, int]
"""The number of a book, and a row of it."""


class Listing(Protocol):
    """A list of entries in their order."""

    def __len__(self) -> int: ...

    def entries(self, offset: int, count: int) -> Sequence[Entry]:
        """Give a stretch, from a position (from 0) on."""

    def before(self, value: str) -> int:
        """Count the entries that come before a value of the first sort key."""


class Run:
    """Entries of one book by one key: all of them, or, as they were found, some."""

    def __init__(
        self, number: int, order: Order, rows: Sequence[int] | None, *, reverse: bool
    ) -> None:
        self.number = number
        self._order = order
        self._rows = rows
        self._reverse = reverse

    def __len__(self) -> int:
        return len(self._order if self._rows is None else self._rows)

    def entries(self, offset: int, count: int) -> Sequence[Entry]:
        """See :meth:`Listing.entries`."""
        return [(self.number, row) for row in self.rows(offset, count)]

    def rows(self, offset: int, count: int) -> Sequence[int]:
        """Give the rows of a stretch."""
        if not self._reverse:
            return self._stretch(offset, count)
        end = len(self) - offset
        first = max(end - count, 0)
        return self._stretch(first, end - first)[::-1]

    def key(self, row: int) -> str:
        """Give what an entry is sorted by."""
        return self._order.key(row)

    def before(self, value: str) -> int:
        """See :meth:`Listing.before`."""
        if self._reverse:
            return len(self) - self._less(value, or_equal=True)
        return self._less(value, or_equal=False)

    def _stretch(self, offset: int, count: int) -> Sequence[int]:
        if self._rows is None:
            return self._order.rows(offset, count)
        return self._rows[offset : offset + count]

    def _less(self, value: str, *, or_equal: bool) -> int:
        if self._rows is None:
            return self._order.rank(f"{value}\0" if or_equal else value)
        where = bisect_right if or_equal else bisect_left
        return where(self._rows, value, key=self._order.key)


class Together:
    """The entries of a long run, and a few of others between them."""

    def __init__(self, main: Run, others: Sequence[tuple[str, Entry]], *, reverse: bool) -> None:
        self._main = main
        self._few = others
        self._keys = [key for key, _ in others]
        self._reverse = reverse
        self._places = [main.before(key) + at for at, (key, _) in enumerate(others)]

    def __len__(self) -> int:
        return len(self._main) + len(self._few)

    def entries(self, offset: int, count: int) -> Sequence[Entry]:
        """See :meth:`Listing.entries`."""
        first = bisect_left(self._places, offset)
        last = bisect_left(self._places, offset + count)
        taken = last - first
        found = list(self._main.entries(offset - first, count - taken))
        for place, (_, entry) in zip(self._places[first:last], self._few[first:last], strict=True):
            found.insert(place - offset, entry)
        return found

    def before(self, value: str) -> int:
        """See :meth:`Listing.before`."""
        if self._reverse:
            few = sum(key > value for key in self._keys)
        else:
            few = bisect_left(self._keys, value)
        return self._main.before(value) + few


class Fixed:
    """Entries that were put in order once; ``keys`` are those of the first sort key."""

    def __init__(self, *, reverse: bool) -> None:
        self._books = array("H")
        self._rows = array("I")
        self._keys: list[str] = []
        self._reverse = reverse

    def add(self, key: str, entry: Entry) -> None:
        """Add an entry at the end."""
        self._keys.append(key)
        self._books.append(entry[0])
        self._rows.append(entry[1])

    def __len__(self) -> int:
        return len(self._keys)

    def entries(self, offset: int, count: int) -> Sequence[Entry]:
        """See :meth:`Listing.entries`."""
        end = offset + count
        return list(zip(self._books[offset:end], self._rows[offset:end], strict=True))

    def before(self, value: str) -> int:
        """See :meth:`Listing.before`."""
        if self._reverse:
            return bisect_left(self._keys, Down(value), key=Down)
        return bisect_left(self._keys, value)


@dataclass(frozen=True, slots=True)
class Down:
    """A text that comes before lesser ones."""

    text: str

    def __lt__(self, other: "Down") -> bool:
        return self.text > other.text
