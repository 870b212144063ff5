"""What becomes of an object on its way through a device, and which of it has to be so."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from carbonio_mobile.eas.items.calendarpeople import is_own_meeting
from carbonio_mobile.eas.items.contact import MAX_PICTURE_BYTES
from carbonio_mobile.eas.items.place import place_line
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Attendee, Event, Place
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.occurrences import occurrences, occurs_at
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.timezones import ZoneRule

ME = "john@example.com"
DAY_S = 86_400.0
TEN_YEARS_S = 3650 * DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that is not as it was.

    ``field`` is its name in the record, with ``exception.`` before what one occurrence says, or
    ``occurrences`` for when an event happens. ``was`` and ``became`` are its values.
    """

    field: str
    was: Any
    became: Any


def differences(before: Record, after: Record) -> Iterator[Difference]:
    """Give all fields in which two records differ."""
    yield from _fields(before, after, "")
    if isinstance(before, Event) and isinstance(after, Event):
        yield from _fields(before.details, after.details, "")
        were = {one.original: one for one in before.exceptions}
        are = {one.original: one for one in after.exceptions}
        if [(at, one.details is None) for at, one in were.items()] != [
            (at, one.details is None) for at, one in are.items()
        ]:
            yield Difference(field="exceptions", was=tuple(were), became=tuple(are))
        for at in were.keys() & are.keys():
            yield from _fields(were[at], are[at], "exception.")
            mine, theirs = were[at].details, are[at].details
            if mine is not None and theirs is not None:
                yield from _fields(mine, theirs, "exception.")
        yield from _when(before, after)


_NESTED = ("details", "exceptions")


def _fields(before: Any, after: Any, prefix: str) -> Iterator[Difference]:
    for one in fields(before):
        was, became = getattr(before, one.name), getattr(after, one.name)
        if one.name not in _NESTED and was != became:
            yield Difference(field=prefix + one.name, was=was, became=became)


def _when(before: Event, after: Event) -> Iterator[Difference]:
    begin = before.details.start - 30 * DAY_S
    was, became = (
        [(at.start, at.end) for at in occurrences(one, begin, begin + TEN_YEARS_S, limit=5000)]
        for one in (before, after)
    )
    if was != became:
        yield Difference(field="occurrences", was=was, became=became)


@dataclass(frozen=True, slots=True)
class Passage:
    """An object before and after a device had it, and the version that the device spoke."""

    before: Record
    after: Record
    version: Version

    @property
    def event(self) -> Event:
        """The event before, for what is asked of events alone."""
        assert isinstance(self.before, Event)
        return self.before


@dataclass(frozen=True, slots=True)
class Loss:
    """A difference that has to be, and why; ``when`` tells whether it is this one."""

    fields: tuple[str, ...]
    why: str
    when: Callable[[Passage, Any, Any], bool] = lambda _, was, became: True


def _below(version: Version) -> Callable[[Passage, Any, Any], bool]:
    return lambda one, _was, _became: one.version < version


def _since(version: Version) -> Callable[[Passage, Any, Any], bool]:
    return lambda one, _was, _became: one.version >= version


def _same_zone(_one: Passage, was: str, became: str) -> bool:
    return _rules(was) == _rules(became)


def _rules(blob: str) -> object:
    return replace(ZoneRule.from_blob(blob), standard_name="", daylight_name="")


def _named_anew(one: Passage, _was: str, _became: str) -> bool:
    assert isinstance(one.after, Event)
    return _same_zone(one, one.event.zone_blob, one.after.zone_blob)


def _is_line(_one: Passage, was: Place, became: Place) -> bool:
    return place_line(was).strip() == became.display_name


def _is_trimmed(_one: Passage, was: Place, became: Place) -> bool:
    return replace(was, display_name=was.display_name.strip()) == became


def _has_strays(one: Passage, _was: object, _became: object) -> bool:
    return any(not occurs_at(one.event, each.original) for each in one.event.exceptions)


def _is_read_only(one: Passage, _was: object, _became: object) -> bool:
    return one.event.is_read_only


def _timed_in_days(one: Passage, _was: object, _became: object) -> bool:
    days = one.event.details.all_day
    said = [each.details for each in one.event.exceptions if each.details is not None]
    return one.version >= Version.V16_0 and any(each.all_day != days for each in said)


def _week_start(one: Passage, was: RecurrenceRule | None, became: RecurrenceRule | None) -> bool:
    return (
        one.version < Version.V14_1
        and was is not None
        and became is not None
        and replace(was, first_day_of_week=became.first_day_of_week) == became
    )


def _on_week_start(one: Passage, _was: object, _became: object) -> bool:
    rule, event = one.event.recurrence, one.after
    assert isinstance(event, Event)
    return rule is not None and rule.interval > 1 and _week_start(one, rule, event.recurrence)


def _calendar(one: Passage, was: RecurrenceRule, became: RecurrenceRule) -> bool:
    return (
        one.version < Version.V14_0
        and replace(
            was,
            calendar_type=became.calendar_type,
            is_leap_month=became.is_leap_month,
            first_day_of_week=became.first_day_of_week,
        )
        == became
    )


