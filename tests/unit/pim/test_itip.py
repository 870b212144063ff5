"""Scheduling messages that arrive, and what becomes of the calendar."""

from dataclasses import replace

import pytest

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.event import Details, Event, Occurrence
from carbonio_mobile.pim.events import read_event, write_event
from carbonio_mobile.pim.itip import ItipMessage, intended_busy, parse_itip, substance
from carbonio_mobile.pim.itiparrival import Decision, arrival, concerned
from tests.unit.pim.meetings import (
    BOB,
    DAY,
    EVE,
    JOHN,
    MARY,
    NOW,
    OWN,
    START,
    ics,
    meeting,
    moved,
    people,
    weekly,
)

WEEK = 7 * DAY
RULE = ("RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=MO",)
SECOND = ("RECURRENCE-ID;TZID=Europe/Rome:20270125T100000",)
MOVED = {
    "start": "DTSTART;TZID=Europe/Rome:20270125T140000",
    "end": "DTEND;TZID=Europe/Rome:20270125T150000",
}


def text(event: Event) -> bytes:
    """Give a stored entry."""
    return write_event(None, event, now=NOW - DAY)


def arrives(
    message: bytes | ItipMessage,
    stored: bytes | None = None,
    *senders: str,
    now: float = NOW,
) -> Decision:
    """Let a message arrive, by default from Mary."""
    if isinstance(message, bytes):
        (message,) = parse_itip(message)
    return arrival(message, stored, OWN, now, senders=senders or (MARY,))


def after(message: bytes | ItipMessage, stored: bytes | None = None, *senders: str) -> Event:
    """Give the entry that a message leads to."""
    decision = arrives(message, stored, *senders)
    assert decision.source is not None, decision.why
    assert b"METHOD" not in decision.source
    return read_event(decision.source)


def status(details: Details | None, address: str) -> int | None:
    """Give the status of an attendee."""
    assert details is not None
    return next((one.status for one in details.attendees if one.address == address), None)


def invited(**more: object) -> bytes:
    """Give the entry of an invitation, accepted, with a reminder and a category of John's own."""
    event = after(ics(**more))  # type: ignore[arg-type]
    details = replace(
        event.details,
        attendees=tuple(replace(one, status=3) for one in event.details.attendees),
        busy_status=2,
        reminder_min=30,
        categories=("mine",),
    )
    event = replace(event, details=details, response=3, replied_at=NOW - 60)
    return write_event(text(event), event, now=NOW)


# Reading


def test_a_message_says_what_it_is() -> None:
    """RFC 5546 3.2: the method, one event, and what an attendee wrote."""
    more = ("COMMENT:Sorry\\, no", "STATUS:CANCELLED", "X-MICROSOFT-CDO-INTENDEDSTATUS:OOF")
    (found,) = parse_itip(ics("reply", more=more))
    assert (found.method, found.comment, found.intended_busy) == ("REPLY", "Sorry, no", 3)
    assert found.says_cancelled
    assert found.event.uid == "meeting-1"
    assert b"METHOD" not in found.source


def test_the_type_may_name_the_method() -> None:
    """RFC 6047 2.4: the part says it too."""
    (found,) = parse_itip(ics().replace(b"METHOD:REQUEST\r\n", b""), "request")
    assert found.method == "REQUEST"


@pytest.mark.parametrize(
    "source",
    [b"", b"nothing", ics("PUBLISH"), ics("ADD"), ics().replace(b"VEVENT", b"VTODO")],
)
def test_what_is_no_message_is_refused(source: bytes) -> None:
    """A plain file, or a task."""
    with pytest.raises(Corrupt):
        parse_itip(source)


def test_of_several_meetings_the_first_counts() -> None:
    """RFC 5546 3.2: one UID a message."""
    other = ics(uid="other").split(b"METHOD:REQUEST\r\n")[1]
    (found,) = parse_itip(ics().replace(b"END:VCALENDAR\r\n", other))
    assert found.event.uid == "meeting-1"
    assert b"other" not in found.source


