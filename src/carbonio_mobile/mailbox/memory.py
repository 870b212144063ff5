"""A mailbox in memory: for tests, and the model that other backends are compared with."""

from collections.abc import Callable, Collection, Mapping, Sequence

from zope.interface import implementer

from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    FolderId,
    ItemId,
    ItemVersion,
    OperationId,
    PartId,
)
from carbonio_mobile.interfaces import IChangeSink, IMailbox, IMailboxes
from carbonio_mobile.mailbox.memorycontent import Item, QuotaOf
from carbonio_mobile.mailbox.memoryfolders import MemoryFolders
from carbonio_mobile.mailbox.memoryobjects import MemoryObjects
from carbonio_mobile.mailbox.patches import differing, patched
from carbonio_mobile.mailbox.standard import (
    check_holds_mail,
    check_movable,
)
from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.mailitem import (
    BodyWish,
    MailItem,
    MailPatch,
    MailQuery,
    MailState,
    SearchHits,
)
from carbonio_mobile.pim.objects import read_part
from carbonio_mobile.sync.changes import (
    Aspect,
    ChangeBatch,
    ItemChange,
    ItemHead,
    Listing,
    Position,
)
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.outofoffice import OutOfOffice


async def no_quota(_: AccountId) -> int:
    """Give every account all the room there is."""
    return 0


