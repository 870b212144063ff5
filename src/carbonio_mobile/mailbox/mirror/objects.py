"""The mirror's objects: which resource of a DAV server each is, and what became of it there.

An object stands in the mirror as an embedded mailbox has it, with its source; a row of
``remote_object`` beside it says where it is on the server, and in which state.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from carbonio_mobile.dav.etags import ETag, read_etag, same
from carbonio_mobile.dav.hrefs import Url
from carbonio_mobile.dav.members import Known
from carbonio_mobile.errors import OverQuota
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, OperationId
from carbonio_mobile.mailbox.embedded.blobs import read_source
from carbonio_mobile.mailbox.embedded.change import Change, once, recorded
from carbonio_mobile.mailbox.embedded.objects import READ, Made
from carbonio_mobile.mailbox.embedded.rows import (
    find_folder,
    folder_id,
    folder_number,
    head,
    id_list,
)
from carbonio_mobile.mailbox.embedded.writing import (
    insert,
    remove,
    replace_content,
    set_columns,
)
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.objects import from_text, listed_at, read_object, uid_key
from carbonio_mobile.sync.changes import ItemHead

_OF_FOLDERS = "remote_object.folder IN (SELECT value FROM json_each(?))"
_AMONG = f"{_OF_FOLDERS} AND url IN (SELECT value FROM json_each(?))"  # noqa: S608 -- constant
_HELD = (
    "SELECT item.id, item.folder, number, received, item.modseq, size_bytes, url, etag"
    " FROM remote_object JOIN item ON item.id = remote_object.item"
)


@dataclass(frozen=True, slots=True)
class Held:
    """An object of the mirror, and where it stands on the server.

    ``row`` is its number in this database, ``folder`` that of its folder.
    """

    row: int
    folder: int
    number: int
    received: float
    modseq: int
    size_bytes: int
    url: Url
    etag: ETag | None

    @property
    def head(self) -> ItemHead:
        """What a listing gives of it."""
        return head(self.number, self.received, self.modseq)

    @property
    def version(self) -> ItemVersion:
        """Its present version."""
        return ItemVersion(str(self.modseq))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A member of a collection as it was read: in which state, and what it says."""

    url: Url
    etag: ETag | None
    made: Made


def known(db: sqlite3.Connection, folders: Iterable[int]) -> dict[Url, ETag | None]:
    """Give all members of folders, with the state of each."""
    query = f"SELECT url, etag FROM remote_object WHERE {_OF_FOLDERS}"  # noqa: S608 -- constant
    rows = db.execute(query, (id_list(list(folders)),))
    return {Url(url): read_etag(etag) for url, etag in rows}


def differing(db: sqlite3.Connection, folders: Collection[int], found: Known) -> list[Url]:
    """Give those of the members found whose state is not the one that is known, in their order."""
    query = f"SELECT url, etag FROM remote_object WHERE {_AMONG}"  # noqa: S608 -- constant
    rows = db.execute(query, (id_list(folders), _texts(found)))
    here = {Url(url): read_etag(etag) for url, etag in rows}
    return [url for url, etag in found.items() if not same(etag, here.get(url))]


def held(db: sqlite3.Connection, folder: FolderId, items: Collection[ItemId]) -> dict[ItemId, Held]:
    """Give objects of a folder by their ids; those that are not there are left out."""
    among = "item.folder = ? AND number IN (SELECT value FROM json_each(?))"
    rows = db.execute(f"{_HELD} WHERE {among}", (folder_number(folder), id_list(items)))
    return {ItemId(one.number): one for one in map(_held, rows)}


def first_items(db: sqlite3.Connection, folder: FolderId, limit: int) -> list[ItemId]:
    """Give the ids of some objects of a folder, the oldest first."""
    rows = db.execute(
        "SELECT number FROM item JOIN remote_object ON item.id = remote_object.item"
        " WHERE item.folder = ? ORDER BY number LIMIT ?",
        (folder_number(folder), limit),
    )
    return [ItemId(number) for (number,) in rows]


