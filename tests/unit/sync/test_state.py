"""Generations, keys and their stored form."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import ChangeToken, ItemId, ItemVersion, PartId
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Position
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.ranges import RangeSet
from carbonio_mobile.sync.state import (
    CollectionState,
    CommandResult,
    Generation,
    advance,
    first_key,
    start,
)

places = st.one_of(
    st.just(OLDEST),
    st.just(NEWEST),
    st.builds(Position, st.floats(0, 4e9), st.integers(0, 2**40)),
)
results = st.builds(
    CommandResult,
    status=st.integers(1, 200),
    item=st.none() | st.integers(1, 99),
    version=st.none() | st.text(max_size=5),
    removed=st.booleans(),
    parts=st.lists(st.just(PartId("2.1")), max_size=2).map(tuple),
)
generations = st.builds(
    Generation,
    key=st.just("ab.3.c"),
    token=st.text(max_size=8),
    held=st.lists(st.integers(1, 50)).map(RangeSet),
    edge=places,
    stale=st.none() | places,
    narrowing=st.none() | st.tuples(places, places),
    echoes=st.dictionaries(st.integers(1, 99), st.text(max_size=4), max_size=3),
    options=st.just({"filter": 3}),
    results=st.dictionaries(st.text(max_size=4), results, max_size=3),
    kind=st.sampled_from((None, FolderKind.INBOX)),
)


def generation(key: str = "ab.1.0") -> Generation:
    return Generation(key=key, token=ChangeToken("1"))


@given(generations, st.none() | generations)
def test_a_state_is_read_as_it_was_written(
    current: Generation, previous: Generation | None
) -> None:
    """What is stored comes back whole."""
    state = CollectionState(current=current, previous=previous)
    assert CollectionState.from_text(state.to_text()) == state


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format":2}', '{"format":1}', '{"format":1,"current":{}}', "null"]
)
def test_a_state_that_cannot_be_read_is_corrupt(text: str) -> None:
    """Whatever stands in the store, there is a state or Corrupt."""
    with pytest.raises(Corrupt):
        CollectionState.from_text(text)


def test_a_broken_range_is_corrupt() -> None:
    """The ranges of a stored state are checked."""
    form = json.loads(CollectionState(current=generation()).to_text())
    form["current"]["held"] = "5-1"
    with pytest.raises(Corrupt):
        CollectionState.from_text(json.dumps(form))


def test_the_current_and_the_previous_key_are_known() -> None:
    """MS-ASCMD R5121: exactly two keys are good."""
    state = CollectionState(current=generation("k.1.0"))
    origin = start(state, "k.1.0")
    assert origin is not None
    assert not origin.repeat
    made = origin.base.successor()
    made.held.add(ItemId(1))
    made.absorb("print", CommandResult(status=1))
    state = advance(origin, made)
    again = start(state, "k.1.0")
    assert again is not None
    assert again.repeat
    assert again.known == {"print": CommandResult(status=1)}
    assert start(state, made.key) is not None
    assert start(state, "k.0.0") is None


def test_the_same_generation_gets_the_same_key_and_another_another() -> None:
    """Two answers that differ never carry the same key."""
    origin = start(CollectionState(current=generation()), "ab.1.0")
    assert origin is not None
    keys = []
    for item in (1, 1, 2):
        made = origin.base.successor()
        made.held.add(ItemId(item))
        keys.append(advance(origin, made).current.key)
    assert keys[0] == keys[1] != keys[2]
    assert all(key.startswith("ab.2.") and len(key) <= 64 for key in keys)


def test_a_first_key_names_its_chain() -> None:
    """Keys of different starts never meet."""
    assert first_key(b"\x01\x02") == "0102.1.0"


def test_a_removed_item_is_forgotten_and_a_changed_one_known() -> None:
    """The results of commands are not told back to the device that sent them."""
    made = generation()
    made.absorb("a", CommandResult(status=1, item=ItemId(5), version=ItemVersion("v")))
    assert ItemId(5) in made.held
    assert made.echoes == {ItemId(5): "v"}
    made.absorb("b", CommandResult(status=1, item=ItemId(5), removed=True))
    assert ItemId(5) not in made.held
    assert made.echoes == {}
    made.absorb("c", CommandResult(status=8))
    assert set(made.results) == {"a", "b", "c"}


def test_what_happens_outside_a_sync_counts_for_both_generations() -> None:
    """An item moved in or away is so whichever key the device names next."""
    state = CollectionState(current=generation("k.2.0"), previous=generation("k.1.0"))
    state.know_content(ItemId(7), may_change=False)
    assert state.previous is not None
    assert ItemId(7) in state.current.held
    assert ItemId(7) in state.previous.held
    state.forget(ItemId(7))
    assert ItemId(7) not in state.current.held
    assert ItemId(7) not in state.previous.held


def test_a_successor_is_independent() -> None:
    """Work on a successor leaves its origin as it was: it may be needed again."""
    base = generation()
    made = base.successor()
    made.held.add(ItemId(1))
    made.echoes[ItemId(1)] = ItemVersion("x")
    assert not base.held
    assert base.echoes == {}
