"""The mail by which administrators are told something.

Spec: RFC 5322; RFC 3834 5 (Auto-Submitted).
"""

from collections.abc import Sequence
from email.utils import formatdate

from carbonio_mobile.mime.addresses import Mailbox
from carbonio_mobile.mime.building import text_part
from carbonio_mobile.mime.writing import CRLF, address_field, ids_field, text_field

SENDER_NAME = "Carbonio Mobile"


def notice_mail(
    *,
    sender: str,
    recipients: Sequence[str],
    subject: str,
    text: str,
    message_id: str,
    date: float,
) -> bytes:
    """Write the mail; ``message_id`` without brackets, ``date`` in seconds UTC."""
    head = (
        address_field("From", [Mailbox(SENDER_NAME, sender)]),
        address_field("To", [Mailbox("", one) for one in recipients]),
        text_field("Subject", " ".join(subject.split())),
        b"Date: " + formatdate(date).encode("ascii") + CRLF,
        ids_field("Message-ID", [message_id]),
        b"Auto-Submitted: auto-generated" + CRLF,
        b"MIME-Version: 1.0" + CRLF,
    )
    return b"".join(head) + text_part("plain", text)
