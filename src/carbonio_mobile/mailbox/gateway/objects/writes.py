"""Storing and replacing one account's objects: on the server first, then in the mirror.

A new object's resource is named after the operation that stores it. Where the process dies between
server and mirror, the same operation finds the resource by that name, or a refresh has entered it
already: nothing is stored twice. A replaced one is found by the next refresh.

Every write says which state it is meant for (If-Match). Where that is gone, the mirror is refreshed
before the caller hears of it.

Spec: RFC 4791 5.3.2, 5.3.4; RFC 6352 6.3.2; design.md 4.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from carbonio_mobile.dav.etags import ETag
from carbonio_mobile.dav.faults import LoginRefused, UidTaken
from carbonio_mobile.dav.hrefs import Url, child
from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, OperationId
from carbonio_mobile.mailbox.davclient.items import DavItems, Stored
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.embedded.jobs import Write
from carbonio_mobile.mailbox.embedded.objects import Made, make
from carbonio_mobile.mailbox.gateway.objects.parts import (
    CONTACT,
    SUFFIX,
    QuotaOf,
)
from carbonio_mobile.mailbox.gateway.objects.reach import Reach
from carbonio_mobile.mailbox.mirror import objects
from carbonio_mobile.mailbox.mirror.links import FolderLink, link_of, links
from carbonio_mobile.mailbox.mirror.objects import (
    Arrived,
    Held,
    adopt,
    adopt_held,
    adopted,
    check_room,
    held,
    held_at,
    held_uid,
    record_of,
    source_of,
)
from carbonio_mobile.mailbox.standard import check_form
from carbonio_mobile.pim.vcards import read_contact, write_contact
from carbonio_mobile.sync.changes import ItemHead

_NEWER: Final = b"VERSION:4.0"
_OLDER_CARD: Final = b"BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """What was found out before anything is sent."""

    link: FolderLink
    made: Made
    head: ItemHead | None = None
    item: Held | None = None
    source: bytes = b""
    is_same: bool = False


class TakenElsewhere(Conflict):
    """The object's UID stands in another folder, and the server lets it stand in one only."""

    def __init__(self, text: str, there: Held) -> None:
        super().__init__(text)
        self.there = there


