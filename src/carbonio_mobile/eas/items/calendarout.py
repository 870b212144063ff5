"""An event as the properties of the Calendar class, for each version.

Spec: MS-ASCAL 2.2.2, 3.2.5, 3.2.5.3.2; MS-ASAIRS 2.2.2.7 (Attachment), 2.2.2.25 (InstanceId).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.items.calendarexceptions import MAX_EXCEPTIONS, usual_details
from carbonio_mobile.eas.items.calendarpeople import (
    attendees_element,
    meeting_status,
    response_type,
)
from carbonio_mobile.eas.items.calendarrecurrence import recurrence_element
from carbonio_mobile.eas.items.calendarseries import midnight_in
from carbonio_mobile.eas.items.context import Viewer
from carbonio_mobile.eas.items.place import place_element
from carbonio_mobile.eas.textbody import text_elements
from carbonio_mobile.eas.times import format_compact
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Details, Event, EventAttachment, Occurrence
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.occurrences import zone_from
from carbonio_mobile.pim.timezones import UTC_BLOB
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_CATEGORIES = 300  # R187
MAX_UID_CHARS = 300  # R463
_ELSEWHERE = 4
_TENTATIVE, _ACCEPTED, _DECLINED = 2, 3, 4
_ANSWERED = frozenset((_TENTATIVE, _ACCEPTED, _DECLINED))
_COMING = frozenset((_TENTATIVE, _ACCEPTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Showing:
    """What the properties of one item are made from."""

    item: ObjectItem
    event: Event
    options: BodyOptions
    version: Version
    shown: Viewer


def application_data(
    item: ObjectItem,
    options: BodyOptions,
    version: Version,
    shown: Viewer,
) -> list[Element]:
    """Give the children of ApplicationData, or of Properties in a Fetch or a Search.

    ``item`` holds an Event. It is always the whole item: StartTime and EndTime are there in any
    case (R235, R434).
    """
    event = item.record
    if not isinstance(event, Event):
        raise TypeError("not an event")
    showing = _Showing(item=item, event=event, options=options, version=version, shown=shown)
    details = event.details
    elements = [
        *_times(showing),
        Element(Calendar.UID, event.uid[:MAX_UID_CHARS]),
        *_organizer(showing),
        *[one.element(showing, details) for one in _PROPERTIES if one.shown(showing, details)],
        *_answers(showing),
        *_series(showing),
        *text_elements(details.body, options, version, native=Calendar.Body),
    ]
    if event.recurrence_id is not None and version >= Version.V16_0:
        elements.append(Element(AirSyncBase.InstanceId, format_compact(event.recurrence_id)))
    return elements


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of a series and of its exceptions.

    ``names`` are the fields of Details that it says. ``element`` makes it, empty where there is no
    value; ``has`` tells whether there is one. An exception has one that differs from its series,
    from the version ``in_exceptions`` on; where it is then empty, from ``emptied`` on (R543).
    """

    names: tuple[str, ...]
    element: Callable[[_Showing, Details], Element]
    has: Callable[[_Showing, Details], bool]
    since: Version = Version.V2_5
    in_exceptions: Version = Version.V2_5
    emptied: Version = Version.V2_5

    def shown(self, showing: _Showing, details: Details) -> bool:
        """Tell whether a series shows it."""
        return showing.version >= self.since and self.has(showing, details)

    def differs(self, showing: _Showing, own: Details, usual: Details) -> bool:
        """Tell whether an exception shows it."""
        if showing.version < max(self.since, self.in_exceptions):
            return False
        if all(getattr(own, name) == getattr(usual, name) for name in self.names):
            return False
        if not self.has(showing, own):
            return self.has(showing, usual) and showing.version >= self.emptied
        return self.element(showing, own) != self.element(showing, usual)


def _always(_showing: _Showing, _details: Details) -> bool:
    return True


def _has(name: str) -> Callable[[_Showing, Details], bool]:
    return lambda _, details: bool(getattr(details, name))


def _text(tag: Tag, name: str) -> Callable[[_Showing, Details], Element]:
    return lambda _, details: Element(tag, str(getattr(details, name)))


def _reminder(_showing: _Showing, details: Details) -> Element:
    minutes = details.reminder_min
    return Element(Calendar.Reminder, None if minutes is None else str(max(minutes, 0)))


def _stamp(showing: _Showing, details: Details) -> Element:
    """Give DtStamp, which old devices ask for in any case: the start where nothing says it."""
    stamp = showing.event.details.start if details.dtstamp is None else details.dtstamp
    return Element(Calendar.DtStamp, format_compact(stamp))


