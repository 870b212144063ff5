"""Moving one account's objects from one collection to another.

What is about to be moved is written down first. A process that dies on the way, or an answer that
never comes, leaves that behind; whoever touches the account's objects next settles it before
anything else: what stands at its new place was moved, and the mirror follows; what does not was
not. So an object never appears as a stranger in the one folder while it vanishes from the other.

Spec: RFC 4918 9.9.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger

from carbonio_mobile.dav.collection import Collection
from carbonio_mobile.dav.etags import ETag, same
from carbonio_mobile.dav.faults import UidTaken
from carbonio_mobile.dav.hrefs import Url, child, name
from carbonio_mobile.errors import (
    Conflict,
    Corrupt,
    NotFound,
    StoreError,
    Unavailable,
)
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.mailbox.davclient.items import DavItems, Stored
from carbonio_mobile.mailbox.embedded import writing
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.embedded.objects import Made, make
from carbonio_mobile.mailbox.embedded.rows import find_folder
from carbonio_mobile.mailbox.gateway.objects.reach import Reach
from carbonio_mobile.mailbox.mirror.intents import WriteIntent, begin, end, left_behind
from carbonio_mobile.mailbox.mirror.links import FolderLink, link_of, links
from carbonio_mobile.mailbox.mirror.objects import (
    Held,
    held,
    held_at,
    place_anew,
    put,
    record_of,
    touch,
)
from carbonio_mobile.mailbox.sharedwork import SharedWork
from carbonio_mobile.mailbox.standard import check_movable
from carbonio_mobile.sync.changes import ItemHead

_AT_ONCE: Final = 8
VERB: Final = "dav-move"
"""Of the intents that are this module's."""

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """One object's way, and what came of it: where it stands now, or why it does not.

    ``text`` is given where it changed on the way.
    """

    intent: int
    item: ItemId
    before: Held
    target: Url
    stored: Stored | None = None
    text: Made | None = None
    fault: StoreError | None = None


