"""Bringing mail from files into an embedded mailbox, beside a running daemon if there is one."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex

from carbonio_mobile.errors import NotAllowed, StoreError, TooLarge
from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.mailbox.embedded.change import Change, Notice
from carbonio_mobile.mailbox.embedded.database import DatabaseFiles
from carbonio_mobile.mailbox.embedded.faults import store_error
from carbonio_mobile.mailbox.embedded.hierarchy import create_folder, hierarchy
from carbonio_mobile.mailbox.embedded.hints import HintSink
from carbonio_mobile.mailbox.embedded.writing import Content, append, make_content
from carbonio_mobile.mailbox.importing.found import FolderPath, Found, Refusal
from carbonio_mobile.mailbox.importing.sources import find, read
from carbonio_mobile.mailbox.standard import STANDARD_FOLDERS, name_key
from carbonio_mobile.sync.folders import Folder, FolderKind

_BATCH = 50
_BATCH_BYTES = 8 << 20
_SCANNED_STEP = 100
_BUSY_S = 30.0

_OTHER_NAMES = {
    "sent items": "Sent",
    "sent messages": "Sent",
    "sent mail": "Sent",
    "deleted items": "Trash",
    "deleted messages": "Trash",
    "spam": "Junk",
    "junk e-mail": "Junk",
}
"""What other programs call the standard folders."""

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What came of an import. ``refused`` are (where, reason), in the order met.

    ``already_there`` are messages that an earlier import brought, or that stand in the files twice.
    """

    imported: int
    already_there: int
    refused: tuple[tuple[str, str], ...]


def import_mail(
    data_dir: Path,
    account: AccountId,
    paths: Iterable[Path],
    folder: str,
    form: str,
    progress: Progress,
    *,
    dry_run: bool = False,
    quota_bytes: int = 0,
    message_limit_bytes: int = 50 << 20,
    clock: Callable[[], float] = time.time,
) -> ImportSummary:
    """Import all messages at ``paths`` into ``folder``, the oldest first; blocks.

    ``folder`` is a path like ``Archive/2024``, made where it is missing. The subfolders of a
    Maildir are made below it, or beside the inbox where that is the folder. ``form`` is ``auto``,
    ``mbox``, ``maildir`` or ``eml``. ``progress`` is told how many are done, of how many.

    An octet-for-octet equal message is imported into a folder once, also by imports within 30 days
    of each other. The mailbox is locked for moments only, and what was told as done is durable:
    an import that was broken off can be repeated. A ``dry_run`` reads everything and stores
    nothing. ``quota_bytes`` 0 means none.

    Raises: StoreError (the mailbox cannot be used), NotAllowed (no name for a folder).
    """
    refused: list[Refusal] = []
    found = _sorted(find(paths, form), refused, progress)
    if dry_run:
        return _rehearse(found, refused, progress, message_limit_bytes)
    # The daemon waits for seconds at most; this waits for it much longer.
    files = DatabaseFiles(data_dir=data_dir, busy_s=_BUSY_S, durable=True)
    try:
        with closing(files.open(account)) as db:
            total = len(found) + len(refused)
            writer = _Writer(
                db, account, HintSink(data_dir), _target(folder), quota_bytes, clock, refused
            )
            for batch in _batches(found, refused, message_limit_bytes):
                writer.write(batch)
                progress(writer.done + len(refused), total)
    except (sqlite3.Error, OSError) as fault:
        raise store_error(fault) from fault
    return ImportSummary(
        imported=writer.imported,
        already_there=writer.already_there,
        refused=tuple((one.where, one.reason) for one in refused),
    )


def _sorted(
    found: Iterable[Found | Refusal], refused: list[Refusal], progress: Progress
) -> list[Found]:
    """Give what was found by its time, so that the ids of items rise with it."""
    messages: list[Found] = []
    for one in found:
        if isinstance(one, Refusal):
            refused.append(one)
            continue
        messages.append(one)
        if len(messages) % _SCANNED_STEP == 0:
            progress(len(messages), None)
    messages.sort(key=lambda one: one.received)
    return messages


def _target(folder: str) -> FolderPath:
    names = tuple(name.strip() for name in folder.split("/") if name.strip())
    if not names:
        raise NotAllowed("a folder without a name")
    return names


def _read(one: Found, limit_bytes: int) -> bytes | Refusal:
    try:
        if one.end < 0 and one.path.stat().st_size > limit_bytes:
            raise TooLarge
        source = read(one)
        if len(source) > limit_bytes:
            raise TooLarge
    except OSError as exc:
        return Refusal(one.where, f"cannot be read: {exc.strerror}")
    except TooLarge:
        return Refusal(one.where, f"is larger than {limit_bytes} bytes")
    return source if source.strip() else Refusal(one.where, "is empty")


