"""Any octets are a message: read without an exception, within bounds, and sound to send on."""

import re
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import PartId
from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.compose import (
    Body,
    DraftChange,
    NewAttachment,
    forward,
    patch_draft,
    prepare_outgoing,
    reply,
)
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.record import MessageRecord
from carbonio_mobile.mime.structure import MAX_PARTS

NOTE = b"To: a@example.com\r\n\r\nnote\r\n"
BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")
MIB = 1 << 20

PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: multipart/alternative; boundary=c\r\n",
        b"Content-Type: multipart/report; boundary=b\r\n",
        b"Content-Type: text/html; charset=utf-8\r\n",
        b"Content-Type: text/plain; format=flowed; charset=utf-16\r\n",
        b"Content-Type: text/calendar; method=REQUEST\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Disposition: attachment; filename*0*=utf-8''%",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"\r\n--b\r\n",
        b"\r\n--b--\r\n",
        b"\n--c\n",
        b"\r\n\r\n",
        b"\n\n",
        b"\r",
        b"Subject: =?utf-8?B?",
        b"=?iso-2022-jp?Q?=1B$B?= ",
        b"?=",
        b'From: "a\\" <b@c>, (d(e) f: g;\r\n',
        b"Date: Tue, 31 Feb 2026 25:61:61 +9999\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;TZID=X:20260101T000000\r\n",
        b"BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nTZOFFSETTO:+0100\r\n",
        b"RRULE:FREQ=YEARLY;BYMONTH=99;BYDAY=9SU\r\n",
        b"END:VEVENT\r\nEND:VCALENDAR\r\n",
        b"<table><tr><td><a href='http://x'><blockquote><pre>",
        b"\x00\xff\xfe\xed\xa0\x80",
    ]
)
MESSAGES = st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=30).map(b"".join)


def survive(source: bytes) -> None:
    """Do to the octets all that a server may."""
    seen = extract(source, received_at=0)
    record = seen.record
    for text in (seen.text, seen.html, seen.search_text, str(record.to_json())):
        text.encode("utf-8")
    assert MessageRecord.from_json(record.to_json()) == record
    assert len(record.attachments) <= MAX_PARTS
    for one in record.attachments[:5]:
        assert len(attachment(source, one.part)[1]) == one.size_bytes
    out = prepare_outgoing(
        source,
        from_address="john@example.com",
        display_name="John",
        allowed=frozenset(),
        message_id="i@example.com",
        date=0,
    )
    assert not BARE_LINE_END.search(out.message)
    assert extract(out.message, received_at=0).record.from_ == '"John" <john@example.com>'
    assert extract(out.message, received_at=0).record.bcc == ""
    for compose in (reply, forward):
        assert "note" in extract(compose(NOTE, source), received_at=0).text
        compose(source, NOTE)
    change = DraftChange(
        subject="s",
        body=Body(text="t"),
        add=(NewAttachment(name="n", content=b"c"),),
    )
    made = patch_draft(source, change)
    assert attachment(made.source, made.added[0])[1] == b"c"
    assert extract(made.source, received_at=0).record.subject == "s"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MESSAGES)
def test_any_pieces_are_a_message(source: bytes) -> None:
    """Fragments of real trouble in any order are read, sent, answered and edited."""
    survive(source)


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MESSAGES)
def test_any_pieces_are_a_message_at_length(source: bytes) -> None:
    """The same for an hour of tea."""
    survive(source)


@settings(max_examples=100, deadline=None)
@given(MESSAGES, st.text(alphabet="0123456789.-x", max_size=8))
def test_any_part_is_fetched_or_not_found(source: bytes, part: str) -> None:
    """A position gives content or NotFound, nothing else."""
    listed = {one.part for one in extract(source, received_at=0).record.attachments}
    if part in listed:
        assert isinstance(attachment(source, PartId(part))[1], bytes)
        return
    with suppress(NotFound):
        kind, content = attachment(source, PartId(part))
        assert not kind.startswith("multipart/")
        assert len(content) <= len(source)


HOSTILE = {
    "nothing": b"",
    "NUL": b"\0" * MIB,
    "depth 1000": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(1000)
    ),
    "same boundary": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
    + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 5000,
    "5000 fields": b"X-A: y\r\n" * 5000 + b"\r\nx",
    "header without end": b"X-A: " + b"y" * (2 * MIB),
    "folded header": b"To: x\r\n" + b" a\r\n" * 100_000 + b"\r\n",
    "false delimiters": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--ab\n" * 200_000,
    "open quotes": b"To: " + b'\\"' * 100_000 + b"\r\n\r\n",
    "open comments": b"To: " + b"(" * 200_000 + b"\r\n\r\n",
    "open words": b"Subject: " + b"=?a?b?" * 20_000 + b"\r\n\r\n",
    "open parameters": b"Content-Type: a/b" + b';a="' * 50_000 + b"\r\n\r\n",
    "padding": b"Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"A=" * MIB,
    "nested divs": b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"x",
    "nested tables": b"Content-Type: text/html\r\n\r\n" + b"<table><tr><td>a" * 50_000,
    "one long line": b"Content-Type: text/html\r\n\r\n" + b"<b>a</b>" * 100_000,
    "open links": b"Content-Type: text/html\r\n\r\n" + b"<a href=http://x/>a" * 50_000,
    "open comments in html": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 200_000,
    "flowed": b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \r\n" * 200_000,
    "idna": b"Content-Type: text/plain; charset=idna\r\n\r\n" + b"\xff" * 100_000,
    "calendar lines": b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n"
    b"BEGIN:VEVENT\r\nDTSTART:20260101T000000Z\r\n" + b"X-A:b\r\n" * 100_000,
    "calendar depth": b"Content-Type: text/calendar; method=REQUEST\r\n\r\n"
    + b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" * 4000,
}
GENEROUS_S = 30.0
"""A quadratic step over these inputs takes minutes; a linear one well under a second."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_end_soon(name: str) -> None:
    """Nothing in a message makes the work on it grow faster than the message."""
    before = time.process_time()
    survive(HOSTILE[name])
    assert time.process_time() - before < GENEROUS_S


@pytest.mark.long
def test_fifty_megabytes() -> None:
    """50 MB of text are read, sent and answered."""
    survive(b"Subject: x\r\n\r\n" + b"hello world, this is it\r\n" * (2 * MIB))