def _without_answers(
    _one: Passage, was: tuple[Attendee, ...], became: tuple[Attendee, ...]
) -> bool:
    return [replace(each, status=0, name=_plain(each.name)) for each in was] == [
        replace(each, status=0, name=_plain(each.name)) for each in became
    ]


def _without_kinds(one: Passage, was: tuple[Attendee, ...], became: tuple[Attendee, ...]) -> bool:
    return one.version < Version.V12_0 and [each.address for each in was] == [
        each.address for each in became
    ]


def _quoted(one: Passage, was: tuple[Attendee, ...], became: tuple[Attendee, ...]) -> bool:
    return _without_answers(one, was, became) and any('"' in each.name for each in was)


def _plain(name: str) -> str:
    return name.replace('"', "'")


def _blank(_one: Passage, was: Text, became: Text) -> bool:
    return not was.plain.strip() and not became.plain.strip() and was.html == became.html


def _as_plain(one: Passage, was: Text, became: Text) -> bool:
    return one.version < Version.V12_0 and bool(was.html) and not became.html


def _body_of_series(one: Passage, was: Text, became: Text) -> bool:
    return not was.plain.strip() and became == one.event.details.body


def _reminder_of_series(one: Passage, was: int | None, became: int | None) -> bool:
    usual = one.event.details.reminder_min
    return one.version < Version.V14_1 and was is None and became == usual


def _people_of_series(one: Passage, _was: object, became: tuple[Attendee, ...]) -> bool:
    usual = [each.address for each in one.event.details.attendees]
    return one.version < Version.V14_0 and [each.address for each in became] in ([], usual)


def _no_address(_one: Passage, was: str, became: str) -> bool:
    return "@" not in was and became in ("", ME)


def _nobodys(one: Passage, _was: str, _became: str) -> bool:
    return "@" not in one.event.organizer_address


def _guessed(_one: Passage, was: float | None, _became: float | None) -> bool:
    return was is None


_ONLINE = ("exception.online_link", "exception.online_external_link")
_IN_WINDOW = tuple(
    f"exception.{name}" for name in ("start", "end", "body", "subject", "reminder_min")
)

