"""What is known of devices and what they hold."""

from collections.abc import Awaitable, Collection, Mapping, Sequence

from zope.interface import Interface

from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.sync.device import Device, WipeState


class IDevices(Interface):
    """The devices that partner with accounts."""

    def device(key: DeviceKey) -> Awaitable[Device | None]:
        """Give what is known of a device."""

    def meet(
        key: DeviceKey, names: Collection[str]
    ) -> Awaitable[tuple[Device | None, Mapping[str, str]]]:
        """Give a device together with those of its documents (see ISyncStates) that exist.

        It is one look-up instead of two, for what every request begins with.
        """

    def save_device(device: Device) -> Awaitable[None]:
        """Store a device, replacing what was known but for what administrators ordered.

        Wipe and suspension stay whatever ``device`` says of them: who saves a device may have read
        it before the order was given.
        """

    def save_wipe(key: DeviceKey, wipe: WipeState | None) -> Awaitable[None]:
        """Store the order to wipe a device, or with None that there is none.

        Nothing happens if the device is unknown.
        """

    def suspend(key: DeviceKey, since: float | None) -> Awaitable[None]:
        """Store since when (seconds UTC) a device is kept from syncing, or with None that it is
        not.

        Nothing happens if the device is unknown.
        """

    def devices(account: AccountId) -> Awaitable[Sequence[Device]]:
        """Give an account's devices, the one seen last first."""

    def count(account: AccountId) -> Awaitable[int]:
        """Count an account's devices, but for those that came back under another id."""

    def all_devices(after: DeviceKey | None, limit: int) -> Awaitable[Sequence[Device]]:
        """Give the devices of all accounts that follow a key, by account and device id.

        At most ``limit``; fewer are the last ones. None begins.
        """

    def accounts_of(device: DeviceId) -> Awaitable[Sequence[AccountId]]:
        """Give the accounts that have a device of that id, in order."""

    def remove_device(key: DeviceKey) -> Awaitable[None]:
        """Forget a device and all its sync states; nothing happens if it is unknown."""

    def reset(key: DeviceKey) -> Awaitable[None]:
        """Drop all sync states of a device, so that it starts over; its record stays."""

    def document_names(key: DeviceKey) -> Awaitable[Sequence[str]]:
        """Give the names of all documents of a device (see ISyncStates), in order."""

    def count_stale(before: float) -> Awaitable[int]:
        """Count the devices last seen before a time that are under no order.

        Those that are suspended or to be wiped, or were, are not stale: forgotten, they would come
        back as if nothing had been ordered.
        """

    def remove_stale(before: float, limit: int) -> Awaitable[int]:
        """Forget stale devices with their states, the oldest first, at most ``limit``; tells how
        many.
        """

    def compact() -> Awaitable[tuple[int, int]]:
        """Give the room of what was removed back to the disk; tells the octets before and after.

        Reads go on meanwhile; writes may be told to try later.
        """


class ISyncStates(Interface):
    """The states of synchronisation: named documents of a device."""

    def load(key: DeviceKey, names: Collection[str]) -> Awaitable[Mapping[str, str]]:
        """Give the documents of these names that exist."""

    def commit(key: DeviceKey, documents: Mapping[str, str | None]) -> Awaitable[None]:
        """Store documents (None removes one), all or none. Commits of several callers share one
        fsync.
        """
