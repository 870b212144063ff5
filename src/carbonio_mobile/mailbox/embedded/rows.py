"""Between the values of the interfaces and the rows of the database: ids, tokens, states."""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import ChangeToken, FolderId, ItemId, ItemVersion
from carbonio_mobile.mailbox.standard import RECIPIENT_CACHE
from carbonio_mobile.mime.mailitem import FollowUp, MailState
from carbonio_mobile.sync.changes import ItemHead, Position
from carbonio_mobile.sync.folders import FolderKind

_MAX_DIGITS = 18
_CACHE_NUMBER = 13


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder as its history sees it."""

    id: int
    kind: FolderKind
    modseq: int
    horizon: int
    item_count: int
    epoch: str

    @property
    def token(self) -> ChangeToken:
        """The present end of the folder's history."""
        return self.token_at(self.modseq)

    def token_at(self, modseq: int) -> ChangeToken:
        """The point of the folder's history after the change of that number."""
        return ChangeToken(f"{self.epoch}.{self.id}.{modseq}")

    def modseq_of(self, token: ChangeToken) -> int:
        """Read a token of this folder. Raises: Conflict (not of it, forgotten, or not yet)."""
        mark, _, number = token.rpartition(".")
        if mark != f"{self.epoch}.{self.id}" or not is_number(number):
            raise Conflict(f"not a token of folder {self.id}")
        modseq = int(number)
        if not self.horizon <= modseq <= self.modseq:
            raise Conflict(f"folder {self.id} knows changes {self.horizon} to {self.modseq} only")
        return modseq


def find_folder(db: sqlite3.Connection, folder: FolderId) -> FolderRow:
    """Look a folder up. Raises: NotFound."""
    row = db.execute(
        "SELECT id, kind, folder.modseq, horizon, item_count, epoch FROM folder, mailbox"
        " WHERE id = ?",
        (folder_number(folder),),
    ).fetchone()
    if row is None:
        raise NotFound(f"folder {folder}")
    return FolderRow(row[0], FolderKind(row[1]), *row[2:])


def folder_id(number: int) -> FolderId:
    """Give the folder id of a number."""
    return RECIPIENT_CACHE if number == _CACHE_NUMBER else FolderId(str(number))


def folder_number(folder: FolderId) -> int:
    """Give the number of a folder id. Raises: NotFound where it cannot be one of ours."""
    if not is_known(folder):
        raise NotFound(f"folder {folder[:40]!a}")
    return _CACHE_NUMBER if folder == RECIPIENT_CACHE else int(folder)


def is_known(folder: FolderId) -> bool:
    """Tell whether a folder id can be one of ours."""
    return folder == RECIPIENT_CACHE or is_number(folder)


def is_number(text: str) -> bool:
    """Tell whether a text is a number that a row may have."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def id_list(items: Collection[int]) -> str:
    """Give numbers as one parameter, for ``IN (SELECT value FROM json_each(?))``."""
    return json.dumps(list(items))


def head(number: int, received: float, modseq: int) -> ItemHead:
    """Make a head from its columns."""
    return ItemHead(Position(received, ItemId(number)), ItemVersion(str(modseq)))


def pack_follow_up(follow_up: FollowUp | None) -> str | None:
    """Give the column of a follow-up flag."""
    return None if follow_up is None else json.dumps([follow_up.status, follow_up.fields])


def pack_categories(categories: tuple[str, ...]) -> str | None:
    """Give the column of categories."""
    return json.dumps(categories) if categories else None


def unpack_state(
    is_read: int, follow_up: str | None, categories: str | None, verb: int, verb_at: float
) -> MailState:
    """Make a state from its columns."""
    return MailState(
        read=bool(is_read),
        follow_up=None if follow_up is None else _unpack_follow_up(follow_up),
        categories=() if categories is None else tuple(json.loads(categories)),
        verb=verb,
        verb_at=verb_at,
    )


def _unpack_follow_up(column: str) -> FollowUp:
    status, fields = json.loads(column)
    return FollowUp(status=status, fields=tuple((name, text) for name, text in fields))
