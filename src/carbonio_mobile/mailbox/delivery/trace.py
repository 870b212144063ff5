"""The header fields that tell a message's way, and how often it was on it.

Spec: RFC 5321 4.4 (trace information), 6.3 (loops); RFC 9228 (Delivered-To).
"""

import re
from email.utils import formatdate

from carbonio_mobile.mime.words import clean

MAX_HOPS = 100
"""RFC 5321 6.3 wants at least a hundred."""

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_MAX_HEADER_BYTES = 1 << 20


def hops(message: bytes) -> int:
    """Count the servers that say that they had the message."""
    head = message[:_MAX_HEADER_BYTES]
    end = _HEADER_END.search(head)
    return len(_RECEIVED.findall(head, 0, end.start() if end else len(head)))


def received(origin: str, *, by: str, protocol: str, token: str, to: str, at: float) -> bytes:
    """Write the Received field of this server; ``at`` in seconds, UTC.

    ``origin`` says who handed the message over, ``name ([address])``; nothing for our own users.
    ``to`` is empty where there are several: none of them is told of the others.
    """
    lines = [f"from {_visible(origin)}"] if origin else []
    lines += [f"by {by} (carbonio-mobile) with {protocol} id {token}"]
    lines += [f"for <{_visible(to)}>"] if to else []
    text = "\r\n\t".join(lines) + f";\r\n\t{formatdate(at)}"
    return f"Received: {text}\r\n".encode("utf-8", "replace")


def delivered(message: bytes, *, sender: str, recipient: str, received_field: bytes) -> bytes:
    """Give a message as it goes into mailboxes: with what this server knows on top.

    ``recipient`` is empty where there are several.
    """
    top = f"Return-Path: <{_visible(sender)}>\r\n"
    if recipient:
        top += f"Delivered-To: {_visible(recipient)}\r\n"
    return top.encode("utf-8", "replace") + received_field + message


def _visible(text: str) -> str:
    return clean(text)[:500]
