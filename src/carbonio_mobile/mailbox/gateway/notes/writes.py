"""Storing, changing, moving and deleting notes: on the server first, then in the mirror.

A changed note is a new message in the old one's place. What is about to be done stands in the
mirror before the server is told, so that it is found again (``noterecovery.py``) where the process
dies in between. Whoever calls holds the locks of the folders concerned, which are fresh.

Spec: design.md 4 (P1, order of writes); RFC 4315 (UIDPLUS), RFC 6851 (MOVE).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from carbonio_mobile.errors import Conflict, NotAllowed, NotFound, TooLarge, Unavailable
from carbonio_mobile.ids import ItemId, ItemVersion, OperationId
from carbonio_mobile.imap.searching import UNDELETED
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded import hierarchy, writing
from carbonio_mobile.mailbox.embedded.change import Change, once, recorded
from carbonio_mobile.mailbox.embedded.jobs import MakeContent, Write
from carbonio_mobile.mailbox.embedded.objects import Made, make
from carbonio_mobile.mailbox.embedded.rows import head
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.gateway.notes import reading as notereading
from carbonio_mobile.mailbox.gateway.notes.notemail import message_of
from carbonio_mobile.mailbox.gateway.notes.refresh import NoteRefresh
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.mirror import intents, mail, notes
from carbonio_mobile.mailbox.mirror.links import FolderLink
from carbonio_mobile.mailbox.mirror.notes import ArrivedNote, HeldNote
from carbonio_mobile.mailbox.mirror.objects import check_room, record_of, source_of
from carbonio_mobile.mailbox.standard import check_form
from carbonio_mobile.sync.changes import ItemHead

ADD, CHANGE, MOVE = "note", "note-change", "note-move"
_FLAGS = ("\\Seen",)
_EXPUNGED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Ready:
    """A note and the message that it is to be stored as."""

    message: bytes
    made: Made
    identifier: str

    def at(self, uid: int) -> ArrivedNote:
        """Give it as it stands on the server."""
        return ArrivedNote(uid=uid, identifier=self.identifier, whole=True, made=self.made)


class NoteWrites:
    """Changes the notes of one account."""

    def __init__(self, access: MailAccess, jobs: MirrorJobs, refresh: NoteRefresh) -> None:
        self._access = access
        self._jobs = jobs
        self._refresh = refresh

    async def known(self, operation: OperationId) -> ItemHead | None:
        """Give what an operation came to, if it was done before."""
        result = await self._jobs.read(recorded, "append", operation)
        return None if result is None else head(*result)

    async def add(
        self, link: FolderLink, source: bytes, operation: OperationId, *, quota_bytes: int
    ) -> ItemHead:
        """Store a note; one that is there already and says the same is the result.

        Raises: Conflict (another note has its UID), OverQuota, TooLarge, NotAllowed, other
        StoreErrors.
        """
        ready = await self._ready(link, source)

        def begin(change: Change) -> ItemHead | int:
            link.check_takes_items()
            was = notes.newest(change.db, link.folder, ready.identifier)
            if was is not None:
                if record_of(change.db, was.row) != ready.made.record:
                    raise Conflict(f"note {was.item} in folder {link.id} has the same UID")
                return notes.adopt(change, was, operation)
            check_room(change.used_bytes, len(source), quota_bytes)
            detail = _detail(change, link, ready.identifier)
            return intents.begin(change, ADD, link.folder, detail, operation)

        intent: ItemHead | int = await self._jobs.write(begin)
        if isinstance(intent, ItemHead):
            return intent
        uid = await self._appended(link, ready.message)

        def write(change: Change) -> ItemHead:
            intents.end(change, intent)
            entered = once(
                change, "append", operation, lambda: notes.enter(change, link.folder, ready.at(uid))
            )
            return head(*entered)

        made: ItemHead = await self._jobs.write(write)
        return made

    async def _ready(self, link: FolderLink, source: bytes) -> _Ready:
        """Make the message of a note. Raises: Corrupt, NotAllowed (it is none)."""
        now = self._jobs.seconds()

        def plan(_: MakeContent) -> Write:
            made = make(source)
            check_form(link.kind, type(made.record))
            message = message_of(source, now=now)
            if len(message) > notereading.LARGEST_BYTES:
                raise TooLarge(f"a note of {len(message)} bytes as a message")
            ready = _Ready(message, made, notereading.identifier_in(message, made))
            return lambda _change: ready

        ready: _Ready = await self._jobs.planned(plan, size_bytes=len(source))
        return ready

    async def _appended(self, link: FolderLink, message: bytes) -> int:
        """Have the server store a message; gives its UID. Raises: StoreError."""
        self._access.outdate(link.place)
        async with self._access.connection(link.place) as connection:
            if not connection.can("UIDPLUS"):
                raise NotAllowed("the mail server lacks UIDPLUS: no note can be changed in it")
            where = await connection.append(
                link.place, message, flags=_FLAGS, date=self._jobs.seconds()
            )
        if where is None:
            raise Unavailable(f"the server does not say where it stored a note in {link.id}")
        if str(where.validity) != link.epoch:
            raise Unavailable(f"UIDVALIDITY of folder {link.id} changed")
        return where.uids.ranges[0][0]

    async def replace(
        self,
        link: FolderLink,
        item: ItemId,
        source: bytes,
        expected: ItemVersion,
        *,
        quota_bytes: int,
    ) -> ItemVersion:
        """Change a note; its id stays. What it says already is no conflict.

        Raises: NotFound, Conflict (another version), OverQuota, ReadOnly, NotAllowed (more stands
        in its message than a note can hold), other StoreErrors.
        """
        ready = await self._ready(link, source)

        def begin(change: Change) -> ItemVersion | tuple[HeldNote, int]:
            one = notes.held(change.db, link.folder, (item,)).get(item)
            if one is None:
                raise NotFound(f"item {item} in folder {link.id}")
            if _says(change, one, source, ready.made, expected):
                return one.version
            if expected != one.version:
                raise Conflict(f"item {item} is not at version {expected[:40]!a}")
            _check_replaceable(change, link, one, ready.identifier)
            check_room(change.used_bytes, len(source) - one.size_bytes, quota_bytes)
            detail = {**_detail(change, link, ready.identifier), "old": one.uid}
            return one, intents.begin(change, CHANGE, link.folder, detail)

        begun: ItemVersion | tuple[HeldNote, int] = await self._jobs.write(begin)
        if not isinstance(begun, tuple):
            return begun
        was, intent = begun
        uid = await self._appended(link, ready.message)
        version: ItemVersion = await self._jobs.write(notes.put, was, ready.at(uid))
        async with self._access.selected(link, writes=True) as connection:
            await connection.expunge(UidSet.of([was.uid]))
        await self._jobs.write(intents.end, intent)
        return version

    async def delete(self, link: FolderLink, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """Delete notes for good; gives those that were there. Raises: ReadOnly, StoreError."""
        link.check_takes_items()
        here: dict[ItemId, HeldNote] = await self._jobs.read(notes.held, link.folder, items)
        if here:
            async with self._access.selected(link, writes=True) as connection:
                older = await self._older(connection, link, here.values())
                await connection.expunge(UidSet.of([*older, *(one.uid for one in here.values())]))
        self._refresh.unsure(link.folder)
        gone: frozenset[ItemId] = await self._jobs.write(writing.delete, link.id, items)
        return gone

    async def _older(
        self, connection: ImapConnection, link: FolderLink, going: Iterable[HeldNote]
    ) -> list[int]:
        """Give what notes were before: left behind, it would come as notes again."""
        last = {one.identifier: one.uid for one in going}
        return await self._refresh.older(connection, link, last)

    async def empty(self, link: FolderLink) -> None:
        """Delete all notes that are known, and what they were before."""
        link.check_takes_items()
        highest = await self._jobs.read(mail.highest_uid, link.folder)
        async with self._access.selected(link, writes=True) as connection:
            uids = [uid for uid in await connection.search(UNDELETED) if uid <= highest]
            for at in range(0, len(uids), _EXPUNGED_AT_ONCE):
                await connection.expunge(UidSet.of(uids[at : at + _EXPUNGED_AT_ONCE]))
        while not await self._jobs.write(hierarchy.empty_folder, link.id, False):
            pass

    async def move(
        self, link: FolderLink, items: Sequence[ItemId], target: FolderLink
    ) -> Mapping[ItemId, ItemHead]:
        """Move notes to another folder. Raises: NotFound, ReadOnly, NotAllowed, StoreError."""
        link.check_takes_items()
        target.check_takes_items()
        if link.folder == target.folder:
            stay: Mapping[ItemId, ItemHead] = await self._jobs.write(
                writing.move, link.id, items, target.id
            )
            return stay
        here: dict[ItemId, HeldNote] = await self._jobs.read(notes.held, link.folder, items)
        intent, uids = None, dict[ItemId, int]()
        if here:
            intent = await self._begin_move(link, here, target)
            uids = await self._moved(link, here, target)

        def write(change: Change) -> Mapping[ItemId, ItemHead]:
            if intent is not None:
                intents.end(change, intent)
            return notes.move(change, link.folder, items, target.folder, uids)

        self._refresh.unsure(link.folder)
        heads: Mapping[ItemId, ItemHead] = await self._jobs.write(write)
        return heads

    async def _begin_move(
        self, link: FolderLink, here: Mapping[ItemId, HeldNote], target: FolderLink
    ) -> int:
        def begin(change: Change) -> int:
            detail = {
                "target": target.folder,
                "after": mail.highest_uid(change.db, target.folder),
                "epochs": [link.epoch, target.epoch],
                "notes": {str(item): [one.uid, one.identifier] for item, one in here.items()},
            }
            return intents.begin(change, MOVE, link.folder, detail)

        intent: int = await self._jobs.write(begin)
        return intent

    async def _moved(
        self, link: FolderLink, here: Mapping[ItemId, HeldNote], target: FolderLink
    ) -> dict[ItemId, int]:
        """Have the server move messages; gives the UIDs that they have now."""
        self._access.outdate(target.place)
        async with self._access.selected(link, writes=True) as connection:
            older = await self._older(connection, link, here.values())
            moved = await connection.move(UidSet.of(one.uid for one in here.values()), target.place)
            if older:
                await connection.expunge(UidSet.of(older))
        if moved.uids is None:
            raise Unavailable(f"the server does not say where notes are in folder {target.id}")
        if moved.uids and str(moved.validity) != target.epoch:
            raise Unavailable(f"UIDVALIDITY of folder {target.id} changed")
        return {item: moved.uids[one.uid] for item, one in here.items() if one.uid in moved.uids}


def _says(change: Change, one: HeldNote, source: bytes, made: Made, expected: ItemVersion) -> bool:
    """Tell whether a note is already what it is to be."""
    if source_of(change.db, one.row) == source:
        return True
    return expected != one.version and record_of(change.db, one.row) == made.record


def _check_replaceable(change: Change, link: FolderLink, one: HeldNote, identifier: str) -> None:
    link.check_takes_items()
    if not one.whole:
        raise NotAllowed(f"the message of note {one.item} holds more than a note can")
    other = notes.newest(change.db, link.folder, identifier)
    if other is not None and other.row != one.row:
        raise Conflict(f"note {other.item} in folder {link.id} has that UID")


def _detail(change: Change, link: FolderLink, identifier: str) -> dict[str, int | str]:
    """Give what a note that is about to be stored will be found by."""
    return {
        "identifier": identifier,
        "after": mail.highest_uid(change.db, link.folder),
        "epoch": link.epoch,
    }
