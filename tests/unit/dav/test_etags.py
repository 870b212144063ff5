"""Entity tags as servers and proxies write them."""

import pytest

from carbonio_mobile.dav.etags import ETag, header_etag, is_weak, read_etag, same, strong


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('"abc"', '"abc"'),
        (' "abc" ', '"abc"'),
        ("abc", '"abc"'),
        ('W/"abc"', 'W/"abc"'),
        ('w/"abc"', 'W/"abc"'),
        ("123-456", '"123-456"'),
        ("", None),
        ('""', None),
        ('"a"b"', None),
        ('"a\r\nX-Evil: 1"', None),
        ('"' + "a" * 2000 + '"', None),
        ('"\u20ac"', None),
    ],
)
def test_forms(text: str, meant: str | None) -> None:
    """RFC 9110 8.8.3; without quotes too. What could not stand in a header is none."""
    assert read_etag(text) == meant


def test_proxies_that_compress_are_seen_through() -> None:
    """nginx makes a tag weak, Apache appends to it; If-Match needs the resource's own."""
    own = read_etag('"abc"')
    assert header_etag('W/"abc"', is_compressed=True) == own
    assert header_etag('"abc-gzip"', is_compressed=True) == own
    assert header_etag('"abc-gzip"', is_compressed=False) == '"abc-gzip"'
    assert header_etag("", is_compressed=True) is None


def test_comparison_and_condition() -> None:
    """Weak and strong mean the same state; a condition is always strong (RFC 9110 13.1.1)."""
    weak, other = ETag('W/"a"'), ETag('"a"')
    assert is_weak(weak)
    assert not is_weak(other)
    assert same(weak, other)
    assert not same(weak, None)
    assert not same(None, None)
    assert strong(weak) == other
