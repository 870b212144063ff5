"""``AccountWatch``: the watch of one account: its mail by a connection that hears of news, its
other folders by asking now and then.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from carbonio_mobile.errors import StoreError
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.mailbox.gateway.push.news import WatchNews
from carbonio_mobile.mailbox.gateway.push.shares import WatchShares, held
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.tcpkeepalive import keep_alive
from carbonio_mobile.mailbox.imapclient.watch import ImapWatch

_KNOWN_MOST = 1_000
"""Folders whose mailboxes are remembered: devices may name what they like."""

_log = Logger()


class AccountWatch:
    """Watches what ``want`` named, until ``end``. ``make_room`` is called when there is no place
    for one more connection.
    """

    def __init__(
        self, account: AccountId, shares: WatchShares, *, make_room: Callable[[], None]
    ) -> None:
        self._account = account
        self._shares = shares
        self._make_room = make_room
        self._folders: frozenset[FolderId] = frozenset()
        self._known: dict[FolderId, str | None] = {}
        self._renamings = 0
        self._watch: ImapWatch | None = None
        self._tasks: dict[str, Deferred[None]] = {}
        self._is_ended = False
        self._news = WatchNews(
            self._tell, clock=shares.clock, chance=shares.chance, limits=shares.limits.news
        )

    def want(self, folders: frozenset[FolderId]) -> None:
        """Watch these. With none, the connection stays, and nothing is asked for."""
        self._folders = folders
        if self._is_ended or not folders:
            return
        if folders <= self._known.keys():
            self._use_names()
        else:
            self._keep_on("names", self._learn_names)

    def covers(self, mailbox: str | None) -> bool:
        """Tell whether what is known of a mailbox is all that the server has told, and it tells
        all.
        """
        return (
            self._watch is not None and self._watch.covers(mailbox) and self._news.is_clear(mailbox)
        )

    async def catch_up(self) -> bool:
        """Let the server tell what it has not told yet; false if it cannot be asked."""
        return self._watch is not None and await self._watch.catch_up()

    @property
    def is_connected(self) -> bool:
        """Whether it hears of news, or begins to."""
        return self._watch is not None

    def hurry(self) -> None:
        """Try to reach the server now, if it is being waited for."""
        watching = self._tasks.get("watching")
        if watching is not None and self._watch is None:
            watching.cancel()
            self._use_names()

    def end(self) -> None:
        """Watch no more."""
        self._is_ended = True
        self._news.stop()
        for task in list(self._tasks.values()):
            task.cancel()

    def _keep_on(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do a work that is not being done yet."""
        if name in self._tasks or self._is_ended:
            return
        task = Deferred.fromCoroutine(work())
        if not task.called:
            self._tasks[name] = task
        task.addErrback(_log_unforeseen)
        task.addBoth(lambda _: self._forget_task(name, task))

    def _forget_task(self, name: str, task: Deferred[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]

    # Which mailboxes

    async def _learn_names(self) -> None:
        failures = 0
        while not (self._is_ended or self._folders <= self._known.keys()):
            asked, renamings = self._folders, self._renamings
            try:
                names = await self._shares.means.names(self._account, asked)
            except StoreError as exc:
                _log.debug("the folders to watch cannot be found now: {why}", why=str(exc))
                if not self._is_ended:
                    await self._shares.pause(failures)
                failures += 1
                continue
            if len(self._known) > _KNOWN_MOST:
                self._known.clear()
            if renamings == self._renamings:
                self._known.update({folder: names.get(folder) for folder in asked})
        self._use_names()

    def _mailboxes(self) -> list[str]:
        """Give the mailboxes to watch, the Inbox first."""
        names = {self._known.get(folder) for folder in self._folders} - {None}
        return sorted(filter(None, names), key=lambda name: (name.upper() != "INBOX", name))

    def _others(self) -> list[FolderId]:
        """Give the folders that are no mailboxes."""
        return sorted(one for one in self._folders if self._known.get(one, "") is None)

    def _use_names(self) -> None:
        mailboxes = self._mailboxes()
        if mailboxes and self._watch is not None:
            self._watch.change(mailboxes)
        elif mailboxes:
            self._keep_on("watching", self._keep_watching)
        if self._others():
            self._keep_on("polling", self._keep_polling)

    # Mail

    async def _keep_watching(self) -> None:
        failures = 0
        while self._mailboxes():
            began = self._shares.clock.seconds()
            try:
                await self._watch_once()
            except StoreError as exc:
                _log.info("the watch of {account} ended: {why}", account=self._account,
                          why=str(exc))  # fmt: skip
            except CancelledError:
                raise
            except Exception:
                _log.failure("the watch of {account} failed", account=self._account)
            if self._shares.clock.seconds() - began > self._shares.limits.longest_pause_s:
                failures = 0
            if self._is_ended:
                break
            await self._shares.pause(failures)
            failures += 1

    async def _watch_once(self) -> None:
        """Watch until the connection ends; raises what it ended for."""
        async with self._connection() as connection:
            mailboxes = self._mailboxes()
            if not mailboxes:
                return
            watch = ImapWatch(
                connection,
                mailboxes,
                on_change=self._news.hear,
                clock=self._shares.clock,
                chance=self._shares.chance,
                limits=self._shares.limits.watch,
                pace=self._shares.pace,
            )
            self._watch = watch
            try:
                await watch.run()
            finally:
                self._watch = None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[ImapConnection]:
        if not self._shares.places.tokens:
            self._make_room()
        async with held(self._shares.places):
            async with held(self._shares.logins):
                connection = await self._shares.means.open(self._account)
            self._shares.keep(connection)
            keep_alive(connection.wire.transport)
            try:
                yield connection
            finally:
                connection.close()

    async def _tell(self, mailbox: str | None) -> None:
        await self._shares.means.on_news(self._account, mailbox)
        if mailbox is None and not self._is_ended:
            # Folders may have other names now.
            self._renamings += 1
            self._known.clear()
            self._keep_on("names", self._learn_names)

    # All else

    async def _keep_polling(self) -> None:
        limits = self._shares.limits
        pause_s = limits.poll_s
        while True:
            longest_s = pause_s * (0.75 + self._shares.chance() / 2)
            await deferLater(self._shares.clock, longest_s, lambda: None)
            async with held(self._shares.polls):
                folders = self._others()
                try:
                    if folders:
                        await self._shares.means.poll(self._account, folders)
                    pause_s = limits.poll_s
                except StoreError as exc:
                    _log.debug("folders cannot be looked at now: {why}", why=str(exc))
                    pause_s = min(2 * pause_s, limits.longest_poll_s)


def _log_unforeseen(failure: Failure) -> None:
    if not failure.check(CancelledError):
        _log.failure("a watch came to an unforeseen end", failure=failure)
