"""Sets of ids as ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.sync.ranges import RangeSet

ids = st.integers(1, 60)


@given(st.lists(st.tuples(st.booleans(), ids)))
def test_ranges_are_a_set(steps: list[tuple[bool, int]]) -> None:
    """Adding and discarding in any order leads to what a set holds, in fewest ranges."""
    ranges, model = RangeSet(), set()
    for add, item in steps:
        if add:
            ranges.add(item)
            model.add(item)
        else:
            ranges.discard(item)
            model.discard(item)
        assert (item in ranges) == (item in model)
    assert list(ranges) == sorted(model)
    assert len(ranges) == len(model)
    assert bool(ranges) == bool(model)
    assert ranges.range_count == sum(item - 1 not in model for item in model)
    assert RangeSet.parse(ranges.text()) == ranges
    assert RangeSet(model) == ranges


def test_closing_fills_every_gap() -> None:
    """Closed ranges hold every id up to the largest one."""
    ranges = RangeSet([3, 9, 12])
    ranges.close()
    assert ranges.text() == "1-12"
    empty = RangeSet()
    empty.close()
    assert not empty


def test_a_copy_is_independent() -> None:
    """A copy does not follow its original."""
    ranges = RangeSet([1])
    twin = ranges.copy()
    twin.add(5)
    assert ranges.text() == "1"
    assert ranges != twin
    assert ranges != 1


@pytest.mark.parametrize("text", ["5-4", "1,2", "3,1", "0", "x", "1-", "1,,4", "-3"])
def test_what_is_no_list_of_ranges_is_refused(text: str) -> None:
    """Only what text() writes is read."""
    with pytest.raises(ValueError, match=r".+"):
        RangeSet.parse(text)
