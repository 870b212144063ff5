"""Sorted pairs against a sorted list."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.addressbook import sortedpairs
from carbonio_mobile.addressbook.sortedpairs import Pairs

_PAIRS = st.tuples(st.sampled_from(["", "a", "aa", "b", "ba", "c"]), st.integers(0, 9))


@given(st.lists(_PAIRS), st.lists(_PAIRS), _PAIRS)
def test_pairs_are_a_sorted_list(
    added: Sequence[tuple[str, int]], removed: Sequence[tuple[str, int]], asked: tuple[str, int]
) -> None:
    """Whatever was added and removed; blocks are cut small for this."""
    block, sortedpairs.BLOCK = sortedpairs.BLOCK, 3  # type: ignore[misc]
    try:
        pairs, held = Pairs(), set[tuple[str, int]]()
        for pair in added:
            if pair not in held:
                pairs.add(*pair)
            held.add(pair)
        for pair in removed:
            assert pairs.remove(*pair) == (pair in held)
            held.discard(pair)
        firsts = {key: min(n for k, n in held if k == key) for key, _ in held}
        for key, number in (asked, *added):
            assert pairs.settle(key, number) == firsts.get(key)
            if key not in firsts:
                firsts[key] = number
                held.add((key, number))
    finally:
        sortedpairs.BLOCK = block  # type: ignore[misc]
    expected = sorted(held)
    assert len(pairs) == len(held)
    assert pairs.numbers(0, 100) == [number for _, number in expected]
    assert [pairs.pair(at) for at in range(len(held))] == expected
    key, number = asked
    assert pairs.rank(key) == sum(pair < (key, -1) for pair in expected)
    assert pairs.rank(key, number) == sum(pair <= (key, number) for pair in expected)
    assert pairs.number(key) == next((n for k, n in expected if k == key), None)
    after = []
    at = asked
    more = True
    while more:
        keys, numbers, more = pairs.after(*at, before="c")
        after += list(zip(keys, numbers, strict=True))
        at = after[-1] if after else at
    assert after == [pair for pair in expected if asked < pair and pair[0] < "c"]
