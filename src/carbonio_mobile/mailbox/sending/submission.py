"""Sending by the mail server's submission service, while the device waits.

A message leaves once. Before anything of it does, an intent is durable; where the process dies, or
the server's answer is lost, the intent and the Sent folder decide what happened:

* a copy in Sent: it was sent;
* none, and the server puts one there by itself: it was not, once the server had its time;
* none, and the copies are ours: nobody knows. It is not sent again, and its sender is told so.

What the server refuses for good is reported to the sender's Inbox, as a queue would do it: many
clients try again for ever what is refused to them at once.

Spec: design.md 4 (P1, order of writes); RFC 5321, RFC 6409, RFC 1047.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from carbonio_mobile.errors import StoreError, TooLarge, Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import IIntents, ISubmission
from carbonio_mobile.mailbox.delivery.outcome import Outcome, Verdict
from carbonio_mobile.mailbox.delivery.relay import Login
from carbonio_mobile.mailbox.sending.chores import Chore, Chores
from carbonio_mobile.mailbox.sending.faults import fault_of
from carbonio_mobile.mailbox.sending.outgoingmail import OutgoingMail, effect, identified
from carbonio_mobile.mailbox.sending.parts import Relay, SentCopies, SubmissionOptions
from carbonio_mobile.mailbox.sending.reports import doubt_report, refusal_report
from carbonio_mobile.mailbox.sharedwork import SharedWork
from carbonio_mobile.sync.intents import Intent, Progress

_RECIPIENTS_A_TRANSACTION = 100
"""What every server takes (RFC 5321 4.5.3.1.8)."""

_LOST_KNOWN = 1000
_UNSEEN = "the mail server did not say whether it took a message, and that is not seen yet"

_log = Logger()


@implementer(ISubmission)
class GatewaySubmission:
    """Hands mail over to the accounts' mail server.

    ``login_of`` gives an account's login, None for a server that wants none; ``deliver_report``
    puts a message into the account's Inbox, once per operation. Both may raise StoreError.
    """

    def __init__(
        self,
        relay: Relay,
        *,
        intents: IIntents,
        login_of: Callable[[AccountId], Awaitable[Login | None]],
        sent: SentCopies,
        deliver_report: Callable[[AccountId, bytes, OperationId], Awaitable[None]],
        clock: IReactorTime,
        options: SubmissionOptions,
    ) -> None:
        self._relay = relay
        self._intents = intents
        self._login_of = login_of
        self._sent = sent
        self._deliver_report = deliver_report
        self._clock = clock
        self._options = options
        self._chores = Chores(delays_s=options.delays_s, most=options.unfinished_most, clock=clock)
        self._began_at = clock.seconds()
        self._lost_at: dict[OperationId, float] = {}
        self._sessions = DeferredSemaphore(options.sessions_most)
        self._under_way: dict[OperationId, SharedWork[bool]] = {}

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
        """See :meth:`ISubmission.submit`; it returns when the server has taken the message.

        It goes on where the one who waits is cancelled. Raises: OverQuota, TooLarge (the server
        says so, too); Unavailable (the server is away, or wants it later, or another login:
        nothing was sent; or it is not known yet whether it was). A repeated call goes on where the
        first one stood.
        """
        limit = self._options.message_limit_bytes
        if max(len(message), len(sent_copy or b"")) > limit:
            raise TooLarge(f"{len(message)} bytes, at most {limit} are taken")
        running = self._under_way.get(operation)
        if running is not None:
            await running.result()
            return False
        message, sent_copy, its_id = identified(
            message, sent_copy, operation, self._options.hostname
        )
        intent = Intent(
            account=account,
            operation=operation,
            message_id=its_id,
            progress=Progress.HANDING_OVER,
            at=self._clock.seconds(),
        )
        mail = OutgoingMail(
            intent=intent,
            message=message,
            sender=sender,
            recipients=tuple(recipients),
            sent_copy=sent_copy,
        )
        running = self._under_way[operation] = SharedWork(self._submit(mail))
        if running.is_over:
            self._under_way.pop(operation, None)
        return await running.result()

    async def was_taken(self, operation: OperationId) -> bool:
        """See :meth:`ISubmission.was_taken`.

        False also where :meth:`submit` has something left to do, which is never to send it again.
        """
        if (running := self._under_way.get(operation)) is not None:
            await running.result()
        intent = await self._intents.find(operation)
        return intent is not None and intent.progress is Progress.DONE

    async def stop(self) -> None:
        """End what is under way; a message that was handed over has a moment to be answered."""
        await self._relay.stop()
        for running in list(self._under_way.values()):
            try:
                await running.result()
            except StoreError as exc:
                _log.info("a message was not sent at the end: {why}", why=str(exc))
        self._chores.stop()

    async def _submit(self, mail: OutgoingMail) -> bool:
        try:
            return await self._go_on(mail)
        finally:
            self._under_way.pop(mail.intent.operation, None)

    async def _go_on(self, mail: OutgoingMail) -> bool:
        known = await self._intents.find(mail.intent.operation)
        if known is None:
            return await self._send(mail)
        if known.progress is Progress.DONE:
            return False
        begun = replace(mail, intent=known)
        in_doubt = known.progress is Progress.HANDING_OVER
        if in_doubt and (was_sent := await self._was_sent(begun)) is not True:
            if was_sent is False:
                # Its answer was lost, and it itself as well. It may be written anew since.
                return await self._send(mail)
            await self._tell_of_doubt(begun, mail.recipients)
        await self._finish(begun, [])
        return False

    async def _was_sent(self, mail: OutgoingMail) -> bool | None:
        """Tell what became of a message in doubt; None: nobody knows.

        Raises: Unavailable (it is not known yet).
        """
        intent = mail.intent
        if await self._sent.was_sent(intent.account, intent.message_id):
            # Of several submissions of one message a copy tells no more than that one went.
            return None if mail.sent_copy is None else True
        if self._sent.save is not None:
            return None
        # Where an earlier process handed it over, nobody knows when that ended: before this one.
        since = max(intent.at, self._began_at, self._lost_at.get(intent.operation, 0.0))
        if self._now() < since + self._sent.settle_s:
            raise Unavailable(_UNSEEN)
        return False

    async def _send(self, mail: OutgoingMail) -> bool:
        outcomes = await self._outcomes(mail)
        taken = {a for a, one in outcomes.items() if one.verdict is Verdict.DELIVERED}
        doubtful = [address for address, one in outcomes.items() if one.in_doubt]
        others = {
            address: one
            for address, one in outcomes.items()
            if address not in taken and not one.in_doubt
        }
        _tell_log(mail, others)
        if not taken and not doubtful:
            return await self._refused(mail, others)
        if doubtful and not taken:
            mail = replace(mail, intent=replace(mail.intent, at=self._lost_now(mail)))
            await self._intents.put(mail.intent)
            was_sent = await self._was_sent(mail)
            if was_sent is False:
                raise Unavailable(_UNSEEN)
            doubtful = [] if was_sent else doubtful
        if doubtful:
            await self._tell_of_doubt(mail, doubtful)
        await self._finish(mail, [self._refusals(mail, others)] if others else [])
        return True

    def _lost_now(self, mail: OutgoingMail) -> float:
        """Keep the time in memory too: the intent may not get it."""
        if len(self._lost_at) >= _LOST_KNOWN:
            del self._lost_at[next(iter(self._lost_at))]
        now = self._lost_at[mail.intent.operation] = self._now()
        return now

    async def _outcomes(self, mail: OutgoingMail) -> Mapping[str, Outcome]:
        """Send; after a transaction in which all are put off, no further one is tried."""
        login = await self._login_of(mail.intent.account)
        outcomes: dict[str, Outcome] = {}
        left = list(dict.fromkeys(mail.recipients))
        while left:
            some, left = left[:_RECIPIENTS_A_TRANSACTION], left[_RECIPIENTS_A_TRANSACTION:]
            try:
                found = await self._transfer(mail, some, login)
            except StoreError as exc:
                if not outcomes:
                    raise
                found = dict.fromkeys(some, Outcome(code=451, status="4.3.0", text=str(exc)))
            outcomes.update(found)
            if all(one.verdict is Verdict.DEFERRED for one in found.values()):
                rest = next(iter(found.values()))
                outcomes.update(dict.fromkeys(left, replace(rest, in_doubt=False)))
                break
        return outcomes

    async def _transfer(
        self, mail: OutgoingMail, recipients: Sequence[str], login: Login | None
    ) -> Mapping[str, Outcome]:
        """Do a transaction, when its turn comes."""
        await self._sessions.acquire()
        try:
            return await self._relay.send(
                mail.sender,
                recipients,
                mail.message,
                login=login,
                before_data=partial(self._intents.put, mail.intent),
            )
        finally:
            self._sessions.release()

    async def _refused(self, mail: OutgoingMail, outcomes: Mapping[str, Outcome]) -> bool:
        """Nobody has the message. Raises: OverQuota, TooLarge, Unavailable."""
        fault = fault_of(outcomes)
        try:
            if fault is not None:
                raise fault
            await self._refusals(mail, outcomes)()
            await self._intents.put(replace(mail.intent, progress=Progress.DONE))
        except StoreError:
            await self._forget(mail)
            raise
        return True

    async def _forget(self, mail: OutgoingMail) -> None:
        try:
            await self._intents.drop(mail.intent.operation)
        except StoreError as exc:
            _log.error("a message that was not sent will count as in doubt: {why}", why=str(exc))

    async def _finish(self, mail: OutgoingMail, reports: Sequence[Chore]) -> None:
        """Do what is left when a message has gone. It never fails: the message must not go again.

        Without the intent the copy in Sent still tells that it went.
        """
        put, chores = self._intents.put, list[Chore]()
        if mail.intent.progress is Progress.HANDING_OVER:
            chores.append(partial(put, replace(mail.intent, progress=Progress.TAKEN)))
        if self._sent.save is not None and mail.sent_copy is not None:
            name = effect("sent", mail.intent.operation)
            chores.append(partial(self._sent.save, mail.intent.account, mail.sent_copy, name))
        done = partial(put, replace(mail.intent, progress=Progress.DONE))
        self._lost_at.pop(mail.intent.operation, None)
        await self._chores.do([*chores, *reports], done)

    def _refusals(self, mail: OutgoingMail, failed: Mapping[str, Outcome]) -> Chore:
        intent = mail.intent
        source = refusal_report(
            intent.account,
            intent.operation,
            mail.message,
            sender=mail.sender,
            failed=failed,
            hostname=self._options.hostname,
            now=self._now(),
        )
        return self._report(mail, source, "refused")

    async def _tell_of_doubt(self, mail: OutgoingMail, recipients: Sequence[str]) -> None:
        """Tell the sender. Raises: StoreError; before it is told the message stays in doubt."""
        _log.warn("mail of {account} may have been sent or not", account=mail.intent.account)
        source = doubt_report(
            mail.message,
            sender=mail.sender,
            recipients=recipients,
            hostname=self._options.hostname,
            message_id=effect("doubt", mail.intent.operation),
            now=self._now(),
        )
        await self._report(mail, source, "doubt")()

    def _report(self, mail: OutgoingMail, source: bytes, verb: str) -> Chore:
        """Give the delivery of a report. To the empty sender none is made (RFC 5321 4.5.5)."""
        name = effect(verb, mail.intent.operation)

        async def deliver() -> None:
            if mail.sender:
                await self._deliver_report(mail.intent.account, source, name)

        return deliver

    def _now(self) -> float:
        return self._clock.seconds()


def _tell_log(mail: OutgoingMail, outcomes: Mapping[str, Outcome]) -> None:
    for outcome in outcomes.values():
        _log.info(
            "mail of {account} {verdict}: {reply}",
            account=mail.intent.account,
            verdict=outcome.verdict.name.lower(),
            reply=outcome.reply,
        )
