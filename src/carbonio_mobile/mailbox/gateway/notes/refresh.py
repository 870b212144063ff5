"""Bringing the mirror of a mailbox of notes up to date, at the cost of what changed.

As with mail one STATUS tells whether anything did, and the server's history what; but messages are
read whole. A message that has the identifier of a note that is known is that note, changed. The
message that it was before is passed over while it still stands there: another client is about to
take it away. When a note goes, what was passed over is looked at again.

Spec: RFC 7162 (CONDSTORE, QRESYNC), RFC 9051 2.3.1.1 (UIDVALIDITY).
"""

from collections.abc import Collection, Mapping, Sequence

from twisted.logger import Logger

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.imap.searching import UNDELETED
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.embedded.jobs import MakeContent, Write
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.marks import Mark, validity_of
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.gateway.notes import reading as notereading
from carbonio_mobile.mailbox.gateway.notes.reading import NoteMessage, marked_deleted
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.mirror import mail, notes
from carbonio_mobile.mailbox.mirror.links import FolderLink, set_token
from carbonio_mobile.mailbox.mirror.mail import Seen
from carbonio_mobile.mailbox.mirror.notes import ArrivedNote

_ALL = UidSet.from_on(1)
_TRIES = 3
_SLOW_BYTES = 1 << 20
"""Planned apart from what single requests wait for."""

_log = Logger()


