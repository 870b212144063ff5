"""How many devices an account may have.

A device that changes its id is a new one each time, and would be refused for ever once an account
has as many as it may have. Therefore a newcomer may take the place of what it seems to have been.

Spec: MS-ASCMD 2.2.2 (177, MaximumDevicesReached); ../shared/protocol/client-quirks.md 4.1, 10.6.
"""

from collections.abc import Sequence

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.clients import predecessor_of, traits_of
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.sync.device import Device

MAX_DEVICES = "carbonioMobileMaxDevices"
"""Our own attribute, of an account or its COS; 0, or nothing that is a number, is no limit."""

REPLACED_AFTER_S = 14 * 86_400.0
"""So long a device must have been silent before one of its own kind takes its place: holidays."""
_LISTED = 20


def limit_of(account: Account) -> int:
    """Give how many devices an account may have; 0 where there is no limit."""
    text = account.value(MAX_DEVICES).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def limit_verdict(*, known: bool, count: int, limit: int) -> Reason | None:
    """Decide on a device: one that is ``known`` stays, whatever the limit became meanwhile.

    ``count`` are the devices that the account has (``IDevices.count``).
    """
    if known or not limit or count < limit:
        return None
    return Reason.TOO_MANY_DEVICES


def comes_back(new: Device, known: Sequence[Device], now: float) -> bool:
    """Tell whether a newcomer is one of the ``known`` under another id, and so none more.

    Only of families that change their ids; their old record steps back when the new one is made.
    """
    return traits_of(new).changes_device_id and predecessor_of(new, known, now) is not None


def displaced_by(new: Device, known: Sequence[Device], now: float) -> Device | None:
    """Give the device whose place a newcomer takes; None where there is none such.

    It is of the same type and program, has been silent for ``REPLACED_AFTER_S``, and longer than
    all others of that sort. One that an administrator gave an order keeps its record: forgotten, it
    would come back as if nothing had been ordered.
    """
    silent = [
        one
        for one in known
        if (one.kind, one.user_agent) == (new.kind, new.user_agent)
        and one.key != new.key
        and not (one.succeeded_by or one.suspended_at or one.wipe)
        and now - one.last_seen >= REPLACED_AFTER_S
    ]
    return min(silent, key=lambda one: one.last_seen, default=None)


def limit_notice(account: Account, new: Device, known: Sequence[Device]) -> tuple[str, str]:
    """Give subject and text of what administrators are told when a newcomer is refused."""
    limit = limit_of(account)
    lines = "\n".join(f"  {_named(one)}" for one in known[:_LISTED])
    text = (
        f"The device {_named(new)} of {account.name} was refused: the account may have {limit} "
        f"({MAX_DEVICES}), and has\n\n{lines}\n\nTo make room: carbonio mobile doRemoveDevice "
        f"{account.name} DEVICE_ID, or set {MAX_DEVICES} higher. A device of the same type and "
        f"program takes the place of one that has been silent for "
        f"{round(REPLACED_AFTER_S / 86_400)} days by itself."
    )
    return f"{account.name} has as many devices as it may have", text


def _named(device: Device) -> str:
    return f"{device.key.device} ({device.kind}, {device.user_agent or 'no program named'})"
