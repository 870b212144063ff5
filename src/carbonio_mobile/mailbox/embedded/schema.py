"""The numbered schemas of a mailbox database: making a new one, bringing an old one up to date."""

import re
import sqlite3
from importlib.resources import files
from importlib.resources.abc import Traversable

from carbonio_mobile.errors import StoreError

_SCRIPT = re.compile(r"mailbox-v([0-9]+)\.sql")


class Schema:
    """A folder of scripts: ``mailbox-v<N>.sql`` whole, ``upgrade-to-v<N>.sql`` from N - 1."""

    def __init__(self, scripts: Traversable) -> None:
        self._scripts = scripts
        found = (_SCRIPT.fullmatch(entry.name) for entry in scripts.iterdir())
        self.versions = tuple(sorted(int(match[1]) for match in found if match))

    @property
    def newest(self) -> int:
        """The version that this code works on."""
        return self.versions[-1]

    def create(self, db: sqlite3.Connection, version: int | None = None) -> None:
        """Give an empty database a schema, the newest unless told; leaves the transaction open."""
        version = self.newest if version is None else version
        self._run(db, f"mailbox-v{version}.sql", version)

    def outdated(self, db: sqlite3.Connection) -> bool:
        """Tell whether a database needs an upgrade. Raises: StoreError if it is too new."""
        version = _version(db)
        if version > self.newest:
            raise StoreError(
                f"mailbox database has schema {version}, this program knows up to {self.newest}:"
                " it was used by a newer carbonio-mobile"
            )
        return version < self.newest

    def upgrade(self, db: sqlite3.Connection) -> None:
        """Bring a database to the newest schema, each step in a commit of its own."""
        for version in range(_version(db) + 1, self.newest + 1):
            self._run(db, f"upgrade-to-v{version}.sql", version)
            db.execute("COMMIT")

    def _run(self, db: sqlite3.Connection, script: str, version: int) -> None:
        text = self._scripts.joinpath(script).read_text(encoding="utf-8")
        db.executescript(f"BEGIN EXCLUSIVE;\n{text}\nPRAGMA user_version = {version};")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


MAILBOX_SCHEMA = Schema(files("carbonio_mobile.mailbox.embedded").joinpath("sql"))
