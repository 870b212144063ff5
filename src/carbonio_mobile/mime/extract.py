"""One look at a message at delivery: its record and its bodies; never again at a Sync.

Any octets give a result. What could not be read as sent is left as near to it as can be and named
in the record's ``faults``.

Spec: MS-ASEMAIL 2.2.2; RFC 5322, RFC 2045 to 2049.
"""

from dataclasses import dataclass

from carbonio_mobile.mime.bodies import preview
from carbonio_mobile.mime.classification import classify
from carbonio_mobile.mime.envelope import read_envelope
from carbonio_mobile.mime.meeting import find_meeting
from carbonio_mobile.mime.record import MessageRecord
from carbonio_mobile.mime.selection import Selection, codepage_of, join_pieces, select
from carbonio_mobile.mime.structure import scan
from carbonio_mobile.mime.threads import conversation_id, conversation_index, thread_topic

PREVIEW_CHARS = 255
MAX_SEARCH_CHARS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What one look at a message gives.

    ``text`` is the plain body, native or made from the HTML, with CRLF line ends. ``html`` is the
    message's own HTML as text (to be sent as UTF-8), empty where it has none. ``search_text`` holds
    what a full-text search finds beyond the header fields of the record: body and attachment names.
    """

    record: MessageRecord
    text: str
    html: str
    search_text: str


def extract(source: bytes, *, received_at: float) -> Extracted:
    """Read a message; ``received_at`` (seconds UTC) stands in for a missing date. Never raises."""
    structure = scan(source)
    root, faults = structure.root, structure.faults
    selection = Selection(source, faults)
    pieces = select(selection, root)
    text, html = join_pieces(pieces)
    meeting, description = find_meeting(source, selection.calendars, faults)
    text = (text if text.strip() else description).replace("\n", "\r\n")
    message_class, content_class = classify(source, root, meeting)
    head = read_envelope(root.fields)
    topic = thread_topic(head.subject)
    ancestors = head.references or ((head.in_reply_to,) if head.in_reply_to else ())
    sent_at = received_at if head.sent_at is None else head.sent_at
    record = MessageRecord(
        subject=head.subject,
        from_=head.from_,
        sender=head.sender,
        to=head.to,
        cc=head.cc,
        bcc=head.bcc,
        reply_to=head.reply_to,
        display_to=head.display_to,
        thread_topic=topic,
        message_id=head.message_id,
        in_reply_to=head.in_reply_to,
        references=head.references,
        sent_at=head.sent_at,
        importance=head.importance,
        message_class=message_class,
        content_class=content_class,
        codepage=codepage_of(pieces),
        native_type=2 if html else 1,
        preview=preview(text, PREVIEW_CHARS),
        text_size_bytes=len(text.encode()),
        html_size_bytes=len(html.encode()),
        size_bytes=len(source),
        attachments=tuple(selection.attachments),
        conversation_id=conversation_id(head.message_id, ancestors, topic),
        conversation_index=conversation_index(
            root.fields.first("thread-index"), ancestors, sent_at
        ),
        meeting=meeting,
        automatic=head.automatic or message_class.startswith("REPORT."),
        receipt_to=head.receipt_to,
        faults=tuple(faults),
    )
    search_text = "\n".join([text[:MAX_SEARCH_CHARS], *[one.name for one in record.attachments]])
    return Extracted(record=record, text=text, html=html, search_text=search_text)
