"""MeetingRequest of 16.1: a time proposed, people added; invitations that are out of date."""

from dataclasses import replace
from email import message_from_bytes

import pytest

from carbonio_mobile.eas.times import format_compact
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.record import MeetingSummary
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.itipanswer import TENTATIVELY, Response, reply
from carbonio_mobile.pim.itipmessages import forward_notice
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    Calendar,
    ComposeMail,
    Email,
    Email2,
    MeetingResponse,
)
from tests.unit.commands.checked import VERSIONS, CheckedPhone
from tests.unit.commands.meetingcase import Meetings, mail
from tests.unit.pim.meetings import BOB, DAY, EVE, JOHN, MARY, START, ics, meeting, people, weekly
from tests.unit.quirks.test_outlook_and_ios import _all

PROPOSED = (START + 7200, START + 9000)


def told(source: bytes, version: str, *, schedule: bool = False) -> tuple[str, Element | None]:
    """Deliver a mail; gives its class and its MeetingRequest."""
    rig = Rig()
    Meetings(rig).arrive(source, schedule=schedule)
    phone = CheckedPhone(rig, version=version)
    inbox = rig.folder(FolderKind.INBOX)
    phone.prime(inbox)
    (shown,) = phone.items[inbox].values()
    return shown.value(Email.MessageClass, ""), shown.find(Email.MeetingRequest)


def counter(event: Event, instance: float | None = None) -> bytes:
    """Write what Mary answers to John's meeting: another time."""
    (mary,) = people(MARY)
    response = Response(answer=TENTATIVELY, instance=instance, proposed=PROPOSED)
    return mail(reply(event, mary, response, now=NOW), "COUNTER")


@pytest.mark.parametrize("instance", [None, START])
def test_a_proposed_time(instance: float | None) -> None:
    """MS-ASEMAIL_R91100, MS-ASCMD_R69901704, MS-ASCMD_R69901710, MS-ASCMD_R69901711,
    MS-ASCMD_R69901712, MS-ASCMD_R69901713, MS-ASCMD_R69901725, MS-ASCMD_R69901731,
    MS-ASCMD_R69901732, MS-ASCMD_R69901733, MS-ASCMD_R69901734, MS-ASCMD_R6990101722,
    MS-ASCMD_R6990101744: both ends, in the form of a Compact DateTime, once in MeetingRequest.
    """
    event = weekly() if instance else meeting()
    kind, shown = told(counter(event, instance), "16.1")
    assert kind == "IPM.Schedule.Meeting.Resp.Tent"
    assert shown is not None
    expected = [format_compact(at) for at in PROPOSED]
    for tag, text in zip(
        (MeetingResponse.ProposedStartTime, MeetingResponse.ProposedEndTime), expected, strict=True
    ):
        (one,) = shown.find_all(tag)
        assert one.string == text
        assert not one.children
    assert shown.value(Email.StartTime) == "2027-01-18T09:00:00.000Z"
    assert shown.value(Email.EndTime) == "2027-01-18T10:00:00.000Z"
    assert shown.value(Email2.MeetingMessageType) == "0"
    assert not shown.has(ComposeMail.Forwardees)


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_versions_that_know_no_proposals(version: str) -> None:
    """MS-ASCMD_R6990101718, MS-ASCMD_R6990101719, MS-ASCMD_R6990101720, MS-ASCMD_R6990101721,
    MS-ASCMD_R6990101739, MS-ASCMD_R6990101741, MS-ASCMD_R6990101742, MS-ASCMD_R6990101743,
    MS-ASCMD_R6485100817: the answer is a mail of its class, and nothing else.
    """
    kind, shown = told(counter(meeting()), version)
    assert kind == "IPM.Schedule.Meeting.Resp.Tent"
    assert shown is None


def test_who_else_was_invited() -> None:
    """MS-ASEMAIL_R91120, MS-ASCMD_R64850802, MS-ASCMD_R64850808, MS-ASCMD_R66250801,
    MS-ASCMD_R66250802, MS-ASCMD_R66250803, MS-ASCMD_R66250804, MS-ASCMD_R66550803,
    MS-ASCMD_R66550804, MS-ASCMD_R68651708: Forwardees, each with an address and maybe a name.
    """
    guests = (*people(BOB), replace(people(EVE)[0], name=""))
    notice = mail(forward_notice(meeting(), guests, now=NOW), "PUBLISH", to=(JOHN,))
    kind, shown = told(notice, "16.1", schedule=True)
    assert kind == "IPM.Notification.Meeting"
    assert shown is not None
    (listed,) = shown.find_all(ComposeMail.Forwardees)
    found = [(one.value(ComposeMail.Email), one.value(ComposeMail.Name)) for one in listed]
    assert found == [(BOB, "Bob"), (EVE, None)]
    assert {one.tag for one in listed} == {ComposeMail.Forwardee}
    assert shown.value(Calendar.UID) == "meeting-1"
    assert shown.value(Email2.MeetingMessageType) == "0"
    for version in VERSIONS[:-1]:
        assert told(notice, version) == ("IPM.Notification.Meeting", None)


