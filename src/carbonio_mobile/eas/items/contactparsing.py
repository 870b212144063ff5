"""The values of a contact's elements as a device sends them, checked one by one.

Spec: MS-ASCNTC 2.2.2; MS-ASDTYPE 2.3, 2.7; client-quirks 8.10 (birthdays).
"""

from datetime import date

from carbonio_mobile.eas.items.contactfields import GHOSTABLE
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.contentlines import from_base64
from carbonio_mobile.wbxml.codepages import AirSyncBase, Contacts
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_STRING_CHARS = 32_768
MAX_LISTED = 300
"""How many categories or children a contact may have (MS-ASCNTC R183, R194)."""
MAX_PICTURE_CHARS = 48 * 1024
"""How long Picture may be in base64 (MS-ASCNTC R381)."""

_DAY_S = 86_400
_EPOCH_DAY = 719_163

_ALWAYS = GHOSTABLE | {Contacts.Picture}
_NATIVE = frozenset(
    {Contacts.Body, Contacts.BodySize, Contacts.BodyTruncated, Contacts.CompressedRTF}
)
_BASE = frozenset({AirSyncBase.Body, AirSyncBase.NativeBodyType})
# Set by the server alone; devices that copy an entry of the cache send them, and mean no harm.
_IGNORED = frozenset({Contacts.Alias, Contacts.WeightedRank})


def check(data: Element, version: Version) -> None:
    """Raise ItemFault for an element that is not the Contact class's in a version."""
    for child in data:
        tag = child.tag
        if tag in _ALWAYS:
            continue
        body = _NATIVE if version < Version.V12_0 else _BASE
        if tag not in body and not (tag in _IGNORED and version >= Version.V14_0):
            raise ItemFault(f"{tag} of a contact in version {version.text}")


def first_of_each(data: Element) -> dict[Tag, Element]:
    """Give the children by tag, of repeated ones the first."""
    found: dict[Tag, Element] = {}
    for child in data:
        found.setdefault(child.tag, child)
    return found


def parse_string(element: Element | None) -> str:
    """Read a string; absent is empty. Raises: ItemFault for one beyond 32 768 characters."""
    if element is None:
        return ""
    if element.children:
        raise ItemFault(f"{element.tag} is no string")
    text = element.string
    if len(text) > MAX_STRING_CHARS:
        raise ItemFault(f"{element.tag} is too long")
    return text


def parse_date(element: Element | None) -> date | None:
    """Read a date from a dateTime: the day whose beginning is nearest, None for an empty element.

    Devices send midnight of their own zone, or some hour of the day; noon belongs to its day
    (MS-ASCNTC R109001, R999). Raises: ItemFault for what is no time.
    """
    text = parse_string(element).strip()
    if not text:
        return None
    try:
        seconds = parse_datetime(text)
        return date.fromordinal(_EPOCH_DAY + int(-((_DAY_S / 2 - seconds) // _DAY_S)))
    except (ValueError, OverflowError) as exc:
        raise ItemFault("a date of a contact that is none") from exc


def parse_list(element: Element | None, child_tag: Tag) -> tuple[str, ...]:
    """Read the strings of a container, each once, in order; empty ones are left out.

    Raises: ItemFault for more than 300, or another child.
    """
    if element is None:
        return ()
    if len(element.children) > MAX_LISTED:
        raise ItemFault(f"more than {MAX_LISTED} in {element.tag}")
    if element.text or any(child.tag is not child_tag for child in element):
        raise ItemFault(f"{element.tag} holds more than {child_tag}")
    texts = dict.fromkeys(parse_string(child).strip() for child in element)
    texts.pop("", None)
    return tuple(texts)


def parse_picture(element: Element) -> bytes:
    """Read a picture from base64, or as plain octets where it came as OPAQUE.

    Raises: ItemFault (status 6) beyond 48 KB of base64 (MS-ASCNTC R384), and for no base64.
    """
    if element.children:
        raise ItemFault("Picture is no string")
    text = "".join(element.string.split())
    if len(element.octets) > 2 * MAX_PICTURE_CHARS or len(text) > MAX_PICTURE_CHARS:
        raise ItemFault("a picture that is too large")
    octets = from_base64(text)
    if octets is None and isinstance(element.text, bytes):
        octets = element.text
    if octets is None or len(octets) > MAX_PICTURE_CHARS // 4 * 3:
        raise ItemFault("a picture that cannot be read")
    return octets
