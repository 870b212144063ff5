"""Events as devices add and change them: properties, times, zones, organiser, ghosts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.calendar import added, application_data, changed
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Attendee, Event, Place
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.timezones import UTC_BLOB, ZoneRule, blob_at, zone_named
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar, Email
from tests.unit.eas.eas_events import (
    ALL_DAY,
    BERLIN,
    DAY,
    ME,
    NOW,
    OTHER,
    PLAIN_EVENT,
    SERIES,
    START,
    VIEWER,
    WEEKLY,
    at,
    author,
    el,
    exception,
    exceptions,
    item_of,
    sent,
    when,
)

VERSIONS = list(Version)
EARLY = [one for one in Version if one < Version.V16_0]
LATE = [Version.V16_0, Version.V16_1]
NOTHING_SAID = Ghosts()
ALL_KEPT = Ghosts(all_kept=True)


def add(*children: Element, version: Version = Version.V14_1) -> Event:
    return added(sent(*when(), *children), author(version))


def alter(
    before: Event,
    *children: Element,
    version: Version = Version.V14_1,
    ghosts: Ghosts | None = None,
) -> Event:
    known = ghosts or (ALL_KEPT if version >= Version.V16_0 else NOTHING_SAID)
    return changed(before, sent(*children), author(version), known)


def attendee(address: str, name: str = "", *children: Element) -> Element:
    return el(Calendar.Attendee, [el(Calendar.Email, address), el(Calendar.Name, name), *children])


@pytest.mark.parametrize("version", VERSIONS)
def test_new_event(version: Version) -> None:
    """All that a device says is taken, its reply fields are not.

    MS-ASCAL R42911, R23311, R43911, R39011, R39511, R42111, R13111, R17711, R185, R21911, R85, R86,
    R92, R404, R349, R356.
    """
    event = add(
        el(Calendar.Timezone, BERLIN),
        el(Calendar.AllDayEvent, "0"),
        el(Calendar.Subject, "Lunch"),
        el(Calendar.Reminder, "30"),
        el(Calendar.Sensitivity, "3"),
        el(Calendar.BusyStatus, "1"),
        el(Calendar.Categories, [el(Calendar.Category, "A"), el(Calendar.Category, "B")]),
        el(Calendar.ResponseType, "3"),
        el(Calendar.AppointmentReplyTime, NOW),
        el(Calendar.OnlineMeetingConfLink, "conf:x"),
        el(Calendar.OnlineMeetingExternalLink, "https://x"),
        version=version,
    )
    details = event.details
    assert (details.start, details.end, details.all_day) == (START, START + 3600, False)
    assert (details.subject, details.reminder_min) == ("Lunch", 30)
    assert (details.sensitivity, details.busy_status) == (3, 1)
    assert details.categories == ("A", "B")
    assert (event.response, event.replied_at, details.online_link) == (-1, None, "")
    assert (event.tzid, event.zone_blob) == ("Europe/Berlin", BERLIN)
    assert (event.organizer_address, details.attendees) == ("", ())


@pytest.mark.parametrize("version", VERSIONS)
def test_identity_of_a_new_event(version: Version) -> None:
    """The device's UID and stamp up to 14.1, ours from 16.0 on, where ClientUid is kept.

    MS-ASCAL R2221, R2088, R2059, R2063, R2064, R2065, R2066, R2066001.
    """
    event = add(
        el(Calendar.UID, "abc-1\0"),
        el(Calendar.DtStamp, START),
        el(Calendar.ClientUid, "mine"),
        version=version,
    )
    late = version >= Version.V16_0
    assert event.uid == ("made-by-us" if late else "abc-1")
    assert event.details.dtstamp == (NOW if late else START)
    assert event.client_uid == ("mine" if late else "")
    assert add(version=version).uid == "made-by-us"


@pytest.mark.parametrize("version", VERSIONS)
def test_organizer_of_a_new_meeting(version: Version) -> None:
    """The account invites; a device may add what it received up to 14.1 (client-quirks 5.6, 5.7).

    MS-ASCAL R2169, R2169001, R2175, R2175001, R2168, R2174, R36211, R36711.
    """
    people = el(Calendar.Attendees, [attendee("a@example.com", "A")])
    event = add(people, version=version)
    assert (event.organizer_address, event.organizer_name) == (ME, "Me")
    foreign = add(
        people,
        el(Calendar.OrganizerEmail, OTHER),
        el(Calendar.OrganizerName, "Boss"),
        version=version,
    )
    expected = (ME, "Me") if version >= Version.V16_0 else (OTHER, "Boss")
    assert (foreign.organizer_address, foreign.organizer_name) == expected
    alone = add(el(Calendar.OrganizerEmail, ME.upper()), version=version)
    assert alone.organizer_address == ""


@pytest.mark.parametrize("version", VERSIONS)
def test_flags_of_a_meeting(version: Version) -> None:
    """MS-ASCAL R214, R216, R398: no by default; below 14.0 nobody can say it."""
    said = add(
        el(Calendar.ResponseRequested, "1"),
        el(Calendar.DisallowNewTimeProposal, "1"),
        version=version,
    )
    known = version >= Version.V14_0
    assert (said.response_requested, said.disallow_new_time_proposal) == (known, known)
    assert not add(version=version).disallow_new_time_proposal
    kept = alter(SERIES, *when(), version=version)
    assert kept.disallow_new_time_proposal is (not known or version >= Version.V16_0)


HALF = at(2026, 2, 1, 18, 30)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, (HALF, HALF + 1800)),
        (None, NOW - 60, None),
        (None, HALF + 600, (HALF, HALF + 600)),
        (None, HALF - 600, None),
        (NOW - DAY, None, (NOW - DAY, HALF + 1800)),
        (NOW + DAY, None, None),
    ],
)
def test_missing_times_of_a_new_event(
    start: float | None, end: float | None, expected: tuple[float, float] | None
) -> None:
    """MS-ASCAL R52511, R52512, R52514, R52515, R52516, R5251611, R52517, R52518."""
    data = sent(
        None if start is None else el(Calendar.StartTime, start),
        None if end is None else el(Calendar.EndTime, end),
    )
    for version in VERSIONS:
        if expected is None:
            with pytest.raises(ItemFault) as caught:
                added(data, author(version))
            assert caught.value.status == 6
        else:
            details = added(data, author(version)).details
            assert (details.start, details.end) == expected


BAD: list[Element] = [
    el(Calendar.AllDayEvent, "2"),
    el(Calendar.Timezone, "not base64"),
    el(Calendar.Timezone, "AAAA"),
    el(Calendar.BusyStatus, "5"),
    el(Calendar.BusyStatus, "x"),
    el(Calendar.Sensitivity, "4"),
    el(Calendar.Reminder, "-1"),
    el(Calendar.Reminder, "4294967296"),
    el(Calendar.MeetingStatus, "256"),
    el(Calendar.Subject, "x" * 8193),
    el(Calendar.Categories, [el(Calendar.Category, str(n)) for n in range(301)]),
    el(Calendar.Categories, [el(Calendar.Category, "x" * 256)]),
    el(Calendar.Categories, [el(Calendar.Subject, "x")]),
    el(Calendar.Attendees, [attendee("a@b", "A", el(Calendar.AttendeeType, "4"))]),
    el(Calendar.Attendees, [attendee("a" * 1025)]),
    el(Calendar.Attendees, [attendee("a@b", "a" * 1025)]),
    el(Calendar.Attendees, [el(Calendar.Subject, "x")]),
    el(Calendar.Attendees, [attendee(f"a{n}@b") for n in range(5001)]),
    el(AirSyncBase.Body, [el(AirSyncBase.Type, "4"), el(AirSyncBase.Data, "x")]),
    el(Calendar.Location, "x" * 4097),
    el(Email.Subject, "x"),
    el(Calendar.Recurrence, [el(Calendar.Interval, "1")]),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_values_that_cannot_be(number: int) -> None:
    """Status 6 for the item, nothing taken.

    MS-ASCAL R117, R123, R137, R186, R308, R374, R427, R428, R447, R448, R564, R565; MS-ASDTYPE R5.
    """
    with pytest.raises(ItemFault) as caught:
        add(BAD[number])
    assert caught.value.status == 6


@pytest.mark.parametrize(
    "children",
    [
        [*when(START, START - 1)],
        [el(Calendar.StartTime, "tomorrow"), el(Calendar.EndTime, START)],
        [el(Calendar.StartTime, "99990101T000000Z"), el(Calendar.EndTime, "99990101T000000Z")],
        [*when(), el(Calendar.UID, "u" * 301)],
        [*when(), el(Calendar.DtStamp, "now")],
        [*when(), el(Calendar.BusyStatus, "4")],
        [*when(), el(Calendar.Attendees, [attendee("a@b", "", el(Calendar.AttendeeStatus, "1"))])],
    ],
)
def test_values_that_cannot_be_up_to_14_1(children: list[Element]) -> None:
    """MS-ASCAL R463, R118, R138, R240, R438, R224, R2235, R2043, R2044."""
    with pytest.raises(ItemFault):
        added(sent(*children), author())


def test_values_that_cannot_be_from_16_0_on() -> None:
    """MS-ASCAL R2060; MS-ASAIRS R1001, R1194, R1362."""
    bad = [
        el(Calendar.ClientUid, "u" * 301),
        el(AirSyncBase.Location, [el(AirSyncBase.Latitude, "north")]),
        el(AirSyncBase.Location, [el(AirSyncBase.Accuracy, "nan")]),
        el(AirSyncBase.Location, [el(AirSyncBase.DisplayName, "a")] * 2),
    ]
    for one in bad:
        with pytest.raises(ItemFault):
            add(one, version=Version.V16_0)


def test_busy_status_that_later_versions_send_back() -> None:
    """-1 leaves it, 4 is taken at 16.x; free may be how 4 was shown. MS-ASCAL R138, R13810."""
    event = replace(PLAIN_EVENT, details=replace(PLAIN_EVENT.details, busy_status=4))
    assert alter(event, el(Calendar.BusyStatus, "-1"), version=Version.V16_1) == event
    assert add(el(Calendar.BusyStatus, "4"), version=Version.V16_1).details.busy_status == 4
    assert alter(event, *when(), el(Calendar.BusyStatus, "0")).details.busy_status == 4
    assert alter(event, *when(), el(Calendar.BusyStatus, "1")).details.busy_status == 1
    assert (
        alter(event, el(Calendar.BusyStatus, "0"), version=Version.V16_1).details.busy_status == 0
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_zero_length_survives(version: Version) -> None:
    """client-quirks 8.5. MS-ASCAL R23311."""
    event = added(sent(*when(START, START)), author(version))
    assert event.details.end == START
    assert alter(event, *when(START, START), version=version).details.end == START


TOKYO = blob_at(zone_named("Asia/Tokyo"), datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("blob", "start", "end"),
    [
        (UTC_BLOB, at(2026, 3, 2), at(2026, 3, 4)),
        (BERLIN, at(2026, 3, 1, 23), at(2026, 3, 3, 23)),
        (BERLIN, at(2026, 3, 2), at(2026, 3, 4)),
        (TOKYO, at(2026, 3, 1, 15), at(2026, 3, 3, 15)),
        (BERLIN, at(2026, 3, 2, 5), at(2026, 3, 3, 22, 59)),
    ],
)
def test_all_day_event_is_its_dates(blob: str, start: float, end: float) -> None:
    """Midnight of the zone or of UTC, and any other time: the same days (client-quirks 8.2).

    MS-ASCAL R86.
    """
    for version in EARLY:
        event = added(
            sent(el(Calendar.Timezone, blob), el(Calendar.AllDayEvent, "1"), *when(start, end)),
            author(version),
        )
        assert (event.details.start, event.details.end) == (at(2026, 3, 2), at(2026, 3, 4))


@pytest.mark.parametrize("version", LATE)
def test_all_day_event_of_16_0(version: Version) -> None:
    """Dates without a zone; one day at least. MS-ASCAL R2005, R2008, R86."""
    event = added(
        sent(el(Calendar.AllDayEvent, "1"), *when(at(2026, 3, 2), at(2026, 3, 2))), author(version)
    )
    assert (event.details.start, event.details.end) == (at(2026, 3, 2), at(2026, 3, 3))


def test_all_day_turned_on_and_off() -> None:
    """A flag alone turns the stored times; absent beside times it is 0 up to 14.1."""
    day = alter(PLAIN_EVENT, el(Calendar.AllDayEvent, "1"), version=Version.V16_1)
    assert (day.details.start, day.details.end) == (at(2026, 3, 2), at(2026, 3, 3))
    zone = el(Calendar.Timezone, BERLIN)
    timed = alter(ALL_DAY, el(Calendar.AllDayEvent, "0"), zone, version=Version.V16_1)
    assert (timed.details.start, timed.tzid) == (at(2026, 3, 1, 23), "Europe/Berlin")
    assert not alter(ALL_DAY, *when()).details.all_day
    kept = alter(ALL_DAY, *when(at(2026, 3, 9), at(2026, 3, 10)), version=Version.V16_1)
    assert kept.details.all_day


def test_zone_keeps_its_name_while_the_rules_are_the_same() -> None:
    """Names in the blob are for people; another rule is another zone. MS-ASCAL R44511, R447."""
    unnamed = replace(ZoneRule.from_blob(BERLIN), standard_name="", daylight_name="").to_blob()
    vienna = replace(PLAIN_EVENT, tzid="Europe/Vienna")
    same = alter(vienna, *when(), el(Calendar.Timezone, unnamed))
    assert (same.tzid, same.zone_blob) == ("Europe/Vienna", BERLIN)
    other = alter(vienna, *when(), el(Calendar.Timezone, TOKYO))
    assert (other.tzid, other.zone_blob) == ("Asia/Tokyo", TOKYO)
    assert add(el(Calendar.Timezone, unnamed)).tzid == "Europe/Berlin"
    odd = ZoneRule(bias_min=-17).to_blob()
    nameless = add(el(Calendar.Timezone, odd))
    assert (nameless.tzid, nameless.zone_blob) == ("", odd)
    assert alter(vienna, *when(), version=Version.V14_1).tzid == "Europe/Vienna"
    assert add().zone_blob == UTC_BLOB


def test_end_without_start_of_a_change() -> None:
    """MS-ASCAL R53915."""
    for version in VERSIONS:
        with pytest.raises(ItemFault) as caught:
            alter(PLAIN_EVENT, el(Calendar.EndTime, START), version=version)
        assert caught.value.status == 6


def test_start_alone_moves_the_event() -> None:
    """The length stays; an earlier start keeps the end that was not sent."""
    later = alter(PLAIN_EVENT, el(Calendar.StartTime, START + DAY), version=Version.V16_1)
    assert later.details.end == START + DAY + 3600
    sooner = alter(PLAIN_EVENT, el(Calendar.StartTime, START - 600), version=Version.V16_1)
    assert sooner.details.end == START + 3600


GHOSTS: list[tuple[Version, Ghosts, bool]] = [
    (Version.V14_1, NOTHING_SAID, False),
    (Version.V14_1, Ghosts(supported=frozenset()), True),
    (Version.V14_1, Ghosts(supported=frozenset({Calendar.Subject})), True),
    (
        Version.V14_1,
        Ghosts(supported=frozenset({Calendar.ResponseRequested, Calendar.MeetingStatus})),
        False,
    ),
    (Version.V16_0, ALL_KEPT, True),
    (Version.V16_1, ALL_KEPT, True),
]


@pytest.mark.parametrize(("version", "ghosts", "kept"), GHOSTS)
def test_ghosted_properties_keep_their_value(version: Version, ghosts: Ghosts, kept: bool) -> None:
    """Absent and ghosted: kept, else deleted.

    MS-ASCAL R548, R319, R399, R217, R2231.
    MS-ASCMD R5906, R5907, R5908, R5909, R5911, R5912, R6236.
    """
    before = replace(SERIES, details=replace(SERIES.details, is_cancelled=True))
    after = alter(before, *when(), version=version, ghosts=ghosts)
    assert after.response_requested is kept
    assert after.details.is_cancelled is kept


@pytest.mark.parametrize(
    ("ghosts", "kept"),
    [
        (NOTHING_SAID, False),
        (Ghosts(supported=frozenset()), False),
        (Ghosts(supported=frozenset({Calendar.Subject, Calendar.Categories})), False),
        (Ghosts(supported=frozenset({Calendar.StartTime})), True),
        (ALL_KEPT, True),
    ],
)
def test_properties_that_cannot_be_ghosted(ghosts: Ghosts, kept: bool) -> None:
    """Deleted where absent, but for a device whose list shows that it does not know them.

    MS-ASCAL R2231; MS-ASCMD R5912.
    """
    version = Version.V16_1 if ghosts.all_kept else Version.V14_1
    after = alter(SERIES, *when(), version=version, ghosts=ghosts).details
    assert after.subject == (SERIES.details.subject if kept else "")
    assert after.categories == (SERIES.details.categories if kept else ())


def test_place_cannot_be_ghosted() -> None:
    """MS-ASCAL R301: absent up to 14.1 it is deleted, whatever the list says."""
    for ghosts in (NOTHING_SAID, Ghosts(supported=frozenset({Calendar.Subject}))):
        assert alter(SERIES, *when(), ghosts=ghosts).details.place == Place()
    assert alter(SERIES, *when(), version=Version.V16_1).details.place == SERIES.details.place


def test_what_absence_never_deletes() -> None:
    """Body, attendees, exceptions, what has no element; and a Change without a start is a part.

    MS-ASCAL R128, R541, R54111, R352, R360, R96, R419, R365, R370; MS-ASCMD R878, R876, R873.
    """
    for version in EARLY:
        after = alter(replace(SERIES, response=1), *when(), version=version)
        assert after.details.body == SERIES.details.body
        assert after.details.attendees == SERIES.details.attendees
        assert after.details.online_link == SERIES.details.online_link
        assert after.details.attachments == SERIES.details.attachments
        assert (after.organizer_address, after.organizer_name, after.response) == (ME, "Me", 1)
        part = alter(SERIES, el(Calendar.Subject, "New"), version=version)
        assert part.details == replace(SERIES.details, subject="New", dtstamp=part.details.dtstamp)
        assert part.recurrence == WEEKLY
    supported = Ghosts(supported=frozenset({Calendar.Exceptions, Calendar.Recurrence}))
    again = alter(SERIES, *when(), el(Calendar.Recurrence, rule()), ghosts=supported)
    assert [one.original for one in again.exceptions] == [one.original for one in SERIES.exceptions]


def rule(*more: Element) -> list[Element]:
    return [el(Calendar.Type, "1"), el(Calendar.Interval, "1"), el(Calendar.DayOfWeek, "2"), *more]


def test_empty_elements_clear() -> None:
    """MS-ASCAL R508, R2242, R3951111; client-quirks 8.6: empty Attendees is nobody."""
    event = alter(
        SERIES,
        el(Calendar.Subject),
        el(Calendar.Reminder),
        el(Calendar.Categories),
        el(Calendar.Attendees),
        el(Calendar.Location),
    )
    details = event.details
    assert (details.subject, details.reminder_min, details.categories) == ("", None, ())
    assert (details.attendees, details.place, event.organizer_address) == ((), Place(), "")


def test_attendees_that_a_device_no_longer_has() -> None:
    """Absent they stay, but where MeetingStatus says that there are none. MS-ASCAL R111, R310."""
    status = el(Calendar.MeetingStatus, "0")
    assert alter(SERIES, *when(), status).details.attendees == ()
    kept = Ghosts(supported=frozenset({Calendar.Subject}))
    assert alter(SERIES, *when(), status, ghosts=kept).details.attendees
    assert alter(SERIES, *when(), el(Calendar.MeetingStatus, "1")).details.attendees


def test_attendees_are_completed_from_the_stored_ones() -> None:
    """An address that was stripped, answers and proposals that a device does not know.

    MS-ASCAL R2028, R230, R52529; client-quirks 4.9.
    """
    sent_people = el(
        Calendar.Attendees,
        [
            attendee("", "Ann", el(Calendar.AttendeeStatus, "0")),
            attendee('"Bob" <BOB@example.com>', "", el(Calendar.AttendeeStatus, "4")),
            attendee("mailto:new@example.com", "New", el(Calendar.AttendeeType, "2")),
            attendee("new@example.com", "Twice"),
            attendee("", "Nobody known"),
            attendee("no address at all", "Odd"),
        ],
    )
    old = SERIES.details.attendees
    for version in (Version.V14_1, Version.V16_0):
        found = alter(SERIES, sent_people, version=version).details.attendees
        assert found[0] == old[0]
        status = 2 if version >= Version.V16_0 else 4
        assert found[1] == replace(old[1], address="BOB@example.com", status=status)
        assert found[2:] == (
            Attendee(address="new@example.com", name="New", kind=2),
            Attendee(address="no address at all", name="Odd"),
        )


def test_body_that_comes_back_leaves_the_stored_one() -> None:
    """Plain text made from HTML must not replace it. MS-ASCAL R12411."""
    stored = Text(plain="Hello\n", html="<p>Hello</p>")
    event = replace(PLAIN_EVENT, details=replace(PLAIN_EVENT.details, body=stored))

    def with_body(kind: str, data: str, version: Version = Version.V14_1) -> Text:
        body = el(AirSyncBase.Body, [el(AirSyncBase.Type, kind), el(AirSyncBase.Data, data)])
        return alter(event, body, version=version).details.body

    assert with_body("1", "Hello\r\n") == stored
    assert with_body("2", "<p>Hello</p>") == stored
    assert with_body("1", "Hello!") == Text(plain="Hello!")
    assert with_body("2", "<b>Hi</b>").html == "<b>Hi</b>"
    assert alter(event, el(AirSyncBase.Body)).details.body == Text()
    assert alter(event, el(Calendar.Body, "Bye"), version=Version.V2_5).details.body.plain == "Bye"


def test_place_that_comes_back_leaves_the_stored_one() -> None:
    """A line of text cannot say coordinates: it leaves them. MS-ASAIRS R1208, R1001013."""
    same = alter(SERIES, el(Calendar.Location, "Room 1")).details.place
    assert same == SERIES.details.place
    assert alter(SERIES, el(Calendar.Location, "Room 2")).details.place == Place(
        display_name="Room 2"
    )
    whole = el(
        AirSyncBase.Location,
        [el(AirSyncBase.DisplayName, "Zoo"), el(AirSyncBase.Altitude, "12.5"),
         el(AirSyncBase.LocationUri, "geo:1,2")],
    )  # fmt: skip
    found = alter(SERIES, whole, version=Version.V16_0).details.place
    assert found == Place(display_name="Zoo", altitude="12.5", uri="geo:1,2")
    assert alter(SERIES, el(AirSyncBase.Location), version=Version.V16_1).details.place == Place()


@pytest.mark.parametrize(
    ("status", "cancelled"),
    [("0", False), ("1", False), ("3", False), ("5", True), ("7", True), ("9", False),
     ("11", False), ("13", True), ("15", True)],
)  # fmt: skip
def test_meeting_status_of_the_organizer(status: str, cancelled: bool) -> None:
    """MS-ASCAL R309, R315, R316, R317, R318, R31814, R31815: the bit counts, others do not."""
    after = alter(SERIES, el(Calendar.MeetingStatus, status), version=Version.V16_0)
    assert after.details.is_cancelled is cancelled


def test_uid_and_stamp_of_a_stored_event() -> None:
    """A UID never changes; a change is stamped, an echo is not. MS-ASCAL R21911, R46011."""
    later = author(Version.V16_1, now=NOW + 99)
    subject = changed(SERIES, sent(el(Calendar.Subject, "x")), later, ALL_KEPT)
    assert subject.details.dtstamp == NOW + 99
    same = sent(
        el(Calendar.Subject, "Stand-up"), el(Calendar.UID, "x"), el(Calendar.DtStamp, START)
    )
    assert changed(SERIES, same, later, ALL_KEPT) == SERIES
    assert alter(SERIES, el(Calendar.UID, "x"), el(Calendar.DtStamp, START)).uid == SERIES.uid
    assert alter(SERIES, el(Calendar.DtStamp, START)).details.dtstamp == START


@pytest.mark.parametrize("version", VERSIONS)
def test_exceptions_of_a_new_series(version: Version) -> None:
    """Taken in every version, for devices send them so (client-quirks 8.4). MS-ASCAL R26111."""
    identity = AirSyncBase.InstanceId if version in LATE else Calendar.ExceptionStartTime
    event = add(
        el(Calendar.Subject, "S"),
        el(Calendar.Recurrence, rule()),
        exceptions(
            el(Calendar.Exception, [el(identity, START + 7 * DAY), el(Calendar.Deleted, "1")]),
            el(Calendar.Exception, [el(identity, START + 14 * DAY), el(Calendar.Subject, "T")]),
        ),
        version=version,
    )
    gone, other = event.exceptions
    assert (gone.original, gone.details) == (START + 7 * DAY, None)
    assert other.details is not None
    assert (other.details.subject, other.details.start) == ("T", START + 14 * DAY)


def test_too_many_exceptions() -> None:
    """MS-ASCAL R243."""
    many = [exception(START + n * 7 * DAY, el(Calendar.Deleted, "1")) for n in range(257)]
    with pytest.raises(ItemFault):
        add(el(Calendar.Recurrence, rule()), exceptions(*many))
    assert len(add(el(Calendar.Recurrence, rule()), exceptions(*many[1:])).exceptions) == 256


def test_no_organizer_is_put_over_an_attendee() -> None:
    """A stored meeting without an organiser to which the account is invited stays without."""
    people = (Attendee(address=ME), Attendee(address=OTHER))
    event = replace(PLAIN_EVENT, details=replace(PLAIN_EVENT.details, attendees=people))
    assert alter(event, el(Calendar.Subject, "x")).organizer_address == ""
    invited = el(Calendar.Attendees, [attendee("a@b.c")])
    assert alter(PLAIN_EVENT, invited).organizer_address == ME


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("event", [PLAIN_EVENT, ALL_DAY, SERIES])
def test_echo_of_an_item_changes_nothing(version: Version, event: Event) -> None:
    """A device that sends back what it was sent leaves every field as it was. MS-ASCAL R542."""
    data = sent(*application_data(item_of(event), BodyOptions(), version, VIEWER))
    ghosts = ALL_KEPT if version in LATE else NOTHING_SAID
    assert changed(event, data, author(version), ghosts) == _said(event, version)


def _said(event: Event, version: Version) -> Event:
    """Give what 14.0 and older cannot say of the exception that lost its reminder."""
    if version >= Version.V14_1 or not event.exceptions:
        return event
    lost = event.exceptions[1]
    assert lost.details is not None
    details = replace(lost.details, reminder_min=15)
    kept = (event.exceptions[0], replace(lost, details=details), event.exceptions[2])
    return replace(event, exceptions=kept)


def test_tags_of_the_ghostable_properties() -> None:
    """MS-ASCAL R111, R217, R319, R365, R370, R399."""
    from carbonio_mobile.eas.items.calendarin import GHOSTABLE

    assert {tag.name for tag in GHOSTABLE} == {
        "Attendees", "DisallowNewTimeProposal", "MeetingStatus", "OrganizerEmail", "OrganizerName",
        "ResponseRequested",
    }  # fmt: skip
    assert all(isinstance(tag, Tag) for tag in GHOSTABLE)
