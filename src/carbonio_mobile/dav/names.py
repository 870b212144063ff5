"""The names of elements that this product says or understands, as lxml writes them.

Spec: RFC 4918 14 and 15, RFC 3744, 4791, 5397, 5689, 6352, 6578, 6638; calendarserver.org's ctag
and sharing; Apple's colour and order, which every server keeps.
"""

from typing import Final

DAV: Final = "DAV:"
CALDAV: Final = "urn:ietf:params:xml:ns:caldav"
CARDDAV: Final = "urn:ietf:params:xml:ns:carddav"
CALENDARSERVER: Final = "http://calendarserver.org/ns/"
APPLE: Final = "http://apple.com/ns/ical/"

PREFIXES: Final = {"D": DAV, "C": CALDAV, "A": CARDDAV, "S": CALENDARSERVER, "I": APPLE}
"""What our own documents call the namespaces."""

_BY_URI: Final = {uri: prefix for prefix, uri in PREFIXES.items()}


def clark(name: str) -> str:
    """Give ``{namespace}local`` for one of our own short names, ``D:href``."""
    prefix, _, local = name.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}"


def short(name: str) -> str:
    """Give a name as texts show it: ours with its prefix, any other by its local part alone."""
    uri, _, local = name[1:].partition("}") if name.startswith("{") else ("", "", name)
    return f"{_BY_URI[uri]}:{local}" if uri in _BY_URI else local


HREF: Final = clark("D:href")
STATUS: Final = clark("D:status")
RESPONSE: Final = clark("D:response")
PROPSTAT: Final = clark("D:propstat")
PROP: Final = clark("D:prop")
ERROR: Final = clark("D:error")
MULTISTATUS: Final = clark("D:multistatus")

RESOURCE_TYPE: Final = clark("D:resourcetype")
DISPLAY_NAME: Final = clark("D:displayname")
ETAG: Final = clark("D:getetag")
CONTENT_TYPE: Final = clark("D:getcontenttype")
SYNC_TOKEN: Final = clark("D:sync-token")
REPORTS: Final = clark("D:supported-report-set")
PRIVILEGES: Final = clark("D:current-user-privilege-set")
PRINCIPAL: Final = clark("D:current-user-principal")
OWNER: Final = clark("D:owner")
CTAG: Final = clark("S:getctag")

CALENDAR_HOMES: Final = clark("C:calendar-home-set")
COMPONENTS: Final = clark("C:supported-calendar-component-set")
SCHEDULE_INBOX: Final = clark("C:schedule-inbox-URL")
SCHEDULE_OUTBOX: Final = clark("C:schedule-outbox-URL")
DEFAULT_CALENDAR: Final = clark("C:schedule-default-calendar-URL")
USER_ADDRESSES: Final = clark("C:calendar-user-address-set")
CALENDAR_SIZE: Final = clark("C:max-resource-size")
CALENDAR_TEXT: Final = clark("C:calendar-data")
COLOUR: Final = clark("I:calendar-color")
ORDER: Final = clark("I:calendar-order")

ADDRESS_BOOK_HOMES: Final = clark("A:addressbook-home-set")
ADDRESS_FORMS: Final = clark("A:supported-address-data")
ADDRESS_BOOK_SIZE: Final = clark("A:max-resource-size")
ADDRESS_TEXT: Final = clark("A:address-data")

IS_COLLECTION: Final = clark("D:collection")
IS_CALENDAR: Final = clark("C:calendar")
IS_ADDRESS_BOOK: Final = clark("A:addressbook")
IS_SHARED: Final = clark("S:shared")
IS_DELETED: Final = "{http://nextcloud.com/ns}deleted-calendar"
"""In Nextcloud's bin for thirty days: listed among the others, but of no use to anybody."""

SYNC_REPORT: Final = clark("D:sync-collection")
CALENDAR_MULTIGET: Final = clark("C:calendar-multiget")
CALENDAR_QUERY: Final = clark("C:calendar-query")
FREE_BUSY_QUERY: Final = clark("C:free-busy-query")
ADDRESS_BOOK_MULTIGET: Final = clark("A:addressbook-multiget")

VALID_TOKEN: Final = clark("D:valid-sync-token")
TOO_MANY_MATCHES: Final = clark("D:number-of-matches-within-limits")
CALENDAR_UID_CONFLICT: Final = clark("C:no-uid-conflict")
ADDRESS_BOOK_UID_CONFLICT: Final = clark("A:no-uid-conflict")
