"""Looking for messages by the server's own search, and giving them as the mirror names them.

What a word matches is the server's business: parts of words too, and accents as it folds them.

A search asks mailbox after mailbox, the Inbox first, then those into which something came lately,
and brings into the mirror only those in which something was found that the mirror does not know.
After ``search_s`` it answers with what it has, and goes on: the same question finds more a moment
later. What was found is kept for a minute for the pages that follow, and for the same question, as
long as nothing changed in the mirror.

Spec: RFC 9051 6.4.4, RFC 4731 (ESEARCH), RFC 6203 (FUZZY); MS-ASCMD 2.2.3.144 (Range).
"""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from twisted.internet import defer
from twisted.internet.defer import Deferred

from carbonio_mobile.errors import NotAllowed, NotFound, Unavailable
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.imap.searching import (
    UNDELETED,
    Criteria,
    arrived_before,
    arrived_since,
    contains,
    fuzzy,
)
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded.rows import folder_id, id_list
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.searchwork import Row, SearchWork
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.mirror.links import FolderLink
from carbonio_mobile.mime.mailitem import MailQuery, SearchHits
from carbonio_mobile.sync.folders import FolderKind

_MAX_WORDS = 16
_WORD = re.compile(r"\w[^\s\"()]*")
_DAY_S = 86_400.0
_KEPT_S = 60.0
_MOST_KEPT = 4
"""Searches of an account."""
_LONGEST_S = 300.0
"""A search that takes longer than this ends with what it found."""
_HIT = (
    "SELECT item.received, item.folder, item.number FROM remote_message"
    " JOIN item ON item.id = remote_message.item"
    " WHERE remote_message.folder = ? AND uid IN (SELECT value FROM json_each(?))"
)

Refresh = Callable[[FolderLink], Awaitable[FolderLink | None]]
"""Brings a mailbox up to date; None where it is gone. Raises: StoreError."""


def words_of(phrase: str) -> tuple[str, ...]:
    """Give the words of what a user typed; what has no letter or digit is left out."""
    clean = phrase.replace("\0", " ").encode("utf-8", "replace").decode()
    return tuple(_WORD.findall(clean)[:_MAX_WORDS])


class MailSearch:
    """Searches the mailboxes of one account."""

    def __init__(
        self, access: MailAccess, jobs: MirrorJobs, *, refresh: Refresh, search_s: float
    ) -> None:
        self._access = access
        self._jobs = jobs
        self._refresh = refresh
        self._search_s = search_s
        self._works: OrderedDict[MailQuery, SearchWork] = OrderedDict()

    @property
    def is_idle(self) -> bool:
        """Whether no search is under way."""
        return not any(one.is_running for one in self._works.values())

    async def search(
        self, query: MailQuery, links: Sequence[FolderLink], *, offset: int, limit: int
    ) -> SearchHits:
        """Give hits in some mailboxes, as :meth:`IMailSearch.search` promises.

        ``total`` is how many were found so far, where there was too little time for all mailboxes.
        Conversations are found as far as their messages were read before. Raises: Unavailable
        (nothing was found in time), other StoreErrors.
        """
        words = words_of(query.phrase)
        if query.phrase and not words:
            return SearchHits(hits=(), total=0)
        if not words and (query.conversation or (query.after, query.before) == (None, None)):
            rows = await self._known(query, links)
            return _page(rows, len(rows), offset, limit)
        work = await self._work(query, words, links, goes_on=offset > 0)
        return _page(work.rows, work.total, offset, limit)

    # By what the mirror knows

    async def _known(self, query: MailQuery, links: Sequence[FolderLink]) -> list[Row]:
        until = self._jobs.seconds() + self._search_s
        if not query.conversation:
            for link in links:
                if self._jobs.seconds() < until:
                    await self._refresh(link)
        rows: list[Row] = []
        for link in links:
            rows += await self._jobs.read(_hits, link.folder, None, query)
        return sorted(rows, reverse=True)

    # By the server

    async def _work(
        self, query: MailQuery, words: Sequence[str], links: Sequence[FolderLink], *, goes_on: bool
    ) -> SearchWork:
        """Give the search for a query, done as far as time allows."""
        now, stamp = self._jobs.seconds(), await self._jobs.read(_stamp)
        work = self._works.get(query)
        if work is None or not _serves(work, now, stamp, goes_on=goes_on):
            self._let_go(now)
            order = await self._jobs.read(_by_news, links)
            look = partial(self._look, _criteria(words, query), query, now + _LONGEST_S)
            work = SearchWork(order, look, stamp=stamp, now=now)
            self._works[query] = work
        await self._wait(work)
        return work

    def _let_go(self, now: float) -> None:
        """Forget what is old, and end what nobody waits for: a user typed on."""
        for query, work in list(self._works.items()):
            if not work.waiting:
                if not work.is_whole:
                    work.give_up()
                    del self._works[query]
                elif now - work.begun_at > _KEPT_S:
                    del self._works[query]
        while len(self._works) >= _MOST_KEPT:
            self._works.popitem(last=False)

    async def _wait(self, work: SearchWork) -> None:
        work.waiting += 1
        try:
            work.start()
            await self._bounded(work.ended())
        finally:
            work.waiting -= 1
        fault = work.fault()
        if fault is not None:
            raise fault
        if not work.is_whole and not work.total:
            raise Unavailable("nothing was found yet, and the search goes on")

    async def _bounded(self, ended: Deferred[None]) -> None:
        with suppress(defer.TimeoutError):
            await ended.addTimeout(self._search_s, self._access.clock)

    async def _look(
        self, criteria: Criteria, query: MailQuery, until: float, link: FolderLink
    ) -> list[Row]:
        """Give the hits in a mailbox."""
        if self._jobs.seconds() > until:
            return []
        uids, epoch = await self._found(link, criteria)
        if not len(uids):
            return []
        if epoch != link.epoch or await self._jobs.read(_count, link.folder, uids) < len(uids):
            now = await self._refresh(link)
            if now is None:
                return []
            if now.epoch != epoch:  # it was made anew between the two
                uids, epoch = await self._found(now, criteria)
                if now.epoch != epoch:
                    raise Unavailable(f"UIDVALIDITY of folder {link.id} changed")
        rows: list[Row] = await self._jobs.read(_hits, link.folder, uids, query)
        return rows

    async def _found(self, link: FolderLink, criteria: Criteria) -> tuple[UidSet, str]:
        """Give the UIDs found in a mailbox, and of which UIDVALIDITY they are."""
        try:
            async with self._access.selected(link, anew=True) as connection:
                chosen = connection.require_selected()
                return await _searched(connection, criteria), str(chosen.validity)
        except NotFound:
            return UidSet(), ""


