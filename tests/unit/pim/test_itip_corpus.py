"""Scheduling messages of real programs: each is read, placed, answered and told again."""

import csv
from collections.abc import Iterator

import pytest

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.imip import calendar_of, senders
from carbonio_mobile.pim.event import Attendee
from carbonio_mobile.pim.events import read_event, write_event
from carbonio_mobile.pim.itip import ItipMessage, parse_itip
from carbonio_mobile.pim.itipanswer import ACCEPT, Response, answered, own_attendee, reply
from carbonio_mobile.pim.itiparrival import arrival
from carbonio_mobile.pim.itipmessages import forwarded, invitation
from tests.unit.mime.corpus import ROOT, mails
from tests.unit.pim.meetings import NOW

pytestmark = pytest.mark.skipif(
    not (ROOT / "INDEX.csv").exists(), reason="the shared corpus is not beside the project"
)

READ_MAILS, READ_CALENDARS = 40, 55
"""How many of the corpus are scheduling messages of events that can be read, at least."""


def of_mails() -> Iterator[tuple[str, ItipMessage, tuple[str, ...]]]:
    """Give the messages in the mails of the corpus, with whom they come from."""
    for name, source in mails(core=False):
        meeting = extract(source, received_at=NOW).record.meeting
        if meeting is not None:
            try:
                found = parse_itip(calendar_of(source, meeting), meeting.method)
            except Corrupt:
                continue
            yield from ((name, one, senders(source)) for one in found)


def of_calendars() -> Iterator[tuple[str, ItipMessage, tuple[str, ...]]]:
    """Give the messages among the calendar files of the corpus."""
    with (ROOT / "INDEX.csv").open(encoding="utf-8", newline="") as rows:
        paths = [row["path"] for row in csv.DictReader(rows) if row["kind"] == "ical"]
    for path in paths:
        source = (ROOT / path).read_bytes()
        if b"METHOD" not in source.upper():
            continue
        try:
            found = parse_itip(source)
        except Corrupt:
            continue
        yield from ((path, one, (one.event.organizer_address.lower(),)) for one in found)


def check(name: str, message: ItipMessage, written_by: tuple[str, ...]) -> None:
    """See that a message goes all its ways, and that what is stored can be read and stays."""
    me = frozenset(("me@example.com",))
    decision = arrival(message, None, me, NOW, senders=written_by)
    if message.method != "REQUEST":
        assert decision.source is None, name
        return
    if message.event.details.is_cancelled:
        return
    assert decision.source is not None, name
    assert decision.event is not None
    stored = read_event(decision.source)
    assert (stored.uid, stored.response) == (message.event.uid, 5), name
    assert arrival(message, decision.source, me, NOW, senders=written_by).source is None, name
    who = own_attendee(stored, me, "me@example.com", "Me")
    yes = Response(answer=ACCEPT)
    mine = answered(stored, who, yes, now=NOW, intended_busy=message.intended_busy)
    assert mine is not None
    kept = read_event(write_event(decision.source, mine, now=NOW))
    assert (kept.response, kept.replied_at) == (3, NOW), name
    if not stored.is_read_only:
        assert kept.details == mine.details, name
    (said,) = parse_itip(reply(stored, who, yes, now=NOW, comment="yes"))
    assert (said.method, said.event.uid, said.comment) == ("REPLY", stored.uid, "yes"), name
    assert [one.status for one in said.event.details.attendees] == [3], name
    guest = Attendee(address="guest@example.com")
    for told in (
        invitation(stored, decision.source, now=NOW),
        forwarded(stored, decision.source, [guest], now=NOW),
    ):
        again = parse_itip(told)[0]
        assert (again.method, again.event.uid) == ("REQUEST", stored.uid), name
        assert again.event.details.start == stored.details.start, name


def test_mails_of_the_corpus() -> None:
    """Invitations, answers, cancellations and proposals of Outlook, Google, Apple and others."""
    messages = list(of_mails())
    for found in messages:
        check(*found)
    assert len(messages) >= READ_MAILS


def test_calendars_of_the_corpus() -> None:
    """The same as files."""
    messages = list(of_calendars())
    for found in messages:
        check(*found)
    assert len(messages) >= READ_CALENDARS
