"""A column against a plain table of values."""

from collections.abc import Iterator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from carbonio_mobile.addressbook import column as columns
from carbonio_mobile.addressbook.column import Batches, Column

ROWS = 6
_VALUES = st.lists(
    st.sampled_from(["a", "ab", "abc", "abcd", "bcd", "abcabc", "xbc", "x"]),
    unique=True,
    max_size=3,
).map(tuple)
_CHANGES = st.lists(st.tuples(st.integers(0, ROWS - 1), _VALUES), max_size=30)
_PIECES = st.sampled_from(["a", "ab", "abc", "bcd", "abcd", "bca", "cd", "xyz", "x"])


def rows(found: Batches) -> set[int]:
    """Give the rows of all batches."""
    return {row for batch in found for row in batch}


def steps(
    column: Column, piece: str, changes: Sequence[tuple[int, tuple[str, ...]]]
) -> Iterator[int]:
    """Look for a piece, with a change after each step."""
    left = iter(changes)
    for batch in column.containing(piece):
        for row in batch:
            assert any(piece in value for value in column.values(row))
            yield row
        change = next(left, None)
        if change is not None:
            column.put(*change)


@settings(max_examples=150, deadline=None)
@given(_CHANGES, _PIECES, st.booleans(), st.integers(0, 3), st.integers(1, 20))
def test_rows_are_found_by_value_piece_and_range(
    changes: Sequence[tuple[int, tuple[str, ...]]],
    piece: str,
    grams: bool,
    few: int,
    common: int,
) -> None:
    """After any changes, whenever letters begin to be noted, and common ones to be left out."""
    before = columns._FEW, columns._COMMON, columns.LAST_BATCH, columns.FIRST_BATCH
    columns._FEW, columns._COMMON = few, common  # type: ignore[misc]
    columns.FIRST_BATCH = columns.LAST_BATCH = 2  # type: ignore[misc]
    try:
        column, held = Column(grams=grams, rows=ROWS, spare=2), dict[int, tuple[str, ...]]()
        for row, values in changes[: len(changes) // 2 + 1]:
            column.put(row, values)
            held[row] = values
        whole = {row for row, values in held.items() if any(piece in v for v in values)}
        assert rows(column.containing(piece)) == whole
        assert column.size_containing(piece) >= 0
        same = {row for row, values in held.items() if piece in values}
        assert rows(column.equal(piece)) == same
        assert column.size(piece) == len(same)
        after = {row for row, values in held.items() if any(v >= piece for v in values)}
        assert rows(column.between(piece, None)) == after
        assert column.count == sum(map(bool, held.values()))
        assert {row: column.values(row) for row in held} == held
        later = changes[len(changes) // 2 + 1 :]
        touched = {row for row, _ in later}
        assert set(steps(column, piece, later)) >= whole - touched
    finally:
        columns._FEW, columns._COMMON, columns.LAST_BATCH, columns.FIRST_BATCH = before  # type: ignore[misc]
