"""Wipes: who may be ordered to, what a device under an order is answered, how an order ends.

Spec: MS-ASPROV 3.1.5.1.2, 3.1.5.1.3, 3.2.5.1.2.2 and 3.2.5.1.2.3; MS-ASCMD 2.2.2 (140);
../shared/protocol/provisioning.md 3.
"""

from dataclasses import replace
from enum import Enum

from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.version import Version
from carbonio_mobile.sync.device import Device, PolicyState, WipeKind, WipeState


class WipeRefusal(Enum):
    """Why an order to wipe is not taken."""

    NOT_MANAGED = "the device never acknowledged a policy: its owner did not agree to a wipe"
    VERSION_TOO_LOW = "the device speaks no version 16.1, which alone knows account-only wipes"
    FULL_ORDERED = "a full wipe was sent to the device already and cannot be narrowed"
    WIPED = "the device was wiped already; release it first"


def request_wipe(
    device: Device, kind: WipeKind, now: float, *, by: str = ""
) -> Device | WipeRefusal:
    """Give the device with the order to wipe it, or why it cannot be.

    An order that stands already is left as it is. Nothing is ever widened: who wants the account
    gone from a device that cannot do that, is told so.
    """
    wipe = device.wipe
    if wipe is not None and wipe.acknowledged_at:
        return WipeRefusal.WIPED
    if wipe is not None and wipe.kind is kind:
        return device
    if wipe is not None and wipe.sent_at and wipe.kind is WipeKind.FULL:
        return WipeRefusal.FULL_ORDERED
    refused = _unable(device, kind)
    order = WipeState(kind=kind, requested_at=now, requested_by=by)
    return refused or replace(device, wipe=order)


def _unable(device: Device, kind: WipeKind) -> WipeRefusal | None:
    if kind is WipeKind.FULL:
        return None if device.policy.key else WipeRefusal.NOT_MANAGED
    able = bool(device.version) and _can_wipe_account(Version.parse(device.version))
    return None if able else WipeRefusal.VERSION_TOO_LOW


def _can_wipe_account(version: Version) -> bool:
    """Whether the version has AccountOnlyRemoteWipe (MS-ASPROV R6906)."""
    return version >= Version.V16_1


def released(device: Device) -> Device:
    """Give the device without any order: a pending one is withdrawn, a wiped one may come back.

    It has to provision anew, as a device that was never seen.
    """
    return device if device.wipe is None else replace(device, wipe=None, policy=PolicyState())


def verdict(device: Device, version: Version, key_sent: int | None) -> Reason | None:
    """Decide on one request of any command but Provision: None to let it through, or why not.

    Ping is not exempt: a device whose mailbox is quiet does nothing else.
    """
    wipe = device.wipe
    if wipe is None:
        return None
    if not is_sendable(wipe, version):
        return Reason.DEVICE_BLOCKED
    return Reason.WIPE_PENDING_NO_KEY if key_sent is None else Reason.WIPE_PENDING


def is_sendable(wipe: WipeState, version: Version) -> bool:
    """Tell whether a device that speaks this version is to be sent the order, still.

    Otherwise it was wiped, or fell back to a version that cannot express the order: it is kept out.
    """
    if wipe.acknowledged_at:
        return False
    return wipe.kind is WipeKind.FULL or _can_wipe_account(version)


def sent(wipe: WipeState, now: float) -> WipeState:
    """Give the order once the device is told of it."""
    return wipe if wipe.sent_at else replace(wipe, sent_at=now)


def reported(wipe: WipeState, now: float, *, done: bool) -> WipeState:
    """Give the order after the device's word on it (MS-ASPROV R663, R66601)."""
    return replace(wipe, acknowledged_at=now) if done else replace(wipe, failed_at=now)
