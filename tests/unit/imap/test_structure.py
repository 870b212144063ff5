"""BODYSTRUCTURE."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.imap.structure import BodyPart, read_structure
from carbonio_mobile.imap.values import values
from tests.unit.imap.writing import Writer, structure_value

words = st.text("abcxyz", min_size=1, max_size=8)
parameters = st.dictionaries(words, st.binary(max_size=20), max_size=2)
fields = {
    "parameters": parameters,
    "content_id": st.binary(max_size=10),
    "description": st.binary(max_size=10),
    "encoding": words,
    "size": st.integers(0, 1 << 40),
    "disposition": st.sampled_from(["", "inline", "attachment"]),
    "location": st.binary(max_size=5),
}
texts = st.builds(
    BodyPart,
    section=st.just(""),
    content_type=st.sampled_from(["text/plain", "text/html"]),
    lines=st.integers(0, 999),
    **fields,
)
files = st.builds(
    BodyPart,
    section=st.just(""),
    content_type=st.sampled_from(["image/png", "application/pdf", "message/delivery-status"]),
    **fields,
)
trees = st.recursive(
    texts | files,
    lambda below: (
        st.builds(
            BodyPart,
            section=st.just(""),
            content_type=st.sampled_from(["multipart/mixed", "multipart/alternative"]),
            parameters=parameters,
            parts=st.lists(below, min_size=1, max_size=3).map(tuple),
        )
        | st.builds(
            BodyPart,
            section=st.just(""),
            content_type=st.just("message/rfc822"),
            lines=st.integers(0, 99),
            parts=st.tuples(below),
            **fields,
        )
    ),
    max_leaves=6,
)


def numbered(part: BodyPart, section: str) -> None:
    """Number the parts by RFC 9051 6.4.5.1, in another way than the reader does."""
    part.section = section
    if part.is_multipart:
        for index, one in enumerate(part.parts, 1):
            numbered(one, f"{section}.{index}".lstrip("."))
    elif part.parts:
        (inner,) = part.parts
        numbered(inner, section if inner.is_multipart else f"{section}.1")


@settings(max_examples=150)
@given(trees, st.integers(1, 30))
def test_what_a_server_tells_is_read(tree: BodyPart, literal_from: int) -> None:
    """Round trip of a generator of our own, with strings in all three forms."""
    numbered(tree, "" if tree.is_multipart else "1")
    for part in tree.walk():
        if not part.disposition:
            part.disposition_parameters = {}
    writer = Writer(literal_from)
    writer.value(structure_value(tree))
    assert read_structure(values(writer.raw)[0]) == tree


def read(text: bytes) -> BodyPart:
    """Read one."""
    return read_structure(values([text])[0])


def test_a_forwarded_message() -> None:
    """RFC 9051 6.4.5.1: the parts of a message in the message."""
    tree = read(
        b'(("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 1152 23)'
        b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 302 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'
        b'(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1)("TEXT" "HTML" NIL NIL NIL "7BIT" 1 1) "MIXED")'
        b' 9 NIL ("attachment" ("filename" "x.eml"))) "MIXED")'
    )
    found = [(part.section, part.content_type) for part in tree.walk()]
    assert found == [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "message/rfc822"),
        ("2", "multipart/mixed"),
        ("2.1", "text/plain"),
        ("2.2", "text/html"),
    ]
    assert tree.parts[1].disposition_parameters == {"filename": b"x.eml"}
    assert tree.parts[1].lines == 9


@pytest.mark.parametrize(
    ("text", "content_type", "count"),
    [
        (b'("mixed" ("boundary" "x") NIL NIL)', "multipart/mixed", 0),
        (b'(NIL "mixed" ("boundary" "x"))', "multipart/mixed", 0),
        (b'("text" "plain" NIL NIL NIL "8bit" NIL NIL)', "text/plain", 0),
        (b'("text" "plain")', "text/plain", 0),
        (b'("message" "rfc822" NIL NIL NIL "7bit" 5 NIL NIL 3)', "message/rfc822", 0),
        (b'("TEXT" "PLAIN" "x" NIL NIL 7bit 3 1 NIL "attachment")', "text/plain", 0),
        (b'(("text" "plain" NIL NIL NIL "7bit" 1 1)  "mixed")', "multipart/mixed", 1),
    ],
)
def test_quirks(text: bytes, content_type: str, count: int) -> None:
    """What servers make of odd mail is read as far as it goes."""
    part = read(text)
    assert part.content_type == content_type
    assert len(part.parts) == count


@pytest.mark.parametrize("text", [b"NIL", b"()", b'"x"', b"((()))", b"(" * 150 + b")" * 150])
def test_no_structure(text: bytes) -> None:
    """What is none at all."""
    with pytest.raises(ProtocolError):
        read(text)
