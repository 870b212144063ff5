"""The tables of the state database, as the newest revision has them.

A change here goes with a new module in ``migrations/versions`` and a new :data:`REVISION`; a test
compares what the migrations make with what stands here.
"""

from sqlalchemy import Column, Float, Index, MetaData, Table, Text

REVISION = "0002"
"""The revision of the schema that this code needs. Later ones sort after earlier ones."""

METADATA = MetaData()

# Without a rowid, a row of SQLite lives in the tree of its primary key: one look-up, and the
# documents of a device are neighbours.

DEVICES = Table(
    "devices",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("last_seen", Float, nullable=False),
    Column("record", Text, nullable=False),
    Column("wipe", Text),
    Index("devices_by_last_seen", "account", "last_seen"),
    sqlite_with_rowid=False,
)
"""``record`` is the rest of a device as JSON, ``wipe`` the order to wipe it (``rows.py``)."""

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)
