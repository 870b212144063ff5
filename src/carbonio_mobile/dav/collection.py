"""A calendar or an address book as its server describes it.

Spec: RFC 4791 4.2 and 5.2, RFC 6352 5.2 and 6.2, RFC 3744 3 (what the rights are called).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from carbonio_mobile.dav.hrefs import Url, as_collection
from carbonio_mobile.dav.hrefs import name as segment_of
from carbonio_mobile.dav.multistatus import Response
from carbonio_mobile.dav.names import (
    ADDRESS_BOOK_MULTIGET,
    ADDRESS_BOOK_SIZE,
    ADDRESS_FORMS,
    CALENDAR_MULTIGET,
    CALENDAR_SIZE,
    COLOUR,
    COMPONENTS,
    CTAG,
    DISPLAY_NAME,
    IS_ADDRESS_BOOK,
    IS_CALENDAR,
    IS_DELETED,
    IS_SHARED,
    ORDER,
    OWNER,
    PRIVILEGES,
    REPORTS,
    RESOURCE_TYPE,
    SYNC_REPORT,
    SYNC_TOKEN,
    clark,
)
from carbonio_mobile.dav.properties import (
    colour_in,
    components_in,
    names_in,
    number_in,
    privileges_in,
    reports_in,
    urls_in,
    vcard_versions_in,
)

NAME_CHARACTERS_MAX: Final = 255
_WRITE: Final = frozenset((clark("D:write"), clark("D:all")))
_PARTS: Final = frozenset((clark("D:write-content"), clark("D:bind"), clark("D:unbind")))


class Kind(Enum):
    """What a collection holds."""

    CALENDAR = "calendar"
    ADDRESS_BOOK = "address book"


LISTED: Final = (
    RESOURCE_TYPE,
    DISPLAY_NAME,
    COMPONENTS,
    CTAG,
    SYNC_TOKEN,
    REPORTS,
    PRIVILEGES,
    OWNER,
    COLOUR,
    ORDER,
    CALENDAR_SIZE,
    ADDRESS_BOOK_SIZE,
    ADDRESS_FORMS,
)
"""The properties that :func:`read_collection` wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What is known of a collection without looking at its members.

    ``components`` is empty for an address book, ``vcard_versions`` for a calendar. ``order`` and
    ``size_max`` (octets of one member) are None where the server does not tell; ``ctag`` and
    ``sync_token`` are empty then. ``is_shared``: it is another's, or of another's making.
    """

    url: Url
    kind: Kind
    name: str
    components: frozenset[str] = frozenset()
    vcard_versions: frozenset[str] = frozenset()
    colour: str = ""
    order: int | None = None
    ctag: str = ""
    sync_token: str = ""
    reports: frozenset[str] = frozenset()
    is_read_only: bool = False
    is_shared: bool = False
    size_max: int | None = None

    @property
    def can_sync(self) -> bool:
        """Whether the server says what changed since a token."""
        return SYNC_REPORT in self.reports

    @property
    def can_multiget(self) -> bool:
        """Whether the server gives many members at once; taken for granted where it is silent."""
        wanted = CALENDAR_MULTIGET if self.kind is Kind.CALENDAR else ADDRESS_BOOK_MULTIGET
        return wanted in self.reports or not self.reports


def read_collection(response: Response, *, principal: Url | None = None) -> Collection | None:
    """Give the calendar or address book that a response tells of; None for any other resource.

    ``principal`` is who asks. Raises: ProtocolError (an href in it is none).
    """
    found = response.found
    types = names_in(found.get(RESOURCE_TYPE))
    if not response.is_there or not types & {IS_CALENDAR, IS_ADDRESS_BOOK} or IS_DELETED in types:
        return None
    is_calendar = IS_CALENDAR in types
    owners = urls_in(found.get(OWNER), response.url)
    return Collection(
        url=as_collection(response.url),
        kind=Kind.CALENDAR if is_calendar else Kind.ADDRESS_BOOK,
        name=(response.text(DISPLAY_NAME) or segment_of(response.url))[:NAME_CHARACTERS_MAX],
        components=components_in(found.get(COMPONENTS)) if is_calendar else frozenset(),
        vcard_versions=frozenset() if is_calendar else vcard_versions_in(found.get(ADDRESS_FORMS)),
        colour=colour_in(response.text(COLOUR)),
        order=number_in(response.text(ORDER)),
        ctag=response.text(CTAG),
        sync_token=response.text(SYNC_TOKEN),
        reports=reports_in(found.get(REPORTS)),
        is_read_only=_is_read_only(privileges_in(found.get(PRIVILEGES))),
        is_shared=IS_SHARED in types or _is_foreign(owners, principal),
        size_max=number_in(response.text(CALENDAR_SIZE if is_calendar else ADDRESS_BOOK_SIZE)),
    )


def _is_read_only(privileges: frozenset[str] | None) -> bool:
    """Tell whether a device's changes would be refused; a server that is silent may take them."""
    return privileges is not None and not privileges & _WRITE and not privileges >= _PARTS


def _is_foreign(owners: tuple[Url, ...], principal: Url | None) -> bool:
    if not owners or principal is None:
        return False
    return as_collection(principal) not in map(as_collection, owners)
