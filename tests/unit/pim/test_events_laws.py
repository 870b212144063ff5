"""Laws of events as text: what is written is read, a patch keeps what it does not change."""

from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.event import Details, Event
from carbonio_mobile.pim.events import read_event, read_part, write_event
from carbonio_mobile.pim.occurrences import ENDLESS, last_end, occurrences
from tests.unit.pim.eventlaws import NOW, events, plain_parts

Made = tuple[Event, dict[PartId, bytes]]

slow = settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TEN_YEARS = timedelta(days=3650)


@slow
@given(events())
def test_what_is_written_is_read(made: Made) -> None:
    """An event comes back as it was, in every zone, all day or not, with its exceptions.

    MS-ASCAL_R188, R196, R471, R341; MS-ASDTYPE_R43: the zone is kept with the series.
    """
    event, content = made
    found = read_event(write_event(None, event, now=NOW, attachments=content))
    assert plain_parts(found) == plain_parts(event)


@slow
@given(events())
def test_attachments_come_back(made: Made) -> None:
    """Each file of an event and of its exceptions is read by the part that it got."""
    event, content = made
    source = write_event(None, event, now=NOW, attachments=content)
    found = read_event(source)
    for wrote, read in zip(all_details(event), all_details(found), strict=True):
        if wrote is None or read is None:
            assert wrote == read
            continue
        for old, new in zip(wrote.attachments, read.attachments, strict=True):
            assert read_part(source, new.part) == (old.content_type, content[old.part])


def all_details(event: Event) -> list[Details | None]:
    """Give what an event and each of its exceptions say."""
    return [event.details, *(one.details for one in event.exceptions)]


@slow
@given(events(), events())
def test_a_patch_makes_any_event_of_any_other(first: Made, second: Made) -> None:
    """Whatever stood there, what is written over it is read."""
    source = write_event(None, first[0], now=NOW, attachments=first[1])
    parts = {PartId(f"7.{part}"): content for part, content in second[1].items()}
    wanted = _renamed(second[0])
    found = read_event(write_event(source, wanted, now=NOW, attachments=parts))
    assert plain_parts(found) == plain_parts(wanted)


def _renamed(event: Event) -> Event:
    """Give an event whose parts are none of those that a source has."""

    def renamed(details):  # type: ignore[no-untyped-def]
        if details is None:
            return None
        files = [replace(one, part=PartId(f"7.{one.part}")) for one in details.attachments]
        return replace(details, attachments=tuple(files))

    changed = [replace(one, details=renamed(one.details)) for one in event.exceptions]
    return replace(event, details=renamed(event.details), exceptions=tuple(changed))


@slow
@given(events())
def test_nothing_changed_is_nothing_written(made: Made) -> None:
    """Writing what was read gives the very octets."""
    source = write_event(None, made[0], now=NOW, attachments=made[1])
    assert write_event(source, read_event(source), now=NOW + 99) == source


FOREIGN = (
    b"X-FOREIGN;X=1:kept\\, as it\r\n  stood",
    b"RELATED-TO:elsewhere",
    b"ATTACH:https://example.com/a",
    b"BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER:-P1D\r\nSUMMARY:m\r\nEND:VALARM",
)


@slow
@given(events(), events(), st.data())
def test_a_patch_touches_only_lines_of_what_changed(
    made: Made, other: Made, data: st.DataObject
) -> None:
    """Of a changed subject or body no other line differs, and what nobody knows stays."""
    source = write_event(None, made[0], now=NOW, attachments=made[1])
    source = source.replace(b"\r\nDTSTAMP", b"\r\n" + b"\r\n".join(FOREIGN[:3]) + b"\r\nDTSTAMP")
    source = source.replace(b"\r\nEND:VEVENT", b"\r\n" + FOREIGN[3] + b"\r\nEND:VEVENT")
    before = read_event(source)
    name = data.draw(st.sampled_from(sorted(OWN_LINES)))
    value = getattr(other[0].details, name)
    changed = replace(before, details=replace(before.details, **{name: value}))
    after = write_event(source, changed, now=NOW)
    mine = (*OWN_LINES[name], b"LAST-MODIFIED")
    assert _unlike(source, mine) == _unlike(after, mine)
    assert plain_parts(read_event(after)) == plain_parts(changed)


OWN_LINES = {
    "subject": (b"SUMMARY",),
    "body": (b"DESCRIPTION", b"X-ALT-DESC"),
    "categories": (b"CATEGORIES",),
    "busy_status": (b"TRANSP", b"X-MICROSOFT-CDO-BUSYSTATUS"),
    "sensitivity": (b"CLASS",),
    "place": (b"LOCATION", b"GEO", b"X-CARBONIO-MOBILE-PLACE"),
}


