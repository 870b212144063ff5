"""The folders of a mailbox in its database."""

import sqlite3

from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import ChangeToken, FolderId, OperationId
from carbonio_mobile.mailbox.embedded.change import Change, once
from carbonio_mobile.mailbox.embedded.rows import FolderRow, find_folder, folder_id
from carbonio_mobile.mailbox.embedded.writing import empty
from carbonio_mobile.mailbox.standard import (
    MAX_FOLDERS,
    check_creatable,
    clean_name,
    name_key,
)
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy

_ITEMS_A_COMMIT = 200
_WITH_SUBFOLDERS = (
    "WITH RECURSIVE below (id, depth) AS (SELECT ?, 0 UNION ALL"
    " SELECT folder.id, depth + 1 FROM folder JOIN below ON folder.parent = below.id)"
)


def hierarchy(db: sqlite3.Connection) -> Hierarchy:
    """See :meth:`IFolders.hierarchy`."""
    rows = db.execute(
        "WITH RECURSIVE below (id, depth) AS (SELECT id, 0 FROM folder WHERE parent IS NULL"
        " UNION ALL"
        " SELECT folder.id, depth + 1 FROM folder JOIN below ON folder.parent = below.id)"
        " SELECT id, parent, name, kind FROM below JOIN folder USING (id) ORDER BY depth, id"
    )
    return Hierarchy(token=hierarchy_token(db), folders=tuple(_folder(*row) for row in rows))


def hierarchy_token(db: sqlite3.Connection) -> ChangeToken:
    """See :meth:`IFolders.hierarchy_token`."""
    epoch, modseq = db.execute("SELECT epoch, hierarchy_modseq FROM mailbox").fetchone()
    return ChangeToken(f"{epoch}.h.{modseq}")


def _folder(number: int, parent: int | None, name: str, kind: str) -> Folder:
    return Folder(
        id=folder_id(number),
        parent=None if parent is None else folder_id(parent),
        name=name,
        kind=FolderKind(kind),
    )


def create_folder(
    change: Change, parent: FolderId | None, name: str, kind: FolderKind, operation: OperationId
) -> Folder:
    """See :meth:`IFolders.create_folder`. Raises: NotAllowed also for a name that cannot be one."""

    def effect() -> tuple[int, int | None, str, str]:
        check_creatable(kind)
        (known,) = change.db.execute("SELECT count(*) FROM folder").fetchone()
        if known >= MAX_FOLDERS:
            raise NotAllowed(f"more than {MAX_FOLDERS} folders")
        above = None if parent is None else find_folder(change.db, parent).id
        kept = clean_name(name)
        _check_free(change.db, above, kept, None)
        stamp = change.stamp()
        number = change.db.execute(
            "INSERT INTO folder VALUES (NULL, ?, ?, ?, ?, ?, ?, 0, 0)",
            (above, kept, name_key(kept), kind.value, stamp, stamp),
        ).lastrowid
        assert number is not None
        change.touch_hierarchy()
        return number, above, kept, kind.value

    return _folder(*once(change, "create", operation, effect))


def _check_free(db: sqlite3.Connection, parent: int | None, name: str, own: int | None) -> None:
    row = db.execute(
        "SELECT id FROM folder WHERE ifnull(parent, 0) = ? AND name_key = ?",
        (parent or 0, name_key(name)),
    ).fetchone()
    if row is not None and row[0] != own:
        raise Conflict(f"a folder of that name is there: {row[0]}")


def update_folder(change: Change, folder: FolderId, parent: FolderId | None, name: str) -> None:
    """See :meth:`IFolders.update_folder`. Raises: NotAllowed also for a name that cannot be one."""
    row = _own_folder(change, folder)
    above = _new_parent(change.db, row, parent)
    kept = clean_name(name)
    _check_free(change.db, above, kept, row.id)
    now = change.db.execute("SELECT parent, name FROM folder WHERE id = ?", (row.id,)).fetchone()
    if now == (above, kept):
        return
    change.stamp()
    change.db.execute(
        "UPDATE folder SET parent = ?, name = ?, name_key = ? WHERE id = ?",
        (above, kept, name_key(kept), row.id),
    )
    change.touch_hierarchy()


def _own_folder(change: Change, folder: FolderId) -> FolderRow:
    row = find_folder(change.db, folder)
    if row.kind.standard:
        raise NotAllowed(f"folder {folder} is a standard folder")
    return row


def _new_parent(db: sqlite3.Connection, row: FolderRow, parent: FolderId | None) -> int | None:
    if parent is None:
        return None
    try:
        above = find_folder(db, parent).id
    except NotFound as missing:
        raise NotAllowed("the parent is missing") from missing
    if above in _with_subfolders(db, row.id):
        raise NotAllowed("a folder within itself")
    return above


def _with_subfolders(db: sqlite3.Connection, folder: int) -> list[int]:
    """Give a folder and all below it, the deepest first."""
    rows = db.execute(f"{_WITH_SUBFOLDERS} SELECT id FROM below ORDER BY depth DESC", (folder,))  # noqa: S608
    return [number for (number,) in rows]


def delete_folder(change: Change, folder: FolderId) -> bool:
    """Do a part of :meth:`IFolders.delete_folder`; True once all is done."""
    return _thin_out(change, _with_subfolders(change.db, _own_folder(change, folder).id), keep=None)


def empty_folder(change: Change, folder: FolderId, subfolders: bool) -> bool:
    """Do a part of :meth:`IFolders.empty_folder`; True once all is done."""
    number = find_folder(change.db, folder).id
    folders = _with_subfolders(change.db, number) if subfolders else [number]
    return _thin_out(change, folders, keep=number)


def _thin_out(change: Change, folders: list[int], keep: int | None) -> bool:
    """Delete items, then the folders that are empty but one; True once nothing is left to do.

    An item costs some 0.4 ms: in one commit, a full mailbox would keep others waiting for seconds.
    """
    left = _ITEMS_A_COMMIT
    for number in folders:
        left -= empty(change, number, left)
        if left == 0:
            return False
        if number != keep:
            change.db.execute("DELETE FROM folder WHERE id = ?", (number,))
            change.stamp()
            change.drop(number)
    return True
