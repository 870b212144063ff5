"""Appending, changing, moving and deleting messages."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carbonio_mobile.errors import NotAllowed, OverQuota
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, OperationId
from carbonio_mobile.mailbox.embedded.blobs import packed, read_source
from carbonio_mobile.mailbox.embedded.change import Change, once
from carbonio_mobile.mailbox.embedded.rows import (
    find_folder,
    head,
    id_list,
    pack_categories,
    pack_follow_up,
    unpack_state,
)
from carbonio_mobile.mailbox.embedded.search import forget, index, pack_text, searchable_text
from carbonio_mobile.mailbox.patches import differing, patched
from carbonio_mobile.mailbox.standard import check_holds_mail, check_movable
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.mailitem import MailPatch, MailState
from carbonio_mobile.sync.changes import Aspect, ItemHead
from carbonio_mobile.sync.folders import FolderKind

_AMONG = "folder = ? AND number IN (SELECT value FROM json_each(?))"
_INSERT = "INSERT INTO item VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_MOVE = (
    "UPDATE item SET folder = ?, number = ?, modseq = ?, content_modseq = ?, read_modseq = ?,"
    " follow_up_modseq = ?, categories_modseq = ?, verb_modseq = ? WHERE id = ?"
)
STATE = "is_read, follow_up, categories, verb, verb_at"
"""The columns of a state, as ``rows.unpack_state`` takes them."""
_STAMP_OF = {
    Aspect.READ: "read_modseq",
    Aspect.FOLLOW_UP: "follow_up_modseq",
    Aspect.CATEGORIES: "categories_modseq",
    Aspect.VERB: "verb_modseq",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A message in the form in which it is stored: all that can be made without the database."""

    record: str
    text: bytes
    html: bytes
    source: bytes
    searchable: bytes
    conversation: bytes
    size_bytes: int


def make_content(source: bytes, received: float) -> Content:
    """Extract and compress: the dear part of storing a message, done before the transaction."""
    extracted = extract(source, received_at=received)
    return Content(
        record=json.dumps(extracted.record.to_json(), separators=(",", ":")),
        text=packed(extracted.text.encode("utf-8", "replace")),
        html=packed(extracted.html.encode("utf-8", "replace")),
        source=packed(source),
        searchable=pack_text(searchable_text(extracted)),
        conversation=extracted.record.conversation_id,
        size_bytes=len(source),
    )


def append(
    change: Change,
    folder: FolderId,
    content: Content,
    state: MailState,
    received: float,
    operation: OperationId,
    quota_bytes: int,
) -> ItemHead:
    """See :meth:`IItemWrites.append`; ``quota_bytes`` 0 means none."""

    def effect() -> tuple[int, float, int]:
        row = find_folder(change.db, folder)
        check_holds_mail(row.kind)
        return insert(change, row.id, content, state, received, quota_bytes)

    return head(*once(change, "append", operation, effect))


def insert(
    change: Change,
    folder: int,
    content: Content,
    state: MailState,
    received: float,
    quota_bytes: int,
) -> tuple[int, float, int]:
    """Enter an item; gives its number, its time and its version's number. Raises: OverQuota."""
    take_space(change, content.size_bytes, quota_bytes)
    modseq, number = change.stamp(), change.arrive(folder, 1)
    place = (folder, number, received, *(modseq,) * 6)
    held = (content.conversation, content.size_bytes)
    item = change.db.execute(_INSERT, (*place, *state_columns(state), *held)).lastrowid
    assert item is not None
    _insert_content(change.db, item, content)
    return number, received, modseq


def take_space(change: Change, more_bytes: int, quota_bytes: int) -> None:
    """Count octets more, or less; ``quota_bytes`` 0 means no quota. Raises: OverQuota."""
    if quota_bytes and more_bytes > 0 and change.used_bytes + more_bytes > quota_bytes:
        raise OverQuota(f"{change.used_bytes} of {quota_bytes} bytes used, {more_bytes} more asked")
    change.used_bytes += more_bytes


def _insert_content(db: sqlite3.Connection, item: int, content: Content) -> None:
    db.execute(
        "INSERT INTO body VALUES (?, ?, ?, ?)", (item, content.record, content.text, content.html)
    )
    db.execute("INSERT INTO source VALUES (?, ?)", (item, content.source))
    index(db, item, content.searchable)


def state_columns(state: MailState) -> tuple[int, str | None, str | None, int, float]:
    """Give the columns of a state, as ``rows.unpack_state`` reads them."""
    return (
        int(state.read),
        pack_follow_up(state.follow_up),
        pack_categories(state.categories),
        state.verb,
        state.verb_at,
    )


def update(
    change: Change,
    folder: FolderId,
    patches: Mapping[ItemId, MailPatch],
    contents: Mapping[ItemId, Content],
    quota_bytes: int,
) -> Mapping[ItemId, ItemVersion]:
    """See :meth:`IItemWrites.update`; ``contents`` holds what the patches' sources became.

    Raises: also NotAllowed (a source for what is no draft).
    """
    row = find_folder(change.db, folder)
    if contents and row.kind is not FolderKind.DRAFTS:
        raise NotAllowed("a new source outside of the drafts")
    found = change.db.execute(
        f"SELECT number, id, modseq, {STATE} FROM item WHERE {_AMONG}",  # noqa: S608
        (row.id, id_list(patches)),
    ).fetchall()
    versions = {}
    for number, item, modseq, *columns in found:
        patch = patches[number]
        old = unpack_state(*columns)
        changed = write_state(change.db, item, old, patched(old, patch))
        if number in contents and _differs(change.db, item, patch):
            replace_content(change, item, contents[number], quota_bytes)
            changed.append("content_modseq")
        if changed:
            modseq = change.stamp()
            change.touch(row.id)
            set_columns(change.db, item, dict.fromkeys(("modseq", *changed), modseq))
        versions[ItemId(number)] = ItemVersion(str(modseq))
    return versions