def _unlike(source: bytes, names: tuple[bytes, ...]) -> Counter[bytes]:
    lines = source.replace(b"\r\n ", b"\x00").split(b"\r\n")
    return Counter(one for one in lines if not one.startswith(names))


@slow
@given(events())
def test_occurrences_are_those_of_another_reader(made: Made) -> None:
    """Over ten years an event happens when recurring_ical_events says so, across clock changes.

    MS-ASDTYPE_R41, R42, R50, R57: the constant is the time in the originator's zone, whose rules
    give the UTC of each occurrence. MS-ASCAL_R3892311, R3892312, R38916, R389161, R389162,
    R3893714, R3893715, R3893716, R477.
    """
    event, content = made
    source = write_event(None, event, now=NOW, attachments=content)
    begin = datetime.fromtimestamp(event.details.start, UTC) - timedelta(days=30)
    theirs = other_starts(source, begin, begin + TEN_YEARS)
    after, before = begin.timestamp(), (begin + TEN_YEARS).timestamp()
    mine = sorted(one.start for one in occurrences(event, after, before, limit=10_000))
    if event.tzid or event.details.all_day:
        assert mine == theirs
        return
    # Of a zone that only its rules tell, the two read a time that the clock skips or repeats
    # differently (01:47 on a day whose clock goes from 01:30 to 02:03): twice a year at the most.
    assert len(mine) == len(theirs)
    unlike = [abs(one - other) for one, other in zip(mine, theirs, strict=True) if one != other]
    assert len(unlike) <= 20
    assert all(by <= 7_200 for by in unlike)


@slow
@given(events(), st.integers(0, 5_000))
def test_a_window_far_away_shows_what_a_walk_from_the_start_shows(made: Made, days: int) -> None:
    """A window gives what all occurrences give there."""
    event = made[0]
    after = event.details.start + days * 86_400.0
    before = after + 400 * 86_400.0
    every = occurrences(event, event.details.start - 1e6, before, limit=100_000)
    wanted = [one for one in every if one.end > after or one.start >= after]
    assert list(occurrences(event, after, before, limit=100_000)) == wanted


@slow
@given(events())
def test_last_end_is_the_end_of_the_last(made: Made) -> None:
    """The end of an event is that of its last occurrence (MS-ASCAL_R389162: or there is none)."""
    event = made[0]
    found = last_end(event)
    rule = event.recurrence
    if rule is not None and rule.until is None and not rule.occurrences:
        assert found == ENDLESS
        return
    every = [one.end for one in occurrences(event, -1e10, 1e11, limit=100_000)]
    assert found == max(every, default=event.details.end)


def other_starts(source: bytes, begin: datetime, end: datetime) -> list[float]:
    """Give the starts that another library finds."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(source)).between(begin, end)
    starts = []
    for one in found:
        at = one["DTSTART"].dt
        if not isinstance(at, datetime):
            at = datetime(at.year, at.month, at.day, tzinfo=UTC)
        starts.append(
            at.astimezone(UTC).timestamp() if at.tzinfo else at.replace(tzinfo=UTC).timestamp()
        )
    return sorted(starts)


@settings(deadline=None, max_examples=100)
@given(events(), st.data())
def test_damage_is_read_or_refused(made: Made, data: st.DataObject) -> None:
    """Octets changed at will raise nothing but Corrupt, also when written over."""
    source = bytearray(write_event(None, made[0], now=NOW, attachments=made[1]))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(source) - 1))
        junk = data.draw(st.sampled_from((b"", b"\r\n", b":", b";", b"9", b"\xff", b"TZID=")))
        source[at : at + data.draw(st.integers(0, 30))] = junk
    try:
        event = read_event(bytes(source))
    except Corrupt:
        return
    changed = replace(event, details=replace(event.details, subject="Changed"))
    again = read_event(write_event(bytes(source), changed, now=NOW))
    assert again.details.subject == "Changed"
    if not event.is_read_only:  # of occurrences without their series, the first alone is changed
        assert [again.recurrence, *again.exceptions] == [event.recurrence, *event.exceptions]


def test_the_strategies_cover_every_field() -> None:
    """A field that is added must be looked at here."""
    assert {each.name for each in fields(Event)} == {
        "uid", "details", "tzid", "zone_blob", "sequence", "organizer_name", "organizer_address",
        "response", "replied_at", "response_requested", "disallow_new_time_proposal", "recurrence",
        "exceptions", "recurrence_id", "is_read_only", "client_uid", "faults",
    }  # fmt: skip


pytestmark = pytest.mark.filterwarnings("ignore")
