"""What the tests of the embedded directory share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import HashCost
from carbonio_mobile.accounts.store import DirectoryStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DirectoryStore]:
    """Give the store of a directory with one domain."""
    opened = open_store(tmp_path, HashCost(memory_kib=8, rounds=1, lanes=1))
    opened.create_domain("example.com")
    yield opened
    opened.close()
