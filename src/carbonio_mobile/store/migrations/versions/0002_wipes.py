"""The order to wipe a device, beside what is known of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; no device is to be wiped."""
    op.add_column("devices", sa.Column("wipe", sa.Text))
