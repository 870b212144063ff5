"""``Exceptions``: the occurrences of a series that differ from it, taken in from devices.

Up to 14.1 they come inside the series, each named by its original start; from 16.0 on each comes as
a Change or a Delete of its own with an InstanceId.

Spec: MS-ASCAL 2.2.2.21 to 2.2.2.23, 3.1.5.3.1, 3.2.5.3.1; MS-ASAIRS 2.2.2.25 (InstanceId).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from carbonio_mobile.eas.items.calendarfields import inherit, read_fields, read_flag, read_time
from carbonio_mobile.eas.items.calendarrecurrence import same_pattern
from carbonio_mobile.eas.items.calendarseries import occurrence_of, retimed
from carbonio_mobile.eas.items.calendartimes import Times, part_times
from carbonio_mobile.eas.items.context import Author
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Details, Event, Occurrence
from carbonio_mobile.pim.occurrences import occurring, occurs_at, zone_from
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_EXCEPTIONS = 256  # R243
MAX_STORED = 1000


def carried_over(before: Event, after: Event, version: Version) -> Event:
    """Give ``after`` with the exceptions that ``before`` had, as far as they outlive the change.

    What they had of their series follows it. From 16.0 on another pattern, start or end takes all
    of them off (R2114, R2180, R2202); before, they move with the clock of the series, and those go
    whose day is no longer one of it.
    """
    if after.recurrence is None:
        return replace(after, exceptions=())
    old, new = before.details, after.details
    moved = (old.start, old.end, old.all_day) != (new.start, new.end, new.all_day)
    other = moved or not same_pattern(before.recurrence, after.recurrence)
    zoned = (before.tzid, before.zone_blob) != (after.tzid, after.zone_blob)
    kept = before.exceptions
    if other and version >= Version.V16_0:
        kept = ()
    elif other or zoned:
        retimed_ones = [_moved(one, before, after) for one in kept]
        is_there = occurring(after)
        kept = tuple(one for one in retimed_ones if is_there(one.original))
    return followed(replace(after, exceptions=kept), old)


def _moved(one: Occurrence, before: Event, after: Event) -> Occurrence:
    """Give an exception of a series that begins at another time of day."""
    original = retimed(one.original, after)
    if one.details is None:
        return replace(one, original=original)
    usual = occurrence_of(before.details, one.original)
    if (one.details.start, one.details.end) != usual:
        return replace(one, original=original)
    start, end = occurrence_of(after.details, original)
    details = replace(one.details, start=start, end=end, all_day=after.details.all_day)
    return replace(one, original=original, details=details)


def followed(event: Event, old: Details) -> Event:
    """Give a series whose details were ``old``, its exceptions with what they had of them anew."""
    return _with(event, [_following(one, old, event.details) for one in event.exceptions])


def _following(one: Occurrence, old: Details, new: Details) -> Occurrence:
    return one if one.details is None else replace(one, details=inherit(one.details, old, new))


def with_exceptions(event: Event, element: Element, author: Author) -> Event:
    """Give a series with the exceptions that a device sends; others stay as they are (R542).

    Raises: ItemFault for more than 256 (R243), for one that does not say which it is (R246), and as
    its properties do.
    """
    if event.recurrence is None:
        return event
    if len(element.children) > MAX_EXCEPTIONS:
        raise ItemFault("more than 256 exceptions")
    found = {one.original: one for one in event.exceptions}
    is_there = occurring(event)
    for child in element:
        if child.tag is not Calendar.Exception:
            raise ItemFault(f"{child.tag} among exceptions")
        original = _original(child, event, lambda at: at in found or is_there(at))
        stored = found.get(original, Occurrence(original=original))
        if read_flag(child, Calendar.Deleted):
            found[original] = Occurrence(original=original)  # R210
        else:
            found[original] = changed_occurrence(event, stored, child, author, whole=True)
    return _with(event, found.values())


def _with(event: Event, occurrences: Iterable[Occurrence]) -> Event:
    ordered = tuple(sorted(occurrences, key=lambda one: one.original))
    if len(ordered) > MAX_STORED:
        raise ItemFault("a series with too many exceptions")
    return replace(event, exceptions=ordered)


def _original(element: Element, event: Event, is_there: Callable[[float], bool]) -> float:
    """Find which occurrence an exception is, also where its clock is wrong (client-quirks 5.8)."""
    sent = read_time(element.find(Calendar.ExceptionStartTime))
    if sent is None:
        sent = read_time(element.find(AirSyncBase.InstanceId))
    if sent is None:
        raise ItemFault("an exception without its original start")
    return settled(sent, event, is_there)


def settled(sent: float, event: Event, is_there: Callable[[float], bool]) -> float:
    """Give the original start that a device means: the one sent, or that of the same date.

    ``is_there`` tells whether the series, or what is known of it, has one.
    """
    if is_there(sent):
        return sent
    near = retimed(sent, event)
    return near if is_there(near) else sent


def changed_occurrence(
    event: Event, stored: Occurrence, data: Element, author: Author, *, whole: bool
) -> Occurrence:
    """Give an occurrence with what a device says of it.

    With ``whole`` the device says all, and what is absent is inherited from the series (R508); else
    it says what changed, and the rest stays. What its version cannot say stays in any case.
    """
    usual = usual_details(event, stored.original)
    before = usual if stored.details is None else stored.details
    base = _unsaid(usual, before, author.version) if whole else before
    clock = zone_from(event.tzid, event.zone_blob)
    when = part_times(data, _times_of(base, event), clock)
    details = read_fields(data, base, author, _kept, stored=before)
    details = replace(details, start=when.start, end=when.end, all_day=when.all_day)
    return replace(stored, details=details)


def _times_of(details: Details, event: Event) -> Times:
    return Times(
        start=details.start,
        end=details.end,
        all_day=details.all_day,
        tzid=event.tzid,
        zone_blob=event.zone_blob,
    )


def _unsaid(usual: Details, stored: Details, version: Version) -> Details:
    """Give what the series has, with the parts of an exception that a device never sends whole."""
    kept = replace(
        usual,
        body=stored.body,
        attachments=stored.attachments,
        online_link=stored.online_link,
        online_external_link=stored.online_external_link,
        dtstamp=stored.dtstamp if version >= Version.V16_0 else usual.dtstamp,
    )
    return replace(kept, attendees=stored.attendees) if version < Version.V14_0 else kept


def _kept(_tag: Tag) -> bool:
    return True


def usual_details(event: Event, original: float) -> Details:
    """Give the details of an occurrence that differs in nothing from its series."""
    start, end = occurrence_of(event.details, original)
    return replace(event.details, start=start, end=end)


def parse_instance_id(text: str) -> float:
    """Read an InstanceId (MS-ASAIRS R1180). Raises: ItemFault for anything that is no time."""
    found = read_time(Element(AirSyncBase.InstanceId, text))
    if found is None:
        raise ItemFault("an empty InstanceId")
    return found


def instance_of(event: Event, instance: float) -> Occurrence:
    """Give the occurrence that an InstanceId names, as stored or as the series has it.

    Raises: ItemFault, status 6 where the event has no series, 8 where the series has no such one.
    """
    if event.recurrence is None:
        raise ItemFault("an instance of an event that does not recur")
    stored = {one.original: one for one in event.exceptions}
    original = settled(instance, event, lambda at: at in stored or occurs_at(event, at))
    if original not in stored and not occurs_at(event, original):
        raise ItemFault("an instance that the series does not have", SyncStatus.OBJECT_NOT_FOUND)
    return stored.get(original) or Occurrence(
        original=original, details=usual_details(event, original)
    )


def with_occurrence(event: Event, occurrence: Occurrence) -> Event:
    """Give a series with one exception put in or replaced."""
    others = [one for one in event.exceptions if one.original != occurrence.original]
    return _with(event, [*others, occurrence])
