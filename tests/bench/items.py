"""What it costs to turn messages into elements: CPU a message, by version and kind of body.

Run: ``PYTHONPATH=src python tests/bench/items.py``. Prints, asserts nothing.
"""

import platform
import time
from collections.abc import Callable

from carbonio_mobile.eas.bodies import BodyOptions, BodyPreference, BodyType, MimeSupport
from carbonio_mobile.eas.items.email import application_data
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, PartId
from carbonio_mobile.mime.mailitem import MailItem, MailState
from carbonio_mobile.mime.record import Attachment, MessageRecord
from carbonio_mobile.sync.changes import ALL_ASPECTS, Aspect
from carbonio_mobile.wbxml import Element, encode
from carbonio_mobile.wbxml.codepages import AirSync

PAGE = 100
ROUNDS = 30
WORDS = "The quarterly figures are attached; please answer by Friday. "
TEXT = (WORDS * 200).encode()
HTML = b"<html><body><p>" + f"{WORDS}<br>".encode() * 450 + b"</p></body></html>"
SOURCE = b"Subject: x\r\n\r\n" + TEXT + HTML


def mail(number: int, *, html: bool) -> MailItem:
    """Make a message as of a mean office day: three headers with names, one attachment in ten."""
    attachment = Attachment(
        part=PartId("2"),
        name="figures.pdf",
        content_type="application/pdf",
        size_bytes=123_456,
    )
    record = MessageRecord(
        subject=f"Quarterly figures {number}",
        from_=f'"Sender Number {number}" <sender{number}@example.com>',
        to='"John Example" <john@example.com>, "Mary Example" <mary@example.com>',
        cc='"Ann Example" <ann@example.com>' if number % 3 == 0 else "",
        display_to="John Example; Mary Example",
        thread_topic=f"Quarterly figures {number}",
        native_type=2 if html else 1,
        preview=(WORDS * 4)[:255],
        text_size_bytes=len(TEXT),
        html_size_bytes=len(HTML) if html else 0,
        size_bytes=len(SOURCE),
        attachments=(attachment,) if number % 10 == 0 else (),
        conversation_id=number.to_bytes(16, "big"),
        conversation_index=b"\x01\xcf\x1e\x9f\x00",
    )
    return MailItem(
        item=ItemId(number + 1),
        folder=FolderId("2"),
        version=ItemVersion("1"),
        received=1_700_000_000.0 + 977 * number,
        record=record,
        state=MailState(read=number % 2 == 0),
        text=TEXT,
        html=HTML if html else b"",
        source=SOURCE,
    )


def per_message_us(work: Callable[[], object]) -> float:
    """Give the best round's CPU time a message, in microseconds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best / PAGE * 1e6


def main() -> None:
    """Print the table."""
    html_mails = [mail(number, html=True) for number in range(PAGE)]
    plain_mails = [mail(number, html=False) for number in range(PAGE)]
    size_only = BodyOptions(preferences=(BodyPreference(type=BodyType.PLAIN, truncation_bytes=0),))
    cut_html = BodyOptions(
        preferences=(BodyPreference(type=BodyType.HTML, truncation_bytes=32_768),)
    )
    mime = BodyOptions(
        preferences=(BodyPreference(type=BodyType.MIME),), mime_support=MimeSupport.ALWAYS
    )
    cases = [
        ("headers, no body data", html_mails, size_only, ALL_ASPECTS),
        ("HTML cut at 32 KiB, of HTML", html_mails, cut_html, ALL_ASPECTS),
        ("HTML cut at 32 KiB, of plain", plain_mails, cut_html, ALL_ASPECTS),
        ("plain, whole", html_mails, BodyOptions(), ALL_ASPECTS),
        ("MIME, whole", html_mails, mime, ALL_ASPECTS),
        ("Read alone", html_mails, size_only, Aspect.READ),
    ]
    print(f"Python {platform.python_version()} on {platform.machine()}, page of {PAGE}")
    print(f"{'µs a message':32}" + "".join(f"{version.text:>9}" for version in OFFERED))
    for name, mails, options, aspects in cases:
        row = [build(mails, options, version, aspects) for version in OFFERED]
        print(f"{name:32}" + "".join(f"{figure:9.1f}" for figure in row))
    version = Version.V14_1
    tree = Element(
        AirSync.Commands,
        [
            Element(AirSync.ApplicationData, application_data(one, cut_html, version))
            for one in html_mails
        ],
    )
    print(f"encoding the HTML page: {per_message_us(lambda: encode(tree)):.1f} µs a message")


def build(mails: list[MailItem], options: BodyOptions, version: Version, aspects: Aspect) -> float:
    """Measure one cell of the table."""
    return per_message_us(
        lambda: [application_data(one, options, version, aspects) for one in mails]
    )


if __name__ == "__main__":
    main()