class NoteRefresh:
    """Refreshes the mirrors of one account's mailboxes of notes; the caller holds their locks.

    ``flags_s`` is how often all flags are read, on a server that keeps no MODSEQ.
    """

    def __init__(self, access: MailAccess, jobs: MirrorJobs, *, flags_s: float) -> None:
        self._access = access
        self._jobs = jobs
        self._flags_s = flags_s
        self._flags_at: dict[int, float] = {}
        self._passed: dict[int, set[int]] = {}
        self._refused: dict[tuple[int, int], int] = {}
        self._unsure: set[int] = set()

    async def refresh(self, link: FolderLink) -> bool:
        """Bring a folder up to date; gives whether anything was to be read.

        Raises: NotFound (the mailbox is gone), other StoreErrors.
        """
        async with self._access.connection(link.place) as connection:
            await self._access.look_again(connection, link.place)
            status = await connection.status(link.place)
            now, before = Mark.of(status), Mark.parse(link.token)
            epoch = validity_of(status)
            if before is None or epoch != link.epoch:
                is_whole = await self._index(connection, link, epoch)
                if not is_whole:
                    await self._jobs.write(_note, link.folder, _begun(now), epoch)
            elif now != before or self._flags_due(link, now):
                is_whole = await self._catch_up(connection, link, before, now)
            else:
                return False
        self._flags_at[link.folder] = self._jobs.seconds()
        if is_whole:
            await self._jobs.write(_note, link.folder, now, epoch)
        return True

    def _flags_due(self, link: FolderLink, now: Mark) -> bool:
        """Tell whether marks may have changed without a sign: where the server counts nothing."""
        if now.modseq:
            return False
        return self._jobs.seconds() - self._flags_at.get(link.folder, 0.0) >= self._flags_s

    async def _index(self, connection: ImapConnection, link: FolderLink, epoch: str) -> bool:
        """Read all; notes that are known already are known again by their identifiers.

        Tells whether nothing is to be tried again.
        """
        if link.token:
            _log.warn(
                "UIDVALIDITY of folder {folder} of {account} changed: all its notes are read again",
                folder=link.folder, account=self._jobs.account,
            )  # fmt: skip
        self._passed.pop(link.folder, None)
        await self._access.choose(connection, link, anew=True)
        chosen = connection.selected
        if chosen is None or str(chosen.validity) != epoch:
            raise Unavailable(f"UIDVALIDITY of folder {link.id} changed just now")
        seen = await notereading.look(connection, _ALL, gone=None)
        shown = _without(seen, marked_deleted(seen))
        await self._jobs.write(notes.strange, link.folder)
        is_whole = await self._take(connection, link, shown.values())
        await self._jobs.write(mail.vanish_but, link.folder, UidSet.of(shown))
        return is_whole

    async def _catch_up(
        self, connection: ImapConnection, link: FolderLink, before: Mark, now: Mark
    ) -> bool:
        """Take over what changed: first what came, so that a note that was changed stays one.

        Tells whether nothing is to be tried again.
        """
        await self._access.choose(connection, link)
        by_history = bool(before.modseq) and now.modseq >= before.modseq
        gone: list[UidSet] | None = None
        if by_history and "QRESYNC" in connection.enabled:
            gone = []
        since = before.modseq if by_history else 0
        seen = await notereading.look(connection, _ALL, changed_since=since, gone=gone)
        hidden = marked_deleted(seen)
        shown = _without(seen, hidden)
        unknown = await self._unknown(link, shown.values())
        is_whole = await self._take(connection, link, unknown)
        present: UidSet | None = None
        if gone is None:
            present = await connection.search(UNDELETED) if by_history else UidSet.of(shown)
        known = await self._jobs.read(mail.known_uids, link.folder)
        going = [
            uid
            for uid in known
            if uid in hidden
            or any(uid in some for some in gone or ())
            or (present is not None and uid not in present)
        ]
        self._passed.get(link.folder, set()).difference_update(hidden)
        if going or link.folder in self._unsure:
            await self._let_go(connection, link, going)
        return is_whole

    async def _let_go(
        self, connection: ImapConnection, link: FolderLink, going: Sequence[int]
    ) -> None:
        """Take out notes that went, in one write with those that what was passed over is now."""
        strangers = await self._read(connection, await self._strangers(connection, link))

        def write(change: Change) -> list[int]:
            mail.vanish(change, link.folder, going)
            return notes.merge(change, link.folder, strangers)

        passed: list[int] = await self._jobs.write(write)
        self._passed.setdefault(link.folder, set()).update(passed)
        self._unsure.discard(link.folder)

    def unsure(self, folder: int) -> None:
        """Have what was passed over looked at again: notes of a folder went otherwise."""
        self._unsure.add(folder)

    async def _unknown(self, link: FolderLink, seen: Collection[Seen]) -> list[Seen]:
        """Give those that are no notes here yet, and were not passed over."""
        passed = self._passed.get(link.folder, set())
        uids = {one.uid for one in seen if one.uid not in passed}
        unknown = set(await self._jobs.read(mail.unknown, link.folder, uids))
        return [one for one in seen if one.uid in unknown]

    async def _strangers(self, connection: ImapConnection, link: FolderLink) -> list[Seen]:
        """Give all messages that are no notes here: those passed over, too."""
        present = await connection.search(UNDELETED)
        unknown = await self._jobs.read(mail.unknown, link.folder, list(present))
        if not unknown:
            return []
        return list((await notereading.look(connection, UidSet.of(unknown), gone=None)).values())

    async def older(
        self, connection: ImapConnection, link: FolderLink, last: Mapping[str, int]
    ) -> list[int]:
        """Give the messages that notes were before and that still stand in the selected mailbox.

        ``last`` are the UIDs of the notes by identifier. Raises: StoreError.
        """
        strangers = await self._read(connection, await self._strangers(connection, link))
        return [one.uid for one in strangers if one.uid < last.get(one.identifier, 0)]

    async def since(self, connection: ImapConnection, uid: int) -> list[ArrivedNote]:
        """Give what stands in the selected mailbox above a UID. Raises: StoreError."""
        seen = await notereading.look(connection, UidSet.from_on(uid + 1), gone=None)
        return await self._read(connection, [one for one in seen.values() if one.uid > uid])

    async def _read(self, connection: ImapConnection, seen: Collection[Seen]) -> list[ArrivedNote]:
        """Read messages, and merge nothing."""
        found: list[ArrivedNote] = []
        for page in notereading.pages(seen):
            found += await self._made(await notereading.fetch(connection, page))
        return found

    async def _made(self, messages: Sequence[NoteMessage]) -> list[ArrivedNote]:
        def plan(_: MakeContent) -> Write:
            read = [notereading.arrived(one) for one in messages]
            return lambda _change: read

        read: list[ArrivedNote] = await self._jobs.planned(plan, size_bytes=_SLOW_BYTES)
        return read

    async def _take(
        self, connection: ImapConnection, link: FolderLink, seen: Collection[Seen]
    ) -> bool:
        """Read messages and merge them, page by page; tells whether none is to be tried again."""
        is_whole = True
        for page in notereading.pages(seen):
            messages = await notereading.fetch(connection, page)
            passed = await self._merge(link, messages)
            self._passed.setdefault(link.folder, set()).update(passed)
            read = {one.uid for one in messages}
            unread = [one.uid for one in page if one.uid not in read]
            is_whole = not self._is_due_again(link, unread) and is_whole
        return is_whole

    def _is_due_again(self, link: FolderLink, unread: Collection[int]) -> bool:
        """Tell whether messages that the server did not give, or that went, are to be tried again.

        Those that it refused often are passed over.
        """
        for uid in unread:
            tries = self._refused.pop((link.folder, uid), 0) + 1
            if tries < _TRIES:
                self._refused[link.folder, uid] = tries
                continue
            self._passed.setdefault(link.folder, set()).add(uid)
            _log.warn(
                "{account}: message {uid} of folder {folder} cannot be read, and is left out",
                account=self._jobs.account, uid=uid, folder=link.folder,
            )  # fmt: skip
        return any((link.folder, uid) in self._refused for uid in unread)

    async def _merge(self, link: FolderLink, messages: Sequence[NoteMessage]) -> list[int]:
        def plan(_: MakeContent) -> Write:
            arrived = [notereading.arrived(one) for one in messages]
            return lambda change: notes.merge(change, link.folder, arrived)

        passed: list[int] = await self._jobs.planned(plan, size_bytes=_SLOW_BYTES)
        return passed


def _without(seen: dict[int, Seen], hidden: Collection[int]) -> dict[int, Seen]:
    return {uid: one for uid, one in seen.items() if uid not in hidden}


def _begun(now: Mark) -> Mark:
    """Give a state from which everything is news, by history where the server keeps one."""
    return Mark(modseq=min(now.modseq, 1), uid_next=0, messages=0, unseen=0)


def _note(change: Change, folder: int, now: Mark, epoch: str) -> None:
    set_token(change.db, folder, now.text(), epoch=epoch)