NEW_AUTHOR: tuple[Loss, ...] = (
    Loss(("faults",), "what was wrong with a source is not said of what is written anew"),
    Loss(
        ("uid",),
        "the server names a new event from 16.0 on (MS-ASCAL R2223)",
        lambda one, was, became: isinstance(one.before, Event) and one.version >= Version.V16_0,
    ),
    Loss(
        ("uid",),
        "there is no UID in this class",
        lambda one, was, became: not isinstance(one.before, Event),
    ),
    Loss(
        ("uid",),
        "a UID is shown up to 300 characters, and without what XML cannot carry (MS-ASCAL R463)",
        lambda one, was, became: one.version < Version.V16_0,
    ),
    Loss(
        ("modified_at",),
        "it is when the server stored it (MS-ASNOTE R84)",
        lambda one, was, became: not isinstance(one.before, Event | Contact),
    ),
    Loss(
        ("picture",),
        "a picture beyond 48 KB of base64 is not shown (MS-ASCNTC R381)",
        lambda one, was, became: len(was) > MAX_PICTURE_BYTES and not became,
    ),
    Loss(("sequence",), "there is no such element"),
    Loss(("tzid",), "a TimeZone says rules and no name that counts", _named_anew),
    Loss(("zone_blob",), "the names in a TimeZone are of the zone that was found", _same_zone),
    Loss(
        ("dtstamp", "exception.dtstamp"),
        "DtStamp is the server's own from 16.0 on (MS-ASCAL R2088)",
        _since(Version.V16_0),
    ),
    Loss(
        ("dtstamp", "exception.dtstamp"),
        "an event without DTSTAMP is shown with one all the same (client-quirks 8.5)",
        _guessed,
    ),
    Loss(
        ("exception.dtstamp",),
        "an occurrence's DtStamp is shown where it differs from its series'",
        lambda one, was, became: one.event.details.dtstamp is None,
    ),
    Loss(
        ("is_read_only",),
        "of a recurrence beyond ActiveSync a device gets, and sends, the occurrences",
        _is_read_only,
    ),
    Loss(
        ("subject", "exception.subject"),
        "a subject is one line",
        lambda one, was, became: " ".join(was.splitlines()) == became,
    ),
    Loss(
        ("place", "exception.place"),
        "Location is one line up to 14.1 (MS-ASAIRS R1226)",
        lambda one, was, became: one.version < Version.V16_0 and _is_line(one, was, became),
    ),
    Loss(("place", "exception.place"), "blanks around a place go", _is_trimmed),
    Loss(
        ("organizer_address", "organizer_name"),
        "from 16.0 on the server names the organiser of a new event (MS-ASCAL R2169, R2175)",
        _since(Version.V16_0),
    ),
    Loss(("organizer_address",), "an organiser has an address", _no_address),
    Loss(("organizer_name",), "an organiser has an address", _nobodys),
    Loss(
        ("organizer_name",),
        "a name cannot hold a double quote everywhere; it is written as a single one",
        lambda one, was, became: _plain(was) == became,
    ),
    Loss(
        ("attendees", "exception.attendees"),
        "who adds a meeting from 16.0 on does not say how others answered (MS-ASCAL R2028)",
        lambda one, was, became: (
            one.version >= Version.V16_0 and _without_answers(one, was, became)
        ),
    ),
    Loss(
        ("attendees", "exception.attendees"),
        "2.5 knows no AttendeeStatus and AttendeeType",
        _without_kinds,
    ),
    Loss(
        ("attendees", "exception.attendees"),
        "a name cannot hold a double quote everywhere; it is written as a single one",
        _quoted,
    ),
    Loss(
        ("exception.attendees",),
        "an exception has no attendees of its own below 14.0 (MS-ASCAL R2023)",
        _people_of_series,
    ),
    Loss(("body", "exception.body"), "a body of blanks is none", _blank),
    Loss(("body", "exception.body"), "2.5 has plain text alone", _as_plain),
    Loss(
        ("body", "exception.body"),
        "where there is HTML it alone is sent, and plain text made of it anew",
        lambda one, was, became: bool(was.html) and was.html.strip() == became.html.strip(),
    ),
    Loss(
        ("exception.body",),
        "an exception that lost the body of its series cannot say so: an empty one is inherited",
        _body_of_series,
    ),
    Loss(
        ("exception.reminder_min",),
        "an exception cannot lose the reminder of its series below 14.1 (MS-ASCAL R2185)",
        _reminder_of_series,
    ),
    Loss(
        ("recurrence_id",),
        "an orphan comes back as an event: a device does not send InstanceId in an Add",
    ),
    Loss(
        ("is_cancelled", "exception.is_cancelled"),
        "a device does not send MeetingStatus from 16.0 on (MS-ASCAL R2168)",
        _since(Version.V16_0),
    ),
    Loss(
        ("response", "replied_at", "exception.response", "exception.replied_at"),
        "a device does not send ResponseType and AppointmentReplyTime (MS-ASCAL R404, R92)",
    ),
    Loss(
        ("response_requested", "disallow_new_time_proposal"),
        "ResponseRequested and DisallowNewTimeProposal came with 14.0",
        _below(Version.V14_0),
    ),
    Loss(
        ("online_link", "online_external_link", *_ONLINE),
        "the links of online meetings are the server's own (MS-ASCAL R349, R356)",
    ),
    Loss(
        ("attachments", "exception.attachments"),
        "the device of this test sends no files; below 16.0 there are none",
    ),
    Loss(
        ("recurrence",),
        "FirstDayOfWeek came with 14.1: Monday is taken for what is not said",
        _week_start,
    ),
    Loss(("recurrence",), "CalendarType and IsLeapMonth came with 14.0", _calendar),
    Loss(
        ("occurrences",),
        "every other week is another one where weeks begin on Monday instead (FirstDayOfWeek)",
        _on_week_start,
    ),
    Loss(
        ("exceptions", "occurrences"),
        "an exception of an occurrence that the series does not have: left out, or taken for that "
        "of the same date (client-quirks 5.8)",
        _has_strays,
    ),
    Loss(
        ("exceptions", "occurrences"),
        "an instance has AllDayEvent as its series has it, from 16.0 on (MS-ASCAL R2009)",
        _timed_in_days,
    ),
)
"""What may differ between an object and the one that a device makes of it on another account."""


def _is_mine(one: Passage, _was: object, _became: object) -> bool:
    return is_own_meeting(one.event, {ME}) and one.event.is_meeting


CHANGED: tuple[Loss, ...] = (
    Loss(
        ("modified_at",),
        "it was changed",
        lambda one, was, became: not isinstance(one.before, Event | Contact),
    ),
    Loss(("dtstamp", "exception.dtstamp"), "it was changed"),
    Loss(
        ("exception.reminder_min",),
        "an exception cannot lose the reminder of its series below 14.1 (MS-ASCAL R2185)",
        _reminder_of_series,
    ),
    Loss(
        ("organizer_address", "organizer_name"),
        "who changes a meeting that nobody called calls it (client-quirks 5.6)",
        _is_mine,
    ),
    Loss(("sequence",), "its attendees are told, with a new SEQUENCE (RFC 5546 2.1.4)", _is_mine),
    Loss(
        ("start", "end", "recurrence", "exceptions", "faults", "occurrences", *_IN_WINDOW),
        "of a recurrence beyond ActiveSync those occurrences are shown that lie around DTSTAMP",
        _is_read_only,
    ),
)
"""What may differ beside the field that a device changed."""


def reason(one: Passage, found: Difference, table: tuple[Loss, ...]) -> str | None:
    """Say why a difference has to be, None where it should not."""
    for loss in table:
        if found.field in loss.fields and loss.when(one, found.was, found.became):
            return loss.why
    return None
