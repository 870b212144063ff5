"""The queue in its database: what stands in it, and its changes as steps of a transaction."""

import json
import secrets
import shutil
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from carbonio_mobile.errors import OverQuota, Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.embedded.blobs import packed, unpacked

REMEMBERED_S = 30 * 86_400.0
"""How long a repeated operation is known, and mail that was set aside is kept."""

_ASIDE = "FROM submission WHERE set_aside_at IS NOT NULL AND local_at IS NULL AND relay_at IS NULL"


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
    """A submission as it waits for one stage, with the recipients of that stage only.

    ``attempts`` were made before.
    """

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
    be stored yet. ``reports`` go into the queue themselves. ``set_aside``: the submission stays in
    the file, though nothing is done with it any more at this stage.
    """

    stage: Stage
    attempts: int
    done: tuple[str, ...]
    to_relay: tuple[str, ...]
    deferred: tuple[tuple[str, str], ...]
    retry_at: float | None
    sent_copy_done: bool
    reports: tuple[Submission, ...]
    set_aside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much mail an account may have waiting, and what stays free of the disk of a directory."""

    messages_count: int
    account_bytes: int
    free_bytes: int
    directory: Path


def take(
    db: sqlite3.Connection, submission: Submission, operation: OperationId, now: float, room: Room
) -> int | None:
    """Put a submission into the queue, once per operation; gives its id, None if taken before.

    Raises: OverQuota (the account has too much waiting), Unavailable (the disk is nearly full).
    """
    known = db.execute(
        "INSERT OR IGNORE INTO operation VALUES (?, ?, ?)", (submission.account, operation, now)
    )
    if not known.rowcount:
        return None
    number = _insert(db, submission, now)
    _require_room(db, submission.account, room)
    return number


def _require_room(db: sqlite3.Connection, account: AccountId, room: Room) -> None:
    """Raise where a submission, which stands in the queue already, is too much."""
    free_bytes = shutil.disk_usage(room.directory).free
    if free_bytes < room.free_bytes:
        raise Unavailable(f"{free_bytes} bytes of disk are free, {room.free_bytes} are to stay so")
    count, size_bytes = db.execute(
        "SELECT count(*), sum(size_bytes) FROM submission WHERE account = ? AND sender <> ''",
        (account,),
    ).fetchone()
    if count > room.messages_count or (size_bytes or 0) > room.account_bytes:
        raise OverQuota(f"{count} messages of {size_bytes} bytes wait for {account}")


def was_taken(db: sqlite3.Connection, operation: OperationId) -> bool:
    """Tell whether an operation is known."""
    found = db.execute("SELECT 1 FROM operation WHERE id = ? LIMIT 1", (operation,))
    return found.fetchone() is not None


def _insert(db: sqlite3.Connection, submission: Submission, now: float) -> int:
    message, copy = packed(submission.message), submission.sent_copy
    if copy is not None:
        copy = b"" if copy == submission.message else packed(copy)
    row = db.execute(
        "INSERT INTO submission VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, 0, NULL, 0, ?, NULL)",
        (
            secrets.token_hex(8),
            submission.account,
            submission.sender,
            now,
            message,
            copy,
            now,
            len(message) + len(copy or b""),
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


def load(db: sqlite3.Connection, number: int, stage: Stage, now: float) -> Queued | None:
    """Give a submission that is due at a stage; None where it is not. Raises: Corrupt."""
    queued = load_envelope(db, number, stage)
    row = db.execute(
        f"SELECT message, sent_copy FROM submission WHERE id = ? AND {stage.value}_at <= ?",  # noqa: S608
        (number, now),
    ).fetchone()
    if queued is None or row is None:
        return None
    stored, copy = row
    message = unpacked(stored, None)
    sent_copy = copy if copy is None else (unpacked(copy, None) or message)
    submission = replace(queued.submission, message=message, sent_copy=sent_copy)
    return replace(queued, submission=submission)


def load_envelope(db: sqlite3.Connection, number: int, stage: Stage) -> Queued | None:
    """Give a submission that waits for a stage, due or not, with an empty message.

    The message may be what cannot be read.
    """
    row = db.execute(
        f"SELECT token, account, sender, taken_at, {stage.value}_attempts"  # noqa: S608
        f" FROM submission WHERE id = ? AND {stage.value}_at IS NOT NULL",
        (number,),
    ).fetchone()
    if row is None:
        return None
    token, account, sender, taken_at, attempts = row
    found = db.execute(
        "SELECT address, account, reply FROM recipient WHERE submission = ? AND relayed = ?",
        (number, int(stage is Stage.RELAY)),
    )
    submission = Submission(
        account=AccountId(account),
        sender=sender,
        message=b"",
        recipients=tuple(Recipient(address=a, account=b, reply=c) for a, b, c in found),
    )
    return Queued(
        id=number, token=token, taken_at=taken_at, attempts=attempts, submission=submission
    )


def begin(
    db: sqlite3.Connection, number: int, stage: Stage, attempts: int, retry_at: float
) -> None:
    """Write down an attempt before it is made, as if it failed for now.

    Whatever comes between, the message goes out no more often than the schedule says.
    """
    db.execute(
        f"UPDATE submission SET {stage.value}_at = ?, {stage.value}_attempts = ? WHERE id = ?",  # noqa: S608
        (retry_at, attempts, number),
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
    if settlement.set_aside:
        db.execute("UPDATE submission SET set_aside_at = ? WHERE id = ?", (now, number))
    db.execute(
        "DELETE FROM submission WHERE id = ? AND local_at IS NULL AND relay_at IS NULL"
        " AND set_aside_at IS NULL",
        (number,),
    )


def tell_once(
    db: sqlite3.Connection, answer: Submission, whom: str, every_s: float, now: float
) -> bool:
    """Put an automatic answer into the queue unless ``whom`` was sent one within ``every_s``."""
    if was_told(db, answer.account, whom, every_s, now):
        return False
    db.execute("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", (answer.account, whom, now))
    _insert(db, answer, now)
    return True


def was_told(
    db: sqlite3.Connection, account: AccountId, whom: str, every_s: float, now: float
) -> bool:
    """Tell whether ``whom`` was sent an automatic answer within ``every_s``."""
    known = db.execute(
        "SELECT told_at FROM told WHERE account = ? AND sender = ?", (account, whom)
    ).fetchone()
    return known is not None and now < known[0] + every_s


def prune(db: sqlite3.Connection, now: float) -> None:
    """Forget operations, automatic answers and what was set aside long ago."""
    db.execute("DELETE FROM operation WHERE taken_at < ?", (now - REMEMBERED_S,))
    db.execute("DELETE FROM told WHERE told_at < ?", (now - REMEMBERED_S,))
    db.execute(
        f"DELETE FROM submission WHERE id IN (SELECT id {_ASIDE} AND set_aside_at < ?)",  # noqa: S608
        (now - REMEMBERED_S,),
    )


def waiting(db: sqlite3.Connection) -> int:
    """Count the submissions that are not everywhere yet."""
    found = db.execute(
        f"SELECT (SELECT count(*) FROM submission) - (SELECT count(*) {_ASIDE})"  # noqa: S608
    )
    return int(found.fetchone()[0])
