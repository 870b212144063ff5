"""Events as devices send them: new ones, changed ones, and single occurrences.

Spec: MS-ASCAL 2.2.2, 3.1.5.3, 3.2.4.4, 3.2.5.3; MS-ASCMD 2.2.3.24 (Change), 2.2.3.42.2 (Delete).
"""

from collections.abc import Callable
from dataclasses import replace

from carbonio_mobile.eas.items.calendarexceptions import (
    carried_over,
    changed_occurrence,
    followed,
    instance_of,
    with_exceptions,
    with_occurrence,
)
from carbonio_mobile.eas.items.calendarfields import read_fields, read_flag
from carbonio_mobile.eas.items.calendarguard import Change, guarded
from carbonio_mobile.eas.items.calendarpeople import MAX_NAME_CHARS, bare_address, is_own_meeting
from carbonio_mobile.eas.items.calendarrecurrence import parse_recurrence
from carbonio_mobile.eas.items.calendarseries import local_time
from carbonio_mobile.eas.items.calendartimes import Times, added_times, changed_times
from carbonio_mobile.eas.items.context import Author, Ghosts
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Details, Event, Occurrence
from carbonio_mobile.pim.occurrences import zone_of
from carbonio_mobile.pim.recurrence import RecurrenceRule, normalised
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_UID_CHARS = 300  # R463, R2060

GHOSTABLE: frozenset[Tag] = frozenset(
    {
        Calendar.Attendees,  # R111
        Calendar.DisallowNewTimeProposal,  # R217
        Calendar.MeetingStatus,  # R319
        Calendar.OrganizerEmail,  # R365
        Calendar.OrganizerName,  # R370
        Calendar.ResponseRequested,  # R399
    }
)
"""Of what devices send, the properties that may be ghosted."""
_PAGES = frozenset((Calendar.UID.page, AirSyncBase.Body.page))


def added(data: Element, author: Author) -> Event:
    """Read the ApplicationData of an Add.

    What only the server sets is not looked at (R92, R349, R356, R404; from 16.0 on R2088, R2168,
    R2174, R2221), and what is missing is put in: UID, organiser, times. Exceptions are taken in
    every version (client-quirks 8.4).
    Raises: ItemFault (status 6) as the properties do.
    """
    _check_pages(data)
    times = added_times(data, author.now)
    details = read_fields(data, Details(start=0.0, end=0.0), author, _kept)
    details = _at(details, times)
    if details.dtstamp is None:
        details = replace(details, dtstamp=author.now)
    event = Event(
        uid=_uid(data, author),
        details=details,
        tzid=times.tzid,
        zone_blob=times.zone_blob,
        client_uid=_client_uid(data, author.version),
        recurrence=_recurrence(data, None, author),
    )
    event = _regular(_with_flags(event, data, author.version, _kept), None)
    exceptions = data.find(Calendar.Exceptions)
    if exceptions is not None:
        event = with_exceptions(event, exceptions, author)
    return _organized(event, data, author)


def changed(before: Event, data: Element, author: Author, ghosts: Ghosts) -> Event:
    """Read the ApplicationData of a Change; see :func:`change`."""
    return change(before, data, author, ghosts).event


def change(before: Event, data: Element, author: Author, ghosts: Ghosts) -> Change:
    """Read the ApplicationData of a Change, and take of it what the author may change.

    Raises: ItemFault (status 6) as the properties do.
    """
    wished = _wished(before, data, author, ghosts)
    return guarded(before, wished, author)


def instance_changed(before: Event, instance: float, data: Element, author: Author) -> Change:
    """Read a Change of one occurrence, named by its InstanceId in seconds UTC (16.0 and above).

    Raises: ItemFault with status 6 for a Timezone (client-quirks 8.3), for another AllDayEvent than
    the series has (R2009), for an event that does not recur; 8 for no such occurrence.
    """
    if before.recurrence_id is not None:
        # An orphan names itself (MS-ASAIRS R1176).
        return change(before, data, author, Ghosts(all_kept=True))
    _check_pages(data)
    stored = instance_of(before, instance)
    if stored.details is None:
        raise ItemFault("an instance that was deleted", SyncStatus.OBJECT_NOT_FOUND)
    if data.value(Calendar.Timezone, "").strip():
        raise ItemFault("an instance with a TimeZone")
    if read_flag(data, Calendar.AllDayEvent) not in (None, before.details.all_day):
        raise ItemFault("AllDayEvent of an instance differs from its series")
    occurrence = changed_occurrence(before, stored, data, author, whole=False)
    if occurrence.details is not None and occurrence != stored:
        details = replace(occurrence.details, dtstamp=author.now)
        occurrence = replace(occurrence, details=details)
    wished = _organized(with_occurrence(before, occurrence), data, author, before)
    return guarded(before, wished, author)


def instance_deleted(before: Event, instance: float) -> Event:
    """Take one occurrence out of a series; twice is as once (MS-ASCMD R6420).

    Raises: ItemFault with status 6 for an event that does not recur or is read-only, 8 for no such
    occurrence.
    """
    stored = instance_of(before, instance)
    if before.is_read_only:
        raise ItemFault("an instance of a series beyond ActiveSync")
    return with_occurrence(before, Occurrence(original=stored.original))


