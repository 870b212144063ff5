"""Bringing the mirror of a collection up to what its server has.

The cost is that of what changed, where the server keeps a history. Members come in pages, and each
is committed as it comes: a phone that waits for the first of 5,000 events has it early, and no more
than two pages are in memory. The token is noted last: a refresh that breaks off goes on with what
it has not got.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from carbonio_mobile.dav.collection import Collection
from carbonio_mobile.dav.etags import ETag, same
from carbonio_mobile.dav.faults import StaleToken
from carbonio_mobile.dav.hrefs import Url
from carbonio_mobile.dav.members import Changes
from carbonio_mobile.errors import Corrupt, TooLarge, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.davclient.changes import DavChanges
from carbonio_mobile.mailbox.davclient.connection import DavConnection
from carbonio_mobile.mailbox.davclient.items import DavItems, Item, Page
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.embedded.jobs import Write
from carbonio_mobile.mailbox.embedded.objects import make
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads
from carbonio_mobile.mailbox.gateway.objects.parts import (
    COMPONENT_OF,
    Connect,
    Known,
    ObjectOptions,
    form_folders,
    known_of,
    unpack,
)
from carbonio_mobile.mailbox.mirror.links import FolderLink, Protocol, links, set_token
from carbonio_mobile.mailbox.mirror.objects import (
    Arrived,
    differing,
    forget,
    known,
    merge,
    touched,
    untouch,
)
from carbonio_mobile.pim.item import Record

_HISTORY: Final = "s:"
_GONE_A_COMMIT: Final = 500
_TRIES: Final = 3
_UNREADABLE_KEPT: Final = 1000
_SLOW_BYTES: Final = 1 << 20
"""Planned apart from what single requests wait for."""

_log = Logger()


@dataclass(frozen=True, slots=True)
class _Merged:
    """What became of a page: forms without a folder, and members that hold no object."""

    strays: frozenset[type[Record]]
    corrupt: tuple[tuple[Url, ETag | None], ...]


class ObjectRefresh:
    """Refreshes one account's collections; the caller holds the lock of the one at hand."""

    def __init__(
        self,
        account: AccountId,
        *,
        threads: DatabaseThreads,
        connect: Connect,
        options: ObjectOptions,
        limit_bytes: int,
    ) -> None:
        self._account = account
        self._threads = threads
        self._connect = connect
        self._options = options
        self._limit_bytes = limit_bytes
        self._unreadable: OrderedDict[Url, tuple[ETag | None, int]] = OrderedDict()

    async def refresh(self, collection: Collection, state: str) -> bool:
        """Ask the server what changed and merge it; tells whether a component was seen for the
        first time that has no folder. ``state`` is the collection's, asked for before this.

        A member that cannot be read is left out, and told in the log once; it is tried again when
        it changes. One for which the server has no time now is asked for again the next times, and
        left out after three. Raises: NotFound (the collection), StoreError.
        """
        folders = await self.links(collection.url)
        if not folders:
            return False
        connection = await self._connect()
        token = known_of(folders).token
        try:
            changes, urls = await self._changes(connection, collection, folders, token)
        except StaleToken:
            changes, urls = await self._changes(connection, collection, folders, "")
        strays = await self._fetch(connection, collection, folders, changes, urls)
        before = {one for link in folders for one in unpack(link.token).strays}
        if token:  # else all members were seen, and these are all the strays that there are
            strays |= before
        now = Known(token=changes.token, state=state, strays=frozenset(strays))
        await self._finish(folders, changes, now)
        return not strays <= before

    async def state(self, place: Url) -> str:
        """Give the state of a collection that its mirror has; empty where it may be another."""
        folders = await self.links(place)
        written = await self._touched([one.folder for one in folders])
        return "" if written else known_of(folders).state

    def _touched(self, folders: list[int]) -> Deferred[list[Url]]:
        return self._threads.read(self._account, lambda db: touched(db, folders))

    async def links(self, place: Url) -> list[FolderLink]:
        """Give the folders whose objects stand in a collection."""
        found: list[FolderLink] = await self._threads.read(self._account, links)
        return [one for one in found if one.protocol is Protocol.DAV and one.place == place]

    def _write(self, work: Callable[..., Any], *args: Any) -> Deferred[Any]:
        return self._threads.write(self._account, lambda change: work(change, *args))

    async def _changes(
        self,
        connection: DavConnection,
        collection: Collection,
        folders: list[FolderLink],
        token: str,
    ) -> tuple[Changes, list[Url]]:
        """Give what changed, and which members are to be read.

        Those among them that were written here, and of which the server says nothing: it compares
        the state of then with that of now, and others may have put back what was written.
        """
        numbers = [one.folder for one in folders]
        written = await self._touched(numbers)
        reading = DavChanges(connection, page=self._options.listed)
        if collection.can_sync and token.startswith(_HISTORY):
            # What changed is compared here, so that it costs nothing how many members there are.
            changes = await reading.changes(collection, token, {})
            urls = await self._threads.read(
                self._account, lambda db: differing(db, numbers, changes.changed)
            )
            told = changes.changed.keys() | set(changes.gone)
            urls += [one for one in written if one not in told]
        else:
            here = await self._threads.read(self._account, lambda db: known(db, numbers))
            changes = await reading.changes(collection, "" if written else token, here)
            urls = list(changes.changed)
        wanted = [one for one in urls if not self._is_refused(one, changes.changed.get(one))]
        return changes, wanted

    def _is_refused(self, url: Url, etag: ETag | None) -> bool:
        before, tries = self._unreadable.get(url, (None, 0))
        return tries >= _TRIES and same(before, etag)

    async def _fetch(
        self,
        connection: DavConnection,
        collection: Collection,
        folders: list[FolderLink],
        changes: Changes,
        urls: Sequence[Url],
    ) -> set[str]:
        """Read and merge members, one page read while the one before is stored; gives the
        components that have no folder.
        """
        items = DavItems(connection, collection, page=self._options.page)
        strays: set[str] = set()
        storing: Deferred[_Merged] | None = None
        try:
            for at in range(0, len(urls), self._options.page):
                page = await items.read(urls[at : at + self._options.page])
                if storing is not None:
                    before, storing = storing, None
                    strays |= await self._stored(before)
                self._note_failures(page, changes)
                storing = self._store(page, folders)
        finally:
            if storing is not None:
                strays |= await self._stored(storing)
        return strays

    def _store(self, page: Page, folders: list[FolderLink]) -> Deferred[_Merged]:
        """Merge a page, made ready in a thread of its own."""
        of_forms = form_folders(folders)

        def plan(_make_content: object) -> Write:
            arrived, corrupt = _read_all(page.items, self._limit_bytes)

            def write(change: Change) -> _Merged:
                strays = merge(change, of_forms, arrived)
                lost = [*page.gone, *(url for url, _ in corrupt)]
                forget(change, list(of_forms.values()), lost)
                return _Merged(strays, corrupt)

            return write

        return self._threads.planned_write(self._account, plan, size_bytes=_SLOW_BYTES)

    async def _stored(self, storing: Deferred[_Merged]) -> set[str]:
        merged: _Merged = await storing
        for url, etag in merged.corrupt:
            self._refuse(url, etag, _TRIES, "it holds no object, or a huge one")
        return {COMPONENT_OF[form] for form in merged.strays}

    def _note_failures(self, page: Page, changes: Changes) -> None:
        for url, fault in page.failed:
            etag = changes.changed.get(url)
            before, tries = self._unreadable.get(url, (None, 0))
            tries = tries + 1 if _is_same(before, etag) else 1
            if not isinstance(fault, Unavailable):
                tries = _TRIES
            self._refuse(url, etag, tries, str(fault))

    def _refuse(self, url: Url, etag: ETag | None, tries: int, why: str) -> None:
        if tries >= _TRIES and not self._is_refused(url, etag):
            _log.warn("{account}: {url} is left out: {why}",
                      account=self._account, url=url, why=why)  # fmt: skip
        self._unreadable[url] = etag, tries
        self._unreadable.move_to_end(url)
        if len(self._unreadable) > _UNREADABLE_KEPT:
            self._unreadable.popitem(last=False)

    async def _finish(self, folders: list[FolderLink], changes: Changes, now: Known) -> None:
        """Take out what went, and note up to where the collection is known."""
        numbers = [one.folder for one in folders]
        for at in range(0, len(changes.gone), _GONE_A_COMMIT):
            await self._write(forget, numbers, changes.gone[at : at + _GONE_A_COMMIT])
        if any(self._is_due(url, etag) for url, etag in changes.changed.items()):
            return  # the server will tell of it again
        written = await self._touched(numbers)
        if written or any(one.token != now.pack() for one in folders):
            await self._write(_set_tokens, numbers, now.pack())

    def _is_due(self, url: Url, etag: ETag | None) -> bool:
        before, tries = self._unreadable.get(url, (None, _TRIES))
        return tries < _TRIES and _is_same(before, etag)


def _is_same(one: ETag | None, other: ETag | None) -> bool:
    return same(one, other) or one is other is None


def _set_tokens(change: Change, folders: Sequence[int], token: str) -> None:
    untouch(change.db, folders)
    for folder in folders:
        set_token(change.db, folder, token)


def _read_all(
    items: Sequence[Item], limit_bytes: int
) -> tuple[list[Arrived], tuple[tuple[Url, ETag | None], ...]]:
    """Read members; gives also those that hold no object, or one that is too large."""
    arrived: list[Arrived] = []
    corrupt: list[tuple[Url, ETag | None]] = []
    for one in items:
        try:
            if len(one.source) > limit_bytes:
                raise TooLarge(f"{len(one.source)} octets")
            arrived.append(Arrived(url=one.url, etag=one.etag, made=make(one.source)))
        except (Corrupt, TooLarge):
            corrupt.append((one.url, one.etag))
    return arrived, tuple(corrupt)
