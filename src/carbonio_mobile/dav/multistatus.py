"""The answer to most requests: for each resource, what was found and what was refused.

Spec: RFC 4918 13 and 14.16, RFC 6578 3.6 (truncated at the end of a page).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from carbonio_mobile.dav.documents import OCTETS_MAX, elements, read_document, text_of
from carbonio_mobile.dav.hrefs import Url, resolved
from carbonio_mobile.dav.names import (
    ERROR,
    HREF,
    MULTISTATUS,
    PROP,
    PROPSTAT,
    RESPONSE,
    STATUS,
    SYNC_TOKEN,
)
from carbonio_mobile.errors import ProtocolError

OK: Final = 200
INSUFFICIENT_STORAGE: Final = 507
TOKEN_CHARACTERS_MAX: Final = 8192
_STATUS = re.compile(r"\s*HTTP/[0-9.]+\s+([1-5][0-9][0-9])(?![0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What was said of one resource.

    ``found`` holds the properties that it has, by name; ``refused`` the status of those that it
    has not, or that were not changed. ``conditions`` are names of what was violated.
    """

    url: Url
    status: int = OK
    found: Mapping[str, etree._Element] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    conditions: frozenset[str] = frozenset()

    @property
    def is_there(self) -> bool:
        """Whether the resource exists and could be looked at."""
        return 200 <= self.status < 300

    def text(self, name: str) -> str:
        """Give the text of a property, stripped; empty where it was not found."""
        return text_of(self.found.get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Multistatus:
    """All responses in their order; ``sync_token`` is empty where there was none."""

    responses: tuple[Response, ...]
    sync_token: str = ""


def read_multistatus(octets: bytes, base: Url, *, octets_max: int = OCTETS_MAX) -> Multistatus:
    """Read the answer to a request to ``base``.

    Raises: ProtocolError (no such document, or one with an href or a status that is none).
    """
    root = read_document(octets, octets_max=octets_max)
    if root.tag != MULTISTATUS:
        raise ProtocolError("an answer of another kind", expected="multistatus")
    responses = [
        response for one in root.iterchildren(RESPONSE) for response in _responses(one, base)
    ]
    token = text_of(root.find(SYNC_TOKEN))
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise ProtocolError("a sync-token without end")
    return Multistatus(responses=tuple(responses), sync_token=token)


def _responses(element: etree._Element, base: Url) -> list[Response]:
    hrefs: list[str] = []
    status = OK
    found: dict[str, etree._Element] = {}
    refused: dict[str, int] = {}
    conditions: frozenset[str] = frozenset()
    for child in element:
        tag = child.tag
        if tag == HREF:
            hrefs.append(child.text or "")
        elif tag == PROPSTAT:
            conditions |= _read_propstat(child, found, refused)
        elif tag == STATUS:
            status = read_status(child.text or "")
        elif tag == ERROR:
            conditions |= _names(child)
    if not hrefs:
        raise ProtocolError("a response without a resource", expected="href")
    return [
        Response(
            url=resolved(href, base),
            status=status,
            found=found,
            refused=refused,
            conditions=conditions,
        )
        for href in hrefs
    ]


def _read_propstat(
    element: etree._Element, found: dict[str, etree._Element], refused: dict[str, int]
) -> frozenset[str]:
    status = OK
    properties: list[etree._Element] = []
    conditions: frozenset[str] = frozenset()
    for child in element:
        if child.tag == PROP:
            properties += elements(child)
        elif child.tag == STATUS:
            status = read_status(child.text or "")
        elif child.tag == ERROR:
            conditions = _names(child)
    if 200 <= status < 300:
        found.update((str(one.tag), one) for one in properties)
    else:
        refused.update((str(one.tag), status) for one in properties)
    return conditions


def read_status(line: str) -> int:
    """Read ``HTTP/1.1 200 OK``. Raises: ProtocolError."""
    match = _STATUS.match(line)
    if match is None:
        raise ProtocolError("a status line that is none", expected="HTTP/1.1 and a number")
    return int(match[1])


def _names(element: etree._Element) -> frozenset[str]:
    return frozenset(str(one.tag) for one in elements(element))
