"""``ImapWatch``: one connection that hears of an account's mailboxes, for all its devices.

By NOTIFY where the server has it: one command, and another from time to time to stay connected.
Else by IDLE on the first mailbox, the Inbox, interrupted by rounds of STATUS over the others; a
server without IDLE is asked for everything in rounds. Rounds of accounts drift apart by chance.

Spec: RFC 5465 (NOTIFY), RFC 2177 (IDLE), RFC 9051 5.4 (autologout after 30 minutes).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from carbonio_mobile.errors import NotFound, Unavailable
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
from carbonio_mobile.mailbox.gateway.imapconnection import ImapConnection

_OF_THE_SELECTED = Exists | Expunged | Fetch | Vanished


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLimits:
    """Seconds between commands that keep the connection, and between rounds of STATUS."""

    renew_s: float = 25 * 60.0
    round_s: float = 120.0


class ImapWatch:
    """A watch over ``names``, the Inbox first.

    ``on_change`` is given the name of each mailbox in which something may have changed, or None if
    the list of mailboxes may have. It must not raise. Changes made before ``run`` are not told, so
    look once after it has begun.
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
    ) -> None:
        self._connection = connection
        self._names = tuple(names)
        self._on_change = on_change
        self._clock = clock
        self._chance = chance
        self._limits = limits
        self._known: dict[str, dict[str, int]] = {}
        self._pause: Deferred[None] | None = None
        self._is_stopped = False
        self._is_deaf = False

    async def run(self) -> None:
        """Watch until ``stop``; then the connection is as good as before.

        Raises: Unavailable (the connection ended), NotFound (the first mailbox is gone), other
        StoreErrors.
        """
        self._connection.ended.addBoth(lambda _: self._wake())
        self._connection.listen(self._hear)
        try:
            await self._connection.unselect()
            if await self._connection.notify(self._names):
                await self._stay()
            else:
                await self._go_round()
        finally:
            self._connection.listen(None)

    def stop(self) -> None:
        """Let ``run`` come to its end."""
        self._is_stopped = True
        self._wake()

    async def _stay(self) -> None:
        """Hear of everything by NOTIFY."""
        while not self._is_stopped:
            await self._wait(self._limits.renew_s)
            if self._is_deaf:
                # There was too much to tell: all may have changed (RFC 5465 5.8).
                self._is_deaf = False
                if not await self._connection.notify(self._names):
                    raise Unavailable("NOTIFY: refused after an overflow")
                for name in (None, *self._names):
                    self._on_change(name)
            elif not self._is_stopped:
                await self._connection.probe()
        await self._connection.notify_nothing()

    async def _go_round(self) -> None:
        """Hear of the first mailbox by IDLE, of the others by STATUS."""
        inbox, *others = self._names
        await self._connection.select(inbox, read_only=True)
        idles = self._connection.can("IDLE")
        while not self._is_stopped:
            for name in others:
                await self._ask(name)
            idling = await self._connection.idle() if idles and not self._is_stopped else None
            longest = self._limits.round_s if others or not idles else self._limits.renew_s
            await self._wait(longest * (0.75 + self._chance() / 2))
            if idling is not None:
                await idling.stop()
            elif not self._is_stopped:
                await self._connection.probe()
        await self._connection.unselect()

    async def _ask(self, name: str) -> None:
        try:
            numbers = dict((await self._connection.status(name)).numbers)
        except NotFound:
            numbers = {}
        before = self._known.get(name)
        self._known[name] = numbers
        if before is not None and before != numbers:
            self._on_change(name if numbers else None)

    async def _wait(self, seconds: float) -> None:
        if self._is_stopped or self._is_deaf:
            return
        self._pause = Deferred()
        alarm = self._clock.callLater(seconds, self._wake)
        await self._pause
        if alarm.active():
            alarm.cancel()
        if not self._connection.wire.is_open:
            raise Unavailable("the connection of a watch ended")

    def _wake(self) -> None:
        pause, self._pause = self._pause, None
        if pause is not None:
            pause.callback(None)

    def _hear(self, response: Response) -> None:
        if isinstance(response, MailboxStatus):
            self._on_change(decode(response.wire, utf8=self._connection.utf8))
        elif isinstance(response, Listed):
            self._on_change(None)
        elif isinstance(response, _OF_THE_SELECTED):
            # Without a selected one it is a straggler from before.
            if self._connection.selected is not None:
                self._on_change(self._connection.selected.name)
        elif isinstance(response, Status) and _is_overflow(response):
            self._is_deaf = True
            self._wake()


def _is_overflow(status: Status) -> bool:
    return status.code is not None and status.code.name == "NOTIFICATIONOVERFLOW"
