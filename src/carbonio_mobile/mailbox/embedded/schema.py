"""The numbered schemas of a mailbox database: making a new one, bringing an old one up to date."""

import sqlite3
from importlib.resources import files
from importlib.resources.abc import Traversable

from carbonio_mobile.errors import StoreError

_PREFIX, _SUFFIX = "mailbox-v", ".sql"


class Schema:
    """A folder of scripts: ``mailbox-v<N>.sql`` whole, ``upgrade-to-v<N>.sql`` from N - 1.

    ``counter`` is the pragma that keeps N; a database may have several schemas, one upon the other,
    each with a counter of its own.
    """

    def __init__(self, scripts: Traversable, *, counter: str = "user_version") -> None:
        self._scripts = scripts
        self._counter = counter
        names = [entry.name for entry in scripts.iterdir()]
        numbers = [
            name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
            for name in names
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX)
        ]
        self.versions = tuple(sorted(int(number) for number in numbers if number.isdigit()))

    @property
    def newest(self) -> int:
        """The version that this code works on."""
        return self.versions[-1]

    @property
    def label(self) -> str:
        """The newest version, for the name of a file."""
        return f"v{self.newest}"

    def create(self, db: sqlite3.Connection, version: int | None = None) -> None:
        """Give an empty database a schema, the newest unless told; leaves the transaction open."""
        version = self.newest if version is None else version
        self._run(db, f"{_PREFIX}{version}{_SUFFIX}", version)

    def outdated(self, db: sqlite3.Connection) -> bool:
        """Tell whether a database needs an upgrade. Raises: StoreError if it is too new."""
        version = self._version(db)
        if version > self.newest:
            raise StoreError(
                f"mailbox database has schema {version}, this program knows up to {self.newest}:"
                " it was used by a newer carbonio-mobile"
            )
        return version < self.newest

    def upgrade(self, db: sqlite3.Connection) -> None:
        """Bring a database to the newest schema, each step in a commit of its own."""
        for version in range(self._version(db) + 1, self.newest + 1):
            self._run(db, f"upgrade-to-v{version}.sql", version)
            db.execute("COMMIT")

    def _run(self, db: sqlite3.Connection, script: str, version: int) -> None:
        text = self._scripts.joinpath(script).read_text(encoding="utf-8")
        db.executescript(f"BEGIN EXCLUSIVE;\n{text}\nPRAGMA {self._counter} = {version};")

    def _version(self, db: sqlite3.Connection) -> int:
        return int(db.execute(f"PRAGMA {self._counter}").fetchone()[0])


MAILBOX_SCHEMA = Schema(files("carbonio_mobile.mailbox.embedded").joinpath("sql"))