def test_occurrences_without_their_series_come_one_by_one() -> None:
    """Each is a message of its own."""
    second = ics(more=SECOND, **MOVED)
    third = ics(more=("RECURRENCE-ID;TZID=Europe/Rome:20270201T100000",))
    both = second.replace(b"END:VCALENDAR\r\n", third.split(b"METHOD:REQUEST\r\n")[1])
    found = parse_itip(both)
    assert [one.event.recurrence_id for one in found] == [START + WEEK, START + 2 * WEEK]


def test_the_substance_of_a_message() -> None:
    """Written anew it is the same; another word in it is another."""
    assert substance(ics()) == substance(ics(stamp="20270115T000000Z"))
    assert substance(ics()) != substance(ics(summary="Other"))
    assert substance(ics()) != substance(ics(sequence=1))
    asked, answered = (f"PARTSTAT={one}:mailto:{JOHN}" for one in ("NEEDS-ACTION", "ACCEPTED"))
    assert substance(ics(attendees=(asked,))) == substance(ics(attendees=(answered,)))
    assert substance(ics("REPLY", attendees=(asked,))) != substance(
        ics("REPLY", attendees=(answered,))
    )


# Invitations


def test_a_new_invitation_is_placed_tentatively() -> None:
    """It is in the attendee's calendar, not responded (MS-ASCAL 2.2.2.41).

    What the sender says of John's answer is not believed; the sender's categories stay away.
    """
    found = after(
        ics(attendees=(f"PARTSTAT=ACCEPTED:mailto:{JOHN}",), more=("CATEGORIES:theirs", "X-A:kept"))
    )
    assert (found.response, found.replied_at) == (5, None)
    assert (found.details.busy_status, found.details.categories) == (1, ())
    assert status(found.details, JOHN) == 5
    assert found.organizer_address == MARY
    assert (found.details.start, found.details.end) == (START, START + 3600)


def test_what_the_organiser_shows_as_free_stays_free() -> None:
    """And what an accepted meeting is to show is kept with the entry."""
    decision = arrives(ics(more=("X-MICROSOFT-CDO-BUSYSTATUS:FREE",)))
    assert decision.event is not None
    assert decision.source is not None
    assert decision.event.details.busy_status == 0
    assert intended_busy(decision.source) == 0
    away = arrives(ics(more=("X-MICROSOFT-CDO-INTENDEDSTATUS:OOF",)))
    assert away.source is not None
    assert read_event(away.source).details.busy_status == 1
    assert intended_busy(away.source) == 3


def test_properties_that_activesync_cannot_say_are_stored() -> None:
    """design.md 2."""
    decision = arrives(ics(more=("X-SOMETHING;A=b:kept", "PRIORITY:3")))
    assert decision.source is not None
    assert b"X-SOMETHING;A=b:kept\r\n" in decision.source
    assert b"PRIORITY:3\r\n" in decision.source


@pytest.mark.parametrize(
    ("message", "senders"),
    [
        (ics(organizer=JOHN), (MARY,)),
        (ics(organizer="Johnny@Example.com"), ("johnny@example.com",)),
        (ics(more=("STATUS:CANCELLED",)), (MARY,)),
        (ics("REFRESH"), (MARY,)),
        (ics("CANCEL"), (MARY,)),
        (ics("REPLY"), (MARY,)),
        (ics("COUNTER"), (MARY,)),
        (ics("DECLINECOUNTER"), (MARY,)),
    ],
)
def test_what_makes_no_new_entry(message: bytes, senders: tuple[str, ...]) -> None:
    """Above all: nobody makes John the organiser of a meeting."""
    assert arrives(message, None, *senders).source is None


def test_an_invitation_without_an_organiser_is_the_senders() -> None:
    """Some programs leave it out."""
    assert after(ics(organizer="")).organizer_address == MARY


