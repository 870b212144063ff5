"""What an organiser's change makes due."""

from dataclasses import replace
from typing import Any

import pytest

from carbonio_mobile.pim.event import Event, Occurrence
from carbonio_mobile.pim.itipsend import Due, grouped, messages_due, public, resequenced
from carbonio_mobile.pim.text import Text
from tests.unit.pim.meetings import (
    BOB,
    DAY,
    EVE,
    JOHN,
    MARY,
    NOW,
    OWN,
    START,
    meeting,
    moved,
    people,
    weekly,
)

WEEK = 7 * DAY


def told(before: Event | None, after: Event | None) -> list[tuple[str, str, int, float | None]]:
    """Give method, attendee, sequence and occurrence of each message that is due."""
    if after is not None:
        after = resequenced(before, after, OWN)
    dues = messages_due(before, after, OWN, NOW)
    assert messages_due(before, after, OWN, NOW + 60) == dues
    assert len({one.key for one in dues}) == len(dues)
    return [(d.method, d.attendee.address, d.event.sequence, d.instance) for d in dues]


def test_a_new_meeting_invites_all_but_the_organiser() -> None:
    """MS-ASCMD_R7478: the server sends the requests."""
    guests = people(MARY, JOHN, BOB, MARY.upper(), "no address", "a b@example.com")
    assert told(None, meeting(attendees=guests)) == [
        ("REQUEST", MARY, 0, None),
        ("REQUEST", BOB, 0, None),
    ]


@pytest.mark.parametrize(
    "event",
    [
        meeting(attendees=()),
        meeting(organizer=MARY),
        meeting(attendees=people(JOHN)),
        meeting(is_cancelled=True),
    ],
    ids=["an appointment", "of another organiser", "of oneself", "cancelled"],
)
def test_nobody_is_told_of_what_is_no_own_meeting(event: Event) -> None:
    """client-quirks 8.7: an attendee's change is never a new invitation."""
    assert told(None, event) == []
    assert told(replace(event, sequence=3), replace(event, sequence=3)) == []


PRIVATE: list[dict[str, Any]] = [
    {"reminder_min": 15},
    {"categories": ("red",)},
    {"busy_status": 0},
    {"sensitivity": 2},
    {"response": 1},
    {"client_uid": "c"},
    {"dtstamp": NOW},
    {"attendees": people(MARY, BOB, status=3)},
]


@pytest.mark.parametrize("change", PRIVATE, ids=lambda one: next(iter(one)))
def test_private_changes_and_answers_are_nobodys_business(change: dict[str, Any]) -> None:
    """Neither a message nor a new sequence number."""
    assert told(meeting(), meeting(**change)) == []
    assert resequenced(meeting(), meeting(**change), OWN).sequence == 0


TOLD: list[dict[str, Any]] = [
    {"start": START + 1800},
    {"end": START + 7200},
    {"subject": "Other plans"},
    {"body": Text(plain="bring cake")},
    {"tzid": "Europe/London"},
    {"recurrence": weekly().recurrence},
    {"online_link": "https://example.com/j"},
]


@pytest.mark.parametrize("change", TOLD, ids=lambda one: next(iter(one)))
def test_a_change_goes_to_all_under_the_next_sequence(change: dict[str, Any]) -> None:
    """RFC 5546 2.1.4."""
    assert told(meeting(sequence=4), meeting(sequence=4, **change)) == [
        ("REQUEST", MARY, 5, None),
        ("REQUEST", BOB, 5, None),
    ]


def test_a_change_of_time_asks_again_and_a_change_of_words_does_not() -> None:
    """RFC 5546 3.2.2.1: who had answered is asked anew where the time is another."""
    before = meeting(attendees=people(MARY, status=3))
    later = resequenced(
        before, replace(before, details=replace(before.details, end=START + 9)), OWN
    )
    other = replace(before, details=replace(before.details, subject="Other"))
    assert later.details.attendees[0].status == 5
    assert resequenced(before, other, OWN).details.attendees[0].status == 3


def test_who_comes_is_invited_and_who_goes_is_told() -> None:
    """RFC 5546 3.2.2.6, 3.2.5: the others hear nothing."""
    before = meeting(attendees=people(MARY, BOB))
    assert told(before, meeting(attendees=people(MARY, BOB, EVE))) == [("REQUEST", EVE, 0, None)]
    assert told(before, meeting(attendees=people(MARY))) == [("CANCEL", BOB, 1, None)]
    assert told(before, meeting(attendees=people(MARY, EVE))) == [
        ("REQUEST", EVE, 1, None),
        ("CANCEL", BOB, 1, None),
    ]


