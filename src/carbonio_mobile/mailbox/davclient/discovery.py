"""Where an account's calendars and address books are.

A server is asked as a stranger would ask it: well-known addresses, who the login is, where that one
is at home. A configured template (:func:`configured_home`) makes that unnecessary.

Spec: RFC 6764 5 and 6, RFC 5397, RFC 4791 6.2.1, RFC 6352 7.1.1, RFC 6638 2.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from carbonio_mobile.dav.bodies import propfind
from carbonio_mobile.dav.faults import LoginRefused
from carbonio_mobile.dav.hrefs import Url, as_collection, host, path, read_url, resolved
from carbonio_mobile.dav.multistatus import Response
from carbonio_mobile.dav.names import (
    ADDRESS_BOOK_HOMES,
    CALENDAR_HOMES,
    DEFAULT_CALENDAR,
    PRINCIPAL,
    SCHEDULE_INBOX,
    SCHEDULE_OUTBOX,
    USER_ADDRESSES,
)
from carbonio_mobile.dav.properties import hrefs_in, urls_in
from carbonio_mobile.errors import (
    ConfigError,
    NotAllowed,
    NotFound,
    ProtocolError,
    StoreError,
    Unavailable,
)
from carbonio_mobile.mailbox.davclient.connection import DavConnection

_AUTO_SCHEDULE: Final = "calendar-auto-schedule"
_OF_PRINCIPAL: Final = (
    CALENDAR_HOMES,
    ADDRESS_BOOK_HOMES,
    SCHEDULE_INBOX,
    SCHEDULE_OUTBOX,
    USER_ADDRESSES,
)
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """What there is for an account; ``principal`` and those of scheduling None where unknown.

    ``addresses`` are the mail addresses by which calendars know the account, in lower case.
    ``schedules``: the server itself sends invitations when an event is stored (RFC 6638).
    """

    calendars: tuple[Url, ...] = ()
    address_books: tuple[Url, ...] = ()
    principal: Url | None = None
    inbox: Url | None = None
    outbox: Url | None = None
    default_calendar: Url | None = None
    addresses: tuple[str, ...] = ()
    schedules: bool = False


def configured_home(template: str, address: str) -> Url:
    """Give the home that a template means for a mail address.

    ``{address}``, ``{local}`` and ``{domain}`` stand for it and its two parts. Raises: ConfigError.
    """
    local, _, domain = address.rpartition("@")
    parts = {"address": address, "local": local, "domain": domain}

    def put(match: re.Match[str]) -> str:
        if match[1] not in parts:
            raise ConfigError(template, f"{{{match[1]}}} is none of {', '.join(parts)}")
        return quote(parts[match[1]], safe="")

    try:
        return as_collection(read_url(_PLACE.sub(put, template)))
    except ProtocolError as exc:
        raise ConfigError(template, str(exc)) from exc


def configured_homes(calendars: str, address_books: str, address: str) -> Homes | None:
    """Give the homes that templates mean for a mail address; None where both are empty.

    Raises: ConfigError.
    """
    if not (calendars or address_books):
        return None
    return Homes(
        calendars=(configured_home(calendars, address),) if calendars else (),
        address_books=(configured_home(address_books, address),) if address_books else (),
    )


async def find_homes(connection: DavConnection, configured: Homes | None) -> Homes:
    """Ask the site for the login's homes; those that are configured count before what it says.

    A server need not know them then, but may know more. Raises: as :func:`discover`.
    """
    try:
        found = await discover(connection)
    except LoginRefused:
        raise
    except (NotFound, NotAllowed):
        if configured is None:
            raise
        return configured
    if configured is None:
        return found
    return replace(
        found,
        calendars=configured.calendars or found.calendars,
        address_books=configured.address_books or found.address_books,
    )


async def discover(connection: DavConnection) -> Homes:
    """Ask the connection's site for the login's homes.

    Raises: LoginRefused; NotFound (nothing of DAV for this login); Unavailable.
    """
    homes = await _homes(connection, await _principal(connection, "caldav"))
    if not homes.address_books:
        # Some serve contacts by another principal, behind an address of its own.
        homes = await _with_address_books(connection, homes)
    if not homes.calendars and not homes.address_books:
        raise NotFound(f"{host(connection.site.url)} tells of no home for this login")
    return homes


async def _with_address_books(connection: DavConnection, homes: Homes) -> Homes:
    principal = await _principal(connection, "carddav")
    if principal == homes.principal:
        return homes
    other = await _homes(connection, principal)
    if not homes.calendars:
        return other
    return replace(homes, address_books=other.address_books)


async def _principal(connection: DavConnection, service: str) -> Url:
    """Find who the login is, at the first address that knows."""
    site = connection.site.url
    tried = [] if path(site) == "/" else [site]
    tried += [resolved(f"/.well-known/{service}", site), resolved("/", site)]
    refused: StoreError | None = None
    for url in tried:
        try:
            response = await _ask(connection, url, (PRINCIPAL,))
        except LoginRefused:
            raise
        except (NotFound, NotAllowed, Unavailable) as exc:
            refused = exc
            continue
        found = urls_in(response.found.get(PRINCIPAL), response.url)
        if found:
            return found[0]
    if isinstance(refused, Unavailable):
        raise refused
    raise NotFound(f"{host(site)} does not say who the login is: no WebDAV there?")


async def _homes(connection: DavConnection, principal: Url) -> Homes:
    response = await _ask(connection, principal, _OF_PRINCIPAL)
    found = response.found
    base = response.url
    inbox = _first(urls_in(found.get(SCHEDULE_INBOX), base))
    outbox = _first(urls_in(found.get(SCHEDULE_OUTBOX), base))
    return Homes(
        calendars=_collections(urls_in(found.get(CALENDAR_HOMES), base)),
        address_books=_collections(urls_in(found.get(ADDRESS_BOOK_HOMES), base)),
        principal=principal,
        inbox=inbox,
        outbox=outbox,
        default_calendar=await _default_calendar(connection, inbox) if inbox else None,
        addresses=_mail_addresses(hrefs_in(found.get(USER_ADDRESSES))),
        schedules=outbox is not None and await _schedules(connection, outbox),
    )


async def _default_calendar(connection: DavConnection, inbox: Url) -> Url | None:
    """Ask where invitations go; a server that does not answer that has no such calendar."""
    try:
        response = await _ask(connection, inbox, (DEFAULT_CALENDAR,))
    except (NotFound, NotAllowed):
        return None
    found = _first(urls_in(response.found.get(DEFAULT_CALENDAR), response.url))
    return as_collection(found) if found else None


async def _schedules(connection: DavConnection, outbox: Url) -> bool:
    """Tell whether storing an event sends invitations (RFC 6638 2, the header DAV)."""
    answer = await connection.request("OPTIONS", outbox)
    offers = {one.strip() for one in answer.headers.get("dav", "").split(",")}
    return answer.is_good and _AUTO_SCHEDULE in offers


async def _ask(connection: DavConnection, url: Url, names: Iterable[str]) -> Response:
    """Give what one resource says of itself."""
    found = await connection.multistatus("PROPFIND", url, body=propfind(names), depth="0")
    if not found.responses:
        raise NotFound(f"PROPFIND at {host(url)}: an answer about nothing")
    return found.responses[0]


def _first(urls: tuple[Url, ...]) -> Url | None:
    return urls[0] if urls else None


def _collections(urls: tuple[Url, ...]) -> tuple[Url, ...]:
    return tuple(dict.fromkeys(map(as_collection, urls)))


def _mail_addresses(hrefs: tuple[str, ...]) -> tuple[str, ...]:
    found = (one.partition(":") for one in hrefs)
    return tuple(
        dict.fromkeys(
            address.strip().lower() for scheme, _, address in found if scheme.lower() == "mailto"
        )
    )
