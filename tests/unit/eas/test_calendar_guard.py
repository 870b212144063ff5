"""What an attendee's device may change of a meeting, and of what ActiveSync cannot say."""

from dataclasses import replace

import pytest

from carbonio_mobile.eas.items.calendar import (
    added,
    change,
    instance_changed,
    instance_deleted,
    is_own_meeting,
)
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Details, Event
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar
from tests.unit.eas.eas_events import (
    DAY,
    ME,
    OTHER,
    PLAIN_EVENT,
    RECEIVED,
    SERIES,
    START,
    author,
    el,
    exception,
    exceptions,
    sent,
    when,
)

FOURTH = START + 21 * DAY
PEOPLE = el(
    Calendar.Attendees,
    [el(Calendar.Attendee, [el(Calendar.Email, "x@example.com"), el(Calendar.Name, "X")])],
)
PART = Ghosts(all_kept=True)


def details_at(event: Event, original: float) -> Details | None:
    return {one.original: one.details for one in event.exceptions}[original]


@pytest.mark.parametrize(
    "children",
    [
        when(START + 60),
        [el(Calendar.Subject, "Mine")],
        [PEOPLE],
        [el(Calendar.Recurrence, [el(Calendar.Type, "0")])],
        [el(Calendar.MeetingStatus, "5")],
        [el(AirSyncBase.Body, [el(AirSyncBase.Type, "1"), el(AirSyncBase.Data, "Mine")])],
        [exceptions(exception(FOURTH, el(Calendar.Subject, "Mine")))],
        [el(Calendar.AllDayEvent, "1")],
    ],
)
@pytest.mark.parametrize("version", [Version.V14_1, Version.V16_1])
def test_attendee_changes_nothing_of_the_organizer(
    children: list[Element], version: Version
) -> None:
    """Held back, and told of (client-quirks 8.11); MS-ASCAL R312."""
    found = change(RECEIVED, sent(*children), author(version), PART)
    assert found.held_back
    assert found.event.details == RECEIVED.details
    assert [one.original for one in found.event.exceptions] == [
        one.original for one in RECEIVED.exceptions
    ]
    assert (found.event.organizer_address, found.event.recurrence) == (OTHER, RECEIVED.recurrence)


def test_attendee_never_becomes_organizer() -> None:
    """Whatever it says; an answer in its list is no invitation (client-quirks 8.7).

    MS-ASCAL R2169.
    """
    own = el(Calendar.OrganizerEmail, ME)
    found = change(RECEIVED, sent(own, el(Calendar.OrganizerName, "Me")), author(), PART)
    assert (found.event, found.held_back) == (RECEIVED, False)
    answered = el(
        Calendar.Attendees,
        [
            el(
                Calendar.Attendee,
                [
                    el(Calendar.Email, one.address),
                    el(Calendar.Name, one.name),
                    el(Calendar.AttendeeStatus, "4"),
                    el(Calendar.AttendeeType, str(one.kind)),
                ],
            )
            for one in RECEIVED.details.attendees
        ],
    )
    assert change(RECEIVED, sent(answered), author(), PART).event == RECEIVED


@pytest.mark.parametrize("version", Version)
def test_attendee_changes_the_own_copy(version: Version) -> None:
    """Reminder, categories, busy status, sensitivity; exceptions that inherit them follow."""
    found = change(
        RECEIVED,
        sent(
            el(Calendar.Reminder, "5"),
            el(Calendar.BusyStatus, "1"),
            el(Calendar.Sensitivity, "0"),
            el(Calendar.Categories, [el(Calendar.Category, "Mine")]),
        ),
        author(version),
        PART,
    )
    assert not found.held_back
    details = found.event.details
    assert (details.reminder_min, details.busy_status, details.sensitivity) == (5, 1, 0)
    assert details.categories == ("Mine",)
    assert details.dtstamp == RECEIVED.details.dtstamp
    own = details_at(found.event, START + 7 * DAY)
    assert own is not None
    assert (own.reminder_min, own.attendees) == (5, RECEIVED.exceptions[0].details.attendees)  # type: ignore[union-attr]


def test_attendee_and_single_occurrences() -> None:
    """A private field makes an exception, a removal is taken, and one taken out stays out."""
    late = author(Version.V16_1)
    own = instance_changed(
        RECEIVED, FOURTH, sent(el(Calendar.Reminder, "1"), el(Calendar.Subject, "x")), late
    )
    assert own.held_back
    details = details_at(own.event, FOURTH)
    assert details is not None
    assert (details.reminder_min, details.subject) == (1, "Stand-up")
    assert details_at(instance_deleted(RECEIVED, FOURTH), FOURTH) is None
    gone = change(
        RECEIVED, sent(exceptions(exception(FOURTH, el(Calendar.Deleted, "1")))), author(), PART
    )
    assert (details_at(gone.event, FOURTH), gone.held_back) == (None, False)
    back = exceptions(exception(FOURTH, el(Calendar.Reminder, "1")))
    again = change(gone.event, sent(back), author(), PART)
    assert (again.event, again.held_back) == (gone.event, True)
    nothing = exceptions(exception(FOURTH + 6 * DAY + 23 * 3600))
    assert change(RECEIVED, sent(nothing), author(), PART).event == RECEIVED


def test_read_only_series_keeps_its_times() -> None:
    """Its recurrence is beyond ActiveSync; everything else may change."""
    event = replace(SERIES, is_read_only=True)
    moved = change(event, sent(*when(START + 60), el(Calendar.Subject, "x")), author(), PART)
    assert moved.held_back
    assert (moved.event.details.start, moved.event.details.subject) == (START, "x")
    assert moved.event.recurrence == event.recurrence
    assert [one.original for one in moved.event.exceptions] == [
        one.original for one in event.exceptions
    ]
    last = details_at(moved.event, FOURTH)
    assert last is not None
    assert (last.start, last.subject) == (FOURTH, "x")
    assert not change(event, sent(el(Calendar.Subject, "x")), author(), PART).held_back


def test_whose_meeting_it_is() -> None:
    """MS-ASCAL R311, R312."""
    mine = frozenset((ME,))
    assert is_own_meeting(SERIES, mine)
    assert is_own_meeting(replace(SERIES, organizer_address=ME.upper()), mine)
    assert is_own_meeting(PLAIN_EVENT, mine)
    assert not is_own_meeting(RECEIVED, mine)


def test_organizer_changes_everything() -> None:
    """MS-ASCAL R311."""
    found = change(SERIES, sent(*when(START + 60), PEOPLE), author(Version.V16_1), PART)
    assert not found.held_back
    assert [one.address for one in found.event.details.attendees] == ["x@example.com"]


def test_device_adds_what_it_received() -> None:
    """client-quirks 5.7: the organiser stays who invited, and is asked from then on."""
    event = added(sent(*when(), PEOPLE, el(Calendar.OrganizerEmail, OTHER)), author())
    assert not is_own_meeting(event, frozenset((ME,)))
    assert change(event, sent(el(Calendar.Subject, "x")), author(), PART).held_back
