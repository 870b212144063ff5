"""Run the migrations of the embedded directory on the connection that ``database`` hands in."""

from alembic import context

from carbonio_mobile.accounts.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
