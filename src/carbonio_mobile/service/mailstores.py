"""Where mail is kept: in mailboxes of our own, or on servers that are there already.

Each of the two has the mailboxes, what sends mail, and what starts and stops with them.
"""

import random
import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from twisted.internet.threads import deferToThreadPool

from carbonio_mobile.dav.freebusy import Availability
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import (
    IAccounts,
    IBusy,
    IChangeSink,
    IIntents,
    IInterest,
    IMailboxes,
    IMailingLists,
    ISubmission,
)
from carbonio_mobile.mailbox.davclient.discovery import Homes, configured_homes
from carbonio_mobile.mailbox.delivery.lmtp import LmtpFactory
from carbonio_mobile.mailbox.delivery.outbox import Outbox
from carbonio_mobile.mailbox.delivery.relay import NO_RELAY, Login, smtp_relay
from carbonio_mobile.mailbox.delivery.scheduling import Scheduling
from carbonio_mobile.mailbox.delivery.stages import Relay
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes
from carbonio_mobile.mailbox.gateway.mail.meetings import MeetingMail
from carbonio_mobile.mailbox.gateway.mail.options import MailOptions
from carbonio_mobile.mailbox.gateway.mailbox import QuotaOf
from carbonio_mobile.mailbox.gateway.mailboxes import GatewayMailboxes, GatewayServers
from carbonio_mobile.mailbox.gateway.objects.busytimes import DavBusy
from carbonio_mobile.mailbox.gateway.objects.parts import ObjectOptions
from carbonio_mobile.mailbox.gateway.push.shares import WatchesLimits, WatchMeans
from carbonio_mobile.mailbox.gateway.push.watching import Watches
from carbonio_mobile.mailbox.sending.making import SendingOptions, gateway_submission
from carbonio_mobile.mailbox.sending.parts import SubmissionOptions
from carbonio_mobile.mailbox.sending.submission import GatewaySubmission
from carbonio_mobile.mailbox.sieveclient.replies import NoReplies, Replies
from carbonio_mobile.service.config import Settings
from carbonio_mobile.service.gateway import GatewayClients
from carbonio_mobile.service.process import ReactorOfDay
from carbonio_mobile.sync.folders import FolderKind

Reactor = Any
"""``twisted.internet.reactor``, of which no type says what it provides."""

_ROLES = {
    "drafts": FolderKind.DRAFTS,
    "sent": FolderKind.SENT,
    "trash": FolderKind.TRASH,
    "junk": FolderKind.JUNK,
    "notes": FolderKind.NOTES,
}


class MailStore(Protocol):
    """Where mail is kept, and what is there for it."""

    @property
    def mailboxes(self) -> IMailboxes:
        """The mailboxes of all accounts."""

    @property
    def submission(self) -> ISubmission:
        """What sends mail."""

    @property
    def interest(self) -> IInterest | None:
        """Who is to be told what devices wait for."""

    @property
    def busy(self) -> IBusy | None:
        """Who knows when people are busy whose mailboxes cannot be opened."""

    @property
    def lmtp(self) -> LmtpFactory | None:
        """What takes mail that arrives; None: it arrives elsewhere."""

    def start(self) -> None:
        """Begin what goes on by itself."""

    async def stop(self) -> None:
        """End it; what was taken over is done or stays for the next start."""


class OwnMailStore:
    """Mailboxes of our own; mail arrives by LMTP and leaves by the outbox."""

    interest = None
    busy = None

    def __init__(
        self,
        settings: Settings,
        reactor: Reactor,
        *,
        accounts: IAccounts,
        lists: IMailingLists,
        sink: IChangeSink,
        quota_of: QuotaOf,
    ) -> None:
        self.mailboxes = EmbeddedMailboxes(
            settings.data,
            reactor=reactor,
            clock=time.time,
            sink=sink,
            quota_of=quota_of,
            message_limit_bytes=settings.bounds.message_bytes,
            tuning=settings.mailboxes,
        )
        self.submission = Outbox(
            settings.data,
            reactor=ReactorOfDay(reactor),
            accounts=accounts,
            mailboxes=self.mailboxes,
            relay=_relay(settings, reactor),
            options=settings.outbox,
            lists=lists,
        )
        self.lmtp = LmtpFactory(
            self.submission.local,
            lists=self.submission.lists,
            limits=settings.lmtp_limits,
            clock=reactor,
        )

    def start(self) -> None:
        """Begin to deliver what waits."""
        self.submission.start()

    async def stop(self) -> None:
        """Finish what is under way, and close all databases."""
        await self.submission.stop()
        await self.mailboxes.stop()


def _relay(settings: Settings, reactor: Reactor) -> Relay:
    if settings.relay is None:
        return NO_RELAY
    return smtp_relay(settings.relay, reactor=reactor, hostname=settings.outbox.hostname)


