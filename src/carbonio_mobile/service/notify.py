"""Tell systemd how the daemon fares, where it asked to be told (``Type=notify``).

Spec: sd_notify(3): datagrams of NAME=VALUE lines to the socket named in NOTIFY_SOCKET.
"""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress


def notify(*lines: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send lines such as ``READY=1``; nothing happens without a listener, nothing ever fails."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # Linux's abstract sockets
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto("\n".join(lines).encode(), address)


def reloading() -> None:
    """Say that a reload began; ``READY=1`` ends it. The time is what Type=notify-reload wants."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watchdog_interval_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Tell how often ``WATCHDOG=1`` is due: at half the time after which systemd would kill us."""
    with suppress(ValueError):
        interval_s = int(environ.get("WATCHDOG_USEC", "")) / 2_000_000
        if interval_s > 0 and environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
            return interval_s
    return None