def held_at(db: sqlite3.Connection, folders: Collection[int], urls: Collection[Url]) -> list[Held]:
    """Give the objects of folders that stand at some places of the server."""
    rows = db.execute(f"{_HELD} WHERE {_AMONG}", (id_list(folders), _texts(urls)))
    return [_held(row) for row in rows]


def held_uid(db: sqlite3.Connection, folders: Collection[int], uid: str) -> list[Held]:
    """Give the objects of folders with a UID."""
    rows = db.execute(
        f"{_HELD} WHERE {_OF_FOLDERS} AND conversation = ?", (id_list(folders), uid_key(uid))
    )
    return [_held(row) for row in rows]


def _texts(urls: Iterable[Url]) -> str:
    """Give URLs as one parameter."""
    return json.dumps(list(urls))


def _held(row: tuple[int, int, int, float, int, int, str, str]) -> Held:
    *columns, url, etag = row
    return Held(*columns, url=Url(url), etag=read_etag(etag))  # type: ignore[arg-type, misc]  # as selected


def record_of(db: sqlite3.Connection, row: int) -> Record:
    """Give what an object says. Raises: Corrupt."""
    (text,) = db.execute("SELECT record FROM body WHERE item = ?", (row,)).fetchone()
    return from_text(text) or read_object(source_of(db, row))


def source_of(db: sqlite3.Connection, row: int) -> bytes:
    """Give an object's text. Raises: Corrupt."""
    return read_source(db, row, None)


def check_room(used_bytes: int, more_bytes: int, quota_bytes: int) -> None:
    """Refuse what is too much for an account; ``quota_bytes`` 0 is no quota. Raises: OverQuota."""
    if quota_bytes and more_bytes > 0 and used_bytes + more_bytes > quota_bytes:
        raise OverQuota(f"{used_bytes} of {quota_bytes} bytes used, {more_bytes} more asked")


def merge(
    change: Change, folders: Mapping[type[Record], int], arrived: Sequence[Arrived]
) -> frozenset[type[Record]]:
    """Enter members that came or changed, each into the folder of its form.

    Gives the forms that have no folder; what is of such a form is left out. An object whose form
    changed leaves the one folder for the other. Raises: NotFound (a folder went meanwhile).
    """
    for folder in folders.values():
        find_folder(change.db, folder_id(folder))
    strays: set[type[Record]] = set()
    urls = [one.url for one in arrived]
    before = {one.url: one for one in held_at(change.db, list(folders.values()), urls)}
    for one in arrived:
        was, form = before.get(one.url), type(one.made.record)
        if was is not None and was.folder == folders.get(form):
            put(change, was, one.made, one.etag)
            continue
        if was is not None:
            _remove(change, [was])
        if form in folders:
            enter(change, folders[form], one)
        else:
            strays.add(form)
    return frozenset(strays)


def enter(change: Change, folder: int, one: Arrived) -> tuple[int, float, int]:
    """Enter a member that is new; gives its number, its place in the listing and its version's
    number.
    """
    at = listed_at(one.made.record, change.now)
    entered = insert(change, folder, one.made.content, READ, at, 0)
    change.db.execute(
        "INSERT INTO remote_object SELECT id, folder, ?, ? FROM item"
        " WHERE folder = ? AND number = ?",
        (one.url, one.etag or "", folder, entered[0]),
    )
    return entered


def put(change: Change, was: Held, made: Made, etag: ETag | None) -> ItemVersion:
    """Note what a member says now and its state; gives its version, the same if the text is."""
    _set_etag(change.db, was.row, etag)
    return rewrite(change, was.row, was.folder, was.received, made) or was.version


