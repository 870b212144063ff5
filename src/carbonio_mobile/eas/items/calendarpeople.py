"""``Attendees``: who is invited to an event, to and from its element; whose meeting it is.

Spec: MS-ASCAL 2.2.2.3 to 2.2.2.6 (Attendee), 2.2.2.28 (MeetingStatus), 2.2.2.40 (ResponseType).
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.times import format_compact
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.addresses import parse_address_text
from carbonio_mobile.pim.event import NOT_SAID, Attendee, Details, Event
from carbonio_mobile.wbxml.codepages import Calendar, MeetingResponse
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_ATTENDEES = 5000
MAX_NAME_CHARS = 1024

_STATUSES = frozenset((0, 2, 3, 4, 5))  # R118
_KINDS = frozenset((1, 2, 3))  # R123
_ORGANIZER, _NOT_RESPONDED = 1, 5
_ANSWERS = frozenset((2, 3, 4))
_MEETING, _RECEIVED, _CANCELLED = 1, 2, 4


def is_own_meeting(event: Event, addresses: AbstractSet[str]) -> bool:
    """Tell whether nobody else has called this meeting; ``addresses`` are lower case.

    An event without an organiser belongs to whose calendar it stands in.
    """
    return not event.organizer_address or event.organizer_address.lower() in addresses


def meeting_status(event: Event, details: Details, addresses: AbstractSet[str]) -> int:
    """Give MeetingStatus: bits 1 meeting, 2 received, 4 cancelled (R310 to R314).

    What is cancelled or comes from somebody else is a meeting even where nobody is named.
    """
    received = not is_own_meeting(event, addresses)
    if not (details.attendees or received or details.is_cancelled):
        return 0
    return _MEETING | _RECEIVED * received | _CANCELLED * details.is_cancelled


def response_type(details: Details, said: int, addresses: AbstractSet[str], status: int) -> int:
    """Give ResponseType (R408 to R418): what the object said, else how the attendee answered.

    ``said`` is the response of the event or of its occurrence, NOT_SAID for none; ``status`` is the
    MeetingStatus.
    """
    if not status & _MEETING:
        return 0
    if not status & _RECEIVED:
        return _ORGANIZER
    if said not in (NOT_SAID, _ORGANIZER):
        return said
    own = [one.status for one in details.attendees if one.address.lower() in addresses]
    return own[0] if own and own[0] in _ANSWERS else _NOT_RESPONDED


def attendees_element(attendees: Sequence[Attendee], version: Version) -> Element:
    """Build Attendees, empty where there is nobody."""
    return Element(Calendar.Attendees, [_attendee(one, version) for one in attendees])


def _attendee(one: Attendee, version: Version) -> Element:
    children = [
        Element(Calendar.Email, one.address),
        Element(Calendar.Name, one.name or one.address),
    ]
    if version >= Version.V12_0:
        children.append(Element(Calendar.AttendeeStatus, str(one.status)))
        children.append(Element(Calendar.AttendeeType, str(one.kind)))
    if version >= Version.V16_1 and one.proposed is not None:
        start, end = (format_compact(at) for at in one.proposed)
        children.append(Element(MeetingResponse.ProposedStartTime, start))
        children.append(Element(MeetingResponse.ProposedEndTime, end))
    return Element(Calendar.Attendee, children)


def parse_attendees(
    element: Element, before: Sequence[Attendee], version: Version
) -> tuple[Attendee, ...]:
    """Read Attendees: the whole list, each address once, in the order sent; empty is nobody.

    Of those who stand in ``before`` it keeps what a device does not know or may not say: an address
    that Outlook left out (client-quirks 4.9), from 16.0 on the answer (R2028), a proposed time. One
    without any address is left out.
    Raises: ItemFault for a child of another kind, a value out of range, more than MAX_ATTENDEES.
    """
    if len(element.children) > MAX_ATTENDEES:
        raise ItemFault("too many attendees")
    known = {one.address.lower(): one for one in before if one.address}
    named = {one.name: one for one in before if one.name}
    found: dict[str, Attendee] = {}
    for child in element:
        if child.tag is not Calendar.Attendee:
            raise ItemFault(f"{child.tag} among attendees")
        one = _parsed(child, known, named, version)
        if one is not None:
            found.setdefault(one.address.lower(), one)
    return tuple(found.values())


def _parsed(
    element: Element,
    known: Mapping[str, Attendee],
    named: Mapping[str, Attendee],
    version: Version,
) -> Attendee | None:
    name = element.value(Calendar.Name, "").strip()
    if len(name) > MAX_NAME_CHARS:
        raise ItemFault("the name of an attendee is too long")
    address = bare_address(element.value(Calendar.Email, ""))
    stored = known.get(address.lower()) if address else named.get(name)
    if not address:
        if stored is None:
            return None
        address = stored.address
    if stored is None:
        stored = Attendee(address=address)
    if name == address and not stored.name:
        name = ""  # what stands in Name where there is none
    return Attendee(
        address=address,
        name=name,
        status=_status(element, stored.status, version),
        kind=_choice(element, Calendar.AttendeeType, _KINDS, stored.kind),
        proposed=stored.proposed,
    )


def bare_address(text: str) -> str:
    """Give the address of ``"Name" <a@b>`` or ``mailto:a@b``; what is no address stays as it is.

    MS-ASCAL R230: it may be any text.
    """
    stripped = text.strip()
    if stripped[:7].lower() == "mailto:":
        stripped = stripped[7:].strip()
    if len(stripped) > MAX_NAME_CHARS:
        raise ItemFault("an address is too long")
    if "<" in stripped:
        read = parse_address_text(stripped, 1)
        if read and "@" in read[0].address:
            return read[0].address
    return stripped


def _status(element: Element, stored: int, version: Version) -> int:
    """Read AttendeeStatus; 0 says that the device does not know, so that a known answer stays."""
    if version >= Version.V16_0:
        return stored
    return _choice(element, Calendar.AttendeeStatus, _STATUSES, stored) or stored


def _choice(element: Element, tag: Tag, choices: AbstractSet[int], default: int) -> int:
    text = element.value(tag, "").strip()
    if not text:
        return default
    if text not in {str(one) for one in choices}:
        raise ItemFault(f"{tag} is none of its values")
    return int(text)
