"""What mailboxes hold, read from their databases without opening them for work."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from twisted.logger import Logger

from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded.database import database_path

_BUSY_S = 0.2
_log = Logger()


def used_bytes(data_dir: Path, accounts: Sequence[AccountId]) -> int:
    """Add up what the mailboxes of some accounts hold. Blocks.

    An account without a mailbox holds nothing; one whose database cannot be read is left out, and
    logged.
    """
    return sum(_used_bytes(database_path(data_dir, account)) for account in accounts)


def _used_bytes(path: Path) -> int:
    if not path.exists():
        return 0
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_S)) as db:
            (held,) = db.execute("SELECT used_bytes FROM mailbox").fetchone()
            return int(held)
    except sqlite3.Error as exc:
        _log.error("{path} is not counted for its domain: {why}", path=str(path), why=str(exc))
        return 0