def rewrite(
    change: Change, row: int, folder: int, received: float, made: Made
) -> ItemVersion | None:
    """Give an object of a folder another text; gives its version, None where the text is the same.

    ``received`` is its place in the listing so far.
    """
    (text,) = change.db.execute("SELECT content FROM source WHERE item = ?", (row,)).fetchone()
    if text == made.content.source:
        return None
    replace_content(change, row, made.content, 0)
    stamp = change.stamp()
    change.touch(folder)
    at = listed_at(made.record, min(received, change.now))
    set_columns(change.db, row, {"received": at, "modseq": stamp, "content_modseq": stamp})
    return ItemVersion(str(stamp))


def _set_etag(db: sqlite3.Connection, row: int, etag: ETag | None) -> None:
    db.execute("UPDATE remote_object SET etag = ? WHERE item = ?", (etag or "", row))


def adopt(change: Change, folder: int, one: Arrived, operation: OperationId) -> ItemHead:
    """Note what an operation stored, once; gives its head.

    A refresh may have found it already. Raises: NotFound (the folder went meanwhile).
    """
    find_folder(change.db, folder_id(folder))
    touch(change.db, folder, one.url)

    def effect() -> tuple[int, float, int]:
        for was in held_at(change.db, (folder,), (one.url,)):
            put(change, was, one.made, one.etag)
            found: tuple[int, float, int] = change.db.execute(
                "SELECT number, received, modseq FROM item WHERE id = ?", (was.row,)
            ).fetchone()
            return found
        return enter(change, folder, one)

    return head(*once(change, "append", operation, effect))


def replace(change: Change, was: Held, one: Arrived) -> ItemVersion:
    """Note what was stored in the place of an object; gives its version."""
    touch(change.db, was.folder, one.url)
    return put(change, was, one.made, one.etag)


def adopt_held(change: Change, one: Held, operation: OperationId) -> ItemHead:
    """Note that an operation found its object there already, once."""
    found = (one.number, one.received, one.modseq)
    return head(*once(change, "append", operation, lambda: found))


def adopted(db: sqlite3.Connection, operation: OperationId) -> ItemHead | None:
    """Give what an operation stored, if it was noted."""
    found = recorded(db, "append", operation)
    return None if found is None else head(*found)


def forget(change: Change, folders: Collection[int], urls: Collection[Url]) -> None:
    """Take out what went."""
    _remove(change, held_at(change.db, folders, urls))


def take_out(change: Change, folder: FolderId, items: Collection[ItemId]) -> frozenset[ItemId]:
    """Take out objects that were deleted, by their ids; gives those that were there."""
    found = held(change.db, folder, items)
    for one in found.values():
        touch(change.db, one.folder, one.url)
    _remove(change, list(found.values()))
    return frozenset(found)


def _remove(change: Change, objects: Sequence[Held]) -> None:
    for folder in {one.folder for one in objects}:
        rows = [(one.number, one.row, one.size_bytes) for one in objects if one.folder == folder]
        remove(change, folder, rows)


def touch(db: sqlite3.Connection, folder: int, url: Url) -> None:
    """Note that a resource was written, and is to be looked at with the next refresh."""
    db.execute("INSERT OR IGNORE INTO remote_touched VALUES (?, ?)", (folder, url))


def touched(db: sqlite3.Connection, folders: Iterable[int]) -> list[Url]:
    """Give the resources that were written since the folders' last refresh."""
    query = "SELECT url FROM remote_touched WHERE folder IN (SELECT value FROM json_each(?))"
    return [Url(url) for (url,) in db.execute(query, (id_list(list(folders)),))]


def untouch(db: sqlite3.Connection, folders: Iterable[int]) -> None:
    """Note that the folders are refreshed."""
    for folder in folders:
        db.execute("DELETE FROM remote_touched WHERE folder = ?", (folder,))


def place_anew(change: Change, row: int, folder: int, url: Url, etag: ETag | None) -> None:
    """Note that an object stands elsewhere on the server."""
    change.db.execute(
        "UPDATE remote_object SET folder = ?, url = ?, etag = ? WHERE item = ?",
        (folder, url, etag or "", row),
    )
