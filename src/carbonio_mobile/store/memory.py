"""Keep devices and sync states in memory, for tests and trials; gone when the process ends."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from zope.interface import implementer

from carbonio_mobile.ids import AccountId, DeviceKey
from carbonio_mobile.interfaces import IDevices, ISyncStates
from carbonio_mobile.sync.device import Device, WipeState


@implementer(IDevices, ISyncStates)
class MemoryStore:
    """Devices and sync states as plain dictionaries. Nothing is durable."""

    def __init__(self) -> None:
        self._devices: dict[DeviceKey, Device] = {}
        self._documents: dict[DeviceKey, dict[str, str]] = {}

    async def device(self, key: DeviceKey) -> Device | None:
        """Give what is known of a device."""
        return self._devices.get(key)

    async def meet(
        self, key: DeviceKey, names: Collection[str]
    ) -> tuple[Device | None, Mapping[str, str]]:
        """Give a device together with those of its documents that exist."""
        return self._devices.get(key), await self.load(key, names)

    async def save_device(self, device: Device) -> None:
        """Store a device, replacing what was known but for the order to wipe it."""
        known = self._devices.get(device.key)
        self._devices[device.key] = replace(device, wipe=known.wipe if known else None)

    async def save_wipe(self, key: DeviceKey, wipe: WipeState | None) -> None:
        """Store the order to wipe a device, or that there is none."""
        known = self._devices.get(key)
        if known is not None:
            self._devices[key] = replace(known, wipe=wipe)

    async def devices(self, account: AccountId) -> Sequence[Device]:
        """Give an account's devices, the one seen last first; of equals, by device id."""
        mine = [device for key, device in self._devices.items() if key.account == account]
        return sorted(mine, key=lambda device: (-device.last_seen, device.key.device))

    async def remove_device(self, key: DeviceKey) -> None:
        """Forget a device and all its sync states."""
        self._devices.pop(key, None)
        self._documents.pop(key, None)

    async def load(self, key: DeviceKey, names: Collection[str]) -> Mapping[str, str]:
        """Give the documents of these names that exist."""
        documents = self._documents.get(key, {})
        return {name: documents[name] for name in names if name in documents}

    async def commit(self, key: DeviceKey, documents: Mapping[str, str | None]) -> None:
        """Store documents (None removes one), all or none."""
        kept = {**self._documents.get(key, {}), **documents}
        self._documents[key] = {name: body for name, body in kept.items() if body is not None}
