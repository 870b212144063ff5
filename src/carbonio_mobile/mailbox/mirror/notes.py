"""Notes that are messages of an IMAP folder, in the mirror: what came, changed and went.

A note stands in the mirror as an embedded mailbox has it, with its source. Its row in
``remote_message`` says which message it is now, that in ``remote_note`` what it is known by: a
changed note is another message with the same identifier. Of several such messages the last is the
note; what is said here of UIDs holds within one UIDVALIDITY. Nothing here asks a server.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from carbonio_mobile.ids import ItemId, ItemVersion, OperationId
from carbonio_mobile.mailbox.embedded import writing
from carbonio_mobile.mailbox.embedded.change import Change, once
from carbonio_mobile.mailbox.embedded.objects import READ, Made
from carbonio_mobile.mailbox.embedded.rows import folder_id, head, id_list
from carbonio_mobile.mailbox.mirror import mail
from carbonio_mobile.mailbox.mirror.objects import rewrite
from carbonio_mobile.pim.objects import listed_at
from carbonio_mobile.sync.changes import ItemHead

_HELD = (
    "SELECT item.id, item.folder, number, received, item.modseq, size_bytes, uid, identifier,"
    " whole FROM remote_note JOIN item ON item.id = remote_note.item"
    " JOIN remote_message ON remote_message.item = item.id"
)


@dataclass(frozen=True, slots=True)
class HeldNote:
    """A note of the mirror, and which message it is.

    ``row`` is its number in this database, ``folder`` that of its folder. ``whole``: all that the
    message holds is in the note, so that nothing is lost with the message.
    """

    row: int
    folder: int
    number: int
    received: float
    modseq: int
    size_bytes: int
    uid: int
    identifier: str
    whole: bool

    @property
    def item(self) -> ItemId:
        """Its id."""
        return ItemId(self.number)

    @property
    def version(self) -> ItemVersion:
        """Its present version."""
        return ItemVersion(str(self.modseq))


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedNote:
    """A note as it was read of a message, or as it was stored in one; see :class:`HeldNote`."""

    uid: int
    identifier: str
    whole: bool
    made: Made


def held(db: sqlite3.Connection, folder: int, items: Iterable[ItemId]) -> dict[ItemId, HeldNote]:
    """Give notes of a folder by their ids; those that are not there are left out."""
    listed = id_list(list(items))
    among = "item.folder = ? AND number IN (SELECT value FROM json_each(?))"
    rows = db.execute(f"{_HELD} WHERE {among}", (folder, listed))
    return {one.item: one for one in map(_held, rows)}


def newest(db: sqlite3.Connection, folder: int, identifier: str) -> HeldNote | None:
    """Give the note of a folder with an identifier."""
    row = db.execute(
        f"{_HELD} WHERE remote_note.folder = ? AND identifier = ? ORDER BY uid DESC LIMIT 1",
        (folder, identifier),
    ).fetchone()
    return None if row is None else _held(row)


def _held(row: tuple[int, int, int, float, int, int, int, str, int]) -> HeldNote:
    *columns, whole = row
    return HeldNote(*columns, whole=bool(whole))  # type: ignore[arg-type, misc]  # as selected


def merge(change: Change, folder: int, arrived: Sequence[ArrivedNote]) -> list[int]:
    """Enter notes that came, and change those that are other messages now, in the order of UIDs.

    Gives the UIDs of what was passed over: messages of a note that is a later one already.
    """
    passed = []
    for one in sorted(arrived, key=lambda each: each.uid):
        was = newest(change.db, folder, one.identifier)
        if was is None:
            enter(change, folder, one)
        elif was.uid < one.uid:
            put(change, was, one)
        elif was.uid > one.uid:
            passed.append(one.uid)
    return passed


def enter(change: Change, folder: int, one: ArrivedNote) -> tuple[int, float, int]:
    """Enter a note; gives its number, its place in the listing and its version's number."""
    at = listed_at(one.made.record, change.now)
    entered = writing.insert(change, folder, one.made.content, READ, at, 0)
    place = (folder, entered[0])
    (row,) = change.db.execute(
        "SELECT id FROM item WHERE folder = ? AND number = ?", place
    ).fetchone()
    change.db.execute("INSERT INTO remote_message VALUES (?, ?, ?, 0)", (row, folder, one.uid))
    change.db.execute(
        "INSERT INTO remote_note VALUES (?, ?, ?, ?)", (row, folder, one.identifier, one.whole)
    )
    return entered


def put(change: Change, was: HeldNote, one: ArrivedNote) -> ItemVersion:
    """Note that a note is another message now; gives its version, the same if the text is."""
    change.db.execute("UPDATE remote_message SET uid = ? WHERE item = ?", (one.uid, was.row))
    change.db.execute(
        "UPDATE remote_note SET identifier = ?, whole = ? WHERE item = ?",
        (one.identifier, one.whole, was.row),
    )
    return rewrite(change, was.row, was.folder, was.received, one.made) or was.version


def adopt(change: Change, note: HeldNote, operation: OperationId) -> ItemHead:
    """Record that an operation came to a note that is there, once; gives its head."""
    found = (note.number, note.received, note.modseq)
    return head(*once(change, "append", operation, lambda: found))


def strange(change: Change, folder: int) -> None:
    """Forget which messages notes are: UIDVALIDITY changed. They are known by identifier alone."""
    change.db.execute("UPDATE remote_message SET uid = -item WHERE folder = ?", (folder,))


def move(
    change: Change, folder: int, items: Sequence[ItemId], target: int, uids: Mapping[ItemId, int]
) -> Mapping[ItemId, ItemHead]:
    """Do what a move did; ``uids`` are those that the notes have in the target.

    A note that has none there was gone before it could be moved. What a refresh of the target has
    entered of the others goes: they come with all that is known of them here. Where the target had
    a note with the same identifier, the last message is the note. Gives the heads.
    """
    here = held(change.db, folder, items)
    mail.vanish(change, folder, [one.uid for item, one in here.items() if item not in uids])
    mail.vanish(change, target, uids.values())
    heads = writing.move(change, folder_id(folder), items, folder_id(target))
    for item, uid in uids.items():
        if item in here:
            row = here[item].row
            change.db.execute(
                "UPDATE remote_message SET folder = ?, uid = ? WHERE item = ?", (target, uid, row)
            )
            change.db.execute("UPDATE remote_note SET folder = ? WHERE item = ?", (target, row))
            _keep_last(change, target, here[item].identifier)
    return heads


def _keep_last(change: Change, folder: int, identifier: str) -> None:
    """Leave one note with an identifier in a folder."""
    rows = change.db.execute(
        "SELECT uid FROM remote_note JOIN remote_message USING (item)"
        " WHERE remote_note.folder = ? AND identifier = ? ORDER BY uid DESC",
        (folder, identifier),
    ).fetchall()
    mail.vanish(change, folder, [uid for (uid,) in rows[1:]])
