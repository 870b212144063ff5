"""Folders that were about to be made on a server when nothing was heard of it again.

Whoever asks again is given the folder that came of it, be it known to the mirror by now or not.
"""

import sqlite3

from carbonio_mobile.ids import OperationId
from carbonio_mobile.mailbox.embedded.change import OPERATIONS_KEPT_S, Change, once
from carbonio_mobile.mailbox.mirror import intents

CREATE = "create"
_NOWHERE = 0


def begin_making(change: Change, place: str, operation: OperationId) -> bool:
    """Write down that a mailbox is about to be made; gives whether it was before."""
    if _place(change.db, operation) is not None:
        return True
    change.db.execute(
        "DELETE FROM remote_intent WHERE verb = ? AND begun_at < ?",
        (CREATE, change.now - OPERATIONS_KEPT_S),
    )
    intents.begin(change, CREATE, _NOWHERE, {"place": place}, operation)
    return False


def end_making(change: Change, operation: OperationId) -> None:
    """Forget it: the folder stands in the mirror, or there is none."""
    change.db.execute(
        "DELETE FROM remote_intent WHERE verb = ? AND operation = ?", (CREATE, operation)
    )


def take_over_made(change: Change, operation: OperationId) -> bool:
    """Record the folder that an operation made as what came of it; False if it is not known."""
    row = change.db.execute(
        "SELECT id, parent, name, kind FROM folder JOIN remote_folder ON folder = id"
        " WHERE protocol = 'imap' AND place = ?",
        (_place(change.db, operation),),
    ).fetchone()
    if row is None:
        return False
    once(change, CREATE, operation, lambda: row)
    end_making(change, operation)
    return True


def _place(db: sqlite3.Connection, operation: OperationId) -> str | None:
    row = db.execute(
        "SELECT json_extract(detail, '$.place') FROM remote_intent"
        " WHERE verb = ? AND operation = ?",
        (CREATE, operation),
    ).fetchone()
    return None if row is None else str(row[0])
