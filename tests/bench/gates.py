"""Measure what the gates cost a request: ABQ by itself, then all of them as the pipeline asks them.

    PYTHONPATH=src python tests/bench/gates.py

1,000 rules and 100,000 listed devices; the DoS filter is on, the filters of the Carbonio profile
are in force, the devices have acknowledged the policy.
"""

import os
import platform
import random
import resource
import statistics
import time

from carbonio_mobile.admin.abqservice import AbqService
from carbonio_mobile.commands.acquaintance import by_its_words
from carbonio_mobile.commands.table import COMMANDS
from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.pipeline.gates import (
    ACCOUNT_GATES,
    GATES,
    Knock,
    ProvisioningRules,
    pass_gates,
)
from carbonio_mobile.policy.abq import AbqEntry, AbqMode, AbqRule, AbqStatus
from carbonio_mobile.policy.abqtable import AbqTable
from carbonio_mobile.policy.devicelimit import MAX_DEVICES
from carbonio_mobile.policy.document import policy_hash, policy_of
from carbonio_mobile.policy.dos import DosFilter, DosSettings
from carbonio_mobile.policy.offers import Offers
from carbonio_mobile.policy.versionfilters import carbonio_profile_filters
from carbonio_mobile.service.guard import HouseGuard
from carbonio_mobile.store.memory import MemoryStore
from carbonio_mobile.store.memoryabq import MemoryAbq
from carbonio_mobile.store.memorymarks import MemoryMarks
from carbonio_mobile.sync.device import Device, PolicyState

RULES = 1000
DEVICES = 100_000
ASKED = 200_000
PHONES = 5000
ROUNDS = 41
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


class Phone:
    """One device with its account and its request."""

    def __init__(self, number, chance):
        account = AccountId(f"a-{number}")
        name = f"john{number}@example.com"
        self.account = Account(
            id=account,
            name=name,
            display_name="John",
            domain="example.com",
            addresses=(name,),
            status=AccountStatus.ACTIVE,
            domain_status=AccountStatus.ACTIVE,
            attributes={
                "zimbrafeaturemobilesyncenabled": ("TRUE",),
                "zimbramobilepolicymindevicepasswordlength": ("6",),
                MAX_DEVICES.lower(): ("5",),
            },
        )
        policy, version = policy_of(self.account), Version.V14_1
        self.device = Device(
            key=DeviceKey(account, DeviceId(f"iphone{number:06d}{chance.getrandbits(16):04x}")),
            sent_id="phone",
            kind="iPhone",
            user_agent=f"Apple-iPhone14C2/2101.{number % 30}",
            version=version.text,
            policy=PolicyState(
                key=7,
                provisioned_at=1.0,
                acknowledged_hash=policy_hash(policy, version),
                acknowledged_version=version.text,
            ),
        )
        self.line = RequestLine(
            command="Sync",
            version=version.text,
            device_id=self.device.key.device,
            device_type="iPhone",
            user=name,
            policy_key=7,
        )
        self.peer = f"192.0.{number >> 8 & 255}.{number & 255}"
        self.claimed = f"{name}\0{self.device.key.device}"


class Nothing:
    """Stands where something is not asked."""


async def chain(guard, offers, phone, rules, *, is_new):
    """Pass all gates in the order of the pipeline."""
    assert guard.knock(phone.peer, phone.claimed) is None
    account, device, line = phone.account, phone.device, phone.line
    assert guard.proven(phone.peer, phone.claimed, device.key, account.name) is None
    pass_gates(ACCOUNT_GATES, account)
    if is_new:
        assert await guard.newcomer(account, device) is None
    knock = Knock(
        line=line,
        command=COMMANDS[line.command],
        version=Version.V14_1,
        account=account,
        device=device,
        traits=by_its_words(account, device),
        offered=offers(account, device),
        rules=rules,
        now=2.0,
    )
    pass_gates(GATES, knock)
    admission = await guard.admit(account, device)
    assert admission.mailbox is None


def run(work):
    """Do work that waits for nothing."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("a gate waits")


def guarded(table):
    """Give the guard of the daemon over a table, a store in memory behind it."""
    clock = [0.0]

    def steady():
        clock[0] += 0.001
        return clock[0]

    store = MemoryStore()
    abq = AbqService(
        store=MemoryAbq(),
        accounts=Nothing(),
        notices=Nothing(),
        marks=MemoryMarks(),
        reset=None,
        clock=steady,
        background=None,
    )
    abq.table, abq.running = table, True
    return HouseGuard(
        dos=DosFilter(DosSettings(enabled=True)),
        abq=abq,
        devices=store,
        configuration=Nothing(),
        notices=Nothing(),
        dummy=None,
        background=None,
        steady_clock=steady,
        clock=steady,
        remove=None,
    )


def measure_chain(table):
    """Print what all gates cost a request: medians of 40 rounds, each request of another phone."""
    chance = random.Random(2)
    phones = [Phone(number, chance) for number in range(PHONES)]
    guard, offers = guarded(table), Offers(carbonio_profile_filters())
    rules = ProvisioningRules(required=True, refresh_s=0.0)
    for name, is_new in (("known", False), ("new", True)):
        each_us = []
        for _ in range(ROUNDS):
            began = time.process_time()
            for phone in phones:
                run(chain(guard, offers, phone, rules, is_new=is_new))
            each_us.append((time.process_time() - began) / PHONES * 1e6)
        print(
            f"all gates, {PHONES} {name} devices: first time {each_us[0]:.1f}, median"
            f" {statistics.median(each_us[1:]):.1f}, worst {max(each_us[1:]):.1f} us CPU a request"
        )


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
    measure_chain(table)
    print(f"memory at the end: {memory_mib():.0f} MiB")


if __name__ == "__main__":
    main()
