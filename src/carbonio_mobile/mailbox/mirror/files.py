"""The database of a mirror: the tables of an embedded mailbox, and those that link it elsewhere."""

import sqlite3
from importlib.resources import files
from pathlib import Path

from carbonio_mobile.mailbox.embedded.database import DatabaseFiles
from carbonio_mobile.mailbox.embedded.schema import MAILBOX_SCHEMA, Schema
from carbonio_mobile.mailbox.standard import RECIPIENT_CACHE, STANDARD_FOLDERS
from carbonio_mobile.sync.folders import FolderKind

MIRRORS = "mirrors"
"""The directory, below that of all data, of the mirrors' databases."""

_LINKS = Schema(files("carbonio_mobile.mailbox.mirror").joinpath("sql"), counter="application_id")
_FIRST = tuple(
    one for one in STANDARD_FOLDERS if one.kind is FolderKind.INBOX or one.id == RECIPIENT_CACHE
)


class MirrorSchema:
    """The schema of a mailbox, and upon it that of the links."""

    label = f"{MAILBOX_SCHEMA.label}-{_LINKS.label}"
    """The newest versions, for the name of a file."""

    def create(self, db: sqlite3.Connection) -> None:
        """Give an empty database both; leaves the transaction open."""
        MAILBOX_SCHEMA.create(db)
        _LINKS.create(db)

    def outdated(self, db: sqlite3.Connection) -> bool:
        """Tell whether one of them needs an upgrade. Raises: StoreError if one is too new."""
        is_outdated = MAILBOX_SCHEMA.outdated(db)
        return _LINKS.outdated(db) or is_outdated

    def upgrade(self, db: sqlite3.Connection) -> None:
        """Bring both to the newest."""
        MAILBOX_SCHEMA.upgrade(db)
        _LINKS.upgrade(db)


def mirror_files(data_dir: Path, *, busy_s: float, durable: bool) -> DatabaseFiles:
    """Give the databases of all mirrors below a data directory.

    A new one has an Inbox, and the folder that is nowhere else.
    """
    return DatabaseFiles(
        data_dir=data_dir,
        busy_s=busy_s,
        durable=durable,
        schema=MirrorSchema(),
        below=MIRRORS,
        folders=_FIRST,
    )
