"""The database file of one account: where it lies, how it is made, opened, upgraded."""

import fcntl
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded.rows import folder_number
from carbonio_mobile.mailbox.embedded.schema import MAILBOX_SCHEMA
from carbonio_mobile.mailbox.standard import FIRST_OWN_FOLDER, STANDARD_FOLDERS, name_key
from carbonio_mobile.ownership import make_private_directories, make_private_file
from carbonio_mobile.sync.folders import Folder

_PAGES_BYTES = 256 << 20
"""What the pages of all databases that the process has open may take in memory together.

Without a limit each keeps 2 MiB: 200 that were read through took 416 MiB, with one of 64 MiB 71.
"""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}")


MAILBOXES = "mailboxes"
"""The directory, below that of all data, of the databases that are mailboxes."""


def database_path(data_dir: Path, account: AccountId, *, below: str = MAILBOXES) -> Path:
    """Give the place of an account's database, two levels below a directory.

    An id that is no plain file name stands as its digest.
    """
    digest = sha256(account.encode("utf-8", "surrogatepass")).hexdigest()
    name = account if _PLAIN_NAME.fullmatch(account) else f"={digest}"
    return data_dir / below / digest[:2] / name / "mailbox.db"


class AnySchema(Protocol):
    """What :class:`Schema` does."""

    @property
    def label(self) -> str:
        """The newest version, for the name of a file."""
        ...

    def create(self, db: sqlite3.Connection) -> None:
        """Give an empty database the newest schema; leaves the transaction open."""
        ...

    def outdated(self, db: sqlite3.Connection) -> bool:
        """Tell whether a database needs an upgrade. Raises: StoreError if it is too new."""
        ...

    def upgrade(self, db: sqlite3.Connection) -> None:
        """Bring a database to the newest schema."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFiles:
    """Opens the databases below a data directory.

    ``busy_s`` is how long a statement waits for another process. Without ``durable`` a commit does
    not wait for the disk: for tests that make thousands of them. ``folders`` are those that a new
    one begins with.
    """

    data_dir: Path
    busy_s: float
    durable: bool
    schema: AnySchema = MAILBOX_SCHEMA
    below: str = MAILBOXES
    folders: tuple[Folder, ...] = STANDARD_FOLDERS

    def open(self, account: AccountId) -> sqlite3.Connection:
        """Open an account's database, made if need be; for use by the calling thread only.

        Raises: StoreError (schema newer than the code), Corrupt (it is another account's),
        sqlite3.Error, OSError.
        """
        path = database_path(self.data_dir, account, below=self.below)
        if not path.exists():
            self._make(path, account)
        db = self._connect(path)
        try:
            if self.schema.outdated(db):
                self._upgrade(db, path)
            (owner,) = db.execute("SELECT account FROM mailbox").fetchone()
            if owner != account:
                raise Corrupt(f"{path} is the mailbox of another account")
        except BaseException:
            db.close()
            raise
        return db

    def _connect(self, path: Path) -> sqlite3.Connection:
        uri = f"{path.absolute().as_uri()}?mode=rw"
        db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=self.busy_s)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA synchronous = {'FULL' if self.durable else 'OFF'}")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA temp_store = MEMORY")
            db.execute("PRAGMA journal_size_limit = 16777216")
            db.execute(f"PRAGMA soft_heap_limit = {_PAGES_BYTES}")
        except BaseException:
            db.close()
            raise
        return db

    def _make(self, path: Path, account: AccountId) -> None:
        """Build a database under another name and give it its own when it is whole and on disk."""
        make_private_directories(path.parent)
        with _directory_lock(path.parent) as directory:
            if path.exists():
                return
            draft = path.with_name("mailbox.new")
            draft.unlink(missing_ok=True)
            draft.with_name("mailbox.new-journal").unlink(missing_ok=True)
            make_private_file(draft)
            with closing(sqlite3.connect(draft, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = FULL")
                self.schema.create(db)
                _fill(db, account, self.folders)
                db.execute("COMMIT")
            draft.rename(path)
            os.fsync(directory)
        for parent in (path.parent.parent, path.parent.parent.parent, self.data_dir):
            _sync_directory(parent)

    def _upgrade(self, db: sqlite3.Connection, path: Path) -> None:
        """Upgrade, leaving a copy of the database as it was beside it."""
        with _directory_lock(path.parent):
            if not self.schema.outdated(db):
                return
            copy = path.with_name(f"mailbox.before-{self.schema.label}.db")
            make_private_file(copy)
            with closing(sqlite3.connect(copy, isolation_level=None)) as kept:
                db.backup(kept)
            self.schema.upgrade(db)


def _fill(db: sqlite3.Connection, account: AccountId, folders: tuple[Folder, ...]) -> None:
    db.execute(
        "INSERT INTO mailbox VALUES (1, ?, ?, 1, 1, 0, '{}')", (account, secrets.token_hex(4))
    )
    db.executemany(
        "INSERT INTO folder VALUES (?, NULL, ?, ?, ?, 1, 1, 0, 0)",
        ((folder_number(f.id), f.name, name_key(f.name), f.kind.value) for f in folders),
    )
    db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'folder'", (FIRST_OWN_FOLDER - 1,))


@contextmanager
def _directory_lock(directory: Path) -> Iterator[int]:
    """Keep other processes from building or upgrading here at the same time."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
