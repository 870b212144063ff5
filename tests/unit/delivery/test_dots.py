"""Messages between DATA and the dot."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.mailbox.delivery.dots import DotReader, stuffed

CONTENT = st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a", b"\x00", b"..", b"\xff"]))


def cut(octets: bytes, cuts: list[int]) -> list[bytes]:
    """Cut octets into pieces."""
    edges = sorted({0, len(octets), *(at % (len(octets) + 1) for at in cuts)})
    return [octets[a:b] for a, b in itertools.pairwise(edges)]


@given(CONTENT, st.lists(st.integers(0, 1000)), st.binary(max_size=20))
def test_read_what_was_stuffed(pieces: list[bytes], cuts: list[int], after: bytes) -> None:
    """Whatever is stuffed is read back, in any pieces, with a line end at its end."""
    content = b"".join(pieces)
    expected = content if not content or content.endswith(b"\r\n") else content + b"\r\n"
    reader = DotReader(1 << 20)
    wire = stuffed(content) + after
    left = cut(wire, cuts)
    found = None
    while left and found is None:
        found = reader.feed(left.pop(0))
    assert found is not None
    assert (found[0], found[1] + b"".join(left)) == (expected, after)


@given(CONTENT)
def test_stuffed_ends_once(pieces: list[bytes]) -> None:
    """In what is sent there is one end, the last."""
    wire = b"\r\n" + stuffed(b"".join(pieces))
    assert wire.count(b"\r\n.\r\n") == 1
    assert wire.endswith(b"\r\n.\r\n")


def test_overflow_keeps_nothing() -> None:
    """Of a message that is too large nothing is kept, and its end is found."""
    reader = DotReader(1000)
    for _ in range(1000):
        assert reader.feed(b"x" * 1000) is None
        assert len(reader._held) < 2000
    assert reader.feed(b"\r\n.") is None
    assert reader.feed(b"\r\nNOOP") == (b"", b"NOOP")
    assert reader.overflowed


def test_bare_line_feeds_end_nothing() -> None:
    """LF dot LF is content (no smuggling)."""
    reader = DotReader(1000)
    for piece in (b"a\n.\n", b"b\n.\r\n", b"c\r\n.\n", b"\r.\r"):
        assert reader.feed(piece) is None
