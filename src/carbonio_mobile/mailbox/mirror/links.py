"""Which folder of the mirror is which of the servers', and what to do when these change.

The server's folders come, are renamed and go; a folder that was renamed keeps its id and its items.
It is known again by what the server calls it for good (MAILBOXID), else by its UIDVALIDITY.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from carbonio_mobile.errors import NotAllowed, NotFound, ReadOnly
from carbonio_mobile.ids import FolderId
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.embedded.rows import folder_id, folder_number
from carbonio_mobile.mailbox.embedded.writing import empty
from carbonio_mobile.mailbox.mirror.renames import renamed
from carbonio_mobile.mailbox.standard import MAX_FOLDERS, MAX_NAME_CHARS, STANDARD_FOLDERS, name_key
from carbonio_mobile.sync.folders import FolderKind

_ITEMS_A_COMMIT = 2_000
_STANDARD_NUMBERS = {one.kind: folder_number(one.id) for one in STANDARD_FOLDERS}
_COLUMNS = "folder, kind, protocol, place, component, remote_id, epoch, token, read_only, container"
_FROM = f"SELECT {_COLUMNS} FROM remote_folder JOIN folder ON folder.id = folder"  # noqa: S608 -- constant


class Protocol(Enum):
    """By what a folder is reached."""

    IMAP = "imap"
    DAV = "dav"


Key = tuple[Protocol, str, str]
"""What a server's folder is known by: protocol, place, component."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFolder:
    """A folder as a server has it.

    ``place`` is the name of a mailbox, or the URL of a collection; ``component`` tells which of its
    objects stand in this folder, where they stand in several (VEVENT, VTODO, VJOURNAL). ``parent``
    is the place of the one above, None at the top. ``name`` need not be unique. ``remote_id`` and
    ``epoch`` are MAILBOXID and UIDVALIDITY. ``container``: it can hold folders only.
    """

    protocol: Protocol
    place: str
    kind: FolderKind
    name: str
    component: str = ""
    parent: str | None = None
    remote_id: str = ""
    epoch: str = ""
    read_only: bool = False
    container: bool = False

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.protocol, self.place, self.component


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderLink:
    """A folder of the mirror: its number, and where it stands; see :class:`RemoteFolder`.

    ``token`` is the state up to which it is known, empty where it was never read.
    """

    folder: int
    kind: FolderKind
    protocol: Protocol
    place: str
    component: str
    remote_id: str
    epoch: str
    token: str
    read_only: bool
    container: bool

    @property
    def id(self) -> FolderId:
        """The folder's id."""
        return folder_id(self.folder)

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.protocol, self.place, self.component

    def check_writable(self) -> None:
        """Refuse to change what may only be read. Raises: ReadOnly."""
        if self.read_only:
            raise ReadOnly(f"folder {self.id} may only be read")

    def check_takes_items(self) -> None:
        """Refuse where no items may be written. Raises: ReadOnly, NotAllowed."""
        self.check_writable()
        if self.container:
            raise NotAllowed(f"folder {self.id} can hold folders only")


def link_of(db: sqlite3.Connection, folder: FolderId) -> FolderLink:
    """Give the link of a folder. Raises: NotFound (no such folder, or it stands nowhere else)."""
    row = db.execute(f"{_FROM} WHERE folder = ?", (folder_number(folder),)).fetchone()
    if row is None:
        raise NotFound(f"folder {folder}")
    return _link(row)


def links(db: sqlite3.Connection) -> list[FolderLink]:
    """Give all links, by number."""
    return [_link(row) for row in db.execute(f"{_FROM} ORDER BY folder")]


def _link(row: tuple[int, str, str, str, str, str, str, str, int, int]) -> FolderLink:
    folder, kind, protocol, place, component, remote_id, epoch, token, read_only, container = row
    return FolderLink(
        folder=folder,
        kind=FolderKind(kind),
        protocol=Protocol(protocol),
        place=place,
        component=component,
        remote_id=remote_id,
        epoch=epoch,
        token=token,
        read_only=bool(read_only),
        container=bool(container),
    )


def set_token(db: sqlite3.Connection, folder: int, token: str, *, epoch: str | None = None) -> None:
    """Note up to where a folder is known; with ``epoch``, its UIDVALIDITY too."""
    db.execute(
        "UPDATE remote_folder SET token = ?, epoch = ifnull(?, epoch) WHERE folder = ?",
        (token, epoch, folder),
    )


def reconcile(
    change: Change, present: Sequence[RemoteFolder], protocols: Iterable[Protocol]
) -> list[int]:
    """Make the mirror's folders those that servers have; gives the numbers of those that went.

    ``present`` are all that are reached by ``protocols``, parents before children; folders of other
    protocols stay. What went is still there, with its items: see ``removal``.
    """
    concerned = frozenset(protocols)
    known = {one.key: one for one in links(change.db) if one.protocol in concerned}
    gone = _matched(known, present)
    numbers: dict[Key, int] = {}
    taken, shown = _names(change.db)
    for one in present[:MAX_FOLDERS]:
        above = (
            None if one.parent is None else numbers.get((one.protocol, one.parent, one.component))
        )
        link = known.get(one.key)
        if link is None:
            numbers[one.key] = _add(change, one, above, taken)
        else:
            numbers[one.key] = link.folder
            _update(change, link, one, above, taken, shown[link.folder])
    return [link.folder for link in gone]


