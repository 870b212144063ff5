"""What the tests of the embedded mailbox's parts share."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded.database import DatabaseFiles


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Give a new mailbox's database."""
    files = DatabaseFiles(data_dir=tmp_path, busy_s=0.05, durable=False)
    connection = files.open(AccountId("john"))
    yield connection
    connection.close()
