"""The queue in its database: what stands in it, and its changes as steps of a transaction."""

import json
import secrets
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum

from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.embedded.blobs import packed, unpacked

REMEMBERED_S = 30 * 86_400.0
"""How long a repeated operation is known."""


class Stage(Enum):
    """The two halves of the work on a submission; the value names their columns."""

    LOCAL = "local"
    RELAY = "relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody who is to get a message; ``account`` if it is known whose mailbox it goes to."""

    address: str
    account: AccountId | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A message to be taken over. ``sent_copy`` None: none is wanted."""

    account: AccountId
    sender: str
    message: bytes = field(repr=False)
    recipients: tuple[Recipient, ...]
    sent_copy: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A submission as it waits for one stage, with the recipients of that stage only."""

    id: int
    token: str
    taken_at: float
    attempts: int
    submission: Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What an attempt came to; all of it is one commit.

    ``done`` are recipients with whom nothing more is to be done, ``to_relay`` such that are not
    ours, ``deferred`` maps those to be tried again at ``retry_at`` to the reply. ``retry_at`` None
    ends the stage. ``attempts`` were made by then. ``sent_copy_done`` is False while the copy is to
    be stored yet. ``reports`` go into the queue themselves.
    """

    stage: Stage
    attempts: int
    done: tuple[str, ...]
    to_relay: tuple[str, ...]
    deferred: tuple[tuple[str, str], ...]
    retry_at: float | None
    sent_copy_done: bool
    reports: tuple[Submission, ...]


def take(
    db: sqlite3.Connection, submission: Submission, operation: OperationId | None, now: float
) -> int | None:
    """Put a submission into the queue, once per operation; gives its id, None if taken before."""
    if operation is not None:
        known = db.execute(
            "INSERT OR IGNORE INTO operation VALUES (?, ?, ?)", (submission.account, operation, now)
        )
        if not known.rowcount:
            return None
    return _insert(db, submission, now)


def _insert(db: sqlite3.Connection, submission: Submission, now: float) -> int:
    copy = submission.sent_copy
    if copy is not None:
        copy = b"" if copy == submission.message else packed(copy)
    row = db.execute(
        "INSERT INTO submission VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, 0, NULL, 0)",
        (
            secrets.token_hex(8),
            submission.account,
            submission.sender,
            now,
            packed(submission.message),
            copy,
            now,
        ),
    ).lastrowid
    assert row is not None
    db.executemany(
        "INSERT OR IGNORE INTO recipient VALUES (?, ?, ?, 0, '')",
        ((row, one.address, one.account) for one in submission.recipients),
    )
    return row


def due(
    db: sqlite3.Connection, stage: Stage, now: float, busy: Collection[int], limit: int
) -> tuple[Sequence[int], float | None]:
    """Give what is due at a stage, the longest first, and when the next is after that.

    Those ``busy`` are left out of both.
    """
    column = f"{stage.value}_at"
    rows = db.execute(
        f"SELECT id, {column} FROM submission WHERE {column} IS NOT NULL"  # noqa: S608 -- a name of ours
        f" AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY {column} LIMIT ?",
        (json.dumps(list(busy)), limit + 1),
    ).fetchall()
    ids = [number for number, at in rows[:limit] if at <= now]
    return ids, next((at for _, at in rows[len(ids) :]), None)


def load(db: sqlite3.Connection, number: int, stage: Stage) -> Queued | None:
    """Give a submission as it waits for a stage; None where it does not. Raises: Corrupt."""
    row = db.execute(
        f"SELECT token, account, sender, taken_at, message, sent_copy, {stage.value}_attempts"  # noqa: S608
        f" FROM submission WHERE id = ? AND {stage.value}_at IS NOT NULL",
        (number,),
    ).fetchone()
    if row is None:
        return None
    token, account, sender, taken_at, stored, copy, attempts = row
    message = unpacked(stored, None)
    found = db.execute(
        "SELECT address, account, reply FROM recipient WHERE submission = ? AND relayed = ?",
        (number, int(stage is Stage.RELAY)),
    )
    submission = Submission(
        account=AccountId(account),
        sender=sender,
        message=message,
        recipients=tuple(Recipient(address=a, account=b, reply=c) for a, b, c in found),
        sent_copy=copy if copy is None else (unpacked(copy, None) or message),
    )
    return Queued(
        id=number, token=token, taken_at=taken_at, attempts=attempts, submission=submission
    )


def settle(db: sqlite3.Connection, number: int, settlement: Settlement, now: float) -> None:
    """Write down what an attempt came to; a submission with nothing left to do goes."""
    stage = settlement.stage.value
    db.executemany(
        "DELETE FROM recipient WHERE submission = ? AND address = ?",
        ((number, address) for address in settlement.done),
    )
    db.executemany(
        "UPDATE recipient SET relayed = 1, reply = '' WHERE submission = ? AND address = ?",
        ((number, address) for address in settlement.to_relay),
    )
    db.executemany(
        "UPDATE recipient SET reply = ? WHERE submission = ? AND address = ?",
        ((reply, number, address) for address, reply in settlement.deferred),
    )
    db.execute(
        f"UPDATE submission SET {stage}_at = ?, {stage}_attempts = ? WHERE id = ?",  # noqa: S608
        (settlement.retry_at, settlement.attempts, number),
    )
    # Also where the other stage found somebody for the relay while this one was there.
    db.execute(
        "UPDATE submission SET relay_at = ? WHERE id = ? AND relay_at IS NULL"
        " AND EXISTS (SELECT 1 FROM recipient WHERE submission = id AND relayed = 1)",
        (now, number),
    )
    if settlement.sent_copy_done:
        db.execute("UPDATE submission SET sent_copy = NULL WHERE id = ?", (number,))
    for report in settlement.reports:
        _insert(db, report, now)
    db.execute(
        "DELETE FROM submission WHERE id = ? AND local_at IS NULL AND relay_at IS NULL", (number,)
    )


def tell_once(
    db: sqlite3.Connection, answer: Submission, whom: str, every_s: float, now: float
) -> bool:
    """Put an automatic answer into the queue unless ``whom`` was sent one within ``every_s``."""
    known = db.execute(
        "SELECT told_at FROM told WHERE account = ? AND sender = ?", (answer.account, whom)
    ).fetchone()
    if known is not None and now < known[0] + every_s:
        return False
    db.execute("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", (answer.account, whom, now))
    _insert(db, answer, now)
    return True


def prune(db: sqlite3.Connection, now: float) -> None:
    """Forget operations and automatic answers of long ago."""
    db.execute("DELETE FROM operation WHERE taken_at < ?", (now - REMEMBERED_S,))
    db.execute("DELETE FROM told WHERE told_at < ?", (now - REMEMBERED_S,))


def waiting(db: sqlite3.Connection) -> int:
    """Count the submissions that are not everywhere yet."""
    return int(db.execute("SELECT count(*) FROM submission").fetchone()[0])
