"""What the daemon sets of its own process: open files, file modes, garbage collection, exit."""

import atexit
import gc
import os
import resource
import sys

# A full collection walks every object: with tens of thousands of parked requests that would stop
# the reactor for a good part of a second. Nearly all objects of a request are freed by their
# reference counts. So what exists at the start is set aside for good, young objects are looked at
# less often, and a full collection comes only after many of those (and, as always in CPython, not
# before a quarter of all objects is new).
_GC_THRESHOLDS = (20_000, 20, 50)


def harden() -> None:
    """Let nobody else read what the daemon writes."""
    os.umask(0o077)


def raise_file_limit() -> int:
    """Allow as many open files as the hard limit does; gives how many."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def tune_collector() -> None:
    """Set the garbage collector for many long-lived objects; call when all is built."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


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
