"""Mutated responses of IMAP servers: each is read or refused, soon and small."""

import random
import tracemalloc
from contextlib import suppress

import pytest

from carbonio_mobile.errors import ProtocolError, TooLarge
from carbonio_mobile.imap.codes import Code, appended, copied
from carbonio_mobile.imap.framing import FrameLimits, Framer
from carbonio_mobile.imap.names import decode, encode
from carbonio_mobile.imap.parsing import parse
from tests.unit.imap.test_parsing import FORMS

ROUNDS = 20_000
LIMITS = FrameLimits(literal_bytes=100_000, line_bytes=100_000, response_bytes=200_000)
TELLING = [
    b"(", b")", b'"', b"\\", b"{5}\r\n", b"{9999999}", b"NIL", b" ", b"\r\n", b"* ", b"1:2", b",",
    b"[", b"]", b"BODY[", b"\0", b"\xff", b"ALL", b"MODSEQ", b"BODYSTRUCTURE",
]  # fmt: skip
SEEDS = [
    *(stream for stream, _ in FORMS),
    (
        b'* 1 FETCH (BODYSTRUCTURE ((("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 1 1)'
        b'("message" "rfc822" NIL NIL NIL "7bit" 9 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) '
        b'("text" "html" NIL NIL NIL "7bit" 1 1) 3 NIL ("attachment" ("filename" "x"))) "mixed" '
        b'("boundary" "y") NIL NIL) "alternative"))'
    ),
]


def mutated(chance: random.Random) -> bytes:
    """Change a response or two here and there."""
    stream = bytearray(b"\r\n".join(chance.choices(SEEDS, k=chance.randint(1, 2))) + b"\r\n")
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(stream) + 1)
        end = min(len(stream), at + chance.choice((0, 0, 1, 8)))
        stream[at:end] = chance.choice((*TELLING, bytes((chance.randrange(256),)), b""))
        if chance.random() < 0.05:
            stream *= chance.randint(1, 20)
            del stream[20_000:]
    return bytes(stream)


def swallow(stream: bytes, chance: random.Random) -> None:
    """Read all that is whole, cut as a network does."""
    framer = Framer(LIMITS)
    cut = chance.choice((1, 7, 1000))
    for at in range(0, len(stream), cut):
        framer.feed(stream[at : at + cut])
        while (raw := framer.next()) is not None:
            try:
                parse(raw)
            except ProtocolError:
                continue


@pytest.mark.parametrize("seed", range(2))
def test_mutations(seed: int) -> None:
    """Nothing but what is announced comes out of framing and parser."""
    chance = random.Random(seed)
    for _ in range(ROUNDS // 4):
        stream = mutated(chance)
        try:
            swallow(stream, chance)
        except (ProtocolError, TooLarge):
            continue


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_more_mutations(seed: int) -> None:
    """The same for longer."""
    chance = random.Random(seed)
    for _ in range(ROUNDS * 5):
        stream = mutated(chance)
        try:
            swallow(stream, chance)
        except (ProtocolError, TooLarge):
            continue


def test_random_octets() -> None:
    """Lines of anything: names and codes too."""
    chance = random.Random(7)
    for _ in range(ROUNDS):
        line = chance.randbytes(chance.randrange(40)).replace(b"\n", b"")
        with suppress(ProtocolError):
            parse([line])
        for read in (appended, copied):
            with suppress(ProtocolError):
                read(Code("X", line))
        if b"\0" not in line:
            assert encode(decode(line)) == line


@pytest.mark.parametrize(
    "line",
    [
        b"* 1 FETCH (" + b"BODY[ " * 80_000,
        b'* 1 FETCH (X "' + b"\\" * 400_000,
        b'* 1 FETCH (X "' + b'\\"' * 200_000,
        b"* 1 FETCH (" + b" " * 400_000,
        b"* 1 FETCH (X (" + b'("a""b")' * 50_000 + b"))",
        b"* 1 FETCH (BODYSTRUCTURE (" + b'("a""b")' * 50_000 + b"))",
        b"* LIST " + b"()" * 200_000,
        b"* SEARCH " + b"1 " * 400_000,
        b"* ESEARCH " + b"((" * 400_000,
        b"* VANISHED " + b"1," * 400_000,
        b"* OK [" + b"] [" * 200_000,
        b"* OK [X " + b"]" * 400_000,
        b"x" * 400_000 + b" OK",
    ],
)
def test_lines_that_could_cost(line: bytes) -> None:
    """Work and memory are in proportion to the octets (the pytest timeout would tell)."""
    tracemalloc.start()
    with suppress(ProtocolError):
        parse([line])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150 * len(line) + 1_000_000
