"""The database file of a mailbox: made whole or not at all, upgraded, refused if newer."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from carbonio_mobile.errors import Corrupt, StoreError
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded.database import DatabaseFiles, database_path
from carbonio_mobile.mailbox.embedded.schema import MAILBOX_SCHEMA, Schema

JOHN = AccountId("john")


def files_in(data_dir: Path, schema: Schema = MAILBOX_SCHEMA) -> DatabaseFiles:
    return DatabaseFiles(data_dir=data_dir, busy_s=0.05, durable=True, schema=schema)


def shape(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    return db.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    ).fetchall()


def two_versions(tmp_path: Path) -> tuple[Schema, Schema]:
    """Give a schema of version 1 and one that has 2 as well."""
    text = (Path(MAILBOX_SCHEMA_DIR) / "mailbox-v1.sql").read_text()
    column = "ALTER TABLE item ADD COLUMN colour TEXT;\n"
    for name, scripts in (
        ("old", {"mailbox-v1.sql": text}),
        (
            "new",
            {"mailbox-v1.sql": text, "mailbox-v2.sql": text + column, "upgrade-to-v2.sql": column},
        ),
    ):
        (tmp_path / name).mkdir()
        for script, content in scripts.items():
            (tmp_path / name / script).write_text(content)
    return Schema(tmp_path / "old"), Schema(tmp_path / "new")


MAILBOX_SCHEMA_DIR = Path(__file__).parents[3] / "src/carbonio_mobile/mailbox/embedded/sql"


def test_settings_of_a_connection(tmp_path: Path) -> None:
    """A commit waits for the disk, foreign keys are checked, readers do not wait for writers."""
    with closing(files_in(tmp_path).open(JOHN)) as db:
        found = {
            p: db.execute(f"PRAGMA {p}").fetchone()[0]
            for p in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        (pages_bytes,) = db.execute("PRAGMA soft_heap_limit").fetchone()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 50}
    assert pages_bytes == 256 << 20  # of all databases together


def test_upgraded_equals_fresh(tmp_path: Path) -> None:
    """Every schema ever released, upgraded, is the newest one."""
    for version in MAILBOX_SCHEMA.versions:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as old:
            MAILBOX_SCHEMA.create(old, version)
            old.execute("COMMIT")
            MAILBOX_SCHEMA.upgrade(old)
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
                MAILBOX_SCHEMA.create(fresh)
                fresh.execute("COMMIT")
                assert shape(old) == shape(fresh)


def test_old_database_is_upgraded_on_opening(tmp_path: Path) -> None:
    """Opening brings an old database to the newest schema and leaves a copy of what it was."""
    old, new = two_versions(tmp_path)
    with closing(files_in(tmp_path, old).open(JOHN)) as db:
        db.execute("UPDATE folder SET name = 'Kept' WHERE id = 2")
    with closing(files_in(tmp_path, new).open(JOHN)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert "colour" in {row[1] for row in db.execute("PRAGMA table_info (item)")}
        assert db.execute("SELECT name FROM folder WHERE id = 2").fetchone() == ("Kept",)
    copy = database_path(tmp_path, JOHN).with_name("mailbox.before-v2.db")
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT name FROM folder WHERE id = 2").fetchone() == ("Kept",)


def test_newer_database_is_refused(tmp_path: Path) -> None:
    """A database of a newer program is left alone, and the error says so."""
    old, new = two_versions(tmp_path)
    files_in(tmp_path, new).open(JOHN).close()
    with pytest.raises(StoreError, match="schema 2, this program knows up to 1"):
        files_in(tmp_path, old).open(JOHN)


def test_half_made_database_is_made_anew(tmp_path: Path) -> None:
    """What a killed process left of a new database does not disturb."""
    path = database_path(tmp_path, JOHN)
    path.parent.mkdir(parents=True)
    path.with_name("mailbox.new").write_bytes(b"half a database")
    path.with_name("mailbox.new-journal").write_bytes(b"half a journal")
    with closing(files_in(tmp_path).open(JOHN)) as db:
        assert db.execute("SELECT count(*) FROM folder").fetchone() == (10,)
    assert [entry.name for entry in path.parent.iterdir()] == ["mailbox.db"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_database_of_another_account(tmp_path: Path) -> None:
    """A database that was copied to another account's place is not opened as that account's."""
    files_in(tmp_path).open(JOHN).close()
    other = database_path(tmp_path, AccountId("mary"))
    other.parent.mkdir(parents=True)
    database_path(tmp_path, JOHN).rename(other)
    with pytest.raises(Corrupt):
        files_in(tmp_path).open(AccountId("mary"))


@pytest.mark.parametrize(
    "account", ["../../x", "", ".", "a/b", "x" * 300, "ö", "a\0b", "=x", "\ud800"]
)
def test_odd_account_ids_stay_below_the_data_directory(tmp_path: Path, account: str) -> None:
    """No account id leads out of its own directory."""
    path = database_path(tmp_path, AccountId(account))
    assert path.parents[2] == tmp_path / "mailboxes"
    assert len(path.parent.name) == 65


def test_plain_account_id_is_the_directory(tmp_path: Path) -> None:
    """An administrator finds the directory of an account by its id."""
    assert database_path(tmp_path, AccountId("john@example.com")).parent.name == "john@example.com"
