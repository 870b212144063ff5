"""The account's calendars and address books: discovery, what there is, what the server can."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote

from carbonio_mobile.dav.bodies import XML, propfind
from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.faults import LoginRefused
from carbonio_mobile.dav.hrefs import resolved
from carbonio_mobile.dav.names import PRINCIPAL
from carbonio_mobile.errors import NotFound, StoreError
from carbonio_mobile.mailbox.davclient.collections import DavCollections
from carbonio_mobile.mailbox.davclient.connection import MULTISTATUS, DavConnection
from carbonio_mobile.mailbox.davclient.discovery import Homes, configured_homes, find_homes
from carbonio_mobile.mailbox.gateway.logins.keychain import Way, named
from carbonio_mobile.mailbox.gateway.objects.choice import arranged
from carbonio_mobile.service.gateway import GatewayClients
from carbonio_mobile.service.gatewaysettings import DavSettings
from carbonio_mobile.setup.doctor.findings import Feature, Level, Part
from carbonio_mobile.setup.doctor.subject import UNTRIED, Subject
from carbonio_mobile.sync.folders import FolderKind

_FEATURES: Final = {
    FolderKind.CALENDAR: Feature.CALENDAR,
    FolderKind.CONTACTS: Feature.CONTACTS,
    FolderKind.TASKS: Feature.TASKS,
    FolderKind.NOTES: Feature.NOTES,
}
_SHOWN: Final = 12
_UNAUTHORIZED: Final = 401


async def look_at_dav(
    part: Part,
    clients: GatewayClients,
    settings: DavSettings,
    subject: Subject,
    *,
    seconds: Callable[[], float],
) -> None:
    """Look at an account's calendars and address books. Raises: StoreError."""
    plan = clients.settings.logins
    user = named(plan.dav_user, subject.address)
    if plan.dav_way is Way.OWN and subject.password is None:
        part.degrades(UNTRIED)
        return
    connection = await clients.dav_connection(subject.account)
    try:
        homes = await _homes(part, connection, settings, subject)
        if homes is None:
            return
        began = seconds()
        collections = await DavCollections(connection, homes).listing()
    except LoginRefused as exc:
        part.fails(
            f"the login of {user} is refused ({exc})",
            "Is the password right, and is this what the server calls the account (dav.user)?",
        )
        return
    except NotFound as exc:
        part.fails(
            f"there is nothing for {user}: {exc}",
            "Is dav.url the beginning of the server's DAV, and has the account been there once? "
            "Else say where its homes are, in dav.calendars and dav.address_books.",
        )
        return
    part.works(f"{len(collections)} collections, listed in {seconds() - began:.2f} s")
    _tell_collections(part, collections)
    _tell_standard(part, clients, collections, homes)
    _tell_scheduling(part, homes)


async def _homes(
    part: Part, connection: DavConnection, settings: DavSettings, subject: Subject
) -> Homes | None:
    configured = configured_homes(settings.calendars, settings.address_books, subject.address)
    for service in ("caldav", "carddav"):
        await _look_at_well_known(part, connection, service)
    homes = await find_homes(connection, configured)
    if homes.principal is not None:
        part.works(f"the login is {_short(homes.principal)}, as the server tells")
    if configured is not None:
        part.works("dav.calendars and dav.address_books say where its homes are")
    for what, urls in (("calendars", homes.calendars), ("address books", homes.address_books)):
        if urls:
            part.works(f"{what} are in {', '.join(map(_short, urls))}")
        else:
            part.degrades(f"the server tells of no home for {what}: phones have none")
    if not homes.calendars and not homes.address_books:
        return None
    return homes


async def _look_at_well_known(part: Part, connection: DavConnection, service: str) -> None:
    """See where a server leads strangers (RFC 6764 5); nothing depends on that alone."""
    where = f"/.well-known/{service}"
    url = resolved(where, connection.site.url)
    headers = {"Content-Type": XML, "Depth": "0"}
    try:
        answer = await connection.request(
            "PROPFIND", url, headers=headers, body=propfind((PRINCIPAL,))
        )
    except StoreError as exc:
        part.degrades(
            f"{where}: {exc}",
            "If it refers to another host that is yours, name that one in dav.other_hosts.",
        )
        return
    if answer.status == MULTISTATUS:
        part.works(f"{where} leads to {_short(answer.url)}")
    elif answer.status != _UNAUTHORIZED:
        part.works(f"{where} is not there ({answer.status}); dav.url and / are asked")


