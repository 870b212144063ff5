"""Open the directory's database: make it, bring it to the newest schema, refuse a newer one.

Spec: ../shared/design.md 2 (migrations, a newer database refused), style.md 2.12 (a copy kept).
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.ownership import give_to_owner_of, make_private_file

FILE_NAME = "directory.db"
MIGRATIONS = "carbonio_mobile.accounts:migrations"

_BUSY_TIMEOUT_MS = 10_000
_IMMEDIATE = "carbonio_mobile_immediate"


def open_database(data_dir: Path, *, migrations: str = MIGRATIONS) -> Engine:
    """Open ``directory.db`` of a data directory at the newest schema, making it if it is missing.

    Before an upgrade of the schema a copy is kept as ``directory.db.before-REVISION``. Processes
    that open at once wait for one another. Raises: ConfigError.
    """
    path = data_dir / FILE_NAME
    try:
        with _alone(data_dir):
            make_private_file(path)
            engine = sqlite_engine(path)
            _bring_up_to_date(engine, path, migrations)
    except (OSError, sqlite3.Error, SQLAlchemyError) as exc:
        raise ConfigError("data", f"cannot open {path}: {_cause(exc)}") from exc
    return engine


def _cause(error: Exception) -> str:
    """Tell what happened; the texts of SQLAlchemy quote statements, and stay out."""
    found = error.orig if isinstance(error, DBAPIError) else error
    return type(found).__name__ if isinstance(found, SQLAlchemyError) else str(found)


def sqlite_engine(path: Path) -> Engine:
    """Make an engine on a SQLite file: WAL, durable commits, foreign keys, waiting for writers."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000, "isolation_level": None},
        hide_parameters=True,  # they hold hashes of passwords, and exceptions quote them
    )
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)
    return engine


def for_writing(engine: Engine) -> Engine:
    """Give the engine whose transactions take the write lock at once: none fails half-way."""
    return engine.execution_options(**{_IMMEDIATE: True})


def _set_up_connection(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # The sqlite3 module would begin only at the first write, and then without the lock for it.
    immediate = connection.get_execution_options().get(_IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    lock = os.open(data_dir / (FILE_NAME + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        give_to_owner_of(data_dir, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _bring_up_to_date(engine: Engine, path: Path, migrations: str) -> None:
    config = Config()
    config.set_main_option("script_location", migrations)
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head()
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present == newest:
        return
    if present is not None:
        _refuse_newer(path, present, scripts)
        _keep_copy(path, f"{path}.before-{newest}")
    with for_writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _refuse_newer(path: Path, present: str, scripts: ScriptDirectory) -> None:
    if present not in {script.revision for script in scripts.walk_revisions()}:
        raise ConfigError(
            "data",
            f"{path} was written by a newer carbonio-mobile (schema {present}, this program knows "
            f"up to {scripts.get_current_head()}); install that version again, or use its copy "
            "from before the upgrade",
        )


def _keep_copy(path: Path, copy: str) -> None:
    """Copy the database with its log; the copy is complete on disk under its name, or absent."""
    unfinished = Path(copy + ".unfinished")
    unfinished.unlink(missing_ok=True)
    make_private_file(unfinished)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    unfinished.replace(copy)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
