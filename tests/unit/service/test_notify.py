"""What systemd is told."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonio_mobile.service.notify import notify, watchdog_interval_s


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket where systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.settimeout(5)
        yield listening


def test_lines_arrive_in_one_datagram(listener: socket.socket) -> None:
    """As sd_notify(3) has them."""
    notify("READY=1", "STATUS=well", environ={"NOTIFY_SOCKET": listener.getsockname()})
    assert listener.recv(100) == b"READY=1\nSTATUS=well"


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody-listens"])
def test_nobody_listens(address: str) -> None:
    """Then nothing happens, and nothing fails."""
    notify("READY=1", environ={"NOTIFY_SOCKET": address} if address else {})


@pytest.mark.parametrize(
    ("environ", "interval_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_watchdog_is_fed_at_half_time(environ: dict[str, str], interval_s: float | None) -> None:
    """Where systemd asked this very process."""
    assert watchdog_interval_s(environ) == interval_s
