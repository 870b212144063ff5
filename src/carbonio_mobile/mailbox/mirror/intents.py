"""What was about to be done on a server when the process died, as the next one finds it."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from carbonio_mobile.mailbox.embedded.change import Change


@dataclass(frozen=True, slots=True)
class WriteIntent:
    """Something that may have been done: ``verb`` on a folder, with what it takes to find it."""

    id: int
    verb: str
    folder: int
    operation: str
    detail: Mapping[str, Any]
    begun_at: float

    @property
    def folders(self) -> frozenset[int]:
        """The numbers of the folders that it concerns."""
        return frozenset((self.folder, self.detail.get("target", self.folder)))


def begin(
    change: Change, verb: str, folder: int, detail: Mapping[str, Any], operation: str = ""
) -> int:
    """Write down what is about to be done; gives the intent's id."""
    row = change.db.execute(
        "INSERT INTO remote_intent VALUES (NULL, ?, ?, ?, ?, ?)",
        (verb, folder, operation, json.dumps(detail), change.now),
    )
    assert row.lastrowid is not None
    return row.lastrowid


def end(change: Change, intent: int) -> None:
    """Forget an intent: its effect stands in the mirror, or it had none."""
    change.db.execute("DELETE FROM remote_intent WHERE id = ?", (intent,))


def left_behind(db: sqlite3.Connection) -> list[WriteIntent]:
    """Give all intents, oldest first."""
    rows = db.execute(
        "SELECT id, verb, folder, operation, detail, begun_at FROM remote_intent ORDER BY id"
    )
    return [
        WriteIntent(number, verb, folder, operation, json.loads(detail), begun_at)
        for number, verb, folder, operation, detail, begun_at in rows
    ]
