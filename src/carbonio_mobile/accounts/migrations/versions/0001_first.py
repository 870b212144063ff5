"""Make the directory: domains, classes of service, accounts, addresses, attributes, failures."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Bring the schema to this revision, with the default class of service in it."""
    _create_directory()
    _create_owners()
    _create_accounts()
    _create_details()
    _add_first_rows()


def _create_directory() -> None:
    op.create_table(
        "directory",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directory"),
    )


def _create_owners() -> None:
    op.create_table(
        "domains",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(253), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_domains"),
        sa.UniqueConstraint("name", name="uq_domains_name"),
    )
    op.create_table(
        "classes_of_service",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_classes_of_service"),
        sa.UniqueConstraint("name", name="uq_classes_of_service_name"),
    )


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("domain_id", sa.String(36), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("credential_stamp", sa.String(36), nullable=False),
        sa.Column("locked_at", sa.Float),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name="fk_accounts_domain_id"),
    )
    op.create_index("ix_accounts_domain_id", "accounts", ["domain_id"])
    op.create_table(
        "addresses",
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_addresses"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_addresses_account_id"),
        sa.UniqueConstraint("account_id", "position", name="uq_addresses_account_id"),
    )


def _create_details() -> None:
    op.create_table(
        "attribute_values",
        sa.Column("owner_id", sa.String(36), nullable=False),
        sa.Column("name_key", sa.String(128), nullable=False),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "name_key", "position", name="pk_attribute_values"),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("failed_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_failures"),
    )
    op.create_index("ix_login_failures_account_id", "login_failures", ["account_id"])


def _add_first_rows() -> None:
    op.execute("INSERT INTO directory (id, generation) VALUES (1, 1)")
    cos_id = str(uuid.uuid4())
    op.bulk_insert(
        sa.table("classes_of_service", sa.column("id"), sa.column("name")),
        [{"id": cos_id, "name": "default"}],
    )
    columns = ("owner_id", "name_key", "position", "name", "value")
    op.bulk_insert(
        sa.table("attribute_values", *(sa.column(name) for name in columns)),
        [
            {
                "owner_id": cos_id,
                "name_key": "zimbrafeaturemobilesyncenabled",
                "position": 0,
                "name": "zimbraFeatureMobileSyncEnabled",
                "value": "TRUE",
            }
        ],
    )
