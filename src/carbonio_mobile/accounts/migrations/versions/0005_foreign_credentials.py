"""Let accounts that stand in a directory elsewhere have passwords for some services here."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Bring the schema to this revision."""
    with op.batch_alter_table("credentials") as table:
        table.drop_constraint("fk_credentials_account_id", type_="foreignkey")
