"""Keep devices and sync states in memory, for tests and trials; gone when the process ends."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from zope.interface import implementer

from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.interfaces import IDevices, ISyncStates
from carbonio_mobile.store.rows import partners
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
        """Store a device, replacing what was known but for what administrators ordered."""
        known = self._devices.get(device.key)
        self._devices[device.key] = replace(
            device,
            wipe=known.wipe if known else None,
            suspended_at=known.suspended_at if known else 0.0,
        )

    async def save_wipe(self, key: DeviceKey, wipe: WipeState | None) -> None:
        """Store the order to wipe a device, or that there is none."""
        known = self._devices.get(key)
        if known is not None:
            self._devices[key] = replace(known, wipe=wipe)

    async def devices(self, account: AccountId) -> Sequence[Device]:
        """Give an account's devices, the one seen last first; of equals, by device id."""
        mine = [device for key, device in self._devices.items() if key.account == account]
        return sorted(mine, key=lambda device: (-device.last_seen, device.key.device))

    async def suspend(self, key: DeviceKey, since: float | None) -> None:
        """Store since when a device is kept from syncing, or that it is not."""
        known = self._devices.get(key)
        if known is not None:
            self._devices[key] = replace(known, suspended_at=since or 0.0)

    async def count(self, account: AccountId) -> int:
        """Count an account's devices, but for those that came back under another id."""
        return partners(await self.devices(account))

    async def accounts_of(self, device: DeviceId) -> Sequence[AccountId]:
        """Give the accounts that have a device of that id, in order."""
        return sorted(key.account for key in self._devices if key.device == device)

    async def all_devices(self, after: DeviceKey | None, limit: int) -> Sequence[Device]:
        """Give the devices that follow a key, by account and device, at most ``limit``."""
        place = ("", "") if after is None else (after.account, after.device)
        keys = sorted((key.account, key.device) for key in self._devices)
        following = [DeviceKey(*key) for key in keys if key > place]
        return [self._devices[key] for key in following[:limit]]

    async def reset(self, key: DeviceKey) -> None:
        """Drop the sync states of a device, and keep its record."""
        self._documents.pop(key, None)

    async def document_names(self, key: DeviceKey) -> Sequence[str]:
        """Give the names of a device's documents, in order."""
        return sorted(self._documents.get(key, {}))

    async def count_stale(self, before: float) -> int:
        """Count the devices that were last seen before a time, and are under no order."""
        return len(self._stale(before))

    async def remove_stale(self, before: float, limit: int) -> int:
        """Forget some of those devices, the oldest first; gives how many."""
        some = self._stale(before)[:limit]
        for device in some:
            await self.remove_device(device.key)
        return len(some)

    def _stale(self, before: float) -> list[Device]:
        old = [
            device
            for device in self._devices.values()
            if device.last_seen < before and device.wipe is None and not device.suspended_at
        ]
        return sorted(old, key=lambda device: device.last_seen)

    async def compact(self) -> tuple[int, int]:
        """Give back the room of what was removed: here it is given back already."""
        return 0, 0

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
