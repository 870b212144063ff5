"""Reading stored messages: the hot path of a Sync."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from carbonio_mobile.errors import Corrupt, NotFound
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, PartId
from carbonio_mobile.mailbox.embedded.blobs import read_source, unpacked
from carbonio_mobile.mailbox.embedded.rows import find_folder, id_list, unpack_state
from carbonio_mobile.mailbox.standard import check_holds_mail
from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.mime.record import MessageRecord
from carbonio_mobile.pim.objects import read_part
from carbonio_mobile.sync.folders import FolderKind

READ_SQL = {
    (text, html): (
        "SELECT item.id, number, received, modseq, is_read, follow_up, categories, verb,"  # noqa: S608 -- constants
        f" verb_at, record, {'text' if text else 'NULL'}, {'html' if html else 'NULL'}"
        " FROM item INDEXED BY item_number JOIN body ON body.item = item.id"
        " WHERE folder = ? AND number IN (SELECT value FROM json_each(?))"
    )
    for text in (False, True)
    for html in (False, True)
}


def read(
    db: sqlite3.Connection, folder: FolderId, items: Sequence[ItemId], wish: BodyWish
) -> Mapping[ItemId, MailItem]:
    """See :meth:`IItems.read`. Raises: also Corrupt."""
    row = find_folder(db, folder)
    check_holds_mail(row.kind)
    query = READ_SQL[wish.text_bytes != 0, wish.html_bytes != 0]
    draft = row.kind is FolderKind.DRAFTS
    found = {}
    for columns in db.execute(query, (row.id, id_list(items))).fetchall():
        row_id, item, *_ = columns
        source = b""
        if wish.source_bytes != 0:
            source = read_source(db, row_id, wish.source_bytes)
        found[item] = _mail_item(columns, folder, draft, wish, source)
    return {item: found[item] for item in items if item in found}


def _mail_item(
    columns: tuple[Any, ...], folder: FolderId, draft: bool, wish: BodyWish, source: bytes
) -> MailItem:
    (_, item, received, modseq, is_read, follow_up, categories, verb, verb_at, *held) = columns
    record, text, html = held
    try:
        return MailItem(
            item=item,
            folder=folder,
            version=ItemVersion(str(modseq)),
            received=received,
            record=MessageRecord.from_json(json.loads(record)),
            state=unpack_state(is_read, follow_up, categories, verb, verb_at),
            draft=draft,
            text=unpacked(text, wish.text_bytes) if text else b"",
            html=unpacked(html, wish.html_bytes) if html else b"",
            source=source,
        )
    except (ValueError, KeyError, TypeError) as fault:
        raise Corrupt(f"the record of item {item}") from fault


def part(
    db: sqlite3.Connection, folder: FolderId, item: ItemId, wanted: PartId
) -> tuple[str, bytes]:
    """See :meth:`IItems.part`. Raises: also Corrupt."""
    row = find_folder(db, folder)
    query = "SELECT id FROM item WHERE folder = ? AND number IN (SELECT value FROM json_each(?))"
    found = db.execute(query, (row.id, id_list((item,)))).fetchone()
    if found is None:
        raise NotFound(f"item {item} in folder {folder}")
    source = read_source(db, found[0], None)
    return attachment(source, wanted) if row.kind.holds_mail else read_part(source, wanted)