def _busy(showing: _Showing, details: Details) -> Element:
    """4, working elsewhere, exists from 16.0 on (R2235, R2043, R2044); before, it shows as free."""
    busy = details.busy_status
    hidden = busy == _ELSEWHERE and showing.version < Version.V16_0
    return Element(Calendar.BusyStatus, "0" if hidden else str(busy))


def _status(showing: _Showing, details: Details) -> Element:
    bits = meeting_status(showing.event, details, showing.shown.addresses)
    return Element(Calendar.MeetingStatus, str(bits))


def _categories(_showing: _Showing, details: Details) -> Element:
    kept = details.categories[:MAX_CATEGORIES]
    return Element(Calendar.Categories, [Element(Calendar.Category, one) for one in kept])


def _attendees(showing: _Showing, details: Details) -> Element:
    return attendees_element(details.attendees, showing.version)


def _has_attendees(showing: _Showing, details: Details) -> bool:
    """16.1 has the element, empty, also where there is nobody; a Windows phone wants it always."""
    return bool(details.attendees) or (
        showing.version >= Version.V16_1 or showing.shown.traits.wants_empty_attendees
    )


def _is_link(_showing: _Showing, details: Details) -> bool:
    return details.online_external_link.lower().startswith(("https://", "http://"))  # R359


def _attachments(showing: _Showing, details: Details) -> Element:
    item = showing.item
    return Element(
        AirSyncBase.Attachments,
        [
            _attachment(one, FileReference(item.folder, item.item, one.part))
            for one in details.attachments
        ],
    )


def _attachment(one: EventAttachment, reference: FileReference) -> Element:
    return Element(
        AirSyncBase.Attachment,
        [
            Element(AirSyncBase.DisplayName, one.name) if one.name else None,
            Element(AirSyncBase.FileReference, str(reference)),
            Element(AirSyncBase.Method, "1"),
            Element(AirSyncBase.EstimatedDataSize, str(one.size_bytes)),
            Element(AirSyncBase.ContentId, one.content_id) if one.content_id else None,
            Element(AirSyncBase.IsInline, "1") if one.inline else None,
        ],
    )


_PROPERTIES: tuple[_Property, ...] = (
    _Property(("dtstamp",), _stamp, _always),
    _Property(("subject",), _text(Calendar.Subject, "subject"), _has("subject")),
    _Property(
        ("place",),
        lambda showing, one: place_element(one.place, showing.version, Calendar.Location),
        _always,
    ),
    _Property(("sensitivity",), _text(Calendar.Sensitivity, "sensitivity"), _always),
    _Property(("busy_status",), _busy, _always),
    _Property(
        ("reminder_min",),
        _reminder,
        lambda _, one: one.reminder_min is not None,
        emptied=Version.V14_1,  # R2185
    ),
    _Property(("categories",), _categories, _has("categories")),
    _Property(("attendees",), _attendees, _has_attendees, in_exceptions=Version.V14_0),
    _Property(("attendees", "is_cancelled"), _status, _always),
    _Property(("attachments",), _attachments, _has("attachments"), since=Version.V16_0),
    _Property(
        ("online_link",),
        _text(Calendar.OnlineMeetingConfLink, "online_link"),
        _has("online_link"),
        since=Version.V14_1,
    ),
    _Property(
        ("online_external_link",),
        _text(Calendar.OnlineMeetingExternalLink, "online_external_link"),
        _is_link,
        since=Version.V14_1,
    ),
)


def _times(showing: _Showing) -> list[Element]:
    """Say when it is. A floating day is its date at midnight UTC, to be read so in any zone.

    Up to 14.1 that is said by the zone UTC beside it; later versions have no zone there (R2006).
    """
    event, version = showing.event, showing.version
    details = event.details
    elements = []
    if not details.all_day:
        elements.append(Element(Calendar.Timezone, event.zone_blob or UTC_BLOB))
    elif version < Version.V16_0:
        elements.append(Element(Calendar.Timezone, UTC_BLOB))
    return [
        *elements,
        Element(Calendar.AllDayEvent, str(int(details.all_day))),
        Element(Calendar.StartTime, format_compact(details.start)),
        Element(Calendar.EndTime, format_compact(details.end)),
    ]


