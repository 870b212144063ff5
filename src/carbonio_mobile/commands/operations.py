"""Names for effects that must happen at most once.

An operation's name follows from who asks for what: a repeat of the request, after a lost answer or
a crash at any instruction, leads to the same name, and the mailbox knows that it has done this.
Nothing need be written down before the mailbox is touched.

Spec: design.md section 4 (P1).
"""

from hashlib import blake2b

from carbonio_mobile.commands.context import Call
from carbonio_mobile.ids import OperationId


def operation(call: Call, kind: str, *parts: str | bytes) -> OperationId:
    """Give the name of an effect of this device, told apart from others by its kind and parts."""
    key = call.device.key
    return OperationId(f"{kind[:16]}-{digest(key.account, key.device, kind, *parts)}")


def digest(*parts: str | bytes) -> str:
    """Give a short digest of parts, each kept apart from the next (40 hexadecimal digits)."""
    state = blake2b(digest_size=20)
    for part in parts:
        octets = part.encode() if isinstance(part, str) else part
        state.update(len(octets).to_bytes(8, "big"))
        state.update(octets)
    return state.hexdigest()
