"""Measure the state database: loads and commits of one device, and of many at once.

    PYTHONPATH=src python tests/bench/store.py [DIRECTORY]

The file lies in DIRECTORY (default: a temporary one); a file system in memory shows no fsync. CPU
is that of the whole process, both threads and the hops between them included.
"""

import itertools
import os
import platform
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import react

import twisted
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.sql import SqlStore
from carbonio_mobile.store.sqlite import SqliteFile

LOADS = 6000
COMMITS = 3000
PREFILLED_DEVICES = 2000


def key(number):
    """Give the key of a device."""
    return DeviceKey(AccountId(f"account-{number}@example.com"), DeviceId(f"androidc{number:08d}"))


async def measure(name, callers, operations, one):
    """Run operations of so many callers at once and print what they cost."""

    async def caller(number):
        for _ in range(operations // callers):
            await one(key(number))

    wall, cpu = time.perf_counter(), time.process_time()
    await gatherResults([Deferred.fromCoroutine(caller(number)) for number in range(callers)])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{name:24} {callers:4d} at once: {operations / wall:8.0f}/s"
        f" {cpu / operations * 1e6:7.0f} us CPU each, {wall / operations * callers * 1e3:7.2f} ms"
    )


async def main(reactor, directory):
    """Measure everything in a new file."""
    database = Database(
        SqliteFile(directory / "state.db", busy_timeout_s=5), reactor=reactor, answer_s=60.0
    )
    started = time.perf_counter()
    await database.start()
    print(f"start with a new file: {(time.perf_counter() - started) * 1e3:.0f} ms")
    store = SqlStore(database)
    state, intent, turn = "s" * 600, "i" * 200, itertools.count()
    await gatherResults(
        [store.commit(key(n), {"5": state, "intents": intent}) for n in range(PREFILLED_DEVICES)]
    )
    for callers in (1, 10, 100):
        await measure("nothing (the hop)", callers, LOADS, lambda _: database.read(lambda _: None))
    for callers in (1, 10, 100):
        await measure(
            "load of 3 documents",
            callers,
            LOADS,
            lambda of: store.load(of, ("5", "intents", "folders")),
        )
    for callers in (1, 10, 100):
        await measure(
            "commit of 2 documents",
            callers,
            COMMITS,
            # SQLite writes nothing, and so syncs nothing, where a row stays as it is.
            lambda of: store.commit(
                of, {"5": f"{next(turn)}{state}", "intents": f"{next(turn)}{intent}"}
            ),
        )
    await database.stop()
    size = (directory / "state.db").stat().st_size
    print(f"file: {size / PREFILLED_DEVICES:.0f} bytes a device")


if __name__ == "__main__":
    print(
        f"Python {platform.python_version()}, Twisted {twisted.__version__},"
        f" SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as made:
        react(lambda reactor: Deferred.fromCoroutine(main(reactor, Path(made))))