def _short(url: str) -> str:
    """Give a URL as people read it, without the scheme."""
    return unquote(url.partition("://")[2] or url)


def _tell_collections(part: Part, collections: Sequence[Collection]) -> None:
    for one in collections[:_SHOWN]:
        _tell_collection(part, one)
    if len(collections) > _SHOWN:
        part.works(f"and {len(collections) - _SHOWN} more")


def _tell_collection(part: Part, one: Collection) -> None:
    holds = "contacts" if one.kind is Kind.ADDRESS_BOOK else ", ".join(sorted(one.components))
    text = f"{one.name} ({_short(one.url)}): {one.kind.value} of {holds or 'nothing known'}"
    if one.is_shared:
        text += ", another's"
    if one.is_read_only:
        text += ", may be read only: changes are undone on phones"
    if one.can_sync:
        part.works(f"{text}; it tells what changed (sync-collection)")
    elif one.ctag:
        part.works(f"{text}; no sync-collection: all etags are read when its ctag differs")
    else:
        part.degrades(f"{text}; neither sync-collection nor ctag: all etags are read each time")
    if not one.can_multiget:
        part.degrades(f"{one.name}: no multiget, objects are read one by one")


def _tell_standard(
    part: Part, clients: GatewayClients, collections: Sequence[Collection], homes: Homes
) -> None:
    has_notes = clients.settings.notes == "journal"
    folders = arranged(collections, [], default=homes.default_calendar, has_notes=has_notes)
    standard = {one.kind: one for one in folders if one.kind in _FEATURES}
    for kind, feature in _FEATURES.items():
        one = standard.get(kind)
        if kind is FolderKind.NOTES and not has_notes:
            continue
        if one is not None:
            part.works(f"the phone's {kind.value}: {_short(one.place)}")
            level = Level.DEGRADES if one.read_only else Level.WORKS
            part.gives(feature, level, "to be read only" if one.read_only else _short(one.place))
        elif homes.address_books if kind is FolderKind.CONTACTS else homes.calendars:
            part.works(f"nothing there yet for the phone's {kind.value}; the first phone makes it")
            part.gives(feature, Level.WORKS, "made when the first phone comes")
        else:
            part.gives(feature, Level.DEGRADES, "none: the server has no home for it")


def _tell_scheduling(part: Part, homes: Homes) -> None:
    if homes.schedules:
        part.works("the server itself sends invitations (calendar-auto-schedule)")
    else:
        part.works("invitations are sent by mail: the server has no calendar-auto-schedule")


def tell_failure(part: Part) -> None:
    """Note that phones have nothing of a server at which something failed."""
    found = (one.level for one in part.report.findings if one.about == part.about)
    if Level.FAILS not in found:
        return
    for feature in _FEATURES.values():
        if feature not in part.report.features:
            part.gives(feature, Level.FAILS, "the DAV server does not serve the account")


def notes_elsewhere(part: Part, notes: str, mailbox: str) -> None:
    """Say where notes are, where that is not in calendars."""
    if notes == "imap":
        part.gives(Feature.NOTES, Level.WORKS, f"messages in the mailbox {mailbox}")
    elif notes == "off":
        part.gives(Feature.NOTES, Level.DEGRADES, "none, as dav.notes = off says")


def no_dav(part: Part) -> None:
    """Say what it means that no DAV server is configured."""
    part.degrades(
        "no DAV server is configured: phones have neither calendar nor contacts nor tasks",
        "Name one in dav.url (Radicale, Cyrus, Carbonio's own).",
    )
    for feature in _FEATURES.values():
        if feature not in part.report.features:
            part.gives(feature, Level.DEGRADES, "none: dav.url is empty")
