"""Mail handed over by devices: taken over durably, then delivered here, relayed, or reported back.

The one durable act is the row in the queue; everything after it can be repeated. What a kill cuts
short, the next start goes on with: the Sent copy and each local delivery are stored under a name
that follows from the row, so that they have their effect once; for the relay see :mod:`.relay`.

Spec: design.md 4 (P1), 6; client-quirks 9.5.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import StoreError, TooLarge
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import IAccounts, IMailboxes, IMailingLists, ISubmission
from carbonio_mobile.mailbox.delivery.autoreply import AutoReply
from carbonio_mobile.mailbox.delivery.database import OUTBOX_FILE, QueueThread, open_queue
from carbonio_mobile.mailbox.delivery.lists import NO_LISTS, ListMail
from carbonio_mobile.mailbox.delivery.local import Letter, LocalDelivery
from carbonio_mobile.mailbox.delivery.queue import (
    Recipient,
    Room,
    Stage,
    Submission,
    due,
    prune,
    take,
    waiting,
    was_taken,
)
from carbonio_mobile.mailbox.delivery.relay import NO_RELAY
from carbonio_mobile.mailbox.delivery.runner import Runner
from carbonio_mobile.mailbox.delivery.schedule import RetrySchedule
from carbonio_mobile.mailbox.delivery.scheduling import Scheduling
from carbonio_mobile.mailbox.delivery.stages import Relay, Stages

_PRUNE_EVERY_S = 6 * 3600.0
_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxOptions:
    """How mail goes out. ``hostname`` is what this server calls itself.

    ``postmaster`` is the address of the account that takes mail for postmasters; empty: none does.
    ``local_most`` and ``relay_most`` bound the messages worked on at a time. An automatic answer
    goes to one sender every ``answer_every_s``. An account may have so many messages and bytes
    waiting; nothing is taken while less than ``free_bytes`` of the disk are free. Without
    ``durable`` nothing is certain: for tests.
    """

    hostname: str = "localhost"
    postmaster: str = ""
    schedule: RetrySchedule = field(default_factory=RetrySchedule)
    message_limit_bytes: int = 50 << 20
    local_most: int = 16
    relay_most: int = 5
    waiting_count: int = 2000
    waiting_bytes: int = 1 << 30
    free_bytes: int = 256 << 20
    answer_every_s: float = 2 * 86_400.0
    busy_s: float = 5.0
    durable: bool = True


@implementer(ISubmission)
class Outbox:
    """The queue below ``data_dir`` and the work on it.

    ``local`` is the way into mailboxes, for the LMTP listener too. Mail is taken before
    :meth:`start` already; it goes out after. ``lists`` is mail to distribution lists, for the LMTP
    listener as well.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        reactor: Any,
        accounts: IAccounts,
        mailboxes: IMailboxes,
        relay: Relay = NO_RELAY,
        lists: IMailingLists = NO_LISTS,
        options: OutboxOptions = OutboxOptions(),
    ) -> None:
        self._options = options
        self._reactor = reactor
        self._room = Room(
            messages_count=options.waiting_count,
            account_bytes=options.waiting_bytes,
            free_bytes=options.free_bytes,
            directory=data_dir,
        )
        open_database = partial(
            open_queue, data_dir / OUTBOX_FILE, busy_s=options.busy_s, durable=options.durable
        )
        self._queue = QueueThread(open_database, reactor=reactor)
        self._relay = relay
        in_thread = partial(deferToThreadPool, reactor, reactor.getThreadPool())
        self.local = LocalDelivery(
            accounts=accounts,
            mailboxes=mailboxes,
            clock=reactor.seconds,
            hostname=options.hostname,
            postmaster=options.postmaster,
            scheduling=Scheduling(in_thread=in_thread, clock=reactor.seconds),
            on_delivered=self._delivered,
        )
        self.lists = ListMail(
            lists=lists,
            queue=self._queue,
            room=self._room,
            clock=reactor.seconds,
            hostname=options.hostname,
            offer=self._offer,
        )
        self._auto_reply = AutoReply(
            queue=self._queue,
            in_thread=in_thread,
            accounts=accounts,
            mailboxes=mailboxes,
            clock=reactor.seconds,
            hostname=options.hostname,
            every_s=options.answer_every_s,
        )
        self._stages = Stages(
            queue=self._queue,
            local=self.local,
            relay=relay,
            schedule=options.schedule,
            clock=reactor.seconds,
        )
        self._local_work = self._runner(Stage.LOCAL, self._deliver, options.local_most)
        self._relay_work = self._runner(Stage.RELAY, self._send_on, options.relay_most)
        self._pruning: IDelayedCall | None = None
        self._answering: set[Deferred[Any]] = set()
        self._started = False

    def _runner(self, stage: Stage, work: Any, most: int) -> Runner:
        return Runner(due=partial(self._due, stage), work=work, most=most, clock=self._reactor)

    def start(self) -> None:
        """Begin to deliver, first of all what an earlier process left."""
        self._started = True
        self._local_work.start()
        self._relay_work.start()
        self._prune()

    async def stop(self) -> None:
        """Take no more; returns when what was under way is settled and the queue is closed."""
        self._started = False
        if self._pruning is not None and self._pruning.active():
            self._pruning.cancel()
        await self._relay.stop()
        await self._local_work.stop()
        await self._relay_work.stop()
        try:
            await self._stages.settle_all()
        except StoreError as exc:
            _log.error("mail that went out may go out again: {why}", why=str(exc))
        for answering in list(self._answering):
            await answering
        await self._queue.stop()

    async def submit(
        self,
        account: AccountId,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        sent_copy: bytes | None,
        operation: OperationId,
    ) -> bool:
        """See :meth:`ISubmission.submit`. Of local recipients, delivery begins at once.

        A Sent copy for which the mailbox is full waits in the queue for room, as the message has
        gone out by then; OverQuota means that the account has too much mail waiting. Raises: also
        Unavailable (the disk is nearly full). Distribution lists become their members here.
        """
        limit = self._options.message_limit_bytes
        if max(len(message), len(sent_copy or b"")) > limit:
            raise TooLarge(f"{len(message)} bytes, at most {limit} are taken")
        expanded = await self.lists.expanded(recipients)
        submission = Submission(
            account=account,
            sender=sender,
            message=message,
            recipients=tuple(Recipient(address=one) for one in expanded),
            sent_copy=sent_copy,
        )
        number = await self._queue.run(
            partial(
                take,
                submission=submission,
                operation=operation,
                now=self._reactor.seconds(),
                room=self._room,
            )
        )
        if number is None:
            return False
        self._local_work.offer(number)
        return True

    async def was_taken(self, operation: OperationId) -> bool:
        """See :meth:`ISubmission.was_taken`. Raises: StoreError."""
        taken: bool = await self._queue.run(partial(was_taken, operation=operation))
        return taken

    async def waiting(self) -> int:
        """Count the messages that are not everywhere yet. Raises: StoreError."""
        count: int = await self._queue.run(waiting)
        return count

    def _offer(self, number: int) -> None:
        self._local_work.offer(number)

    async def _deliver(self, number: int) -> None:
        await self._stages.deliver(number)
        self._relay_work.wake()

    async def _send_on(self, number: int) -> None:
        await self._stages.relay(number)
        # There may be a report to be delivered.
        self._local_work.wake()

    async def _due(
        self, stage: Stage, busy: Collection[int], limit: int
    ) -> tuple[Sequence[int], float | None]:
        now = self._reactor.seconds()
        found: tuple[Sequence[int], float | None] = await self._queue.run(
            partial(due, stage=stage, now=now, busy=busy, limit=limit)
        )
        return found

    def _delivered(self, account: Account, letter: Letter) -> None:
        if not self._started:
            return
        answering = Deferred.fromCoroutine(self._auto_reply.consider(account, letter))
        self._answering.add(answering)
        answering.addCallback(self._answered)
        answering.addErrback(_report)
        answering.addBoth(lambda _: self._answering.discard(answering))

    def _answered(self, is_queued: bool) -> None:
        if is_queued:
            self._local_work.wake()

    def _prune(self) -> None:
        self._pruning = self._reactor.callLater(_PRUNE_EVERY_S, self._prune)
        self._queue.run(partial(prune, now=self._reactor.seconds())).addErrback(_report)


def _report(failure: Failure) -> None:
    _log.failure("work beside the delivery of mail failed", failure)