class ObjectWrites:
    """Stores one account's objects."""

    def __init__(self, reach: Reach, *, quota_of: QuotaOf, limit_bytes: int) -> None:
        self._reach = reach
        self._quota_of = quota_of
        self._limit_bytes = limit_bytes

    async def add(self, folder: FolderId, source: bytes, operation: OperationId) -> ItemHead:
        """See :meth:`IObjects.add_object`.

        Where the collection has another object of the UID, that one is the result if it says the
        same; else it is in the mirror when Conflict is raised, so that the caller finds it by its
        UID and can change it. Raises: also Conflict (TakenElsewhere), ReadOnly, Unavailable.
        """
        self._check_size(source)
        quota_bytes = await self._quota_of(self._reach.account)
        link: FolderLink = await self._reach.read(link_of, folder)
        place = Url(link.place)
        async with self._reach.locks.held(place):
            url = child(place, _segment(link, operation))
            ready = await self._ready_to_add(folder, source, operation, url, quota_bytes)
            if ready.head is not None:
                return ready.head
            items = await self._reach.items(place)
            try:
                stored = await self._put_in_form(items, link, url, source)
            except UidTaken as exc:
                return await self._of_same_uid(ready, operation, exc)
            head: ItemHead = await self._note(
                stored, source, lambda change, one: adopt(change, link.folder, one, operation)
            )
            return head

    async def replace(
        self, folder: FolderId, item: ItemId, source: bytes, expected: ItemVersion
    ) -> ItemVersion:
        """See :meth:`IObjects.replace_object`. Raises: also ReadOnly, Unavailable."""
        self._check_size(source)
        quota_bytes = await self._quota_of(self._reach.account)
        link: FolderLink = await self._reach.read(link_of, folder)
        async with self._reach.locks.held(Url(link.place)):
            ready = await self._ready_to_replace(folder, item, source, quota_bytes)
            assert ready.item is not None
            if source == ready.source or (ready.is_same and expected != ready.item.version):
                return ready.item.version
            if expected != ready.item.version:
                raise Conflict(f"item {item} is not at version {expected[:40]!a}")
            link.check_writable()
            items = await self._reach.items(Url(link.place))
            try:
                stored = await self._put_anew(items, ready.item, ready.source, source)
            except (Conflict, NotFound) as exc:
                return await self._overtaken(folder, item, source, exc)
            before = ready.item
            version: ItemVersion = await self._note(
                stored, source, lambda change, one: objects.replace(change, before, one)
            )
            return version

    # The ways of one write

    def _check_size(self, source: bytes) -> None:
        if len(source) > self._limit_bytes:
            raise TooLarge(f"{len(source)} bytes, at most {self._limit_bytes} are taken")

    async def _ready_to_add(
        self,
        folder: FolderId,
        source: bytes,
        operation: OperationId,
        url: Url,
        quota_bytes: int,
    ) -> _Ready:
        def look(change: Change, made: Made) -> _Ready:
            link = link_of(change.db, folder)
            check_form(link.kind, type(made.record))
            head = adopted(change.db, operation)
            if head is None:
                link.check_writable()
                for one in held_at(change.db, (link.folder,), (url,)):
                    head = adopt_held(change, one, operation)
            if head is None:
                check_room(change.used_bytes, len(source), quota_bytes)
            return _Ready(link=link, made=made, head=head)

        ready: _Ready = await self._made(source, look)
        return ready

    async def _ready_to_replace(
        self, folder: FolderId, item: ItemId, source: bytes, quota_bytes: int
    ) -> _Ready:
        def look(change: Change, made: Made) -> _Ready:
            link = link_of(change.db, folder)
            check_form(link.kind, type(made.record))
            one = held(change.db, folder, (item,)).get(item)
            if one is None:
                raise NotFound(f"item {item} in folder {folder}")
            before = source_of(change.db, one.row)
            is_same = record_of(change.db, one.row) == made.record
            if before != source:
                check_room(change.used_bytes, len(source) - one.size_bytes, quota_bytes)
            return _Ready(link=link, made=made, item=one, source=before, is_same=is_same)

        ready: _Ready = await self._made(source, look)
        return ready

    async def _made(self, source: bytes, work: Callable[[Change, Made], Any]) -> Any:
        """Do a write with an object that is read and compressed in a thread of its own."""

        def plan(_make_content: object) -> Write:
            made = make(source)
            return lambda change: work(change, made)

        return await self._reach.threads.planned_write(
            self._reach.account, plan, size_bytes=len(source)
        )

    async def _note(
        self, stored: Stored, sent: bytes, work: Callable[[Change, Arrived], Any]
    ) -> Any:
        """Write down what stands on the server now."""
        source = sent if stored.source is None else stored.source
        return await self._made(
            source,
            lambda change, made: work(change, Arrived(url=stored.url, etag=stored.etag, made=made)),
        )

    async def _put_in_form(
        self, items: DavItems, link: FolderLink, url: Url, source: bytes
    ) -> Stored:
        """Store a new member; a contact in the older form, where the server refuses the newer."""
        try:
            return await self._put(items, url, source)
        except LoginRefused:
            raise
        except NotAllowed:
            if link.component != CONTACT or _NEWER not in source:
                raise
        contact = read_contact(source)
        older = write_contact(_OLDER_CARD, contact, now=self._reach.threads.seconds())
        stored = await self._put(items, url, older)
        return stored if stored.source is not None else replace(stored, source=older)

    async def _put(self, items: DavItems, url: Url, source: bytes) -> Stored:
        """Store a new member; one of that name was stored by the same operation."""
        try:
            return await items.add(url.rpartition("/")[2], source)
        except UidTaken:
            raise
        except Conflict:
            item = await items.get(url)
            return Stored(url=url, etag=item.etag, source=item.source)

    async def _put_anew(self, items: DavItems, before: Held, known: bytes, source: bytes) -> Stored:
        etag: ETag | None = before.etag
        if etag is None:
            now = await items.get(before.url)
            etag = now.etag
            if now.source != known:
                raise Conflict("it changed meanwhile")
        if etag is None:
            raise Unavailable("the server does not say in which state its objects are")
        return await items.replace(before.url, source, etag)

    async def _overtaken(
        self, folder: FolderId, item: ItemId, source: bytes, why: StoreError
    ) -> ItemVersion:
        """See what the server has by now: it may be what was to be stored.

        Raises: Conflict, NotFound.
        """
        link: FolderLink = await self._reach.read(link_of, folder)
        await self._reach.refresh(Url(link.place))
        ready = await self._ready_to_replace(folder, item, source, 0)
        assert ready.item is not None
        if ready.is_same or ready.source == source:
            return ready.item.version
        raise Conflict(str(why)) from why

    async def _of_same_uid(self, ready: _Ready, operation: OperationId, exc: UidTaken) -> ItemHead:
        await self._reach.refresh(Url(ready.link.place))

        def look(change: Change) -> ItemHead:
            wanted, own = ready.made.record, ready.link.folder
            for one in held_uid(change.db, (own,), wanted.uid):
                if record_of(change.db, one.row) == wanted:
                    return adopt_held(change, one, operation)
                raise Conflict(str(exc))
            others = {one.folder for one in links(change.db) if not one.read_only}
            for one in held_uid(change.db, others, wanted.uid):
                if isinstance(wanted, type(record_of(change.db, one.row))):
                    raise TakenElsewhere(str(exc), one)
            raise Conflict(str(exc))

        head: ItemHead = await self._reach.write(look)
        return head

    async def note_added(self, folder: FolderId, item: ItemId, operation: OperationId) -> ItemHead:
        """Write down that an operation's object is an item that was there. Raises: NotFound."""

        def note(change: Change) -> ItemHead:
            one = held(change.db, folder, (item,)).get(item)
            if one is None:
                raise NotFound(f"item {item} in folder {folder}")
            return adopt_held(change, one, operation)

        head: ItemHead = await self._reach.write(note)
        return head


def _segment(link: FolderLink, operation: OperationId) -> str:
    """Give the name of the resource that an operation stores."""
    digest = sha256(operation.encode("utf-8", "surrogatepass")).hexdigest()[:40]
    return f"{digest}.{SUFFIX.get(link.component, 'ics')}"