def _rehearse(
    found: Sequence[Found], refused: list[Refusal], progress: Progress, limit_bytes: int
) -> ImportSummary:
    good = 0
    for number, one in enumerate(found, start=1):
        source = _read(one, limit_bytes)
        if isinstance(source, Refusal):
            refused.append(source)
        else:
            good += 1
        progress(number, len(found))
    return ImportSummary(
        imported=good,
        already_there=0,
        refused=tuple((one.where, one.reason) for one in refused),
    )


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message with all that can be made before the mailbox is locked."""

    found: Found
    digest: str
    content: Content


def _batches(
    found: Iterable[Found], refused: list[Refusal], limit_bytes: int
) -> Iterator[list[_Ready]]:
    batch: list[_Ready] = []
    size_bytes = 0
    for one in found:
        source = _read(one, limit_bytes)
        if isinstance(source, Refusal):
            refused.append(source)
            continue
        digest = blake2b(source, digest_size=16).hexdigest()
        batch.append(_Ready(one, digest, make_content(source, one.received)))
        size_bytes += len(source)
        if len(batch) >= _BATCH or size_bytes >= _BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    yield batch


class _Writer:
    """Writes batches, each in one commit, and tells the daemon."""

    def __init__(
        self,
        db: sqlite3.Connection,
        account: AccountId,
        sink: HintSink,
        target: FolderPath,
        quota_bytes: int,
        clock: Callable[[], float],
        refused: list[Refusal],
    ) -> None:
        self._db = db
        self._account = account
        self._sink = sink
        self._target = target
        self._quota_bytes = quota_bytes
        self._clock = clock
        self._refused = refused
        self._folders: dict[FolderPath, FolderId] = {}
        self.imported = 0
        self.already_there = 0

    @property
    def done(self) -> int:
        """How many messages it was given and did not refuse."""
        return self.imported + self.already_there

    def write(self, batch: Sequence[_Ready]) -> None:
        """Store a batch. Raises: sqlite3.Error (then nothing of it is stored)."""
        folders = dict(self._folders)
        notices: list[Notice] = []
        self._db.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [self._one(ready, folders, notices) for ready in batch]
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._folders = folders
        self.imported += outcomes.count(True)
        self.already_there += outcomes.count(False)
        self._refused += [one for one in outcomes if isinstance(one, Refusal)]
        _joined(notices).tell(self._sink, self._account)

    def _one(
        self, ready: _Ready, folders: dict[FolderPath, FolderId], notices: list[Notice]
    ) -> bool | Refusal:
        """Store one message: True if it is new, False if it was there."""
        try:
            folder = self._folder(ready.found, folders, notices)
            with self._change(notices) as change:
                before = change.modseq
                append(
                    change,
                    folder,
                    ready.content,
                    ready.found.state,
                    ready.found.received,
                    OperationId(f"import-{folder}-{ready.digest}"),
                    self._quota_bytes,
                )
                is_new: bool = change.modseq != before
        except StoreError as exc:
            return Refusal(ready.found.where, str(exc))
        return is_new

    def _folder(
        self, found: Found, folders: dict[FolderPath, FolderId], notices: list[Notice]
    ) -> FolderId:
        if found.kind is not None:
            return next(one.id for one in STANDARD_FOLDERS if one.kind is found.kind)
        path = _place(self._target, found.folder)
        if path not in folders:
            with self._change(notices) as change:
                folders[path] = _make(change, path)
        return folders[path]

    @contextmanager
    def _change(self, notices: list[Notice]) -> Iterator[Change]:
        """Give the context of one write, of which nothing is left where it fails."""
        self._db.execute("SAVEPOINT change")
        try:
            change = Change(self._db, now=self._clock())
            yield change
            notices.append(change.finish())
        except BaseException:
            self._db.execute("ROLLBACK TO change")
            raise
        finally:
            self._db.execute("RELEASE change")


def _place(target: FolderPath, below: FolderPath) -> FolderPath:
    if not below:
        return target
    if len(target) > 1 or name_key(target[0]) != name_key("Inbox"):
        return (*target, *below)
    return (_OTHER_NAMES.get(below[0].lower(), below[0]), *below[1:])


def _make(change: Change, path: FolderPath) -> FolderId:
    """Give the folder at a path, with all on the way to it made. Raises: NotAllowed."""
    folders: tuple[Folder, ...] = hierarchy(change.db).folders
    parent: FolderId | None = None
    for name in path:
        key = name_key(name.strip())
        there = [one for one in folders if one.parent == parent and name_key(one.name) == key]
        if there:
            _check_holds_mail(there[0])
            parent = there[0].id
            continue
        operation = OperationId(f"import-{token_hex(12)}")  # it was looked for already
        parent = create_folder(change, parent, name, FolderKind.MAIL, operation).id
    assert parent is not None, "a path has at least one name"
    return parent


_NO_MAIL = frozenset((FolderKind.CONTACTS, FolderKind.CALENDAR, FolderKind.TASKS, FolderKind.NOTES))


def _check_holds_mail(folder: Folder) -> None:
    if folder.kind in _NO_MAIL:
        raise NotAllowed(f"the folder {folder.name} is not for mail")


def _joined(notices: Sequence[Notice]) -> Notice:
    folders: dict[FolderId, bool] = {}
    for notice in notices:
        for folder, arrival in notice.folders:
            folders[folder] = arrival or folders.get(folder, False)
    return Notice(tuple(folders.items()), any(notice.hierarchy for notice in notices))
