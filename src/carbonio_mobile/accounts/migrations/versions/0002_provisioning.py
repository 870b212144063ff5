"""Add distribution lists with their addresses and members, and rights granted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the schema to this revision."""
    _create_lists()
    _create_grants()


def _create_lists() -> None:
    op.create_table(
        "distribution_lists",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("domain_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_distribution_lists"),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domains.id"], name="fk_distribution_lists_domain_id"
        ),
    )
    op.create_index("ix_distribution_lists_domain_id", "distribution_lists", ["domain_id"])
    op.create_table(
        "list_addresses",
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("list_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_list_addresses"),
        sa.ForeignKeyConstraint(
            ["list_id"], ["distribution_lists.id"], name="fk_list_addresses_list_id"
        ),
        sa.UniqueConstraint("list_id", "position", name="uq_list_addresses_list_id"),
    )
    op.create_table(
        "list_members",
        sa.Column("list_id", sa.String(36), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "address", name="pk_list_members"),
        sa.ForeignKeyConstraint(
            ["list_id"], ["distribution_lists.id"], name="fk_list_members_list_id"
        ),
    )
    op.create_index("ix_list_members_address", "list_members", ["address"])


def _create_grants() -> None:
    columns = ("target_type", "target_id", "grantee_type", "grantee_id", "granted")
    op.create_table(
        "grants",
        *(sa.Column(name, sa.String(128), nullable=False) for name in columns),
        sa.PrimaryKeyConstraint(*columns, name="pk_grants"),
    )
    op.create_index("ix_grants_grantee_id", "grants", ["grantee_id"])
