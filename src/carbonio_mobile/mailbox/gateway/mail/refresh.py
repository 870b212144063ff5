"""Bringing a mailbox's mirror up to date, at the cost of what changed.

One STATUS tells whether anything did. What, is told by the server's history (CONDSTORE, and QRESYNC
for what went); a server that keeps none is asked for all flags. At its first reading all messages
of a mailbox get their row, in the order in which they came; what they say is read when somebody
asks for it.

Spec: RFC 7162 (CONDSTORE, QRESYNC), RFC 9051 2.3.1.1 (UIDVALIDITY).
"""

from collections.abc import Callable, Mapping
from functools import partial

from twisted.logger import Logger

from carbonio_mobile.imap.responses import Fetch, MailboxStatus
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess, serves
from carbonio_mobile.mailbox.gateway.mail.flags import is_marked_deleted, state_of
from carbonio_mobile.mailbox.gateway.mail.marks import Mark, validity_of
from carbonio_mobile.mailbox.gateway.mail.matching import MESSAGE_ID, name_of
from carbonio_mobile.mailbox.gateway.mail.news import SKELETON, FirstReading, News, take_seen
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.session import Selection
from carbonio_mobile.mailbox.mirror import mail
from carbonio_mobile.mailbox.mirror.links import FolderLink, link_of, set_token
from carbonio_mobile.mailbox.mirror.mail import Seen, StateOf

_ALL = UidSet.from_on(1)

Progress = Callable[[str, int, int], None]
"""Is told the name of a mailbox, how many messages are read, and of how many."""

_log = Logger()


