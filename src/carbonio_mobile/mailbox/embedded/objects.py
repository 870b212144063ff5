"""Contacts, events, tasks and notes in a mailbox's database.

They stand in the same tables as messages. Their row's ``received`` is their place in the listing,
their ``conversation`` the digest of their UID, their record one of ``pim``; the text and HTML of
``body`` are empty.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, OperationId
from carbonio_mobile.mailbox.embedded.blobs import packed, read_source
from carbonio_mobile.mailbox.embedded.change import Change, once
from carbonio_mobile.mailbox.embedded.rows import find_folder, folder_id, head, id_list
from carbonio_mobile.mailbox.embedded.search import pack_text
from carbonio_mobile.mailbox.embedded.writing import Content, insert, replace_content, set_columns
from carbonio_mobile.mailbox.standard import (
    CALENDARS,
    OBJECT_KINDS,
    check_form,
    check_holds_objects,
)
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import ObjectItem, Record
from carbonio_mobile.pim.objects import (
    begins_before,
    from_text,
    listed_at,
    read_object,
    search_text,
    to_text,
    uid_key,
)
from carbonio_mobile.sync.changes import ItemHead
from carbonio_mobile.sync.folders import FolderKind

READ = MailState(read=True)
"""The state of every object: no device marks one."""

_COLUMNS = "item.id, folder, number, received, item.modseq, record"
_FROM = " FROM item JOIN body ON body.item = item.id"
_BY_NUMBER = (
    f"SELECT {_COLUMNS} FROM item INDEXED BY item_number JOIN body ON body.item = item.id"  # noqa: S608 -- constant
    " WHERE folder = ? AND number IN (SELECT value FROM json_each(?))"
)
_BY_UID = (
    f"SELECT {_COLUMNS}{_FROM} JOIN folder ON folder.id = folder"  # noqa: S608 -- constant
    " WHERE conversation = ? AND kind IN (SELECT value FROM json_each(?)) ORDER BY item.id"
)
_BY_TIME = (
    f"SELECT {_COLUMNS}{_FROM} WHERE received >= ?"  # noqa: S608 -- constant
    " AND folder IN (SELECT id FROM folder WHERE kind IN (SELECT value FROM json_each(?)))"
    " ORDER BY received, item.id"
)

Row = tuple[int, int, int, float, int, str]


@dataclass(frozen=True, slots=True)
class Made:
    """An object in the form in which it is stored: all that can be made without the database."""

    record: Record
    content: Content


def make(source: bytes) -> Made:
    """Read and compress. Raises: Corrupt (it holds no object)."""
    record = read_object(source)
    content = Content(
        record=to_text(record),
        text=b"",
        html=b"",
        source=packed(source),
        searchable=pack_text(search_text(record)),
        conversation=uid_key(record.uid),
        size_bytes=len(source),
    )
    return Made(record, content)


def add(
    change: Change, folder: FolderId, made: Made, operation: OperationId, quota_bytes: int
) -> ItemHead:
    """See :meth:`IObjects.add_object`; ``quota_bytes`` 0 means none."""

    def effect() -> tuple[int, float, int]:
        row = find_folder(change.db, folder)
        check_form(row.kind, type(made.record))
        at = listed_at(made.record, change.now)
        return insert(change, row.id, made.content, READ, at, quota_bytes)

    return head(*once(change, "append", operation, effect))


def replace(
    change: Change,
    folder: FolderId,
    item: ItemId,
    source: bytes,
    made: Made,
    expected: ItemVersion,
    quota_bytes: int,
) -> ItemVersion:
    """See :meth:`IObjects.replace_object`."""
    row = find_folder(change.db, folder)
    check_form(row.kind, type(made.record))
    found = change.db.execute(_BY_NUMBER, (row.id, id_list((item,)))).fetchone()
    if found is None:
        raise NotFound(f"item {item} in folder {folder}")
    row_id, _, _, received, modseq, _ = found
    if read_source(change.db, row_id, None) == source:
        return ItemVersion(str(modseq))
    if expected != str(modseq):
        raise Conflict(f"item {item} is at version {modseq}, not {expected[:40]!a}")
    replace_content(change, row_id, made.content, quota_bytes)
    stamp = change.stamp()
    change.touch(row.id)
    at = listed_at(made.record, min(received, change.now))
    columns = {"received": at, "modseq": stamp, "content_modseq": stamp}
    set_columns(change.db, row_id, columns)
    return ItemVersion(str(stamp))


def read(
    db: sqlite3.Connection, folder: FolderId, items: Sequence[ItemId], source: bool
) -> Mapping[ItemId, ObjectItem]:
    """See :meth:`IObjects.objects`. Raises: also Corrupt."""
    row = find_folder(db, folder)
    check_holds_objects(row.kind)
    rows = db.execute(_BY_NUMBER, (row.id, id_list(items))).fetchall()
    found = {one.item: one for one in _items(db, rows, source=source)}
    return {item: found[item] for item in items if item in found}


def find_uid(db: sqlite3.Connection, uid: str) -> Sequence[ObjectItem]:
    """See :meth:`IObjects.find_uid`."""
    rows = db.execute(_BY_UID, (uid_key(uid), _kinds(OBJECT_KINDS))).fetchall()
    return [one for one in _items(db, rows, source=True) if one.record.uid == uid]


def events(db: sqlite3.Connection, start: float, end: float, limit: int) -> Sequence[ObjectItem]:
    """See :meth:`IObjects.events`."""
    rows = db.execute(_BY_TIME, (start, _kinds(CALENDARS)))
    found: list[ObjectItem] = []
    for one in _items(db, rows, source=False):
        if isinstance(one.record, Event) and begins_before(one.record, end):
            found.append(one)
        if len(found) >= limit:
            break
    return found


def _kinds(kinds: Iterable[FolderKind]) -> str:
    return json.dumps([kind.value for kind in kinds])


def _items(db: sqlite3.Connection, rows: Iterable[Row], *, source: bool) -> Iterator[ObjectItem]:
    """Read rows; a record of an older form is made anew from its source."""
    for row_id, folder, number, received, modseq, text in rows:
        record = from_text(text)
        octets = read_source(db, row_id, None) if source or record is None else b""
        yield ObjectItem(
            item=ItemId(number),
            folder=folder_id(folder),
            version=ItemVersion(str(modseq)),
            received=received,
            record=record or read_object(octets),
            source=octets if source else b"",
        )
