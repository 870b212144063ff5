"""What a mailbox in memory holds: folders, items and history, and looking things up in them."""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from carbonio_mobile.errors import Conflict, NotAllowed, NotFound, OverQuota, TooLarge
from carbonio_mobile.ids import AccountId, ChangeToken, FolderId, ItemId, ItemVersion, OperationId
from carbonio_mobile.interfaces import IChangeSink
from carbonio_mobile.mailbox.standard import FIRST_OWN_FOLDER, STANDARD_FOLDERS, name_key
from carbonio_mobile.mime.extract import Extracted
from carbonio_mobile.mime.mailitem import MailQuery, MailState
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.objects import search_text
from carbonio_mobile.sync.changes import NO_ASPECT, Aspect, ItemHead, Position
from carbonio_mobile.sync.folders import Folder
from carbonio_mobile.sync.outofoffice import OutOfOffice

Place = tuple[FolderId, ItemId]
QuotaOf = Callable[[AccountId], Awaitable[int]]


@dataclass(slots=True)
class Item:
    """An item where it stands now; ``stamps`` tell when each aspect of it last changed."""

    serial: int
    item: ItemId
    folder: FolderId
    received: float
    source: bytes
    content: Extracted | Record
    state: MailState
    stamps: dict[Aspect, int]

    @property
    def extracted(self) -> Extracted:
        """What a message holds."""
        assert isinstance(self.content, Extracted)
        return self.content

    @property
    def record(self) -> Record:
        """What an object holds."""
        assert not isinstance(self.content, Extracted)
        return self.content

    @property
    def modseq(self) -> int:
        return max(self.stamps.values())

    @property
    def head(self) -> ItemHead:
        position = Position(self.received, self.item)
        return ItemHead(position, ItemVersion(str(self.modseq)))

    def newer_than(self, modseq: int) -> Aspect:
        found = NO_ASPECT
        for aspect, stamp in self.stamps.items():
            if stamp > modseq:
                found |= aspect
        return found


@dataclass(slots=True)
class History:
    """What happened in a folder; ``left`` maps items that left it to when and where to."""

    born: int
    modseq: int
    last_item: int = 0
    left: dict[ItemId, tuple[int, Place | None]] = field(default_factory=dict)

    def next_item(self) -> ItemId:
        self.last_item += 1
        return ItemId(self.last_item)


