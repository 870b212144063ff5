"""The bodies of requests.

Spec: RFC 4918 9.1 and 9.2, RFC 4791 5.3.1, 7.8 to 7.10, RFC 5689 3, RFC 6352 8.7, RFC 6578 3.2.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from lxml import etree

from carbonio_mobile.dav.collection import Kind
from carbonio_mobile.dav.documents import clean
from carbonio_mobile.dav.hrefs import Url, path
from carbonio_mobile.dav.names import (
    ADDRESS_BOOK_MULTIGET,
    ADDRESS_TEXT,
    CALENDAR_MULTIGET,
    CALENDAR_QUERY,
    CALENDAR_TEXT,
    COLOUR,
    COMPONENTS,
    DISPLAY_NAME,
    ETAG,
    FREE_BUSY_QUERY,
    HREF,
    IS_ADDRESS_BOOK,
    IS_CALENDAR,
    IS_COLLECTION,
    ORDER,
    PREFIXES,
    PROP,
    RESOURCE_TYPE,
    SYNC_REPORT,
    SYNC_TOKEN,
    clark,
)

XML = "application/xml; charset=utf-8"
_COMPONENT = clark("C:comp")
_FILTER = clark("C:filter")
_COMPONENT_FILTER = clark("C:comp-filter")
_PROPERTY_FILTER = clark("C:prop-filter")
_TIME_RANGE = clark("C:time-range")
_SET = clark("D:set")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_S = -62_135_596_800.0
_LAST_S = 253_402_300_799.0


def propfind(names: Iterable[str]) -> bytes:
    """Ask for properties by name."""
    root = _root(clark("D:propfind"))
    _properties(root, names)
    return _octets(root)


def proppatch(values: Mapping[str, str]) -> bytes:
    """Set properties to texts; an empty text removes one. There must be at least one."""
    root = _root(clark("D:propertyupdate"))
    for name, value in values.items():
        change = _add(root, _SET if value else clark("D:remove"))
        _add(_add(change, PROP), name, value)
    return _octets(root)


def shown(kind: Kind, name: str | None, colour: str | None, order: int | None) -> dict[str, str]:
    """Give the properties by which people know a collection; None leaves one as it is.

    An address book has a name only: some servers refuse all where they do not know one property.
    """
    values = {DISPLAY_NAME: name}
    if kind is Kind.CALENDAR:
        values |= {COLOUR: colour, ORDER: None if order is None else str(order)}
    return {property_: value for property_, value in values.items() if value is not None}


def mkcalendar(values: Mapping[str, str], components: Iterable[str]) -> bytes:
    """Make a calendar for components."""
    root = _root(clark("C:mkcalendar"))
    _made(root, values, components)
    return _octets(root)


def mkcol(kind: Kind, values: Mapping[str, str], components: Iterable[str] = ()) -> bytes:
    """Make a collection of a kind."""
    root = _root(clark("D:mkcol"))
    properties = _made(root, values, components)
    types = _add(properties, RESOURCE_TYPE)
    _add(types, IS_COLLECTION)
    _add(types, IS_CALENDAR if kind is Kind.CALENDAR else IS_ADDRESS_BOOK)
    return _octets(root)


def sync_collection(token: str, *, page: int | None) -> bytes:
    """Ask what changed since a token, everything for an empty one; ``page`` resources at most."""
    root = _root(SYNC_REPORT)
    _add(root, SYNC_TOKEN, token)
    _add(root, clark("D:sync-level"), "1")
    if page is not None:
        _add(_add(root, clark("D:limit")), clark("D:nresults"), str(page))
    _properties(root, (ETAG,))
    return _octets(root)


def multiget(kind: Kind, urls: Iterable[Url], *, vcard_version: str = "") -> bytes:
    """Ask for members with their text; as the server keeps them without a ``vcard_version``."""
    root = _root(CALENDAR_MULTIGET if kind is Kind.CALENDAR else ADDRESS_BOOK_MULTIGET)
    _wanted(root, kind, vcard_version)
    for url in urls:
        _add(root, HREF, path(url))
    return _octets(root)


def calendar_query(component: str, start: float | None, end: float | None) -> bytes:
    """Ask for the etags of members that hold a component, and happen in a range of time.

    ``start`` (taken in) and ``end`` (left out) are seconds since 1970 UTC; None is without bound.
    """
    root = _root(CALENDAR_QUERY)
    wanted = _components_wanted(root, component)
    if start is not None or end is not None:
        _time_range(wanted, start, end)
    return _octets(root)


def series_query(component: str) -> bytes:
    """Ask for the etags of members that hold a component with a rule of recurrence."""
    root = _root(CALENDAR_QUERY)
    _add(_components_wanted(root, component), _PROPERTY_FILTER).set("name", "RRULE")
    return _octets(root)


def _components_wanted(root: etree._Element, component: str) -> etree._Element:
    _properties(root, (ETAG,))
    calendar = _add(_add(root, _FILTER), _COMPONENT_FILTER)
    calendar.set("name", "VCALENDAR")
    wanted = _add(calendar, _COMPONENT_FILTER)
    wanted.set("name", component)
    return wanted


def free_busy_query(start: float, end: float) -> bytes:
    """Ask when a calendar is busy, from ``start`` to ``end`` in seconds since 1970 UTC."""
    root = _root(FREE_BUSY_QUERY)
    _time_range(root, start, end)
    return _octets(root)


def moment(seconds: float) -> str:
    """Write a point in time as iCalendar does, ``20260131T235959Z``; beyond its years, the last."""
    when = _EPOCH + timedelta(seconds=int(min(max(seconds, _FIRST_S), _LAST_S)))
    return f"{when.year:04}{when:%m%dT%H%M%SZ}"


def _time_range(parent: etree._Element, start: float | None, end: float | None) -> None:
    element = _add(parent, _TIME_RANGE)
    if start is not None:
        element.set("start", moment(start))
    if end is not None:
        element.set("end", moment(end))


def _wanted(root: etree._Element, kind: Kind, vcard_version: str) -> None:
    properties = _add(root, PROP)
    _add(properties, ETAG)
    text = _add(properties, CALENDAR_TEXT if kind is Kind.CALENDAR else ADDRESS_TEXT)
    if vcard_version:
        text.set("content-type", "text/vcard")
        text.set("version", vcard_version)


def _made(
    root: etree._Element, values: Mapping[str, str], components: Iterable[str]
) -> etree._Element:
    properties = _add(_add(root, _SET), PROP)
    for name, value in values.items():
        _add(properties, name, value)
    wanted = sorted(components)
    if wanted:
        listed = _add(properties, COMPONENTS)
        for one in wanted:
            _add(listed, _COMPONENT).set("name", one)
    return properties


def _properties(root: etree._Element, names: Iterable[str]) -> None:
    properties = _add(root, PROP)
    for name in names:
        _add(properties, name)


def _root(name: str) -> etree._Element:
    return etree.Element(name, nsmap=PREFIXES)


def _add(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    element = etree.SubElement(parent, name)
    if text:
        element.text = clean(text)
    return element


def _octets(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")
