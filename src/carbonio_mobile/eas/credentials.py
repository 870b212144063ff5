"""Login and password out of an Authorization header.

Spec: RFC 7617; MS-ASHTTP R139 (Basic); client-quirks.md 1.4 (UTF-8 from phones, Latin-1 from
Outlook).
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass, field

CREDENTIALS_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a client claims to be, and its proof."""

    login: str
    password: str = field(repr=False)


def basic(header: str) -> Credentials | None:
    """Read a Basic header; None for another scheme or something unreadable."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(encoded) > CREDENTIALS_BYTES_MAX:
        return None
    try:
        octets = b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    login, colon, password = text.partition(":")
    if not colon or not login or "\0" in text:
        return None
    return Credentials(login=login, password=password)
