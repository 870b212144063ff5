"""How many devices an account may have.

Spec: MS-ASCMD 2.2.2 (177, MaximumDevicesReached).
"""

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.refusal import Reason

MAX_DEVICES = "carbonioMobileMaxDevices"
"""Our own attribute, of an account or its COS; 0, or nothing that is a number, is no limit."""


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
