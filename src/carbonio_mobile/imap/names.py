"""Names of mailboxes: modified UTF-7 on most servers, UTF-8 after ENABLE UTF8=ACCEPT.

The law of both directions is that what a server calls a mailbox comes back to it octet for octet:
``encode(decode(wire)) == wire``. A name that is no right text in the server's encoding (old
clients left raw 8-bit names and bare ``&``) is therefore given as its octets behind a NUL, which
no name may contain; ``shown`` makes it readable.

Spec: RFC 3501 5.1.3, RFC 6855 3.
"""

import binascii
import re

from carbonio_mobile.errors import ProtocolError

MAX_OCTETS = 4096
"""No server gives names of this length; a state database need not store them."""

_RAW = "\0"
_BEYOND = re.compile(r"&|[^\x20-\x7e]+")
_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*)-")


def decode(wire: bytes, *, utf8: bool = False) -> str:
    """Give the name behind what the server calls a mailbox. Raises: ProtocolError (no name)."""
    if len(wire) > MAX_OCTETS or b"\0" in wire:
        raise ProtocolError("the name of a mailbox is too long or holds NUL")
    try:
        name = wire.decode("utf-8") if utf8 else _from_utf7(wire)
        if encode(name, utf8=utf8) == wire:
            return name
    except ValueError:
        pass  # no right text, or one with NUL in it
    return _RAW + wire.decode("latin-1")


def encode(name: str, *, utf8: bool = False) -> bytes:
    """Give what the server calls a mailbox. Raises: ValueError (NUL, or a lone surrogate)."""
    if name.startswith(_RAW):
        return name[1:].encode("latin-1")
    if _RAW in name:
        raise ValueError("the name of a mailbox holds no NUL")
    if utf8:
        return name.encode("utf-8")
    return _BEYOND.sub(_shifted, name).encode("ascii")


def shown(name: str) -> str:
    """Give a name for people: without the mark of a raw one."""
    return name.removeprefix(_RAW)


def _shifted(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    base64 = binascii.b2a_base64(found[0].encode("utf-16-be"), newline=False)
    return "&" + base64.rstrip(b"=").replace(b"/", b",").decode("ascii") + "-"


def _from_utf7(wire: bytes) -> str:
    parts, at = [], 0
    for found in _SHIFTED.finditer(wire):
        parts += [wire[at : found.start()].decode("ascii"), _unshifted(found[1])]
        at = found.end()
    return "".join((*parts, wire[at:].decode("ascii")))


def _unshifted(base64: bytes) -> str:
    if not base64:
        return "&"
    padded = base64.replace(b",", b"/") + b"=" * (-len(base64) % 4)
    return binascii.a2b_base64(padded).decode("utf-16-be")
