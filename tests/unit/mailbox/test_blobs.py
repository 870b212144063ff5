"""Stored bodies."""

import random
import sqlite3

import pytest

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.mailbox.embedded.blobs import packed, read_source, unpacked

BIG = random.Random(3).randbytes(300_000)


@pytest.fixture
def store() -> sqlite3.Connection:
    """Give a database with a large source  (1), a damaged one (2), an empty one (4)."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE source (item INTEGER PRIMARY KEY, content BLOB NOT NULL)")
    db.executemany(
        "INSERT INTO source VALUES (?, ?)", [(1, packed(BIG)), (2, b"x" * 50), (4, packed(b""))]
    )
    return db


@pytest.mark.parametrize("content", [b"", b"a", b"ab" * 5000, BIG])
@pytest.mark.parametrize("wished", [0, 1, 2, 4999, 70_000, 299_999, 300_000, 10**7, None])
def test_first_octets(content: bytes, wished: int | None) -> None:
    """What was packed is unpacked up to the size wished for."""
    assert unpacked(packed(content), wished) == content[:wished]


@pytest.mark.parametrize("wished", [1, 70_000, 299_999, 300_000, 10**7, None])
def test_first_octets_of_a_source(store: sqlite3.Connection, wished: int | None) -> None:
    """A source is read up to the size wished for."""
    assert read_source(store, 1, wished) == BIG[:wished]
    assert read_source(store, 4, wished) == b""


@pytest.mark.parametrize("wished", [10, None])
def test_damage(store: sqlite3.Connection, wished: int | None) -> None:
    """What is no zlib stream, or not there, is Corrupt."""
    for item in (2, 3):
        with pytest.raises(Corrupt):
            read_source(store, item, wished)
    with pytest.raises(Corrupt):
        unpacked(b"nonsense", wished)
