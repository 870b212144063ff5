"""Put the rooms together: from settings to something that answers HTTP requests."""

import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from carbonio_mobile.books.contacts import ContactsOfBooks
from carbonio_mobile.books.folders import FolderBooks
from carbonio_mobile.books.gal import GalBooks
from carbonio_mobile.books.people import PeopleOfBooks
from carbonio_mobile.books.shelves import AddressBooks
from carbonio_mobile.changes.hub import ChangeHub
from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.commands.context import Services
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.provisioning import EntryKind
from carbonio_mobile.documents.slots import Slots
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.errors import ConfigError
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IAccounts, IChangeSink, IProvisioning
from carbonio_mobile.ldapserver.factory import LdapFactory
from carbonio_mobile.logs.accountloggers import AccountLoggers, LoggerOptions
from carbonio_mobile.logs.activity import Activity
from carbonio_mobile.logs.synclog import SyncLog
from carbonio_mobile.mailbox.delivery.lmtp import LmtpFactory
from carbonio_mobile.mailbox.delivery.sendgate import SendGate
from carbonio_mobile.mailbox.domainusage import NO_ROOM, DomainUsage
from carbonio_mobile.mailbox.embedded.usage import used_bytes
from carbonio_mobile.mailbox.gateway.mailbox import QuotaOf
from carbonio_mobile.mailbox.sendingrights import SendingRights
from carbonio_mobile.mailbox.sharing import SharedMailboxes
from carbonio_mobile.mailbox.sharingsink import SharingSink
from carbonio_mobile.pipeline import Pipeline, Served
from carbonio_mobile.service.addressbook import AddressBookSwitch, make_factory
from carbonio_mobile.service.administration import Administration, Controls, in_background
from carbonio_mobile.service.config import SYNC_LOG, Settings
from carbonio_mobile.service.directories import Directory, make_directory, make_gateway
from carbonio_mobile.service.gateway import GatewayClients
from carbonio_mobile.service.health import Health
from carbonio_mobile.service.library import library, make_slots
from carbonio_mobile.service.mailstores import MailStore, OwnMailStore, RemoteMailStore
from carbonio_mobile.service.process import keep_from_collector
from carbonio_mobile.service.switches import Door
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.exposures import SqlExposures
from carbonio_mobile.store.intents import SqlIntents
from carbonio_mobile.store.shares import SqlSharing
from carbonio_mobile.store.sql import SqlStore
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.web.site import EdgeSite, make_site

Reactor = Any
"""``twisted.internet.reactor``: it provides every interface of a reactor, and no type says so."""

STATE_FILE = "state.db"

# A phone has a handful of requests under way at most.
_TURNS_WAITING = 20
_MEMBERS = 500

_log = Logger()
_requests_log = Logger(namespace="carbonio_mobile.requests")


