"""Tell systemd how the daemon fares, where it asked to be told (``Type=notify``).

Spec: sd_notify(3): datagrams of NAME=VALUE lines to the socket named in NOTIFY_SOCKET.
"""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

from twisted.logger import Logger

_FEEDINGS = 3
"""How often the watchdog is fed within the time after which systemd would kill: two may fail."""

_log = Logger()


class Notifier:
    """The line to systemd, opened once: a process that has used up its files still has it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Open the line; without a listener all that is told is told to nobody."""
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._sender: socket.socket | None = None
        if self._address:
            if self._address.startswith("@"):
                self._address = "\0" + self._address[1:]  # Linux's abstract sockets
            self._sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._sender.setblocking(False)
            with suppress(OSError):  # tried again, and logged, with the first line
                self._sender.connect(self._address)

    def tell(self, *lines: str) -> None:
        """Send lines such as ``READY=1``; what goes wrong is logged, and nothing fails."""
        if self._sender is None:
            return
        datagram = "\n".join(lines).encode()
        try:
            self._send(self._sender, datagram)
        except OSError as exc:
            _log.error("systemd cannot be told {line}: {why}", line=lines[0], why=exc.strerror)

    def _send(self, sender: socket.socket, datagram: bytes) -> None:
        try:
            sender.send(datagram)
        except OSError:
            # Who listens may have been started anew; the socket, and so its file, stays the same.
            sender.connect(self._address)
            sender.send(datagram)

    def reloading(self) -> None:
        """Say that a reload began; ``READY=1`` ends it. The time is what notify-reload wants."""
        self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def close(self) -> None:
        """Give the socket back."""
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()


def watchdog_interval_s(environ: Mapping[str, str]) -> float | None:
    """Tell how often ``WATCHDOG=1`` is due; None where systemd did not ask this process."""
    with suppress(ValueError):
        interval_s = int(environ.get("WATCHDOG_USEC", "")) / 1_000_000 / _FEEDINGS
        if interval_s > 0 and environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
            return interval_s
    return None
