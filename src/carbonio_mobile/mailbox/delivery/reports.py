"""Reports to senders whose mail came to nothing, as submissions of their own.

Spec: RFC 3464; RFC 5321 4.5.5 (no report on a report), 6.1.
"""

import secrets
from collections.abc import Mapping
from email.utils import formatdate

from twisted.logger import Logger

from carbonio_mobile.mailbox.delivery.outcome import Outcome
from carbonio_mobile.mailbox.delivery.queue import Queued, Recipient, Submission
from carbonio_mobile.mime.bounces import Failure, bounce

_MAX_HEADER_BYTES = 256 * 1024
_log = Logger()


def header_of(message: bytes) -> bytes:
    """Give the header of a message with the empty line after it, the first 256 KiB of it."""
    head = message[:_MAX_HEADER_BYTES]
    end = head.find(b"\r\n\r\n")
    return head if end < 0 else head[: end + 4]


def report(
    queued: Queued, failed: Mapping[str, Outcome], *, hostname: str, now: float
) -> Submission:
    """Write the report on recipients that get nothing; it goes to the sender's own mailbox.

    Where the message is beyond reporting on, the report says so much without it.
    """
    sender = queued.submission.sender
    try:
        source = _full(queued.submission, failed, hostname, now)
    except Exception:  # a message of any make; its sender must be told all the same
        _log.failure("the report on {token} is a plain one", token=queued.token)
        source = _plain(sender, failed, now)
    account = queued.submission.account
    return Submission(
        account=account,
        sender="",
        message=source,
        # Mail to a list may come from somebody who has no mailbox here.
        recipients=(Recipient(address=sender, account=account or None),),
    )


def _full(
    submission: Submission, failed: Mapping[str, Outcome], hostname: str, now: float
) -> bytes:
    sender = submission.sender
    return bounce(
        header_of(submission.message),
        [_failure(address, outcome) for address, outcome in failed.items()],
        to=sender,
        from_address=f"MAILER-DAEMON@{sender.rpartition('@')[2]}",
        reporting_mta=hostname,
        message_id=f"{secrets.token_hex(12)}@{hostname}",
        date=now,
    )


def _plain(sender: str, failed: Mapping[str, Outcome], now: float) -> bytes:
    lines = (
        "From: Mail Delivery System <MAILER-DAEMON>",
        f"To: <{sender}>",
        "Subject: Undeliverable",
        f"Date: {formatdate(now)}",
        "Auto-Submitted: auto-replied",
        "",
        "Your message could not be delivered to these recipients.",
        "",
        *(f"  {address}: {outcome.reply}" for address, outcome in failed.items()),
        "",
    )
    safe = ("".join(c if " " <= c <= "~" else "?" for c in line)[:900] for line in lines)
    return "\r\n".join(safe).encode("ascii")


def _failure(address: str, outcome: Outcome) -> Failure:
    return Failure(
        recipient=address,
        status=outcome.status,
        diagnostic=outcome.reply if outcome.remote else outcome.text,
        remote_mta=outcome.remote,
    )
