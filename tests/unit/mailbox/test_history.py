"""The history of a folder: cheap to ask, bounded in size."""

import sqlite3

import pytest

from carbonio_mobile.errors import Conflict
from carbonio_mobile.ids import FolderId, ItemId, OperationId
from carbonio_mobile.mailbox.embedded import listing, search, writing
from carbonio_mobile.mailbox.embedded.change import OPERATIONS_KEPT_S, Change, prune
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.testing.contracts.mailbox_fixture import message

INBOX, TRASH = FolderId("2"), FolderId("3")


def add(db: sqlite3.Connection, operation: str, now: float = 0.0) -> None:
    change = Change(db, now=now)
    content = writing.make_content(message("alpha"), 1.0)
    writing.append(change, INBOX, content, MailState(), 1.0, OperationId(operation), 0)
    change.finish()


def delete(db: sqlite3.Connection, *items: int) -> None:
    change = Change(db, now=0.0)
    writing.delete(change, INBOX, [ItemId(item) for item in items])
    change.finish()


def test_old_tombstones_are_forgotten(db: sqlite3.Connection) -> None:
    """A folder with too many keeps the newest; tokens from before are refused, later ones good."""
    for n in range(9):
        add(db, f"op{n}")
    tokens = [listing.token(db, INBOX)]
    for n in range(1, 9):
        delete(db, n)
        tokens.append(listing.token(db, INBOX))
    prune(db, 0.0, tombstones_kept=4)
    assert listing.changes(db, INBOX, tokens[0], 99).gone == tuple(range(1, 9))
    prune(db, 0.0, tombstones_kept=3)
    assert listing.changes(db, INBOX, tokens[5], 99).gone == (6, 7, 8)
    assert listing.changes(db, INBOX, tokens[8], 99).gone == ()
    for forgotten in tokens[:5]:
        with pytest.raises(Conflict):
            listing.changes(db, INBOX, forgotten, 99)
    assert listing.token(db, TRASH)


def test_old_operations_are_forgotten(db: sqlite3.Connection) -> None:
    """The result of an operation is kept for its time."""
    add(db, "first", now=1000.0)
    prune(db, 1000.0 + OPERATIONS_KEPT_S)
    assert db.execute("SELECT id FROM operation").fetchall() == [("append first",)]
    prune(db, 1001.0 + OPERATIONS_KEPT_S)
    assert db.execute("SELECT id FROM operation").fetchall() == []


def test_pruning_happens_by_itself(db: sqlite3.Connection) -> None:
    """Every few thousand changes the old is forgotten."""
    add(db, "first")
    db.execute("UPDATE mailbox SET modseq = 4095")
    add(db, "second", now=2 * OPERATIONS_KEPT_S)
    assert db.execute("SELECT id FROM operation").fetchall() == [("append second",)]


def test_index_forgets_deleted_items(db: sqlite3.Connection) -> None:
    """No word of a deleted message stays in the full-text index."""
    for n in range(3):
        add(db, f"op{n}")
    delete(db, 1, 2, 3)
    db.execute("INSERT INTO words (words) VALUES ('optimize')")
    db.execute("CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, 'row')")
    assert db.execute("SELECT term FROM vocabulary").fetchall() == []
    for table in ("item", "body", "source", "searchable"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert db.execute("SELECT used_bytes FROM mailbox").fetchone() == (0,)


@pytest.mark.parametrize(
    ("query", "parameters", "index"),
    [
        (listing.LISTING_SQL, 6, "COVERING INDEX item_listing (folder=?"),
        (listing.COUNT_SQL, 5, "COVERING INDEX item_listing (folder=?"),
        (listing.CHANGED_SQL, 3, "INDEX item_changes (folder=? AND modseq>?)"),
        (listing.GONE_SQL, 3, "INDEX tombstone_changes (folder=? AND modseq>?)"),
        (listing.ASPECTS_SQL, 2, "INDEX item_number (folder=? AND number=?)"),
    ],
)
def test_plans(db: sqlite3.Connection, query: str, parameters: int, index: str) -> None:
    """The queries of a Sync walk an index and sort nothing, whatever the folder holds."""
    plan = db.execute(f"EXPLAIN QUERY PLAN {query}", (0,) * parameters).fetchall()
    steps = [row[3] for row in plan]
    assert index in steps[0]
    assert not [step for step in steps if "TEMP B-TREE" in step or "SCAN item" in step]


def test_expression_of_a_phrase() -> None:
    """Each word becomes a quoted prefix; quotes are doubled, very long phrases cut."""
    assert search.match_expression(' a "b* \0') == '"a" * """b*" * "\ufffd" *'
    assert search.match_expression(" ") == ""
    assert search.match_expression("w " * 1000).count('"w"') == 64