def state_file(settings: Settings) -> SqliteFile:
    """Give the database of devices and sync states, unopened."""
    return SqliteFile(settings.data / STATE_FILE, busy_timeout_s=settings.busy_timeout_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The long-lived parts of a running daemon."""

    directory: Directory
    gateway: GatewayClients | None
    gal: GalBooks
    database: Database
    mail: MailStore
    hub: ChangeHub
    sharing: SqlSharing
    exposures: SqlExposures
    address_books: AddressBooks
    sink: SharingSink
    turns: DeviceTurns
    document_slots: Slots
    services: Services
    health: Health
    site: EdgeSite
    lmtp: LmtpFactory | None
    ldap: LdapFactory
    sync_log: SyncLog
    doors: Mapping[str, Door]
    administration: Administration


def build(settings: Settings, reactor: Reactor) -> Parts:
    """Make all parts; nothing runs, but the directory's database is open. Raises: ConfigError."""
    hub = ChangeHub(reactor)
    gateway = make_gateway(settings, reactor, directory=lambda: directory)
    directory = make_directory(settings, reactor, gateway)
    turn = partial(deferLater, reactor, 0)
    gal = GalBooks(
        feed=directory.people,
        turn=turn,
        clock=reactor,
        own_name=settings.address_book.gal_name,
        settle=keep_from_collector,
    )
    database = Database(state_file(settings), reactor=reactor, answer_s=settings.answer_s)
    sharing = SqlSharing(database, hub)
    exposures = SqlExposures(database)
    sink = SharingSink(hub, sharing)
    in_thread = partial(deferToThreadPool, reactor, reactor.getThreadPool())
    usage = DomainUsage(
        members=partial(
            _accounts_of if settings.directory is None else _nobody_of, directory.provisioning
        ),
        measure=partial(in_thread, used_bytes, settings.data),
        steady_clock=reactor.seconds,
        background=in_background,
    )
    mail = _mail_store(
        settings,
        reactor,
        directory=directory,
        clients=gateway,
        database=database,
        sink=sink,
        quota_of=partial(quota_bytes, directory.accounts, usage),
    )
    if mail.interest is not None:
        hub.tell(mail.interest)
    folder_books = FolderBooks(
        mailboxes=mail.mailboxes,
        clock=reactor,
        turn=turn,
        entries_count=settings.address_book.kept_contacts,
    )
    address_books = AddressBooks(
        accounts=directory.accounts,
        folders=folder_books,
        gal=gal,
        exposures=exposures,
        clock=reactor,
    )
    store = SqlStore(database)
    health = Health(lambda: store.devices(AccountId("")), clock=reactor)
    document_slots = make_slots(reactor, answer_s=settings.answer_s)
    loggers = AccountLoggers(
        options=logger_options(settings), clock=time.time, random_bytes=secrets.token_bytes
    )
    services = Services(
        accounts=directory.accounts,
        directory=PeopleOfBooks(gal, turn=turn),
        contacts=ContactsOfBooks(folder_books, turn=turn),
        mailboxes=SharedMailboxes(mail.mailboxes, sharing),
        submission=SendGate(mail.submission, accounts=directory.accounts, may_send=usage.may_send),
        devices=store,
        states=store,
        hub=hub,
        clock=time.time,
        steady_clock=reactor.seconds,
        random_bytes=secrets.token_bytes,
        offload=in_thread,
        trust=settings.trust,
        bounds=settings.bounds,
        documents=library(settings.documents, document_slots),
        rights=SendingRights(directory.provisioning, sharing),
        forced_window=loggers.forced_window,
        busy=mail.busy,
    )
    turns = DeviceTurns(queue_limit=_TURNS_WAITING)
    doors = {
        name: Door(name, *also, answer=_not_ready, closed=hub.send_back)
        for name, *also in (("activesync-services", "activesync"), ("autodiscover",))
    }
    switch = AddressBookSwitch(has_listener=bool(settings.ldap))
    administration = Administration(
        settings=settings,
        directory=directory,
        database=database,
        store=store,
        services=services,
        own_mailboxes=mail.mailboxes,
        turns=turns,
        sharing=sharing,
        exposures=exposures,
        loggers=loggers,
        doors=doors,
        address_book=switch,
        pause=turn,
        outbox=mail.submission,
    )
    usage.measured = administration.quotas.measured
    switch.factory = make_factory(
        accounts=directory.accounts,
        books=address_books,
        guard=administration.controls.guard,
        limits=settings.address_book.limits,
        trusted_proxies=settings.trusted_proxies,
        reactor=reactor,
        random_bytes=secrets.token_bytes,
    )
    sync_log = open_sync_log(settings)
    parts = Parts(
        directory=directory,
        gateway=gateway,
        gal=gal,
        database=database,
        mail=mail,
        hub=hub,
        sharing=sharing,
        exposures=exposures,
        address_books=address_books,
        sink=sink,
        turns=turns,
        document_slots=document_slots,
        services=services,
        health=health,
        site=_site(settings, reactor, doors, health),
        lmtp=mail.lmtp,
        ldap=switch.factory,
        sync_log=sync_log,
        doors=doors,
        administration=administration,
    )
    _serve(parts, settings, services)
    return parts


async def _not_ready(_request: HttpRequest) -> HttpResponse:
    """Put off whoever comes before there is a pipeline."""
    return HttpResponse(code=503)


def _site(
    settings: Settings, reactor: Reactor, doors: Mapping[str, Door], health: Health
) -> EdgeSite:
    return make_site(
        respond=doors["activesync-services"].respond,
        discover=doors["autodiscover"].respond,
        health=health.answer,
        limits=settings.limits,
        trusted_proxies=settings.trusted_proxies,
        clock=reactor,
        time_of_day=time.time,
        in_thread=partial(deferToThreadPool, reactor, reactor.getThreadPool()),
        log=_log,
        access_log=_requests_log if settings.log.requests else None,
    )


def reconfigure(parts: Parts, settings: Settings) -> None:
    """Let requests from now on be answered by other reloadable options; those under way go on."""
    services = replace(
        parts.services,
        trust=settings.trust,
        bounds=settings.bounds,
        documents=library(settings.documents, parts.document_slots),
    )
    parts.administration.controls.loggers.reconfigure(logger_options(settings))
    _serve(parts, settings, services)


def _serve(parts: Parts, settings: Settings, services: Services) -> None:
    """Let requests be answered by a pipeline with these settings."""
    pipeline = make_pipeline(
        settings,
        services,
        parts.turns,
        controls=parts.administration.controls,
        observe=partial(observe, parts.sync_log, parts.administration.controls.activity),
    )
    parts.doors["activesync-services"].answer = pipeline.respond
    parts.doors["autodiscover"].answer = pipeline.discover


def make_pipeline(
    settings: Settings,
    services: Services,
    turns: DeviceTurns,
    *,
    controls: Controls,
    observe: Callable[[Served], None],
) -> Pipeline:
    """Make what answers requests; it keeps nothing that another one could not take over."""
    return Pipeline(
        accounts=services.accounts,
        services=services,
        turns=turns,
        rules=settings.provisioning,
        limits=settings.wbxml,
        observe=observe,
        offer=controls.offers,
        guard=controls.guard,
        traffic=controls.loggers,
    )


def logger_options(settings: Settings) -> LoggerOptions:
    """Give where account loggers may write."""
    log = settings.log
    own = (log.directory / SYNC_LOG, settings.admin.audit, *([log.file] if log.file else []))
    return LoggerOptions(
        directories=(log.directory, *log.account_directories),
        reserved=own,
        bytes_max=log.account_bytes,
    )


def open_sync_log(settings: Settings) -> SyncLog:
    """Open sync.log, its directory made where it is missing. Raises: ConfigError."""
    directory = settings.log.directory
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        return SyncLog(directory / SYNC_LOG, clock=time.time, complain=_complain)
    except OSError as exc:
        raise ConfigError("log.directory", f"cannot write {exc.filename}: {exc.strerror}") from exc


def _complain(why: str) -> None:
    _log.error("{why}", why=why)


def _mail_store(
    settings: Settings,
    reactor: Reactor,
    *,
    directory: Directory,
    clients: GatewayClients | None,
    database: Database,
    sink: IChangeSink,
    quota_of: QuotaOf,
) -> MailStore:
    """Make where mail is kept: here, or on the servers that are there already."""
    if clients is None or not clients.settings.keeps_mail:
        return OwnMailStore(
            settings,
            reactor,
            accounts=directory.accounts,
            lists=directory.provisioning,
            sink=sink,
            quota_of=quota_of,
        )
    return RemoteMailStore(
        settings,
        reactor,
        clients=clients,
        accounts=directory.accounts,
        intents=SqlIntents(database),
        sink=sink,
        quota_of=quota_of,
    )


async def quota_bytes(accounts: IAccounts, usage: DomainUsage, account: AccountId) -> int:
    """Give an account's quota; 0 is none. While its domain is full it has room for nothing."""
    found: Account = await accounts.account(account)
    if not usage.may_store(found):
        return NO_ROOM
    text = found.value("zimbraMailQuota", "0")
    return int(text) if text.isdigit() else 0


async def _accounts_of(
    provisioning: IProvisioning, domain: str
) -> AsyncIterator[Sequence[AccountId]]:
    """Give those who have mailboxes in a domain, page by page."""
    for kind in (EntryKind.ACCOUNT, EntryKind.RESOURCE):
        after = ""
        while page := await provisioning.names(kind, domain=domain, after=after, limit=_MEMBERS):
            yield [AccountId(account) for _, account in page]
            after = page[-1][0]


async def _nobody_of(
    _provisioning: IProvisioning, _domain: str
) -> AsyncIterator[Sequence[AccountId]]:
    """Give nobody: who has accounts in a directory elsewhere is not listed here."""
    return
    yield


def observe(sync_log: SyncLog, activity: Activity, served: Served) -> None:
    """Tell of a request to all who keep count of them."""
    log_request(served)
    sync_log.write(served)
    activity.observe(served)


def log_request(served: Served) -> None:
    """Write the one line that each ActiveSync request gets.

    The text is made here: to have Twisted put eleven fields into a format takes a fifth of the time
    that an OPTIONS takes. Observers find the fields all the same.
    """
    outcome = served.fault or (served.refused.name if served.refused is not None else "")
    elapsed_ms = round(served.elapsed_s * 1000)
    _requests_log.info(
        "{line}",
        line=f"{served.command} {served.code} {served.account or '-'} {served.device or '-'} "
        f"{served.version or '-'} {elapsed_ms} ms in {served.bytes_in} out {served.bytes_out} "
        f"from {served.peer} {outcome}",
        command=served.command,
        code=served.code,
        account=served.account,
        device=served.device,
        version=served.version,
        elapsed_ms=elapsed_ms,
        bytes_in=served.bytes_in,
        bytes_out=served.bytes_out,
        peer=served.peer,
        outcome=outcome,
    )
