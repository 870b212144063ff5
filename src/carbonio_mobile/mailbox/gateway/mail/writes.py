"""Changing messages: on the server first, then in the mirror.

What a process that dies between the two leaves behind is found again (``mailrecovery.py``): what is
about to be done stands in the mirror before the server is told. Whoever calls holds the locks of
the folders concerned, and has brought their mirrors up to date.

Spec: design.md 4 (P1, order of writes); RFC 4315 (UIDPLUS), RFC 6851 (MOVE).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from carbonio_mobile.errors import NotAllowed, StoreError, Unavailable
from carbonio_mobile.ids import ItemId, ItemVersion, OperationId
from carbonio_mobile.imap.codes import Appended
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded import hierarchy, writing
from carbonio_mobile.mailbox.embedded.change import Change, recorded
from carbonio_mobile.mailbox.embedded.jobs import MakeContent, Write
from carbonio_mobile.mailbox.embedded.rows import head, id_list, unpack_state
from carbonio_mobile.mailbox.embedded.search import pack_text
from carbonio_mobile.mailbox.embedded.writing import STATE, Content
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.flags import flag_changes, initial_flags
from carbonio_mobile.mailbox.gateway.mail.matching import find_stored, fingerprint
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.mirror import intents, mail
from carbonio_mobile.mailbox.mirror.contents import kept_source
from carbonio_mobile.mailbox.mirror.links import FolderLink
from carbonio_mobile.mailbox.patches import patched
from carbonio_mobile.mailbox.standard import check_holds_mail
from carbonio_mobile.mime.mailitem import MailPatch, MailState
from carbonio_mobile.sync.changes import ItemHead
from carbonio_mobile.sync.folders import FolderKind

APPEND, DRAFT = "append", "draft"
_EXPUNGED_AT_ONCE = 500
_NOT_SEARCHED = pack_text("")

Detail = dict[str, Any]
"""What an intent needs to find out what became of it."""


class MailWrites:
    """Changes the messages of one account."""

    def __init__(self, access: MailAccess, jobs: MirrorJobs) -> None:
        self._access = access
        self._jobs = jobs

    async def known(self, verb: str, operation: OperationId) -> ItemHead | None:
        """Give what an operation came to, if it was done before."""
        result = await self._jobs.read(recorded, verb, operation)
        return None if result is None else head(*result)

    async def append(
        self,
        link: FolderLink,
        source: bytes,
        state: MailState,
        *,
        received: float,
        operation: OperationId,
        quota_bytes: int,
    ) -> ItemHead:
        """Store a message that was not stored before. Raises: OverQuota, other StoreErrors."""
        check_holds_mail(link.kind)
        link.check_takes_items()

        def begin(change: Change) -> tuple[int, Detail]:
            _check_room(change, len(source), quota_bytes)
            after = mail.highest_uid(change.db, link.folder)
            detail = fingerprint(link, source, received, after=after)
            return intents.begin(change, APPEND, link.folder, detail, operation), detail

        intent, uid = await self._store(link, source, state, begin)
        keeps = link.kind is FolderKind.DRAFTS

        def plan(make_content: MakeContent) -> Write:
            content = _kept(make_content(source, received), keeps=keeps)

            def write(change: Change) -> ItemHead:
                intents.end(change, intent)
                made = writing.append(change, link.id, content, state, received, operation, 0)
                mail.link_message(change, link.folder, made.item, uid)
                return made

            return write

        made: ItemHead = await self._jobs.planned(plan, size_bytes=len(source))
        return made

    async def _store(
        self,
        link: FolderLink,
        source: bytes,
        state: MailState,
        begin: Callable[[Change], tuple[int, Detail]],
        *,
        replaces: bool = False,
    ) -> tuple[int, int]:
        """Have the server store a message; gives the intent that ``begin`` made, and its UID.

        Raises: NotAllowed (it ``replaces`` one that could not be expunged), other StoreErrors.
        """
        async with self._access.connection(link.place) as connection:
            if replaces and not connection.can("UIDPLUS"):
                raise NotAllowed("the server lacks UIDPLUS: drafts cannot be replaced")
            # Not before there is a connection: what was never sent leaves no doubt behind.
            intent, detail = await self._jobs.write(begin)
            self._access.outdate(link.place)
            try:
                where = await self._append(connection, link, source, state, detail["received"])
            except Unavailable:
                raise
            except StoreError:
                # It was refused, so there is nothing to find.
                await self._jobs.write(intents.end, intent)
                raise
        if where is not None:
            check_epoch(link, where.validity)
            return intent, where.uids.ranges[0][0]
        found = await find_stored(self._access, link, detail)
        if found is None:
            raise Unavailable(f"what was stored in folder {link.id} is not there")
        return intent, found[0].uid

    async def _append(
        self,
        connection: ImapConnection,
        link: FolderLink,
        source: bytes,
        state: MailState,
        received: float,
    ) -> Appended | None:
        permanent = self._access.permanent_flags(link.place)
        flags = initial_flags(state, permanent=permanent, draft=link.kind is FolderKind.DRAFTS)
        return await connection.append(link.place, source, flags=flags, date=received)

    async def update(
        self, link: FolderLink, patches: Mapping[ItemId, MailPatch], *, quota_bytes: int
    ) -> Mapping[ItemId, ItemVersion]:
        """Change messages; a draft's new source is stored as a new message in the old one's place.

        Raises: NotAllowed (a source for what is no draft), OverQuota, other StoreErrors.
        """
        contents: dict[ItemId, bytes] = {
            item: one.source for item, one in patches.items() if one.source is not None
        }
        if contents and link.kind is not FolderKind.DRAFTS:
            raise NotAllowed("a new source outside of the drafts")
        if patches:
            link.check_takes_items()
        before = await self._jobs.read(_states, link.folder, list(patches))
        for item, source in contents.items():
            if item in before:
                await self._replace_draft(
                    link, item, source, patches[item], before[item], quota_bytes
                )
        await self._store_flags(link, patches, before)
        versions: Mapping[ItemId, ItemVersion] = await self._jobs.write(
            writing.update,
            link.id,
            {item: replace(one, source=None) for item, one in patches.items()},
            {},
            0,
        )
        return versions

    async def _store_flags(
        self,
        link: FolderLink,
        patches: Mapping[ItemId, MailPatch],
        before: Mapping[ItemId, tuple[int, MailState]],
    ) -> None:
        """Have the server change flags, with one command for all messages that change alike."""
        changing = {
            item: (uid, old, patched(old, patches[item]))
            for item, (uid, old) in before.items()
            if patched(old, patches[item]) != old
        }
        if not changing:
            return
        async with self._access.selected(link, writes=True) as connection:
            permanent = self._access.permanent_flags(link.place)
            alike: dict[tuple[str, frozenset[str]], list[int]] = defaultdict(list)
            for uid, old, new in changing.values():
                wanted = flag_changes(old, new, permanent)
                for sign, flags in (("+", wanted.add), ("-", wanted.remove)):
                    if flags:
                        alike[sign, flags].append(uid)
            for (sign, flags), uids in alike.items():
                await connection.store(UidSet.of(uids), sign, sorted(flags))

    async def _replace_draft(
        self,
        link: FolderLink,
        item: ItemId,
        source: bytes,
        patch: MailPatch,
        before: tuple[int, MailState],
        quota_bytes: int,
    ) -> None:
        """Give a draft a new content: a new message, and the old one expunged; the id stays."""
        uid, old = before
        if await self._jobs.read(_is_same_source, link.folder, item, source):
            return

        now = self._jobs.seconds()

        def begin(change: Change) -> tuple[int, Detail]:
            _check_room(change, len(source) - _size_of(change, link.folder, item), quota_bytes)
            after = mail.highest_uid(change.db, link.folder)
            detail = fingerprint(link, source, now, after=after, item=item, old=uid)
            return intents.begin(change, DRAFT, link.folder, detail), detail

        state = patched(old, patch)
        intent, new_uid = await self._store(link, source, state, begin, replaces=True)
        await self.take_over_draft(link, item, source, now, old=uid, new=new_uid)
        await self._jobs.write(intents.end, intent)

    async def take_over_draft(
        self, link: FolderLink, item: ItemId, source: bytes, received: float, *, old: int, new: int
    ) -> None:
        """Have an item show its new source, that the server stored under another UID.

        The old one is expunged.
        """

        def plan(make_content: MakeContent) -> Write:
            content = _kept(make_content(source, received), keeps=True)

            def write(change: Change) -> None:
                if mail.uids_of(change.db, link.folder, [item]).get(item) == old:
                    mail.vanish(change, link.folder, [new])  # it was seen before it was known
                    only = {item: MailPatch(source=source)}
                    writing.update(change, link.id, only, {item: content}, 0)
                    mail.link_message(change, link.folder, item, new)

            return write

        await self._jobs.planned(plan, size_bytes=len(source))
        async with self._access.selected(link, writes=True) as connection:
            await connection.expunge(UidSet.of([old]))

    async def delete(self, link: FolderLink, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """Delete messages for good; gives those that were there."""
        link.check_takes_items()
        uids = await self._jobs.read(mail.uids_of, link.folder, items)
        if uids:
            async with self._access.selected(link, writes=True) as connection:
                await connection.expunge(UidSet.of(uids.values()))
        gone: frozenset[ItemId] = await self._jobs.write(writing.delete, link.id, items)
        return gone

    async def empty(self, link: FolderLink) -> None:
        """Delete all messages of a mailbox that the mirror knows."""
        link.check_takes_items()
        uids = list(await self._jobs.read(mail.known_uids, link.folder))
        async with self._access.selected(link, writes=True) as connection:
            for at in range(0, len(uids), _EXPUNGED_AT_ONCE):
                await connection.expunge(UidSet.of(uids[at : at + _EXPUNGED_AT_ONCE]))
        while not await self._jobs.write(hierarchy.empty_folder, link.id, False):
            pass


def _kept(content: Content, *, keeps: bool) -> Content:
    """Leave out what the mirror does not keep: the source, but for drafts, and what is searched."""
    source = content.source if keeps else b""
    return replace(content, source=source, searchable=_NOT_SEARCHED)


def check_epoch(link: FolderLink, validity: int) -> None:
    """Refuse UIDs that are not of the mailbox as the mirror knows it. Raises: Unavailable."""
    if str(validity) != link.epoch:
        raise Unavailable(f"UIDVALIDITY of folder {link.id} changed")


def _check_room(change: Change, more_bytes: int, quota_bytes: int) -> None:
    """Refuse what does not fit, and count nothing yet. Raises: OverQuota."""
    writing.take_space(change, more_bytes, quota_bytes)
    change.used_bytes -= more_bytes


def _states(db: Any, folder: int, items: Sequence[ItemId]) -> dict[ItemId, tuple[int, MailState]]:
    """Give UID and state of items."""
    rows = db.execute(
        f"SELECT number, uid, {STATE} FROM item INDEXED BY item_number"  # noqa: S608 -- constant
        " JOIN remote_message ON remote_message.item = item.id"
        " WHERE item.folder = ? AND number IN (SELECT value FROM json_each(?))",
        (folder, id_list(items)),
    )
    return {ItemId(number): (uid, unpack_state(*state)) for number, uid, *state in rows}


def _is_same_source(db: Any, folder: int, item: ItemId, source: bytes) -> bool:
    return kept_source(db, folder, item, None) == source


def _size_of(change: Change, folder: int, item: ItemId) -> int:
    row = change.db.execute(
        "SELECT size_bytes FROM item WHERE folder = ? AND number = ?", (folder, item)
    ).fetchone()
    return int(row[0]) if row else 0
