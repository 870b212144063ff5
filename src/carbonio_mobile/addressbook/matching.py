"""The parts of a planned search: each finds rows, and picks rows out of some.

``Undefined`` (RFC 4511 4.5.1.7) needs no part: negations stand at the leaves only, and there, as
in and/or, what is undefined selects as little as what is false (see ``planning``).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from carbonio_mobile.addressbook.column import FIRST_BATCH, JOINT, Batches, Check, Column
from carbonio_mobile.addressbook.folding import LAST

if TYPE_CHECKING:
    from carbonio_mobile.addressbook.index import Index

# How a part finds rows, best first.
EXACT: Final = 0
PIECE: Final = 1
RANGE: Final = 2
MOST: Final = 3
SCAN: Final = 4

STEP: Final = 2048
"""So many rows are looked at in a step, each by a part of weight 1."""
_TURNS: Final = 32
"""So many parts that find nothing make a step, or four batches."""


class Part:
    """What a filter, or a piece of one, selects; a subclass says what.

    ``rank`` says how it finds rows, ``weight`` what ``narrow`` costs for each row in units of about
    a sixth of a microsecond.
    """

    rank: int = SCAN
    weight: int = 1

    def narrow(self, rows: Sequence[int]) -> list[int]:
        """Give those of some rows that are selected, in the same order."""
        raise NotImplementedError

    def batches(self) -> Batches:
        """Find the rows that are selected; one may come twice."""
        raise NotImplementedError

    def size(self) -> int:
        """Give a number of rows to look at, for ``batches``."""
        raise NotImplementedError


class Nothing(Part):
    """No row."""

    rank = EXACT

    def narrow(self, rows: Sequence[int]) -> list[int]:
        del rows
        return []

    def batches(self) -> Batches:
        return iter(())

    def size(self) -> int:
        return 0


class Everything(Part):
    """All rows, one after the other."""

    def __init__(self, index: "Index") -> None:
        self._index = index

    def narrow(self, rows: Sequence[int]) -> list[int]:
        return list(rows)

    def batches(self) -> Batches:
        return walk(self._index, 1, self.narrow)

    def size(self) -> int:
        return len(self._index)


class Leaf(Part):
    """Something that is asked of the values of one column.

    ``test`` is asked of the joined values of a row; ``source`` finds rows, where the column can.
    """

    def __init__(
        self,
        index: "Index",
        column: Column,
        test: Check,
        rank: int = SCAN,
        source: "Callable[[], Batches] | None" = None,
        size: "Callable[[], int] | None" = None,
    ) -> None:
        self._index = index
        self._column = column
        self._test = test
        self._source = source
        self._size = size
        self.rank = rank

    def narrow(self, rows: Sequence[int]) -> list[int]:
        joined, test = self._column.joined, self._test
        return [row for row in rows if (text := joined[row]) is not None and test(text)]

    def batches(self) -> Batches:
        if self._source is not None:
            return self._source()
        return walk(self._index, self.weight, self.narrow)

    def size(self) -> int:
        return len(self._index) if self._size is None else self._size()


class Beginning(Part):
    """Rows of which a value begins so."""

    rank = PIECE

    def __init__(self, column: Column, piece: str) -> None:
        self._column = column
        self._piece = piece

    def narrow(self, rows: Sequence[int]) -> list[int]:
        joined, piece, inside = self._column.joined, self._piece, JOINT + self._piece
        return [
            row
            for row in rows
            if (text := joined[row]) is not None and (text.startswith(piece) or inside in text)
        ]

    def batches(self) -> Batches:
        return self._column.between(self._piece, self._piece + LAST)

    def size(self) -> int:
        return self._column.size_between(self._piece, self._piece + LAST)


class Containing(Part):
    """Rows of which a value has a piece."""

    rank = PIECE

    def __init__(self, column: Column, piece: str) -> None:
        self._column = column
        self._piece = piece

    def narrow(self, rows: Sequence[int]) -> list[int]:
        joined, piece = self._column.joined, self._piece
        return [row for row in rows if (text := joined[row]) is not None and piece in text]

    def batches(self) -> Batches:
        return self._column.containing(self._piece)

    def size(self) -> int:
        return self._column.size_containing(self._piece)


class Except(Part):
    """Rows that a part does not select."""

    def __init__(self, index: "Index", part: Part) -> None:
        self._index = index
        self._part = part
        self.weight = part.weight + 1

    def narrow(self, rows: Sequence[int]) -> list[int]:
        selected = set(self._part.narrow(rows))
        return [row for row in rows if row not in selected]

    def batches(self) -> Batches:
        return walk(self._index, self.weight, self.narrow)

    def size(self) -> int:
        return len(self._index)


class Each(Part):
    """Rows of which something has to be looked up one by one."""

    weight = 30

    def __init__(self, index: "Index", test: "Callable[[int], bool]", weight: int = 30) -> None:
        self._index = index
        self._test = test
        self.weight = weight

    def narrow(self, rows: Sequence[int]) -> list[int]:
        return list(filter(self._test, rows))

    def batches(self) -> Batches:
        return walk(self._index, self.weight, self.narrow)

    def size(self) -> int:
        return len(self._index)


class Word(Each):
    """Rows that have a word beginning so; found as by ``Leaf``, told one by one."""

    rank = PIECE

    def __init__(
        self,
        index: "Index",
        test: "Callable[[int], bool]",
        source: "Callable[[], Batches]",
        size: "Callable[[], int]",
    ) -> None:
        super().__init__(index, test, weight=80)
        self._source = source
        self._size = size

    def batches(self) -> Batches:
        return self._source()

    def size(self) -> int:
        return self._size()


class All(Part):
    """Rows that every part selects: found by the best of them, narrowed by the others."""

    def __init__(self, index: "Index", parts: Sequence[Part]) -> None:
        self._index = index
        self.parts = parts
        self.weight = sum(part.weight for part in parts)
        self.rank = min(part.rank for part in parts)
        self._first: Part | None = None

    def narrow(self, rows: Sequence[int]) -> list[int]:
        found = list(rows)
        for part in self.parts:
            if not found:
                break
            found = part.narrow(found)
        return found

    def size(self) -> int:
        return self._best().size()

    def batches(self) -> Batches:
        if self.rank == SCAN:
            return walk(self._index, self.weight, self.narrow)
        return self._narrowed()

    def _narrowed(self) -> Batches:
        best = self._best()
        others = [part for part in self.parts if part is not best]
        most = max(1, STEP // sum(part.weight for part in others))
        for batch in best.batches():
            found: Sequence[int] = batch[:most]
            for part in others:
                if not found:
                    break
                found = part.narrow(found)
            yield found
            for first in range(most, len(batch), most):
                # Others may have changed the rows since the batch was made.
                rows = filter(self._index.is_there, batch[first : first + most])
                yield self.narrow(list(rows))

    def _best(self) -> Part:
        if self._first is None:
            rank = self.rank
            best = [part for part in self.parts if part.rank == rank]
            self._first = best[0] if len(best) == 1 else min(best, key=lambda part: part.size())
        return self._first


class Any(Part):
    """Rows that a part selects: what each finds, one after the other."""

    def __init__(self, index: "Index", parts: Sequence[Part]) -> None:
        self._index = index
        self.parts = parts
        self.weight = sum(part.weight for part in parts) + len(parts)
        self.rank = max(part.rank for part in parts)

    def narrow(self, rows: Sequence[int]) -> list[int]:
        found: set[int] = set()
        rest = list(rows)
        for part in self.parts:
            met = part.narrow(rest)
            if met:
                found.update(met)
                rest = [row for row in rest if row not in found]
            if not rest:
                break
        return [row for row in rows if row in found]

    def size(self) -> int:
        return sum(part.size() for part in self.parts)

    def batches(self) -> Batches:
        if self.rank == SCAN:
            yield from walk(self._index, self.weight, self.narrow)
        else:
            found: list[int] = []
            turns = 0
            for part in self.parts:
                turns += 1
                for batch in part.batches():
                    found += batch
                    turns += _TURNS // 4
                    if len(found) >= FIRST_BATCH or turns >= _TURNS:
                        yield found
                        found, turns = [], 0
            yield found


class Anywhere(Part):
    """Rows that have a value in any of some columns."""

    rank = PIECE

    def __init__(self, index: "Index", columns: "Sequence[tuple[Column, str]]") -> None:
        self._index = index
        self._columns = columns
        self.weight = 2 * len(columns) + 1

    def narrow(self, rows: Sequence[int]) -> list[int]:
        return [row for row in rows if any(value in c.values(row) for c, value in self._columns)]

    def batches(self) -> Batches:
        for column, value in self._columns:
            yield from column.equal(value)
            yield ()

    def size(self) -> int:
        return sum(column.size(value) for column, value in self._columns)


def walk(
    index: "Index", weight: int, narrow: "Callable[[Sequence[int]], list[int]]"
) -> Iterator[list[int]]:
    """Go through all rows, some at a time."""
    step = max(1, min(1024, STEP // weight))
    first = 0
    while first < index.capacity:
        end = min(first + step, index.capacity)
        octets = index.octets
        yield narrow([row for row in range(first, end) if octets[row] is not None])
        first = end