def _serves(work: SearchWork, now: float, stamp: int, *, goes_on: bool) -> bool:
    """Tell whether a search is good for a question: it runs, or is young and nothing changed."""
    if work.is_running:
        return True
    is_young = now - work.begun_at <= _KEPT_S
    return is_young and (goes_on or not work.is_whole or work.stamp == stamp)


def _page(rows: Sequence[Row], total: int, offset: int, limit: int) -> SearchHits:
    page = tuple((folder_id(folder), ItemId(n)) for _, folder, n in rows[offset:][:limit])
    return SearchHits(hits=page, total=total)


async def _searched(connection: ImapConnection, criteria: Criteria) -> UidSet:
    if connection.can("SEARCH=FUZZY"):
        try:
            found = await connection.search((*UNDELETED, *fuzzy(criteria)))
        except NotAllowed:
            found = UidSet()
        if len(found):
            return found
    return await connection.search((*UNDELETED, *criteria))


def _criteria(words: Sequence[str], query: MailQuery) -> Criteria:
    found: list[Any] = []
    for word in words:
        found += contains("TEXT", word)
    if query.after is not None:
        found += arrived_since(query.after - _DAY_S)
    if query.before is not None:
        found += arrived_before(query.before + 2 * _DAY_S)
    return tuple(found)


def _stamp(db: Any) -> int:
    """Give the number that changes whenever something in the mirror does."""
    (stamp,) = db.execute("SELECT modseq FROM mailbox").fetchone()
    return int(stamp)


def _by_news(db: Any, links: Sequence[FolderLink]) -> list[FolderLink]:
    """Order mailboxes: the Inbox, those with the newest mail, those that were never read."""
    newest = "SELECT received FROM item WHERE folder = ? ORDER BY received DESC LIMIT 1"
    at = {one.folder: (db.execute(newest, (one.folder,)).fetchone() or (0.0,))[0] for one in links}
    return sorted(links, key=lambda one: (one.kind is not FolderKind.INBOX, -at[one.folder]))


def _count(db: Any, folder: int, uids: UidSet) -> int:
    """Tell how many of these UIDs the mirror knows."""
    query = (
        "SELECT count(*) FROM remote_message"
        " WHERE folder = ? AND uid IN (SELECT value FROM json_each(?))"
    )
    (known,) = db.execute(query, (folder, id_list(list(uids)))).fetchone()
    return int(known)


def _hits(db: Any, folder: int, uids: UidSet | None, query: MailQuery) -> list[Row]:
    """Give the messages of a folder that fit."""
    statement, values = _HIT, [folder, id_list(list(uids or ()))]
    if uids is None:
        statement, values = "SELECT received, folder, number FROM item WHERE folder = ?", values[:1]
    for clause, value in (
        ("received > ?", query.after),
        ("received < ?", query.before),
        ("conversation = ?", query.conversation or None),
    ):
        if value is not None:
            statement, values = f"{statement} AND {clause}", [*values, value]
    found: list[Row] = db.execute(statement, values).fetchall()
    return found


def shown(links: Sequence[FolderLink], wanted: Sequence[FolderId]) -> list[FolderLink]:
    """Give those of the mailboxes that a query is about; all of them where it names none."""
    mail = [one for one in links if one.kind.holds_mail and not one.container]
    return [one for one in mail if not wanted or one.id in wanted]