def test_an_update_replaces_the_meeting_and_keeps_what_is_johns() -> None:
    """RFC 5546 3.2.2.1: another time asks for a new answer."""
    stored = invited()
    found = after(ics(sequence=1, summary="Other", **MOVED), stored)
    assert found.details.subject == "Other"
    assert found.details.start == START + WEEK + 4 * 3600
    assert (found.details.reminder_min, found.details.categories) == (30, ("mine",))
    assert (found.response, found.replied_at, found.details.busy_status) == (5, None, 1)
    assert status(found.details, JOHN) == 5


def test_an_update_of_words_keeps_the_answer() -> None:
    """An answer is about the time."""
    found = after(ics(sequence=1, summary="Other"), invited())
    assert found.details.subject == "Other"
    assert (found.response, found.replied_at, found.details.busy_status) == (3, NOW - 60, 2)
    assert status(found.details, JOHN) == 3


@pytest.mark.parametrize(
    ("sequence", "stamp", "newer"),
    [
        (2, "20270114T080000Z", False),
        (1, "20270116T080000Z", False),
        (2, "20270116T080000Z", True),
        (3, "20270101T080000Z", True),
    ],
)
def test_the_newest_version_counts(sequence: int, stamp: str, newer: bool) -> None:
    """RFC 5546 2.1.5: sequence first, then the time of writing."""
    stored = invited(sequence=2)
    decision = arrives(ics(sequence=sequence, stamp=stamp, summary="Other"), stored)
    assert (decision.source is not None) is newer


FOREIGN = [
    (ics(sequence=9, organizer=EVE), (EVE,)),
    (ics(sequence=9), (EVE,)),
    (ics("CANCEL", sequence=9), (EVE,)),
    (ics("CANCEL", sequence=9, organizer=EVE), (EVE,)),
    (ics("DECLINECOUNTER", sequence=9, organizer=EVE), (EVE,)),
    (ics("REPLY", attendees=(f"PARTSTAT=DECLINED:mailto:{JOHN}",)), (JOHN,)),
    (ics("COUNTER", attendees=(f"PARTSTAT=DECLINED:mailto:{BOB}",)), (BOB,)),
]


@pytest.mark.parametrize(("message", "senders"), FOREIGN)
def test_only_the_organiser_changes_a_meeting(message: bytes, senders: tuple[str, ...]) -> None:
    """RFC 5546 6.1.1: neither another organiser, nor another sender, nor an attendee."""
    assert arrives(message, invited(), *senders).source is None


@pytest.mark.parametrize("organizer", [JOHN, MARY, EVE, ""])
@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "DECLINECOUNTER"])
def test_an_own_meeting_is_changed_by_nobody_else(method: str, organizer: str) -> None:
    """Whoever learns of its UID."""
    message = ics(method, sequence=9, organizer=organizer, summary="Mine now")
    assert arrives(message, text(meeting()), organizer or EVE).source is None


def test_a_sender_may_stand_in_any_of_the_fields() -> None:
    """A delegate sends in the organiser's name."""
    assert arrives(ics(sequence=1, summary="Other"), invited(), EVE, MARY.upper()).source


# Series


def test_an_occurrence_is_changed_in_its_series() -> None:
    """RFC 5546 3.2.2.1: with RECURRENCE-ID only it changes, and asks for an answer."""
    found = after(ics(more=SECOND, sequence=1, **MOVED), invited(more=RULE))
    (one,) = found.exceptions
    assert one.original == START + WEEK
    assert one.details is not None
    assert one.details.start == START + WEEK + 4 * 3600
    assert (one.response, status(one.details, JOHN), one.details.busy_status) == (5, 5, 1)
    assert (one.details.reminder_min, one.details.categories) == (30, ("mine",))
    assert (found.response, found.details.start) == (3, START)


def test_an_occurrence_that_the_series_does_not_have_is_ignored() -> None:
    """A Tuesday of a Monday series."""
    tuesday = ("RECURRENCE-ID;TZID=Europe/Rome:20270126T100000",)
    assert arrives(ics(more=tuesday, sequence=1, **MOVED), invited(more=RULE)).source is None
    assert arrives(ics(more=SECOND, sequence=1, **MOVED), invited()).source is None


