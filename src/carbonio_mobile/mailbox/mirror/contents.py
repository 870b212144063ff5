"""What messages say, kept in the mirror once it was read: records and bodies, bounded.

What arrived first goes first; it is read again when it is asked for again.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carbonio_mobile.ids import ItemId
from carbonio_mobile.mailbox.embedded.blobs import read_source
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.embedded.rows import id_list
from carbonio_mobile.mailbox.embedded.writing import Content

_LEFT = 0.9
"""How much of the bound is left when something had to go."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message of which nothing is kept."""

    item: ItemId
    uid: int
    received: float
    size_bytes: int


def missing(db: sqlite3.Connection, folder: int, items: Sequence[ItemId]) -> list[Wanted]:
    """Give those of a folder's items of which nothing is kept."""
    rows = db.execute(
        "SELECT number, uid, received, size_bytes FROM item INDEXED BY item_number"
        " JOIN remote_message ON remote_message.item = item.id"
        " WHERE item.folder = ? AND cached_bytes = 0"
        " AND number IN (SELECT value FROM json_each(?))",
        (folder, id_list(items)),
    )
    return [Wanted(ItemId(number), *rest) for number, *rest in rows]


def keep(change: Change, folder: int, contents: Mapping[int, Content], most_bytes: int) -> None:
    """Keep what messages say, by UID; those that are gone meanwhile are left out."""
    rows = change.db.execute(
        "SELECT uid, item FROM remote_message WHERE folder = ? AND cached_bytes = 0"
        " AND uid IN (SELECT value FROM json_each(?))",
        (folder, id_list(contents)),
    ).fetchall()
    for uid, item in rows:
        content = contents[uid]
        change.db.execute(
            "INSERT INTO body VALUES (?, ?, ?, ?)",
            (item, content.record, content.text, content.html),
        )
        change.db.execute(
            "UPDATE item SET conversation = ? WHERE id = ?", (content.conversation, item)
        )
        size = 1 + len(content.record) + len(content.text) + len(content.html)
        change.db.execute("UPDATE remote_message SET cached_bytes = ? WHERE item = ?", (size, item))
    trim(change.db, most_bytes)


def trim(db: sqlite3.Connection, most_bytes: int) -> None:
    """Let go of the oldest, until the bound holds with some room."""
    (kept,) = db.execute("SELECT cached_bytes FROM mirror").fetchone()
    if kept <= most_bytes:
        return
    too_many = kept - int(most_bytes * _LEFT)
    rows = db.execute(
        "SELECT body.rowid, cached_bytes FROM body JOIN remote_message ON"
        " remote_message.item = body.item WHERE cached_bytes > 0 ORDER BY body.rowid"
    )
    going, found = [], 0
    for item, size in rows:
        if found >= too_many:
            break
        going.append(item)
        found += size
    listed = id_list(going)
    db.execute("DELETE FROM body WHERE item IN (SELECT value FROM json_each(?))", (listed,))
    db.execute(
        "UPDATE remote_message SET cached_bytes = 0 WHERE item IN (SELECT value FROM json_each(?))",
        (listed,),
    )


def kept_source(
    db: sqlite3.Connection, folder: int, item: ItemId, wished_bytes: int | None
) -> bytes | None:
    """Give the first octets of a message of which the mirror keeps the source: a draft of ours."""
    row = db.execute(
        "SELECT item.id FROM item INDEXED BY item_number JOIN source ON source.item = item.id"
        " WHERE folder = ? AND number = ? AND length(content) > 0",
        (folder, min(item, 1 << 62)),
    ).fetchone()
    return read_source(db, row[0], wished_bytes) if row else None
