"""Measure administration over very many devices: getAllDevices as the server makes it.

    PYTHONPATH=src python tests/bench/admin.py [DEVICES]

The answer is made as ``admin.runs`` does: as lines, at most 50 rows in a turn of the reactor, and
thrown away. A turn is the time between two looks of something else that wants the reactor. Accounts
are in memory, two devices each; the devices are in SQLite.
"""

import os
import platform
import resource
import sqlite3
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater, react

import twisted
from carbonio_mobile.admin.calling import AdminCall, Caller
from carbonio_mobile.admin.catalogue.devices import COMMANDS
from carbonio_mobile.admin.declaring import assign, read
from carbonio_mobile.admin.partnerships import Partnerships
from carbonio_mobile.admin.responders.devices import DeviceResponders
from carbonio_mobile.admin.wire import lines_of
from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.service import process
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.rows import device_to_row
from carbonio_mobile.store.schema import DEVICES
from carbonio_mobile.store.sql import SqlStore
from carbonio_mobile.store.sqlite import SqliteFile
from carbonio_mobile.sync.device import Device, PolicyState

ROWS_A_TURN = 50
FIRST_PAGE = 100
WHO = Caller(uid=0, groups=frozenset(), pid=1)


class Accounts:
    """An account for every id."""

    async def account(self, account):
        """Give it."""
        return Account(
            id=account,
            name=f"{account}@example.com",
            display_name="",
            domain="example.com",
            addresses=(f"{account}@example.com",),
            status=AccountStatus.ACTIVE,
            domain_status=AccountStatus.ACTIVE,
            attributes={},
        )


class Onlooker:
    """Wants the reactor all the time, and remembers how long it had to wait at the most.

    ``busy_s`` is what of that the reactor's own thread computed: the rest are other threads and
    other programs.
    """

    def __init__(self, reactor):
        self.longest_s = self.busy_s = 0.0
        self._reactor = reactor
        self._before, self._busy = time.perf_counter(), time.thread_time()
        self._call = reactor.callLater(0, self._look)

    def _look(self):
        now, busy = time.perf_counter(), time.thread_time()
        self.longest_s = max(self.longest_s, now - self._before)
        self.busy_s = max(self.busy_s, busy - self._busy)
        self._before, self._busy = now, busy
        self._call = self._reactor.callLater(0, self._look)

    def stop(self):
        """Look away; tells what was seen."""
        self._call.cancel()
        return f"longest turn {self.longest_s * 1e3:.1f} ms ({self.busy_s * 1e3:.1f} busy)"


def fill(path, devices):
    """Write so many devices."""
    columns = ", ".join(column.name for column in DEVICES.columns)
    with sqlite3.connect(path) as connection:
        connection.executemany(
            f"INSERT INTO devices ({columns})"
            " VALUES (:account, :device, :last_seen, :record, NULL, NULL)",
            (row(number) for number in range(devices)),
        )


def row(number):
    """Give the row of one device."""
    key = DeviceKey(AccountId(f"account{number // 2:08d}"), DeviceId(f"androidc{number:08d}"))
    return device_to_row(
        Device(
            key=key,
            sent_id=key.device,
            kind="Android",
            user_agent="Android-Mail/2024.01.28.602302840.Release",
            version="16.1",
            first_seen=1.7e9,
            last_seen=1.75e9,
            policy=PolicyState(key=number + 1, provisioned_at=1.7e9),
            information=(("Model", "Pixel 8"), ("OS", "Android 15"), ("FriendlyName", "phone")),
        )
    )


async def listed(reactor, responders, typed):
    """Run one listing; gives rows, octets, and when the first page was there."""
    command = next(one for one in COMMANDS if one.words == ("getAllDevices",))
    values = read(command, assign(command, typed))
    answer = await responders.responders()[command.name](
        AdminCall(command=command, values=values, caller=WHO)
    )
    began, first, rows, octets = time.perf_counter(), 0.0, -1, 0
    async for line in lines_of(answer):
        rows, octets = rows + 1, octets + len(line)
        if rows == FIRST_PAGE:
            first = time.perf_counter() - began
        if rows % ROWS_A_TURN == 0:
            await deferLater(reactor, 0)
    return rows, octets, first


async def measure(reactor, responders, typed):
    """Print what one listing costs."""
    onlooker, wall = Onlooker(reactor), time.perf_counter()
    rows, octets, first = await listed(reactor, responders, typed)
    wall = time.perf_counter() - wall
    seen = onlooker.stop()
    tracemalloc.start()
    await listed(reactor, responders, typed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(
        f"getAllDevices {' '.join(typed):14} {rows:6d} devices, {octets / 1e6:5.1f} MB: first"
        f" {FIRST_PAGE} after {first * 1e3:5.1f} ms, all {wall:5.1f} s, {seen},"
        f" memory {peak / 1e6:5.2f} MB at the most"
    )


async def main(reactor, directory, devices):
    """Measure all in a new file."""
    process.share_the_interpreter()  # as the daemon does
    process.tune_collector()
    file = SqliteFile(directory / "state.db", busy_timeout_s=5)
    database = Database(file, reactor=reactor, answer_s=60.0)
    await database.start()
    fill(file.path, devices)
    store, turns = SqlStore(database), DeviceTurns(queue_limit=10)
    responders = DeviceResponders(
        partnerships=Partnerships(accounts=Accounts(), devices=store, turns=turns),
        devices=store,
        states=store,
        turns=turns,
        steady_clock=time.monotonic,
    )
    for typed in ([], ["verbose", "true"], ["domains", "other.org"]):
        await measure(reactor, responders, typed)
    await measure_purge(reactor, store)
    await database.stop()
    print(f"process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


async def measure_purge(reactor, store):
    """Print what forgetting all of them costs."""
    onlooker, wall, removed = Onlooker(reactor), time.perf_counter(), 0
    while count := await store.remove_stale(1.8e9, 200):
        removed += count
    before, after = await store.compact()
    wall = time.perf_counter() - wall
    seen = onlooker.stop()
    print(
        f"purge of {removed} devices, {before / 1e6:.1f} MB to {after / 1e6:.1f} MB: {wall:.1f} s,"
        f" {seen}"
    )


if __name__ == "__main__":
    print(
        f"Python {platform.python_version()}, Twisted {twisted.__version__},"
        f" SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as made:
        react(lambda reactor: Deferred.fromCoroutine(main(reactor, Path(made), count)))
