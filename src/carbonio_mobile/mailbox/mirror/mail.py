"""The messages of a mailbox in its mirror: what came, changed and went on the server.

Each message has its row from the first reading of its mailbox on; what it says stands in ``body``
once it was read (``contents.py``). Nothing here asks a server.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import ItemId
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.embedded.rows import folder_id, id_list, unpack_state
from carbonio_mobile.mailbox.embedded.writing import (
    STATE,
    remove,
    set_columns,
    state_columns,
    write_state,
)
from carbonio_mobile.mime.mailitem import MailState

StateOf = Callable[[Collection[str], MailState | None], MailState]
"""Gives the state that flags mean for a message, of which another one was known, if any."""

_K = TypeVar("_K")
_V = TypeVar("_V")

_NUMBER_OF = (
    "SELECT uid, number FROM remote_message"
    " JOIN item ON item.id = remote_message.item WHERE remote_message.folder = ?"
)
_SIZED = (
    "SELECT number, item.id, size_bytes FROM remote_message"
    " JOIN item ON item.id = remote_message.item WHERE remote_message.folder = ?"
)
_BY_UIDS = " AND uid IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as a listing of its mailbox tells it; ``received`` is INTERNALDATE."""

    uid: int
    flags: tuple[str, ...]
    received: float
    size_bytes: int


def known_uids(db: sqlite3.Connection, folder: int) -> UidSet:
    """Give the UIDs that the mirror knows of a folder."""
    rows = db.execute("SELECT uid FROM remote_message WHERE folder = ?", (folder,))
    return UidSet.of(uid for (uid,) in rows)


def highest_uid(db: sqlite3.Connection, folder: int) -> int:
    """Give the highest UID that the mirror knows of a folder; 0: none."""
    (uid,) = db.execute(
        "SELECT ifnull(max(uid), 0) FROM remote_message WHERE folder = ?", (folder,)
    ).fetchone()
    return int(uid)


def arrive(change: Change, folder: int, seen: Sequence[Seen], state_of: StateOf) -> int:
    """Enter messages in the order given; gives how many are new. Known ones stay as they are.

    Raises: NotFound (the folder is gone meanwhile).
    """
    if change.db.execute("SELECT 1 FROM folder WHERE id = ?", (folder,)).fetchone() is None:
        raise NotFound(f"folder {folder_id(folder)}")
    known = _present(change.db, folder, [one.uid for one in seen])
    new = [one for one in seen if one.uid not in known]
    if not new:
        return 0
    number, modseq = change.arrive(folder, len(new)), change.stamp(len(new))
    item = _next_item(change.db)
    states = {flags: state_columns(state_of(flags, None)) for flags in {one.flags for one in new}}
    change.db.executemany(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'', ?)",
        (
            (
                item + n, folder, number + n, one.received, *(modseq + n,) * 6,
                *states[one.flags], one.size_bytes,
            )
            for n, one in enumerate(new)
        ),
    )  # fmt: skip
    change.db.executemany(
        "INSERT INTO remote_message VALUES (?, ?, ?, 0)",
        ((item + n, folder, one.uid) for n, one in enumerate(new)),
    )
    change.used_bytes += sum(one.size_bytes for one in new)
    return len(new)


def _present(db: sqlite3.Connection, folder: int, uids: Collection[int]) -> set[int]:
    rows = db.execute(
        f"SELECT uid FROM remote_message WHERE folder = ?{_BY_UIDS}",  # noqa: S608 -- constant
        (folder, id_list(uids)),
    )
    return {uid for (uid,) in rows}


