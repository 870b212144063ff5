"""The demo's mail: lifelike, the same every time, readable by what reads mail here."""

from collections import Counter
from email import message_from_bytes, policy

import pytest

from carbonio_mobile.mime.extract import extract
from carbonio_mobile.service.demomail import OWN_FOLDERS, DemoMessage, demo_mail
from carbonio_mobile.service.demotext import OWNERS

ANCHOR = 1_763_640_000.0


@pytest.fixture(scope="module")
def mail() -> list[DemoMessage]:
    """One account's mail."""
    return demo_mail("john@example.com", ANCHOR)


def test_it_is_the_same_every_time(mail: list[DemoMessage]) -> None:
    """A start that was killed half-way is completed by the next with the same messages."""
    assert demo_mail("john@example.com", ANCHOR) == mail


def test_about_two_hundred_messages_over_several_folders(mail: list[DemoMessage]) -> None:
    """Most in the Inbox, some in each of the folders of the demo that hold mail."""
    folders = Counter(message.folder for message in mail)
    assert 180 <= len(mail) <= 220
    assert folders.most_common(1)[0][0] == "Inbox"
    assert set(folders) >= {"Inbox", "Sent", "Drafts", "Trash", "Junk", *OWN_FOLDERS[1:]}


def test_dates_lie_before_the_first_start(mail: list[DemoMessage]) -> None:
    """Oldest first, within three months."""
    times = [message.received for message in mail]
    assert times == sorted(times)
    assert ANCHOR - 90 * 86_400 < times[0] < times[-1] < ANCHOR


def test_every_kind_of_content_is_there(mail: list[DemoMessage]) -> None:
    """Plain, HTML, attachments, inline images, invitations, threads, many scripts."""
    messages = [message_from_bytes(each.source, policy=policy.default) for each in mail]
    types = Counter(part.get_content_type() for each in messages for part in each.walk())
    charsets = {part.get_content_charset() for each in messages for part in each.walk()}
    assert {"text/plain", "text/html", "text/calendar", "application/pdf", "text/csv", "image/png",
            "message/rfc822"} <= set(types)  # fmt: skip
    assert {"iso-2022-jp", "koi8-r", "gb18030", "euc-kr", "utf-8"} <= charsets
    assert any("cid:" in each.get_body(("html",)).get_content()
               for each in messages if each.get_body(("html",)))  # fmt: skip
    assert sum("References" in each for each in messages) > 40
    methods = {part.get_param("method") for each in messages for part in each.walk()}
    assert {"REQUEST", "CANCEL"} <= methods


def test_states_differ(mail: list[DemoMessage]) -> None:
    """Some unread, some flagged, some answered, some with categories."""
    assert 0 < sum(not message.read for message in mail) < len(mail)
    assert any(message.flagged for message in mail)
    assert any(message.verb for message in mail)
    assert any(message.categories for message in mail)


@pytest.mark.parametrize("owner", OWNERS)
def test_every_message_is_understood(owner: str) -> None:
    """Each has a subject and a body; ids are unique; invitations are recognised."""
    records = [
        extract(message.source, received_at=message.received).record
        for message in demo_mail(owner, ANCHOR)
    ]
    assert all(record.subject for record in records)
    assert len({record.message_id for record in records}) == len(records)
    assert sum(record.meeting is not None for record in records) >= 6
