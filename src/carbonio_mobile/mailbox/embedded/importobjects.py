"""An event, task, note or contact that is imported: where it goes, which of two states stays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex

from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.ids import FolderId, OperationId
from carbonio_mobile.mailbox.embedded import objects
from carbonio_mobile.mailbox.embedded.importwriting import Batch, Outcome
from carbonio_mobile.mailbox.importing.found import FolderPath
from carbonio_mobile.mailbox.importing.objectfiles import FoundObject
from carbonio_mobile.mailbox.standard import STANDARD_FOLDERS
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import ObjectItem, Record
from carbonio_mobile.pim.newness import is_newer, says_the_same
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.task import Task
from carbonio_mobile.sync.folders import Folder, FolderKind

_KINDS: Mapping[type[Record], tuple[FolderKind, FolderKind]] = {
    Contact: (FolderKind.CONTACTS, FolderKind.USER_CONTACTS),
    Event: (FolderKind.CALENDAR, FolderKind.USER_CALENDAR),
    Task: (FolderKind.TASKS, FolderKind.USER_TASKS),
    Note: (FolderKind.NOTES, FolderKind.USER_NOTES),
}
"""The kind of the standard folder of each form, and of folders that are made for it."""


@dataclass(frozen=True, slots=True)
class ReadyObject:
    """An object ready to be stored in ``target``, where that is empty in its form's own folder."""

    where: str
    target: FolderPath
    source: bytes = field(repr=False)
    made: objects.Made

    def store(self, batch: Batch) -> Outcome:
        """See :class:`Storable`; of one UID the mailbox holds the newer state, where it is."""
        known = self._known(batch)
        if any(one.source == self.source for one in known) or any(
            says_the_same(one.record, self.made.record) for one in known
        ):
            return Outcome.THERE
        if not known:
            return self._add(batch)
        if not is_newer(self.source, known[0].source):
            return Outcome.KEPT
        return self._replace(batch, known[0])

    def _known(self, batch: Batch) -> list[ObjectItem]:
        form = type(self.made.record)
        return [
            one
            for one in objects.find_uid(batch.db, self.made.record.uid)
            if type(one.record) is form and one.folder not in _CACHES
        ]

    def _add(self, batch: Batch) -> Outcome:
        folder = self._folder(batch)
        # It was looked for already; what a user has deleted since may come again.
        operation = OperationId(f"import-{token_hex(12)}")
        with batch.change() as change:
            objects.add(change, folder, self.made, operation, batch.quota_bytes)
        return Outcome.IMPORTED

    def _replace(self, batch: Batch, known: ObjectItem) -> Outcome:
        with batch.change() as change:
            objects.replace(
                change,
                known.folder,
                known.item,
                self.source,
                self.made,
                known.version,
                batch.quota_bytes,
            )
        return Outcome.REPLACED

    def _folder(self, batch: Batch) -> FolderId:
        form = type(self.made.record)
        standard, own = _KINDS[form]
        if not self.target:
            return _STANDARD[standard]

        def check(folder: Folder) -> None:
            if folder.id in _CACHES:
                raise NotAllowed(f"the folder {folder.name} fills itself")
            if folder.kind not in (standard, own):
                raise NotAllowed(f"the folder {folder.name} is not for {form.__name__.lower()}s")

        return batch.folder(self.target, own, check)


def ready_object(found: FoundObject, target: FolderPath) -> ReadyObject:
    """Read and compress an object. Raises: Corrupt."""
    return ReadyObject(found.where, target, found.source, objects.make(found.source))


_STANDARD = {one.kind: one.id for one in STANDARD_FOLDERS}
_CACHES = (_STANDARD[FolderKind.RECIPIENT_CACHE],)
