"""A message that is imported: where it goes, and known again when it comes another time."""

from dataclasses import dataclass
from hashlib import blake2b

from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.ids import FolderId, OperationId
from carbonio_mobile.mailbox.embedded.importwriting import Batch, Outcome
from carbonio_mobile.mailbox.embedded.writing import Content, append, make_content
from carbonio_mobile.mailbox.importing.found import FolderPath, Found
from carbonio_mobile.mailbox.standard import STANDARD_FOLDERS, name_key
from carbonio_mobile.sync.folders import Folder, FolderKind

_INBOX = "Inbox"
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


@dataclass(frozen=True, slots=True)
class ReadyMail:
    """A message ready to be stored below ``target``, the Inbox where that is empty."""

    found: Found
    target: FolderPath
    digest: str
    content: Content

    @property
    def where(self) -> str:
        """See :class:`Storable`."""
        return self.found.where

    def store(self, batch: Batch) -> Outcome:
        """See :class:`Storable`; the same message is stored in a folder once."""
        folder = self._folder(batch)
        with batch.change() as change:
            before = change.modseq
            append(
                change,
                folder,
                self.content,
                self.found.state,
                self.found.received,
                OperationId(f"import-{folder}-{self.digest}"),
                batch.quota_bytes,
            )
            is_new: bool = change.modseq != before
        return Outcome.IMPORTED if is_new else Outcome.THERE

    def _folder(self, batch: Batch) -> FolderId:
        if self.found.kind is not None:
            return next(one.id for one in STANDARD_FOLDERS if one.kind is self.found.kind)
        path = _place(self.target or (_INBOX,), self.found.folder)
        return batch.folder(path, FolderKind.MAIL, _check_holds_mail)


def ready_mail(found: Found, source: bytes, target: FolderPath) -> ReadyMail:
    """Extract and compress a message."""
    digest = blake2b(source, digest_size=16).hexdigest()
    return ReadyMail(found, target, digest, make_content(source, found.received))


def _place(target: FolderPath, below: FolderPath) -> FolderPath:
    if not below:
        return target
    if len(target) > 1 or name_key(target[0]) != name_key(_INBOX):
        return (*target, *below)
    return (_OTHER_NAMES.get(below[0].lower(), below[0]), *below[1:])


def _check_holds_mail(folder: Folder) -> None:
    if not folder.kind.holds_mail:
        raise NotAllowed(f"the folder {folder.name} is not for mail")
