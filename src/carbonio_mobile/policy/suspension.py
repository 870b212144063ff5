"""Suspension: an administrator keeps a device from syncing for a time; its state is kept.

Spec: ../shared/carbonio/mdm.md 3 (503 with Retry-After); MS-ASHTTP 2.2.2.1.1.
"""

from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.sync.device import Device


def verdict(device: Device) -> Reason | None:
    """Decide on one request of any command: None to let it through.

    A device that is to be wiped is let through to its order: the wipe gate decides on it.
    """
    if not device.suspended_at or _to_be_wiped(device):
        return None
    return Reason.DEVICE_SUSPENDED


def _to_be_wiped(device: Device) -> bool:
    return device.wipe is not None and not device.wipe.acknowledged_at
