"""The items of a folder as they stand now, and what changed of them since a token."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from carbonio_mobile.ids import ChangeToken, FolderId, ItemId, ItemVersion
from carbonio_mobile.mailbox.embedded.rows import find_folder, head, id_list
from carbonio_mobile.sync.changes import (
    OLDEST,
    Aspect,
    ChangeBatch,
    ItemChange,
    Listing,
    Position,
)

# The indexes are named so that no statistics can ever talk SQLite into scanning a folder.
LISTING_SQL = (
    "SELECT number, received, modseq FROM item INDEXED BY item_listing WHERE folder = ?"
    " AND (received, number) < (?, ?) AND (received, number) >= (?, ?)"
    " ORDER BY received DESC, number DESC LIMIT ?"
)
COUNT_SQL = (
    "SELECT count(*) FROM item INDEXED BY item_listing WHERE folder = ?"
    " AND (received, number) < (?, ?) AND (received, number) >= (?, ?)"
)
_IN_FRONT = (float("inf"), 2**63 - 1)
_STAMPS = "content_modseq, read_modseq, follow_up_modseq, categories_modseq, verb_modseq"
CHANGED_SQL = (
    f"SELECT modseq, number, received, {_STAMPS} FROM item INDEXED BY item_changes"  # noqa: S608 -- constant
    " WHERE folder = ? AND modseq > ? ORDER BY modseq LIMIT ?"
)
GONE_SQL = (
    "SELECT modseq, number FROM tombstone INDEXED BY tombstone_changes"
    " WHERE folder = ? AND modseq > ? ORDER BY modseq LIMIT ?"
)
ASPECTS_SQL = (
    f"SELECT number, {_STAMPS} FROM item INDEXED BY item_number"  # noqa: S608 -- constant
    " WHERE folder = ? AND number IN (SELECT value FROM json_each(?))"
)
_ASPECTS = (Aspect.CONTENT, Aspect.READ, Aspect.FOLLOW_UP, Aspect.CATEGORIES, Aspect.VERB)
# By the bits of which stamps are newer: building a Flag by | costs more than the rest of a row.
_ASPECT_TABLE = tuple(
    Aspect(sum(a.value for n, a in enumerate(_ASPECTS) if bits >> n & 1)) for bits in range(32)
)


def token(db: sqlite3.Connection, folder: FolderId) -> ChangeToken:
    """See :meth:`IItems.token`."""
    return find_folder(db, folder).token


def listing(
    db: sqlite3.Connection, folder: FolderId, below: Position, down_to: Position, limit: int
) -> Listing:
    """See :meth:`IItems.listing`."""
    row = find_folder(db, folder)
    found = db.execute(LISTING_SQL, (row.id, *_bounds(below, down_to), limit))
    return Listing(heads=tuple([head(*columns) for columns in found]), token=row.token)


def count(db: sqlite3.Connection, folder: FolderId, below: Position, down_to: Position) -> int:
    """See :meth:`IItems.count`. Costs O(1) for a whole folder, else O(counted or left out)."""
    row = find_folder(db, folder)
    if down_to <= OLDEST < below:
        in_front = (*_IN_FRONT, below.received, below.item)
        (left_out,) = db.execute(COUNT_SQL, (row.id, *in_front)).fetchone()
        return row.item_count - int(left_out)
    return int(db.execute(COUNT_SQL, (row.id, *_bounds(below, down_to))).fetchone()[0])


def _bounds(below: Position, down_to: Position) -> tuple[float, int, float, int]:
    return below.received, below.item, down_to.received, down_to.item


def changes(
    db: sqlite3.Connection, folder: FolderId, since: ChangeToken, limit: int
) -> ChangeBatch:
    """See :meth:`IItems.changes`. Numbers are taken one an item, so a batch may end after any."""
    row = find_folder(db, folder)
    start = row.modseq_of(since)
    if start == row.modseq:
        return ChangeBatch(changed=(), gone=(), token=since)
    came = db.execute(CHANGED_SQL, (row.id, start, limit + 1)).fetchall()
    went = db.execute(GONE_SQL, (row.id, start, limit + 1)).fetchall()
    more = len(came) + len(went) > limit
    end = row.modseq
    if more:
        end = sorted([columns[0] for columns in came + went])[limit - 1]
    return ChangeBatch(
        changed=tuple(_item_change(columns, start) for columns in came if columns[0] <= end),
        gone=tuple(ItemId(item) for modseq, item in went if modseq <= end),
        token=row.token_at(end),
        more=more,
    )


def _item_change(
    columns: tuple[int, int, float, int, int, int, int, int], since: int
) -> ItemChange:
    modseq, item, received, *stamps = columns
    return ItemChange(
        Position(received, ItemId(item)), ItemVersion(str(modseq)), _newer_than(since, stamps)
    )


def _newer_than(since: int, stamps: Sequence[int]) -> Aspect:
    content, read, follow_up, categories, verb = stamps
    return _ASPECT_TABLE[
        (content > since)
        | (read > since) << 1
        | (follow_up > since) << 2
        | (categories > since) << 3
        | (verb > since) << 4
    ]


def aspects_since(
    db: sqlite3.Connection, folder: FolderId, items: Collection[ItemId], since: ChangeToken
) -> Mapping[ItemId, Aspect]:
    """See :meth:`IItems.aspects_since`."""
    row = find_folder(db, folder)
    start = row.modseq_of(since)
    found = db.execute(ASPECTS_SQL, (row.id, id_list(items)))
    return {ItemId(item): _newer_than(start, stamps) for item, *stamps in found}
