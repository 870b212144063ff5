"""Inflating under a cap, deflating where it pays."""

import gzip
import os
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.web.compression import accepts_gzip, announced_bytes, deflate, inflate


@given(st.binary(max_size=200))
def test_body_announces_its_size(body: bytes) -> None:
    """One member comes out whole, and is as large as its end says."""
    packed = gzip.compress(body)
    assert announced_bytes(packed) == len(body)
    assert inflate(packed) == body


def test_several_members_are_refused() -> None:
    """Many small members would cost the square of their number; no client sends two."""
    for count in (2, 50_000):
        with pytest.raises(ProtocolError):
            inflate(gzip.compress(b"x") * count)


def test_empty_body() -> None:
    """Nothing inflates to nothing."""
    assert announced_bytes(b"") == 0
    assert inflate(b"") == b""


def test_bomb_stops_early() -> None:
    """A body that announces less than it holds is given up: the rest is never produced."""
    packed = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    with pytest.raises(ProtocolError):
        inflate(packed[:-4] + (1000).to_bytes(4, "little"))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1_000_000


@given(st.binary(max_size=100))
def test_any_bytes_are_inflated_or_refused(body: bytes) -> None:
    """Noise, cut and mutated gzip raise ProtocolError, nothing else."""
    packed = gzip.compress(body)
    for candidate in (body, packed[: len(body)], packed[:12] + body, packed + body):
        try:
            assert len(inflate(candidate)) == announced_bytes(candidate)
        except ProtocolError:
            continue


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("GZIP", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("deflate, br", False),
        ("", False),
        (";;,,q", False),
    ],
)
def test_accept_encoding(header: str, accepted: bool) -> None:
    """gzip must be named, or everything, and not be ruled out."""
    assert accepts_gzip(header) is accepted


def test_text_pays() -> None:
    """Text comes out smaller and whole."""
    body = b"element " * 10_000
    packed = deflate(body)
    assert packed is not None
    assert zlib.decompress(packed, 31) == body


@pytest.mark.parametrize("size", [2000, 200_000])
def test_noise_does_not_pay(size: int) -> None:
    """What is compressed already is left alone, small or large."""
    assert deflate(os.urandom(size)) is None
