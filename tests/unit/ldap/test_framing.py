"""A stream becomes messages, whatever pieces it comes in; what cannot be one ends it at once."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.ber import element
from carbonio_mobile.ldap.framing import Framer

SEQUENCE = 0x30


def messages_of(framer: Framer, *pieces: bytes) -> list[bytes]:
    return [message for piece in pieces for message in framer.feed(piece)]


@given(st.lists(st.binary(max_size=400), max_size=8), st.lists(st.integers(1, 50), min_size=1))
def test_any_cut_gives_the_same_messages(contents: list[bytes], cuts: list[int]) -> None:
    """RFC 4511 5.1: messages follow one another in a stream that knows no packets."""
    sent = [element(SEQUENCE, each) for each in contents]
    stream = b"".join(sent)
    pieces = []
    at = turn = 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        pieces.append(stream[at : at + size])
        at, turn = at + size, turn + 1
    framer = Framer(1000)
    assert messages_of(framer, *pieces) == sent
    assert messages_of(framer, stream) == sent
    assert len(framer) == 0


@pytest.mark.parametrize(
    "octets",
    [
        "00", "31", "16 03 01", "47 45 54", "30 80", "30 85 00 00 00 00 05", "30 ff",
        "30 84 7f ff ff ff", "30 82 03 e9", "30 83 00 03 e9",
    ],
)  # fmt: skip
def test_no_message_begins_so(octets: str) -> None:
    """Another tag, an indefinite or overlong length, more than the limit: known with the head."""
    with pytest.raises(ProtocolError):
        messages_of(Framer(1000), bytes.fromhex(octets))


@pytest.mark.parametrize("octets", ["30 84 00 00 00 01 05", "30 81 01 05", "30 82 00 01 05"])
def test_lengths_may_be_longer_than_needed(octets: str) -> None:
    """Windows writes four octets for each length (outlook-and-peers 2.5)."""
    whole = bytes.fromhex(octets)
    assert messages_of(Framer(10), whole) == [whole]
    assert messages_of(Framer(10), *(bytes([each]) for each in whole)) == [whole]


def test_what_was_whole_before_a_fault_is_given() -> None:
    """A bind with garbage behind it in one packet is a bind, and then a fault."""
    framer = Framer(1000)
    found = framer.feed(b"0\x01a" + b"\xff")
    assert next(found) == b"0\x01a"
    with pytest.raises(ProtocolError):
        next(found)


def test_what_is_not_taken_stays() -> None:
    """A reader that stops for a while misses nothing."""
    framer = Framer(1000)
    framer.feed(b"0\x01a")
    stream = b"0\x01b0\x01c"
    assert next(framer.feed(stream)) == b"0\x01a"
    assert len(framer) == 6
    assert messages_of(framer, b"") == [b"0\x01b", b"0\x01c"]


def test_the_limit_can_be_raised() -> None:
    """More is allowed once somebody has logged in."""
    framer = Framer(8)
    large = element(SEQUENCE, bytes(100))
    framer.limit = 100
    assert messages_of(framer, large) == [large]
    framer.limit = 99
    with pytest.raises(ProtocolError):
        messages_of(framer, large)


def test_an_announced_length_takes_no_memory() -> None:
    """The head of 2 GiB is refused with its sixth octet; a large message costs itself."""
    flood, large = bytes(1 << 20), element(SEQUENCE, bytes(20_000))
    tracemalloc.start()
    with pytest.raises(ProtocolError):
        messages_of(Framer(65536), bytes.fromhex("30 84 7f ff ff ff"), flood)
    framer, found = Framer(65536), list[bytes]()
    for at in range(len(large)):
        found += framer.feed(large[at : at + 1])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [large]
    assert peak < 1 << 19
