"""Names of mailboxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.imap.names import decode, encode, shown


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", b"INBOX"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 5.1.3
        ("Entwürfe", b"Entw&APw-rfe"),
        ("A & B", b"A &- B"),
        ("Ablage 📎", b"Ablage &2D3czg-"),
        ("Gesendete Objekte", b"Gesendete Objekte"),
    ],
)
def test_known_names(name: str, wire: bytes) -> None:
    """Both ways."""
    assert encode(name) == wire
    assert decode(wire) == name


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_every_name_comes_back(name: str) -> None:
    """Whatever a user calls a mailbox, in both encodings of the wire."""
    for utf8 in (False, True):
        assert decode(encode(name, utf8=utf8), utf8=utf8) == name


@given(st.binary(max_size=60).filter(lambda wire: b"\0" not in wire), st.booleans())
def test_every_wire_name_comes_back(wire: bytes, utf8: bool) -> None:
    """Whatever a server calls a mailbox, right or wrong."""
    assert encode(decode(wire, utf8=utf8), utf8=utf8) == wire


@pytest.mark.parametrize("wire", [b"A & B", b"Entw\xfcrfe", b"&APw", b"&Jjo!", b"&AGE-", b"x&AAA-"])
def test_a_wrong_name_is_kept_raw(wire: bytes) -> None:
    """It is not mended: a server would not know it again."""
    assert shown(decode(wire)) == wire.decode("latin-1")
    assert encode(decode(wire)) == wire


@pytest.mark.parametrize("wire", [b"a\0b", b"x" * 5000])
def test_no_name(wire: bytes) -> None:
    """What no server may say."""
    with pytest.raises(ProtocolError):
        decode(wire)
