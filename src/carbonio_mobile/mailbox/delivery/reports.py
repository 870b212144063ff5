"""Reports to senders whose mail came to nothing, as submissions of their own.

Spec: RFC 3464; RFC 5321 4.5.5 (no report on a report), 6.1.
"""

import secrets
from collections.abc import Mapping

from carbonio_mobile.mailbox.delivery.outcome import Outcome
from carbonio_mobile.mailbox.delivery.queue import Queued, Recipient, Submission
from carbonio_mobile.mime.bounces import Failure, bounce

_MAX_HEADER_BYTES = 256 * 1024


def header_of(message: bytes) -> bytes:
    """Give the header of a message with the empty line after it, the first 256 KiB of it."""
    head = message[:_MAX_HEADER_BYTES]
    end = head.find(b"\r\n\r\n")
    return head if end < 0 else head[: end + 4]


def report(
    queued: Queued, failed: Mapping[str, Outcome], *, hostname: str, now: float
) -> Submission:
    """Write the report on recipients that get nothing; it goes to the sender's own mailbox."""
    sender = queued.submission.sender
    domain = sender.rpartition("@")[2]
    source = bounce(
        header_of(queued.submission.message),
        [_failure(address, outcome) for address, outcome in failed.items()],
        to=sender,
        from_address=f"MAILER-DAEMON@{domain}",
        reporting_mta=hostname,
        message_id=f"{secrets.token_hex(12)}@{hostname}",
        date=now,
    )
    account = queued.submission.account
    return Submission(
        account=account,
        sender="",
        message=source,
        recipients=(Recipient(address=sender, account=account),),
    )


def _failure(address: str, outcome: Outcome) -> Failure:
    return Failure(
        recipient=address,
        status=outcome.status,
        diagnostic=outcome.reply if outcome.remote else outcome.text,
        remote_mta=outcome.remote,
    )
