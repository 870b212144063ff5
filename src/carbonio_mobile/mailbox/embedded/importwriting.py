"""Storing what is imported in batches: one commit for each, and one savepoint for each item."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from secrets import token_hex
from typing import Protocol

from carbonio_mobile.errors import NotAllowed, StoreError
from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.interfaces import IChangeSink
from carbonio_mobile.mailbox.embedded.change import Change, Notice
from carbonio_mobile.mailbox.embedded.hierarchy import create_folder, hierarchy
from carbonio_mobile.mailbox.importing.found import FolderPath, Refusal
from carbonio_mobile.mailbox.standard import name_key
from carbonio_mobile.sync.folders import Folder, FolderKind


class Outcome(Enum):
    """What became of an item that was not refused.

    ``KEPT``: the mailbox has another state of it that is as new or newer.
    """

    IMPORTED = "imported"
    REPLACED = "replaced"
    THERE = "already there"
    KEPT = "kept"


class Storable(Protocol):
    """An item with all that can be made before the mailbox is locked."""

    @property
    def where(self) -> str:
        """Where it was found, for people."""

    def store(self, batch: "Batch") -> Outcome:
        """Store it. Raises: StoreError."""


CheckFolder = Callable[[Folder], None]
"""Refuses a folder that is not for what is to come there. Raises: NotAllowed."""


class Batch:
    """A transaction under way. ``folders`` are those that were looked up or made already."""

    def __init__(
        self,
        db: sqlite3.Connection,
        folders: dict[tuple[FolderPath, FolderKind], FolderId],
        quota_bytes: int,
        clock: Callable[[], float],
    ) -> None:
        self.db = db
        self.folders = folders
        self.quota_bytes = quota_bytes
        self.notices: list[Notice] = []
        self._clock = clock

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Give the context of one write, of which nothing is left where it fails."""
        self.db.execute("SAVEPOINT change")
        try:
            change = Change(self.db, now=self._clock())
            yield change
            self.notices.append(change.finish())
        except BaseException:
            self.db.execute("ROLLBACK TO change")
            raise
        finally:
            self.db.execute("RELEASE change")

    def folder(self, path: FolderPath, kind: FolderKind, check: CheckFolder) -> FolderId:
        """Give the folder at a path, with all on the way to it made. Raises: NotAllowed."""
        if (path, kind) not in self.folders:
            with self.change() as change:
                self.folders[path, kind] = _make(change, path, kind, check)
        return self.folders[path, kind]


class Writer:
    """Writes batches and tells the daemon. ``outcomes`` counts what became of the items."""

    def __init__(
        self,
        db: sqlite3.Connection,
        account: AccountId,
        sink: IChangeSink,
        *,
        quota_bytes: int,
        clock: Callable[[], float],
        refused: list[Refusal],
    ) -> None:
        self._db = db
        self._account = account
        self._sink = sink
        self._quota_bytes = quota_bytes
        self._clock = clock
        self._refused = refused
        self._folders: dict[tuple[FolderPath, FolderKind], FolderId] = {}
        self.outcomes: Counter[Outcome] = Counter()

    def write(self, items: Sequence[Storable]) -> None:
        """Store some items. Raises: sqlite3.Error (then nothing of them is stored)."""
        batch = Batch(self._db, dict(self._folders), self._quota_bytes, self._clock)
        self._db.execute("BEGIN IMMEDIATE")
        try:
            results = [_stored(one, batch) for one in items]
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._folders = batch.folders
        self.outcomes.update(one for one in results if isinstance(one, Outcome))
        self._refused += [one for one in results if isinstance(one, Refusal)]
        _joined(batch.notices).tell(self._sink, self._account)


def _stored(one: Storable, batch: Batch) -> Outcome | Refusal:
    try:
        return one.store(batch)
    except StoreError as exc:
        return Refusal(one.where, str(exc))


def _make(change: Change, path: FolderPath, kind: FolderKind, check: CheckFolder) -> FolderId:
    folders: tuple[Folder, ...] = hierarchy(change.db).folders
    parent: FolderId | None = None
    there: Folder | None = None
    for name in path:
        key = name_key(name.strip())
        same = (one for one in folders if one.parent == parent and name_key(one.name) == key)
        there = next(same, None)
        if there is None:
            operation = OperationId(f"import-{token_hex(12)}")  # it was looked for already
            parent = create_folder(change, parent, name, kind, operation).id
        else:
            parent = there.id
    if there is not None:
        check(there)
    if parent is None:
        raise NotAllowed("a folder without a name")
    return parent


def _joined(notices: Sequence[Notice]) -> Notice:
    folders: dict[FolderId, bool] = {}
    for notice in notices:
        for folder, arrival in notice.folders:
            folders[folder] = arrival or folders.get(folder, False)
    return Notice(tuple(folders.items()), any(notice.hierarchy for notice in notices))