class MemoryContent:
    """The folders and items of one account, and the history of each folder."""

    def __init__(
        self,
        account: AccountId,
        *,
        sink: IChangeSink,
        clock: Callable[[], float],
        quota_of: QuotaOf,
        message_limit_bytes: int,
    ) -> None:
        self.account = account
        self._sink = sink
        self._clock = clock
        self._quota_of = quota_of
        self._message_limit_bytes = message_limit_bytes
        self._modseq = 1
        self._hierarchy_modseq = 1
        self._folders = {folder.id: folder for folder in STANDARD_FOLDERS}
        self._histories = {folder.id: History(1, 1) for folder in STANDARD_FOLDERS}
        self._items: dict[Place, Item] = {}
        self._serial = 0
        self._next_folder = FIRST_OWN_FOLDER
        self._created: dict[OperationId, Folder] = {}
        self._appended: dict[OperationId, ItemHead] = {}
        self._out_of_office = OutOfOffice()

    def _own_folder(self, folder: FolderId) -> Folder:
        self._history(folder)
        if self._folders[folder].kind.standard:
            raise NotAllowed("a standard folder")
        return self._folders[folder]

    def _check_free(self, parent: FolderId | None, name: str, own: FolderId | None) -> None:
        for other in self._folders.values():
            same = other.parent == parent and name_key(other.name) == name_key(name)
            if same and other.id != own:
                raise Conflict(f"a folder of that name is there: {other.id}")

    def _put_folder(self, folder: Folder) -> None:
        self._folders[folder.id] = folder
        self._modseq += 1
        self._hierarchy_modseq = self._modseq
        self._sink.hierarchy_changed(self.account)

    def _with_subfolders(self, folder: FolderId) -> list[FolderId]:
        found = [folder]
        for above in found:
            found += [f.id for f in self._folders.values() if f.parent == above]
        return found

    def _drop_folders(self, folders: Sequence[FolderId]) -> None:
        for folder in folders:
            for one in self._standing(folder):
                del self._items[folder, one.item]
            del self._folders[folder], self._histories[folder]
        if folders:
            self._modseq += 1
            self._hierarchy_modseq = self._modseq
            self._sink.hierarchy_changed(self.account)

    def _history(self, folder: FolderId) -> History:
        if folder not in self._histories:
            raise NotFound(f"folder {folder[:40]!a}")
        return self._histories[folder]

    def _token(self, folder: FolderId, modseq: int) -> ChangeToken:
        return ChangeToken(f"m.{folder}.{modseq}")

    def _since(self, folder: FolderId, token: ChangeToken) -> int:
        history = self._history(folder)
        mark, _, number = token.rpartition(".")
        if mark != f"m.{folder}" or not number.isdigit():
            raise Conflict("not a token of this folder")
        if not history.born <= int(number) <= history.modseq:
            raise Conflict("a token from before or after the folder's history")
        return int(number)

    def _standing(self, folder: FolderId) -> list[Item]:
        return [one for one in self._items.values() if one.folder == folder]

    def _among(self, folder: FolderId, items: Collection[ItemId]) -> list[Item]:
        known = (self._items.get((folder, item)) for item in dict.fromkeys(items))
        return [one for one in known if one is not None]

    def _stamp(self, folder: FolderId) -> int:
        self._modseq += 1
        self._histories[folder].modseq = self._modseq
        return self._modseq

    def _enter(
        self,
        folder: FolderId,
        source: bytes,
        content: Extracted | Record,
        state: MailState,
        received: float,
        operation: OperationId,
    ) -> ItemHead:
        self._serial += 1
        one = Item(
            serial=self._serial,
            item=self._history(folder).next_item(),
            folder=folder,
            received=received,
            source=source,
            content=content,
            state=state,
            stamps=dict.fromkeys(Aspect, self._stamp(folder)),
        )
        self._items[folder, one.item] = one
        self._appended[operation] = one.head
        self._sink.folder_changed(self.account, folder, arrival=True)
        return one.head

    def _take_out(self, folder: FolderId, items: Collection[ItemId]) -> frozenset[ItemId]:
        """Delete items for good; gives those that were there."""
        history = self._history(folder)
        gone = frozenset(one.item for one in self._among(folder, items))
        for item in sorted(gone):
            del self._items[folder, item]
            history.left[item] = (self._stamp(folder), None)
        if gone:
            self._sink.folder_changed(self.account, folder, arrival=False)
        return gone

    def _check_size(self, source: bytes) -> None:
        if len(source) > self._message_limit_bytes:
            raise TooLarge(f"{len(source)} bytes")

    def _check_quota(self, more_bytes: int, quota_bytes: int) -> None:
        used_bytes = sum(len(one.source) for one in self._items.values())
        if quota_bytes and more_bytes > 0 and used_bytes + more_bytes > quota_bytes:
            raise OverQuota(f"{used_bytes} of {quota_bytes} bytes used, {more_bytes} more asked")

    def _matches(self, one: Item, query: MailQuery) -> bool:
        mail = [f.id for f in self._folders.values() if f.kind.holds_mail]
        return (
            one.folder in (query.folders or mail)
            and (not query.conversation or _conversation(one) == query.conversation)
            and (query.after is None or one.received > query.after)
            and (query.before is None or one.received < query.before)
            and _phrase_matches(query.phrase, _text_of(one.content))
        )


def _conversation(one: Item) -> bytes:
    return one.content.record.conversation_id if isinstance(one.content, Extracted) else b""


def _text_of(content: Extracted | Record) -> str:
    if not isinstance(content, Extracted):
        return search_text(content)
    record = content.record
    people = (record.from_, record.sender, record.to, record.cc, record.bcc)
    return "\n".join((record.subject, *people, content.search_text))


def _phrase_matches(phrase: str, text: str) -> bool:
    words = _words(text)
    wanted = [_words(word) for word in phrase.split()]
    if phrase.strip() and not any(wanted):
        return False
    return all(not run or _has_run(words, run) for run in wanted)


def _has_run(words: Sequence[str], run: Sequence[str]) -> bool:
    """Tell whether the words of a run follow one another, the last of them begun at least."""
    *whole, begun = run
    return any(
        list(words[n : n + len(whole)]) == whole and words[n + len(whole)].startswith(begun)
        for n in range(len(words) - len(whole))
    )


def _words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", bare)
