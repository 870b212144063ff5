"""Opening, making and upgrading the directory's database."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import carbonio_mobile.accounts.migrations
from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.schema import METADATA
from carbonio_mobile.errors import ConfigError

_SECOND = '''"""Add a table."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table("extra", sa.Column("id", sa.Integer, primary_key=True))
    {then}
'''


def migrations_with_second(room: Path, then: str = "") -> str:
    """Make a copy of the migrations with one more revision."""
    ours = Path(carbonio_mobile.accounts.migrations.__file__).parent
    copytree(ours, room / "migrations")
    head = max(path.name[:4] for path in (ours / "versions").glob("[0-9]*.py"))
    text = _SECOND.format(head=head, then=then or "pass")
    (room / "migrations/versions/9999_second.py").write_text(text)
    return str(room / "migrations")


def test_schema_is_what_the_tables_say(tmp_path: Path) -> None:
    """The migrations lead to exactly the tables that the code uses."""
    with open_database(tmp_path).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_durable_and_private(tmp_path: Path) -> None:
    """The database is in WAL mode with full syncs, and nobody else may read it."""
    with open_database(tmp_path).connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_upgrade_keeps_a_copy(tmp_path: Path) -> None:
    """Before an upgrade the database is kept as it was; the upgraded one has the new schema."""
    open_database(tmp_path).dispose()
    open_database(tmp_path, migrations=migrations_with_second(tmp_path)).dispose()
    copy = tmp_path / (FILE_NAME + ".before-9999")
    for path, has_table in ((copy, 0), (tmp_path / FILE_NAME, 1)):
        with sqlite3.connect(path) as connection:
            query = "SELECT count(*) FROM sqlite_master WHERE name = 'extra'"
            assert connection.execute(query).fetchone() == (has_table,)
            assert connection.execute("SELECT generation FROM directory").fetchone() == (1,)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_failed_upgrade_changes_nothing(tmp_path: Path) -> None:
    """An upgrade that fails half-way leaves the database at the old schema."""
    open_database(tmp_path).dispose()
    broken = migrations_with_second(tmp_path, then='op.execute("SELECT * FROM no_such_table")')
    with pytest.raises(ConfigError, match="no_such_table"):
        open_database(tmp_path, migrations=broken)
    open_database(tmp_path).dispose()


def test_newer_schema_is_refused(tmp_path: Path) -> None:
    """A database of a newer program is not touched, and the refusal says so."""
    open_database(tmp_path, migrations=migrations_with_second(tmp_path)).dispose()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(ConfigError, match="written by a newer carbonio-mobile \\(schema 9999"):
        open_database(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_opened_by_several_at_once(tmp_path: Path) -> None:
    """Programs that open a new data directory at the same time make one database."""
    with ThreadPoolExecutor(6) as threads:
        engines = list(threads.map(lambda _: open_database(tmp_path), range(6)))
    for engine in engines:
        with engine.connect() as connection:
            names = connection.exec_driver_sql("SELECT name FROM classes_of_service").all()
        assert len(names) == 1
        engine.dispose()


def test_what_is_no_database(tmp_path: Path) -> None:
    """A file that is no database, or a missing directory, gives one clear line."""
    (tmp_path / FILE_NAME).write_bytes(b"something else entirely" * 100)
    with pytest.raises(ConfigError, match="cannot open"):
        open_database(tmp_path)
    with pytest.raises(ConfigError, match="cannot open"):
        open_database(tmp_path / "absent")


def test_no_value_in_the_text_of_an_error(tmp_path: Path) -> None:
    """What a statement was given, a hash of a password say, stays out of logs."""
    engine = open_database(tmp_path)
    with pytest.raises(SQLAlchemyError) as found, engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:hash)"), {"hash": "s3cret"})
    assert "s3cret" not in str(found.value)
    engine.dispose()
