"""What devices are told of versions and commands, and when one is told again.

Spec: MS-ASHTTP 2.2.4.1.2 (OPTIONS), 3.2.5.1 (R1104, R1105), 2.2.2.1.2.9 (X-MS-RP);
../shared/protocol/client-quirks.md section 2.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from carbonio_mobile.commands.table import advertised
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.version import OFFERED, Version, listed
from carbonio_mobile.ids import DeviceKey
from carbonio_mobile.interfaces import IDevices
from carbonio_mobile.sync.device import Device

Headers = tuple[tuple[str, str], ...]

Offer = Callable[[Account, Device | None], Collection[Version]]
"""Which versions are for this account and this device; None where the device is not known."""

ASPNET_VERSION = "4.0.30319"
"""What X-AspNet-Version says to clients that take it for the sign of a real Exchange."""


def everything(_account: Account, _device: Device | None) -> Collection[Version]:
    """Offer all versions to all: nothing narrows the list."""
    return OFFERED


def offer_headers(versions: Collection[Version]) -> Headers:
    """Give the headers of OPTIONS: versions, and the commands that these versions have (R1107)."""
    return (
        ("MS-ASProtocolVersions", listed(versions)),
        ("MS-ASProtocolCommands", advertised(versions)),
    )


def starting_over(versions: Collection[Version]) -> Headers:
    """Give the headers that tell a device to start over with these versions (R226, R1105)."""
    return (("X-MS-RP", listed(versions)), *offer_headers(versions))


def is_news(device: Device, versions: Collection[Version]) -> bool:
    """Tell whether a device was told of other versions; of no device that was told of none."""
    return bool(device.versions_told) and device.versions_told != listed(versions)


async def note_told(devices: IDevices, key: DeviceKey, versions: Collection[Version]) -> bool:
    """Write down that a device was told of these versions; False where that was so already.

    The record is read anew, for the command may have written it meanwhile.
    """
    device = await devices.device(key)
    if device is None or device.versions_told == listed(versions):
        return False
    await devices.save_device(replace(device, versions_told=listed(versions)))
    return True
