"""Bring a state database to the schema of this code: make it, upgrade it, or refuse it."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from carbonio_mobile.errors import StoreError
from carbonio_mobile.store.schema import REVISION
from carbonio_mobile.store.sqlite import SqliteFile, store_error

MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(file: SqliteFile) -> None:
    """Make or upgrade the schema, all or nothing.

    Before an upgrade, a copy is kept beside the file, named after the revision that it has.
    Raises: StoreError (the database is newer than this code), Unavailable, Corrupt.
    """
    try:
        with file.locked() as connection:
            found = revision_of(connection)
            if found > REVISION:
                raise StoreError(
                    f"{file} has schema {found}, newer than {REVISION}, which is all that"
                    " this version knows"
                )
            if found and found < REVISION:
                file.copy(file.path.with_name(f"{file.path.name}.schema-{found}"))
            if found < REVISION:
                migrate(connection, REVISION)
    except (SQLAlchemyError, sqlite3.Error, OSError) as exc:
        raise store_error(file, exc) from exc


def migrate(connection: Connection, revision: str) -> None:
    """Upgrade the schema to a revision within the transaction that is open."""
    # Imported when it is needed: it costs a fifth of a second and some megabytes at each start.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revision_of(connection: Connection) -> str:
    """Give the revision of the schema; it is empty where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
