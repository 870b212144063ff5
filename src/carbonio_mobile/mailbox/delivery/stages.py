"""The work on one queued message: first the mailboxes here, then the relay for everybody else.

Each attempt ends in one commit that says what is left to do. What it did in mailboxes has its
effect once, however often it is repeated; see :mod:`.relay` for what crosses the net.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger

from carbonio_mobile.errors import StoreError
from carbonio_mobile.mailbox.delivery.database import QueueThread
from carbonio_mobile.mailbox.delivery.local import Letter, LocalDelivery
from carbonio_mobile.mailbox.delivery.outcome import (
    BROKEN,
    DELIVERED,
    MAILBOX_FULL,
    NO_SUCH_USER,
    TRY_LATER,
    Outcome,
    Verdict,
)
from carbonio_mobile.mailbox.delivery.queue import (
    Queued,
    Recipient,
    Settlement,
    Stage,
    Submission,
    begin,
    load,
    load_envelope,
    settle,
)
from carbonio_mobile.mailbox.delivery.reports import report
from carbonio_mobile.mailbox.delivery.schedule import RetrySchedule

_AT_ONCE = 16
"""How many mailboxes are written at the same time for one message."""
_RECIPIENTS_A_TRANSACTION = 100
"""What every server takes (RFC 5321 4.5.3.1.8)."""

_log = Logger()


class Relay(Protocol):
    """Who takes mail for other servers."""

    async def send(
        self, sender: str, recipients: Sequence[str], message: bytes
    ) -> Mapping[str, Outcome]:
        """Send a message on; gives the outcome for every recipient. Must not raise StoreError."""
        ...

    async def stop(self) -> None:
        """End what is under way; nothing is sent from then on."""
        ...


class Stages:
    """Does an attempt at a stage of a submission."""

    def __init__(
        self,
        *,
        queue: QueueThread,
        local: LocalDelivery,
        relay: Relay,
        schedule: RetrySchedule,
        clock: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._local = local
        self._relay = relay
        self._schedule = schedule
        self._clock = clock
        self._unsettled: dict[tuple[int, Stage], Settlement] = {}

    async def deliver(self, number: int) -> None:
        """Store the Sent copy and deliver to our own accounts; find out who is not ours.

        Raises: StoreError (the queue cannot be written: to be called again).
        """
        await self._attempt(number, Stage.LOCAL, self._deliver)

    async def relay(self, number: int) -> None:
        """Hand what is not ours to the relay. Raises: StoreError (as above)."""
        await self._attempt(number, Stage.RELAY, self._send_on)

    async def _attempt(
        self, number: int, stage: Stage, work: Callable[[Queued], Awaitable[None]]
    ) -> None:
        """Do an attempt, or write down what an earlier one came to that could not be.

        An attempt that fails unexpectedly counts as one after which everybody is tried again.
        """
        if (number, stage) in self._unsettled:
            await self._commit(number, stage)
            return
        queued: Queued | None = None
        try:
            queued = await self._queue.run(
                partial(load, number=number, stage=stage, now=self._clock())
            )
            if queued is not None:
                await work(queued)
        except Exception:  # whatever it is, it must not go on for ever, nor unreported
            if (number, stage) in self._unsettled:
                raise
            _log.failure("work on queued mail {number} failed", number=number)
            await self._settle_broken(number, stage, queued.attempts if queued else None)

    async def _settle_broken(self, number: int, stage: Stage, attempts: int | None) -> None:
        """Put everybody who is left off, or tell the sender and set the mail aside.

        Only what is beside the message is read, as that may be what is broken. ``attempts`` were
        made before this one; None: as the queue says.
        """
        queued: Queued | None = await self._queue.run(
            partial(load_envelope, number=number, stage=stage)
        )
        if queued is None:
            return
        if attempts is not None:
            queued = replace(queued, attempts=attempts)
        outcomes = dict.fromkeys((one.address for one in queued.submission.recipients), BROKEN)
        copy = BROKEN if stage is Stage.LOCAL else DELIVERED
        await self._settle(queued, stage, outcomes, copy, is_broken=True)

    async def settle_all(self) -> None:
        """Write down what could not be so far. Raises: StoreError (it cannot now either)."""
        for number, stage in list(self._unsettled):
            await self._commit(number, stage)

    async def _commit(self, number: int, stage: Stage) -> None:
        settlement = self._unsettled[number, stage]
        await self._queue.run(
            partial(settle, number=number, settlement=settlement, now=self._clock())
        )
        del self._unsettled[number, stage]

    async def _deliver(self, queued: Queued) -> None:
        submission = queued.submission
        letter = self._local.letter(
            submission.message,
            sender=submission.sender,
            recipients=[one.address for one in submission.recipients],
            token=queued.token,
            origin="",
            protocol="HTTP",
        )
        # Begun after the first deliveries: somebody may wait for those.
        copying: Deferred[Outcome] | None = None
        outcomes: dict[str, Outcome | None] = {}
        for start in range(0, len(submission.recipients), _AT_ONCE):
            some = submission.recipients[start : start + _AT_ONCE]
            work = [Deferred.fromCoroutine(self._deliver_to(one, letter)) for one in some]
            copying = copying or Deferred.fromCoroutine(self._store_sent(queued))
            found = await gatherResults(work, consumeErrors=True)
            outcomes.update(zip((one.address for one in some), found, strict=True))
        copy = await (copying or Deferred.fromCoroutine(self._store_sent(queued)))
        await self._settle(queued, Stage.LOCAL, outcomes, copy)

    async def _store_sent(self, queued: Queued) -> Outcome:
        submission = queued.submission
        if submission.sent_copy is None:
            return DELIVERED
        return await self._local.store_sent(submission.account, submission.sent_copy, queued.token)

    async def _deliver_to(self, recipient: Recipient, letter: Letter) -> Outcome | None:
        """Deliver to one recipient; None if it is not ours."""
        try:
            if recipient.account is not None:
                account = await self._local.account(recipient.account)
                if account is None:
                    return NO_SUCH_USER
            else:
                account = await self._local.find(recipient.address)
        except StoreError as exc:
            _log.error("recipient cannot be looked up: {why}", why=str(exc))
            return TRY_LATER
        if account is None:
            return None
        outcome = await self._local.deliver(account, letter)
        if outcome is MAILBOX_FULL and recipient.account is not None:
            # Room may be made before the report is given up; nobody else could be told.
            return Outcome(code=452, status="4.2.2", text=outcome.text)
        return outcome

    async def _send_on(self, queued: Queued) -> None:
        submission = queued.submission
        left = [one.address for one in submission.recipients]
        waits = False
        while left:
            some, left = left[:_RECIPIENTS_A_TRANSACTION], left[_RECIPIENTS_A_TRANSACTION:]
            await self._begin(queued)
            outcomes = await self._relay.send(submission.sender, some, submission.message)
            deferred = [one.verdict is Verdict.DEFERRED for one in outcomes.values()]
            waits = waits or any(deferred)
            if all(deferred):
                # The rest would fare no better now.
                left = []
            await self._settle(
                queued, Stage.RELAY, outcomes, DELIVERED, goes_on=bool(left), waits=waits
            )

    async def _begin(self, queued: Queued) -> None:
        """Write down that mail goes out; where that is not possible none does (it raises).

        Else a queue that cannot be written would be a queue that sends the same again and again.
        """
        now, attempts = self._clock(), queued.attempts + 1
        retry_at = self._schedule.next_at(now, attempts, queued.taken_at)
        if retry_at is None:
            retry_at = now + self._schedule.delay_s(attempts)
        await self._queue.run(
            partial(
                begin, number=queued.id, stage=Stage.RELAY, attempts=attempts, retry_at=retry_at
            )
        )

    async def _settle(
        self,
        queued: Queued,
        stage: Stage,
        outcomes: Mapping[str, Outcome | None],
        copy: Outcome,
        *,
        goes_on: bool = False,
        waits: bool = False,
        is_broken: bool = False,
    ) -> None:
        """Write down what came of an attempt, or of a part of it after which it ``goes_on``.

        ``waits``: somebody of an earlier part is to be tried again. ``is_broken``: the attempt
        could not be made. Where it raises StoreError the settlement is kept for the next time.
        """
        now = self._clock()
        retry_at = self._schedule.next_at(now, queued.attempts + 1, queued.taken_at)
        known = {address: one for address, one in outcomes.items() if one is not None}
        failed = {a: one for a, one in known.items() if one.verdict is Verdict.FAILED}
        deferred = {a: one for a, one in known.items() if one.verdict is Verdict.DEFERRED}
        copy_waits = copy.verdict is Verdict.DEFERRED or copy is MAILBOX_FULL
        if retry_at is None:
            failed |= {address: _given_up(one) for address, one in deferred.items()}
            deferred, copy_waits = {}, False
        set_aside = is_broken and retry_at is None
        if copy is not DELIVERED and not copy_waits:
            _log.error("no Sent copy for {account}: {why}",
                       account=queued.submission.account, why=copy.reply)  # fmt: skip
        _tell_log(queued, known)
        self._unsettled[queued.id, stage] = Settlement(
            stage=stage,
            done=tuple(address for address in known if address not in deferred),
            to_relay=tuple(address for address in outcomes if address not in known),
            deferred=tuple((address, one.reply) for address, one in deferred.items()),
            attempts=queued.attempts + (not goes_on),
            retry_at=now if goes_on else retry_at if waits or deferred or copy_waits else None,
            sent_copy_done=stage is Stage.LOCAL and not copy_waits and not set_aside,
            reports=self._reports(queued, failed, now),
            set_aside=set_aside,
        )
        await self._commit(queued.id, stage)

    def _reports(
        self, queued: Queued, failed: Mapping[str, Outcome], now: float
    ) -> tuple[Submission, ...]:
        if not failed:
            return ()
        if not queued.submission.sender:
            _log.warn("a report or automatic answer of {account} reached nobody",
                      account=queued.submission.account)  # fmt: skip
            return ()
        return (report(queued, failed, hostname=self._local.hostname, now=now),)


def _given_up(outcome: Outcome) -> Outcome:
    """Give the failure that a temporary one became by its age."""
    status = outcome.status if outcome.status[0] == "5" else "5.4.7"
    text = f"given up after many attempts; the last answer: {outcome.reply}"
    return Outcome(code=554, status=status, text=text, remote=outcome.remote)


def _tell_log(queued: Queued, outcomes: Mapping[str, Outcome]) -> None:
    for outcome in outcomes.values():
        if outcome.verdict is not Verdict.DELIVERED:
            _log.info(
                "mail {token} of {account} {verdict}: {reply}",
                token=queued.token,
                account=queued.submission.account,
                verdict=outcome.verdict.name.lower(),
                reply=outcome.reply,
            )
