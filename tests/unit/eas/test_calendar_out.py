"""Events as they go out, in every version."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.clients import Traits
from carbonio_mobile.eas.items.calendar import application_data
from carbonio_mobile.eas.items.context import Viewer
from carbonio_mobile.eas.times import format_compact
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Attendee, Event, Occurrence, Place
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.timezones import UTC_BLOB
from carbonio_mobile.testing.schemas import check_versions
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar, MeetingResponse
from tests.unit.eas.eas_events import (
    ALL_DAY,
    BERLIN,
    CHANGED,
    DAY,
    EVENTS,
    ME,
    ORPHAN,
    OTHER,
    PLAIN_EVENT,
    RECEIVED,
    RULES,
    SERIES,
    START,
    VIEWER,
    WEEKLY,
    at,
    item_of,
    sent,
    walk,
)
from tests.unit.eas.eas_mails import on_the_wire, response

VERSIONS = list(Version)
LATE = [Version.V16_0, Version.V16_1]
PLAIN = BodyOptions()
HTML = BodyOptions(preferences=(BodyPreference(type=BodyType.HTML),))
CUT = BodyOptions(preferences=(BodyPreference(type=BodyType.PLAIN, truncation_bytes=3),))


def shown(
    event: Event, version: Version, options: BodyOptions = PLAIN, viewer: Viewer = VIEWER
) -> Element:
    """Give the properties as a device receives them, checked against schema and version."""
    data = application_data(item_of(event), options, version, viewer)
    if version < Version.V12_0:  # whose body within an exception no schema knows
        check_versions(response(data), version.text)
        return sent(*data)
    return sent(*on_the_wire(data, version.text, change=True))


def only_exception(data: Element, number: int = 0) -> Element:
    found = data.find(Calendar.Exceptions)
    assert found is not None
    return found.children[number]


def names(data: Element) -> set[str]:
    return {one.tag.name for one in data}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("options", [BodyOptions(), HTML, CUT])
def test_every_event_validates_in_every_version(version: Version, options: BodyOptions) -> None:
    """Schema and version of every tag; no property twice.

    MS-ASCAL R14, R8111, R566, R567, R10711, R12711, R13411, R116, R121, R18011, R20811, R22211,
    R23711, R24311, R29711, R34812, R35512, R39311, R405, R40511, R42411: at most one each.
    """
    for event in EVENTS:
        data = shown(event, version, options)
        for parent in [data, *walk(data.children)]:
            tags = [one.tag for one in parent]
            if parent.tag not in _LISTS:
                assert len(tags) == len(set(tags)), parent


_LISTS = {
    Calendar.Attendees, Calendar.Categories, Calendar.Exceptions, AirSyncBase.Attachments,
}  # fmt: skip

SINCE: Mapping[Version, tuple[Tag, ...]] = {
    Version.V2_5: (
        Calendar.AllDayEvent, Calendar.Attendees, Calendar.Attendee, Calendar.Email, Calendar.Name,
        Calendar.BusyStatus, Calendar.Categories, Calendar.Category, Calendar.DayOfMonth,
        Calendar.DayOfWeek, Calendar.Deleted, Calendar.DtStamp, Calendar.EndTime,
        Calendar.Exception, Calendar.Exceptions, Calendar.Interval, Calendar.MeetingStatus,
        Calendar.MonthOfYear, Calendar.Occurrences, Calendar.OrganizerEmail,
        Calendar.OrganizerName, Calendar.Recurrence, Calendar.Reminder, Calendar.Sensitivity,
        Calendar.StartTime, Calendar.Subject, Calendar.Timezone, Calendar.Type, Calendar.UID,
        Calendar.Until, Calendar.WeekOfMonth,
    ),
    Version.V12_0: (
        Calendar.AttendeeStatus, Calendar.AttendeeType, AirSyncBase.Body,
        AirSyncBase.NativeBodyType,
    ),
    Version.V14_0: (
        Calendar.AppointmentReplyTime, Calendar.CalendarType, Calendar.DisallowNewTimeProposal,
        Calendar.IsLeapMonth, Calendar.ResponseRequested, Calendar.ResponseType,
    ),
    Version.V14_1: (
        Calendar.FirstDayOfWeek, Calendar.OnlineMeetingConfLink,
        Calendar.OnlineMeetingExternalLink,
    ),
    Version.V16_0: (
        AirSyncBase.Attachments, AirSyncBase.Attachment, AirSyncBase.InstanceId,
        AirSyncBase.Location, AirSyncBase.Latitude, AirSyncBase.Longitude, AirSyncBase.City,
    ),
    Version.V16_1: (MeetingResponse.ProposedStartTime, MeetingResponse.ProposedEndTime),
}  # fmt: skip
UP_TO_14_1 = (Calendar.ExceptionStartTime, Calendar.Location)


@pytest.mark.parametrize("version", VERSIONS)
def test_elements_of_each_version(version: Version) -> None:
    """Each element comes with its version, all of them are shown, and two end with 14.1.

    MS-ASCAL R2000, R2001, R2002, R2003, R2003001, R2010, R2011, R2012, R2013, R2013001, R2014,
    R2015, R2016, R2017, R2017001, R2019, R2020, R2021, R2022, R2022001, R2024, R2025, R2026, R2027,
    R2027001, R2029, R2030, R2031, R2032, R2032001, R2034, R2035, R2036001, R2037001, R2037002,
    R2039, R2040, R2041, R2042, R2042001, R2045, R2046, R2047, R2048, R2048001, R2049, R2050, R2051,
    R2052, R2052001, R2053, R2054, R2055, R2056, R2056001, R2067, R2068, R2069, R2070, R2070001,
    R2071, R2072, R2073, R2074, R2074001, R2075, R2076, R2077, R2078, R2078001, R2079, R2080, R2081,
    R2082, R2082001, R2084, R2085, R2086, R2087, R2087001, R2089, R2090, R2091, R2092, R2092001,
    R2093, R2094, R2095, R2096, R2096001, R2099, R2100, R2101, R2102, R2102001, R2108, R2109, R2110,
    R2111, R2115, R2116, R2117, R2118, R2118001, R2119, R2120, R2121, R2122, R2122001, R2123, R2124,
    R2125, R2126, R2126001, R2127, R2128, R2129, R2130, R2130001, R2131, R2132, R2133, R2134,
    R2134001, R2136, R2137, R2138, R2139, R2139001, R2140, R2141, R2142, R2143, R2143001, R2144,
    R2145, R2146, R2147, R2147001, R2148, R2149, R2150, R2151, R2151001, R2152, R2153, R2154, R2155,
    R2155001, R2156, R2157, R2158, R2159, R2159001, R2160, R2161, R2162, R2163, R2163001, R2164,
    R2165, R2166, R2167, R2167001, R2170, R2171, R2172, R2173, R2173001, R2176, R2177, R2178, R2179,
    R2179001, R2181, R2182, R2183, R2184, R2186, R2187, R2188, R2189, R2189001, R2190, R2191, R2192,
    R2193, R2193001, R2194, R2195, R2196, R2197, R2197001, R2198, R2199, R2200, R2201, R2201001,
    R2203, R2204, R2205, R2206, R2206001, R2207, R2208, R2209, R2210, R2210001, R2211, R2212, R2213,
    R2214, R2214001, R2215, R2216, R2217, R2218, R2218001, R2224, R2225, R2226, R2227, R2227001,
    R2228, R2229, R2230, R2230001, R2230002, R2106, R2135, R2135001, R272, R287.
    MS-ASAIRS R1222, R1223, R1224, R1225, R1001015, R1181, R1182, R1183, R1184, R1001006, R1195,
    R1196, R1197, R1198, R1001012.
    """
    found = {one.tag for event in EVENTS for one in walk(shown(event, version).children)}
    for since, tags in SINCE.items():
        assert {tag for tag in tags if tag in found} == (set(tags) if version >= since else set())
    assert all((tag in found) is (version < Version.V16_0) for tag in UP_TO_14_1)


@pytest.mark.parametrize("version", VERSIONS)
def test_properties_of_a_series(version: Version) -> None:
    """What the record knows arrives in its form.

    MS-ASCAL R7911, R85, R10411, R98011, R99, R100, R101, R225, R227, R22811, R329, R331, R33211,
    R12411, R13111, R137, R138, R13814, R17711, R182, R185, R18311, R21111, R215, R216, R21911,
    R224, R23311, R235, R240, R29411, R300, R36211, R364, R36711, R369, R37211, R39011, R39511,
    R39611, R398, R42111, R427, R428, R612, R42911, R434, R434001, R438, R43911, R444, R44511, R447,
    R46011, R462, R34611, R35111, R35411, R358, R359, R11027, R564, R565, R33411, R336. MS-ASDTYPE
    R5, R8, R99, R103, R121, R12211, R12213, R123.
    """
    data = shown(SERIES, version)
    expected = {
        Calendar.Timezone: BERLIN,
        Calendar.AllDayEvent: "0",
        Calendar.StartTime: "20260302T080000Z",
        Calendar.EndTime: "20260302T090000Z",
        Calendar.DtStamp: "20260201T180300Z",
        Calendar.UID: "series-1",
        Calendar.Subject: "Stand-up",
        Calendar.OrganizerName: "Me",
        Calendar.OrganizerEmail: ME,
        Calendar.BusyStatus: "3",
        Calendar.Sensitivity: "2",
        Calendar.Reminder: "15",
        Calendar.MeetingStatus: "1",
    }
    if version >= Version.V14_0:
        expected |= {Calendar.ResponseRequested: "1", Calendar.DisallowNewTimeProposal: "1"}
    if version >= Version.V14_1:
        expected |= {
            Calendar.OnlineMeetingConfLink: "conf:sip:me@example.com",
            Calendar.OnlineMeetingExternalLink: "https://meet.example.com/1",
        }
    assert {tag: data.value(tag) for tag in expected} == expected
    categories = data.find(Calendar.Categories)
    assert categories is not None
    assert [one.string for one in categories] == ["Blue", "Work"]
    if version >= Version.V12_0:
        body = data.find(AirSyncBase.Body)
        assert body is not None
        assert body.value(AirSyncBase.Data) == "Agenda"
        assert data.value(AirSyncBase.NativeBodyType) == "1"
    else:
        assert data.value(Calendar.Body) == "Agenda"


@pytest.mark.parametrize("version", VERSIONS)
def test_attendees_by_version(version: Version) -> None:
    """MS-ASCAL R11311, R117, R118, R569, R570, R568, R11911, R122, R123, R573, R574, R575."""
    people = shown(SERIES, version).find(Calendar.Attendees)
    assert people is not None
    rows = [[one.value(tag) for tag in (Calendar.Email, Calendar.Name)] for one in people.children]
    assert rows[0] == ["ann@example.com", "Ann"]
    assert rows[1] == ["bob@example.com", "bob@example.com"]
    answers = [one.value(Calendar.AttendeeStatus) for one in people]
    kinds = [one.value(Calendar.AttendeeType) for one in people]
    known = version >= Version.V12_0
    assert answers == (["3", "2", "0"] if known else [None] * 3)
    assert kinds == (["1", "2", "3"] if known else [None] * 3)
    proposed = [one.value(MeetingResponse.ProposedStartTime) for one in people]
    later = "20260302T100000Z" if version >= Version.V16_1 else None
    assert proposed == [None, later, None]


@pytest.mark.parametrize("status", [0, 2, 3, 4, 5])
def test_every_answer_of_an_attendee(status: int) -> None:
    """MS-ASCAL R118, R568, R569, R570, R571, R572."""
    people = (Attendee(address="a@example.com", status=status),)
    event = replace(SERIES, details=replace(SERIES.details, attendees=people))
    found = [one for one in walk(shown(event, Version.V14_1).children)
             if one.tag is Calendar.AttendeeStatus]  # fmt: skip
    assert found[0].string == str(status)


@pytest.mark.parametrize("version", VERSIONS)
def test_attendees_of_nobody(version: Version) -> None:
    """16.1 says it, and a Windows phone is told in any version (client-quirks 7, 8.6)."""
    phone = replace(VIEWER, traits=Traits(wants_empty_attendees=True))
    assert shown(PLAIN_EVENT, version).has(Calendar.Attendees) is (version >= Version.V16_1)
    assert shown(PLAIN_EVENT, version, viewer=phone).has(Calendar.Attendees)


@pytest.mark.parametrize("version", VERSIONS)
def test_all_day_event(version: Version) -> None:
    """Dates at midnight UTC; a UTC zone up to 14.1, none later (client-quirks 8.2).

    MS-ASCAL R86, R2006, R2007, R235.
    """
    data = shown(ALL_DAY, version)
    assert data.value(Calendar.AllDayEvent) == "1"
    assert data.value(Calendar.StartTime) == "20260302T000000Z"
    assert data.value(Calendar.EndTime) == "20260304T000000Z"
    assert data.value(Calendar.Timezone) == (UTC_BLOB if version < Version.V16_0 else None)


def test_timed_event_without_a_zone_is_in_utc() -> None:
    """client-quirks 8.1: no timed event goes out without a whole blob. MS-ASCAL R44511."""
    event = replace(PLAIN_EVENT, tzid="", zone_blob="")
    assert all(shown(event, one).value(Calendar.Timezone) == UTC_BLOB for one in VERSIONS)


@pytest.mark.parametrize("version", VERSIONS)
def test_place_by_version(version: Version) -> None:
    """Text or container, always there: it cannot be ghosted. MS-ASCAL R301; MS-ASAIRS R1207, R1208.

    MS-ASAIRS R1194, R1361, R1362.
    """
    data, empty = shown(SERIES, version), shown(PLAIN_EVENT, version)
    if version < Version.V16_0:
        assert data.value(Calendar.Location) == "Room 1"
        assert empty.find(Calendar.Location) == Element(Calendar.Location)
        unnamed = Place(street="Weg 1", city="Bonn")
        event = replace(PLAIN_EVENT, details=replace(PLAIN_EVENT.details, place=unnamed))
        assert shown(event, version).value(Calendar.Location) == "Weg 1, Bonn"
        return
    found = data.find(AirSyncBase.Location)
    assert found is not None
    assert [(one.tag.name, one.string) for one in found] == [
        ("DisplayName", "Room 1"), ("City", "Bonn"), ("Latitude", "50.7"), ("Longitude", "7.1"),
    ]  # fmt: skip
    assert empty.find(AirSyncBase.Location) == Element(AirSyncBase.Location)


@pytest.mark.parametrize(
    ("attendees", "organizer", "cancelled", "status"),
    [
        (False, "", False, "0"),
        (True, ME, False, "1"),
        (True, OTHER, False, "3"),
        (False, OTHER, False, "3"),
        (True, ME, True, "5"),
        (True, OTHER, True, "7"),
        (True, ME.upper(), False, "1"),
    ],
)
def test_meeting_status(attendees: bool, organizer: str, cancelled: bool, status: str) -> None:
    """MS-ASCAL R30311, R308, R309, R310, R311, R312, R313, R314."""
    people = (Attendee(address="a@example.com"),) if attendees else ()
    details = replace(PLAIN_EVENT.details, attendees=people, is_cancelled=cancelled)
    event = replace(PLAIN_EVENT, details=details, organizer_address=organizer)
    for version in VERSIONS:
        assert shown(event, version).value(Calendar.MeetingStatus) == status


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (PLAIN_EVENT, ("0", None)),
        (SERIES, ("1", None)),
        (RECEIVED, ("3", "20260201T180305Z")),
        (replace(RECEIVED, response=2), ("2", "20260201T180305Z")),
        (replace(RECEIVED, response=4), ("4", "20260201T180305Z")),
        (replace(RECEIVED, response=5), ("5", None)),
        (replace(RECEIVED, response=0), ("0", None)),
        (replace(RECEIVED, response=-1), ("3", "20260201T180305Z")),
        (replace(RECEIVED, response=-1, details=SERIES.details), ("5", None)),
    ],
)
def test_response_of_the_user(event: Event, expected: tuple[str, str | None]) -> None:
    """MS-ASCAL R88011, R91, R40111, R40611, R407, R408, R410, R412, R414, R416, R418, R52522."""
    event = replace(event, exceptions=())
    for version in VERSIONS:
        data = shown(event, version)
        found = data.value(Calendar.ResponseType), data.value(Calendar.AppointmentReplyTime)
        assert found == (expected if version >= Version.V14_0 else (None, None))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("busy", range(5))
def test_busy_status(version: Version, busy: int) -> None:
    """MS-ASCAL R13811, R13812, R13813, R13814, R2038001, R2235, R2043, R2044.

    MS-ASCAL R2235001, R2043001, R2044001: -1 is never sent at all. The schema knows 4 not yet.
    """
    event = replace(PLAIN_EVENT, details=replace(PLAIN_EVENT.details, busy_status=busy))
    data = sent(*application_data(item_of(event), BodyOptions(), version, VIEWER))
    expected = 0 if busy == 4 and version < Version.V16_0 else busy
    assert data.value(Calendar.BusyStatus) == str(expected)


@pytest.mark.parametrize("sensitivity", range(4))
def test_sensitivity(sensitivity: int) -> None:
    """MS-ASCAL R428, R610, R611, R612, R613."""
    event = replace(PLAIN_EVENT, details=replace(PLAIN_EVENT.details, sensitivity=sensitivity))
    assert shown(event, Version.V16_1).value(Calendar.Sensitivity) == str(sensitivity)


def test_what_is_not_there_is_not_said() -> None:
    """No empty Reminder, Categories or Subject, and no link that is none: MS-ASCAL R359."""
    details = replace(PLAIN_EVENT.details, subject="", online_external_link="javascript:x")
    for version in VERSIONS:
        found = names(shown(replace(PLAIN_EVENT, details=details), version))
        assert not found & {
            "Reminder", "Categories", "Subject", "Recurrence", "Exceptions", "ClientUid",
            "OnlineMeetingExternalLink", "InstanceId",
        }  # fmt: skip


def test_appointment_is_its_owners() -> None:
    """client-quirks 6.9: without an organiser some phones make it read-only."""
    data = shown(PLAIN_EVENT, Version.V14_1)
    assert data.value(Calendar.OrganizerEmail) == ME
    assert not data.has(Calendar.OrganizerName)
    assert shown(RECEIVED, Version.V14_1).value(Calendar.OrganizerEmail) == OTHER


def test_missing_stamp_is_the_start() -> None:
    """client-quirks 8.5: the server sends DtStamp, and none that it would refuse itself."""
    event = replace(PLAIN_EVENT, details=replace(PLAIN_EVENT.details, dtstamp=None))
    stamp = shown(event, Version.V16_1).value(Calendar.DtStamp)
    assert stamp == shown(event, Version.V16_1).value(Calendar.StartTime)


def test_limits_of_an_answer() -> None:
    """MS-ASCAL R187, R11026, R463, R24311."""
    many = tuple(f"c{n}" for n in range(400))
    details = replace(SERIES.details, categories=many)
    gone = tuple(Occurrence(original=START + 7 * DAY * n) for n in range(1, 300))
    data = shown(replace(SERIES, uid="u" * 400, details=details, exceptions=gone), Version.V16_1)
    categories, found = data.find(Calendar.Categories), data.find(Calendar.Exceptions)
    assert categories is not None
    assert len(categories.children) == 300
    assert found is not None
    assert len(found.children) == 256
    assert found.children[-1].value(AirSyncBase.InstanceId) == format_compact(gone[-1].original)
    assert len(data.value(Calendar.UID, "")) == 300


FITTING: Mapping[int, set[str]] = {
    0: {"DayOfWeek"},
    1: {"DayOfWeek"},
    2: {"DayOfMonth"},
    3: {"WeekOfMonth", "DayOfWeek"},
    5: {"DayOfMonth", "MonthOfYear"},
    6: {"WeekOfMonth", "DayOfWeek", "MonthOfYear"},
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", FITTING)
def test_recurrence_has_what_fits_its_type(version: Version, kind: int) -> None:
    """Whatever a rule holds, only what fits goes out.

    MS-ASCAL R139, R143, R14311, R14312, R14313, R145, R146, R188, R18811, R19011, R19012, R19111,
    R192, R193, R19411, R19412, R19511, R19512, R19513, R19514, R196, R19811, R199, R200, R20011,
    R201, R20411, R20412, R20413, R20414, R204112, R204113, R204114, R269, R276, R277, R28011,
    R28211, R283, R28311, R284, R28411, R291, R292, R321, R32311, R32312, R32411, R325, R326,
    R32711, R32712, R32811, R32812, R32813, R32814, R374, R448, R45011, R452, R453, R454, R455,
    R456, R457, R458, R459, R471, R47311, R47312, R47411, R475, R476, R478111, R478112, R478113,
    R478114, R52523.
    """
    rule = RecurrenceRule(
        kind=kind, interval=2, day_of_week=62, day_of_month=31, week_of_month=5, month_of_year=12
    )
    found = shown(replace(SERIES, recurrence=rule, exceptions=()), version).find(
        Calendar.Recurrence
    )
    assert found is not None
    expected = FITTING[kind] | {"Type", "Interval"}
    if kind in (2, 3, 5, 6) and version >= Version.V14_0:
        expected |= {"CalendarType", "IsLeapMonth"}
    if kind == 1 and version >= Version.V14_1:
        expected |= {"FirstDayOfWeek"}
    assert names(found) == expected
    assert found.value(Calendar.Type) == str(kind)
    assert found.value(Calendar.Interval) == "2"


@pytest.mark.parametrize(
    ("rule", "occurrences", "until"),
    [
        (replace(WEEKLY, occurrences=999), "999", None),
        (replace(WEEKLY, until=START), None, "20260302T080000Z"),
        (replace(WEEKLY, until=START, occurrences=3), "3", None),
        (WEEKLY, None, None),
    ],
)
def test_end_of_a_series(rule: RecurrenceRule, occurrences: str | None, until: str | None) -> None:
    """MS-ASCAL R33811, R34011, R341, R344, R345, R38916, R389161, R389162, R46411, R46611, R467.

    MS-ASCAL R470.
    """
    for version in VERSIONS:
        found = shown(replace(SERIES, recurrence=rule, exceptions=()), version).find(
            Calendar.Recurrence
        )
        assert found is not None
        assert found.value(Calendar.Occurrences) == occurrences
        assert found.value(Calendar.Until) == until


def test_calendar_and_week_of_a_rule_are_as_stored() -> None:
    """MS-ASCAL R2239, R11029, R288, R608, R609: 1 comes back as 1; a leap month is said."""
    found = [
        shown(replace(SERIES, recurrence=one, exceptions=()), Version.V16_0).find(
            Calendar.Recurrence
        )
        for one in RULES
    ]
    assert [one and one.value(Calendar.CalendarType) for one in found] == [
        None, None, "1", "0", "0", "15",
    ]  # fmt: skip
    assert [one and one.value(Calendar.IsLeapMonth) for one in found] == [
        None, None, "0", "0", "0", "1",
    ]  # fmt: skip
    assert found[1] is not None
    assert found[1].value(Calendar.FirstDayOfWeek) == "0"


@pytest.mark.parametrize("version", VERSIONS)
def test_deleted_occurrence(version: Version) -> None:
    """MS-ASCAL R20611, R209, R210, R24111, R242, R26111, R264, R246, R26711, R268, R2098."""
    gone = only_exception(shown(SERIES, version))
    original = AirSyncBase.InstanceId if version in LATE else Calendar.ExceptionStartTime
    assert [(one.tag, one.string) for one in gone] == [
        (Calendar.Deleted, "1"), (original, "20260309T080000Z"),
    ]  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_exception_that_lost_everything(version: Version) -> None:
    """What it no longer has of its series is sent empty, where the version can say so.

    MS-ASCAL R539, R543, R2185, R3951111, R351, R35811, R22111, R2083, R23611, R42311, R43511,
    R44111, R29611, R30511, R39211, R13311, R17911, R18312, R10611, R12611, R40211, R34813, R35513,
    R402, R2023, R2036, R2037, R2038.
    """
    data = only_exception(shown(SERIES, version), 1)
    assert data.value(Calendar.StartTime) == "20260316T090000Z"
    assert data.value(Calendar.EndTime) == "20260316T103000Z"
    assert data.value(Calendar.DtStamp) == "20260201T180400Z"
    assert data.value(Calendar.BusyStatus) == data.value(Calendar.Sensitivity) == "0"
    empty = {Calendar.Subject, Calendar.Categories}
    empty.add(AirSyncBase.Location if version in LATE else Calendar.Location)
    if version >= Version.V14_0:
        empty.add(Calendar.Attendees)
        assert data.value(Calendar.ResponseType) == "0"
    if version >= Version.V14_1:
        empty |= {
            Calendar.Reminder, Calendar.OnlineMeetingConfLink, Calendar.OnlineMeetingExternalLink,
        }  # fmt: skip
    if version in LATE:
        empty.add(AirSyncBase.Attachments)
    if version < Version.V12_0:
        empty.add(Calendar.Body)
    else:
        body = data.find(AirSyncBase.Body)
        assert body is not None
        assert body.value(AirSyncBase.EstimatedDataSize) == "0"
    assert {one.tag for one in data if one.text is None and not one.children} == empty
    assert not data.has(Calendar.Timezone)
    assert not data.has(AirSyncBase.NativeBodyType)
    assert data.has(Calendar.Attendees) is (version >= Version.V14_0)


@pytest.mark.parametrize("version", VERSIONS)
def test_exception_that_differs_in_nothing_inherits_all(version: Version) -> None:
    """MS-ASCAL R82, R108, R135, R298, R306, R394, R403, R425, R442, R600: absent is inherited."""
    data = only_exception(shown(SERIES, version), 2)
    original = "InstanceId" if version in LATE else "ExceptionStartTime"
    assert names(data) == {original, "StartTime", "EndTime"}


@pytest.mark.parametrize("version", VERSIONS)
def test_answers_to_single_occurrences(version: Version) -> None:
    """MS-ASCAL R89011, R525221, R52522111, R40211: no time of reply for what was declined."""
    data = shown(RECEIVED, version)
    found = [
        (one.value(Calendar.ResponseType), one.value(Calendar.AppointmentReplyTime))
        for one in (only_exception(data, 0), only_exception(data, 1))
    ]
    known = version >= Version.V14_0
    assert found == ([("2", "20260201T180309Z"), ("4", None)] if known else [(None, None)] * 2)
    assert only_exception(data, 1).value(Calendar.MeetingStatus) == "7"


@pytest.mark.parametrize("version", VERSIONS)
def test_whole_day_within_a_timed_series(version: Version) -> None:
    """MS-ASCAL R56311: up to 14.1 the day of the series' zone, later a floating date."""
    own = replace(CHANGED, start=at(2026, 3, 16), end=at(2026, 3, 17), all_day=True)
    event = replace(SERIES, exceptions=(Occurrence(original=START + 14 * DAY, details=own),))
    data = only_exception(shown(event, version))
    assert data.value(Calendar.AllDayEvent) == "1"
    expected = "20260316T000000Z" if version in LATE else "20260315T230000Z"
    assert data.value(Calendar.StartTime) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_orphan_names_its_instance(version: Version) -> None:
    """MS-ASAIRS R1180, R1179: an occurrence of a series that is not here."""
    expected = "20260302T080000Z" if version in LATE else None
    assert shown(ORPHAN, version).value(AirSyncBase.InstanceId) == expected


