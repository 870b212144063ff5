"""XML of a peer is bounded, refers to nothing, and is read or refused."""

import pytest

from carbonio_mobile.dav.documents import clean, read_document
from carbonio_mobile.errors import ProtocolError

BOMB = (
    b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>'
)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"   ",
        b"<html><body>It works!<br></body></html>",
        b"<a>",
        b"<a>\x0b</a>",
        b"<a/>junk",
        BOMB,
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<a>" * 5000 + b"</a>" * 5000,
        b'<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)
def test_what_is_not_read(octets: bytes) -> None:
    """No XML, a document type, entities, thousands of levels."""
    with pytest.raises(ProtocolError):
        read_document(octets)


def test_size_is_bounded() -> None:
    """What is larger than was asked for is not even parsed."""
    with pytest.raises(ProtocolError):
        read_document(b"<a>" + b" " * 100 + b"</a>", octets_max=50)


def test_what_a_fault_says_quotes_nothing() -> None:
    """An error's text is for logs and holds nothing of the document."""
    with pytest.raises(ProtocolError) as caught:
        read_document(b"<secret>")
    assert "secret" not in str(caught.value)


def test_leading_blanks_comments_and_encodings() -> None:
    """Real servers send them all."""
    assert read_document(b"\r\n<a><!-- x --><?y z?><b/></a>")[0].tag == "b"
    octets = "<?xml version='1.0' encoding='iso-8859-1'?><a>ä</a>".encode("latin-1")
    assert read_document(octets).text == "ä"


def test_clean() -> None:
    """What XML cannot carry is left out of what we write."""
    assert clean("a\x00b\x0bc\ud800d\tü\n") == "abcd\tü\n"
