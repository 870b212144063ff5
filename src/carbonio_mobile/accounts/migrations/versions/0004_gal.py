"""Add the people of address lists who have no account here, and the journal of all its changes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Tables of what an entry of the address list is made of, with the column of its owner.
_JOURNALLED = {
    "accounts": "id",
    "addresses": "account_id",
    "attribute_values": "owner_id",
    "distribution_lists": "id",
    "list_addresses": "list_id",
    "list_members": "list_id",
    "gal_entries": "id",
}


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "gal_entries",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("domain_id", sa.String(36), nullable=False),
        sa.Column("source_key", sa.Text, nullable=False),
        sa.Column("name_type", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("is_group", sa.Boolean, nullable=False),
        sa.Column("texts", sa.Text, nullable=False),
        sa.Column("blob_names", sa.Text, nullable=False),
        sa.Column("blobs", sa.Text, nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gal_entries"),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name="fk_gal_entries_domain_id"),
        sa.UniqueConstraint("domain_id", "source_key", name="uq_gal_entries_domain_id"),
    )
    op.create_table(
        "gal_changes",
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("owner_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_gal_changes"),
        sqlite_autoincrement=True,
    )
    _create_triggers()


def _create_triggers() -> None:
    """Write down each change where it is made, whichever way the row is reached."""
    for table, owner in _JOURNALLED.items():
        # An account's other columns change with each login, and show nowhere.
        update = "update of domain_id" if table == "accounts" else "update"
        for word, rows in (("insert", "new"), ("delete", "old"), (update, "old new")):
            steps = "".join(
                f"INSERT INTO gal_changes (owner_id) VALUES ({row}.{owner}); "  # noqa: S608
                for row in rows.split()
            )
            op.execute(
                f"CREATE TRIGGER gal_{table}_{word[:6]} AFTER {word.upper()} ON {table} "
                f"FOR EACH ROW BEGIN {steps}END"
            )
