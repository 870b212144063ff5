"""Kill -9 in the middle of administrators' commands: the old state or the new one, never half.

All orders are given at once, each over a connection of its own, as the program ``carbonio`` does;
the daemon is killed at a random moment meanwhile, and started again. Then each order is found done
or not done; one that is not done is given again and is done then.

Spec: issue 4, section 5.
"""

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Thread
from typing import Any

import pytest

from tests.crash.administrator import Administrator, Typed, refused
from tests.crash.daemon import Daemon, make_accounts
from tests.crash.known import know_devices
from tests.crash.orders import JOHN, MARY, ORDERS, PASSWORD, PAUL, Order

LONGEST_S = 2.0
ENDED_S = 30.0
KNOWN = 5000


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place with a short name, as a socket lies in the data directory."""
    made = Path(mkdtemp())
    yield made
    rmtree(made)


class Office:
    """A daemon, and administrators who order everything at once, turn by turn."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.daemon = Daemon(folder)
        make_accounts(self.daemon.data, [(name, PASSWORD) for name in (JOHN, MARY, PAUL)])
        self.administrator = Administrator(self.daemon.data)
        self.orders = [kind(self.administrator, self.daemon) for kind in ORDERS]
        self.seen: Counter[str] = Counter()
        self.daemon.start()
        for order in self.orders:
            order.begin()

    def turn(self, number: int) -> None:
        """Give all orders, kill, start, look, give what was not done again, look."""
        before = []
        for order in self.orders:
            order.prepare(number)
            before.append(order.state(number))
        typed = self._order_and_kill(number)
        self.daemon.start()
        for order, old, line in zip(self.orders, before, typed, strict=True):
            self._look(order, number, old, line)
        for order in self.orders:
            order.check(number)

    def _order_and_kill(self, number: int) -> list[Typed]:
        typed = [Typed(self.administrator, one.line(number), one.file) for one in self.orders]
        for one in self.random.sample(typed, len(typed)):
            one.start()
        typed[self.random.randrange(len(typed))].join(self.random.random() ** 2 * LONGEST_S)
        self.daemon.kill()
        for one in typed:
            one.join(ENDED_S)
            assert not one.is_alive(), f"{one.line}: it hangs"
        return typed

    def _look(self, order: Order, number: int, old: Any, line: Typed) -> None:
        name = type(order).__name__
        new, found = order.after(old, number), order.state(number)
        assert found in (old, new), f"{line.line}: {found} is neither {old} nor {new}"
        assert found == new or not line.is_answered, f"{line.line}: {line.answer}, and it was lost"
        self.seen[f"{name} {'done' if found == new else 'not done'}"] += 1
        if found != new:
            self.administrator.ask(line.line, order.file)
        elif order.may_repeat:
            refused(self.administrator, line.line, order.file)
        assert order.state(number) == new, line.line


def survive(folder: Path, *, seed: int, kills: int) -> Office:
    """Let the daemon be killed so many times."""
    print(f"seed {seed}")
    office = Office(folder, seed)
    try:
        for number in range(kills):
            office.turn(number)
        assert not office.daemon.tracebacks(), office.daemon.tracebacks()
    finally:
        office.daemon.kill()
        print(sorted(office.seen.items()), office.daemon.tracebacks())
    return office


def test_orders_survive_kills(folder: Path) -> None:
    """A short run, the same seed each time (when the kills come differs)."""
    survive(folder, seed=20261121, kills=3)


def test_the_first_start_allows_all_known_devices(folder: Path) -> None:
    """Killed as soon as the list is not empty any more: it is whole then, and the next start adds
    nothing. A list that was only begun would keep the other devices out, in strict mode for good.
    """
    daemon = Daemon(folder)
    accounts = make_accounts(daemon.data, [(JOHN, PASSWORD)])
    know_devices(daemon, [accounts[JOHN]], KNOWN)
    killer = Thread(target=kill_when_listed, args=[daemon], daemon=True)
    try:
        killer.start()
        with suppress(AssertionError):  # it ends before it serves, or just after
            daemon.start()
        killer.join(ENDED_S)
        assert not killer.is_alive(), "nothing was listed"
        daemon.kill()
        daemon.start()
        listed = Administrator(daemon.data).rows("mobile ABQ list status Allowed")
        assert len(listed) == KNOWN
        assert not daemon.tracebacks(), daemon.tracebacks()
    finally:
        daemon.kill()


def kill_when_listed(daemon: Daemon) -> None:
    """Look into the database until there is an entry; then kill."""
    with closing(sqlite3.connect(daemon.data / "state.db", timeout=10)) as connection:
        while not connection.execute("SELECT EXISTS (SELECT 1 FROM abq_entries)").fetchone()[0]:
            time.sleep(0.001)
    os.kill(daemon.process_id, signal.SIGKILL)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_orders_survive_100_kills(folder: Path) -> None:
    """The long run, another seed each time: most orders were met both done and not done."""
    office = survive(folder, seed=random.SystemRandom().randrange(1_000_000), kills=100)
    assert len(office.seen) > len(ORDERS) * 1.5
