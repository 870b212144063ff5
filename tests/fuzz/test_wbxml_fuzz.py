"""Mutated documents against the WBXML decoder: a tree or a ``ProtocolError``, soon and small."""

import random
import tracemalloc
from pathlib import Path

import pytest

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, Limits, decode, dump, encode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, Email2

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus/wbxml").resolve()
LARGEST_SEED_BYTES = 2_000
ROUNDS = 1_500
# Octets that mean something to the decoder, put in more often than chance would.
TELLING = bytes.fromhex("00 01 02 03 04 05 40 43 44 45 7f 80 83 85 c3 c4 c5 ff")
LIMITS = Limits(nodes=5_000, string_bytes=20_000, opaque_bytes=20_000, total_bytes=50_000)


def own_documents() -> list[bytes]:
    """Documents of every construct the encoder writes, for where the corpus is absent."""
    body = Element(AirSyncBase.Body, [Element(AirSyncBase.Data, "<p>é</p>\r\n" * 20)])
    item = Element(
        AirSync.ApplicationData,
        [Element(Email.Subject, "s"), body, Element(Email2.ConversationId, bytes(range(16)))],
    )
    sync = Element(AirSync.Sync, [Element(AirSync.Add, [item]), Element(AirSync.MoreAvailable)])
    table = bytes.fromhex("03016a04 61006200 45 4b 8302 01 4b 0261 0262 01 01")
    return [encode(sync), encode(Element(AirSync.Sync)), table]


def seeds() -> list[bytes]:
    """What is mutated: our own documents and the smaller ones of the corpus."""
    corpus = [path.read_bytes() for path in sorted(CORPUS.rglob("*.wbxml"))]
    return own_documents() + [octets for octets in corpus if len(octets) <= LARGEST_SEED_BYTES]


def mutate(rng: random.Random, octets: bytes, others: list[bytes]) -> bytes:
    """Flip, insert, remove, repeat or splice, one to six times."""
    mutated = bytearray(octets)
    for _ in range(rng.randint(1, 6)):
        start = rng.randint(0, len(mutated))
        stop = min(len(mutated), start + rng.choice((1, 1, 2, 8, 64)))
        match rng.randrange(6):
            case 0 if start < len(mutated):
                mutated[start] ^= 1 << rng.randrange(8)
            case 1:
                mutated[start:start] = bytes(rng.choices(TELLING, k=rng.randint(1, 4)))
            case 2:
                del mutated[start:stop]
            case 3:
                mutated[start:start] = mutated[start:stop] * rng.choice((1, 3, 50))
            case 4:
                other = rng.choice(others)
                mutated[start:] = other[rng.randint(0, len(other)) :]
            case _:
                mutated[start:stop] = rng.randbytes(stop - start)
    return bytes(mutated)


def outcome(octets: bytes) -> Element | ProtocolError:
    """The tree, or the error that was raised."""
    try:
        return decode(octets, LIMITS)
    except ProtocolError as error:
        return error


def survive(octets: bytes) -> bool:
    """Decode; whether a tree came out. Anything but a tree or a located refusal fails."""
    result = outcome(octets)
    if isinstance(result, ProtocolError):
        assert result.offset is not None
        assert 0 <= result.offset <= len(octets)
        return False
    dump(result)
    cleaned = decode(encode(result))
    assert encode(cleaned) == encode(result)
    return True


@pytest.mark.parametrize("seed", range(4))
def test_mutated_documents(seed):
    """Every mutation decodes or is refused with an offset; what decodes encodes again."""
    rng = random.Random(seed)
    originals = seeds()
    documents = (mutate(rng, rng.choice(originals), originals) for _ in range(ROUNDS))
    survivors = sum(survive(document) for document in documents)
    assert 0 < survivors < ROUNDS, "the mutations should reach both outcomes"


@pytest.mark.parametrize("seed", range(2))
def test_random_octets(seed):
    """Random octets behind a header, and random tokens, decode or are refused."""
    rng = random.Random(seed)
    for _ in range(ROUNDS):
        length = rng.randint(0, 200)
        survive(b"\x03\x01\x6a\x00" + rng.randbytes(length))
        survive(b"\x03\x01\x6a\x00\x45" + bytes(rng.choices(TELLING, k=length)) + b"\x01")


@pytest.mark.parametrize(
    "unit",
    [b"\x05", b"\x45\x01", b"\x45", b"\x03a\x00", b"\x02a", b"\xc3\x00", b"\x83\x00", b"\x00\x07"],
)
def test_memory_is_bounded_by_the_limits(unit):
    """A megabyte of the dearest constructs costs no more than the limits allow."""
    table = b"x" * 1_000 + b"\x00"
    octets = b"\x03\x01\x6a\x87\x69" + table + b"\x45" + unit * (1_000_000 // len(unit))
    limits = Limits(nodes=10_000, total_bytes=2_000_000)
    decode(encode(Element(AirSync.Sync)))  # the tables of the page are not this document's cost
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            decode(octets, limits)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 8_000_000