def test_who_goes_and_comes_again_is_told_each_time() -> None:
    """No key is used twice."""
    versions = [meeting(), meeting(attendees=people(MARY)), meeting(), meeting(attendees=())]
    before, keys = None, []
    for after in versions:
        stored = resequenced(before, after, OWN)
        keys += [one.key for one in messages_due(before, stored, OWN, NOW)]
        before = stored
    assert len(keys) == len(set(keys)) == 6


def test_deletion_and_cancellation_are_told_unless_all_is_over() -> None:
    """A phone that tidies up its past annoys nobody."""
    off = [("CANCEL", MARY, 3, None), ("CANCEL", BOB, 3, None)]
    before = meeting(sequence=2)
    assert told(before, None) == off
    assert told(before, meeting(sequence=2, is_cancelled=True)) == off
    assert told(meeting(is_cancelled=True), None) == []
    past = meeting(start=NOW - DAY, end=NOW - DAY + 60)
    assert told(past, None) == []
    assert told(weekly(start=NOW - DAY, end=NOW - DAY + 60), None) != []


def test_an_occurrence_changes_alone() -> None:
    """classes.md 7.2: 16.x changes one occurrence; only it is told."""
    before = weekly()
    at = START + WEEK
    changed = replace(before, exceptions=(moved(before, at),))
    assert told(before, changed) == [("REQUEST", MARY, 1, at), ("REQUEST", BOB, 1, at)]
    gone = replace(before, exceptions=(Occurrence(original=at),))
    assert told(before, gone) == [("CANCEL", MARY, 1, at), ("CANCEL", BOB, 1, at)]
    assert told(gone, before) == [("REQUEST", MARY, 1, at), ("REQUEST", BOB, 1, at)]
    off = replace(before, exceptions=(moved(before, at, 0, is_cancelled=True),))
    assert told(before, off) == [("CANCEL", MARY, 1, at), ("CANCEL", BOB, 1, at)]
    answered = replace(
        before, exceptions=(moved(before, at, 0, attendees=people(MARY, BOB, status=3)),)
    )
    assert told(before, answered) == []


def test_a_guest_of_one_occurrence() -> None:
    """Who is invited to one occurrence hears of that one, as long as they are."""
    before = weekly()
    at = START + WEEK
    guest = replace(before, exceptions=(moved(before, at, 0, attendees=people(MARY, BOB, EVE)),))
    assert told(before, guest) == [("REQUEST", EVE, 0, at)]
    assert told(guest, before) == [("CANCEL", EVE, 1, at)]
    assert told(None, guest)[-1] == ("REQUEST", EVE, 0, at)
    assert told(guest, None)[-1] == ("CANCEL", EVE, 1, at)
    without = replace(before, exceptions=(moved(before, at, 0, attendees=people(MARY)),))
    assert told(before, without) == [("CANCEL", BOB, 1, at)]


def test_a_new_series_tells_its_exceptions_with_it() -> None:
    """One message a person, whatever else is in it."""
    series = weekly()
    changed = replace(series, exceptions=(moved(series, START + WEEK), Occurrence(original=START)))
    assert told(None, changed) == [("REQUEST", MARY, 0, None), ("REQUEST", BOB, 0, None)]
    other = replace(changed, details=replace(changed.details, subject="Other"), exceptions=())
    assert told(changed, other) == [("REQUEST", MARY, 1, None), ("REQUEST", BOB, 1, None)]


def test_what_is_told_in_the_same_words_goes_together() -> None:
    """Groups are by method, sequence and occurrence, in order."""
    dues = messages_due(None, meeting(), OWN, NOW)
    assert grouped(dues) == [list(dues)]
    assert isinstance(dues[0], Due)


def test_what_is_private_is_not_told() -> None:
    """The answers' times, categories and the device's own ids stay at home."""
    event = public(meeting(categories=("red",), client_uid="c", response=1, replied_at=NOW))
    assert (event.details.categories, event.client_uid, event.replied_at) == ((), "", None)
    assert event.response == -1
