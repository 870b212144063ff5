"""Measure what ABQ costs a request: 1,000 rules, 100,000 listed devices.

PYTHONPATH=src python tests/bench/gates.py
"""

import os
import platform
import random
import resource
import time

from carbonio_mobile.ids import AccountId, DeviceId
from carbonio_mobile.policy.abq import AbqEntry, AbqMode, AbqRule, AbqStatus
from carbonio_mobile.policy.abqtable import AbqTable

RULES = 1000
DEVICES = 100_000
ASKED = 200_000
STATUSES = tuple(AbqStatus)


def memory_mib():
    """Give the most that the process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def filled():
    """Give a table of 100,000 devices, half of them for single accounts, and 1,000 rules."""
    table = AbqTable()
    table.put(
        AbqEntry(
            device=DeviceId(f"android{number:08d}"),
            account=AccountId(f"a-{number}" if number % 2 else ""),
            status=STATUSES[number % 3],
            since=1.0,
        )
        for number in range(DEVICES)
    )
    table.set_rules(
        AbqRule(
            pattern=f"(samsung|sec){number}[0-9a-f]{{4,}}.*x",
            status=AbqStatus.BLOCKED,
            order=number,
            domain="" if number % 4 else "example.com",
        )
        for number in range(RULES)
    )
    return table


def measure(name, table, devices):
    """Ask about each device once and print what one decision cost."""
    mode, domain = AbqMode.PERMISSIVE, "example.com"
    began = time.process_time()
    for number, device in enumerate(devices):
        table.decide(device, AccountId(f"a-{number}"), domain, mode)
    each_us = (time.process_time() - began) / len(devices) * 1e6
    print(f"{name:46} {each_us:7.2f} us CPU a decision")


def main():
    """Print the figures."""
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f}; {RULES} rules, {DEVICES} devices"
    )
    before = memory_mib()
    table = filled()
    print(f"table: {memory_mib() - before:.0f} MiB")
    began = time.process_time()
    table.decide(DeviceId("first"), AccountId("a"), "example.com", AbqMode.PERMISSIVE)
    print(f"compiling the rules of a domain: {(time.process_time() - began) * 1e3:.1f} ms, once")
    chance = random.Random(1)
    listed = [DeviceId(f"android{chance.randrange(DEVICES):08d}") for _ in range(ASKED)]
    measure("listed devices, half by account", table, listed)
    known = [DeviceId(f"iphone{chance.randrange(5000):06d}") for _ in range(ASKED)]
    measure("5,000 devices that no entry names, by rules", table, known)
    fresh = [DeviceId(f"samsung{chance.getrandbits(80):020x}") for _ in range(ASKED)]
    measure("each device new, rules asked every time", table, fresh)
    print(f"memory at the end: {memory_mib():.0f} MiB")


if __name__ == "__main__":
    main()
