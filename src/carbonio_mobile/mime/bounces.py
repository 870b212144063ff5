"""The report to a sender that a message could not be delivered, or not yet.

Spec: RFC 3464 (message/delivery-status), RFC 6522 (multipart/report), RFC 3834 2 (no loops).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate

from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.building import multipart, text_part
from carbonio_mobile.mime.header import split
from carbonio_mobile.mime.words import clean, header_text
from carbonio_mobile.mime.writing import CRLF, address_field, ids_field, refolded, text_field

MAX_RETURNED_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One recipient who did not get the message.

    ``action`` is ``failed`` or ``delayed``; ``status`` an enhanced code such as ``5.1.1``;
    ``diagnostic`` what the other server said, if anything.
    """

    recipient: str
    status: str
    diagnostic: str = ""
    action: str = "failed"
    remote_mta: str = ""


def bounce(
    source: bytes,
    failures: Sequence[Failure],
    *,
    to: str,
    from_address: str,
    reporting_mta: str,
    message_id: str,
    date: float,
) -> bytes:
    """Write the report on ``source`` to its sender ``to``, to be sent from the empty address."""
    delayed = all(one.action == "delayed" for one in failures)
    header, _ = split(source)
    subject = header_text(header.parsed().first("subject"))[:200]
    title = "Delivery delayed" if delayed else "Undeliverable"
    head = b"".join(
        (
            address_field("From", [Mailbox("Mail Delivery System", from_address)]),
            address_field("To", [Mailbox("", to)]),
            text_field("Subject", f"{title}: {subject}" if subject else title),
            b"Date: " + formatdate(date).encode("ascii") + CRLF,
            ids_field("Message-ID", [message_id]),
            b"Auto-Submitted: auto-replied" + CRLF,
            b"MIME-Version: 1.0" + CRLF,
        )
    )
    returned = b"".join(refolded(octets) for _, octets in header.fields)
    parts = [
        text_part("plain", _explanation(failures, subject, delayed)),
        b"Content-Type: message/delivery-status\r\n\r\n" + _status(failures, reporting_mta),
        b"Content-Type: text/rfc822-headers\r\n\r\n" + returned[:MAX_RETURNED_HEADER_BYTES],
    ]
    return head + multipart("report", parts, parameters="; report-type=delivery-status")


def _explanation(failures: Sequence[Failure], subject: str, delayed: bool) -> str:
    first = (
        "Your message could not be delivered yet; it will be tried again."
        if delayed
        else "Your message could not be delivered to these recipients."
    )
    rows = [f"  {one.recipient}\n    {one.diagnostic or one.status}" for one in failures]
    return "\n".join([first, f"Subject: {subject}", "", *rows, ""])


def _status(failures: Sequence[Failure], reporting_mta: str) -> bytes:
    blocks = [_field("Reporting-MTA", f"dns; {reporting_mta}")]
    for one in failures:
        rows = [
            _field("Final-Recipient", f"rfc822; {one.recipient}"),
            _field("Action", one.action),
            _field("Status", one.status),
        ]
        if one.remote_mta:
            rows.append(_field("Remote-MTA", f"dns; {one.remote_mta}"))
        if one.diagnostic:
            rows.append(_field("Diagnostic-Code", f"smtp; {one.diagnostic}"))
        blocks.append(b"".join(rows))
    return CRLF.join(blocks)


def _field(name: str, value: str) -> bytes:
    text = clean(" ".join(value.split())).encode("ascii", "replace").decode("ascii")
    return refolded(f"{name}: {text[:900]}\r\n".encode("ascii"))
