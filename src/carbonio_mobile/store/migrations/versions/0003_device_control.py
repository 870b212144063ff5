"""Control of devices: the list and rules of ABQ, its messages, version filters, notices."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables, empty, and the columns by which devices are suspended and found by age."""
    op.add_column("devices", sa.Column("suspended", sa.Float))
    op.create_index("devices_by_age", "devices", ["last_seen"])
    op.create_index("devices_by_device", "devices", ["device"])
    op.create_table(
        "abq_entries",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Index("abq_entries_by_status", "status", "device", "account"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "abq_rules",
        sa.Column("pattern", sa.Text, primary_key=True),
        sa.Column("domain", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "abq_messages",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("locale", sa.Text, primary_key=True),
        sa.Column("record", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "eas_filters",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