class MailRefresh:
    """Refreshes the mirrors of one account's mailboxes, one at a time each: the caller sees to it.

    ``told`` hears how far a long first reading is.
    """

    def __init__(
        self, access: MailAccess, jobs: MirrorJobs, *, flags_s: float, told: Progress
    ) -> None:
        self._access = access
        self._jobs = jobs
        self._flags_s = flags_s
        self._told = told
        self._flags_at: dict[int, float] = {}
        self._followed: dict[int, tuple[Selection | None, int]] = {}

    async def refresh(self, link: FolderLink) -> FolderLink:
        """Bring a folder up to date; gives its link as it is then, the same if nothing was new.

        Raises: NotFound (the mailbox is gone), other StoreErrors.
        """
        async with self._access.connection(link.place) as connection:
            if self._is_followed(connection, link):
                return await self._follow(connection, link)
            status = await self._status(connection, link)
            news = connection.wire.news
            now, before = Mark.of(status), Mark.parse(link.token)
            epoch = validity_of(status)
            if before is None:
                found = await self._index(connection, link, now, epoch)
            elif epoch != link.epoch:
                found = await self._start_anew(connection, link, now, epoch)
            elif now != before or self._flags_due(link, now):
                found = await self._catch_up(connection, link, before, now)
            else:
                self._note_followed(connection, link, news)
                return link
        self._flags_at[link.folder] = self._jobs.seconds()
        return found

    def _is_followed(self, connection: ImapConnection, link: FolderLink) -> bool:
        """Tell whether a connection has the folder selected, and told all that changed in it since
        the mirror was up to date: then it does so with its next answer. Whoever selects it again is
        not told what came in between, so it must be the same selection.
        """
        followed = self._followed.get(link.folder)
        return (
            followed is not None
            and followed[0] is connection.selected
            and serves(connection.selected, link)
            and not self._access.is_replaced(link.place)
        )

    async def _follow(self, connection: ImapConnection, link: FolderLink) -> FolderLink:
        """Bring a folder up to date that a connection follows: one NOOP where nothing changed."""
        await connection.probe()
        news = connection.wire.news
        before = Mark.parse(link.token)
        if before is None or self._followed[link.folder][1] == news:
            return link
        found = await self._by_history(connection, link, before, None)
        self._followed[link.folder] = (connection.selected, news)
        return found

    def _note_followed(self, connection: ImapConnection, link: FolderLink, news: int) -> None:
        """Note that the mirror has all that a connection told of a folder up to its ``news``.

        Only a server that tells of everything (QRESYNC) can be followed.
        """
        if "QRESYNC" in connection.enabled and serves(connection.selected, link):
            self._followed[link.folder] = (connection.selected, news)
        else:
            self._followed.pop(link.folder, None)

    async def renew(self, link: FolderLink) -> bool:
        """Learn the UIDs of a folder anew if UIDVALIDITY changed; gives whether it did.

        Raises: NotFound (the mailbox is gone), other StoreErrors.
        """
        async with self._access.connection(link.place) as connection:
            status = await self._status(connection, link)
            epoch = validity_of(status)
            if not link.token or epoch == link.epoch:
                return False
            await self._start_anew(connection, link, Mark.of(status), epoch)
        return True

    async def _status(self, connection: ImapConnection, link: FolderLink) -> MailboxStatus:
        # One after the other: of two commands sent at once Dovecot answers STATUS with old numbers.
        await self._access.look_again(connection, link.place)
        return await connection.status(link.place)

    def _flags_due(self, link: FolderLink, now: Mark) -> bool:
        """Tell whether flags may have changed without a sign: where the server counts nothing."""
        if now.modseq:
            return False
        return self._jobs.seconds() - self._flags_at.get(link.folder, 0.0) >= self._flags_s

    def _state_of(self, link: FolderLink) -> StateOf:
        permanent = self._access.permanent_flags(link.place)
        return partial(state_of, permanent=permanent, now=self._jobs.seconds())

    async def _index(
        self, connection: ImapConnection, link: FolderLink, now: Mark, epoch: str
    ) -> FolderLink:
        """Enter all messages for the first time, in the order of their UIDs."""
        if await self._jobs.read(mail.highest_uid, link.folder):
            # What an earlier reading that was broken off has left may be out of date by now.
            await self._jobs.write(mail.vanish_but, link.folder, UidSet())
        told = partial(self._told, link.place)
        reading = FirstReading(self._jobs, link, told, now.messages, self._state_of(link))
        await self._access.choose(connection, link, anew=True)
        await connection.fetch(_ALL, SKELETON, reading.take)
        await reading.flush()
        return await self._note(link, now, epoch)

    async def _start_anew(
        self, connection: ImapConnection, link: FolderLink, now: Mark, epoch: str
    ) -> FolderLink:
        """Learn the UIDs anew after UIDVALIDITY changed: the old ones mean nothing any more."""
        seen: list[Seen] = []
        names: dict[int, str] = {}

        def take(fetch: Fetch) -> None:
            take_seen(seen, fetch)
            names[fetch.uid] = name_of(fetch)

        await self._access.choose(connection, link, anew=True)
        await connection.fetch(_ALL, (*SKELETON, MESSAGE_ID), take)
        seen.sort(key=lambda one: one.uid)
        state = self._state_of(link)
        known = await self._jobs.write(mail.rematch, link.folder, seen, names, state)
        _log.warn(
            "UIDVALIDITY of folder {folder} of {account} changed: of {count} messages {known} were"
            " known again, the others come as new ones",
            folder=link.folder, account=self._jobs.account, count=len(seen), known=known,
        )  # fmt: skip
        return await self._note(link, now, epoch)

    async def _catch_up(
        self, connection: ImapConnection, link: FolderLink, before: Mark, now: Mark
    ) -> FolderLink:
        """Take over what changed."""
        await self._access.choose(connection, link)
        if before.modseq and now.modseq >= before.modseq:
            news = connection.wire.news
            found = await self._by_history(connection, link, before, now)
            self._note_followed(connection, found, news)
            return found
        return await self._by_comparison(connection, link, now)

    async def _by_history(
        self, connection: ImapConnection, link: FolderLink, before: Mark, now: Mark | None
    ) -> FolderLink:
        """Ask for what came and changed since, and what went; where nobody tells, for what is.

        Without ``now`` the mailbox is known from then on up to what came of it.
        """
        news = News()
        tells_gone = "QRESYNC" in connection.enabled
        await connection.fetch(
            _ALL,
            SKELETON,
            news.take,
            changed_since=before.modseq,
            on_vanished=news.gone.append if tells_gone else None,
        )
        present = None if tells_gone else await connection.search()
        return await self._merge(link, news, news.flags, present, now or news.mark(before))

    async def _by_comparison(
        self, connection: ImapConnection, link: FolderLink, now: Mark
    ) -> FolderLink:
        """Read all flags and compare them with those known; then the messages that are not."""
        flags: dict[int, tuple[str, ...]] = {}
        await connection.fetch(_ALL, ("FLAGS",), partial(_take_flags, flags))
        shown = [uid for uid, each in flags.items() if not is_marked_deleted(each)]
        news = News()
        unknown = await self._jobs.read(mail.unknown, link.folder, shown)
        if unknown:
            await connection.fetch(UidSet.of(unknown), SKELETON, news.take)
        return await self._merge(link, news, flags | news.flags, UidSet.of(flags), now)

    async def _merge(
        self,
        link: FolderLink,
        news: News,
        flags: Mapping[int, tuple[str, ...]],
        present: UidSet | None,
        mark: Mark,
    ) -> FolderLink:
        """Take what the server told over, all at once; ``present`` are all that are there still."""
        hidden = [uid for uid, each in flags.items() if is_marked_deleted(each)]
        shown = {uid: each for uid, each in flags.items() if not is_marked_deleted(each)}
        state = self._state_of(link)

        def merge(change: Change) -> FolderLink:
            if news.gone:
                mail.vanish_among(change, link.folder, news.gone)
            if present is not None:
                mail.vanish_but(change, link.folder, present)
            mail.vanish(change, link.folder, hidden)
            mail.note_flags(change, link.folder, shown, state)
            # What is no longer marked as deleted comes as a new one.
            mail.arrive(change, link.folder, news.shown, state)
            set_token(change.db, link.folder, mark.text())
            return link_of(change.db, link.id)

        found: FolderLink = await self._jobs.write(merge)
        return found

    async def _note(self, link: FolderLink, now: Mark, epoch: str) -> FolderLink:
        def note(change: Change) -> FolderLink:
            set_token(change.db, link.folder, now.text(), epoch=epoch)
            return link_of(change.db, link.id)

        found: FolderLink = await self._jobs.write(note)
        return found


def _take_flags(flags: dict[int, tuple[str, ...]], fetch: Fetch) -> None:
    if fetch.flags is not None:
        flags[fetch.uid] = fetch.flags
