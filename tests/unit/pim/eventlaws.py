"""Events for the laws: any that a device or server may write, in the form that reading gives."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.event import (
    NOT_SAID,
    NOWHERE,
    Attendee,
    Details,
    Event,
    EventAttachment,
    Occurrence,
    Place,
)
from carbonio_mobile.pim.occurrences import series_starts, zone_of
from carbonio_mobile.pim.recurrence import RecurrenceRule, normalised
from carbonio_mobile.pim.text import NO_TEXT, Text
from carbonio_mobile.pim.timezones import Switch, ZoneRule, blob_at, zone_named

DAY_S = 86_400.0
NOW = 1_790_000_000.0
ZONES = (
    "UTC", "Europe/Rome", "America/New_York", "America/St_Johns", "Pacific/Auckland",
    "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo",
)  # fmt: skip
OWN_ZONE = ZoneRule(
    bias_min=-77,
    standard_name="Ours, at home",
    to_standard=Switch(month=9, week=2, weekday=4, hour=5),
    daylight_name="Summer;time",
    daylight_bias_min=-33,
    to_daylight=Switch(month=2, week=5, weekday=1, hour=1, minute=30),
)

texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), include_characters="\n"), max_size=40
)
words = st.text(
    st.characters(categories=("L", "N", "P", "S"), exclude_characters='"^'), min_size=1, max_size=12
)
labels = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
addresses = st.builds("{}@{}.example".format, labels, labels)
moments = st.integers(0, 40 * 366 * 48).map(lambda n: n * 1800.0)


def attendees() -> st.SearchStrategy[tuple[Attendee, ...]]:
    one = st.builds(
        Attendee,
        address=addresses,
        name=words.filter(lambda name: name.strip("'") == name) | st.just(""),
        status=st.sampled_from((0, 2, 3, 4, 5)),
        kind=st.sampled_from((1, 2, 3)),
        proposed=st.none() | st.tuples(moments, moments),
    )
    return st.lists(one, max_size=3, unique_by=lambda who: who.address).map(tuple)


def places() -> st.SearchStrategy[Place]:
    number = st.sampled_from(("", "12.5", "-3.25"))
    return st.just(NOWHERE) | st.builds(
        Place, display_name=texts, street=words, latitude=number, longitude=number, uri=words
    )


def details(
    start: float, zone_days: bool, content: dict[PartId, bytes], prefix: str = ""
) -> st.SearchStrategy[Details]:
    """Give what an event that begins at ``start`` may say."""
    files = st.lists(st.binary(max_size=30), max_size=2).map(
        lambda found: tuple(
            EventAttachment(
                part=PartId(f"{prefix}{n}"), name=f"a;{n}.bin", content_type="x/y",
                size_bytes=len(one), content_id=f"c{n}", inline=n == 2,
            )
            for n, one in enumerate(found, 1)
            if content.update({PartId(f"{prefix}{n}"): one}) is None
        )
    )  # fmt: skip
    length = st.integers(1, 4).map(lambda n: n * DAY_S) if zone_days else st.integers(0, 90_000)
    body = st.builds(Text, plain=texts.filter(bool), html=texts)
    return st.builds(
        Details,
        start=st.just(start),
        end=length.map(lambda n: start + n),
        all_day=st.just(zone_days),
        subject=texts,
        place=places(),
        body=st.just(NO_TEXT) | body,
        categories=st.lists(words, max_size=3, unique=True).map(tuple),
        busy_status=st.sampled_from(range(5)),
        sensitivity=st.sampled_from(range(4)),
        reminder_min=st.none() | st.integers(0, 525_600),
        is_cancelled=st.booleans(),
        attendees=attendees(),
        attachments=files,
        online_link=st.just("") | words,
        online_external_link=st.just("") | words,
        dtstamp=moments,
    )


@st.composite
def rules(draw: st.DrawFn, start: float, *, all_day: bool) -> RecurrenceRule:
    """Give any rule that ActiveSync can say."""
    ends = draw(st.sampled_from(("never", "count", "until")))
    until = start + draw(st.integers(0, 4_000)) * DAY_S if ends == "until" else None
    if until is not None and not all_day:
        until += draw(st.sampled_from((0.0, 1.0, -1.0, 43_200.0)))
    return RecurrenceRule(
        kind=draw(st.sampled_from((0, 1, 2, 3, 5, 6))),
        interval=draw(st.sampled_from((1, 1, 2, 3, 5, 53))),
        until=None if until is None else max(until, start),
        occurrences=draw(st.integers(1, 60)) if ends == "count" else 0,
        day_of_week=draw(st.integers(0, 127)),
        day_of_month=draw(st.integers(0, 31)),
        week_of_month=draw(st.integers(0, 5)),
        month_of_year=draw(st.integers(0, 12)),
        first_day_of_week=draw(st.none() | st.integers(0, 6)),
        calendar_type=draw(st.sampled_from((0, 0, 1, 8, 15))),
        is_leap_month=draw(st.booleans()),
    )


def local_start(event: Event) -> datetime:
    """Give the aware local start of an event."""
    return datetime.fromtimestamp(event.details.start, UTC).astimezone(zone_of(event))


@st.composite
def timed(draw: st.DrawFn, *, all_day: bool) -> tuple[str, str, float]:
    """Give name and rules of a zone, and a start in it."""
    start = draw(moments)
    if all_day:
        return "", "", start // DAY_S * DAY_S
    name = draw(st.sampled_from((*ZONES, "")))
    zone = zone_named(name)
    at = datetime.fromtimestamp(start, UTC)
    if zone is None:
        return "", OWN_ZONE.to_blob(), start
    local = at.astimezone(zone)
    if local.fold:  # the second of two times that a clock shows alike has no form of its own
        start += 7200.0
        local = datetime.fromtimestamp(start, UTC).astimezone(zone)
    return name, blob_at(zone, local), start


@st.composite
def events(draw: st.DrawFn) -> tuple[Event, dict[PartId, bytes]]:
    """Give an event and the content of its attachments."""
    all_day = draw(st.booleans())
    content: dict[PartId, bytes] = {}
    tzid, blob, start = draw(timed(all_day=all_day))
    event = Event(
        uid=draw(words),
        details=draw(details(start, all_day, content)),
        tzid=tzid,
        zone_blob=blob,
        sequence=draw(st.integers(0, 9)),
        organizer_address=draw(st.just("") | addresses),
        response=draw(st.sampled_from((NOT_SAID, 0, 1, 2, 3, 4, 5))),
        replied_at=draw(st.none() | moments),
        response_requested=draw(st.booleans()),
        disallow_new_time_proposal=draw(st.booleans()),
        client_uid=draw(st.just("") | words),
    )
    if draw(st.booleans()):
        return event, content
    rule = normalised(draw(rules(start, all_day=all_day)), local_start(event))
    event = replace(event, recurrence=rule)
    originals = [at for at, _ in zip(series_starts(event), range(12), strict=False)]
    chosen = draw(st.lists(st.sampled_from(originals), max_size=3, unique=True))
    return replace(event, exceptions=draw(exceptions(sorted(chosen), all_day, content))), content


@st.composite
def exceptions(
    draw: st.DrawFn, originals: list[float], all_day: bool, content: dict[PartId, bytes]
) -> tuple[Occurrence, ...]:
    found = []
    for at in originals:
        if draw(st.booleans()):
            found.append(Occurrence(original=at))
            continue
        moved = at + draw(st.integers(-3, 3)) * (DAY_S if all_day else 5400.0)
        prefix = f"9.{len(found) + 1}."
        says = draw(details(moved, all_day, content, prefix))
        found.append(Occurrence(
            original=at, details=says, response=draw(st.sampled_from((NOT_SAID, 3))),
            replied_at=draw(st.none() | moments),
        ))  # fmt: skip
    return tuple(found)


def plain_parts(event: Event) -> Event:
    """Give an event whose attachments are named by their place alone: reading numbers them."""

    def renumbered(one: Details) -> Details:
        files = tuple(replace(f, part=PartId(str(n))) for n, f in enumerate(one.attachments, 1))
        return replace(one, attachments=files)

    return replace(
        event,
        details=renumbered(event.details),
        exceptions=tuple(
            one if one.details is None else replace(one, details=renumbered(one.details))
            for one in event.exceptions
        ),
    )
