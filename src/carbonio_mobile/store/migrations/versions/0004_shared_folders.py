"""Shared folders: grants, mounts, and own folders that devices are not shown."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables, empty."""
    op.create_table(
        "folder_grants",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("folder", sa.Text, primary_key=True),
        sa.Column("grantee", sa.Text, primary_key=True),
        sa.Column("rights", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mounts",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("synced", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "hidden_folders",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("folder", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
