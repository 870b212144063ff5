"""Mutated LDAP requests against framing and parser: messages or a fault, soon and small."""

import random
import tracemalloc

import pytest

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.answers import message
from carbonio_mobile.ldap.ber import element
from carbonio_mobile.ldap.controls import (
    Paging,
    SortKey,
    View,
    paging_control,
    read_paging,
    read_sort,
    read_view,
    sort_control,
    view_control,
)
from carbonio_mobile.ldap.framing import Framer
from carbonio_mobile.ldap.names import parse_dn
from carbonio_mobile.ldap.parsing import parse
from carbonio_mobile.ldap.requests import Compare, Message, Search

ROUNDS = 4_000
LIMIT = 65_536
# Octets that mean something to the parser, put in more often than chance would.
TELLING = bytes.fromhex("00 01 02 04 0a 30 31 7f 80 81 82 83 84 85 a0 a1 a2 a3 a4 a9 ff")
READERS = (read_paging, read_sort, read_view)


def seeds() -> list[bytes]:
    """Requests of every kind, some with controls."""
    leaf = bytes.fromhex("a4 0b 04 04 6d 61 69 6c 30 03 80 01 6a")
    mixed = element(0xA0, bytes.fromhex("87 02 63 6e") + element(0xA1, leaf * 3) + b"\xa0\x00")
    matched = bytes.fromhex("a9 0f 81 02 78 79 82 02 63 6e 83 02 61 62 84 01 ff")
    controls = (
        paging_control(Paging(100, b"abc"), critical=True),
        sort_control((SortKey("cn", "caseIgnoreOrderingMatch"), SortKey("sn", reverse=True))),
        view_control(View(before=0, after=49, offset=1, count=100)),
        view_control(View(before=0, after=49, value=b"joh")),
    )
    head = bytes.fromhex("04 1a") + b'cn=a\\2c"b" ,ou=#040161,o=x'
    head += bytes.fromhex("0a 01 02 0a 01 00 02 02 03 e8 02 01 3c 01 01 00")
    names = element(0x30, element(4, b"cn") + element(4, b"userCertificate;binary"))
    return [
        message(7, element(0x63, head + mixed + names), controls),
        message(1, element(0x63, head + matched + names)),
        message(300, element(0x63, head + element(0xA2, leaf) + names)),
        message(1, bytes.fromhex("60 0f 02 01 03 04 03 61 40 78 80 05 73 65 63 72 65")),
        message(1, bytes.fromhex("60 0e 02 01 03 04 00 a3 07 04 05 50 4c 41 49 4e")),
        message(2, bytes.fromhex("6e 0e 04 04 63 6e 3d 61 30 06 04 02 63 6e 04 00")),
        message(2, bytes.fromhex("50 02 01 2c")),
        message(2, bytes.fromhex("77 0a 80 05 31 2e 32 2e 33 81 01 61")),
        message(2, bytes.fromhex("4a 04 63 6e 3d 61")),
        message(2, b"\x42\x00"),
    ]


def mutate(rng: random.Random, octets: bytes, others: list[bytes]) -> bytes:
    """Flip, insert, remove, repeat or splice, one to six times."""
    data = bytearray(octets)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(5)
        if kind == 0 and at < len(data):
            data[at] = rng.choice(TELLING) if rng.random() < 0.7 else rng.randrange(256)
        elif kind == 1:
            data[at:at] = bytes([rng.choice(TELLING)]) * rng.choice([1, 1, 2, 5, 300])
        elif kind == 2:
            del data[at : at + rng.choice([1, 1, 2, 9])]
        elif kind == 3:
            data[at:at] = data[at : at + rng.randrange(1, 60)] * rng.choice([1, 2, 40])
        else:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            data[at:at] = other[start : start + rng.randrange(1, 80)]
    return bytes(data)


def followed(found: Message) -> None:
    """Read on what a server reads of a request: controls and names."""
    for control in found.controls:
        for read in READERS:
            outcome(read, control.value)
    if isinstance(found.operation, Search):
        outcome(parse_dn, found.operation.base)
    elif isinstance(found.operation, Compare):
        outcome(parse_dn, found.operation.entry)


def outcome(read: object, value: object) -> object:
    """What was read, or the error that was raised."""
    assert callable(read)
    try:
        return read(value)
    except ProtocolError as error:
        return error


def received(octets: bytes, cut: int) -> list[Message]:
    """What a connection makes of a stream that comes in two pieces; a fault ends it."""
    framer = Framer(LIMIT)
    found: list[Message] = []
    try:
        for piece in (octets[:cut], octets[cut:]):
            found.extend(parse(whole) for whole in framer.feed(piece))
    except ProtocolError:
        return found
    assert len(framer) <= len(octets)
    return found


def test_the_seeds_are_requests() -> None:
    """Else the mutations would test little."""
    for each in seeds():
        found = received(each, 3)
        assert len(found) == 1
        followed(found[0])


@pytest.mark.parametrize("seed", range(3))
def test_mutated_requests(seed: int) -> None:
    """Whatever comes, there are messages or a ``ProtocolError``; nothing grows."""
    rng = random.Random(seed)
    all_seeds = seeds()
    whole = 0
    tracemalloc.start()
    for _ in range(ROUNDS):
        octets = mutate(rng, rng.choice(all_seeds), all_seeds)
        if rng.random() < 0.8:
            octets = element(0x30, octets[2:])
        found = received(octets, rng.randrange(len(octets) + 1))
        whole += len(found)
        for each in found:
            followed(each)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert whole > ROUNDS // 50
    assert peak < 4 << 20


@pytest.mark.parametrize(
    ("filter_", "count"),
    [
        (b"\xa2\x84\x00\x00\xff\xff", 10_000),  # a negation of a negation of...
        (b"\xa1\x80", 30_000),
        (bytes.fromhex("a4 0a 04 02 63 6e 30 04 81 02 61 62"), 5_000),
        (bytes.fromhex("87 00"), 30_000),
    ],
)
def test_hostile_filters_cost_no_more_than_their_limits(filter_: bytes, count: int) -> None:
    """20,000 nested negations and an OR of thousands of parts: refused, and no memory is taken."""
    inner = (filter_ * count)[: LIMIT - 64]
    for kind in (0xA0, 0xA1, 0xA2):
        head = bytes.fromhex("04 00 0a 01 02 0a 01 00 02 01 00 02 01 00 01 01 00")
        octets = message(1, element(0x63, head + element(kind, inner) + b"\x30\x00"))
        tracemalloc.start()
        assert received(octets, 10) == []
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1 << 20