def write_state(db: sqlite3.Connection, item: int, old: MailState, new: MailState) -> list[str]:
    """Write what differs; gives the names of the stamps that it calls for."""
    if new == old:
        return []
    set_columns(db, item, dict(zip(STATE.split(", "), state_columns(new), strict=True)))
    return [_STAMP_OF[aspect] for aspect in differing(old, new)]


def set_columns(db: sqlite3.Connection, item: int, columns: Mapping[str, object]) -> None:
    """Write columns of an item; their names are this module's own."""
    names = ", ".join(f"{name} = ?" for name in columns)
    db.execute(f"UPDATE item SET {names} WHERE id = ?", (*columns.values(), item))  # noqa: S608


def _differs(db: sqlite3.Connection, item: int, patch: MailPatch) -> bool:
    return read_source(db, item, None) != patch.source


def replace_content(change: Change, item: int, content: Content, quota_bytes: int) -> None:
    """Give an item another content; its stamps are the caller's. Raises: OverQuota."""
    (size_bytes,) = change.db.execute(
        "SELECT size_bytes FROM item WHERE id = ?", (item,)
    ).fetchone()
    take_space(change, content.size_bytes - size_bytes, quota_bytes)
    forget(change.db, (item,))
    change.db.execute("DELETE FROM body WHERE item = ?", (item,))
    change.db.execute("DELETE FROM source WHERE item = ?", (item,))
    _insert_content(change.db, item, content)
    set_columns(
        change.db,
        item,
        {"size_bytes": content.size_bytes, "conversation": content.conversation},
    )


def move(
    change: Change, folder: FolderId, items: Sequence[ItemId], target: FolderId
) -> Mapping[ItemId, ItemHead]:
    """See :meth:`IItemWrites.move`. A move within one folder changes nothing."""
    origin, goal = find_folder(change.db, folder), find_folder(change.db, target)
    check_movable(origin.kind, goal.kind)
    wanted = (origin.id, id_list(items))
    here = change.db.execute(
        f"SELECT number, id, received, modseq FROM item WHERE {_AMONG} ORDER BY id",  # noqa: S608
        wanted,
    ).fetchall()
    if origin.id == goal.id:
        return {number: head(number, received, modseq) for number, _, received, modseq in here}
    heads = _moved_before(change.db, wanted, goal.id)
    stamp, arrived = change.stamp(len(here)), change.arrive(goal.id, len(here))
    moves = [(*columns[:3], stamp + n, arrived + n) for n, columns in enumerate(here)]
    change.db.executemany(
        "INSERT INTO tombstone VALUES (?, ?, ?, ?, ?)",
        ((origin.id, old, modseq, goal.id, new) for old, _, _, modseq, new in moves),
    )
    change.db.executemany(
        _MOVE, ((goal.id, new, *(modseq,) * 6, item) for _, item, _, modseq, new in moves)
    )
    change.leave(origin.id, len(moves))
    return heads | {old: head(new, received, stamp) for old, _, received, stamp, new in moves}


def _moved_before(
    db: sqlite3.Connection, wanted: tuple[int, str], goal: int
) -> dict[ItemId, ItemHead]:
    """Give those of the items that an earlier move took to the goal and that still stand there."""
    rows = db.execute(
        "SELECT tombstone.number, item.number, received, item.modseq FROM tombstone"
        " JOIN item ON item.folder = new_folder AND item.number = new_number"
        " WHERE tombstone.folder = ? AND tombstone.number IN (SELECT value FROM json_each(?))"
        " AND new_folder = ?",
        (*wanted, goal),
    )
    return {ItemId(old): head(*columns) for old, *columns in rows}


def delete(change: Change, folder: FolderId, items: Sequence[ItemId]) -> frozenset[ItemId]:
    """See :meth:`IItemWrites.delete`."""
    row = find_folder(change.db, folder)
    here = change.db.execute(
        f"SELECT number, id, size_bytes FROM item WHERE {_AMONG}",  # noqa: S608
        (row.id, id_list(items)),
    ).fetchall()
    return remove(change, row.id, here)


def empty(change: Change, folder: int, limit: int) -> int:
    """Delete items of a folder, at most ``limit``; gives how many that were."""
    here = change.db.execute(
        "SELECT number, id, size_bytes FROM item WHERE folder = ? ORDER BY number LIMIT ?",
        (folder, limit),
    )
    return len(remove(change, folder, here.fetchall()))


def remove(change: Change, folder: int, here: Sequence[tuple[int, int, int]]) -> frozenset[ItemId]:
    """Delete items of a folder, given as (number, id, size); gives their numbers."""
    if not here:
        return frozenset()
    rows = [item for _, item, _ in here]
    forget(change.db, rows)
    change.db.execute(
        "DELETE FROM item WHERE id IN (SELECT value FROM json_each(?))", (id_list(rows),)
    )
    change.used_bytes -= sum(size_bytes for _, _, size_bytes in here)
    first = change.stamp(len(here))
    change.db.executemany(
        "INSERT INTO tombstone VALUES (?, ?, ?, NULL, NULL)",
        ((folder, number, first + n) for n, (number, _, _) in enumerate(here)),
    )
    change.leave(folder, len(here))
    return frozenset(ItemId(number) for number, _, _ in here)
