"""Do what administrators order of devices: reset, suspend, wipe, forget.

Spec: ../shared/carbonio/cli.md 2.6; mdm.md 3.
"""

from collections.abc import Callable, Mapping, Sequence

from carbonio_mobile.admin import devicerecords as records
from carbonio_mobile.admin.answers import Answer, Said
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.partnerships import ALL, Owner, Partnerships
from carbonio_mobile.errors import NotFound
from carbonio_mobile.interfaces import IDevices
from carbonio_mobile.policy.wipe import WipeRefusal, released, request_wipe
from carbonio_mobile.sync.device import Device, WipeKind

DAY_S = 86_400.0
STALE_AT_ONCE = 200
"""So many devices are forgotten in one write: others wait for it."""


class DeviceChangeResponders:
    """Everything that changes a device or its states. ``clock`` gives seconds UTC."""

    def __init__(
        self, *, partnerships: Partnerships, devices: IDevices, clock: Callable[[], float]
    ) -> None:
        self._partnerships = partnerships
        self._devices = devices
        self._clock = clock

    def responders(self) -> Mapping[str, Respond]:
        """Give the responders by the names of their commands."""
        return {
            "mobile doRemoveDevice": self.remove,
            "mobile doResetDevice": self.reset,
            "mobile doResetAccount": self.reset_account,
            "mobile doSuspendDeviceSync": self.suspend,
            "mobile doResumeDeviceSync": self.resume,
            "mobile doWipeDevice": self.wipe,
            "mobile doCancelWipe": self.cancel_wipe,
            "mobile doPurgeMobileState": self.purge,
            "mobile createStateIndex": self.create_index,
            "mobile dbMigrate": self.migrate,
        }

    async def remove(self, call: AdminCall) -> Answer:
        """Forget a device with its states."""
        owner, device = await self._named(call)
        if device.wipe is not None:
            raise AdminFault(
                f"{_called(owner, device)} is not removed, for the order to wipe it would be lost: "
                f"{records.wipe_in_words(device.wipe)}; withdraw it first: "
                f"mobile doCancelWipe {owner.name} {device.sent_id}"
            )
        await self._partnerships.remove(device.key)
        return _done(owner, [device], f"{_called(owner, device)} removed")

    async def reset(self, call: AdminCall) -> Answer:
        """Drop the states of one device or of all."""
        owner = await self._partnerships.owner(call.text("account"))
        return await self._reset(owner, call.text("device_id"))

    async def reset_account(self, call: AdminCall) -> Answer:
        """Drop the states of all devices of an account."""
        return await self._reset(await self._partnerships.owner(call.text("account")), ALL)

    async def _reset(self, owner: Owner, which: str) -> Answer:
        devices = await self._partnerships.some(owner, which)
        for device in devices:
            await self._partnerships.reset(device.key)
        return _done(owner, devices, f"{_several(owner, devices, which)} reset")

    async def suspend(self, call: AdminCall) -> Answer:
        """Keep a device from syncing."""
        owner, device = await self._named(call)
        if device.suspended_at:
            since = records.day(device.suspended_at)
            return _done(owner, [], f"{_called(owner, device)} was suspended already, on {since}")
        await self._partnerships.suspend(device.key, self._clock())
        return _done(owner, [device], f"{_called(owner, device)} suspended")

    async def resume(self, call: AdminCall) -> Answer:
        """Let one device sync again, or all that are suspended."""
        owner = await self._partnerships.owner(call.text("account"))
        which = call.text("device_id")
        devices = await self._partnerships.some(owner, which)
        suspended = [device for device in devices if device.suspended_at]
        for device in suspended:
            await self._partnerships.suspend(device.key, None)
        if not suspended and which.strip().lower() != ALL:
            return _done(owner, [], f"{_called(owner, devices[0])} was not suspended")
        return _done(owner, suspended, f"{_several(owner, suspended, which)} resumed")

    async def wipe(self, call: AdminCall) -> Answer:
        """Order a wipe; without ``confirm`` say what it would do. Raises: AdminFault."""
        owner, device = await self._named(call)
        kind = WipeKind.ACCOUNT_ONLY if call.flag("account_only") else WipeKind.FULL
        by = call.caller.name or f"uid {call.caller.uid}"
        self._ordered(owner, device, kind, by)
        if not call.flag("confirm"):
            return _done(owner, [], f"nothing was changed: {_prospect(owner, device, kind)}")

        async def order() -> None:
            now = await self._devices.device(device.key)
            if now is None:
                raise NotFound(f"{_called(owner, device)} is gone")
            await self._devices.save_wipe(device.key, self._ordered(owner, now, kind, by).wipe)

        await self._partnerships.change(device.key, order)
        what = "wipe of the account on" if call.flag("account_only") else "wipe of"
        return _done(owner, [device], f"{what} {_called(owner, device)} ordered")

    def _ordered(self, owner: Owner, device: Device, kind: WipeKind, by: str) -> Device:
        found = request_wipe(device, kind, self._clock(), by=by)
        if isinstance(found, WipeRefusal):
            raise AdminFault(f"{_called(owner, device)} is not to be wiped: {found.value}")
        return found

    async def cancel_wipe(self, call: AdminCall) -> Answer:
        """Take the order to wipe a device away."""
        owner, device = await self._named(call)
        if device.wipe is None:
            return _done(owner, [], f"{_called(owner, device)} was under no order to be wiped")

        async def withdraw() -> None:
            now = await self._devices.device(device.key)
            if now is not None:
                await self._devices.save_device(released(now))
                await self._devices.save_wipe(device.key, None)

        await self._partnerships.change(device.key, withdraw)
        if device.wipe.acknowledged_at:
            return _done(owner, [device], f"{_called(owner, device)} was wiped and may come back")
        sent = "; it was told already, and may still do it" if device.wipe.sent_at else ""
        return _done(owner, [device], f"wipe of {_called(owner, device)} withdrawn{sent}")

    async def purge(self, call: AdminCall) -> Answer:
        """Forget the devices that were not seen for long, then compact the database."""
        days = call.number("retention-period")
        before = self._clock() - days * DAY_S
        total = await self._devices.count_stale(before)
        removed = 0
        while count := await self._devices.remove_stale(before, STALE_AT_ONCE):
            removed += count
            call.progress(removed, max(total, removed), "devices forgotten")
        call.progress(removed, removed, "compacting the database")
        old, new = await self._devices.compact()
        freed = max(0, old - new)
        return Said(
            text=f"{removed} devices not seen for {days} days removed, {freed} bytes freed",
            details={"removed": removed, "days": days, "bytesBefore": old, "bytesAfter": new},
        )

    async def create_index(self, _call: AdminCall) -> Answer:
        """Say that the index is there."""
        return Said(
            text="nothing to do: the index by which old states are found is part of the database"
        )

    async def migrate(self, _call: AdminCall) -> Answer:
        """Say that nothing is left to be migrated."""
        return Said(
            text="nothing to do: the database was brought up to date when the server started"
        )

    async def _named(self, call: AdminCall) -> tuple[Owner, Device]:
        owner = await self._partnerships.owner(call.text("account"))
        return owner, await self._partnerships.device(owner, call.text("device_id"))


def _called(owner: Owner, device: Device) -> str:
    return f"device {device.sent_id} of {owner.name}"


def _several(owner: Owner, devices: Sequence[Device], which: str) -> str:
    if which.strip().lower() != ALL:
        return _called(owner, devices[0])
    return f"{len(devices)} device{'' if len(devices) == 1 else 's'} of {owner.name}"


def _done(owner: Owner, devices: Sequence[Device], text: str) -> Said:
    return Said(
        text=text,
        details={"account": owner.name, "devices": [device.sent_id for device in devices]},
    )


def _prospect(owner: Owner, device: Device, kind: WipeKind) -> str:
    name = f"{_called(owner, device)} ({device.kind}, seen last {records.day(device.last_seen)})"
    if kind is WipeKind.FULL:
        what = f"everything on {name} would be erased"
    else:
        what = f"the account would be removed from {name}"
    return f"{what} at its next contact; add confirm true to order it"