def _organizer(showing: _Showing) -> list[Element]:
    """Name the organiser; some phones make an event without one read-only (client-quirks 6.9)."""
    event = showing.event
    address = event.organizer_address or showing.shown.address
    name = event.organizer_name or event.organizer_address
    return [
        *([Element(Calendar.OrganizerName, name)] if name else []),
        *([Element(Calendar.OrganizerEmail, address)] if address else []),
    ]


def _answers(showing: _Showing) -> list[Element]:
    """Say what is asked of the attendees and how the user answered (14.0 and above)."""
    event = showing.event
    if showing.version < Version.V14_0:
        return []
    answer = _answer(showing, event.details, event.response)
    refused = str(int(event.disallow_new_time_proposal))
    elements = [
        Element(Calendar.ResponseRequested, str(int(event.response_requested))),
        Element(Calendar.DisallowNewTimeProposal, refused),  # R215
        Element(Calendar.ResponseType, str(answer)),
    ]
    if event.replied_at is not None and answer in _ANSWERED:  # R52522
        elements.append(Element(Calendar.AppointmentReplyTime, format_compact(event.replied_at)))
    return elements


def _answer(showing: _Showing, details: Details, said: int) -> int:
    addresses = showing.shown.addresses
    status = meeting_status(showing.event, details, addresses)
    return response_type(details, said, addresses, status)


def _series(showing: _Showing) -> list[Element]:
    event = showing.event
    if event.recurrence is None:
        return []
    elements = [recurrence_element(event.recurrence, showing.version)]
    # The latest are the ones that a device still needs (R24311).
    exceptions = event.exceptions[-MAX_EXCEPTIONS:]
    if exceptions:
        children = [_exception(showing, one) for one in exceptions]
        elements.append(Element(Calendar.Exceptions, children))
    return elements


def _exception(showing: _Showing, one: Occurrence) -> Element:
    """Build Exception: which occurrence, and what of it differs from the series (R539)."""
    later = showing.version >= Version.V16_0
    original = AirSyncBase.InstanceId if later else Calendar.ExceptionStartTime
    elements = [Element(original, format_compact(one.original))]
    if one.details is None:
        return Element(Calendar.Exception, [Element(Calendar.Deleted, "1"), *elements])
    own, usual = one.details, usual_details(showing.event, one.original)
    elements += _own_times(showing, own)
    elements += [
        each.element(showing, own) for each in _PROPERTIES if each.differs(showing, own, usual)
    ]
    if showing.version >= Version.V14_0:
        elements += _own_answer(showing, one, own)
    elements += _own_body(showing, own, usual)
    return Element(Calendar.Exception, elements)


def _own_times(showing: _Showing, own: Details) -> list[Element]:
    """Say when an occurrence is; no zone here. A whole day of a timed series is one of its zone."""
    event = showing.event
    start, end = own.start, own.end
    floating = own.all_day and not event.details.all_day
    if floating and showing.version < Version.V16_0:
        clock = zone_from(event.tzid, event.zone_blob)
        start, end = midnight_in(start, clock), midnight_in(end, clock)
    elements = [
        Element(Calendar.StartTime, format_compact(start)),
        Element(Calendar.EndTime, format_compact(end)),
    ]
    if own.all_day != event.details.all_day:
        elements.append(Element(Calendar.AllDayEvent, str(int(own.all_day))))
    return elements


def _own_answer(showing: _Showing, one: Occurrence, own: Details) -> list[Element]:
    """Say how the user answered for one occurrence, where that differs (R403, R525221)."""
    event = showing.event
    usual = _answer(showing, event.details, event.response)
    answer = _answer(showing, own, _said_of(event, one, own))
    elements = [Element(Calendar.ResponseType, str(answer))] if answer != usual else []
    if one.replied_at is not None and answer in _COMING:
        elements.append(Element(Calendar.AppointmentReplyTime, format_compact(one.replied_at)))
    return elements


def _said_of(event: Event, one: Occurrence, own: Details) -> int:
    """Give the response said of an occurrence; that of the series while its people are the same."""
    same = own.attendees == event.details.attendees
    return event.response if one.response < 0 and same else one.response


def _own_body(showing: _Showing, own: Details, usual: Details) -> list[Element]:
    if own.body == usual.body:
        return []
    elements: Sequence[Element] = text_elements(
        own.body, showing.options, showing.version, native=Calendar.Body
    )
    bodies = [one for one in elements if one.tag in (AirSyncBase.Body, Calendar.Body)]
    return bodies or [Element(Calendar.Body)]
