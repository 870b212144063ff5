"""The gates of a request, in their order: each says why it goes no further, or nothing.

Spec: design.md section 3.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from carbonio_mobile.commands.table import Command
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.clients import Traits
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.version import Version
from carbonio_mobile.policy import provisioning, suspension, wipe
from carbonio_mobile.policy.account import feature_verdict, status_verdict
from carbonio_mobile.policy.document import policy_of
from carbonio_mobile.sync.device import Device

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningRules:
    """Whether devices must provision, and how often in seconds (0: once).

    They hold for accounts whose attributes say nothing.
    """

    required: bool
    refresh_s: float


@dataclass(slots=True, kw_only=True)
class Knock:
    """What is known of a request while it passes the gates."""

    line: RequestLine
    command: Command | None
    version: Version
    account: Account
    device: Device
    traits: Traits
    offered: Collection[Version]
    rules: ProvisioningRules
    now: float


def _command_gate(knock: Knock) -> Reason | None:
    command = knock.command
    if command is None:
        return Reason.UNKNOWN_COMMAND
    if not knock.offered:  # the filters leave it nothing to speak
        return Reason.DEVICE_BLOCKED
    if knock.version not in knock.offered:
        return Reason.VERSION_NOT_ALLOWED
    known = command.first <= knock.version <= command.last
    return None if known else Reason.COMMAND_NOT_IN_VERSION


def _suspension_gate(knock: Knock) -> Reason | None:
    return suspension.verdict(knock.device)


def _wipe_gate(knock: Knock) -> Reason | None:
    if knock.line.command == "Provision":
        return None  # there the order is given
    return wipe.verdict(knock.device, knock.version, knock.line.policy_key)


def _provisioning_gate(knock: Knock) -> Reason | None:
    if knock.line.command in provisioning.EXEMPT_COMMANDS:
        return None
    return provisioning.verdict(
        knock.device.policy,
        knock.line.policy_key,
        policy_of(knock.account),
        knock.version,
        knock.now,
        required=knock.rules.required and not knock.traits.may_skip_provisioning,
        refresh_s=knock.rules.refresh_s,
    )


ACCOUNT_GATES: tuple[Callable[[Account], Reason | None], ...] = (status_verdict, feature_verdict)
"""What every request passes once the credentials are proven, before its body is looked at."""

GATES: tuple[Callable[[Knock], Reason | None], ...] = (
    _command_gate,
    _suspension_gate,
    _wipe_gate,
    _provisioning_gate,
)
"""What every command passes then, once its device is known, in this order."""


class Refused(Exception):
    """A gate does not open; ``wait_s`` is how long its device should wait, None as usual."""

    def __init__(self, reason: Reason, *, wait_s: float | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.wait_s = wait_s


def pass_gates(gates: Iterable[Callable[[T], Reason | None]], facts: T) -> None:
    """Ask each gate. Raises: Refused with the reason of the first that does not open."""
    for gate in gates:
        reason = gate(facts)
        if reason is not None:
            raise Refused(reason)