class RemoteMailStore:
    """Mailboxes on the servers that ``clients`` reach; their mail leaves by the mail server."""

    lmtp = None

    def __init__(
        self,
        settings: Settings,
        reactor: Reactor,
        *,
        clients: GatewayClients,
        accounts: IAccounts,
        intents: IIntents,
        sink: IChangeSink,
        quota_of: QuotaOf,
    ) -> None:
        self._clients = clients
        self._accounts = accounts
        clock: Any = ReactorOfDay(reactor)
        limit_bytes = settings.bounds.message_bytes
        self._meetings = MeetingMail(
            accounts=accounts,
            scheduling=Scheduling(
                in_thread=partial(deferToThreadPool, reactor, reactor.getThreadPool()),
                clock=time.time,
            ),
            clock=time.time,
        )
        self.busy = DavBusy(self._ask_busy) if clients.dav is not None else None
        self.interest = Watches(
            WatchMeans(
                open=clients.imap_connection,
                names=self._names,
                poll=self._poll,
                on_news=self._news,
            ),
            clock=reactor,
            chance=random.random,
            limits=_watch_limits(clients),
        )
        clients.renewed = self.interest.hurry
        self.mailboxes = GatewayMailboxes(
            settings.data,
            self._servers(),
            reactor=reactor,
            clock=time.time,
            sink=sink,
            quota_of=quota_of,
            mail=_mail_options(clients, limit_bytes),
            objects=ObjectOptions(has_notes=clients.settings.notes == "journal"),
            tuning=settings.mailboxes,
        )
        self.submission: GatewaySubmission = gateway_submission(
            _sending_options(clients, settings.outbox.hostname, limit_bytes),
            mailboxes=self.mailboxes,
            pool=clients.pool,
            intents=intents,
            login_of=self._submission_login,
            reactor=reactor,
            clock=clock,
        )

    def _servers(self) -> GatewayServers:
        clients = self._clients
        replies: Replies | NoReplies = NoReplies()
        if clients.sieve is not None:
            replies = Replies(
                clients.sieve, login_of=clients.keychain.sieve, accounts=self._accounts
            )
        return GatewayServers(
            pool=clients.pool,
            dav=None if clients.dav is None else clients.dav_connection,
            homes=self._homes,
            replies=replies.of,
            is_covered=self.interest.is_covered,
            seen=self._meetings.seen,
        )

    async def _homes(self, account: AccountId) -> Homes | None:
        """Give the homes that are configured for an account's address; None: ask the server."""
        dav = self._clients.settings.dav
        if dav is None:
            return None
        address = (await self._accounts.account(account)).name
        return configured_homes(dav.calendars, dav.address_books, address)

    async def _submission_login(self, account: AccountId) -> Login | None:
        return await self._clients.keychain.submission(account)

    async def _ask_busy(
        self, account: AccountId, addresses: Sequence[str], start: float, end: float
    ) -> Sequence[Availability] | None:
        return await (await self.mailboxes.open(account)).busy(addresses, start, end)

    async def _names(
        self, account: AccountId, folders: Collection[FolderId]
    ) -> Mapping[FolderId, str]:
        return await (await self.mailboxes.open(account)).mailbox_names(folders)

    async def _poll(self, account: AccountId, folders: Collection[FolderId]) -> None:
        await (await self.mailboxes.open(account)).poll(folders)

    async def _news(self, account: AccountId, place: str | None) -> None:
        await (await self.mailboxes.open(account)).look_at(place)

    def start(self) -> None:
        """Begin nothing: connections are made when somebody comes."""

    async def stop(self) -> None:
        """End watches, and sending once what is under way has its answer; close all databases."""
        await self.interest.stop()
        await self._meetings.settle()
        await self.submission.stop()
        await self.mailboxes.stop()


def _mail_options(clients: GatewayClients, limit_bytes: int) -> MailOptions:
    imap = clients.settings.imap
    return MailOptions(
        roles={_ROLES[role]: name for role, name in imap.roles.items() if role in _ROLES},
        shared=imap.shared,
        has_notes=clients.settings.notes == "imap",
        message_limit_bytes=limit_bytes,
    )


def _sending_options(clients: GatewayClients, hostname: str, limit_bytes: int) -> SendingOptions:
    submission = clients.settings.submission
    assert submission is not None, "the settings were refused without"
    return SendingOptions(
        relay=submission.relay,
        submission=SubmissionOptions(hostname=hostname, message_limit_bytes=limit_bytes),
        sent_name=clients.settings.imap.roles.get("sent", ""),
        server_saves=submission.server_saves,
    )


def _watch_limits(clients: GatewayClients) -> WatchesLimits:
    dav = clients.settings.dav
    return WatchesLimits() if dav is None else WatchesLimits(poll_s=dav.poll_s)
