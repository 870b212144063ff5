"""Inflating under a cap, deflating where it pays."""

import gzip
import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError, TooLarge
from carbonio_mobile.web.compression import accepts_gzip, deflate, inflate


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=3))
def test_members_are_joined(members: list[bytes]) -> None:
    """A body of several gzip members is their contents one after the other."""
    body = b"".join(gzip.compress(member) for member in members)
    whole = b"".join(members)
    assert inflate(body, max_bytes=600) == whole
    if whole:
        with pytest.raises(TooLarge):
            inflate(body, max_bytes=len(whole) - 1)


def test_empty_body() -> None:
    """Nothing inflates to nothing."""
    assert inflate(b"", max_bytes=10) == b""


def test_bomb_stops_early() -> None:
    """Inflation stops at the cap: what is asked for is never produced."""
    with pytest.raises(TooLarge):
        inflate(gzip.compress(bytes(50_000_000)), max_bytes=1000)


@given(st.binary(max_size=100))
def test_any_bytes_are_inflated_or_refused(body: bytes) -> None:
    """Noise, cut and mutated gzip raise ProtocolError or TooLarge, nothing else."""
    packed = gzip.compress(body)
    for candidate in (body, packed[: len(body)], packed[:12] + body, packed + body):
        try:
            assert len(inflate(candidate, max_bytes=1000)) <= 1000
        except (ProtocolError, TooLarge):
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
