"""A scheduling message of iTIP: what it asks or answers, and about which event.

Spec: RFC 5546 3.2; RFC 6047; MS-OXCICAL 2.1.3.1.1.1 (METHOD), 2.1.3.1.1.20.32 (intended status).
"""

from dataclasses import dataclass, field

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.components import Component, line, parse, shown, write
from carbonio_mobile.pim.contentlines import ContentLine
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.eventfields import BUSY, INTENDED_STATUS, inverted
from carbonio_mobile.pim.events import read_event

METHODS = frozenset(("REQUEST", "CANCEL", "REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"))
MAX_COMMENT_CHARS = 32_768
MAX_INSTANCES = 100

_VOLATILE = frozenset(("DTSTAMP", "CREATED", "LAST-MODIFIED", "PRODID"))
_ANSWERS = frozenset(("REPLY", "COUNTER"))

_WORDS = inverted(BUSY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItipMessage:
    """A scheduling message. ``method`` is in capitals.

    ``event`` is what the calendar says, ``source`` the calendar as it may be stored: with this one
    event and without a method. ``comment`` is what an attendee wrote. ``says_cancelled``: the event
    itself is marked so, which tells the end of a meeting from the removal of one attendee.
    ``intended_busy`` is the busy status that the organiser wants for who accepts.
    """

    method: str
    event: Event
    source: bytes = field(repr=False)
    comment: str = ""
    says_cancelled: bool = False
    intended_busy: int = 2


def parse_itip(source: bytes, method: str = "") -> tuple[ItipMessage, ...]:
    """Read a calendar with a method; ``method`` is for one that does not name it itself.

    One message, unless it is about several occurrences without their series: then one for each, in
    their order. Raises: Corrupt (no event, no method that is known).
    """
    calendar = _calendar(source)
    method = (shown(calendar.first("METHOD")) or method).strip().upper()
    if method not in METHODS:
        raise Corrupt(f"a calendar with the method {method[:20]!r}")
    _keep_one_event(calendar)
    calendar.put(["METHOD"], [])
    events = calendar.components("VEVENT")
    if len(events) == 1 or any(one.first("RECURRENCE-ID") is None for one in events):
        return (_message(calendar, method),)
    frame = [one for one in calendar.content if one not in events]
    single = (Component("VCALENDAR", [*frame, one]) for one in events[:MAX_INSTANCES])
    return tuple(_message(one, method) for one in single)


def _message(calendar: Component, method: str) -> ItipMessage:
    events = calendar.components("VEVENT")
    first = next((one for one in events if one.first("RECURRENCE-ID") is None), events[0])
    event = read_event(write(Component("", [calendar])))
    intended = _intended(first, event.details.busy_status)
    if method == "REQUEST":
        # The entry shows another status until it is answered.
        first.put([INTENDED_STATUS], [line(INTENDED_STATUS, _WORDS[intended])])
    source = write(Component("", [calendar]))
    return ItipMessage(
        method=method,
        event=event,
        source=source,
        comment=shown(first.first("COMMENT"), MAX_COMMENT_CHARS),
        says_cancelled=shown(first.first("STATUS")).strip().upper() == "CANCELLED",
        intended_busy=intended,
    )


def intended_busy(source: bytes) -> int:
    """Give the busy status that the organiser of a stored meeting wants for who accepts."""
    try:
        return _intended(_calendar(source).components("VEVENT")[0], 2)
    except Corrupt:
        return 2


def substance(source: bytes) -> bytes:
    """Give what a calendar with a method says, the same for each time it is written anew.

    Times of writing are not in it, nor what the organiser passes on of the answers of others.
    Raises: Corrupt.
    """
    calendar = _calendar(source)
    answers = shown(calendar.first("METHOD")).strip().upper() in _ANSWERS
    said: list[str] = []
    for component in (calendar, *calendar.walk("VEVENT")):
        lines = []
        for one in component.content:
            if isinstance(one, ContentLine) and one.name not in _VOLATILE:
                head = one.head
                if one.name == "ATTENDEE" and not answers:
                    head = ""
                lines.append(f"{one.name};{head}:{one.value.strip()}")
        said += [component.name, *sorted(lines)]
    return "\n".join(said).encode("utf-8", "surrogatepass")


def _calendar(source: bytes) -> Component:
    """Give the first calendar with an event; some senders forget to close it."""
    for one in parse(source).components("VCALENDAR"):
        if one.components("VEVENT"):
            return one
    raise Corrupt("no calendar with an event")


def _keep_one_event(calendar: Component) -> None:
    """Take out what is about something else than the first event (RFC 5546 3.2: one UID)."""
    uid = _uid(calendar.components("VEVENT")[0])
    calendar.content = [
        one
        for one in calendar.content
        if not isinstance(one, Component)
        or (_uid(one) == uid if one.name == "VEVENT" else one.name == "VTIMEZONE")
    ]


def _uid(component: Component) -> str:
    return shown(component.first("UID")).strip()


def _intended(event: Component, default: int) -> int:
    return BUSY.get(shown(event.first(INTENDED_STATUS)).strip().upper(), default)
