"""Whether a policy key opens the gate, and what the two phases of Provision make of the keys.

Spec: MS-ASPROV 3.1.5.1 and 3.2.5.1; MS-ASCMD 2.2.2 (142 to 144).
"""

from dataclasses import replace

from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.sync.device import PolicyState

EXEMPT_COMMANDS = frozenset({"Provision", "Ping", "Autodiscover"})
"""Served without a valid key (MS-ASPROV R61103), as is the OPTIONS request."""


def verdict(
    state: PolicyState,
    key_sent: int | None,
    current_hash: str,
    now: float,
    refresh_s: float,
    *,
    required: bool,
) -> Reason | None:
    """Decide on one request of a command that is not exempt: None to let it through, or why not.

    ``key_sent`` is None where no key came. ``refresh_s`` 0 means that a key does not age.
    Without ``required`` a device that never provisioned is let through as long as it claims no key:
    the policy in force forbids nothing, and simple clients know nothing of Provision. A device that
    did provision must go on sending its key.
    """
    claimed = key_sent or 0
    if not state.key:
        if claimed:
            return Reason.POLICY_CHANGED
        return Reason.NOT_PROVISIONED if required else None
    if not claimed:
        return Reason.NOT_PROVISIONED
    if claimed != state.key or state.acknowledged_hash != current_hash:
        return Reason.POLICY_CHANGED
    if refresh_s and now - state.provisioned_at >= refresh_s:
        return Reason.POLICY_EXPIRED
    return None


def new_key(random: bytes, state: PolicyState) -> int:
    """Make a key of 32 bits from at least 4 random octets; never 0 and never one that is in use."""
    key = int.from_bytes(random[:4], "big")
    while key in (0, state.key, state.temporary):
        key = (key + 1) % 2**32
    return key


def offered(state: PolicyState, document_hash: str, fresh_key: int) -> PolicyState:
    """Give the state after phase one: a temporary key stands for the document of that hash.

    A repeated request gets the temporary key that was not acknowledged yet. The key in force
    stays in force until then (MS-ASPROV R650).
    """
    if state.temporary and not state.acknowledged_status and state.policy_hash == document_hash:
        return state
    return replace(state, temporary=fresh_key, policy_hash=document_hash, acknowledged_status=0)


def acknowledged(
    state: PolicyState, key_sent: int, status: int, fresh_key: int, now: float
) -> PolicyState | None:
    """Give the state after phase two, None where the key is not the temporary one (MS-ASPROV R658).

    An acknowledgement that was answered before (its answer was lost) changes nothing: the device
    gets the same final key again.
    """
    if not key_sent or key_sent != state.temporary:
        return None
    if state.acknowledged_status:
        return state
    return replace(
        state,
        key=fresh_key,
        acknowledged_hash=state.policy_hash,
        acknowledged_status=status,
        provisioned_at=now,
    )
