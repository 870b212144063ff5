"""However an href is written, it is one address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.dav.hrefs import (
    as_collection,
    child,
    host,
    is_within,
    name,
    origin,
    path,
    read_url,
    resolved,
)
from carbonio_mobile.errors import ProtocolError

BASE = read_url("https://dav.example.com/john@example.com/cal/")


@pytest.mark.parametrize(
    ("href", "meant"),
    [
        ("/john%40example.com/cal/1.ics", "/john@example.com/cal/1.ics"),
        ("/john@example.com/cal/1.ics", "/john@example.com/cal/1.ics"),
        ("https://dav.example.com:443/john@example.com/cal/1.ics", "/john@example.com/cal/1.ics"),
        ("HTTPS://DAV.Example.COM/a", "/a"),
        ("//dav.example.com/a", "/a"),
        ("1.ics", "/john@example.com/cal/1.ics"),
        ("../other/%7e1.ics", "/john@example.com/other/~1.ics"),
        ("./x", "/john@example.com/cal/x"),
        ("..", "/john@example.com/"),
        ("/../../a", "/a"),
        ("/a/%2e%2e/b", "/b"),
        ("/a%2fb", "/a%2Fb"),
        ("/a;v=1+2", "/a%3Bv%3D1%2B2"),
        ("/ä", "/%C3%A4"),
        ("/%c3%a4", "/%C3%A4"),
        ("/100%.ics", "/100%25.ics"),
        ("/who?.ics", "/who%3F.ics"),
        ("/no#1.ics", "/no%231.ics"),
        ("  /a\n ", "/a"),
        ("", "/john@example.com/cal/"),
        ("uid:1.ics", "/john@example.com/cal/uid%3A1.ics"),
    ],
)
def test_hrefs_of_real_servers(href: str, meant: str) -> None:
    """RFC 3986 6.2.2: case of escapes, needless escapes, dot segments; RFC 4918 8.3: any form."""
    assert resolved(href, BASE) == f"https://dav.example.com{meant}"


@pytest.mark.parametrize(
    "href",
    [
        "ftp://dav.example.com/", "https:///a", "https://john:secret@dav.example.com/",
        "https://dav.example.com:99999/", "https://a b/", "x" * 10_000, "/\ud800",
        "https://-\u2024ä..example.com/",
    ],
)  # fmt: skip
def test_what_is_no_address(href: str) -> None:
    """Another scheme, no host, a login within, no port, broken or endless: refused."""
    with pytest.raises(ProtocolError) as caught:
        resolved(href, BASE)
    assert "secret" not in str(caught.value)


def test_ports_and_hosts() -> None:
    """A port that is not the scheme's own stays; names beyond ASCII become what DNS knows."""
    url = read_url("http://[::1]:5232/a/")
    assert (origin(url), host(url), path(url)) == ("http://[::1]:5232", "::1", "/a/")
    assert read_url("https://Bücher.example") == "https://xn--bcher-kva.example/"
    assert host(read_url("https://dav.example.com:8443/")) == "dav.example.com"
    assert read_url("https://dav.example.com:/") == "https://dav.example.com/"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_normal_form_is_fixed(text: str) -> None:
    """What was normalised once stays as it is, alone and against any base."""
    try:
        url = resolved(text, BASE)
    except ProtocolError:
        return
    assert url.isascii()
    assert read_url(url) == url
    assert resolved(url, BASE) == url
    assert resolved(path(url), url) == url


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_names_come_back(text: str) -> None:
    """A resource made under any name stands in its collection and is called that."""
    if text in {".", ".."}:
        return
    url = child(BASE, text)
    assert name(url) == text
    assert is_within(url, BASE)
    assert not is_within(BASE, BASE)
    assert "/" not in path(url).removeprefix(path(BASE))


@pytest.mark.parametrize("segment", ["", ".", "..", "x" * 256])
def test_names_that_cannot_be(segment: str) -> None:
    """Nothing and what means another place are no names."""
    with pytest.raises(ProtocolError):
        child(BASE, segment)


def test_collections_end_with_a_slash() -> None:
    """RFC 4918 5.2: some servers leave it out; it is one address nevertheless."""
    bare = read_url("https://dav.example.com/a")
    assert as_collection(bare) == as_collection(as_collection(bare))
    assert is_within(child(bare, "b"), bare)
