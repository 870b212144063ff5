"""Keep devices and sync states in the state database."""

from collections.abc import Collection, Mapping, Sequence
from sqlite3 import Cursor

from twisted.internet.defer import Deferred
from zope.interface import implementer

from carbonio_mobile.ids import AccountId, DeviceKey
from carbonio_mobile.interfaces import IDevices, ISyncStates
from carbonio_mobile.store import statements as sql
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.rows import device_from_row, device_to_row, wipe_to_text
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
        """Store a device, replacing what was known but for the order to wipe it."""
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
