"""Messages and responses for the tests of this folder."""

from collections.abc import Sequence
from pathlib import Path

from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, PartId
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.mailitem import FollowUp, MailItem, MailState
from carbonio_mobile.mime.record import (
    Attachment,
    MeetingSummary,
    MessageRecord,
    RecurrenceRule,
)
from carbonio_mobile.testing.schemas import check_versions, validate
from carbonio_mobile.wbxml import Element, Limits, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT / "../shared/protocol/schemas"
CORPUS = ROOT / "../shared/corpus"
RECEIVED = 1391187900.0

FLAG = FollowUp(
    status=2,
    fields=(
        ("FlagType", "Flag for follow up"),
        ("StartDate", "2014-02-01T00:00:00.000Z"),
        ("DueDate", "2014-02-02T00:00:00.000Z"),
        ("UtcStartDate", "2014-01-31T23:00:00.000Z"),
        ("UtcDueDate", "2014-02-01T23:00:00.000Z"),
        ("ReminderSet", "1"),
        ("ReminderTime", "2014-02-01T08:00:00.000Z"),
        ("Subject", "call back"),
    ),
)
MEETING = MeetingSummary(
    uid="abc@example.com",
    method="REQUEST",
    start=RECEIVED,
    end=RECEIVED + 3600,
    timezone_blob="A" * 230 + "==",
    global_obj_id=bytes(range(53)),
    part=PartId("1.1"),
    summary="Lunch",
    location="Canteen",
    organizer='"John" <john@example.com>',
    reminder_s=900,
    recurrence=RecurrenceRule(
        kind=3, interval=1, until=RECEIVED + 9e6, day_of_week=2, week_of_month=1,
        first_day_of_week=1,
    ),
    instance_type=1,
    busy_status=4,
    response_requested=True,
    meeting_message_type=1,
)  # fmt: skip
FULL = MessageRecord(
    subject="Über alles",
    from_='"John" <john@example.com>',
    sender="assistant@example.com",
    to='"Mary" <mary@example.com>',
    cc='"Ann, B." <ann@example.com>, bob@example.com',
    bcc="carl@example.com",
    reply_to="list@example.com;other@example.com",
    display_to="Mary",
    thread_topic="Über alles",
    importance=2,
    preview="Hello Mary, " * 21,
    attachments=(
        Attachment(
            part=PartId("2"),
            name='Umfang äöü "x".pdf',
            content_type="application/pdf",
            size_bytes=12345,
        ),
        Attachment(
            part=PartId("1.2"),
            name="logo.png",
            content_type="image/png",
            size_bytes=99,
            inline=True,
            content_id="logo@1",
            content_location="logo.png",
        ),
    ),
    conversation_id=bytes(16),
    conversation_index=b"\x01\xcf\x1e\x9f\x00",
    meeting=MEETING,
)
STATE = MailState(
    read=True, follow_up=FLAG, categories=("Work", "Blue"), verb=1, verb_at=RECEIVED + 60
)


def mail(
    *,
    text: str = "",
    html: str = "",
    source: bytes = b"",
    record: MessageRecord | None = None,
    state: MailState | None = None,
    draft: bool = False,
    **headers: object,
) -> MailItem:
    """Make an item whose record tells the true sizes of the bodies given."""
    base = record or MessageRecord()
    sizes = {
        "native_type": 2 if html else 1,
        "text_size_bytes": len(text.encode()),
        "html_size_bytes": len(html.encode()),
        "size_bytes": len(source),
    }
    fields = {name: getattr(base, name) for name in MessageRecord.__slots__}
    return MailItem(
        item=ItemId(7),
        folder=FolderId("5"),
        version=ItemVersion("1"),
        received=RECEIVED,
        record=MessageRecord(**(fields | sizes | headers)),
        state=state or MailState(),
        draft=draft,
        text=text.encode(),
        html=html.encode(),
        source=source,
    )


def mail_of(source: bytes) -> MailItem:
    """Make the item that a mailbox would keep of a message, all bodies read."""
    found = extract(source, received_at=RECEIVED)
    return MailItem(
        item=ItemId(7),
        folder=FolderId("5"),
        version=ItemVersion("1"),
        received=RECEIVED,
        record=found.record,
        state=MailState(),
        text=found.text.encode(),
        html=found.html.encode(),
        source=source,
    )


def response(data: Sequence[Element], *, change: bool = False) -> Element:
    """Put properties into the response to a Sync."""
    command = Element(
        AirSync.Change if change else AirSync.Add,
        [Element(AirSync.ServerId, "5:7"), Element(AirSync.ApplicationData, data)],
    )
    return Element(
        AirSync.Sync,
        [
            Element(
                AirSync.Collections,
                [
                    Element(
                        AirSync.Collection,
                        [
                            Element(AirSync.SyncKey, "1"),
                            Element(AirSync.CollectionId, "5"),
                            Element(AirSync.Status, "1"),
                            Element(AirSync.Commands, [command]),
                        ],
                    )
                ],
            )
        ],
    )


def on_the_wire(data: Sequence[Element], version: str, *, change: bool = False) -> list[Element]:
    """Encode, decode, validate; give the properties as a device receives them."""
    limits = Limits(string_bytes=1 << 30, total_bytes=1 << 30)
    tree = decode(encode(response(data, change=change)), limits)
    check_versions(tree, version)
    if SCHEMAS.exists():
        validate(tree, "Sync", folder=SCHEMAS)
    (found,) = _every(tree, "ApplicationData")
    return found.children


def _every(tree: Element, name: str) -> list[Element]:
    found = [tree] if tree.tag.name == name else []
    for child in tree:
        found += _every(child, name)
    return found