def _wished(before: Event, data: Element, author: Author, ghosts: Ghosts) -> Event:
    """Give the stored event as the device would have it."""
    _check_pages(data)
    kept = _keeper(data, ghosts)
    times = changed_times(data, before, author.version)
    details = _at(read_fields(data, before.details, author, kept), times)
    event = replace(
        before,
        details=details,
        tzid=times.tzid,
        zone_blob=times.zone_blob,
        recurrence=_recurrence(data, before, author, kept),
    )
    event = _with_flags(event, data, author.version, kept)
    event = carried_over(before, _regular(event, before.recurrence), author.version)
    exceptions = data.find(Calendar.Exceptions)
    if exceptions is not None:
        event = with_exceptions(event, exceptions, author)
    event = _organized(event, data, author, before)
    return _stamped(before, event, author)


def _kept(_tag: Tag) -> bool:
    return True


def _keeper(data: Element, ghosts: Ghosts) -> Callable[[Tag], bool]:
    """Say which properties stay when a Change leaves them out.

    Attendees always do: absent is "as they were" (client-quirks 8.6), but for a MeetingStatus that
    says that there are none. A Change without a start says a part only, and nothing is deleted by
    it. A property that may not be ghosted stays where the device's list shows that it does not know
    it, but for the location (R301).
    """
    partial = ghosts.all_kept or not data.value(Calendar.StartTime, "").strip()
    plain = data.value(Calendar.MeetingStatus, "").strip() == "0"

    def kept(tag: Tag) -> bool:
        if partial:
            return True
        if tag is Calendar.Attendees:
            return not plain or ghosts.keeps(tag)
        if tag in GHOSTABLE:
            return ghosts.keeps(tag)
        return bool(ghosts.supported) and tag is not Calendar.Location and ghosts.keeps(tag)

    return kept


def _check_pages(data: Element) -> None:
    for child in data:
        if child.tag.page not in _PAGES:
            raise ItemFault(f"{child.tag} of an event")


def _at(details: Details, times: Times) -> Details:
    return replace(details, start=times.start, end=times.end, all_day=times.all_day)


def _uid(data: Element, author: Author) -> str:
    """Give the UID: the device's up to 14.1, where it sends one (R2219), else a new one (R2223)."""
    sent = data.value(Calendar.UID, "").strip("\0 \t\r\n")
    if author.version >= Version.V16_0 or not sent:
        return author.new_uid
    if len(sent) > MAX_UID_CHARS:
        raise ItemFault("a UID of more than 300 characters")
    return sent


def _client_uid(data: Element, version: Version) -> str:
    sent = data.value(Calendar.ClientUid, "").strip("\0 \t\r\n")
    if version < Version.V16_0:
        return ""
    if len(sent) > MAX_UID_CHARS:
        raise ItemFault("a ClientUid of more than 300 characters")
    return sent


def _with_flags(
    event: Event, data: Element, version: Version, kept: Callable[[Tag], bool]
) -> Event:
    """Give an event with its two flags, which exist from 14.0 on; both are no by default (R214)."""
    if version < Version.V14_0:
        return event

    def flag(tag: Tag, stored: bool) -> bool:
        found = read_flag(data, tag)
        return stored and kept(tag) if found is None else found

    return replace(
        event,
        response_requested=flag(Calendar.ResponseRequested, event.response_requested),
        disallow_new_time_proposal=flag(
            Calendar.DisallowNewTimeProposal, event.disallow_new_time_proposal
        ),
    )


def _recurrence(
    data: Element,
    before: Event | None,
    author: Author,
    kept: Callable[[Tag], bool] = _kept,
) -> RecurrenceRule | None:
    stored = before.recurrence if before is not None else None
    found = data.find(Calendar.Recurrence)
    if found is not None:
        first_day = author.first_day_of_week
        return parse_recurrence(found, author.version, stored, first_day_of_week=first_day)
    return stored if kept(Calendar.Recurrence) else None


def _regular(event: Event, stored: RecurrenceRule | None) -> Event:
    """Give a series with all that its pattern needs, from its start where the device does not say.

    Such as the weekday of a yearly pattern (R38949, R204114).
    """
    rule = event.recurrence
    if rule is None or rule == stored:
        return event
    start = local_time(event.details.start, zone_of(event))
    return replace(event, recurrence=normalised(rule, start))


def _organized(event: Event, data: Element, author: Author, before: Event | None = None) -> Event:
    """Give an event its organiser.

    It never changes once somebody has called the meeting. A device names it up to 14.1; what it
    says of somebody else makes the item a meeting received, whoever sends it. Who invites without
    saying so is the account itself (R2169, R2175; client-quirks 5.6). A plain appointment has none.
    """
    stored = event if before is None else before
    if not is_own_meeting(stored, author.addresses):
        return event
    if before is None and author.version < Version.V16_0:
        sent = bare_address(data.value(Calendar.OrganizerEmail, ""))
        name = data.value(Calendar.OrganizerName, "").strip()[:MAX_NAME_CHARS]
        if "@" in sent and sent.lower() not in author.addresses:
            return replace(event, organizer_address=sent, organizer_name=name)
    if not event.is_meeting:
        return replace(event, organizer_address="", organizer_name="")
    if event.organizer_address or (before is not None and _attends(before, author)):
        return event
    return replace(event, organizer_address=author.address, organizer_name=author.display_name)


def _attends(event: Event, author: Author) -> bool:
    """Tell whether a meeting that names no organiser has the account among those invited."""
    return any(one.address.lower() in author.addresses for one in event.details.attendees)


def _stamped(before: Event, after: Event, author: Author) -> Event:
    """Give a changed event the time of its change, where the device does not say it (R21911)."""
    if after == before or after.details.dtstamp != before.details.dtstamp:
        return after
    details = replace(after.details, dtstamp=author.now)
    return followed(replace(after, details=details), after.details)