@implementer(IMailboxes)
class MemoryMailboxes:
    """Mailboxes that last as long as the process."""

    def __init__(
        self,
        *,
        sink: IChangeSink,
        clock: Callable[[], float],
        quota_of: QuotaOf = no_quota,
        message_limit_bytes: int = 1 << 26,
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._quota_of = quota_of
        self._message_limit_bytes = message_limit_bytes
        self._mailboxes: dict[AccountId, MemoryMailbox] = {}

    async def open(self, account: AccountId) -> "MemoryMailbox":
        """See :meth:`IMailboxes.open`."""
        if account not in self._mailboxes:
            self._mailboxes[account] = MemoryMailbox(
                account,
                sink=self._sink,
                clock=self._clock,
                quota_of=self._quota_of,
                message_limit_bytes=self._message_limit_bytes,
            )
        return self._mailboxes[account]


@implementer(IMailbox)
class MemoryMailbox(MemoryFolders, MemoryObjects):
    """One account's mailbox in dictionaries; every method does its work before it first awaits."""

    # Items

    async def token(self, folder: FolderId) -> ChangeToken:
        """See :meth:`IItems.token`."""
        return self._token(folder, self._history(folder).modseq)

    async def changes(self, folder: FolderId, since: ChangeToken, *, limit: int) -> ChangeBatch:
        """See :meth:`IItems.changes`."""
        history = self._history(folder)
        start = self._since(folder, since)
        events: list[tuple[int, Item | ItemId]] = [
            (one.modseq, one) for one in self._standing(folder) if one.modseq > start
        ]
        events += [(left, item) for item, (left, _) in history.left.items() if left > start]
        events.sort(key=lambda event: event[0])
        more = len(events) > limit
        told = [event for _, event in events[:limit]]
        return ChangeBatch(
            changed=tuple(
                ItemChange(one.head.position, one.head.version, one.newer_than(start))
                for one in told
                if isinstance(one, Item)
            ),
            gone=tuple(one for one in told if not isinstance(one, Item)),
            token=self._token(folder, events[limit - 1][0] if more else history.modseq),
            more=more,
        )

    async def listing(
        self, folder: FolderId, *, below: Position, down_to: Position, limit: int
    ) -> Listing:
        """See :meth:`IItems.listing`."""
        history = self._history(folder)
        heads = [one.head for one in self._standing(folder)]
        heads.sort(key=lambda head: head.position, reverse=True)
        heads = [head for head in heads if down_to <= head.position < below][:limit]
        return Listing(heads=tuple(heads), token=self._token(folder, history.modseq))

    async def count(self, folder: FolderId, *, below: Position, down_to: Position) -> int:
        """See :meth:`IItems.count`."""
        self._history(folder)
        positions = [one.head.position for one in self._standing(folder)]
        return sum(down_to <= position < below for position in positions)

    async def aspects_since(
        self, folder: FolderId, items: Collection[ItemId], since: ChangeToken
    ) -> Mapping[ItemId, Aspect]:
        """See :meth:`IItems.aspects_since`."""
        start = self._since(folder, since)
        return {one.item: one.newer_than(start) for one in self._among(folder, items)}

    async def read(
        self, folder: FolderId, items: Sequence[ItemId], wish: BodyWish
    ) -> Mapping[ItemId, MailItem]:
        """See :meth:`IItems.read`."""
        self._history(folder)
        check_holds_mail(self._folders[folder].kind)
        return {one.item: self._mail_item(one, wish) for one in self._among(folder, items)}

    async def part(self, folder: FolderId, item: ItemId, part: PartId) -> tuple[str, bytes]:
        """See :meth:`IItems.part`."""
        self._history(folder)
        found = self._among(folder, [item])
        if not found:
            raise NotFound(f"item {item}")
        mail = self._folders[folder].kind.holds_mail
        return attachment(found[0].source, part) if mail else read_part(found[0].source, part)

    def _mail_item(self, one: Item, wish: BodyWish) -> MailItem:
        return MailItem(
            item=one.item,
            folder=one.folder,
            version=one.head.version,
            received=one.received,
            record=one.extracted.record,
            state=one.state,
            draft=self._folders[one.folder].kind is FolderKind.DRAFTS,
            text=one.extracted.text.encode()[: wish.text_bytes],
            html=one.extracted.html.encode()[: wish.html_bytes],
            source=one.source[: wish.source_bytes],
        )

    # Writes

    async def append(
        self,
        folder: FolderId,
        source: bytes,
        state: MailState,
        *,
        received: float,
        operation: OperationId,
    ) -> ItemHead:
        """See :meth:`IItemWrites.append`."""
        self._check_size(source)
        quota_bytes = await self._quota_of(self.account)
        if operation in self._appended:
            return self._appended[operation]
        self._history(folder)
        check_holds_mail(self._folders[folder].kind)
        content = extract(source, received_at=received)
        self._check_quota(len(source), quota_bytes)
        return self._enter(folder, source, content, state, float(received), operation)

    async def update(
        self, folder: FolderId, patches: Mapping[ItemId, MailPatch]
    ) -> Mapping[ItemId, ItemVersion]:
        """See :meth:`IItemWrites.update`. Raises: also NotAllowed (source for what is no draft)."""
        sources = {i: p.source for i, p in patches.items() if p.source is not None}
        for source in sources.values():
            self._check_size(source)
        quota_bytes = await self._quota_of(self.account) if sources else 0
        self._history(folder)
        if sources and self._folders[folder].kind is not FolderKind.DRAFTS:
            raise NotAllowed("a new source outside of the drafts")
        found = self._among(folder, patches)
        grown_bytes = sum(
            len(sources[one.item]) - len(one.source) for one in found if one.item in sources
        )
        self._check_quota(grown_bytes, quota_bytes)
        changed = [self._patch(one, patches[one.item]) for one in found]
        if any(changed):
            self._sink.folder_changed(self.account, folder, arrival=False)
        return {one.item: one.head.version for one in found}

    def _patch(self, one: Item, patch: MailPatch) -> bool:
        new = patched(one.state, patch)
        aspects = list(differing(one.state, new))
        one.state = new
        if patch.source is not None and patch.source != one.source:
            one.source = patch.source
            one.content = extract(patch.source, received_at=one.received)
            aspects.append(Aspect.CONTENT)
        if aspects:
            one.stamps |= dict.fromkeys(aspects, self._stamp(one.folder))
        return bool(aspects)

    async def move(
        self, folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> Mapping[ItemId, ItemHead]:
        """See :meth:`IItemWrites.move`."""
        history, goal = self._history(folder), self._history(target)
        check_movable(self._folders[folder].kind, self._folders[target].kind)
        if folder == target:
            return {one.item: one.head for one in self._among(folder, items)}
        moving = sorted(self._among(folder, items), key=lambda one: one.serial)
        for one in moving:
            del self._items[folder, one.item]
            stamp = goal.modseq = self._stamp(folder)
            place = (target, goal.next_item())
            history.left[one.item] = (stamp, place)
            one.folder, one.item = place
            one.stamps = dict.fromkeys(Aspect, stamp)
            self._items[place] = one
        if moving:
            self._sink.folder_changed(self.account, folder, arrival=False)
            self._sink.folder_changed(self.account, target, arrival=True)
        places = {item: history.left[item][1] for item in items if item in history.left}
        return {
            item: self._items[place].head
            for item, place in places.items()
            if place is not None and place[0] == target and place in self._items
        }

    async def delete(self, folder: FolderId, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """See :meth:`IItemWrites.delete`."""
        return self._take_out(folder, items)

    # Search and settings

    async def search(self, query: MailQuery, *, offset: int, limit: int) -> SearchHits:
        """See :meth:`IMailSearch.search`."""
        hits = [one for one in self._items.values() if self._matches(one, query)]
        hits.sort(key=lambda one: (one.received, one.serial), reverse=True)
        return SearchHits(
            hits=tuple((one.folder, one.item) for one in hits[offset : offset + limit]),
            total=len(hits),
        )

    async def out_of_office(self) -> OutOfOffice:
        """See :meth:`IOutOfOffice.out_of_office`."""
        return self._out_of_office

    async def set_out_of_office(self, settings: OutOfOffice) -> None:
        """See :meth:`IOutOfOffice.set_out_of_office`."""
        self._out_of_office = settings
