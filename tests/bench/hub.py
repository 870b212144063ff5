"""Measure parked watches: memory of each, and CPU of waking them.

    PYTHONPATH=src python tests/bench/hub.py [WATCHES]

The waits are those of the hub alone: a parked request has its coroutine and its connection besides.
"""

import gc
import os
import platform
import sys
import time
import tracemalloc

from twisted.internet.task import Clock

import twisted
from carbonio_mobile.changes.hub import ChangeHub
from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey, FolderId

WATCHES = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000


def bytes_of(make):
    """Give the memory that what is made takes, as Python's allocators count it."""
    gc.collect()
    tracemalloc.start()
    made = make()
    gc.collect()
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del made
    return size


class Bench:
    """So many accounts with a parked request each."""

    def __init__(self, *, latency_s, distinct_folders):
        self.clock = Clock()
        self.hub = ChangeHub(self.clock)
        self.latency_s = latency_s
        self.distinct_folders = distinct_folders
        self.accounts = [AccountId(f"account-{number}") for number in range(WATCHES)]
        self.watches = []
        self.woken = 0

    def count(self, _wake):
        """Count a wait that ended."""
        self.woken += 1

    def park(self, number):
        """Park a request that watches seven folders."""
        prefix = f"{number}-" if self.distinct_folders else ""
        folders = [FolderId(f"{prefix}{folder}") for folder in range(5, 12)]
        watch = self.hub.watch(self.accounts[number], folders, latency_s=self.latency_s)
        self.watches[number] = watch
        watch.wait(480 + number % 2400).addCallbacks(self.count, self.count)

    def park_all(self):
        """Park a request of each account."""
        for number in range(WATCHES):
            self.park(number)

    def run(self, name):
        """Park all, wake all, park and close all; print what each costs."""
        self.watches = [None] * WATCHES
        memory = bytes_of(self.park_all)
        for watch in self.watches:
            watch.close()
        self.woken = 0
        cpu = time.process_time()
        self.park_all()
        parking = time.process_time() - cpu
        cpu = time.process_time()
        for number, account in enumerate(self.accounts):
            folder = f"{number}-7" if self.distinct_folders else "7"
            self.hub.folder_changed(account, FolderId(folder), arrival=True)
        self.clock.advance(self.latency_s + 1)
        waking = time.process_time() - cpu
        assert self.woken == WATCHES, self.woken
        cpu = time.process_time()
        for watch in self.watches:
            watch.close()
        closing = time.process_time() - cpu
        print(
            f"{name:34} {memory / WATCHES:6.0f} bytes a watch;"
            f" park {parking / WATCHES * 1e6:5.1f}, wake {waking / WATCHES * 1e6:5.1f},"
            f" close {closing / WATCHES * 1e6:5.1f} us CPU"
        )


def heartbeats():
    """Print what an hour of heartbeats costs that nobody's mail ends."""
    bench = Bench(latency_s=0, distinct_folders=False)
    bench.watches = [None] * WATCHES
    for number in range(WATCHES):
        bench.park(number)
    cpu = time.process_time()
    for _ in range(3600):
        bench.clock.advance(1)
    spent = time.process_time() - cpu
    assert bench.woken == WATCHES
    print(f"{'heartbeats running out':34} {spent / WATCHES * 1e6:6.1f} us CPU a watch")


def turns():
    """Print what a turn costs that nobody else wants, and what one keeps that is parked."""
    device_turns = DeviceTurns(queue_limit=10)
    hub = ChangeHub(Clock())
    keys = [DeviceKey(AccountId(f"a{n}"), DeviceId("d")) for n in range(WATCHES)]
    cpu = time.process_time()
    for key in keys:
        device_turns.begin(key, command="Sync").result.finish()
    spent = time.process_time() - cpu
    watch = hub.watch(AccountId("a"), [], latency_s=0)

    def park_all():
        for key in keys:
            device_turns.begin(key, command="Ping").result.park(watch)

    memory = bytes_of(park_all)
    print(f"{'turns':34} {spent / WATCHES * 1e6:6.1f} us CPU, {memory / WATCHES:.0f} bytes parked")


if __name__ == "__main__":
    print(
        f"Python {platform.python_version()}, Twisted {twisted.__version__}, {WATCHES} watches,"
        f" load {os.getloadavg()[0]:.1f}"
    )
    Bench(latency_s=0, distinct_folders=False).run("equal folders, at once")
    Bench(latency_s=5, distinct_folders=False).run("equal folders, latency 5 s")
    Bench(latency_s=0, distinct_folders=True).run("folders of their own, at once")
    heartbeats()
    turns()
