"""``Watches``: hears of what comes into the mailboxes of accounts whose devices wait for it.

Each account that is waited for has one watch, for all its devices: a connection of its own to the
IMAP server (``ImapWatch``), beside those of the pool, with caps of its own, for it stays for hours;
its calendars and address books are asked for news from time to time. Nobody logs in when nobody
waits; when the last device is served the watch lingers, for phones come back at once with their
next Ping.

A connection that ends is opened anew, after a pause that grows and differs by chance, a few logins
at a time; then everything watched is told as news once. Meanwhile nobody asks instead of it: a
heartbeat ends, and the Ping that follows looks.

Cost with NOTIFY: two commands when a watch begins, one each ``renew_s`` (25 minutes), none when
devices come and go. What comes of news is the business of ``on_news``.
"""

from collections.abc import Callable, Collection

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IInterest
from carbonio_mobile.mailbox.gateway.push.accountwatch import AccountWatch
from carbonio_mobile.mailbox.gateway.push.shares import WatchesLimits, WatchMeans, WatchShares


@implementer(IInterest)
class Watches:
    """The watches of one process. ``chance`` gives numbers from 0 to 1."""

    def __init__(
        self,
        means: WatchMeans,
        *,
        clock: IReactorTime,
        chance: Callable[[], float],
        limits: WatchesLimits,
    ) -> None:
        self._shares = WatchShares(means, clock=clock, chance=chance, limits=limits)
        self._accounts: dict[AccountId, AccountWatch] = {}
        self._lingering: dict[AccountId, IDelayedCall] = {}
        self._is_stopped = False

    @property
    def connections(self) -> int:
        """How many connections there are; those being closed count."""
        return len(self._shares.connections)

    def watched(self, account: AccountId, folders: Collection[FolderId]) -> None:
        """Watch these folders of an account from now on; without any, no longer after a while."""
        if self._is_stopped:
            return
        if folders:
            self._watch(account, frozenset(folders))
        elif account in self._accounts and account not in self._lingering:
            self._linger(account)

    def is_covered(self, account: AccountId, mailbox: str | None) -> bool:
        """Tell whether one may do without asking the server what is new in a mailbox (None: in the
        list of the account's own mailboxes), for what the account's mirror has is all there is.

        So it is if all of these hold, and else the answer is no:

        1. A watch has begun, on a connection that is open, and the server has promised to tell of
           arrivals, departures and flags there by itself (NOTIFY with these events; IDLE with a
           server that does not forget any).
        2. When it began, ``on_news`` was called for the mailbox, and was done. What happened before
           the server's promise is in the mirror, for that look at the server began later.
        3. Nothing was heard of the mailbox since the last call of ``on_news`` began, and that was
           done. What happened after the promise was told, and then taken in by a look that began
           after it was told; while something is told and not taken in, the answer is no. A call
           that failed is not done.

        What the server has not told yet is missing. Nothing is lost by that, for it is told, taken
        in, and then wakes who waits; who must know it now calls ``catch_up`` first. Dovecot takes
        half a second. That a mailbox was renamed it tells when something else happens, be it a
        letter that comes into it; so its list of mailboxes is never covered.

        A connection that is dead without a word is found out by the system's own questions, in two
        minutes (``tcpkeepalive``); a server process that answers these but hangs, when the watch
        is renewed or asked to catch up.
        """
        watch = self._accounts.get(account)
        return watch is not None and watch.covers(mailbox)

    async def catch_up(self, account: AccountId) -> bool:
        """Let the server tell what it has not told yet: one NOOP for all mailboxes.

        After true, ``is_covered`` holds for all that happened before the call. False: there is no
        watch that can be asked (none, by IDLE, or its connection ended); ask the server otherwise.
        """
        watch = self._accounts.get(account)
        return watch is not None and await watch.catch_up()

    def hurry(self, account: AccountId) -> None:
        """Try at once to reach the server, if a pause goes on: the credentials are new."""
        watch = self._accounts.get(account)
        if watch is not None:
            watch.hurry()

    async def stop(self) -> None:
        """Close all; waits until they are closed. Nothing is watched any more."""
        self._is_stopped = True
        for account in list(self._accounts):
            self._end(account)
        for connection in list(self._shares.connections):
            await connection.ended

    def _watch(self, account: AccountId, folders: frozenset[FolderId]) -> None:
        self._linger_no_longer(account)
        watch = self._accounts.get(account)
        if watch is None:
            watch = AccountWatch(account, self._shares, make_room=self._make_room)
            self._accounts[account] = watch
        watch.want(folders)

    def _linger(self, account: AccountId) -> None:
        if self._shares.places.waiting:
            self._end(account)  # others wait for its place
            return
        self._accounts[account].want(frozenset())
        self._lingering[account] = self._shares.clock.callLater(
            self._shares.limits.linger_s, self._end, account
        )

    def _linger_no_longer(self, account: AccountId) -> None:
        lingering = self._lingering.pop(account, None)
        if lingering is not None and lingering.active():
            lingering.cancel()

    def _make_room(self) -> None:
        """End the watch for which nobody has waited for longest."""
        for account in self._lingering:
            if self._accounts[account].is_connected:
                self._end(account)
                return

    def _end(self, account: AccountId) -> None:
        self._linger_no_longer(account)
        self._accounts.pop(account).end()
