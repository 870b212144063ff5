"""Every mail of the corpus is read, its parts fetched, answers to it composed and read again."""

import json
import re
import time
from collections.abc import Iterator
from typing import ClassVar

import pytest

from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.bodies import html_to_text, text_to_html, truncate_utf8
from carbonio_mobile.mime.compose import forward, prepare_outgoing, replace, reply
from carbonio_mobile.mime.extract import Extracted, extract
from carbonio_mobile.mime.record import MessageRecord

from . import corpus

NOTE = "To: mary@example.com\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nMy nöte\r\n".encode()
BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")
MAX_FETCHED = 40  # one mail has 2,000 parts, and each fetch looks for its part anew


def check(source: bytes) -> None:
    """Do to one mail all that the server may have to do."""
    seen = extract(source, received_at=1e9)
    record = seen.record
    assert MessageRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
    assert record.text_size_bytes == len(seen.text.encode())
    assert len(record.conversation_id) == 16
    assert len(record.conversation_index) % 5 == 0
    assert len(record.preview) <= 255
    for one in record.attachments[:MAX_FETCHED]:
        assert one.name
        assert not set(one.name) & set("/\\\r\n\0")
        kind, content = attachment(source, one.part)
        assert (kind, len(content)) == (one.content_type, one.size_bytes)
    bodies(seen)
    sent(source, seen)
    answers(source, seen)


def bodies(seen: Extracted) -> None:
    for text in (seen.text, seen.html, html_to_text(seen.html), text_to_html(seen.text)):
        octets = text.encode()
        for limit in (0, 512, 32768):
            cut = truncate_utf8(octets, limit)
            assert len(cut) <= limit
            cut.decode()


def sent(source: bytes, seen: Extracted) -> None:
    out = prepare_outgoing(
        source,
        from_address="john@example.com",
        display_name="Jöhn",
        allowed=frozenset(),
        message_id="new@example.com",
        date=1e9,
    )
    again = extract(out.sent_copy, received_at=1e9)
    assert not BARE_LINE_END.search(out.message)
    assert again.record.from_ == '"Jöhn" <john@example.com>'
    assert extract(out.message, received_at=1e9).record.bcc == ""
    assert [a.name for a in again.record.attachments] == [a.name for a in seen.record.attachments]


def answers(source: bytes, seen: Extracted) -> None:
    for compose in (reply, forward, replace):
        again = extract(compose(NOTE, source), received_at=1e9)
        assert again.text.startswith("My nöte\r\n")
        if seen.record.message_id and not seen.record.references:
            assert (
                again.record.in_reply_to == seen.record.message_id[: len(again.record.in_reply_to)]
            )
        whole = seen.record.message_class.startswith("IPM.Note.SMIME")
        many = len(seen.record.attachments) > 1000
        deep = any("deeper" in fault for fault in seen.record.faults)
        if compose is forward and not (whole or many or deep):
            assert len(again.record.attachments) == len(seen.record.attachments)


def run(mails: Iterator[tuple[str, bytes]]) -> tuple[int, float, list[str]]:
    count, cpu_s, failed = 0, 0.0, []
    for name, source in mails:
        before = time.process_time()
        extract(source, received_at=1e9)
        cpu_s += time.process_time() - before
        count += 1
        try:
            check(source)
        except Exception as exc:
            failed.append(f"{name}: {type(exc).__name__} {str(exc)[:200]}")
    return count, cpu_s, failed


class TestCorpus:
    """All in one test each: a thousand names in the report help nobody."""

    need: ClassVar = pytest.mark.skipif(
        not corpus.ROOT.exists(), reason="../shared/corpus is not here"
    )

    @need
    def test_core_mails(self) -> None:
        """The smaller set of the corpus is read, sent, answered and forwarded."""
        count, cpu_s, failed = run(corpus.mails(core=True))
        print(f"{count} mails, extract {cpu_s:.2f} s of CPU")
        assert failed == []
        assert count > 400

    @need
    @pytest.mark.long
    def test_every_mail(self) -> None:
        """All of the corpus is read, sent, answered and forwarded."""
        count, cpu_s, failed = run(corpus.mails(core=False))
        print(f"{count} mails, extract {cpu_s:.2f} s of CPU")
        assert failed == []
        assert count > 1900
