"""The Alembic environment of the state database; its revisions are in ``versions``."""