def test_attachments() -> None:
    """MS-ASAIRS R191, R192, R193: from 16.0 on, under a reference of ours."""
    for version in LATE:
        (found,) = [one for one in walk(shown(ORPHAN, version).children)
                    if one.tag is AirSyncBase.Attachment]  # fmt: skip
        assert [(one.tag.name, one.string) for one in found] == [
            ("DisplayName", "plan.pdf"), ("FileReference", "5:7:1"), ("Method", "1"),
            ("EstimatedDataSize", "99"), ("ContentId", "c1"), ("IsInline", "1"),
        ]  # fmt: skip


@pytest.mark.parametrize("version", LATE)
def test_body_is_plain_or_html(version: Version) -> None:
    """MS-ASAIRS R1400, R1401: a device that wants RTF or MIME gets plain text."""
    event = replace(
        PLAIN_EVENT, details=replace(PLAIN_EVENT.details, body=Text(plain="x", html="<b>x</b>"))
    )
    for kind in BodyType:
        options = BodyOptions(preferences=(BodyPreference(type=kind),))
        body = shown(event, version, options).find(AirSyncBase.Body)
        expected = "2" if kind is BodyType.HTML else "1"
        assert body is not None
        assert body.value(AirSyncBase.Type) == expected


def test_another_record_is_refused() -> None:
    """The caller's fault, not the device's."""
    with pytest.raises(TypeError):
        application_data(
            replace(item_of(PLAIN_EVENT), record=None),  # type: ignore[arg-type]
            BodyOptions(), Version.V16_1, VIEWER,
        )  # fmt: skip
