"""``Column``: the folded values of one attribute, over all entries of a book.

A value that many entries share is kept, sorted and cut into pieces once. Rows are found by whole
value, by range (and so by prefix) and by any piece; what is found comes in batches, and each batch
is true at the time it is made, whatever was put or removed since the one before.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from carbonio_mobile.addressbook.sortedpairs import Pairs

JOINT: Final = "\0"
"""Stands between the values of a row; no folded value holds it."""
GRAM: Final = 3
FIRST_BATCH: Final = 128
LAST_BATCH: Final = 1024
"""So many values a batch looks at: few at first, as most askers want few."""
_LONG: Final = 128
"""Rows of a value with more come in batches of their own."""

Check = Callable[[str], bool]
"""Says of one folded value whether it is wanted."""
Batches = Iterator[Sequence[int]]
"""Rows, some at a time; an empty batch is a point to stop and let others work."""

_MANY: Final = 0xFFFF_FFFF
"""Stands for the row of a value that several rows have."""
_NO_ROW: Final = 0xFFFF_FFFE
_COMMON: Final = 4096
"""Three letters that so many values have, and a third of all, tell nothing: not kept."""
_FEW: Final = 128
"""So many values are gone through as fast as looked up."""
_CATCHING_UP: Final = 3
_UNKNOWN: Final = array("I")


class Column:
    """Values by row, and rows by value.

    ``joined`` gives for each row its values, joined by ``JOINT``, or None. ``count`` rows have
    a value. With ``grams`` pieces are looked up in lists of values by three letters; else all
    distinct values are gone through. A column that is not ``by_row`` finds rows alone.
    """

    __slots__ = (
        "_by_row",
        "_free",
        "_grams",
        "_ids",
        "_many",
        "_noted",
        "_rows",
        "_values",
        "count",
        "joined",
    )

    def __init__(self, *, grams: bool, rows: int = 0, by_row: bool = True, spare: int = 0) -> None:
        self.joined: list[str | None] = [None] * (rows + spare) if by_row else []
        self.count = 0
        self._by_row = by_row
        self._ids = Pairs()
        # Values by number; numbers that are free have no row.
        self._values: list[str] = [""] * spare
        self._rows = array("I", (_NO_ROW,)) * spare
        self._many: dict[int, array[int]] = {}
        self._free: list[int] = []
        self._grams: dict[str, array[int] | None] | None = {} if grams else None
        # The letters of values with a lower number are noted.
        self._noted = 0

    def grow(self) -> None:
        """Have one row more."""
        if self._by_row:
            self.joined.append(None)

    def values(self, row: int) -> tuple[str, ...]:
        """Give the values of a row."""
        text = self.joined[row]
        return () if text is None else tuple(text.split(JOINT))

    def put(self, row: int, values: tuple[str, ...]) -> None:
        """Let a row have these values, each different, and no other."""
        text = self.joined[row]
        before = () if text is None else tuple(text.split(JOINT))
        if before != values:
            kept = self.change(row, before, values)
            self.joined[row] = JOINT.join(kept) if len(kept) > 1 else kept[0] if kept else None

    def change(self, row: int, before: tuple[str, ...], values: tuple[str, ...]) -> list[str]:
        """Note that a row has these values and no longer those; give them as they are kept."""
        if not before:
            self.count += bool(values)
            return [self._enter(value, row) for value in values]
        for value in before:
            if value not in values:
                self._leave(value, row)
        kept = [value if value in before else self._enter(value, row) for value in values]
        self.count += bool(kept) - bool(before)
        return kept

    def size(self, value: str) -> int:
        """Count the rows that have a value."""
        number = self._ids.number(value)
        if number is None:
            return 0
        return len(self._many[number]) if self._rows[number] == _MANY else 1

    def size_between(self, low: str, high: str | None) -> int:
        """Count the values from ``low`` on and before ``high``."""
        end = len(self._ids) if high is None else self._ids.rank(high)
        return end - self._ids.rank(low)

    def size_containing(self, piece: str) -> int:
        """Give a number of values that no fewer than those with a piece are."""
        gram = self._rarest(piece)
        if gram is None or self._grams is None:
            return len(self._ids)
        return len(self._grams.get(gram) or ())

    def equal(self, value: str) -> Batches:
        """Find the rows that have a value."""
        number = self._ids.number(value)
        if number is not None:
            yield from self._gathered((number,))

    def between(self, low: str, high: str | None, check: Check | None = None) -> Batches:
        """Find rows by values from ``low`` on, before ``high``, that ``check`` wants."""
        key, last, limit = low, -1, FIRST_BATCH
        while True:
            keys, numbers, more = self._ids.after(key, last, high, limit)
            if not keys:
                return
            key, last, limit = keys[-1], numbers[-1], min(2 * limit, LAST_BATCH)
            if check is not None:
                numbers = [n for text, n in zip(keys, numbers, strict=True) if check(text)]
            yield from self._gathered(numbers)
            if not more:
                return

    def containing(self, piece: str, check: Check | None = None) -> Batches:
        """Find rows by values in which ``piece`` stands, and that ``check`` wants."""
        gram = self._rarest(piece)
        if gram is None or self._grams is None:
            yield from self.between("", None, check or (lambda text: piece in text))
            return
        values, last, limit = self._values, -1, FIRST_BATCH
        while posting := self._grams.get(gram):
            first = bisect_right(posting, last)
            numbers: Sequence[int] = posting[first : first + limit]
            if not numbers:
                return
            last, limit = numbers[-1], min(2 * limit, LAST_BATCH)
            if check is not None:
                numbers = [number for number in numbers if check(values[number])]
            elif len(piece) > GRAM:
                numbers = [number for number in numbers if piece in values[number]]
            yield from self._gathered(numbers)

    def _rarest(self, piece: str) -> str | None:
        """Give the rarest three letters of a piece; None where there are none to look up."""
        if self._grams is None or len(piece) < GRAM or self._noted < len(self._values):
            return None
        found = [(gram, self._grams.get(gram, ())) for gram in _grams(piece)]
        kept = [(len(posting), gram) for gram, posting in found if posting is not None]
        return min(kept)[1] if kept else None

    def _gathered(self, numbers: Sequence[int]) -> Batches:
        """Give the rows of values; the rows of common values apart, some at a time."""
        rows = self._rows
        held = list(map(rows.__getitem__, numbers))
        if not held or max(held) < _NO_ROW:
            yield held
            return
        found = [row for row in held if row < _NO_ROW]
        common: list[tuple[int, str]] = []
        for number, row in zip(numbers, held, strict=True):
            if row == _MANY:
                many = self._many[number]
                if len(many) > _LONG:
                    common.append((number, self._values[number]))
                else:
                    found += many
        yield found
        for number, text in common:
            yield from self._shared(number, text)

    def _shared(self, number: int, text: str) -> Batches:
        """Give the rows of a common value, as long as the number stands for it."""
        last, limit = -1, FIRST_BATCH
        while self._values[number] == text:
            held = self._many.get(number) or self._rows[number : number + 1]
            first = bisect_right(held, last)
            part = held[first : first + limit].tolist()
            if not part:
                return
            last, limit = part[-1], min(2 * limit, LAST_BATCH)
            yield part

    def _enter(self, value: str, row: int) -> str:
        """Note that a row has a value; give the value as it is kept."""
        coming = self._free[-1] if self._free else len(self._values)
        number = self._ids.settle(value, coming)
        if number is None:
            return self._new(value, coming, row)
        held = self._rows[number]
        if held == _MANY:
            _insert(self._many[number], row)
        else:
            self._many[number] = array("I", sorted((held, row)))
            self._rows[number] = _MANY
        return self._values[number]

    def _new(self, value: str, number: int, row: int) -> str:
        if self._free:
            self._free.pop()
            self._values[number], self._rows[number] = value, row
        else:
            self._values.append(value)
            self._rows.append(row)
        if self._grams is not None:
            self._catch_up(value, number, self._grams)
        return value

    def _catch_up(self, value: str, number: int, grams: "dict[str, array[int] | None]") -> None:
        """Note letters of a new value; of a few values none, and once there are more, in turn."""
        if number < self._noted:
            self._note(value, number, grams)
        elif len(self._values) > _FEW:
            end = min(self._noted + _CATCHING_UP, len(self._values))
            for each in range(self._noted, end):
                if self._rows[each] != _NO_ROW:
                    self._note(self._values[each], each, grams)
            self._noted = end

    def _note(self, value: str, number: int, grams: "dict[str, array[int] | None]") -> None:
        for gram in _grams(value):
            posting = grams.get(gram, _UNKNOWN)
            if posting is None:
                continue
            if not posting:
                grams[gram] = array("I", (number,))
                continue
            _insert(posting, number)
            if len(posting) > _COMMON and 3 * len(posting) > len(self._values):
                grams[gram] = None

    def _leave(self, value: str, row: int) -> None:
        number = self._ids.number(value)
        assert number is not None
        if self._rows[number] == _MANY:
            many = self._many[number]
            del many[bisect_left(many, row)]
            if len(many) == 1:
                self._rows[number] = self._many.pop(number)[0]
            return
        self._ids.remove(value, number)
        if self._grams is not None and number < self._noted:
            for gram in _grams(value):
                posting = self._grams[gram]
                if posting is not None:
                    del posting[bisect_left(posting, number)]
                    if not posting:
                        del self._grams[gram]
        self._values[number], self._rows[number] = "", _NO_ROW
        self._free.append(number)


def _grams(text: str) -> set[str]:
    return {text[at : at + GRAM] for at in range(len(text) - GRAM + 1)}


def _insert(numbers: "array[int]", number: int) -> None:
    if numbers[-1] < number:
        numbers.append(number)
    else:
        numbers.insert(bisect_left(numbers, number), number)
