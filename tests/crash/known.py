"""Devices that a daemon knows before it starts for the first time."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.store.rows import device_to_row
from carbonio_mobile.store.schema import DEVICES
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.store.upgrade import bring_up_to_date
from carbonio_mobile.sync.device import Device
from tests.crash.daemon import Daemon


def know_devices(daemon: Daemon, accounts: Sequence[AccountId], count: int) -> None:
    """Write devices into the state of a daemon that does not run, by turns of the accounts."""
    file = SqliteFile(daemon.data / "state.db", busy_timeout_s=5)
    file.create()
    bring_up_to_date(file)
    columns = ", ".join(column.name for column in DEVICES.columns)
    with closing(sqlite3.connect(file.path)) as connection, connection:
        connection.executemany(
            f"INSERT INTO devices ({columns})"
            " VALUES (:account, :device, :last_seen, :record, NULL, NULL)",
            (_row(accounts[number % len(accounts)], number) for number in range(count)),
        )


def _row(account: AccountId, number: int) -> dict[str, object]:
    name = f"known{number:05d}"
    return device_to_row(
        Device(
            key=DeviceKey(account, DeviceId(name)),
            sent_id=name,
            kind="Android",
            first_seen=1.7e9,
            last_seen=1.75e9,
        )
    )