def _next_item(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'item'").fetchone()
    return int(row[0]) + 1 if row else 1


def note_flags(
    change: Change, folder: int, flags: Mapping[int, tuple[str, ...]], state_of: StateOf
) -> None:
    """Take over the flags of known messages; where they mean the same as before nothing changes."""
    rows = change.db.execute(
        f"SELECT uid, item.id, {STATE} FROM remote_message"  # noqa: S608 -- constants
        " JOIN item ON item.id = remote_message.item"
        f" WHERE remote_message.folder = ?{_BY_UIDS}",
        (folder, id_list(flags)),
    ).fetchall()
    for uid, item, *columns in rows:
        old = unpack_state(*columns)
        write_one(change, folder, item, old, state_of(flags[uid], old))


def write_one(change: Change, folder: int, item: int, old: MailState, new: MailState) -> None:
    """Give an item another state, with the stamps that go with it; none where it is the same."""
    stamps = write_state(change.db, item, old, new)
    if stamps:
        change.touch(folder)
        set_columns(change.db, item, dict.fromkeys(("modseq", *stamps), change.stamp()))


def vanish(change: Change, folder: int, uids: Iterable[int]) -> int:
    """Take messages out that are gone from the server; gives how many were known."""
    rows = change.db.execute(f"{_SIZED}{_BY_UIDS}", (folder, id_list(list(uids)))).fetchall()
    return len(remove(change, folder, rows))


def vanish_but(change: Change, folder: int, present: UidSet) -> int:
    """Take out all messages but these; gives how many that were."""
    return vanish(
        change, folder, [uid for uid in known_uids(change.db, folder) if uid not in present]
    )


def vanish_among(change: Change, folder: int, gone: Sequence[UidSet]) -> int:
    """Take out those of the known messages that stand in sets, which may name billions."""
    rows: set[tuple[int, int, int]] = set()
    for ends in (one for each in gone for one in each.ranges):
        rows.update(change.db.execute(f"{_SIZED} AND uid BETWEEN ? AND ?", (folder, *ends)))
    return len(remove(change, folder, sorted(rows)))


def rematch(
    change: Change,
    folder: int,
    present: Sequence[Seen],
    names: Mapping[int, str],
    state_of: StateOf,
) -> int:
    """Learn the new UIDs of a mailbox whose UIDVALIDITY changed; gives how many were known again.

    A message is known again by time of receipt and size, where just one of before and one of now
    have these, unless its Message-ID is another than the one that is kept; it keeps its id and all
    that is known of it. The others go, and come as new ones. ``names`` are the Message-IDs
    by UID, without brackets.
    """
    rows = change.db.execute(
        "SELECT cast(received AS INTEGER), size_bytes, uid, item.id, json_extract(record, '$.mi')"
        " FROM remote_message JOIN item ON item.id = remote_message.item"
        " LEFT JOIN body ON body.item = item.id WHERE remote_message.folder = ?",
        (folder,),
    ).fetchall()
    before = _unique(((received, size), (item, name)) for received, size, _, item, name in rows)
    now = _unique(((int(one.received), one.size_bytes), one) for one in present)
    same = {
        item: now[key]
        for key, (item, name) in before.items()
        if key in now and (not name or name.strip("<>") == names.get(now[key].uid))
    }
    vanish(change, folder, [uid for _, _, uid, item, _ in rows if item not in same])
    change.db.execute("UPDATE remote_message SET uid = -item WHERE folder = ?", (folder,))
    change.db.executemany(
        "UPDATE remote_message SET uid = ? WHERE item = ?",
        ((one.uid, item) for item, one in same.items()),
    )
    note_flags(change, folder, {one.uid: one.flags for one in same.values()}, state_of)
    arrive(change, folder, present, state_of)
    return len(same)


def _unique(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, _V]:
    """Give what stands under keys that come once."""
    found: dict[_K, _V] = {}
    often = set()
    for key, value in pairs:
        if key in found:
            often.add(key)
        found[key] = value
    return {key: value for key, value in found.items() if key not in often}


def uids_of(db: sqlite3.Connection, folder: int, items: Iterable[ItemId]) -> dict[ItemId, int]:
    """Give the UIDs of items of a folder, by id; those not in it are left out."""
    rows = db.execute(
        "SELECT number, uid FROM item INDEXED BY item_number"
        " JOIN remote_message ON remote_message.item = item.id"
        " WHERE item.folder = ? AND number IN (SELECT value FROM json_each(?))",
        (folder, id_list(list(items))),
    )
    return {ItemId(number): uid for number, uid in rows}


def numbers_of(db: sqlite3.Connection, folder: int, uids: Collection[int]) -> dict[int, ItemId]:
    """Give the ids of messages of a folder, by UID; unknown ones are left out."""
    rows = db.execute(f"{_NUMBER_OF}{_BY_UIDS}", (folder, id_list(uids)))
    return {uid: ItemId(number) for uid, number in rows}


def link_message(change: Change, folder: int, number: int, uid: int) -> None:
    """Say where an item of a folder stands on the server."""
    change.db.execute(
        "INSERT INTO remote_message"
        " SELECT id, ?1, ?2, ifnull(1 + length(record) + length(text) + length(html), 0)"
        " FROM item LEFT JOIN body ON body.item = id WHERE folder = ?1 AND number = ?3"
        " ON CONFLICT (item) DO UPDATE SET folder = ?1, uid = ?2,"
        " cached_bytes = excluded.cached_bytes",
        (folder, uid, number),
    )


def unknown(db: sqlite3.Connection, folder: int, uids: Collection[int]) -> list[int]:
    """Give those of some UIDs that the mirror does not know."""
    return sorted(set(uids) - _present(db, folder, uids))
