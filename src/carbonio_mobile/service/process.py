"""What the daemon sets of its own process: files, threads, garbage collection, exit."""

import atexit
import gc
import os
import resource
import signal
import sys
import time
from typing import Any

# A full collection walks every object: with tens of thousands of parked requests that would stop
# the reactor for a good part of a second. Nearly all objects of a request are freed by their
# reference counts. So what exists at the start is set aside for good, young objects are looked at
# less often, and a full collection comes only after many of those (and, as always in CPython, not
# before a quarter of all objects is new).
_GC_THRESHOLDS = (20_000, 20, 50)

# How long a thread may keep the others waiting for the interpreter. With Python's own 5 ms a busy
# reactor kept answers of the store waiting for 84 ms at p99, with 0.2 ms for 8 ms; a busy mailbox
# thread made the reactor late by 11 ms, with 0.5 ms by 4.7 ms (measured, two cores).
_SWITCH_INTERVAL_S = 0.0005


def harden() -> None:
    """Let nobody else read what the daemon writes."""
    os.umask(0o077)


def raise_file_limit() -> int:
    """Allow as many open files as the hard limit does; gives how many."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def keep_steady_time(reactor: Any) -> None:
    """Let timers go by a clock that nobody sets; to be called before the first of them is set.

    Twisted's own goes by the time of day: set back by an hour, it would stop every timer for one.
    """
    reactor.seconds = time.monotonic


class ReactorOfDay:
    """The reactor for those who compare with times on disk: its clock tells the time of day.

    Its timers are the reactor's own, and as steady.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def seconds(self) -> float:
        """Give seconds since 1970, UTC."""
        return time.time()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


def ignore_hang_ups() -> None:
    """Let SIGHUP pass, which would end a process that does not expect it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def share_the_interpreter() -> None:
    """Let reactor and database threads take turns quickly."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)


def tune_collector() -> None:
    """Set the garbage collector for many long-lived objects; call when all is built."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def keep_from_collector() -> None:
    """Have the garbage collector pass over all that is held now, for it is there to stay.

    Takes one full round: 130 ms with address lists of 100,000 people, as each would take else.
    """
    gc.collect()
    gc.freeze()


def exit_with_failure(line: str) -> None:
    """Have the process end with status 1, saying why, when twistd has shut it down.

    twistd itself ends with 0 whatever stopped the reactor.
    """
    # twistd has put its log in the place of sys.stderr.
    print(f"carbonio-mobile: {line}", file=sys.__stderr__, flush=True)
    atexit.register(_leave_with_failure)


def _leave_with_failure() -> None:
    sys.stdout.flush()
    os._exit(1)
