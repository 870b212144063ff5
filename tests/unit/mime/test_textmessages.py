"""Text messages as mails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.textmessages import (
    TEXT_MESSAGE_CLASS,
    TextMessage,
    build,
    listed_people,
    people_of,
)


@pytest.mark.parametrize(
    ("listed", "again"),
    [
        ("[MOBILE: +15551234567]", "[MOBILE:+15551234567]"),
        ('"Smith, John" [MOBILE:+1 555]', '"Smith, John" [MOBILE:+1555]'),
        ("John Smith [mobile:+1];[MOBILE:2]", '"John Smith" [MOBILE:+1], [MOBILE:2]'),
        ('"say \\"x\\"" [MOBILE:+1]', '"say \\"x\\"" [MOBILE:+1]'),
        ("[MOBILE:Vodafone It]", "[MOBILE:Vodafone It]"),
        ("[MOBILE:*100#]", "[MOBILE:*100#]"),
        ("+39 (333) 12-34", "[MOBILE:+39(333)12-34]"),
        ('"J" <a@example.com>, b@example.com', '"J" <a@example.com>, b@example.com'),
        ("Жук [MOBILE:+7]", '"Жук" [MOBILE:+7]'),
        ("[MOBILE:]", ""),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_people(listed: str, again: str) -> None:
    """Numbers keep their form through the addresses of a mail (classes.md section 10)."""
    source = build(TextMessage(sender=listed, to=listed, text="x", received=0.0, name="n"))
    record = extract(source, received_at=0.0).record
    assert listed_people(record.from_) == again
    assert listed_people(record.to) == again
    assert listed_people(", ".join(str(one) for one in people_of(again))) == again


@given(st.text(max_size=60))
def test_any_list_is_read(listed: str) -> None:
    """Nothing is raised, and what was read once is read the same again."""
    again = listed_people(", ".join(str(one) for one in people_of(listed)))
    assert listed_people(", ".join(str(one) for one in people_of(again))) == again


def test_a_text_message_is_known_by_its_mark_alone_where_no_server_carried_it() -> None:
    """A mail from outside cannot have itself hidden from devices that want no text messages."""
    source = build(
        TextMessage(sender="[MOBILE:1]", to="", text="Hi\nthere", received=5.0, name="n")
    )
    record = extract(source, received_at=0.0).record
    assert record.message_class == TEXT_MESSAGE_CLASS
    assert (record.subject, record.sent_at, record.native_type) == ("Hi", 5.0, 1)
    carried = b"Received: from x by y; Thu, 1 Jan 1970 00:00:00 +0000\r\n" + source
    assert extract(carried, received_at=0.0).record.message_class == "IPM.Note"


def test_the_same_message_is_the_same_mail() -> None:
    """So that a repeated upload gives the same octets, and another one other ones."""
    one = TextMessage(sender="1", to="2", text="x", received=5.0, name="n", importance=2)
    other = TextMessage(sender="1", to="2", text="x", received=5.0, name="m", importance=2)
    assert build(one) == build(one)
    assert build(one) != build(other)
    assert extract(build(one), received_at=0.0).record.importance == 2
