"""The work on one queued message: first the mailboxes here, then the relay for everybody else.

Each attempt ends in one commit that says what is left to do. What it did in mailboxes has its
effect once, however often it is repeated; see :mod:`.relay` for what crosses the net.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger

from carbonio_mobile.errors import StoreError
from carbonio_mobile.mailbox.delivery.database import QueueThread
from carbonio_mobile.mailbox.delivery.local import Letter, LocalDelivery
from carbonio_mobile.mailbox.delivery.outcome import (
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
    load,
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

    async def deliver(self, number: int) -> None:
        """Store the Sent copy and deliver to our own accounts; find out who is not ours."""
        queued: Queued | None = await self._queue.run(
            partial(load, number=number, stage=Stage.LOCAL)
        )
        if queued is None:
            return
        submission = queued.submission
        letter = Letter(
            message=submission.message,
            sender=submission.sender,
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
        outcome = await self._local.deliver(account, recipient.address, letter)
        if outcome is MAILBOX_FULL and recipient.account is not None:
            # Room may be made before the report is given up; nobody else could be told.
            return Outcome(code=452, status="4.2.2", text=outcome.text)
        return outcome

    async def relay(self, number: int) -> None:
        """Hand what is not ours to the relay."""
        queued: Queued | None = await self._queue.run(
            partial(load, number=number, stage=Stage.RELAY)
        )
        if queued is None:
            return
        submission = queued.submission
        left = [one.address for one in submission.recipients]
        waits = False
        while left:
            some, left = left[:_RECIPIENTS_A_TRANSACTION], left[_RECIPIENTS_A_TRANSACTION:]
            outcomes = await self._relay.send(submission.sender, some, submission.message)
            deferred = [one.verdict is Verdict.DEFERRED for one in outcomes.values()]
            waits = waits or any(deferred)
            if all(deferred):
                # The rest would fare no better now.
                left = []
            await self._settle(
                queued, Stage.RELAY, outcomes, DELIVERED, goes_on=bool(left), waits=waits
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
    ) -> None:
        """Write down what came of an attempt, or of a part of it after which it ``goes_on``.

        ``waits``: somebody of an earlier part is to be tried again.
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
        if copy is not DELIVERED and not copy_waits:
            _log.error("no Sent copy for {account}: {why}",
                       account=queued.submission.account, why=copy.reply)  # fmt: skip
        _tell_log(queued, known)
        settlement = Settlement(
            stage=stage,
            done=tuple(address for address in known if address not in deferred),
            to_relay=tuple(address for address in outcomes if address not in known),
            deferred=tuple((address, one.reply) for address, one in deferred.items()),
            attempts=queued.attempts + (not goes_on),
            retry_at=now if goes_on else retry_at if waits or deferred or copy_waits else None,
            sent_copy_done=stage is Stage.LOCAL and not copy_waits,
            reports=self._reports(queued, failed, now),
        )
        await self._queue.run(partial(settle, number=queued.id, settlement=settlement, now=now))

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
