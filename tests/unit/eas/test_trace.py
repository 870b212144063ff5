"""Lines of a log that can be run again: written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.multipart import frame
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.trace import (
    MARK,
    TracedAnswer,
    TracedRequest,
    answer_line,
    document_part,
    read_line,
    request_line,
    statuses,
)
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Email

BODIES = st.one_of(st.none(), st.binary(max_size=50))
TEXTS = st.text(min_size=1, max_size=20)
LINES = st.builds(
    RequestLine,
    command=TEXTS,
    version=st.one_of(st.none(), TEXTS),
    device_id=TEXTS,
    device_type=st.text(max_size=20),
    policy_key=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
    accept_multipart=st.booleans(),
    save_in_sent=st.booleans(),
    collection_id=st.one_of(st.none(), TEXTS),
    item_id=st.one_of(st.none(), TEXTS),
    long_id=st.one_of(st.none(), TEXTS),
    occurrence=st.one_of(st.none(), TEXTS),
    attachment_name=st.one_of(st.none(), TEXTS),
)
NUMBERS = st.integers(0, 1 << 40)


@given(st.builds(TracedRequest, number=NUMBERS, line=LINES, content_type=st.text(), body=BODIES,
                 size=NUMBERS))  # fmt: skip
def test_a_request_is_read_as_it_was_written(traced: TracedRequest) -> None:
    """One line, whatever it holds."""
    text = request_line(traced)
    assert text.isprintable()
    assert read_line(text) == traced


@given(st.builds(TracedAnswer, number=NUMBERS, code=st.integers(100, 599), content_type=st.text(),
                 body=BODIES, size=NUMBERS))  # fmt: skip
def test_an_answer_is_read_as_it_was_written(traced: TracedAnswer) -> None:
    """One line, whatever it holds."""
    text = answer_line(traced)
    assert text.isprintable()
    assert read_line(text) == traced


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "{",
        "[]",
        "1",
        "null",
        '{"n": 1}',
        '{"n": "1", "answer": {}}',
        '{"n": 1, "answer": []}',
        '{"n": 1, "answer": {"code": "200", "content_type": "", "octets": 0, "body": ""}}',
        '{"n": 1, "answer": {"code": 200, "content_type": "", "octets": 0, "body": "*"}}',
        '{"n": 1, "request": {"content_type": "", "octets": 0, "body": ""}}',
        '{"n": 1, "request": {"command": 7, "content_type": "", "octets": 0, "body": ""}}',
        '{"n": 1, "request": {"command": "\\ud800", "content_type": "", "octets": 0, "body": ""}}',
        "[" * 100_000,
    ],
)
def test_a_broken_line_says_so(rest: str) -> None:
    """A log may have been cut, or edited."""
    with pytest.raises(ProtocolError):
        read_line(MARK + rest)


def test_lines_for_people_are_no_traces() -> None:
    """A log holds both."""
    assert read_line("2027-01-15T08:00:00.250Z INFO  #1 Sync") is None
    assert read_line("  trace {}") is None


@pytest.mark.parametrize(
    ("kind", "body", "found"),
    [
        ("application/vnd.ms-sync.wbxml", b"\x03abc", b"\x03abc"),
        ("application/vnd.ms-sync.multipart", frame([b"\x03abc", b"octets"]), b"\x03abc"),
        ("application/vnd.ms-sync.multipart", b"\x01", b"\x01"),
        ("image/png", b"\x03abc", b""),
        ("", b"\x03abc", b"\x03abc"),
        ("", b"To: x", b""),
    ],
)
def test_the_document_of_a_body(kind: str, body: bytes, found: bytes) -> None:
    """All of it, the first part, or none."""
    assert document_part(kind, body) == found


def test_statuses_are_those_of_the_command() -> None:
    """The status of a flag is content."""
    tree = Element(
        AirSync.Sync,
        [Element(AirSync.Status, "1"), Element(Email.Flag, [Element(Email.Status, "2")])],
    )
    assert list(statuses(tree)) == [("Sync/Status", "1")]
