"""``GatewayMailboxes``: the mailboxes of all accounts on the servers behind this one."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from zope.interface import implementer

from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IChangeSink, IMailboxes, IOutOfOffice
from carbonio_mobile.mailbox.davclient.connection import DavConnection
from carbonio_mobile.mailbox.davclient.discovery import Homes
from carbonio_mobile.mailbox.embedded import Tuning
from carbonio_mobile.mailbox.embedded.mailbox import EmbeddedMailbox
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads
from carbonio_mobile.mailbox.gateway.foldertree import FolderTree
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.folders import MailFolders
from carbonio_mobile.mailbox.gateway.mail.options import MailOptions
from carbonio_mobile.mailbox.gateway.mail.side import MailSide
from carbonio_mobile.mailbox.gateway.mailbox import GatewayMailbox, QuotaOf, Seen
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.gateway.notes.side import NoteSide
from carbonio_mobile.mailbox.gateway.objects.parts import ObjectOptions
from carbonio_mobile.mailbox.gateway.objects.side import ObjectSide
from carbonio_mobile.mailbox.imapclient.pool import ImapPool
from carbonio_mobile.mailbox.mirror.files import mirror_files

_MOST_KNOWN = 20_000
_INBOX = "INBOX"

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayServers:
    """What reaches the servers. ``dav`` is None where there is none for calendars and contacts.

    ``homes`` gives where an account's calendars and address books are, None to ask the server.
    ``is_covered`` tells whether a live watch covers an account's mailbox and heard nothing.
    ``seen`` takes note of mails of an Inbox that were read.
    """

    pool: ImapPool
    dav: Callable[[AccountId], Awaitable[DavConnection]] | None
    replies: Callable[[AccountId], IOutOfOffice]
    homes: Callable[[AccountId], Awaitable[Homes | None]] | None = None
    is_covered: Callable[[AccountId, str | None], bool] = field(
        default=lambda _account, _place: False
    )
    seen: Seen = field(default=lambda _mailbox, _mails: None)


@implementer(IMailboxes)
class GatewayMailboxes:
    """Mailboxes on other servers, mirrored in SQLite databases under ``data_dir/mirrors``.

    The sink is told of what changed, in the reactor thread, whenever the mirror learns of it.
    """

    def __init__(
        self,
        data_dir: Path,
        servers: GatewayServers,
        *,
        reactor: Any,
        clock: Callable[[], float],
        sink: IChangeSink,
        quota_of: QuotaOf,
        mail: MailOptions,
        objects: ObjectOptions,
        tuning: Tuning,
    ) -> None:
        self._servers = servers
        self._quota_of = quota_of
        self._mail = mail
        self._objects = replace(objects, has_notes=objects.has_notes and not mail.has_notes)
        self._clock = clock
        files = mirror_files(data_dir, busy_s=tuning.busy_s, durable=tuning.durable)
        self._threads = DatabaseThreads(
            files.open,
            reactor=reactor,
            clock=clock,
            sink=sink,
            answer_s=tuning.answer_s,
            thread_count=tuning.thread_count,
            most_open=tuning.open_databases,
        )
        self._known: OrderedDict[AccountId, GatewayMailbox] = OrderedDict()

    async def open(self, account: AccountId) -> GatewayMailbox:
        """See :meth:`IMailboxes.open`; the servers are asked when something is wanted of them."""
        mailbox = self._known.get(account)
        if mailbox is None:
            homes = None if self._servers.homes is None else await self._servers.homes(account)
            # Two may have come here at once: there is one mailbox all the same.
            mailbox = self._known.setdefault(account, self._make(account, homes))
            self._let_go()
        self._known.move_to_end(account)
        return mailbox

    def _let_go(self) -> None:
        """Keep no more than can be, but those in which something is under way."""
        for account in list(self._known)[: len(self._known) - _MOST_KNOWN]:
            if self._known[account].is_idle:
                del self._known[account]

    def _make(self, account: AccountId, homes: Homes | None) -> GatewayMailbox:
        jobs = MirrorJobs(account, self._threads)
        access = MailAccess(account, self._servers.pool)
        objects = self._object_side(account, homes)
        tree = FolderTree(
            jobs,
            access,
            MailFolders(access, self._mail),
            objects,
            longest_s=partial(self._hierarchy_s, account),
        )
        mail = MailSide(
            access,
            jobs,
            options=self._mail,
            is_covered=partial(self._servers.is_covered, account),
            told=partial(_tell, account),
            current=tree.current,
            note=tree.note,
        )
        limit = self._mail.message_limit_bytes
        return GatewayMailbox(
            EmbeddedMailbox(
                account,
                threads=self._threads,
                quota_of=self._quota_of,
                message_limit_bytes=limit,
            ),
            tree=tree,
            mail=mail,
            objects=objects,
            notes=NoteSide(
                access,
                jobs,
                options=self._mail,
                is_covered=partial(self._servers.is_covered, account),
                quota=partial(self._quota_of, account),
                note=tree.note,
            ),
            replies=self._servers.replies(account),
            seen=self._servers.seen,
            quota_of=self._quota_of,
            message_limit_bytes=limit,
        )

    def _hierarchy_s(self, account: AccountId) -> float:
        if self._servers.is_covered(account, _INBOX):
            return self._mail.watched_hierarchy_s
        return self._mail.hierarchy_s

    def _object_side(self, account: AccountId, homes: Homes | None) -> ObjectSide | None:
        if self._servers.dav is None:
            return None
        return ObjectSide(
            account,
            threads=self._threads,
            connect=partial(self._servers.dav, account),
            clock=self._clock,
            options=replace(self._objects, homes=homes or self._objects.homes),
            quota_of=self._quota_of,
            message_limit_bytes=self._mail.message_limit_bytes,
        )

    def stop(self) -> Deferred[None]:
        """Finish what was asked of the mirrors and close them; anything later is Unavailable."""
        return self._threads.stop()


def _tell(account: AccountId, place: str, done: int, count: int) -> None:
    """Log how far the first reading of a large mailbox is."""
    _log.info(
        "{account}: first reading of a mailbox, {done} of {count} messages",
        account=account, place=place, done=done, count=count,
    )  # fmt: skip
