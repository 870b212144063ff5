"""A store that is killed at random instants keeps each acknowledged commit, and each one whole.

A child process commits documents of several devices as fast as it can and prints each commit that
is acknowledged. It is killed with SIGKILL; the store is then opened and looked at, and the next
child goes on with the same file. (A killed process does not show what a power cut does: that rests
on SQLite's fsync.)
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

import carbonio_mobile

DEVICES = 8
DOCUMENTS = ("first", "second", "third")

CHILD = '''
import os
import sys
from pathlib import Path
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import react
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.store.database import Database
from carbonio_mobile.store.sql import SqlStore
from carbonio_mobile.store.sqlite import SqliteFile

async def phone(store, number, start):
    """Commit three documents with the same number, the middle one gone in odd commits."""
    key = DeviceKey(AccountId("a"), DeviceId(str(number)))
    turn = start
    while True:
        turn += 1
        body = f"{turn}:" + "x" * (turn * 37 % 6000)
        await store.commit(
            key, {"first": body, "second": None if turn % 2 else body, "third": body}
        )
        # One write call for the line: a kill cannot cut it.
        os.write(1, f"{number} {turn}\\n".encode())

async def main(reactor):
    file = SqliteFile(Path(sys.argv[1]), busy_timeout_s=5)
    database = Database(file, reactor=reactor, answer_s=60.0)
    await database.start()
    store = SqlStore(database)
    starts = [int(start) for start in sys.argv[2].split(",")]
    await gatherResults(
        [Deferred.fromCoroutine(phone(store, n, start)) for n, start in enumerate(starts)]
    )

react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
'''


def run_and_kill(path, starts, seconds):
    """Let a child commit for so long after its first commit; gives its acknowledged numbers."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), ",".join(map(str, starts))],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(carbonio_mobile.__file__).parents[1])},
    )
    killer = threading.Timer(0, child.send_signal, [signal.SIGKILL])
    acknowledged = list(starts)
    with child.stdout as lines:
        for line in lines:
            if killer.ident is None:
                killer.interval = seconds
                killer.start()
            number, turn = map(int, line.split())
            acknowledged[number] = turn
    assert child.wait() == -signal.SIGKILL
    return acknowledged


def stored_turns(path):
    """Give the number of each device's last commit; its documents must all be of that one."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT device, name, body FROM documents").fetchall()
    turns = []
    for number in range(DEVICES):
        bodies = {name: body for device, name, body in rows if device == str(number)}
        turn = int(bodies["first"].partition(":")[0])
        assert bodies["third"] == bodies["first"]
        assert bodies.get("second") == (None if turn % 2 else bodies["first"])
        assert bodies["first"] == f"{turn}:" + "x" * (turn * 37 % 6000)
        turns.append(turn)
    return turns


def survive(path, kills, seed):
    """Kill children at random instants; all that they were told was stored must be there."""
    rng = random.Random(seed)
    turns = [0] * DEVICES
    for kill in range(kills):
        acknowledged = run_and_kill(path, turns, rng.uniform(0.001, 0.15))
        if min(acknowledged) == 0:
            continue  # killed before each device had its first commit
        turns = stored_turns(path)
        for number, turn in enumerate(turns):
            # The one commit under way may have reached the disk without being acknowledged.
            assert acknowledged[number] <= turn <= acknowledged[number] + 1, (
                f"seed {seed}, kill {kill}, device {number}"
            )
    return turns


def test_killed_at_random_instants(tmp_path):
    """Every acknowledged commit is there, and no commit is there in part."""
    turns = survive(tmp_path / "state.db", kills=8, seed=20261120)
    assert min(turns) > 10, "the children did not get to work"


@pytest.mark.long
def test_killed_many_times(tmp_path):
    """The same, two hundred times."""
    seed = random.SystemRandom().randrange(1_000_000)
    turns = survive(tmp_path / "state.db", kills=200, seed=seed)
    assert min(turns) > 200, f"seed {seed}: the children did not get to work"
