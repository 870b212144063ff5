"""Contacts, events, tasks and notes of a mailbox in memory."""

from collections.abc import Mapping, Sequence

from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, OperationId
from carbonio_mobile.mailbox.memorycontent import Item, MemoryContent
from carbonio_mobile.mailbox.standard import check_form, check_holds_objects
from carbonio_mobile.mime.extract import Extracted
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.objects import begins_before, listed_at, read_object
from carbonio_mobile.sync.changes import Aspect, ItemHead


class MemoryObjects(MemoryContent):
    """The promises of IObjects."""

    async def objects(
        self, folder: FolderId, items: Sequence[ItemId], *, source: bool = False
    ) -> Mapping[ItemId, ObjectItem]:
        """See :meth:`IObjects.objects`."""
        self._history(folder)
        check_holds_objects(self._folders[folder].kind)
        return {one.item: _object(one, source=source) for one in self._among(folder, items)}

    async def find_uid(self, uid: str) -> Sequence[ObjectItem]:
        """See :meth:`IObjects.find_uid`."""
        found = [one for one in self._all_objects() if one.record.uid == uid]
        return [_object(one, source=True) for one in sorted(found, key=lambda one: one.serial)]

    async def events(self, start: float, end: float, *, limit: int) -> Sequence[ObjectItem]:
        """See :meth:`IObjects.events`."""
        found = [
            one
            for one in self._all_objects()
            if isinstance(one.record, Event)
            and one.received >= start
            and begins_before(one.record, end)
        ]
        found.sort(key=lambda one: (one.received, one.serial))
        return [_object(one, source=False) for one in found[:limit]]

    async def schedules(self, folder: FolderId) -> bool:  # noqa: ARG002 - in no folder
        """See :meth:`IObjects.schedules`: nothing here sends anything."""
        return False

    def _all_objects(self) -> list[Item]:
        return [one for one in self._items.values() if not isinstance(one.content, Extracted)]

    async def add_object(
        self, folder: FolderId, source: bytes, *, operation: OperationId
    ) -> ItemHead:
        """See :meth:`IObjects.add_object`."""
        self._check_size(source)
        quota_bytes = await self._quota_of(self.account)
        if operation in self._appended:
            return self._appended[operation]
        self._history(folder)
        record = read_object(source)
        check_form(self._folders[folder].kind, type(record))
        self._check_quota(len(source), quota_bytes)
        at = listed_at(record, self._clock())
        return self._enter(folder, source, record, MailState(read=True), at, operation)

    async def replace_object(
        self, folder: FolderId, item: ItemId, source: bytes, *, expected: ItemVersion
    ) -> ItemVersion:
        """See :meth:`IObjects.replace_object`."""
        self._check_size(source)
        quota_bytes = await self._quota_of(self.account)
        self._history(folder)
        record = read_object(source)
        check_form(self._folders[folder].kind, type(record))
        found = self._among(folder, [item])
        if not found:
            raise NotFound(f"item {item}")
        one = found[0]
        if one.source == source:
            return one.head.version
        if one.head.version != expected:
            raise Conflict(f"item {item} is at version {one.head.version}")
        self._check_quota(len(source) - len(one.source), quota_bytes)
        one.source, one.content = source, record
        one.received = listed_at(record, min(one.received, self._clock()))
        one.stamps[Aspect.CONTENT] = self._stamp(folder)
        self._sink.folder_changed(self.account, folder, arrival=False)
        return one.head.version


def _object(one: Item, *, source: bool) -> ObjectItem:
    return ObjectItem(
        item=one.item,
        folder=one.folder,
        version=one.head.version,
        received=one.received,
        record=one.record,
        source=one.source if source else b"",
    )
