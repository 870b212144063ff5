"""Measure the DoS filter: CPU of a request that passes or is refused, memory of a full register.

PYTHONPATH=src python tests/bench/dos.py [PHONES]
"""

import gc
import platform
import sys
import time
import tracemalloc

from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.policy.dos import KEYS_COUNT, DosFilter, DosSettings
from carbonio_mobile.policy.offers import Offers
from carbonio_mobile.policy.versionfilters import carbonio_profile_filters
from tests.unit.policy.test_versionfilters import JOHN, phone

PHONES = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
SETTINGS = DosSettings(enabled=True)


def us_each(count, work):
    """Give the microseconds of CPU that one of so many pieces of work takes, best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best / count * 1e6


def main():
    """Print the figures."""
    print(f"Python {platform.python_version()}, {PHONES:,} phones, {SETTINGS}")
    keys = [
        (f"192.0.{n >> 8 & 255}.{n & 255}", f"user{n}\0d{n}", DeviceKey(AccountId(f"a{n}"),
                                                                      DeviceId(f"d{n}")))
        for n in range(PHONES)
    ]  # fmt: skip
    clock = [0.0]
    dos = DosFilter(SETTINGS)

    def pass_all():
        for peer, claimed, key in keys:
            clock[0] += 0.0001
            dos.knock(peer, claimed, clock[0])
            dos.enter(peer, claimed, key, clock[0])

    print(f"a request that passes door and gate: {us_each(PHONES, pass_all):6.2f} µs")

    villain = keys[0]
    for _ in range(SETTINGS.requests_max + 1):
        dos.enter(*villain, clock[0])

    def refuse():
        for _ in range(100_000):
            dos.knock(villain[0], villain[1], clock[0])

    print(f"a request refused at the door:       {us_each(100_000, refuse):6.2f} µs")

    flooded = DosFilter(SETTINGS)
    count = 3 * KEYS_COUNT
    gc.collect()
    tracemalloc.start()
    for n in range(count):
        flooded.knock("203.0.113.7", f"x{n}\0y{n}", 1.0)
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(
        f"{count:,} fresh keys at once: {size / 2**20:.1f} MiB held, {peak / 2**20:.1f} at the peak"
    )

    def flood():
        fresh = DosFilter(SETTINGS)
        for n in range(count):
            fresh.knock("203.0.113.7", f"x{n}\0y{n}", 1.0)

    print(f"a request of such a flood:           {us_each(count, flood):6.2f} µs")

    offers = Offers(carbonio_profile_filters())
    one = phone("Android-SAMSUNG-SM-S911B/101.14")

    def offer():
        for _ in range(100_000):
            offers(JOHN, one)

    print(f"the offer to a device, remembered:   {us_each(100_000, offer):6.2f} µs")


main()
