"""The Sent folders of accounts on an IMAP server, as submission needs them; and reports.

Copies and reports go in by the mailboxes, so that phones see them at once. Whether a message is in
Sent already is asked of the server, and not of what was seen there last.

Spec: RFC 6154 (SPECIAL-USE), RFC 9051 6.4.4 (SEARCH).
"""

import re
from collections.abc import Callable, Sequence

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.searching import ALL, Criteria, arrived_since, header
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.interfaces import IMailboxes
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.mailboxes import Mailbox
from carbonio_mobile.mailbox.imapclient.pool import ImapPool
from carbonio_mobile.mailbox.sending.parts import SentCopies
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.mime.structure import top_fields
from carbonio_mobile.mime.threads import message_id
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.intents import REMEMBERED_S

_SENT = "\\sent"
_NAMES = ("sent", "sent items", "sent messages", "sent mail")
_LOOKED_AT = 200
"""Messages of which the server says that their Message-ID holds the one looked for."""
_DAYS_MORE_S = 2 * 86_400.0
"""A server's day is of its zone, and its clock is not this one's."""
_SEARCHABLE = re.compile(r"[!-~]+")
_ITEM = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"


class CopiesInMailboxes:
    """Puts copies of what was sent, and reports, into mailboxes. ``clock`` is of the day.

    All raise StoreError: NotFound where an account has no such folder.
    """

    def __init__(self, mailboxes: IMailboxes, clock: Callable[[], float]) -> None:
        self._mailboxes = mailboxes
        self._clock = clock

    async def save(self, account: AccountId, source: bytes, operation: OperationId) -> None:
        """Store a copy in Sent, read, once per operation."""
        await self._append(account, FolderKind.SENT, source, MailState(read=True), operation)

    async def deliver(self, account: AccountId, source: bytes, operation: OperationId) -> None:
        """Store a message in the Inbox, new, once per operation."""
        await self._append(account, FolderKind.INBOX, source, MailState(), operation)

    async def _append(
        self,
        account: AccountId,
        kind: FolderKind,
        source: bytes,
        state: MailState,
        operation: OperationId,
    ) -> None:
        mailbox = await self._mailboxes.open(account)
        folder = (await mailbox.hierarchy()).standard(kind)
        if folder is None:
            raise NotFound(f"the account has no folder {kind.value}")
        await mailbox.append(folder.id, source, state, received=self._clock(), operation=operation)


class SentSearch:
    """Looks for messages in the Sent mailboxes of a server. ``clock`` is of the day.

    ``name`` is that of the mailbox; empty: the one with that special use, else one of a usual name.
    """

    def __init__(self, pool: ImapPool, *, clock: Callable[[], float], name: str = "") -> None:
        self._pool = pool
        self._clock = clock
        self._name = name

    async def was_sent(self, account: AccountId, its_id: str) -> bool:
        """Tell whether a message with this Message-ID (without brackets) is in Sent.

        It is looked for among those that arrived as long ago as an intent is remembered. False
        where there is no Sent mailbox. Raises: StoreError.
        """
        async with self._pool.lent(account) as connection:
            name = self._name or _sent_name(await connection.mailboxes(status=False))
            if not name:
                return False
            try:
                await connection.select(name)
            except NotFound:
                return False
            since = arrived_since(self._clock() - REMEMBERED_S - _DAYS_MORE_S)
            found = await connection.search((*since, *_holding(its_id)))
            return its_id in await _ids(connection, found)


def _holding(its_id: str) -> Criteria:
    """Ask for what no server could read in another way; those found are compared themselves."""
    words = max(_SEARCHABLE.findall(its_id), key=len, default="")
    return header("Message-ID", words) if words else ALL


async def _ids(connection: ImapConnection, uids: UidSet) -> set[str]:
    """Give the Message-IDs of the newest of some messages."""
    ids: set[str] = set()

    def take(fetch: Fetch) -> None:
        for octets in fetch.sections.values():
            ids.add(message_id(top_fields(octets or b"").first("message-id")))

    if len(uids):
        await connection.fetch(UidSet.of(sorted(uids)[-_LOOKED_AT:]), (_ITEM,), take)
    return ids


def _sent_name(mailboxes: Sequence[Mailbox]) -> str:
    """Give the name of the Sent mailbox, empty where none looks like one."""
    able = [one for one in mailboxes if one.is_selectable]
    for one in able:
        if _SENT in one.attributes:
            return one.name
    by_name = {_last_part(one): one.name for one in reversed(able)}
    return next((by_name[one] for one in _NAMES if one in by_name), "")


def _last_part(mailbox: Mailbox) -> str:
    """Give the name at the top or right below the Inbox, in lower case."""
    name = mailbox.name.lower()
    return name.removeprefix(f"inbox{mailbox.separator}") if mailbox.separator else name


def sent_copies(
    *,
    search: SentSearch,
    copies: CopiesInMailboxes,
    server_saves: bool,
    settle_s: float,
) -> SentCopies:
    """Give the Sent folders for submission.

    With ``server_saves`` the server puts a copy there by itself, within ``settle_s``.
    """
    save = None if server_saves else copies.save
    return SentCopies(was_sent=search.was_sent, save=save, settle_s=settle_s)
