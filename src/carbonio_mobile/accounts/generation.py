"""Notice, for a few microseconds, whether any process changed the directory's database."""

import sqlite3
from pathlib import Path
from typing import Protocol


class ChangeWatch(Protocol):
    """Tells whether the directory's database may have changed."""

    def version(self) -> int | None:
        """Give a number that differs after each change; None where that cannot be told now."""


class SQLiteWatch:
    """Watches a SQLite file through ``PRAGMA data_version``.

    The one exception to "no SQL in the reactor thread": in WAL mode it reads shared memory and no
    file, and never waits for a lock. The connection writes nothing, so writes of this process count
    as well.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        self._connection.execute("PRAGMA query_only=ON")

    def version(self) -> int | None:
        """Give SQLite's own counter of other connections' commits."""
        try:
            (number,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None
        return int(number)

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()
