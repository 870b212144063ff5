"""What SQLite's own errors mean to the other rooms."""

import sqlite3

from carbonio_mobile.errors import Corrupt, StoreError, Unavailable

_PRIMARY_CODE = 0xFF
_CORRUPT = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_OF_THE_FILE = _CORRUPT | {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}


def store_error(fault: sqlite3.Error | OSError) -> StoreError:
    """Give the error of ``errors.py`` for one of SQLite or of the file system.

    Corrupt where the file is not what was written, or contradicts its own rules; else Unavailable.
    """
    code = getattr(fault, "sqlite_errorcode", None)
    if code is not None and code & _PRIMARY_CODE in _CORRUPT:
        return Corrupt(f"mailbox database: {fault}")
    if isinstance(fault, sqlite3.IntegrityError):
        return Corrupt(f"mailbox database contradicts itself: {fault}")
    return Unavailable(f"mailbox database: {fault}")


def is_for_all(fault: sqlite3.Error) -> bool:
    """Tell whether the next statement must fail as this one did, whatever it is."""
    code = getattr(fault, "sqlite_errorcode", None)
    return code is not None and code & _PRIMARY_CODE in _OF_THE_FILE