class ObjectMoves:
    """Moves one account's objects."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._is_settled = False
        self._settling: SharedWork[None] | None = None

    async def move(
        self, folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> Mapping[ItemId, ItemHead]:
        """See :meth:`IItemWrites.move`.

        Raises: also ReadOnly, Conflict (the target has another of its UID), Unavailable, NotFound
        (the target's collection went); what could be moved is moved then.
        """
        origin, goal = await self._reach.read(_ends, folder, target)
        if origin.folder == goal.folder:
            return await self._moved_in_mirror(folder, items, target)
        async with self._reach.locks.held(Url(origin.place), Url(goal.place)):
            found: dict[ItemId, Held] = await self._reach.read(held, folder, items)
            if found:
                origin.check_writable()
                goal.check_writable()
            try:
                moves = await self._move_all(origin, goal, found) if found else []
                heads = await self._reach.write(_note, folder, items, goal, moves)
                stayed = await self._not_gone(origin, moves)
            except BaseException:
                self._is_settled = False
                raise
        faults = [one.fault for one in moves if one.fault is not None]
        self._is_settled &= not any(isinstance(one, Unavailable) for one in faults)
        for fault in faults:
            if not isinstance(fault, NotFound) or stayed:
                raise fault
        given: Mapping[ItemId, ItemHead] = heads
        return given

    async def _not_gone(self, origin: FolderLink, moves: Sequence[_Move]) -> bool:
        """Tell whether something was not found, and yet is there: it is the target that went."""
        lost = [one.item for one in moves if isinstance(one.fault, NotFound)]
        if lost:
            await self._reach.refresh(Url(origin.place))
        return bool(lost and await self._reach.read(held, origin.id, lost))

    async def _moved_in_mirror(
        self, folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> Mapping[ItemId, ItemHead]:
        heads: Mapping[ItemId, ItemHead] = await self._reach.write(
            writing.move, folder, items, target
        )
        return heads

    async def _move_all(
        self, origin: FolderLink, goal: FolderLink, found: Mapping[ItemId, Held]
    ) -> list[_Move]:
        target = await self._reach.collection_of(Url(goal.place))
        items = await self._reach.items(Url(origin.place))
        planned: list[_Move] = await self._reach.write(_plan, origin, goal, found)
        done: list[_Move] = []
        for at in range(0, len(planned), _AT_ONCE):
            doing = [
                Deferred.fromCoroutine(self._move(items, target, one))
                for one in planned[at : at + _AT_ONCE]
            ]
            done += await gatherResults(doing)
        return done

    async def _move(self, items: DavItems, target: Collection, one: _Move) -> _Move:
        """Move one object, under another name where its own is taken there."""
        etag = one.before.etag
        try:
            try:
                stored = await items.move(one.before.url, target, name(one.target), expected=etag)
            except UidTaken:
                raise
            except Conflict:
                etag = (await items.get(one.before.url)).etag
                one = replace(one, target=_other_target(one))
                await self._reach.write(_replan, one)
                stored = await items.move(one.before.url, target, name(one.target), expected=etag)
            return await self._arrived(items, one, stored)
        except StoreError as exc:
            return replace(one, fault=exc)

    async def _arrived(self, items: DavItems, one: _Move, stored: Stored) -> _Move:
        """Read an object at its new place, unless its state is known to be the same."""
        if same(stored.etag, one.before.etag):
            return replace(one, stored=stored)
        item = await items.get(stored.url)
        stored = replace(stored, etag=item.etag)
        try:
            return replace(one, stored=stored, text=make(item.source))
        except Corrupt:
            return replace(one, stored=replace(stored, etag=None))  # the next refresh reads it

    async def settle(self) -> None:
        """Bring to an end what another process, or a lost answer, left behind.

        To be called before any other work on objects, without a lock. Raises: StoreError.
        """
        while not self._is_settled:
            if self._settling is None or self._settling.is_over:
                self._settling = SharedWork(self._settle())
            await self._settling.result()

    async def _settle(self) -> None:
        self._is_settled = True
        try:
            for intent in await self._reach.read(left_behind):
                if intent.verb == VERB:
                    await self._settle_one(intent)
        except BaseException:
            self._is_settled = False
            raise

    async def _settle_one(self, intent: WriteIntent) -> None:
        url, target = Url(intent.detail["url"]), Url(intent.detail["target_url"])
        places = [Url(one.rpartition("/")[0] + "/") for one in (url, target)]
        async with self._reach.locks.held(*places):
            if intent.id not in {one.id for one in await self._reach.read(left_behind)}:
                return  # its own process ended it
            numbers = {one.folder: one for one in await self._reach.read(links)}
            origin = numbers.get(intent.folder)
            goal = numbers.get(intent.detail["target"])
            there: list[Held] = await self._reach.read(held_at, (intent.folder,), (url,))
            if origin is None or goal is None or not there:
                await self._reach.write(end, intent.id)
                return
            move = _Move(
                intent=intent.id, item=ItemId(there[0].number), before=there[0], target=target
            )
            await self._reach.write(
                _note, origin.id, [move.item], goal, [await self._found(move, goal)]
            )

    async def _found(self, move: _Move, goal: FolderLink) -> _Move:
        """See whether an object was moved; one that was only copied so far is moved to the end."""
        try:
            items = await self._reach.items(Url(goal.place))
            there = await items.get(move.target)
            made = make(there.source)
            uid = (await self._reach.read(record_of, move.before.row)).uid
            if made.record.uid != uid:
                raise NotFound("another object has its name")
            try:
                await items.delete(move.before.url, move.before.etag)
            except NotFound:
                pass  # the usual case: it was moved
            except Conflict:
                # The copy is older than what stands in the old place now: that one stays.
                await items.delete(move.target, there.etag)
                raise
        except Unavailable:
            raise
        except StoreError as exc:
            _log.info("{account}: an object was not moved: {why}",
                      account=self._reach.account, why=str(exc))  # fmt: skip
            return replace(move, fault=Conflict(str(exc)))
        return replace(move, stored=Stored(url=move.target, etag=there.etag), text=made)


def _ends(
    db: sqlite3.Connection, folder: FolderId, target: FolderId
) -> tuple[FolderLink, FolderLink]:
    check_movable(find_folder(db, folder).kind, find_folder(db, target).kind)
    return link_of(db, folder), link_of(db, target)


def _plan(
    change: Change, origin: FolderLink, goal: FolderLink, found: Mapping[ItemId, Held]
) -> list[_Move]:
    """Write down what is about to be moved."""
    moves = []
    for item, one in found.items():
        target = child(Url(goal.place), name(one.url))
        detail = {"url": one.url, "target_url": target, "target": goal.folder}
        intent = begin(change, VERB, origin.folder, detail)
        moves.append(_Move(intent=intent, item=item, before=one, target=target))
    return moves


def _replan(change: Change, one: _Move) -> None:
    """Write down that an object goes to another place than was planned."""
    change.db.execute(
        "UPDATE remote_intent SET detail = json_set(detail, '$.target_url', ?) WHERE id = ?",
        (one.target, one.intent),
    )


def _other_target(one: _Move) -> Url:
    """Give another name in the same collection, the same one each time."""
    digest = sha256(one.before.url.encode()).hexdigest()[:32]
    suffix = name(one.before.url).rpartition(".")[2]
    return child(Url(one.target.rpartition("/")[0] + "/"), f"{digest}.{suffix[:8] or 'ics'}")


def _note(
    change: Change,
    folder: FolderId,
    items: Sequence[ItemId],
    goal: FolderLink,
    moves: Sequence[_Move],
) -> Mapping[ItemId, ItemHead]:
    """Move in the mirror what was moved on the server, and forget that it was planned."""
    stayed = {one.item for one in moves if one.stored is None}
    heads = writing.move(change, folder, [item for item in items if item not in stayed], goal.id)
    for one in moves:
        if not isinstance(one.fault, Unavailable):
            end(change, one.intent)
        if one.stored is not None:
            touch(change.db, one.before.folder, one.before.url)
            touch(change.db, goal.folder, one.stored.url)
            place_anew(change, one.before.row, goal.folder, one.stored.url, one.stored.etag)
            if one.text is not None:
                _put_there(change, goal, heads[one.item], one.text, one.stored.etag)
    if any(one.text is not None for one in moves):
        return _heads_now(change, goal.id, heads)
    return heads


def _put_there(
    change: Change, goal: FolderLink, at: ItemHead, text: Made, etag: ETag | None
) -> None:
    item = at.position.item
    put(change, held(change.db, goal.id, (item,))[item], text, etag)


def _heads_now(
    change: Change, target: FolderId, heads: Mapping[ItemId, ItemHead]
) -> Mapping[ItemId, ItemHead]:
    now = held(change.db, target, [one.position.item for one in heads.values()])
    return {item: now[one.position.item].head for item, one in heads.items()}
