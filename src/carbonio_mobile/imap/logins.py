"""What is said to log in: SASL PLAIN with an authorisation identity, and XOAUTH2.

Spec: RFC 4616 2; developers.google.com/gmail/imap/xoauth2-protocol (XOAUTH2), RFC 7628 3.1.
"""

import binascii


def plain(user: str, password: str, *, acts_for: str = "") -> bytes:
    """Give PLAIN's message: ``user`` logs in, and acts for another account if one is named.

    Raises: ValueError (NUL in one of them).
    """
    parts = [acts_for, user, password]
    if any("\0" in one for one in parts):
        raise ValueError("names and passwords hold no NUL")
    return "\0".join(parts).encode("utf-8")


def xoauth2(user: str, token: str) -> bytes:
    """Give XOAUTH2's message. Raises: ValueError (control characters in one of them)."""
    if any(ord(c) < 0x20 or c == "\x7f" for c in user + token):
        raise ValueError("names and tokens hold no control characters")
    return f"user={user}\1auth=Bearer {token}\1\1".encode()


def base64(message: bytes) -> bytes:
    """Give a message as AUTHENTICATE carries it; an empty one is ``=``."""
    return binascii.b2a_base64(message, newline=False) or b"="
