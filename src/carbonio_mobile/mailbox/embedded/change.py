"""One write under way in a mailbox: the numbers it takes and what it touches."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.interfaces import IChangeSink
from carbonio_mobile.mailbox.embedded.rows import folder_id

TOMBSTONES_KEPT = 50_000
"""How many a folder keeps at least; a device further behind than that is told everything anew."""
OPERATIONS_KEPT_S = 30 * 86_400.0
"""How long the result of an operation is remembered."""
_PRUNE_EVERY = 4096


@dataclass(frozen=True, slots=True)
class Notice:
    """What a committed write tells the sink: the folders touched, and whether an item came."""

    folders: tuple[tuple[FolderId, bool], ...]
    hierarchy: bool

    def tell(self, sink: IChangeSink, account: AccountId) -> None:
        """Report it; to be called in the reactor thread."""
        for folder, arrival in self.folders:
            sink.folder_changed(account, folder, arrival=arrival)
        if self.hierarchy:
            sink.hierarchy_changed(account)


class Change:
    """The context of one write, within a savepoint of a transaction.

    ``now`` is in seconds, UTC. :meth:`finish` must be the last call.
    """

    __slots__ = ("_before", "_folders", "_hierarchy", "db", "modseq", "now", "used_bytes")

    def __init__(self, db: sqlite3.Connection, *, now: float) -> None:
        self.db = db
        self.now = now
        self._before: tuple[int, int] = db.execute(
            "SELECT modseq, used_bytes FROM mailbox"
        ).fetchone()
        self.modseq, self.used_bytes = self._before
        self._folders: dict[int, bool] = {}
        self._hierarchy = False

    def stamp(self, count: int = 1) -> int:
        """Take the next ``count`` numbers of the change counter; gives the first."""
        self.modseq += count
        first: int = self.modseq - count + 1
        return first

    def arrive(self, folder: int, count: int) -> int:
        """Take the next ``count`` item numbers of a folder for what comes; gives the first."""
        if count:
            self.touch(folder, arrival=True)
        self.db.execute(
            "UPDATE folder SET last_item = last_item + ?1, item_count = item_count + ?1"
            " WHERE id = ?2",
            (count, folder),
        )
        (last,) = self.db.execute("SELECT last_item FROM folder WHERE id = ?", (folder,)).fetchone()
        return int(last) - count + 1

    def leave(self, folder: int, count: int) -> None:
        """Note that so many items leave a folder."""
        if count:
            self.touch(folder)
        self.db.execute(
            "UPDATE folder SET item_count = item_count - ? WHERE id = ?", (count, folder)
        )

    def touch(self, folder: int, *, arrival: bool = False) -> None:
        """Note that a folder's items change, and whether one comes."""
        self._folders[folder] = arrival or self._folders.get(folder, False)

    def drop(self, folder: int) -> None:
        """Note that a folder goes; nothing is reported of its items."""
        self._folders.pop(folder, None)
        self._hierarchy = True

    def touch_hierarchy(self) -> None:
        """Note that the hierarchy changes."""
        self._hierarchy = True

    def finish(self) -> Notice:
        """Write the counters; gives what to report once the transaction is committed."""
        if (self.modseq, self.used_bytes) != self._before:
            self.db.execute(
                "UPDATE mailbox SET modseq = ?, used_bytes = ?", (self.modseq, self.used_bytes)
            )
        for folder in self._folders:
            self.db.execute("UPDATE folder SET modseq = ? WHERE id = ?", (self.modseq, folder))
        if self._hierarchy:
            self.db.execute("UPDATE mailbox SET hierarchy_modseq = modseq")
        if self.modseq // _PRUNE_EVERY != self._before[0] // _PRUNE_EVERY:
            prune(self.db, self.now)
        return Notice(
            tuple((folder_id(f), arrival) for f, arrival in self._folders.items()),
            self._hierarchy,
        )


def once(change: Change, verb: str, operation: OperationId, effect: Callable[[], Any]) -> Any:
    """Give the recorded result of an operation, or have its effect now and record what it gives."""
    known = recorded(change.db, verb, operation)
    if known is not None:
        return known
    result = effect()
    change.db.execute(
        "INSERT INTO operation VALUES (?, ?, ?)",
        (f"{verb} {operation}", change.now, json.dumps(result)),
    )
    return result


def recorded(db: sqlite3.Connection, verb: str, operation: OperationId) -> Any:
    """Give the recorded result of an operation; None where there is none."""
    name = f"{verb} {operation}"
    known = db.execute("SELECT result FROM operation WHERE id = ?", (name,)).fetchone()
    return None if known is None else json.loads(known[0])


def prune(db: sqlite3.Connection, now: float, *, tombstones_kept: int = TOMBSTONES_KEPT) -> None:
    """Forget old operations, and the oldest tombstones of folders that have too many.

    A folder keeps up to twice ``tombstones_kept``, so that its history is cut rarely.
    """
    db.execute("DELETE FROM operation WHERE done_at < ?", (now - OPERATIONS_KEPT_S,))
    crowded = db.execute(
        "SELECT folder FROM tombstone GROUP BY folder HAVING count(*) > ?", (2 * tombstones_kept,)
    ).fetchall()
    for (folder,) in crowded:
        (horizon,) = db.execute(
            "SELECT modseq FROM tombstone WHERE folder = ? ORDER BY modseq DESC LIMIT 1 OFFSET ?",
            (folder, tombstones_kept),
        ).fetchone()
        db.execute("DELETE FROM tombstone WHERE folder = ? AND modseq <= ?", (folder, horizon))
        db.execute("UPDATE folder SET horizon = ? WHERE id = ?", (horizon, folder))
