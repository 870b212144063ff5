"""P1 and P2 on the real daemon, killed again and again while devices work and lines drop.

At the end, and without any device having had to start over: every device holds what its mailbox
holds within its window, everything that was sent arrived once, every database is whole.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from tests.crash.workload import Workload


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place with a short name, as a socket lies in the data directory."""
    made = Path(mkdtemp())
    yield made
    rmtree(made)


def survive(folder: Path, *, seed: int, kills: int, longest_s: float) -> Workload:
    """Run the workload to its end."""
    print(f"seed {seed}")
    workload = Workload(folder, seed=seed)
    try:
        workload.work(kills, longest_s)
        workload.settle()
        workload.check()
    finally:
        workload.daemon.kill()
        print(workload.told())
    return workload


def test_devices_survive_kills(folder: Path) -> None:
    """A short run, the same seed each time (when the kills come differs)."""
    survive(folder, seed=20261120, kills=7, longest_s=1.5)


@pytest.mark.long
def test_devices_survive_200_kills(folder: Path) -> None:
    """The long run, another seed each time."""
    workload = survive(
        folder, seed=random.SystemRandom().randrange(1_000_000), kills=200, longest_s=3.0
    )
    assert workload.daemon.starts == 201
