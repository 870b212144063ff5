"""What the daemon sets of its own process."""

import os
import signal
import time

import pytest
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.task import Clock

from carbonio_mobile.service import process
from carbonio_mobile.service.shares import FileShares, file_shares


def test_timers_do_not_go_by_the_time_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer is due when it was, whatever becomes of the time of day meanwhile."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    reactor = EPollReactor()
    process.keep_steady_time(reactor)
    rung: list[float] = []
    call = reactor.callLater(60, lambda: rung.append(now[0]))
    assert call.getTime() == 1060
    assert reactor.timeout() == 60
    now[0] += 30
    call.reset(60)
    now[0] += 59
    reactor.runUntilCurrent()
    assert rung == []
    now[0] += 1
    reactor.runUntilCurrent()
    assert rung == [1090]


def test_time_of_day_beside_steady_timers() -> None:
    """What compares with times on disk reads the time of day, and sets the reactor's timers."""
    clock = Clock()
    reactor = process.ReactorOfDay(clock)
    assert abs(reactor.seconds() - time.time()) < 60
    reactor.callLater(5, lambda: None)
    assert [call.getTime() for call in clock.getDelayedCalls()] == [5.0]


def test_hang_up_before_the_start_is_complete() -> None:
    """It ends nothing."""
    before = signal.getsignal(signal.SIGHUP)
    try:
        process.ignore_hang_ups()
        os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("limit", "shares"),
    [
        (200_000, FileShares(connections=50_000, databases=1000, ldap=12_000)),
        (20_000, FileShares(connections=12_525, databases=1000, ldap=4175)),
        (1024, FileShares(connections=352, databases=85, ldap=117)),
        (100, FileShares(connections=16, databases=8, ldap=16)),
    ],
)
def test_files_are_shared_out(limit: int, shares: FileShares) -> None:
    """All connections and all databases open at once leave files for all else."""
    found = file_shares(limit, connections=50_000, databases=1000, lmtp=100, ldap=12_000)
    assert found == shares
    if limit >= 1024:
        assert found.connections + found.ldap + 3 * found.databases + 300 <= limit


def test_connections_to_servers_have_a_share() -> None:
    """Phones have as many less, and with few files none starves the others."""
    wished = {"connections": 50_000, "databases": 1000, "lmtp": 100, "ldap": 12_000}
    found = file_shares(20_000, **wished, servers=2000)
    assert found == FileShares(connections=11_025, databases=1000, ldap=3675, servers=2000)
    found = file_shares(1024, **wished, servers=2000)
    assert found.servers == 117
    total = found.connections + found.ldap + found.servers + 3 * found.databases
    assert total + 300 <= 1024
