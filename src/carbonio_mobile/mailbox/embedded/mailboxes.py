"""The embedded backend: all mailboxes below one data directory."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twisted.internet.defer import Deferred
from zope.interface import implementer

from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IChangeSink, IMailboxes
from carbonio_mobile.mailbox.embedded.database import DatabaseFiles
from carbonio_mobile.mailbox.embedded.mailbox import EmbeddedMailbox, QuotaOf
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads, Reactor

_MOST_KNOWN = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How the backend uses the machine. Without ``durable`` nothing is certain after a power cut.

    ``busy_s`` bounds the wait for another process that writes to the same mailbox, ``answer_s`` the
    wait of a caller for its outcome. Each of the ``open_databases`` takes three files.
    """

    thread_count: int = 4
    open_databases: int = 1000
    busy_s: float = 2.0
    answer_s: float = 60.0
    durable: bool = True


@implementer(IMailboxes)
class EmbeddedMailboxes:
    """Mailboxes in SQLite databases under ``data_dir/mailboxes``.

    The sink is told of every change made through this object, in the reactor thread; for changes by
    other processes see ``hints.py``. Several processes may have the same directory open. ``clock``
    gives seconds since 1970, UTC.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        reactor: Reactor,
        clock: Callable[[], float],
        sink: IChangeSink,
        quota_of: QuotaOf,
        message_limit_bytes: int,
        tuning: Tuning = Tuning(),
    ) -> None:
        self._quota_of = quota_of
        self._message_limit_bytes = message_limit_bytes
        files = DatabaseFiles(data_dir=data_dir, busy_s=tuning.busy_s, durable=tuning.durable)
        self._threads = DatabaseThreads(
            files.open,
            reactor=reactor,
            clock=clock,
            sink=sink,
            answer_s=tuning.answer_s,
            thread_count=tuning.thread_count,
            most_open=tuning.open_databases,
        )
        self._known: OrderedDict[AccountId, EmbeddedMailbox] = OrderedDict()

    async def open(self, account: AccountId) -> EmbeddedMailbox:
        """See :meth:`IMailboxes.open`. Raises: also StoreError (written by a newer program)."""
        mailbox = self._known.get(account)
        if mailbox is None:
            await self._threads.read(account, _nothing)  # opening makes the database
            mailbox = self._known[account] = EmbeddedMailbox(
                account,
                threads=self._threads,
                quota_of=self._quota_of,
                message_limit_bytes=self._message_limit_bytes,
            )
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return mailbox

    def stop(self) -> Deferred[None]:
        """Finish what was asked for and close all databases; anything later is Unavailable."""
        return self._threads.stop()


def _nothing(_: object) -> None:
    """Want nothing but the open database."""