def test_an_occurrence_alone_is_an_entry_of_its_own() -> None:
    """MS-ASAIRS 2.2.2.23: several of one UID, told apart by their original starts."""
    orphan = arrives(ics(more=SECOND, **MOVED))
    assert orphan.event is not None
    assert orphan.event.recurrence_id == START + WEEK
    (third,) = parse_itip(ics(more=("RECURRENCE-ID;TZID=Europe/Rome:20270201T100000",)))
    (again,) = parse_itip(ics(more=SECOND, sequence=1))
    (series,) = parse_itip(ics(more=RULE))
    assert concerned(third, [orphan.event]) is None
    assert concerned(again, [orphan.event]) == 0
    assert concerned(series, [orphan.event]) == 0
    assert concerned(third, [orphan.event, weekly()]) == 1
    assert concerned(series, []) is None
    updated = after(ics(more=SECOND, sequence=1, summary="Other"), orphan.source)
    assert (updated.recurrence_id, updated.details.subject) == (START + WEEK, "Other")


def test_a_series_takes_its_orphan_in() -> None:
    """What was known of the occurrence stays."""
    orphan = arrives(ics(more=SECOND, **MOVED)).source
    found = after(ics(more=RULE), orphan)
    assert found.recurrence is not None
    assert [one.original for one in found.exceptions] == [START + WEEK]


def test_an_update_of_a_series_keeps_exceptions_unless_it_recurs_otherwise() -> None:
    """And those it brings along replace those of before."""
    stored = arrives(ics(more=SECOND, sequence=1, **MOVED), invited(more=RULE)).source
    words = after(ics(more=RULE, sequence=2, summary="Other"), stored)
    assert [one.original for one in words.exceptions] == [START + WEEK]
    other = after(ics(more=("RRULE:FREQ=DAILY;COUNT=5",), sequence=2), stored)
    assert other.exceptions == ()


# Cancellations


def test_a_cancelled_meeting_stays_and_says_so() -> None:
    """As Exchange does; the subject is not touched."""
    found = after(ics("CANCEL", sequence=1), invited())
    assert found.details.is_cancelled
    assert (found.details.subject, found.details.busy_status) == ("Plans", 0)
    assert found.details.reminder_min is None


def test_a_cancelled_occurrence_stays_in_its_series() -> None:
    """The others take place."""
    found = after(ics("CANCEL", more=SECOND, sequence=1), invited(more=RULE))
    assert not found.details.is_cancelled
    (one,) = found.exceptions
    assert one.details is not None
    assert one.details.is_cancelled
    assert arrives(ics("CANCEL", more=SECOND), text(found)).source is None


def test_what_was_cancelled_may_be_asked_for_again() -> None:
    """It needs a new answer."""
    off = arrives(ics("CANCEL", sequence=1), invited()).source
    found = after(ics(sequence=2), off)
    assert not found.details.is_cancelled
    assert (found.response, found.details.busy_status) == (5, 1)


@pytest.mark.parametrize(
    ("attendees", "more", "cancelled"),
    [
        ((f"CN=x:mailto:{BOB}",), (), False),
        ((f"CN=x:mailto:{BOB}",), ("STATUS:CANCELLED",), True),
        ((f"CN=x:mailto:{JOHN}",), (), True),
        ((), (), True),
    ],
)
def test_others_taken_off_a_meeting_do_not_end_it(
    attendees: tuple[str, ...], more: tuple[str, ...], cancelled: bool
) -> None:
    """RFC 5546 3.2.5."""
    message = ics("CANCEL", sequence=1, attendees=attendees, more=more)
    assert (arrives(message, invited()).source is not None) is cancelled


def test_an_outdated_cancellation_is_ignored() -> None:
    """The organiser asked again since."""
    assert arrives(ics("CANCEL", sequence=1), invited(sequence=2)).source is None


# Answers


