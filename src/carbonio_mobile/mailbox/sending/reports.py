"""What a sender is told of a message that was not, or perhaps not, taken: mail for the own Inbox.

Spec: RFC 3464 (by :mod:`..delivery.reports`); RFC 1047 (why a message can be in doubt).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate

from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.delivery.outcome import Outcome, Verdict
from carbonio_mobile.mailbox.delivery.queue import Queued, Submission
from carbonio_mobile.mailbox.delivery.reports import header_of, report
from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.building import Body, content
from carbonio_mobile.mime.structure import top_fields
from carbonio_mobile.mime.words import header_text
from carbonio_mobile.mime.writing import CRLF, address_field, ids_field, text_field

_NAMED_AT_MOST = 200


def refusal_report(
    account: AccountId,
    operation: OperationId,
    message: bytes,
    *,
    sender: str,
    failed: Mapping[str, Outcome],
    hostname: str,
    now: float,
) -> bytes:
    """Write the report on recipients that get nothing; a temporary failure is final here."""
    queued = Queued(
        id=0,
        token=operation,
        taken_at=now,
        attempts=1,
        submission=Submission(account=account, sender=sender, message=message, recipients=()),
    )
    final = {address: _final(outcome) for address, outcome in failed.items()}
    return report(queued, final, hostname=hostname, now=now).message


def _final(outcome: Outcome) -> Outcome:
    if outcome.verdict is Verdict.FAILED:
        return outcome
    text = f"it is not tried again; the answer was: {outcome.reply}"
    return replace(outcome, code=554, status=f"5{outcome.status[1:]}", text=text)


def doubt_report(
    message: bytes,
    *,
    sender: str,
    recipients: Sequence[str],
    hostname: str,
    message_id: str,
    now: float,
) -> bytes:
    """Write that nobody knows whether a message went out. ``message_id`` names the report."""
    subject = header_text(top_fields(header_of(message)).first("subject"))[:200]
    rows = [f"  {one}" for one in recipients[:_NAMED_AT_MOST]]
    more = len(recipients) - _NAMED_AT_MOST
    rows += [f"  and {more} more"] if more > 0 else []
    text = "\n".join(
        [
            "It is not known whether this message was sent: it was handed over to the mail server,",
            "whose answer did not arrive. It is not sent again by itself, so that nobody gets it",
            "twice. Please ask the recipients, or send it again.",
            "",
            f"Subject: {subject}",
            "",
            *rows,
            "",
        ]
    )
    origin = Mailbox("Mail Delivery System", f"MAILER-DAEMON@{sender.rpartition('@')[2]}")
    head = (
        address_field("From", [origin]),
        address_field("To", [Mailbox("", sender)]),
        text_field("Subject", f"Perhaps not sent: {subject}" if subject else "Perhaps not sent"),
        b"Date: " + formatdate(now).encode("ascii") + CRLF,
        ids_field("Message-ID", [f"{message_id}@{hostname}"]),
        b"Auto-Submitted: auto-replied" + CRLF,
        b"MIME-Version: 1.0" + CRLF,
    )
    return b"".join(head) + content(Body(text=text), [], [])
