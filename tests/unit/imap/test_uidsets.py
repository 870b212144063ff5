"""Sets of UIDs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.imap.uidsets import LAST, UidSet, parse_uids

uid_sets = st.sets(st.integers(1, 500), max_size=60)


@given(uid_sets)
def test_a_set_is_its_uids(uids: set[int]) -> None:
    """What goes in comes out in order, each once, and nothing else is in it."""
    made = UidSet.of(uids)
    assert list(made) == sorted(uids)
    assert len(made) == len(uids)
    assert {uid for uid in range(502) if uid in made} == uids


@given(uid_sets.filter(bool))
def test_what_is_written_is_read(uids: set[int]) -> None:
    """RFC 9051 9, sequence-set."""
    made = UidSet.of(uids)
    assert parse_uids(made.text().encode()) == made


@given(uid_sets, st.integers(1, 40))
def test_the_parts_of_a_set_are_the_set(uids: set[int], octets: int) -> None:
    """Each part is as short as was asked, or one range."""
    parts = list(UidSet.of(uids).split(octets))
    assert [uid for part in parts for uid in part] == sorted(uids)
    assert all(len(part.text()) <= octets or len(part.ranges) == 1 for part in parts)


def test_the_order_of_a_server_is_kept() -> None:
    """COPYUID matches two sets by their order; a range may stand backwards."""
    assert list(parse_uids(b"7,5:3,9")) == [7, 3, 4, 5, 9]
    assert 4 in parse_uids(b"7,5:3,9")
    assert 6 not in parse_uids(b"7,5:3,9")


def test_an_open_range_holds_what_comes() -> None:
    """``5:*`` names all from 5 on."""
    made = UidSet.from_on(5)
    assert made.text() == "5:*"
    assert 4 not in made
    assert LAST in made


@pytest.mark.parametrize("octets", [b"", b"1,", b"0", b"1:", b"*", b"1:4294967296", b"x", b"1 2"])
def test_no_set(octets: bytes) -> None:
    """Anything else is a fault."""
    with pytest.raises(ProtocolError):
        parse_uids(octets)


@given(st.lists(uid_sets, max_size=4))
def test_joined_sets(sets: list[set[int]]) -> None:
    """Each UID once, in order, and as few ranges as can be."""
    joined = UidSet.joined(map(UidSet.of, sets))
    assert joined == UidSet.of(uid for one in sets for uid in one)
