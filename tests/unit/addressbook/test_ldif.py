"""LDIF read in pieces (RFC 2849), against another writer of it."""

import re
from base64 import b64encode
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldaptor.protocols.ldap.ldif import asLDIF

from carbonio_mobile.addressbook import ldif
from carbonio_mobile.addressbook.ldif import LdifFault, LdifReader, LdifRecord

# What holds ends of lines, and a name that begins with a blank, is not always written as base64 by
# that writer, as it ought to be.
DNS = st.text(max_size=30).filter(lambda text: not set(text) & set("\r\n") and text[:1] != " ")
NAMES = st.sampled_from(["cn", "mail", "description", "jpegPhoto", "userCertificate;binary"])
VALUES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=80).map(str.encode),
    st.text("abc :<#", max_size=8).map(str.encode),
).filter(lambda octets: not set(octets) & set(b"\r\n"))


def read(octets: bytes, *cuts: int) -> list[LdifRecord]:
    """Read a file, cut into pieces at some places."""
    reader = LdifReader()
    found: list[LdifRecord] = []
    places = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    for first, end in pairwise(places):
        found += reader.feed(octets[first:end])
    return [*found, *reader.close()]


@given(
    st.lists(st.tuples(DNS, st.lists(st.tuples(NAMES, VALUES), max_size=6)), max_size=4),
    st.lists(st.integers(0, 2000), max_size=5),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
    st.integers(1, 90),
)
def test_what_another_writes_is_read(
    entries: list[tuple[str, list[tuple[str, bytes]]]], cuts: list[int], end: bytes, width: int
) -> None:
    """ldaptor's writer: base64 where needed; lines folded anywhere, and all ends of lines."""
    octets = b"version: 1\n" + b"".join(
        asLDIF(dn.encode(), [(name.encode(), [value]) for name, value in values])
        for dn, values in entries
    )
    lines = octets.split(b"\n")
    folded = [re.sub(b"(.{%d})(?=.)" % width, rb"\1\n ", line) for line in lines]
    found = read(b"\n".join(folded).replace(b"\n", end), *cuts)
    assert [(each.dn, list(each.values)) for each in found] == entries


def test_lines_are_counted_and_joined() -> None:
    """Folded lines, comments (folded too), a mark of order of octets, no last end of line."""
    text = (
        "\ufeffversion: 1\n\n\n# a comment\n that goes on\ndn: cn=Jo\n hn,o=x\ncn:: Sm\n 9obg==\n"
        "description:\nsn:   Doe  \n\n\ndn:: Y249WsO2w6s=\nchangetype: add\ncn: Z"
    )
    first, second = read(text.encode())
    assert (first.line, first.dn) == (6, "cn=John,o=x")
    assert first.values == (("cn", b"John"), ("description", b""), ("sn", b"Doe  "))
    assert (second.line, second.dn, second.values) == (14, "cn=Zöë", (("cn", b"Z"),))


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("cn: x\n", 1, "name of an entry"),
        (" dn: x\n", 1, "not there"),
        ("version: 2\ndn: o=x\n", 1, "version 1"),
        ("dn: o=x\ncn x\n", 2, "a colon"),
        ("dn: o=x\n\ndn: o=y\nc n: x\n", 4, "a colon"),
        ("dn: o=x\ncn:: ***\n", 2, "base64"),
        ("dn: o=x\ncn:: YQ\n", 2, "base64"),
        ("dn: o=x\njpegPhoto:< file:///etc/passwd\n", 2, "not read"),
        ("dn: o=x\nchangetype: delete\n", 2, "change"),
        ("dn:: /w==\ncn: x\n", 1, "UTF-8"),
        ("\ndn: o=x\ncn: x\n-\n", 4, "a colon"),
    ],
)
def test_wrong_lines_are_named(text: str, line: int, why: str) -> None:
    """With what was expected, and nothing of what stands there."""
    with pytest.raises(LdifFault, match=why) as caught:
        read(text.encode())
    assert caught.value.line == line
    assert "passwd" not in str(caught.value)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"dn: o=x\ncn: " + b"x" * 1000] * 3,
        [b"dn: o=x\n", *[b"cn: " + b"x" * 400 + b"\n"] * 6],
        [b"dn: o=x\ncn: a\n", *[b" " + b"x" * 400 + b"\n"] * 6],
    ],
)
def test_memory_is_bounded(pieces: Sequence[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry without an end is refused, wherever its octets are."""
    monkeypatch.setattr(ldif, "MAX_RECORD_BYTES", 2000)
    octets = b"".join(pieces)
    with pytest.raises(LdifFault, match="2000 octets"):
        read(octets, *range(0, len(octets), 500))


def test_values_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry of very many values is refused."""
    monkeypatch.setattr(ldif, "MAX_RECORD_VALUES", 5)
    with pytest.raises(LdifFault, match="over 5 values"):
        read(b"dn: o=x\n" + b"cn: x\n" * 5)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=3))
def test_any_octets(octets: bytes, cuts: list[int]) -> None:
    """They are records or a fault, the same however they come."""
    outcomes = []
    for pieces in ((), tuple(cuts)):
        try:
            outcomes.append(str(read(octets, *pieces)))
        except LdifFault as exc:
            outcomes.append(str(exc))
    assert outcomes[0] == outcomes[1]


def test_a_picture_of_many_lines() -> None:
    """It is joined without copying it for each."""
    photo = bytes(range(256)) * 2000
    text = b64encode(photo)
    lines = b"\n ".join(text[first : first + 76] for first in range(0, len(text), 76))
    (found,) = read(b"dn: o=x\njpegPhoto:: " + lines + b"\n")
    assert found.values == (("jpegPhoto", photo),)
