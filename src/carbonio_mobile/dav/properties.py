"""The values of properties, out of their elements.

Each reader takes what :attr:`Response.found` has under the property's name, None where the server
did not give it.

Spec: RFC 4918 15, RFC 3253 3.1.5, RFC 3744 5.4, RFC 4791 5.2, RFC 6352 6.2.
"""

import re
from typing import Final

from lxml import etree

from carbonio_mobile.dav.documents import elements, text_of
from carbonio_mobile.dav.hrefs import Url, resolved
from carbonio_mobile.dav.names import HREF, clark

EVENTS: Final = "VEVENT"
TASKS: Final = "VTODO"
JOURNALS: Final = "VJOURNAL"
ALL_COMPONENTS: Final = frozenset((EVENTS, TASKS, JOURNALS))

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_PRIVILEGE: Final = clark("D:privilege")
_SUPPORTED: Final = clark("D:supported-report")
_REPORT: Final = clark("D:report")
_COMPONENT: Final = clark("C:comp")
_FORM: Final = clark("A:address-data-type")


def names_in(element: etree._Element | None) -> frozenset[str]:
    """Give the names of the children: of resourcetype."""
    return frozenset(str(one.tag) for one in elements(element))


def urls_in(element: etree._Element | None, base: Url) -> tuple[Url, ...]:
    """Give the resources of the hrefs in an element, each once. Raises: ProtocolError."""
    return tuple(dict.fromkeys(resolved(one, base) for one in hrefs_in(element) if one))


def hrefs_in(element: etree._Element | None) -> tuple[str, ...]:
    """Give hrefs as they stand: of a set of addresses, which may be ``mailto:``."""
    return tuple(text_of(one) for one in elements(element) if one.tag == HREF)


def components_in(element: etree._Element | None) -> frozenset[str]:
    """Give the components that a calendar takes; all where it does not tell (RFC 4791 5.2.3)."""
    if element is None:
        return ALL_COMPONENTS
    found = (one.get("name", "") for one in elements(element) if one.tag == _COMPONENT)
    return frozenset(one.upper() for one in found if one)


def reports_in(element: etree._Element | None) -> frozenset[str]:
    """Give the names of the reports that a resource answers."""
    found = [inner for one in elements(element) if one.tag == _SUPPORTED for inner in elements(one)]
    # Xandikos leaves the report element out around the name.
    return frozenset(
        str(name.tag) for one in found for name in (elements(one) if one.tag == _REPORT else [one])
    )


def privileges_in(element: etree._Element | None) -> frozenset[str] | None:
    """Give the names of the rights that the login has; None where the server does not tell."""
    if element is None:
        return None
    return frozenset(
        str(right.tag)
        for one in elements(element)
        if one.tag == _PRIVILEGE
        for right in elements(one)
    )


def vcard_versions_in(element: etree._Element | None) -> frozenset[str]:
    """Give the versions of vCard that a book takes; 3.0 where it does not tell (RFC 6352 6.2.2)."""
    found = frozenset(
        one.get("version", "3.0")
        for one in elements(element)
        if one.tag == _FORM and one.get("content-type", "").lower() in {"text/vcard", ""}
    )
    return found or frozenset(("3.0",))


def colour_in(text: str) -> str:
    """Give ``#RRGGBB`` of that or of Apple's ``#RRGGBBAA``; empty for anything else."""
    match = _COLOUR.match(text)
    return match[0].upper() if match and len(text) in {7, 9} else ""


def number_in(text: str) -> int | None:
    """Give a number from 0 up; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
