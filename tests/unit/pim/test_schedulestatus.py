"""What calendar servers note of the mail that they deliver."""

import pytest

from carbonio_mobile.pim.schedulestatus import missed_organizer

EVENT = b"""BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
UID:a\r
ORGANIZER;CN=X%s:mailto:x@example.com\r
ATTENDEE;SCHEDULE-STATUS=5.2:mailto:y@example.com\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:a\r
RECURRENCE-ID:20350109T100000Z\r
ORGANIZER%s:mailto:x@example.com\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.mark.parametrize(
    ("noted", "is_missed"),
    [
        ("", False),
        (";SCHEDULE-STATUS=1.0", False),
        (";SCHEDULE-STATUS=1.1", False),
        (";SCHEDULE-STATUS=2.0", False),
        (";SCHEDULE-STATUS=3.7", True),
        (";schedule-status=5.2", True),
        (';SCHEDULE-STATUS="2.0,5.1"', True),
        (";SCHEDULE-STATUS=", False),
    ],
)
def test_the_organizer(noted: str, is_missed: bool) -> None:
    """RFC 6638 3.2.9: the codes of failure; the whole meeting and one of a series apart."""
    whole, one = EVENT % (noted.encode(), b""), EVENT % (b"", noted.encode())
    assert missed_organizer(whole, is_instance=False) is is_missed
    assert not missed_organizer(whole, is_instance=True)
    assert missed_organizer(one, is_instance=True) is is_missed
    assert not missed_organizer(one, is_instance=False)


@pytest.mark.parametrize("source", [b"", b"BEGIN:VEVENT", b"\xff\x00", b"A\r\n" * 60_000])
def test_what_is_none(source: bytes) -> None:
    """Whatever cannot be read says nothing."""
    assert not missed_organizer(source, is_instance=False)