def reply(who: str, partstat: str, method: str = "REPLY", **more: object) -> bytes:
    """Give an answer to John's meeting."""
    line = f"PARTSTAT={partstat}:mailto:{who}"
    return ics(method, organizer=JOHN, attendees=(line,), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("partstat", "expected"), [("ACCEPTED", 3), ("TENTATIVE", 2), ("DECLINED", 4)]
)
def test_an_answer_is_entered(partstat: str, expected: int) -> None:
    """RFC 5546 3.2.3: what the attendee answered."""
    found = after(reply(MARY, partstat), text(meeting()))
    assert status(found.details, MARY) == expected
    assert status(found.details, BOB) == 5


def test_an_answer_to_an_occurrence_is_about_that_one() -> None:
    """And one to the series about all of them."""
    at = START + WEEK
    stored = text(weekly())
    found = after(reply(MARY, "DECLINED", more=SECOND), stored)
    (one,) = found.exceptions
    assert (one.original, status(one.details, MARY)) == (at, 4)
    assert status(found.details, MARY) == 5
    everything = after(reply(MARY, "ACCEPTED"), text(found))
    assert status(everything.exceptions[0].details, MARY) == 3
    assert arrives(reply(MARY, "DECLINED", more=SECOND), text(meeting())).source is None


@pytest.mark.parametrize(
    ("message", "sender"),
    [
        (reply(BOB, "ACCEPTED"), MARY),
        (reply("mary@other.example", "ACCEPTED"), "mary@other.example"),
        (reply(EVE, "DECLINED"), EVE),
        (reply(MARY, "ACCEPTED", sequence=1), MARY),
    ],
    ids=["in another's name", "a stranger", "a colleague who declines", "an earlier version"],
)
def test_answers_that_are_not_believed(message: bytes, sender: str) -> None:
    """RFC 5546 3.2.3: the organiser decides about those who were not invited."""
    assert arrives(message, text(meeting(sequence=2)), sender).source is None


def test_a_colleague_who_was_brought_along_is_added() -> None:
    """As an optional attendee."""
    found = after(reply(EVE, "ACCEPTED"), text(meeting()), EVE)
    (eve,) = [one for one in found.details.attendees if one.address == EVE]
    assert (eve.kind, eve.status) == (2, 3)


def test_another_time_is_proposed_and_refused() -> None:
    """RFC 5546 3.2.7: both times stand with the attendee."""
    found = after(reply(MARY, "TENTATIVE", "COUNTER", **MOVED), text(meeting()))
    mary, bob = found.details.attendees
    start = START + WEEK + 4 * 3600
    assert (mary.status, mary.proposed, bob.proposed) == (2, (start, start + 3600), None)
    assert after(reply(MARY, "ACCEPTED"), text(found)).details.attendees[0].proposed is None


def test_a_refused_proposal_is_forgotten() -> None:
    """RFC 5546 3.2.8: the meeting stays as it is."""
    stored = read_event(invited())
    mine = replace(stored.details.attendees[0], proposed=(START + 60, START + 120))
    stored = replace(stored, details=replace(stored.details, attendees=(mine,)))
    found = after(ics("DECLINECOUNTER"), text(stored))
    assert found.details.attendees[0].proposed is None
    assert found.details.attendees[0].status == 3


def test_a_message_that_was_applied_changes_nothing_again() -> None:
    """A delivery may be repeated."""
    messages = [
        (ics(), None),
        (ics("CANCEL", sequence=1), invited()),
        (reply(MARY, "ACCEPTED"), text(meeting())),
        (ics(more=SECOND, sequence=1, **MOVED), invited(more=RULE)),
    ]
    for message, stored in messages:
        done = arrives(message, stored).source
        assert done is not None
        assert arrives(message, done).source is None


def test_exceptions_with_a_guest_are_answered_by_the_guest() -> None:
    """Who is invited to one occurrence only."""
    series = weekly()
    guest = moved(series, START + WEEK, 0, attendees=people(MARY, EVE))
    stored = text(replace(series, exceptions=(guest,)))
    found = after(reply(EVE, "TENTATIVE", more=SECOND), stored, EVE)
    assert status(found.exceptions[0].details, EVE) == 2
    gone = text(replace(series, exceptions=(Occurrence(original=START + WEEK),)))
    assert arrives(reply(MARY, "TENTATIVE", more=SECOND), gone).source is None
