"""The full-text index of a mailbox, and searching it."""

import sqlite3
import zlib
from collections.abc import Collection
from time import monotonic

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.mailbox.embedded.blobs import unpacked
from carbonio_mobile.mailbox.embedded.rows import folder_id, folder_number, id_list, is_known
from carbonio_mobile.mime.extract import Extracted
from carbonio_mobile.mime.mailitem import MailQuery, SearchHits
from carbonio_mobile.sync.folders import FolderKind

LONGEST_S = 2.0
"""How long a search may keep the thread from the other accounts that are bound to it."""
_STEPS_A_LOOK = 10_000  # of SQLite's machine, a fraction of a millisecond

_MAX_WORDS = 64
_MAIL_KINDS = tuple(kind.value for kind in FolderKind if kind.holds_mail)
_SCOPE = " AND folder IN (SELECT value FROM json_each(?)) AND received > ? AND received < ?"
_BY_WORDS = " FROM words CROSS JOIN item ON item.id = words.rowid WHERE words MATCH ?" + _SCOPE
_BY_CONVERSATION = " FROM item INDEXED BY item_conversation WHERE conversation = ?" + _SCOPE
_BY_DATE = " FROM item WHERE 1" + _SCOPE
_CONVERSATION = " AND conversation = ?"
_ORDER = " ORDER BY received DESC, item.id DESC LIMIT ? OFFSET ?"


def searchable_text(extracted: Extracted) -> str:
    """Give what is found of a message: subject, people, text, names of attachments."""
    record = extracted.record
    people = (record.from_, record.sender, record.to, record.cc, record.bcc)
    return "\n".join((record.subject, *people, extracted.search_text))


def pack_text(text: str) -> bytes:
    """Give the stored form of a searchable text."""
    return zlib.compress(text.encode("utf-8", "replace"), 1)


def index(db: sqlite3.Connection, item: int, packed_text: bytes) -> None:
    """Enter an item."""
    db.execute("INSERT INTO searchable VALUES (?, ?)", (item, packed_text))
    text = unpacked(packed_text, None).decode()
    db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (item, text))


def forget(db: sqlite3.Connection, rows: Collection[int]) -> None:
    """Take items out, whose rows must be there still: the index is told what it held.

    Raises: Corrupt.
    """
    held = db.execute(
        "SELECT item, text FROM searchable WHERE item IN (SELECT value FROM json_each(?))",
        (id_list(rows),),
    )
    db.executemany(
        "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)",
        ((item, unpacked(text, None).decode()) for item, text in held),
    )
    db.execute(
        "DELETE FROM searchable WHERE item IN (SELECT value FROM json_each(?))", (id_list(rows),)
    )


def search(db: sqlite3.Connection, query: MailQuery, offset: int, limit: int) -> SearchHits:
    """See :meth:`IMailSearch.search`. Raises: Unavailable (it would take too long)."""
    end_s = monotonic() + LONGEST_S
    db.set_progress_handler(lambda: monotonic() > end_s, _STEPS_A_LOOK)
    try:
        return _search(db, query, offset, limit)
    except sqlite3.OperationalError as fault:
        if fault.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise Unavailable(f"a search would take longer than {LONGEST_S:g} s") from fault
        raise
    finally:
        db.set_progress_handler(None, 0)


def _search(db: sqlite3.Connection, query: MailQuery, offset: int, limit: int) -> SearchHits:
    after = float("-inf") if query.after is None else query.after
    before = float("inf") if query.before is None else query.before
    scope: tuple[object, ...] = (_folders(db, query.folders), after, before)
    if words := match_expression(query.phrase):
        tail, scope = _BY_WORDS, (words, *scope)
        if query.conversation:
            tail, scope = tail + _CONVERSATION, (*scope, query.conversation)
    elif query.conversation:
        tail, scope = _BY_CONVERSATION, (query.conversation, *scope)
    else:
        tail = _BY_DATE
    (total,) = db.execute(f"SELECT count(*){tail}", scope).fetchone()
    hits = db.execute(f"SELECT folder, number{tail}{_ORDER}", (*scope, limit, offset))
    return SearchHits(
        hits=tuple((folder_id(folder), ItemId(number)) for folder, number in hits), total=total
    )


def _folders(db: sqlite3.Connection, wanted: tuple[FolderId, ...]) -> str:
    if wanted:
        return id_list([folder_number(f) for f in wanted if is_known(f)])
    marks = ", ".join("?" * len(_MAIL_KINDS))
    rows = db.execute(f"SELECT id FROM folder WHERE kind IN ({marks})", _MAIL_KINDS)  # noqa: S608
    return id_list([item for (item,) in rows])


def match_expression(phrase: str) -> str:
    """Give the FTS5 expression for what a user typed: each word a quoted prefix, all must occur.

    Within quotes FTS5 knows one special character, the quote; a NUL would end the expression.
    """
    clean = phrase.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    words = clean.split()[:_MAX_WORDS]
    return " ".join('"{}" *'.format(word.replace('"', '""')) for word in words)
