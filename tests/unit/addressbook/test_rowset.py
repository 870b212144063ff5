"""Sets of rows against sets."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.addressbook import rowset
from carbonio_mobile.addressbook.rowset import RowSet


@given(st.lists(st.lists(st.integers(0, 30))))
def test_rows_are_new_once(batches: Sequence[Sequence[int]]) -> None:
    """Whether they are few or many."""
    before, rowset._FEW = rowset._FEW, 3  # type: ignore[misc]
    try:
        met, held = RowSet(), set[int]()
        for batch in batches:
            assert met.add(batch) == list(dict.fromkeys(r for r in batch if r not in held))
            held.update(batch)
            assert len(met) == len(held)
    finally:
        rowset._FEW = before  # type: ignore[misc]
    assert set(met) == held
    assert [row in met for row in range(40)] == [row in held for row in range(40)]
