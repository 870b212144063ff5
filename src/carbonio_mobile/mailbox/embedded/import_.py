"""Bringing mail, calendars and address books from files into an embedded mailbox.

It may run beside a daemon.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from carbonio_mobile.errors import Corrupt, NotAllowed, TooLarge
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded.database import DatabaseFiles
from carbonio_mobile.mailbox.embedded.faults import store_error
from carbonio_mobile.mailbox.embedded.hints import HintSink
from carbonio_mobile.mailbox.embedded.importmail import ready_mail
from carbonio_mobile.mailbox.embedded.importobjects import ready_object
from carbonio_mobile.mailbox.embedded.importwriting import Outcome, Storable, Writer
from carbonio_mobile.mailbox.importing.found import FolderPath, Found, Refusal
from carbonio_mobile.mailbox.importing.objectfiles import FoundObject, ObjectFile, read_objects
from carbonio_mobile.mailbox.importing.sources import find, read

_BATCH = 50
_BATCH_BYTES = 8 << 20
_SCANNED_STEP = 100
_BUSY_S = 30.0

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What came of an import. ``refused`` are (where, reason), in the order met.

    ``already_there`` is what an earlier import brought, or what stands in the files twice;
    ``replaced`` are objects of which the files had a newer state, ``kept`` those of which they had
    another one that is not newer.
    """

    imported: int
    already_there: int
    refused: tuple[tuple[str, str], ...]
    replaced: int = 0
    kept: int = 0


def import_files(
    data_dir: Path,
    account: AccountId,
    paths: Iterable[Path],
    folder: str | None,
    form: str,
    progress: Progress,
    *,
    dry_run: bool = False,
    quota_bytes: int = 0,
    message_limit_bytes: int = 50 << 20,
    clock: Callable[[], float] = time.time,
) -> ImportSummary:
    """Import all that is at ``paths`` into ``folder``: messages, the oldest first, then objects.

    ``folder`` is a path like ``Archive/2024``, made where it is missing for what comes there first.
    None is the Inbox for messages, and for objects Calendar, Tasks, Notes or Contacts. The
    subfolders of a Maildir are made below it, or beside the inbox where that is the folder.
    ``form`` is one of ``FORMS``. ``progress`` is told how many are done, of how many. Blocks.

    An octet-for-octet equal message is imported into a folder once, also by imports within 30 days
    of each other; of the objects of one UID the mailbox keeps the newest, in the folder in which it
    has it. The mailbox is locked for moments only, and what was told as done is durable: an import
    that was broken off can be repeated. A ``dry_run`` reads everything and stores nothing.
    ``quota_bytes`` 0 means none.

    Raises: StoreError (the mailbox cannot be used), NotAllowed (no name for a folder).
    """
    target = _target(folder)
    found = _gathered(find(paths, form), progress)
    reader = _Reader(found, target, message_limit_bytes)
    if dry_run:
        return _rehearse(reader, progress)
    # The daemon waits for seconds at most; this waits for it much longer.
    files = DatabaseFiles(data_dir=data_dir, busy_s=_BUSY_S, durable=True)
    try:
        with closing(files.open(account)) as db:
            writer = Writer(
                db,
                account,
                HintSink(data_dir),
                quota_bytes=quota_bytes,
                clock=clock,
                refused=found.refused,
            )
            for batch in _batches(reader.ready()):
                writer.write(batch)
                progress(writer.outcomes.total() + len(found.refused), found.total)
    except (sqlite3.Error, OSError) as fault:
        raise store_error(fault) from fault
    return ImportSummary(
        imported=writer.outcomes[Outcome.IMPORTED],
        replaced=writer.outcomes[Outcome.REPLACED],
        already_there=writer.outcomes[Outcome.THERE],
        kept=writer.outcomes[Outcome.KEPT],
        refused=found.told,
    )


