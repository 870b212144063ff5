"""``Event``: an event or a meeting with its exceptions, in the terms of ActiveSync.

It is what a calendar object of iCalendar says, read once when it is stored. Points in time are
seconds since 1970, UTC. Those of an all-day event (and of its exceptions) are floating dates: the
midnight UTC that begins the date, ``end`` the midnight after the last day.

Spec: MS-ASCAL 2.2.2; MS-ASAIRS 2.2.2.28 (Location); RFC 5545.
"""

from dataclasses import dataclass, field

from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.text import NO_TEXT, Text

NOT_SAID = -1
"""Stands where a number was not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something happens (MS-ASAIRS 2.2.2.28); numbers are decimal text as sent."""

    display_name: str = ""
    annotation: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    postal_code: str = ""
    latitude: str = ""
    longitude: str = ""
    accuracy: str = ""
    altitude: str = ""
    altitude_accuracy: str = ""
    uri: str = ""


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Who is invited. ``address`` is bare.

    ``status`` is AttendeeStatus: 0 unknown, 2 tentative, 3 accepted, 4 declined, 5 not responded.
    ``kind`` is AttendeeType: 1 required, 2 optional, 3 resource. ``proposed`` is the start and end
    that this attendee proposes instead, None for none.
    """

    address: str
    name: str = ""
    status: int = 0
    kind: int = 1
    proposed: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAttachment:
    """A file in an event; ``part`` names it within its object, ``size_bytes`` counts its octets."""

    part: PartId
    name: str
    content_type: str
    size_bytes: int
    content_id: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an event and each of its changed occurrences say for themselves.

    ``busy_status``: 0 free, 1 tentative, 2 busy, 3 out of office, 4 working elsewhere.
    ``sensitivity``: 0 normal, 1 personal, 2 private, 3 confidential. ``reminder_min`` is None
    without a reminder. ``is_cancelled``: the organiser took it back.
    """

    start: float
    end: float
    all_day: bool = False
    subject: str = ""
    place: Place = NOWHERE
    body: Text = NO_TEXT
    categories: tuple[str, ...] = ()
    busy_status: int = 2
    sensitivity: int = 0
    reminder_min: int | None = None
    is_cancelled: bool = False
    attendees: tuple[Attendee, ...] = ()
    attachments: tuple[EventAttachment, ...] = ()
    online_link: str = ""
    online_external_link: str = ""
    dtstamp: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One occurrence that differs from its series.

    ``original`` is its start in the unchanged series, UTC (for an all-day series the midnight UTC
    of its date). ``details`` None: it was taken out. Details are complete, nothing is inherited.
    ``response`` and ``replied_at`` are as in Event, for this occurrence alone.
    """

    original: float
    details: Details | None = None
    response: int = NOT_SAID
    replied_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A calendar object: a single event, a series with its exceptions, or exceptions alone.

    ``tzid`` is the zone of its local times: an IANA name, or empty where only ``zone_blob`` says it
    (the 172 octets of MS-ASDTYPE 2.7.6, base64; never empty for a timed event).
    ``organizer_address`` is bare and empty for a plain appointment. ``response`` is ResponseType of
    the mailbox's owner as far as the object says it: 0 none, 1 organiser, 2 tentative, 3 accepted,
    4 declined, 5 not responded, NOT_SAID. ``exceptions`` are in order of ``original``.
    ``recurrence_id`` is set for an orphan: one occurrence of a series that this mailbox does not
    hold. ``is_read_only``: the object's recurrence is beyond ActiveSync; ``recurrence`` and
    ``exceptions`` then show its occurrences one by one and cannot be changed. ``client_uid`` is the
    ClientUid under which a device made it (MS-ASCAL R2062). ``faults`` says in words what
    could not be read as written.
    """

    uid: str
    details: Details
    tzid: str = ""
    zone_blob: str = ""
    sequence: int = 0
    organizer_name: str = ""
    organizer_address: str = ""
    response: int = NOT_SAID
    replied_at: float | None = None
    response_requested: bool = False
    disallow_new_time_proposal: bool = False
    recurrence: RecurrenceRule | None = None
    exceptions: tuple[Occurrence, ...] = ()
    recurrence_id: float | None = None
    is_read_only: bool = False
    client_uid: str = ""
    faults: tuple[str, ...] = field(default=())

    @property
    def is_meeting(self) -> bool:
        """Whether there is anybody to invite or who invited."""
        return bool(self.details.attendees) or any(
            one.details is not None and one.details.attendees for one in self.exceptions
        )