def test_a_calendar_that_is_only_published_is_a_file() -> None:
    """client-quirks 9.8: PUBLISH asks and answers nothing; the notice is nobody's event."""
    published = mail(ics("PUBLISH"), "PUBLISH")
    assert told(published, "16.1") == ("IPM.Note", None)
    rig = Rig()
    meetings = Meetings(rig)
    meetings.arrive(mail(forward_notice(meeting(), people(BOB), now=NOW), "PUBLISH"))
    assert meetings.events() == []


def test_the_summary_survives_its_text() -> None:
    """What was read at delivery is what is shown later, also of mail stored by an older program."""
    record = extract(counter(meeting()), received_at=0).record
    assert record.meeting is not None
    assert record.meeting.proposed == PROPOSED
    assert (record.meeting.start, record.meeting.end) == (START, START + 3600)
    again = MeetingSummary.from_json(record.meeting.to_json())
    assert again == record.meeting
    guests = replace(record.meeting, proposed=None, forwardees=((BOB, "Bob"), (EVE, "")))
    assert MeetingSummary.from_json(guests.to_json()) == guests
    plain = replace(guests, forwardees=())
    assert {"pt", "fw"}.isdisjoint(plain.to_json())


def test_a_counter_of_elsewhere_has_one_time_only() -> None:
    """Without the original time, what is proposed is all that is known."""
    source = counter(meeting())
    calendar = message_from_bytes(source)
    part = next(one for one in calendar.walk() if one.get_content_type() == "text/calendar")
    text = part.get_payload(decode=True)
    assert isinstance(text, bytes)
    lines = [one for one in text.split(b"\r\n") if not one.startswith(b"X-MS-OLK")]
    found = extract(mail(b"\r\n".join(lines), "COUNTER"), received_at=0).record.meeting
    assert found is not None
    assert (found.start, found.end) == found.proposed == PROPOSED


@pytest.mark.parametrize("version", ["14.1", "16.0", "16.1"])
def test_an_invitation_that_another_has_overtaken(version: str) -> None:
    """MS-ASEMAIL_R1070, MS-ASEMAIL_R532, MS-ASEMAIL_R535, MS-ASEMAIL_R530, MS-ASEMAIL_R531: 1, then
    2; the older one is 4 for who reads it now, and no device is told twice of one.
    """
    rig = Rig()
    meetings = Meetings(rig)
    inbox = rig.folder(FolderKind.INBOX)
    early = CheckedPhone(rig, version=version, device="early")
    first = meetings.arrive(mail(ics()))
    early.prime(inbox)
    types = {name: one.find(Email.MeetingRequest) for name, one in early.items[inbox].items()}
    shown = types[first]
    assert shown is not None
    assert shown.value(Email2.MeetingMessageType) == "1"
    second = meetings.arrive(mail(ics(sequence=1, summary="Other plans")))
    early.settle(inbox)
    late = CheckedPhone(rig, version=version, device="late")
    late.prime(inbox)
    for phone, expected in ((early, "1"), (late, "4")):
        found = {
            name: [one.string for one in _all(data, Email2.MeetingMessageType)]
            for name, data in phone.items[inbox].items()
        }
        assert found == {first: [expected], second: ["2"]}


def test_before_14_1_nothing_is_said_of_it() -> None:
    """MS-ASEMAIL_R1300, MS-ASEMAIL_R1301: no MeetingMessageType at 12.1 and 14.0."""
    for version in ("12.1", "14.0"):
        _, shown = told(mail(ics()), version)
        assert shown is not None
        assert not shown.has(Email2.MeetingMessageType)


def test_days_before_and_after() -> None:
    """The time that stands is shown for whole days too."""
    event = meeting(start=START - 9 * 3600, end=START - 9 * 3600 + DAY, all_day=True)
    found = extract(counter(event), received_at=0).record.meeting
    assert found is not None
    assert found.start == START - 9 * 3600