@dataclass(slots=True)
class _Gathered:
    """What was found, messages by their time, so that the ids of items rise with it."""

    messages: list[Found] = field(default_factory=list)
    files: list[ObjectFile] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    total: int = 0

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """What was refused, as (where, reason)."""
        return tuple((one.where, one.reason) for one in self.refused)


def _gathered(found: Iterable[Found | ObjectFile | Refusal], progress: Progress) -> _Gathered:
    everything = _Gathered()
    for one in found:
        if isinstance(one, Refusal):
            everything.refused.append(one)
        elif isinstance(one, ObjectFile):
            everything.files.append(one)
        else:
            everything.messages.append(one)
            if len(everything.messages) % _SCANNED_STEP == 0:
                progress(len(everything.messages), None)
    everything.messages.sort(key=lambda one: one.received)
    in_files = sum(one.count for one in everything.files)
    everything.total = len(everything.messages) + in_files + len(everything.refused)
    return everything


def _target(folder: str | None) -> FolderPath:
    """Give the path of a folder's name, empty where none is wished. Raises: NotAllowed."""
    if folder is None:
        return ()
    names = tuple(name.strip() for name in folder.split("/") if name.strip())
    if not names:
        raise NotAllowed("a folder without a name")
    return names


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what was found; what cannot be used is entered among what is refused."""

    found: _Gathered
    target: FolderPath
    limit_bytes: int

    def sources(self) -> Iterator[tuple[Found | FoundObject, bytes]]:
        """Give each item and its octets."""
        for one in self.found.messages:
            source = _read(one, self.limit_bytes)
            if isinstance(source, Refusal):
                self.found.refused.append(source)
            else:
                yield one, source
        for file in self.found.files:
            yield from self._objects(file)

    def _objects(self, file: ObjectFile) -> Iterator[tuple[FoundObject, bytes]]:
        try:
            for one in read_objects(file):
                if isinstance(one, Refusal):
                    self.found.refused.append(one)
                elif len(one.source) > self.limit_bytes:
                    self.found.refused.append(_too_large(one.where, self.limit_bytes))
                else:
                    yield one, one.source
        except OSError as exc:
            reason = f"cannot be read: {exc.strerror}"
            self.found.refused.append(Refusal(str(file.path), reason))

    def ready(self) -> Iterator[tuple[Storable, int]]:
        """Give each item as it is to be stored, and its size in octets."""
        for one, source in self.sources():
            item = self._mail(one, source) if isinstance(one, Found) else self._object(one)
            if item is not None:
                yield item, len(source)

    def rehearsed(self) -> Iterator[Found | FoundObject]:
        """Give each item that could be stored, as far as that shows without the mailbox."""
        for one, _ in self.sources():
            if isinstance(one, Found) or self._object(one) is not None:
                yield one

    def _mail(self, one: Found, source: bytes) -> Storable:
        return ready_mail(one, source, self.target)

    def _object(self, one: FoundObject) -> Storable | None:
        try:
            return ready_object(one, self.target)
        except Corrupt as exc:
            self.found.refused.append(Refusal(one.where, str(exc)))
            return None


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
        return _too_large(one.where, limit_bytes)
    return source if source.strip() else Refusal(one.where, "is empty")


def _too_large(where: str, limit_bytes: int) -> Refusal:
    return Refusal(where, f"is larger than {limit_bytes} bytes")


def _rehearse(reader: _Reader, progress: Progress) -> ImportSummary:
    good = 0
    for good, _ in enumerate(reader.rehearsed(), start=1):
        progress(good, reader.found.total)
    return ImportSummary(imported=good, already_there=0, refused=reader.found.told)


def _batches(ready: Iterable[tuple[Storable, int]]) -> Iterator[Sequence[Storable]]:
    """Gather items; the last batch may be empty."""
    batch: list[Storable] = []
    size_bytes = 0
    for one, octets in ready:
        batch.append(one)
        size_bytes += octets
        if len(batch) >= _BATCH or size_bytes >= _BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    yield batch
