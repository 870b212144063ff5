"""Random events through the wire: nothing is lost but what a version cannot say."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.items.calendar import added, application_data, changed
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Attendee, Details, Event, Occurrence, Place
from carbonio_mobile.pim.text import Text
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Calendar
from tests.unit.eas.eas_events import (
    BERLIN,
    DAY,
    ME,
    NOW,
    SERIES,
    START,
    VIEWER,
    WEEKLY,
    author,
    item_of,
    sent,
)
from tests.unit.eas.eas_mails import on_the_wire

WORDS = st.text("abc äöü€🙂<&", max_size=12).map(lambda text: " ".join(text.split()))
LIMITS = settings(max_examples=60, deadline=None)
OPTIONS = BodyOptions(
    preferences=(BodyPreference(type=BodyType.PLAIN), BodyPreference(type=BodyType.HTML))
)


@st.composite
def details(draw: st.DrawFn, start: float = START) -> Details:
    begins = start + 60 * draw(st.integers(0, 600))
    addresses = draw(st.lists(st.sampled_from("abcdef"), unique=True, max_size=4))
    return Details(
        start=begins,
        end=begins + 60 * draw(st.integers(0, 600)),
        subject=draw(WORDS),
        place=Place(display_name=draw(WORDS)),
        body=Text(plain=draw(WORDS)),
        categories=tuple(draw(st.lists(WORDS.filter(bool), unique=True, max_size=3))),
        busy_status=draw(st.integers(0, 3)),
        sensitivity=draw(st.integers(0, 3)),
        reminder_min=draw(st.none() | st.integers(0, 10_000)),
        is_cancelled=draw(st.booleans()),
        attendees=tuple(
            Attendee(
                address=f"{one}@example.com",
                name=one.upper() if one < "d" else "",
                status=draw(st.sampled_from([2, 3, 4, 5])),  # 0 leaves an answer that is known
                kind=draw(st.integers(1, 3)),
            )
            for one in addresses
        ),
        dtstamp=NOW,
    )


@st.composite
def events(draw: st.DrawFn) -> Event:
    own = draw(details())
    weekday = 1 << int(((own.start + 3600) // DAY + 4) % 7)
    weeks = draw(st.lists(st.integers(1, 3), unique=True, max_size=3).map(sorted))
    exceptions = [
        Occurrence(
            original=own.start + 7 * DAY * week,
            details=draw(st.none() | details(own.start + 7 * DAY * week)),
        )
        for week in weeks
    ]
    meets = own.attendees or any(one.details and one.details.attendees for one in exceptions)
    return Event(
        uid="random-1",
        details=own,
        tzid="Europe/Berlin",
        zone_blob=BERLIN,
        organizer_address=ME if meets else "",
        organizer_name="Me" if meets else "",
        response_requested=draw(st.booleans()),
        disallow_new_time_proposal=draw(st.booleans()),
        recurrence=replace(WEEKLY, day_of_week=weekday),
        exceptions=tuple(exceptions),
    )


@LIMITS
@given(events())
def test_event_of_14_1_is_what_it_was(event: Event) -> None:
    """The version that says all in one item, both ways. MS-ASCAL R539, R508, R542.

    But for a body that an exception lost: nothing on the wire says it to the server.
    """
    data = on_the_wire(application_data(item_of(event), OPTIONS, Version.V14_1, VIEWER), "14.1")
    assert added(sent(*data), author()) == _with_bodies(event)


def _with_bodies(event: Event) -> Event:
    kept = [
        replace(one, details=replace(one.details, body=event.details.body))
        if one.details is not None and not one.details.body
        else one
        for one in event.exceptions
    ]
    return replace(event, exceptions=tuple(kept))


@LIMITS
@given(events(), st.sampled_from(list(Version)))
def test_echo_changes_nothing_in_any_version(event: Event, version: Version) -> None:
    """A stored event survives a device that sends it back whole, whatever its version cannot say.

    MS-ASCAL R541, R542, R548.
    """
    data = application_data(item_of(event), OPTIONS, version, VIEWER)
    ghosts = Ghosts(all_kept=version >= Version.V16_0)
    after = changed(event, sent(*data), author(version), ghosts)
    assert after == (event if version >= Version.V14_1 else _with_reminders(event, after))


def _with_reminders(event: Event, after: Event) -> Event:
    """Give the event with the reminders that an exception cannot lose below 14.1 (R2185)."""
    kept = []
    for one, other in zip(event.exceptions, after.exceptions, strict=True):
        if one.details is None or other.details is None:
            kept.append(one)
        elif one.details.reminder_min is None:
            reminder = event.details.reminder_min
            kept.append(replace(one, details=replace(one.details, reminder_min=reminder)))
        else:
            kept.append(one)
    return replace(event, exceptions=tuple(kept))


_FIELD_OF = {
    Calendar.Subject: "subject",
    Calendar.BusyStatus: "busy_status",
    Calendar.Sensitivity: "sensitivity",
    Calendar.Reminder: "reminder_min",
}


@LIMITS
@given(
    events(),
    st.dictionaries(st.sampled_from(list(_FIELD_OF)), st.integers(0, 3), min_size=1),
    st.sampled_from([Version.V12_1, Version.V14_1, Version.V16_0, Version.V16_1]),
)
def test_part_of_an_event_changes_that_part(
    event: Event, said: dict[object, int], version: Version
) -> None:
    """What a device does not send stays as it was. MS-ASCAL R548, R2231, R541."""
    data = Element(
        AirSync.ApplicationData,
        [Element(tag, str(value)) for tag, value in said.items()],  # type: ignore[arg-type]
    )
    after = changed(event, data, author(version), Ghosts(all_kept=version >= Version.V16_0))
    fields = {_FIELD_OF[tag]: value for tag, value in said.items()}  # type: ignore[index]
    if "subject" in fields:
        fields["subject"] = str(fields["subject"])  # type: ignore[assignment]
    expected = replace(event.details, dtstamp=after.details.dtstamp, **fields)  # type: ignore[arg-type]
    assert after.details == expected
    assert replace(after, details=event.details, exceptions=event.exceptions) == event
    assert [one.original for one in after.exceptions] == [one.original for one in event.exceptions]


@LIMITS
@given(st.binary(max_size=200), st.sampled_from(list(Version)))
def test_any_text_is_taken_or_refused(octets: bytes, version: Version) -> None:
    """No text in any element gives anything but an event or a fault of the item."""
    from carbonio_mobile.eas.items.faults import ItemFault

    text = octets.decode("utf-8", "replace")
    tags = [tag for tag in vars(Calendar).values() if type(tag) is type(Calendar.UID)]
    for tag in tags:
        data = Element(AirSync.ApplicationData, [Element(tag, text)])
        nested = Element(AirSync.ApplicationData, [Element(tag, [Element(tag, text)])])
        for one in (data, nested):
            try:
                changed(SERIES, one, author(version), Ghosts())
                added(one, author(version))
            except ItemFault:
                continue
