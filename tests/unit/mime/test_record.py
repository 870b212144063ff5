"""The record's compact JSON form gives back the same record."""

import json
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.mime.record import Attachment, MeetingSummary, MessageRecord
from carbonio_mobile.pim.recurrence import RecurrenceRule

texts = st.text(max_size=20)
numbers = st.integers(0, 1 << 31)
times = st.none() | st.floats(-1e9, 1e10)
attachments = st.builds(
    Attachment,
    part=texts,
    name=texts,
    content_type=texts,
    size_bytes=numbers,
    inline=st.booleans(),
    content_id=texts,
    content_location=texts,
    method=st.sampled_from((1, 5, 6)),
    charset=texts,
)
rules = st.builds(
    RecurrenceRule,
    kind=st.integers(0, 6),
    interval=numbers,
    until=times,
    occurrences=numbers,
    day_of_week=numbers,
    day_of_month=numbers,
    week_of_month=numbers,
    month_of_year=numbers,
    first_day_of_week=st.none() | st.integers(0, 6),
)
meetings = st.builds(
    MeetingSummary,
    uid=texts,
    method=texts,
    start=st.floats(0, 1e10),
    end=st.floats(0, 1e10),
    timezone_blob=texts,
    global_obj_id=st.binary(max_size=60),
    part=texts,
    summary=texts,
    sequence=numbers,
    all_day=st.booleans(),
    location=texts,
    organizer=texts,
    dtstamp=times,
    recurrence=st.none() | rules,
    recurrence_id=times,
    reminder_s=st.none() | numbers,
    sensitivity=st.integers(0, 3),
    busy_status=st.integers(0, 4),
    response_requested=st.booleans(),
    instance_type=st.integers(0, 4),
    meeting_message_type=st.integers(0, 6),
    disallow_new_time_proposal=st.booleans(),
    partstat=texts,
    attendees=st.tuples(texts, texts) | st.just(()),
)
records = st.builds(
    MessageRecord,
    **dict.fromkeys(("subject", "from_", "sender", "to", "cc", "bcc", "reply_to"), texts),
    **dict.fromkeys(("display_to", "thread_topic", "message_id", "in_reply_to"), texts),
    references=st.tuples(texts) | st.just(()),
    sent_at=times,
    importance=st.integers(0, 2),
    message_class=texts,
    content_class=texts,
    codepage=numbers,
    native_type=st.integers(1, 2),
    preview=texts,
    text_size_bytes=numbers,
    html_size_bytes=numbers,
    size_bytes=numbers,
    attachments=st.lists(attachments, max_size=3).map(tuple),
    conversation_id=st.binary(max_size=16),
    conversation_index=st.binary(max_size=20),
    meeting=st.none() | meetings,
    automatic=st.booleans(),
    receipt_to=texts,
    faults=st.tuples(texts) | st.just(()),
)


@given(records)
def test_json_round_trip(record: MessageRecord) -> None:
    """What is written as JSON text is read back equal, whatever the record holds."""
    assert MessageRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_every_field_is_drawn_above() -> None:
    """A field that is added must be added to the round trip as well."""
    drawn = records.wrapped_strategy if hasattr(records, "wrapped_strategy") else records
    names = {one.name for one in fields(MessageRecord)}
    assert names == set(drawn.kwargs)


def test_defaults_are_left_out() -> None:
    """An empty record is an empty document."""
    assert MessageRecord().to_json() == {}
    assert MessageRecord.from_json({}) == MessageRecord()