def _matched(known: dict[Key, FolderLink], present: Sequence[RemoteFolder]) -> list[FolderLink]:
    """Put those that were renamed under their new key; gives those that went."""
    there = {one.key for one in present}
    for link, one in renamed(known, present):
        del known[link.key]
        known[one.key] = link
    return [known.pop(key) for key in list(known) if key not in there]


_Names = dict[tuple[int | None, str], int]
_Shown = dict[int, tuple[int | None, str]]


def _names(db: sqlite3.Connection) -> tuple[_Names, _Shown]:
    """Give all folders by what must differ, and parent and name of each."""
    rows = db.execute("SELECT parent, name_key, id, name FROM folder").fetchall()
    return (
        {(parent, key): number for parent, key, number, _ in rows},
        {number: (parent, name) for parent, _, number, name in rows},
    )


def link_folder(change: Change, folder: int, one: RemoteFolder) -> None:
    """Say where a folder stands that was just made."""
    change.db.execute(
        "INSERT INTO remote_folder VALUES (?, ?, ?, ?, ?, ?, '', ?, ?)",
        (
            folder, one.protocol.value, one.place, one.component, one.remote_id, one.epoch,
            one.read_only, one.container,
        ),
    )  # fmt: skip


def moved_places(change: Change, old: str, new: str, separator: str) -> None:
    """Take over that a mailbox was renamed, with all that stand below it."""
    known = [one for one in links(change.db) if one.protocol is Protocol.IMAP]
    for one in known:
        if one.place == old or (separator and one.place.startswith(old + separator)):
            change.db.execute(
                "UPDATE remote_folder SET place = ? WHERE folder = ?",
                (new + one.place[len(old) :], one.folder),
            )


def removal(change: Change, folder: int) -> bool:
    """Do a part of taking a folder out that is gone from its server; True once all is done.

    Folders below it that are still there stand at the top until the next reconciliation.
    """
    if empty(change, folder, _ITEMS_A_COMMIT) == _ITEMS_A_COMMIT:
        return False
    change.db.execute(
        "UPDATE folder SET parent = NULL, name = name || ' #' || id,"
        " name_key = name_key || ' #' || id WHERE parent = ?",
        (folder,),
    )
    change.db.execute("DELETE FROM folder WHERE id = ?", (folder,))
    change.db.execute("DELETE FROM remote_intent WHERE folder = ?", (folder,))
    change.stamp()
    change.drop(folder)
    return True


def _add(change: Change, one: RemoteFolder, above: int | None, taken: _Names) -> int:
    wanted = _number(change.db, one.kind)
    name = _free_name(one.name, above, taken, own=wanted)
    stamp = change.stamp()
    number = change.db.execute(
        "INSERT INTO folder VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key"
        " RETURNING id",
        (wanted, above, name, name_key(name), one.kind.value, stamp, stamp),
    ).fetchone()[0]
    link_folder(change, number, one)
    taken[above, name_key(name)] = number
    change.touch_hierarchy()
    return int(number)


def _number(db: sqlite3.Connection, kind: FolderKind) -> int | None:
    """Give the number of a standard folder where it is free; None: the next one."""
    number = _STANDARD_NUMBERS.get(kind)
    if number is None:
        return None
    query = "SELECT 1 FROM remote_folder WHERE folder = ?"
    return None if db.execute(query, (number,)).fetchone() else number


def _update(
    change: Change,
    link: FolderLink,
    one: RemoteFolder,
    above: int | None,
    taken: _Names,
    shown: tuple[int | None, str],
) -> None:
    if one.container and not link.container:
        _clear(change, link.folder)
        link = replace(link, token="")
    parent, now = shown
    name = _free_name(one.name, above, taken, own=link.folder)
    if (parent, now, link.kind) != (above, name, one.kind):
        taken.pop((parent, name_key(now)), None)
        taken[above, name_key(name)] = link.folder
        change.db.execute(
            "UPDATE folder SET parent = ?, name = ?, name_key = ?, kind = ? WHERE id = ?",
            (above, name, name_key(name), one.kind.value, link.folder),
        )
        change.stamp()
        change.touch_hierarchy()
    wanted = replace(
        link,
        kind=one.kind,
        place=one.place,
        component=one.component,
        remote_id=one.remote_id,
        epoch=link.epoch if link.token else one.epoch,
        read_only=one.read_only,
        container=one.container,
    )
    if wanted != link:
        _relink(change.db, wanted)


def _relink(db: sqlite3.Connection, link: FolderLink) -> None:
    db.execute(
        "UPDATE remote_folder SET place = ?, component = ?, remote_id = ?, read_only = ?,"
        " container = ?, epoch = ? WHERE folder = ?",
        (
            link.place, link.component, link.remote_id, link.read_only, link.container, link.epoch,
            link.folder,
        ),
    )  # fmt: skip


def _clear(change: Change, folder: int) -> None:
    """Take out the items of a folder that was deleted, or may not be read any more, and only holds
    folders now.
    """
    while empty(change, folder, _ITEMS_A_COMMIT) == _ITEMS_A_COMMIT:
        pass
    change.db.execute("DELETE FROM remote_intent WHERE folder = ?", (folder,))
    set_token(change.db, folder, "")


def _free_name(name: str, above: int | None, taken: _Names, own: int | None) -> str:
    """Give a name that no other folder beside it has, counted up where need be."""
    count, found = 1, name
    while taken.get((above, name_key(found)), own) != own:
        count += 1
        suffix = f" ({count})"
        found = name[: MAX_NAME_CHARS - len(suffix)] + suffix
    return found
