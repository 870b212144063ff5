"""What is particular to SQLite: opening and guarding the file, upserts, what its errors mean."""

import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, NullPool, Table, bindparam, create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import DBAPIError

from carbonio_mobile.errors import Corrupt, StoreError, Unavailable

DIALECT = sqlite.dialect(paramstyle="named")

# WAL: readers never wait for the writer. FULL: a commit is on the disk when it returns, also after
# a power cut; in WAL mode that is one fsync a commit. The last one makes SQLite open the log.
FIRST_STATEMENTS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA journal_size_limit=16777216",
    "SELECT count(*) FROM sqlite_master",
)

GIVES_PAGES_BACK = "PRAGMA auto_vacuum=INCREMENTAL"
"""Takes hold of a file that is empty still, or at its next VACUUM."""

CORRUPT = ("SQLITE_CORRUPT", "SQLITE_NOTADB")

# Faults of one statement or its values; the database itself is well.
OF_ONE_STATEMENT = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
STATEMENT_IS_WRONG = "SQLITE_ERROR"


class SqliteFile:
    """One database file, made by :meth:`create` only.

    A file that is gone while the process runs (a volume that was unmounted, say) is never replaced
    by an empty one: that would make every phone start anew.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s

    def __str__(self) -> str:
        return str(self.path)

    def create(self) -> None:
        """Make the file, empty and private, if it does not exist. Raises: OSError."""
        self.path.touch(mode=0o600)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def connect(self) -> sqlite3.Connection:
        """Open the file. Transactions begin and end by statements only. Raises: sqlite3.Error."""
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode=rw",
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,
        )
        try:
            if not connection.execute("PRAGMA page_count").fetchone()[0]:
                connection.execute(GIVES_PAGES_BACK)
            for statement in FIRST_STATEMENTS:
                connection.execute(statement)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def locked(self) -> Iterator[Connection]:
        """Give a connection of SQLAlchemy within a transaction with the write lock taken."""
        engine = create_engine(
            "sqlite://", creator=self.connect, poolclass=NullPool, hide_parameters=True
        )
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def identity(self) -> object:
        """Tell which files stand at the paths now; SQLite itself goes on writing to deleted ones.

        Raises: OSError (gone).
        """
        database, log = os.stat(self.path), os.stat(f"{self.path}-wal")
        return database.st_ino, database.st_dev, log.st_ino

    def copy(self, target: Path) -> None:
        """Keep a copy of the database as last committed, durable and whole when it has its name."""
        unfinished = target.with_name(target.name + ".unfinished")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        with closing(self.connect()) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(target)


def upsert(table: Table, *, without: Collection[str] = ()) -> Insert:
    """Give the statement that inserts a row, or replaces what the one that is there says.

    Columns ``without`` are left as they are, empty in a new row.
    """
    columns = [column for column in table.columns if column.name not in without]
    statement = insert(table).values({column.name: bindparam(column.name) for column in columns})
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={
            column.name: statement.excluded[column.name]
            for column in columns
            if not column.primary_key
        },
    )


def is_of_one_statement(error: sqlite3.Error) -> bool:
    """Tell whether other statements of the transaction can go on after this error."""
    name = getattr(error, "sqlite_errorname", "")
    return isinstance(error, OF_ONE_STATEMENT) or name == STATEMENT_IS_WRONG


def store_error(file: SqliteFile, error: Exception) -> StoreError:
    """Give what the rest of the program calls an error of the file or of the database in it."""
    # The texts of SQLite name no values; those of SQLAlchemy quote the parameters, and stay out.
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(cause, "sqlite_errorname", type(cause).__name__)
    kind: type[StoreError] = Corrupt if name.startswith(CORRUPT) else Unavailable
    if isinstance(cause, sqlite3.Error) and is_of_one_statement(cause):
        kind = StoreError  # trying again later would not help
    told = kind(f"{file}: {name}: {cause}")
    told.__cause__ = cause
    return told
