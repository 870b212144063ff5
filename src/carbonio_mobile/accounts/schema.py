"""The tables of the embedded directory, as the newest migration leaves them.

Attribute values of accounts, classes of service, domains and of the whole installation lie in one
table, by the id of what they stand on (``global`` for the last).
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

DIRECTORY = Table(
    "directory",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # Raised by every change that an account's reader could see; failed logins do not raise it.
    Column("generation", Integer, nullable=False),
)

DOMAINS = Table(
    "domains",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("name", String(253), nullable=False, unique=True),
)

CLASSES_OF_SERVICE = Table(
    "classes_of_service",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
)

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("domain_id", String(36), ForeignKey("domains.id"), nullable=False, index=True),
    Column("password_hash", Text),
    # Another value at each change of the password; a rehash of the same password keeps it.
    Column("credential_stamp", String(36), nullable=False),
    Column("locked_at", Float),
)

ADDRESSES = Table(
    "addresses",
    METADATA,
    Column("address", String(320), primary_key=True),
    Column("account_id", String(36), ForeignKey("accounts.id"), nullable=False),
    # 0 is the account's name, the aliases follow in the order in which they were added.
    Column("position", Integer, nullable=False),
    UniqueConstraint("account_id", "position"),
)

ATTRIBUTE_VALUES = Table(
    "attribute_values",
    METADATA,
    Column("owner_id", String(36), primary_key=True),
    Column("name_key", String(128), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", String(128), nullable=False),
    Column("value", Text, nullable=False),
)

LOGIN_FAILURES = Table(
    "login_failures",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("failed_at", Float, nullable=False),
    Index(None, "account_id"),
)

DISTRIBUTION_LISTS = Table(
    "distribution_lists",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("domain_id", String(36), ForeignKey("domains.id"), nullable=False, index=True),
)

LIST_ADDRESSES = Table(
    "list_addresses",
    METADATA,
    Column("address", String(320), primary_key=True),
    Column("list_id", String(36), ForeignKey("distribution_lists.id"), nullable=False),
    # As in ADDRESSES. No address stands in both tables: edits.refuse_taken looks into either.
    Column("position", Integer, nullable=False),
    UniqueConstraint("list_id", "position"),
)

LIST_MEMBERS = Table(
    "list_members",
    METADATA,
    Column("list_id", String(36), ForeignKey("distribution_lists.id"), primary_key=True),
    # Of an account, of another list or of somebody elsewhere.
    Column("address", String(320), primary_key=True, index=True),
)

GRANTS = Table(
    "grants",
    METADATA,
    # Kinds: account, domain, cos, dl, global. The ids are those of the entries ("global" for all).
    Column("target_type", String(128), primary_key=True),
    Column("target_id", String(128), primary_key=True),
    Column("grantee_type", String(128), primary_key=True),
    Column("grantee_id", String(128), primary_key=True, index=True),
    Column("granted", String(128), primary_key=True),
)

CREDENTIALS = Table(
    "credentials",
    METADATA,
    Column("id", String(5), primary_key=True),
    # No key of ACCOUNTS: the account may stand in a directory elsewhere.
    Column("account_id", String(36), nullable=False, index=True),
    Column("label", String(128), nullable=False),
    # Names of services, commas between.
    Column("services", String(128), nullable=False),
    Column("algorithm", String(16), nullable=False),
    Column("hash", Text, nullable=False),
    # As credential_stamp of accounts: a hash of the same password at another cost keeps it.
    Column("stamp", String(36), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("generated", Boolean, nullable=False),
)

GAL_ENTRIES = Table(
    "gal_entries",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("domain_id", String(36), ForeignKey("domains.id"), nullable=False),
    # Where it came from: the name of the entry there, in normal form.
    Column("source_key", Text, nullable=False),
    # What it is called here, the one part of its name within the book; unique in the domain.
    Column("name_type", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("is_group", Boolean, nullable=False),
    # JSON: values by canonical lower-case name of attribute, those of blobs as base64.
    Column("texts", Text, nullable=False),
    # Blanks between, so that the large column is read only where it is wanted.
    Column("blob_names", Text, nullable=False),
    Column("blobs", Text, nullable=False),
    Column("digest", String(32), nullable=False),
    Column("changed_at", Float, nullable=False),
    UniqueConstraint("domain_id", "source_key"),
)

# Triggers write a row for each change of what an entry of the address list is made of (migration
# 0004). A migration that makes one of their tables anew has to make its triggers anew.
GAL_CHANGES = Table(
    "gal_changes",
    METADATA,
    Column("position", Integer, primary_key=True),
    Column("owner_id", String(36), nullable=False),
    sqlite_autoincrement=True,
)

GLOBAL_OWNER = "global"
SERVER_OWNER = "server"
"""What stands on the one server that works with this directory."""
DEFAULT_COS = "default"
