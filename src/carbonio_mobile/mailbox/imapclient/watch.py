"""``ImapWatch``: one connection that hears of an account's mailboxes, for all its devices.

By NOTIFY where the server has it: one command, and another from time to time to stay connected.
Else by IDLE on the first mailbox, the Inbox, interrupted by rounds of STATUS over the others; a
server without IDLE is asked for everything in rounds. Rounds of accounts drift apart by chance.

With NOTIFY the server tells of all personal mailboxes, and what nobody wants to know is passed
over: so it costs no command when devices come and go, each with its folders. To name mailboxes
would be dangerous, too: Dovecot (seen: 2.3.19) tells of none at all while one of them does not
exist or is that of another. No mailbox is selected: of the selected one Dovecot tells with NOTIFY
every 30 seconds only.

Dovecot tells half a second late, by NOTIFY as by IDLE; that is fixed in it (NOTIFY_DELAY_MSECS).
Only from an IDLE that it has put to sleep (``imap_hibernate_timeout``) it tells at once, in some
26 ms, and for a tenth of the memory; a connection with NOTIFY it never puts to sleep. But what
comes in the last half second before that it forgets, until more comes or the IDLE is renewed (seen
with 34 of 138 letters timed to come then). So NOTIFY is the rule, and ``by_idle``, best with a
shorter ``renew_s``, is for those who would rather have that. Nor does IDLE on a Dovecot cover
anything. That a mailbox was renamed it tells when something else happens. Each connection that it
watches for takes one of the system's ``fs.inotify.max_user_instances`` (128 is common); when none
is left it is late by up to half a minute or more.

Spec: RFC 5465 (NOTIFY), RFC 2177 (IDLE), RFC 9051 5.4 (autologout after 30 minutes).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime

from carbonio_mobile.errors import NotFound, StoreError, Unavailable
from carbonio_mobile.imap.names import decode
from carbonio_mobile.imap.responses import (
    Exists,
    Expunged,
    Fetch,
    Listed,
    MailboxStatus,
    Response,
    Status,
    Vanished,
)
from carbonio_mobile.mailbox.imapclient.connection import Idling, ImapConnection

_RENAMES_UNTOLD = ("Dovecot",)
_MAY_SLEEP = ("Dovecot",)
"""During IDLE; then it may forget what it was about to tell."""
_OF_THE_SELECTED = Exists | Expunged | Fetch | Vanished


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLimits:
    """Seconds between commands that keep the connection, and between rounds of STATUS; how many
    mailboxes are watched. ``by_idle``: by IDLE even where the server has NOTIFY.
    """

    renew_s: float = 25 * 60.0
    round_s: float = 60.0
    names: int = 500
    by_idle: bool = False


def _at_once(_count: int) -> Awaitable[None]:
    return succeed(None)


class ImapWatch:
    """A watch over ``names``, the Inbox first; there is one at least.

    ``on_change`` is given the name of each mailbox in which something may have changed, or None if
    the list of mailboxes may have. It must not raise. When the watch has begun, or has begun to
    hear of more mailboxes, it is given all of them, for what happened before was not told.
    ``pace`` is awaited before so many STATUS commands are sent.
    """

    def __init__(
        self,
        connection: ImapConnection,
        names: Sequence[str],
        *,
        on_change: Callable[[str | None], None],
        clock: IReactorTime,
        chance: Callable[[], float],
        limits: WatchLimits,
        pace: Callable[[int], Awaitable[None]] = _at_once,
    ) -> None:
        self._connection = connection
        self._names = tuple(names[: limits.names])
        self._on_change = on_change
        self._clock = clock
        self._chance = chance
        self._limits = limits
        self._pace = pace
        self._known: dict[str, dict[str, int]] = {}
        self._heard: frozenset[str] = frozenset()
        self._covered: frozenset[str | None] = frozenset()
        self._pause: Deferred[None] | None = None
        self._is_stopped = False
        self._is_deaf = False
        self._foreign: tuple[str, ...] = ()
        self._is_notified = False

    async def run(self) -> None:
        """Watch until ``stop``; then the connection is as good as before.

        Raises: Unavailable (the connection ended), NotFound (the first mailbox is gone), other
        StoreErrors. Cancelling it may leave a command under way.
        """
        self._connection.ended.addBoth(lambda _: self._wake())
        self._connection.listen(self._hear)
        try:
            await self._connection.unselect()
            if not self._limits.by_idle and self._connection.can("NOTIFY"):
                await self._learn_foreign()
            if not self._limits.by_idle and await self._begin_to_hear():
                await self._stay()
            else:
                await self._go_round()
        finally:
            self._heard, self._covered = frozenset(), frozenset()
            self._is_notified = False
            self._connection.listen(None)

    def stop(self) -> None:
        """Let ``run`` come to its end."""
        self._is_stopped = True
        self._wake()

    def change(self, names: Sequence[str]) -> None:
        """Watch these from now on; of those that are new, what happened before is told as well.

        Those that were watched may be told of for a while longer. With NOTIFY this costs nothing
        but for mailboxes of others.
        """
        self._names = tuple(names[: self._limits.names])
        if self._is_notified and not self._is_deaf:
            self._hear_more([name for name in self._names if self._is_own(name)])
        if not self._heard.issuperset(self._names):
            self._wake()

    def covers(self, name: str | None) -> bool:
        """Tell whether the server tells by itself of all that happens in a mailbox (None: to the
        list of the account's own mailboxes): arrivals, departures and flags.
        """
        return name in self._covered and self._connection.wire.is_open

    async def catch_up(self) -> bool:
        """Let the server tell now what it has not told yet of what is covered; false if it cannot
        be asked (during IDLE), or the connection ended.

        One NOOP, which costs Dovecot a tenth of a millisecond, whatever the number of mailboxes.
        """
        if not self._is_notified:
            return False
        try:
            await self._connection.probe()
        except StoreError:
            return False
        return True

    async def _begin_to_hear(self) -> bool:
        """Begin with NOTIFY, or do so anew; false if the server cannot do it."""
        self._covered = self._heard = frozenset()
        if not await self._connection.notify():
            return False
        self._is_notified, self._is_deaf = True, False
        self._on_change(None)
        self._hear_more(self._names)
        return True

    def _hear_more(self, names: Sequence[str]) -> None:
        """Tell of these too what the server tells; what happened before was not told."""
        new = [name for name in names if name not in self._heard]
        heard = self._heard.union(new)
        self._set_heard(heard if len(heard) <= self._limits.names else frozenset(self._names))
        for name in new:
            self._on_change(name)

    def _set_heard(self, names: frozenset[str]) -> None:
        self._heard = names
        told = self._connection.notified
        covered: set[str | None] = set()
        if "FlagChange" in told:
            covered.update(name for name in names if self._is_own(name))
        if "MailboxName" in told and self._connection.server.get("name") not in _RENAMES_UNTOLD:
            covered.add(None)
        self._covered = frozenset(covered)

    def _is_own(self, name: str) -> bool:
        return not name.startswith(self._foreign)

    async def _learn_foreign(self) -> None:
        """Learn which mailboxes are those of others: NOTIFY tells of the personal ones."""
        spaces = await self._connection.namespaces()
        prefixes = [prefix for prefix, _ in (*spaces.others, *spaces.shared) if prefix]
        self._foreign = tuple(decode(one, utf8=self._connection.utf8) for one in prefixes)

    async def _stay(self) -> None:
        """Hear of the account's own mailboxes by NOTIFY, of those of others by STATUS."""
        while not self._is_stopped:
            self._hear_more(self._names)
            foreign = [name for name in self._names if not self._is_own(name)]
            await self._ask_all(foreign)
            await self._wait(self._round_s() if foreign else self._limits.renew_s)
            if self._is_stopped:
                break
            if self._is_deaf and not await self._begin_to_hear():
                raise Unavailable("NOTIFY: refused after it was accepted")
            self._set_heard(self._heard.intersection(self._names))
            if foreign:
                await self._pace(len(foreign))
            else:
                await self._connection.probe()
        await self._connection.notify_nothing()

    async def _go_round(self) -> None:
        """Hear of the first mailbox by IDLE, of the others by STATUS."""
        self._on_change(None)
        while not self._is_stopped:
            inbox, *others = self._names
            self._heard = frozenset(self._names)
            await self._listen_to(inbox)
            await self._ask_all(others)
            idling = await self._begin_idling(inbox)
            waits_long = idling is not None and not others
            await self._wait(self._limits.renew_s if waits_long else self._round_s())
            if others and not self._is_stopped:
                await self._pace(len(others))
            self._covered = frozenset()
            if idling is not None:
                await idling.stop()
            elif not self._is_stopped:
                await self._connection.probe()
        await self._connection.unselect()

    async def _listen_to(self, inbox: str) -> None:
        selected = self._connection.selected
        if selected is None or selected.name != inbox:
            await self._connection.select(inbox, read_only=True)
            self._on_change(inbox)

    async def _begin_idling(self, inbox: str) -> Idling | None:
        if self._is_stopped or not self._connection.can("IDLE"):
            return None
        idling = await self._connection.idle()
        if self._connection.server.get("name") not in _MAY_SLEEP:
            self._covered = frozenset({inbox})
        return idling

    def _round_s(self) -> float:
        return self._limits.round_s * (0.75 + self._chance() / 2)

    async def _ask_all(self, names: Sequence[str]) -> None:
        self._known = {name: self._known.get(name, {}) for name in names}
        for name in names:
            await self._ask(name)

    async def _ask(self, name: str) -> None:
        try:
            numbers = dict((await self._connection.status(name)).numbers)
        except NotFound:
            numbers = {"": 0}
        before, self._known[name] = self._known[name], numbers
        if before != numbers:
            self._on_change(name if "" not in numbers else None)

    async def _wait(self, seconds: float) -> None:
        is_behind = self._is_deaf or not self._heard.issuperset(self._names)
        if self._is_stopped or is_behind:
            return
        self._require_open()
        self._pause = Deferred()
        alarm = self._clock.callLater(seconds, self._wake)
        try:
            await self._pause
        finally:
            self._pause = None
            if alarm.active():
                alarm.cancel()
        self._require_open()

    def _require_open(self) -> None:
        if not self._connection.wire.is_open:
            raise Unavailable("the connection of a watch ended")

    def _wake(self) -> None:
        pause, self._pause = self._pause, None
        if pause is not None:
            pause.callback(None)

    def _hear(self, response: Response) -> None:
        if isinstance(response, MailboxStatus):
            self._hear_of(decode(response.wire, utf8=self._connection.utf8))
        elif isinstance(response, Listed):
            self._on_change(None)
        elif isinstance(response, _OF_THE_SELECTED):
            # Without a selected one it is a straggler from before.
            if self._connection.selected is not None:
                self._on_change(self._connection.selected.name)
        elif isinstance(response, Status) and _is_overflow(response):
            # It tells nothing more (RFC 5465 5.8).
            self._is_deaf = True
            self._covered = frozenset()
            self._wake()

    def _hear_of(self, name: str) -> None:
        if name in self._heard:
            self._on_change(name)
        elif name.upper() == "INBOX":
            for one in self._heard:
                if one.upper() == "INBOX":  # the name that knows no case
                    self._on_change(one)


def _is_overflow(status: Status) -> bool:
    return status.code is not None and status.code.name == "NOTIFICATIONOVERFLOW"
