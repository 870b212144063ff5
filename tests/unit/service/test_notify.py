"""What systemd is told."""

import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from carbonio_mobile.service.notify import Notifier, watchdog_interval_s


def listening_at(place: Path) -> socket.socket:
    """Give a socket where systemd would listen."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(place))
    listening.settimeout(5)
    return listening


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket where systemd would listen."""
    with listening_at(tmp_path / "s") as listening:
        yield listening


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What is logged meanwhile."""
    lines: list[str] = []

    def observe(event: LogEvent) -> None:
        lines.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    yield lines
    globalLogPublisher.removeObserver(observe)


def test_lines_arrive_in_one_datagram(listener: socket.socket) -> None:
    """As sd_notify(3) has them."""
    notifier = Notifier({"NOTIFY_SOCKET": listener.getsockname()})
    notifier.tell("READY=1", "STATUS=well")
    assert listener.recv(100) == b"READY=1\nSTATUS=well"
    notifier.close()


def test_without_a_file_to_spare(listener: socket.socket) -> None:
    """A process whose files are used up feeds its watchdog all the same."""
    notifier = Notifier({"NOTIFY_SOCKET": listener.getsockname()})
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            socket.socket()
        notifier.tell("WATCHDOG=1")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert listener.recv(100) == b"WATCHDOG=1"
    notifier.close()


def test_listener_started_anew(tmp_path: Path, logged: list[str]) -> None:
    """What cannot be told is logged; once somebody listens there again, the line works."""
    place = tmp_path / "s"
    with listening_at(place):
        notifier = Notifier({"NOTIFY_SOCKET": str(place)})
    notifier.tell("WATCHDOG=1")
    assert logged == ["systemd cannot be told WATCHDOG=1: Connection refused"]
    place.unlink()
    with listening_at(place) as another:
        notifier.tell("WATCHDOG=1")
        assert another.recv(100) == b"WATCHDOG=1"
    notifier.close()


@pytest.mark.parametrize("address", ["/nowhere/at/all", "@nobody-listens"])
def test_nobody_listens(address: str, logged: list[str]) -> None:
    """Then nothing fails, and the log says so."""
    Notifier({"NOTIFY_SOCKET": address}).tell("READY=1")
    assert len(logged) == 1


def test_nobody_asked(logged: list[str]) -> None:
    """Without NOTIFY_SOCKET nothing happens at all."""
    notifier = Notifier({})
    notifier.tell("READY=1")
    notifier.reloading()
    notifier.close()
    assert logged == []


@pytest.mark.parametrize(
    ("environ", "interval_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 20.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 20.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_watchdog_is_fed_three_times(environ: dict[str, str], interval_s: float | None) -> None:
    """Where systemd asked this very process."""
    assert watchdog_interval_s(environ) == interval_s
