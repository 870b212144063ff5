"""Finding the devices that an administrator names, and changing them while they are in use.

A change takes the device's turn, as a request of the device would: nothing that is under way writes
an old state back after it. What the device has parked is ended, so that its next request meets what
holds now.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from carbonio_mobile.admin.declaring import shortened
from carbonio_mobile.admin.naming import account_named
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId, DeviceKey
from carbonio_mobile.interfaces import IAccounts, IDevices, ITurns
from carbonio_mobile.policy.devicelimit import MAX_DEVICES, limit_of
from carbonio_mobile.sync.device import Device

ALL = "all"
SHOWN_DEVICES = 10
"""So many ids of devices stand in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose devices they are; ``account`` is None where only devices are left of it."""

    id: AccountId
    name: str
    account: Account | None = None


class Partnerships:
    """The devices of all accounts."""

    def __init__(self, *, accounts: IAccounts, devices: IDevices, turns: ITurns) -> None:
        self._accounts = accounts
        self._devices = devices
        self._turns = turns

    async def owner(self, text: str) -> Owner:
        """Give the owner of an address or id; an account that is gone by its id. Raises: NotFound.

        A restored account has another id: what the old one left can be named by that.
        """
        try:
            account = await account_named(self._accounts, text)
        except NotFound:
            gone = AccountId(text.strip().lower())
            if not await self._devices.devices(gone):
                raise
            return Owner(id=gone, name=gone)
        return Owner(id=account.id, name=account.name, account=account)

    async def owner_of(self, account: AccountId) -> Owner:
        """Give the owner of that id, whether it still exists or not."""
        try:
            found = await self._accounts.account(account)
        except NotFound:
            return Owner(id=account, name=account)
        return Owner(id=account, name=found.name, account=found)

    async def device(self, owner: Owner, text: str) -> Device:
        """Give a device by its id, whatever the case of its letters. Raises: NotFound."""
        wanted = text.strip().lower()
        known = await self._devices.devices(owner.id)
        for device in known:
            if device.key.device == wanted:
                return device
        told = f"{owner.name} has no device {shortened(text)}; {_those(known)}"
        raise NotFound(told + _limit_note(owner, known))

    async def some(self, owner: Owner, text: str) -> Sequence[Device]:
        """Give one device by its id, or all of the owner for the word ``all``. Raises: NotFound."""
        if text.strip().lower() == ALL:
            return await self._devices.devices(owner.id)
        return [await self.device(owner, text)]

    async def change(self, key: DeviceKey, work: Callable[[], Awaitable[None]]) -> None:
        """Do work on a device in its turn, with nothing of it parked.

        Raises: Unavailable, and what the work raises.
        """
        turn = await self._turns.begin(key, command="administration")
        try:
            await work()
            self._turns.wake(key)
        finally:
            turn.finish()

    async def reset(self, key: DeviceKey) -> None:
        """Drop the sync states of a device: it starts over."""
        await self.change(key, lambda: self._devices.reset(key))

    async def remove(self, key: DeviceKey) -> None:
        """Forget a device."""
        await self.change(key, lambda: self._devices.remove_device(key))

    async def suspend(self, key: DeviceKey, since: float | None) -> None:
        """Keep a device from syncing, or with None let it go on."""
        await self.change(key, lambda: self._devices.suspend(key, since))


def _those(known: Sequence[Device]) -> str:
    if not known:
        return "it has none"
    shown = ", ".join(device.key.device for device in known[:SHOWN_DEVICES])
    more = len(known) - SHOWN_DEVICES
    return f"it has {shown}" + (f" and {more} more" if more > 0 else "")


def _limit_note(owner: Owner, known: Sequence[Device]) -> str:
    """Say that a device which nobody finds here may have been refused as one too many."""
    limit = 0 if owner.account is None else limit_of(owner.account)
    if not limit or sum(not device.succeeded_by for device in known) < limit:
        return ""
    return (
        f"; these are as many as it may have ({MAX_DEVICES} {limit}), so that another one is "
        "refused until doRemoveDevice makes room"
    )
