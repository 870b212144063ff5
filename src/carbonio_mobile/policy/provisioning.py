"""Whether a policy key opens the gate, and what the two phases of Provision make of the keys.

Spec: MS-ASPROV 3.1.5.1 and 3.2.5.1; MS-ASCMD 2.2.2 (139, 141 to 145).
"""

from dataclasses import replace

from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.status import AcknowledgementStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.policy.document import Policy, policy_hash
from carbonio_mobile.sync.device import PolicyState

EXEMPT_COMMANDS = frozenset({"Provision", "Ping", "Autodiscover"})
"""Served without a valid key (MS-ASPROV R61103), as is the OPTIONS request."""

DEMANDS = frozenset({Reason.NOT_PROVISIONED, Reason.POLICY_CHANGED, Reason.POLICY_EXPIRED})
"""The refusals that ask a device to provision."""

DEMANDS_MAX = 3
"""A device that was told to provision so often, and never did, is taken for one that cannot."""


def verdict(
    state: PolicyState,
    key_sent: int | None,
    policy: Policy,
    version: Version,
    now: float,
    *,
    required: bool,
    refresh_s: float,
) -> Reason | None:
    """Decide on one request of a command that is not exempt: None to let it through, or why not.

    ``key_sent`` is None where no key came, not even 0: such a device cannot provision. Where
    devices of that kind are let in, one that never provisioned is told to do so only if the policy
    restricts anything, and only so often; a device that did provision must go on sending its key.
    ``required`` (they are not let in) and ``refresh_s`` (how long a key is good for; 0: for ever)
    hold where the account's attributes say nothing.
    """
    if not policy.enabled:
        return None
    if not state.key:
        allowed = not required if policy.non_provisionable is None else policy.non_provisionable
        return _newcomer(state, key_sent, allowed=allowed, restricts=policy.restricts)
    if not key_sent:
        return Reason.NOT_PROVISIONED
    if key_sent != state.key or state.acknowledged_hash != _hash_in_force(state, policy, version):
        return Reason.POLICY_CHANGED
    refresh_s = refresh_s if policy.refresh_s is None else policy.refresh_s
    if refresh_s and now - state.provisioned_at >= refresh_s:
        return Reason.POLICY_EXPIRED
    return None


def _newcomer(
    state: PolicyState, key_sent: int | None, *, allowed: bool, restricts: bool
) -> Reason | None:
    """Decide on a device that never provisioned; ``allowed`` lets in those that cannot."""
    asked_enough = state.demands >= DEMANDS_MAX
    if allowed and (key_sent is None or asked_enough):
        return None
    if key_sent is None:
        return Reason.CANNOT_PROVISION if asked_enough else Reason.NO_POLICY_KEY
    if key_sent:
        return Reason.POLICY_CHANGED
    return Reason.NOT_PROVISIONED if restricts or not allowed else None


def _hash_in_force(state: PolicyState, policy: Policy, version: Version) -> str:
    """Give the hash that the document now has at the version in which the device took it.

    Outlook fetches the policy in one version and works in another: were the hash that of each
    request's version, it would be told to provision for ever (client-quirks.md 4.2).
    """
    at = Version.parse(state.acknowledged_version) if state.acknowledged_version else version
    return policy_hash(policy, at)


def demanded(state: PolicyState, reason: Reason | None) -> PolicyState:
    """Give the state after a refusal: count what a device that never provisioned was told."""
    told = reason in (Reason.NOT_PROVISIONED, Reason.NO_POLICY_KEY, Reason.POLICY_CHANGED)
    if not told or state.key or state.demands >= DEMANDS_MAX:
        return state
    return replace(state, demands=state.demands + 1)


def new_key(random: bytes, state: PolicyState) -> int:
    """Make a key of 32 bits from at least 4 random octets; never 0 and never one that is in use."""
    key = int.from_bytes(random[:4], "big")
    while key in (0, state.key, state.temporary):
        key = (key + 1) % 2**32
    return key


def offered(
    state: PolicyState, document_hash: str, version: Version, fresh_key: int
) -> PolicyState:
    """Give the state after phase one: a temporary key stands for the document of that hash.

    A repeated request gets the temporary key that was not acknowledged yet. The key in force
    stays in force until then (MS-ASPROV R650).
    """
    state = replace(state, demands=0, offered_version=version.text)
    if state.temporary and not state.acknowledged_status and state.policy_hash == document_hash:
        return state
    return replace(
        state,
        temporary=fresh_key,
        policy_hash=document_hash,
        acknowledged_status=0,
        refused_status=0,
    )


def refusal_of(status: AcknowledgementStatus, policy: Policy) -> Reason | None:
    """Say why an acknowledgement is not enough, None where it is (MS-ASPROV R659, R660).

    A device that applied a part is let in where partial provisioning is allowed; one that applied
    nothing, or is managed by somebody else, only where such devices are as well.
    """
    if status is AcknowledgementStatus.APPLIED or not policy.enabled:
        return None
    only_part = status is AcknowledgementStatus.PARTLY_APPLIED
    if policy.partial and (only_part or policy.non_provisionable is not False):
        return None
    if status is AcknowledgementStatus.EXTERNALLY_MANAGED:
        return Reason.EXTERNALLY_MANAGED
    return Reason.NOT_FULLY_PROVISIONABLE


def is_acknowledgeable(state: PolicyState, key_sent: int) -> bool:
    """Tell whether a key is the temporary one (MS-ASPROV R657)."""
    return bool(key_sent) and key_sent == state.temporary


def acknowledged(state: PolicyState, status: int, fresh_key: int, now: float) -> PolicyState:
    """Give the state after phase two, its temporary key having been acknowledged well enough.

    An acknowledgement that was answered before (its answer was lost) changes nothing: the device
    gets the same final key again.
    """
    if state.acknowledged_status:
        return state
    return replace(
        state,
        key=fresh_key,
        acknowledged_hash=state.policy_hash,
        acknowledged_version=state.offered_version,
        acknowledged_status=status,
        refused_status=0,
        provisioned_at=now,
    )


def refused(state: PolicyState, status: int) -> PolicyState:
    """Give the state after an acknowledgement that was not enough: no key comes of it."""
    return state if state.acknowledged_status else replace(state, refused_status=status)
