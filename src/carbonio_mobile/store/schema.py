"""The tables of the state database, as the newest revision has them.

A change here goes with a new module in ``migrations/versions`` and a new :data:`REVISION`; a test
compares what the migrations make with what stands here.
"""

from sqlalchemy import Column, Float, Index, Integer, MetaData, Table, Text

REVISION = "0007"
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
    Column("suspended", Float),
    Index("devices_by_last_seen", "account", "last_seen"),
    Index("devices_by_age", "last_seen"),
    Index("devices_by_device", "device"),
    sqlite_with_rowid=False,
)
"""``record`` is the rest of a device as JSON, ``wipe`` the order to wipe it (``rows.py``),
``suspended`` since when an administrator keeps it from syncing."""

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

ABQ_ENTRIES = Table(
    "abq_entries",
    METADATA,
    Column("device", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("since", Float, nullable=False),
    Column("found", Integer, nullable=False),
    Index("abq_entries_by_status", "status", "device", "account"),
    sqlite_with_rowid=False,
)
"""The Device Control List. ``device`` is in lower case, ``account`` an id, empty for any; ``found``
is 1 where the mode made the entry when the device first came, and no administrator."""

ABQ_RULES = Table(
    "abq_rules",
    METADATA,
    Column("pattern", Text, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("position", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""``domain`` is a name, empty for all; ``position`` the order that the administrator gave."""

ABQ_MESSAGES = Table(
    "abq_messages",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("locale", Text, primary_key=True),
    Column("record", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""``scope`` is a domain's name, empty for global; ``record`` the fields as JSON."""

EAS_FILTERS = Table(
    "eas_filters",
    METADATA,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("record", Text, nullable=False),
)
"""The version filters; a filter's place is its id."""

NOTICES = Table(
    "notices",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
)
"""What administrators were told; the oldest go when there are too many."""

MARKS = Table(
    "marks",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What the daemon must not forget over a restart."""

FOLDER_GRANTS = Table(
    "folder_grants",
    METADATA,
    Column("owner", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("grantee", Text, primary_key=True),
    Column("rights", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Who may do what with another's folder; ``folder`` is empty for all of them."""

MOUNTS = Table(
    "mounts",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("synced", Integer, nullable=False),
    sqlite_autoincrement=True,
)
"""Folders of others in an account's tree; a number is never used twice."""

HIDDEN_FOLDERS = Table(
    "hidden_folders",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    sqlite_with_rowid=False,
)
"""Own folders that devices are not shown."""

EXPOSURES = Table(
    "exposures",
    METADATA,
    Column("domain", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    sqlite_with_rowid=False,
)
"""Address books that others see; ``domain`` is empty for those of all, ``folder`` for all books."""

INTENTS = Table(
    "intents",
    METADATA,
    Column("operation", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("progress", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Index("intents_by_age", "at"),
    sqlite_with_rowid=False,
)
"""Messages on their way out to a mail server; ``progress`` is that of ``sync/intents.py``."""
