"""The schema of the state database: migrations make it, keep a copy, and refuse what is newer."""

import json
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import inspect

from carbonio_mobile.errors import StoreError, Unavailable
from carbonio_mobile.store import upgrade
from carbonio_mobile.store.rows import device_from_row
from carbonio_mobile.store.schema import METADATA, REVISION
from carbonio_mobile.store.sqlite import SqliteFile

NEXT = '''"""A later revision."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"


def upgrade() -> None:
    """Add a table, and fail where a table of that name is."""
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO documents VALUES ('a', 'd', 'migrated', '1')")
    op.create_table("last", sa.Column("id", sa.Integer, primary_key=True))
'''


@pytest.fixture
def file(tmp_path):
    """Give a file that exists and is empty."""
    file = SqliteFile(tmp_path / "state.db", busy_timeout_s=0.1)
    file.create()
    return file


@pytest.fixture
def later(tmp_path, monkeypatch):
    """Make the code one revision newer than it is, as long as it is called."""
    migrations = tmp_path / "migrations"
    (migrations / "versions").mkdir(parents=True)
    for source in [upgrade.MIGRATIONS / "env.py", *(upgrade.MIGRATIONS / "versions").glob("0*.py")]:
        target = migrations / source.relative_to(upgrade.MIGRATIONS)
        target.write_text(source.read_text())
    (migrations / "versions" / "0999_later.py").write_text(NEXT.replace("{last}", REVISION))

    def become_later():
        monkeypatch.setattr(upgrade, "MIGRATIONS", migrations)
        monkeypatch.setattr(upgrade, "REVISION", "9999")

    return become_later


def shape(connection):
    """Give tables, columns, keys and indexes of a database."""
    found = inspect(connection)
    return {
        table: (
            [
                (column["name"], str(column["type"]), column["nullable"])
                for column in found.get_columns(table)
            ],
            found.get_pk_constraint(table)["constrained_columns"],
            sorted(
                (index["name"], tuple(index["column_names"])) for index in found.get_indexes(table)
            ),
            found.get_table_options(table),
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def rows(path, query):
    """Run a query on a file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_migrated_schema_equals_fresh_one(file, tmp_path):
    """What the migrations make is what the code says."""
    upgrade.bring_up_to_date(file)
    fresh = SqliteFile(tmp_path / "fresh.db", busy_timeout_s=0.1)
    fresh.create()
    with fresh.locked() as connection:
        METADATA.create_all(connection)
    with file.locked() as migrated, fresh.locked() as made:
        assert shape(migrated) == shape(made)
        assert {"devices", "documents"} <= shape(migrated).keys()


def test_the_code_knows_its_newest_revision():
    """The revision that the code needs is the last of the migrations."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(upgrade.MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [REVISION]
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True), "found out by comparing them"


def test_doing_it_again(file):
    """A database that is up to date is left alone, and no copy is made."""
    upgrade.bring_up_to_date(file)
    before = file.path.read_bytes()
    upgrade.bring_up_to_date(file)
    assert file.path.read_bytes() == before
    assert not list(file.path.parent.glob("*schema*"))


def test_upgrade_keeps_a_copy(file, later):
    """Before an upgrade, the database is copied as it was."""
    upgrade.bring_up_to_date(file)
    with file.locked() as connection:
        connection.exec_driver_sql("INSERT INTO documents VALUES ('a', 'd', 'x', '1')")
    later()
    upgrade.bring_up_to_date(file)
    copy = file.path.with_name(f"state.db.schema-{REVISION}")
    assert rows(copy, "SELECT name FROM documents") == [("x",)]
    assert rows(copy, "SELECT version_num FROM alembic_version") == [(REVISION,)]
    assert rows(file.path, "SELECT name FROM documents") == [("migrated",), ("x",)]
    assert rows(file.path, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_failing_upgrade_changes_nothing(file, later):
    """An upgrade that fails half-way leaves the database as it was."""
    upgrade.bring_up_to_date(file)
    with file.locked() as connection:
        connection.exec_driver_sql("CREATE TABLE last (id INTEGER)")
    later()
    with pytest.raises(StoreError, match="last"):
        upgrade.bring_up_to_date(file)
    assert rows(file.path, "SELECT version_num FROM alembic_version") == [(REVISION,)]
    assert rows(file.path, "SELECT name FROM documents") == []
    assert rows(file.path, "SELECT name FROM sqlite_master WHERE name = 'later'") == []


def test_newer_schema_is_refused(file):
    """A database of a later version is not touched; the error names file and both versions."""
    upgrade.bring_up_to_date(file)
    with file.locked() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(StoreError) as caught:
        upgrade.bring_up_to_date(file)
    for part in (str(file.path), "0999", REVISION):
        assert part in str(caught.value)


def test_locked_database(file):
    """A database that another program holds is Unavailable, not waited for for ever."""
    with file.locked(), pytest.raises(Unavailable):
        upgrade.bring_up_to_date(file)


def test_devices_of_the_first_release_are_read_on(file):
    """A record without what came later is whole: no order to wipe, no version of its policy."""
    with file.locked() as connection:
        upgrade.migrate(connection, "0001")
        record = {
            "sent_id": "D", "kind": "Phone", "user_agent": "", "version": "14.1", "first_seen": 1.0,
            "policy": {
                "key": 7, "temporary": 5, "policy_hash": "h", "acknowledged_hash": "h",
                "acknowledged_status": 1, "provisioned_at": 2.0,
            },
            "information": [["Model", "X"]], "recovery_password": "",
        }  # fmt: skip
        connection.exec_driver_sql(
            "INSERT INTO devices VALUES ('a', 'd', 3, ?)", (json.dumps(record),)
        )
    upgrade.bring_up_to_date(file)
    (row,) = rows(
        file.path, "SELECT account, device, last_seen, record, wipe, suspended FROM devices"
    )
    device = device_from_row(row)
    assert (device.policy.key, device.policy.acknowledged_version) == (7, "")
    assert (device.policy.demands, device.wipe, device.suspended_at) == (0, None, 0.0)
