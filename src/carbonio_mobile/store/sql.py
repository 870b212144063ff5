"""Keep devices and sync states in the state database."""

from collections.abc import Collection, Mapping, Sequence
from sqlite3 import Cursor

from twisted.internet.defer import Deferred
from zope.interface import implementer

from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.interfaces import IDevices, ISyncStates
from carbonio_mobile.store import statements as sql
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.rows import device_from_row, device_to_row, partners, wipe_to_text
from carbonio_mobile.sync.device import Device, WipeState


@implementer(IDevices, ISyncStates)
class SqlStore:
    """Devices and sync states in a :class:`Database`, which its owner starts and stops.

    Writes are done in the order in which they were asked for. Cancelling one does not call it back.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def device(self, key: DeviceKey) -> Deferred[Device | None]:
        """Give what is known of a device."""

        def work(cursor: Cursor) -> Device | None:
            rows = sql.ONE_DEVICE.rows(cursor, _of(key))
            return device_from_row(rows[0]) if rows else None

        return self._database.read(work)

    def meet(
        self, key: DeviceKey, names: Collection[str]
    ) -> Deferred[tuple[Device | None, Mapping[str, str]]]:
        """Give a device together with those of its documents that exist."""
        wanted = list(names)

        def work(cursor: Cursor) -> tuple[Device | None, Mapping[str, str]]:
            rows = sql.ONE_DEVICE.rows(cursor, _of(key))
            device = device_from_row(rows[0]) if rows else None
            return device, sql.documents(cursor, _of(key), wanted)

        return self._database.read(work)

    def save_device(self, device: Device) -> Deferred[None]:
        """Store a device, replacing what was known but for what administrators ordered."""
        row = device_to_row(device)
        return self._database.write(lambda cursor: sql.SAVE_DEVICE.run(cursor, [row]))

    def save_wipe(self, key: DeviceKey, wipe: WipeState | None) -> Deferred[None]:
        """Store the order to wipe a device, or that there is none."""
        order = {**_of(key), "order": wipe_to_text(wipe)}
        return self._database.write(lambda cursor: sql.SAVE_WIPE.run(cursor, [order]))

    def devices(self, account: AccountId) -> Deferred[Sequence[Device]]:
        """Give an account's devices, the one seen last first; of equals, by device id."""

        def work(cursor: Cursor) -> Sequence[Device]:
            rows = sql.DEVICES_OF_ACCOUNT.rows(cursor, {"account": account})
            return [device_from_row(row) for row in rows]

        return self._database.read(work)

    def suspend(self, key: DeviceKey, since: float | None) -> Deferred[None]:
        """Store since when a device is kept from syncing, or that it is not."""
        order = {**_of(key), "since": since}
        return self._database.write(lambda cursor: sql.SUSPEND.run(cursor, [order]))

    def count(self, account: AccountId) -> Deferred[int]:
        """Count an account's devices, but for those that came back under another id."""
        return self.devices(account).addCallback(partners)

    def accounts_of(self, device: DeviceId) -> Deferred[Sequence[AccountId]]:
        """Give the accounts that have a device of that id, in order."""

        def work(cursor: Cursor) -> Sequence[AccountId]:
            rows = sql.ACCOUNTS_OF_DEVICE.rows(cursor, {"device": device})
            return [AccountId(account) for (account,) in rows]

        return self._database.read(work)

    def all_devices(self, after: DeviceKey | None, limit: int) -> Deferred[Sequence[Device]]:
        """Give the devices that follow a key, by account and device, at most ``limit``."""
        place = {"after_account": "", "after_device": ""}
        if after is not None:
            place = {"after_account": after.account, "after_device": after.device}

        def work(cursor: Cursor) -> Sequence[Device]:
            rows = sql.ALL_DEVICES.rows(cursor, {**place, "rows": limit})
            return [device_from_row(row) for row in rows]

        return self._database.read(work)

    def reset(self, key: DeviceKey) -> Deferred[None]:
        """Drop the sync states of a device, and keep its record."""
        return self._database.write(lambda cursor: sql.REMOVE_ALL_DOCUMENTS.run(cursor, [_of(key)]))

    def document_names(self, key: DeviceKey) -> Deferred[Sequence[str]]:
        """Give the names of a device's documents, in order."""
        return self._database.read(
            lambda cursor: [name for (name,) in sql.NAMES_OF_DOCUMENTS.rows(cursor, _of(key))]
        )

    def count_stale(self, before: float) -> Deferred[int]:
        """Count the devices that were last seen before a time, and are under no order."""

        def work(cursor: Cursor) -> int:
            return int(sql.COUNT_STALE.rows(cursor, {"before": before})[0][0])

        return self._database.read(work)

    def remove_stale(self, before: float, limit: int) -> Deferred[int]:
        """Forget some of those devices, the oldest first; gives how many."""

        def work(cursor: Cursor) -> int:
            rows = sql.SOME_STALE.rows(cursor, {"before": before, "rows": limit})
            keys = [{"account": account, "device": device} for account, device in rows]
            sql.REMOVE_DEVICE.run(cursor, keys)
            sql.REMOVE_ALL_DOCUMENTS.run(cursor, keys)
            return len(keys)

        return self._database.write(work)

    def compact(self) -> Deferred[tuple[int, int]]:
        """Give back the room of what was removed; gives the octets before and after."""
        return self._database.compact()

    def remove_device(self, key: DeviceKey) -> Deferred[None]:
        """Forget a device and all its sync states."""

        def work(cursor: Cursor) -> None:
            sql.REMOVE_DEVICE.run(cursor, [_of(key)])
            sql.REMOVE_ALL_DOCUMENTS.run(cursor, [_of(key)])

        return self._database.write(work)

    def load(self, key: DeviceKey, names: Collection[str]) -> Deferred[Mapping[str, str]]:
        """Give the documents of these names that exist."""
        wanted = list(names)
        return self._database.read(lambda cursor: sql.documents(cursor, _of(key), wanted))

    def commit(self, key: DeviceKey, documents: Mapping[str, str | None]) -> Deferred[None]:
        """Store documents (None removes one), all or none, durable together with other commits."""
        of_device = _of(key)
        saved = []
        removed = []
        for name, body in documents.items():
            if body is None:
                removed.append({**of_device, "name": name})
            else:
                saved.append({**of_device, "name": name, "body": body})

        def work(cursor: Cursor) -> None:
            sql.SAVE_DOCUMENT.run(cursor, saved)
            if removed:
                sql.REMOVE_DOCUMENT.run(cursor, removed)

        return self._database.write(work)


def _of(key: DeviceKey) -> dict[str, str]:
    return {"account": key.account, "device": key.device}
