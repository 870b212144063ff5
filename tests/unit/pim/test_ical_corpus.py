"""Calendars of the world: each is read or refused, and a patch of it changes one line."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.calendars import open_calendar
from carbonio_mobile.pim.components import Component, parse
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.events import read_event, write_event
from carbonio_mobile.pim.occurrences import occurrences
from tests.unit.pim.ical_corpus import calendars

NOW = 1_790_000_000.0
TEN_YEARS = timedelta(days=3650)

DIFFERENT = {
    # A date is one in every zone; the other library converts that of a DATE with a TZID.
    "horde/vTimezone/allcategories.ics", "horde/vTimezone/test.ics",
    "ical-net/Serialization/Duration1.ics", "ical-net/Serialization/TimeZone3.ics",
    "ical4j/samples/valid/google_aus_holidays.ics", "ical4j/samples/valid/japan_west.ics",
    "icalendar-ruby/single_event_bad_dtstart.ics", "node-ical/sabredav-school-holidays.ics",
    "node-ical/yearly-recurring-unicode.ics",
    # A floating start takes no zone from its end; Z goes before TZID.
    "cyrus/floatingtzid.ics", "cyrus/utctime-with-tzid.ics",
    # The other reads the rules of the file: wrongly (it starts in 1601), or those of 1987 for 2009.
    "node-ical/bad_ms_tz.ics", "ical-net/Alarm/ALARM3.ics", "ical-net/Alarm/ALARM4.ics",
    "ical-net/Alarm/ALARM5.ics", "ical-net/Alarm/ALARM6.ics",
    # Zones that the file names but does not define; the other knows Lotus' and Outlook's titles.
    "icalendar-py/calendars/issue_526_calendar_with_different_events.ics",
    "icalendar-py/calendars/issue_526_calendar_with_event_subset.ics",
    "icalendar-py/calendars/issue_526_calendar_with_events.ics",
    "icalendar-py/calendars/issue_526_calendar_with_shuffeled_events.ics",
    "node-ical/windows-quoted-tz-rrule.ics",
    # An occurrence that is both changed and taken out, or changed after the series, is shown here.
    "ical4j/samples/valid/blalor.ics",
    "recurring-ical-events/issue_253_additional_recurrence_id.ics",
    # An end before its start, which the other swaps.
    "node-ical/daily-count-exdate-recurrence-id.ics", "synthetic/end-before-start.ics",
    "recurring-ical-events/end_before_start_event.ics", "synthetic/negative-duration.ics",
    "recurring-ical-events/issue_132_swapped_start_and_end.ics",
    # An UNTIL in local time, which the other takes for UTC.
    "node-ical/non-utc-until-ny.ics",
    "sabre-vobject/RecurrenceIterator/UntilRespectsTimezoneTest.ics",
    # Several events without a UID, or under one, of which the first (or newest) is read here.
    "calcard/298.ics", "horde/vTimezone/Vilnius.ics", "ical-net/Serialization/ProdID1.ics",
    "ical-net/Serialization/ProdID2.ics", "libical/recur-errors.ics",
    "node-ical/Office-2012-owa.ics", "node-ical/festival-multiday-rrule.ics",
    "recurring-ical-events/duration.ics", "recurring-ical-events/issue_15_duplicated_events.ics",
    # Midnights that X-MICROSOFT-CDO-ALLDAYEVENT makes days.
    "synthetic/allday-as-midnight.ics",
    # More than the 256 occurrences of a rule that ActiveSync cannot say.
    "ical4j/samples/valid/friday13-NOT.ics", "recurring-ical-events/rdate.ics",
    "recurring-ical-events/rdate2.ics",
    # A date added to a series of times is at the series' time.
    "icalendar-py/calendars/issue_1633_rdate_with_dates.ics",
    "icalendar-py/calendars/issue_1633_rdate_with_dates_and_tzid.ics",
    # A change of all that follows moves by the difference, to the last; 256 are shown; EXRULE.
    "recurring-ical-events/issue_75_range_parameter.ics",
    "synthetic/rrule-hourly-never-ending.ics", "synthetic/two-rrules.ics",
    "synthetic/rrule-minutely-byhour.ics",
}  # fmt: skip
"""Files whose occurrences differ from those of recurring_ical_events, and why."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """End what another library never ends."""

    def end(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def patched(source: bytes) -> tuple[Event, bytes] | None:
    """Read a calendar and write another subject into it; None where there is none."""
    try:
        event = read_event(source)
    except Corrupt:
        return None
    changed = replace(event, details=replace(event.details, subject="Another subject"))
    return event, write_event(source, changed, now=NOW)


def other_lines(source: bytes) -> Counter[str]:
    """Count the lines of a calendar that a patch of the subject leaves alone."""

    def raw(component: Component) -> Iterator[str]:
        for one in component.content:
            if isinstance(one, Component):
                yield from raw(one)
            elif one.name not in ("SUMMARY", "LAST-MODIFIED"):
                yield one.raw.rstrip("\r\n")

    return Counter(raw(parse(source)))


def check_patch(name: str, source: bytes) -> int:
    """See that a patch does what it says; give how many events were read."""
    found = patched(source)
    if found is None:
        return 0
    event, written = found
    again = read_event(written)
    assert again.details.subject == "Another subject", name
    if not event.is_read_only:
        subject = replace(again.details, subject=event.details.subject)
        assert replace(again, details=subject) == event, name
    if name != "libical/zday.ics":  # an occurrence without a start is given one
        assert other_lines(source) == other_lines(written), name
    return 1


def test_core_calendars_are_read_and_patched() -> None:
    """Of the core files every event is read or refused, and a patch touches its line alone."""
    read = [check_patch(name, source) for name, source in calendars(core=True)]
    if not read:
        pytest.skip("no corpus here")
    assert sum(read) > len(read) // 2


@pytest.mark.long
def test_all_calendars_are_read_and_patched() -> None:
    """The same for all 928 files."""
    read = [check_patch(name, source) for name, source in calendars(core=False)]
    if not read:
        pytest.skip("no corpus here")
    assert sum(read) > len(read) // 2


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_occurrences_of_all_calendars_are_those_of_another_reader() -> None:
    """Over ten years each happens when the other library says, before a patch and after it."""
    differing, compared = [], 0
    for name, source in calendars(core=False):
        found = patched(source)
        if found is None or not -2e9 < found[0].details.start < 2e11:
            continue
        event, written = found
        begin = datetime.fromtimestamp(event.details.start, UTC) - timedelta(days=30)
        uid = open_calendar(source).uid
        theirs = other_starts(source, uid, begin)
        after_patch = other_starts(written, uid, begin)
        if not theirs or after_patch is None:
            continue
        compared += 1
        assert after_patch == theirs, name
        after, before = begin.timestamp(), (begin + TEN_YEARS).timestamp()
        mine = sorted(one.start for one in occurrences(event, after, before, limit=100_000))
        if mine != theirs:
            differing.append(name)
    if not compared:
        pytest.skip("no corpus here")
    assert set(differing) <= DIFFERENT
    assert compared > 500


def other_starts(source: bytes, uid: str, begin: datetime) -> list[float] | None:
    """Give the starts that another library finds, None where it cannot or takes too long."""
    try:
        with at_most(3.0):
            calendar = icalendar.Calendar.from_ical(source, multiple=True)[0]
            query = recurring_ical_events.of(calendar, skip_bad_series=True)
            found = query.between(begin, begin + TEN_YEARS)
            starts = [one["DTSTART"].dt for one in found if str(one.get("UID", "")).strip() == uid]
    except Exception:
        return None
    return sorted(_seconds(at) for at in starts)


def _seconds(at: object) -> float:
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day)  # type: ignore[attr-defined]  # noqa: DTZ001
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
