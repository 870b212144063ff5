"""``Location``: where something happens, for meetings in mails and for events.

Up to 14.1 it is one line of text in the page of its class; from 16.0 on it is a container of its
own (MS-ASAIRS R1226).

Spec: MS-ASAIRS 2.2.2.28 (Location) and the sections of its children.
"""

from math import isfinite

from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import NOWHERE, Place
from carbonio_mobile.wbxml.codepages import AirSyncBase
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_PLACE_CHARS = 4096

_TAGS: tuple[tuple[str, Tag], ...] = (
    ("display_name", AirSyncBase.DisplayName),
    ("annotation", AirSyncBase.Annotation),
    ("street", AirSyncBase.Street),
    ("city", AirSyncBase.City),
    ("state", AirSyncBase.State),
    ("country", AirSyncBase.Country),
    ("postal_code", AirSyncBase.PostalCode),
    ("latitude", AirSyncBase.Latitude),
    ("longitude", AirSyncBase.Longitude),
    ("accuracy", AirSyncBase.Accuracy),
    ("altitude", AirSyncBase.Altitude),
    ("altitude_accuracy", AirSyncBase.AltitudeAccuracy),
    ("uri", AirSyncBase.LocationUri),
)
_NUMBERS = frozenset(("latitude", "longitude", "accuracy", "altitude", "altitude_accuracy"))
_LINE = ("street", "postal_code", "city", "state", "country")


def place_element(place: Place, version: Version, line: Tag) -> Element:
    """Build Location, empty for nowhere; ``line`` is the element of the class up to 14.1."""
    if version < Version.V16_0:
        return Element(line, place_line(place))
    return Element(
        AirSyncBase.Location,
        [Element(tag, getattr(place, name)) for name, tag in _TAGS if getattr(place, name)],
    )


def place_line(place: Place) -> str:
    """Say a place in one line: its name, or its address where it has none."""
    if place.display_name:
        return place.display_name
    return ", ".join(part for name in _LINE if (part := getattr(place, name)))


def parse_place(element: Element, before: Place = NOWHERE) -> Place:
    """Read Location in either form; empty is nowhere (MS-ASAIRS R1001013).

    A line that says no more than ``before`` did in that form leaves the rest of it as it was.
    Raises: ItemFault for a number that is none (R1001, R1194), for a child twice (R1362), and for
    what is too long.
    """
    if element.tag is not AirSyncBase.Location:
        line = _bounded(element.string)
        return before if line == place_line(before).strip() else Place(display_name=line)
    found: dict[str, str] = {}
    for name, tag in _TAGS:
        children = element.find_all(tag)
        if len(children) > 1:
            raise ItemFault(f"{tag} twice in a location")
        if children:
            found[name] = _checked(name, _bounded(children[0].string))
    return Place(**found)


def _bounded(text: str) -> str:
    stripped = text.strip()
    if len(stripped) > MAX_PLACE_CHARS:
        raise ItemFault("a location is too long")
    return stripped


def _checked(name: str, text: str) -> str:
    if name in _NUMBERS and text:
        try:
            number = float(text)
        except ValueError as exc:
            raise ItemFault(f"{name} of a location is no number") from exc
        if not isfinite(number):
            raise ItemFault(f"{name} of a location is no finite number")
    return text
