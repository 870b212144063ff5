"""Cutting a stream into responses."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError, TooLarge
from carbonio_mobile.imap.framing import FrameLimits, Framer, Raw

LIMITS = FrameLimits(literal_bytes=5_000, line_bytes=300, response_bytes=9_000, literals=4)

lines = st.text('abc ()"12', max_size=20).map(str.encode)
literals = st.binary(max_size=4_000)
raws = st.tuples(lines, st.lists(st.tuples(literals, lines), max_size=2)).map(
    lambda made: [made[0], *(part for pair in made[1] for part in pair)]
)


def written(raw: Raw) -> bytes:
    """Write a response as a server does."""
    pieces = []
    for index, part in enumerate(raw):
        if index & 1:
            pieces.append(b"{%d}\r\n" % len(part) + part)
        else:
            pieces.append(part)
    return b"".join(pieces) + b"\r\n"


def taken(framer: Framer) -> list[Raw]:
    """Take all that is whole."""
    found = []
    while (raw := framer.next()) is not None:
        found.append(raw)
    return found


@given(st.lists(raws, max_size=5), st.lists(st.integers(1, 3_000), max_size=10))
def test_responses_come_out_however_they_come_in(sent: list[Raw], cuts: list[int]) -> None:
    """Cut anywhere, the same responses."""
    stream = b"".join(map(written, sent))
    framer, found, at = Framer(LIMITS), [], 0
    for cut in [*cuts, len(stream)]:
        framer.feed(stream[at : at + cut])
        found += taken(framer)
        at += cut
    assert found == sent
    assert framer.is_between


def test_octet_by_octet() -> None:
    """Nor does it matter when each octet comes alone."""
    framer, found = Framer(LIMITS), []
    for octet in written([b"* 1 FETCH (BODY[] ", b"x\r\n{5}", b")"]):
        framer.feed(bytes((octet,)))
        found += taken(framer)
    assert found == [[b"* 1 FETCH (BODY[] ", b"x\r\n{5}", b")"]]


def test_what_is_not_taken_waits() -> None:
    """A consumer that pauses loses nothing."""
    framer = Framer(LIMITS)
    framer.feed(b"* 1 EXISTS\r\n* 2 EXI")
    framer.feed(b"STS\r\n")
    assert taken(framer) == [[b"* 1 EXISTS"], [b"* 2 EXISTS"]]


@pytest.mark.parametrize(
    "line", [b"* OK folder {5}", b"+ go on {5}", b"a1 NO it is called {5}", b"* BYE {5}"]
)
def test_text_for_people_announces_nothing(line: bytes) -> None:
    """A mailbox may be called ``{5}``, and servers name it in their texts."""
    framer = Framer(LIMITS)
    framer.feed(line + b"\r\n")
    assert taken(framer) == [[line]]


def test_forms_of_literals_and_ends_of_lines() -> None:
    """literal8, a non-synchronising one, and a server that sends LF alone."""
    framer = Framer(LIMITS)
    framer.feed(b"* 1 FETCH (A ~{1}\nx B {1+}\r\ny)\n")
    assert taken(framer) == [[b"* 1 FETCH (A ", b"x", b" B ", b"y", b")"]]


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (b"* " + b"x" * 400, ProtocolError),
        (b"* 1 FETCH (A {5001}\r\n", TooLarge),
        (b"* 1 FETCH (A {4000}\r\n" + b"x" * 4000 + b" {4000}\r\n" + b"x" * 4000 + b" {4000}\r\n",
         TooLarge),
        (b"* 1 FETCH (A" + b" {1}\r\nx" * 7, ProtocolError),
        (b"* 1 FETCH (A {999999999999999}\r\n", TooLarge),
    ],
)  # fmt: skip
def test_bounds(stream: bytes, fault: type[Exception]) -> None:
    """Lines, literals, both together and their number."""
    framer = Framer(LIMITS)
    framer.feed(stream)
    with pytest.raises(fault):
        taken(framer)


def test_announced_is_not_held() -> None:
    """A literal that was announced costs nothing, one in small pieces hardly more than itself."""
    framer = Framer(FrameLimits())
    tracemalloc.start()
    framer.feed(b"* 1 FETCH (A {60000000}\r\n")
    assert framer.next() is None
    for _ in range(20_000):
        framer.feed(b"x" * 10)
        assert framer.next() is None
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_000_000
