"""Sending on a gateway, put together: the relay, the intents, the accounts' own mailboxes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.interfaces import IReactorTime

from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IIntents, IMailboxes
from carbonio_mobile.mailbox.delivery.relay import Login, RelayOptions, smtp_relay
from carbonio_mobile.mailbox.imapclient.pool import ImapPool
from carbonio_mobile.mailbox.sending.parts import SubmissionOptions
from carbonio_mobile.mailbox.sending.sentcopies import CopiesInMailboxes, SentSearch, sent_copies
from carbonio_mobile.mailbox.sending.submission import GatewaySubmission


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingOptions:
    """Where mail goes out, and what becomes of its copy.

    ``sent_name`` is the name of the accounts' Sent mailbox, empty where it is to be found out.
    With ``server_saves`` the mail server itself puts a copy there, within ``settle_s``.
    """

    relay: RelayOptions
    submission: SubmissionOptions = field(default_factory=SubmissionOptions)
    sent_name: str = ""
    server_saves: bool = False
    settle_s: float = 60.0


def gateway_submission(
    options: SendingOptions,
    *,
    mailboxes: IMailboxes,
    pool: ImapPool,
    intents: IIntents,
    login_of: Callable[[AccountId], Awaitable[Login | None]],
    reactor: Any,
    clock: IReactorTime,
) -> GatewaySubmission:
    """Make what sends the mail of accounts on a mail server.

    ``mailboxes`` are the accounts' own ones, ``pool`` their connections; ``login_of`` gives the
    login for sending, None where the server wants none. ``clock`` tells the time of day, which is
    compared with that of intents from before. Raises: OpenSSL.crypto.Error (the relay's authority
    is no certificate).
    """
    copies = CopiesInMailboxes(mailboxes, clock.seconds)
    return GatewaySubmission(
        smtp_relay(options.relay, reactor=reactor, hostname=options.submission.hostname),
        intents=intents,
        login_of=login_of,
        sent=sent_copies(
            search=SentSearch(pool, clock=clock.seconds, name=options.sent_name),
            copies=copies,
            server_saves=options.server_saves,
            settle_s=options.settle_s,
        ),
        deliver_report=copies.deliver,
        clock=clock,
        options=options.submission,
    )
