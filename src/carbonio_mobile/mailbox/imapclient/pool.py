"""``ImapPool``: the connections of all accounts, few enough and kept for as long as they serve.

A connection is lent to one user at a time. Who asks gets, in this order: an idle connection that
has his mailbox selected, an idle one, a new one if account and daemon may have one more, or a
place in the queue. Room for a new one is made by closing the one that has been idle for longest.
An account's requests are served in their order; among accounts turns are taken.

Servers are not flooded with logins: one is under way for each account at most, a few in all, and
after a failure the account waits, longer each time, by chance shorter or longer so that accounts do
not come back all at once. Meanwhile its requests fail with what the login failed for. The count of
failures ends when a connection has served somebody and was given back alive.
"""

from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from carbonio_mobile.errors import StoreError, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """How many connections there may be in all and for one account, how many logins under way,
    how many requests of one account may wait and for how long; when an idle connection is closed,
    and after what time it is tried before it is lent; the first and the longest pause after a
    failed login. Times are in seconds.
    """

    connections: int = 2_000
    per_account: int = 3
    logins: int = 16
    waiting: int = 200
    wait_s: float = 60.0
    idle_s: float = 120.0
    try_after_s: float = 30.0
    first_pause_s: float = 2.0
    longest_pause_s: float = 300.0


@dataclass(slots=True, eq=False)
class _Request:
    mailbox: str | None
    answer: Deferred[ImapConnection]
    alarm: IDelayedCall


@dataclass(slots=True, eq=False)
class _Account:
    idle: list[ImapConnection] = field(default_factory=list)
    lent: set[ImapConnection] = field(default_factory=set)
    requests: deque[_Request] = field(default_factory=deque)
    opening: Deferred[ImapConnection] | None = None
    failures: int = 0
    until: float = 0.0
    why: StoreError | None = None

    @property
    def count(self) -> int:
        return len(self.idle) + len(self.lent) + (self.opening is not None)


class ImapPool:
    """The pool. ``reach`` logs an account in; ``chance`` gives numbers from 0 to 1."""

    def __init__(
        self,
        *,
        reach: Callable[[AccountId], Awaitable[ImapConnection]],
        clock: IReactorTime,
        chance: Callable[[], float],
        limits: PoolLimits,
    ) -> None:
        self._reach = reach
        self.clock = clock
        self._chance = chance
        self._limits = limits
        self._accounts: dict[AccountId, _Account] = {}
        self._queue: OrderedDict[AccountId, None] = OrderedDict()
        self._idle_since: OrderedDict[ImapConnection, tuple[AccountId, float]] = OrderedDict()
        self._making_room: set[ImapConnection] = set()
        self._alarm: IDelayedCall | None = None
        self._count = 0
        self._logins = 0
        self._is_stopped = False

    @property
    def count(self) -> int:
        """How many connections there are, those being opened included."""
        return self._count

    @asynccontextmanager
    async def lent(
        self, account: AccountId, mailbox: str | None = None
    ) -> AsyncIterator[ImapConnection]:
        """Lend a connection for the block; see ``borrow``."""
        connection = await self.borrow(account, mailbox)
        try:
            yield connection
        finally:
            self.give_back(account, connection)

    async def borrow(self, account: AccountId, mailbox: str | None = None) -> ImapConnection:
        """Lend a connection, one that has ``mailbox`` selected if there is one.

        It must be given back. Raises: LoginRefused, Unavailable (no connection, or none in time).
        """
        while True:
            connection = await self._ask(account, mailbox)
            is_open = connection.wire.is_open  # else it has ended, and the pool learns it soon
            if is_open and (not self._is_stale(connection) or await self._is_alive(connection)):
                self._idle_since.pop(connection, None)
                return connection
            self.give_back(account, connection)

    def give_back(self, account: AccountId, connection: ImapConnection) -> None:
        """Take back what was lent. Who broke off in the midst of a command loses the connection."""
        connection.listen(None)
        entry = self._accounts.get(account)
        if entry is None or connection not in entry.lent:
            return
        if not connection.wire.is_open or self._is_stopped:
            connection.wire.abort("given back after its end")
            return
        if not connection.wire.is_idle:
            connection.wire.abort("given back with commands under way")
            return
        entry.failures, entry.why = 0, None
        entry.lent.discard(connection)
        entry.idle.append(connection)
        self._idle_since[connection] = (account, self.clock.seconds())
        self._serve()
        self._set_alarm()

    def forget(self, account: AccountId) -> None:
        """Close the account's idle connections and try the login anew: its credentials changed."""
        entry = self._accounts.get(account)
        if entry is not None:
            entry.failures, entry.until, entry.why = 0, 0.0, None
            for connection in list(entry.idle):
                self._close_idle(connection)
            self._drop_if_empty(account)

    async def stop(self) -> None:
        """Close all; who waits or asks gets Unavailable. Waits until they are closed."""
        self._is_stopped = True
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        ending = []
        for entry in list(self._accounts.values()):
            self._fail_requests(entry, Unavailable("shutting down"))
            if entry.opening is not None:
                entry.opening.cancel()
            ending += [one.ended for one in (*entry.idle, *entry.lent)]
            for connection in list(entry.idle):
                self._close_idle(connection)
            for connection in list(entry.lent):
                connection.wire.abort("shutting down")
        for one in ending:
            await one

    def _ask(self, account: AccountId, mailbox: str | None) -> Deferred[ImapConnection]:
        entry = self._accounts.setdefault(account, _Account())
        answer: Deferred[ImapConnection] = Deferred(lambda _: self._leave(account, request))
        request = _Request(
            mailbox,
            answer,
            self.clock.callLater(self._limits.wait_s, lambda: self._time_over(account, request)),
        )
        entry.requests.append(request)
        self._queue[account] = None
        if self._is_stopped:
            self._fail_requests(entry, Unavailable("shutting down"))
        elif len(entry.requests) > self._limits.waiting:
            entry.requests.pop()
            _refuse(request, Unavailable("too many requests of this account wait"))
        elif entry.why is not None and self.clock.seconds() < entry.until and not entry.count:
            self._fail_requests(entry, entry.why)
        else:
            self._serve()
        return answer

    def _leave(self, account: AccountId, request: _Request) -> None:
        request.alarm.cancel()
        entry = self._accounts.get(account)
        if entry is not None and request in entry.requests:
            entry.requests.remove(request)

    def _time_over(self, account: AccountId, request: _Request) -> None:
        entry = self._accounts.get(account)
        if entry is not None and request in entry.requests:
            entry.requests.remove(request)
        request.answer.errback(Unavailable("no connection became free in time"))
        self._drop_if_empty(account)

    def _serve(self) -> None:
        """Go round the accounts that wait: lend what is idle, then open what may be opened."""
        for account in list(self._queue):
            entry = self._accounts.get(account)
            if entry is not None:
                self._lend_idle(account, entry)
            if entry is None or not entry.requests:
                self._queue.pop(account, None)
                self._drop_if_empty(account)
        for account in list(self._queue):
            entry = self._accounts.get(account)
            if entry is not None and entry.requests and self._may_open(entry):
                self._open(account, entry)

    def _lend_idle(self, account: AccountId, entry: _Account) -> None:
        while entry.requests and entry.idle:
            request = entry.requests.popleft()
            connection = _best(entry.idle, request.mailbox)
            entry.idle.remove(connection)
            entry.lent.add(connection)
            request.alarm.cancel()
            self._to_the_end(account)
            request.answer.callback(connection)

    def _to_the_end(self, account: AccountId) -> None:
        """The account was served: the others come first next time."""
        if account in self._queue:
            self._queue.move_to_end(account)

    def _may_open(self, entry: _Account) -> bool:
        if self._is_stopped or entry.opening is not None or self._logins >= self._limits.logins:
            return False
        if entry.count >= self._limits.per_account or self.clock.seconds() < entry.until:
            return False
        if self._count < self._limits.connections:
            return True
        self._make_room()
        return False

    def _make_room(self) -> None:
        """Close the connection that has been idle for longest, one for each account that waits.

        It counts until it is closed; who waits is served then.
        """
        if len(self._making_room) < min(len(self._queue), self._limits.logins):
            for connection, (account, _) in self._idle_since.items():
                if connection in self._accounts[account].idle:
                    self._making_room.add(connection)
                    self._close_idle(connection)
                    break

    def _open(self, account: AccountId, entry: _Account) -> None:
        self._count += 1
        self._logins += 1
        self._to_the_end(account)
        opening: Deferred[ImapConnection] = Deferred.fromCoroutine(_coroutine(self._reach(account)))
        entry.opening = opening
        done = opening.addCallbacks(
            lambda connection: self._take_in(connection, account),
            lambda failure: self._note_failure(failure, account),
        )
        done.addBoth(lambda _: self._serve())

    def _take_in(self, connection: ImapConnection, account: AccountId) -> None:
        entry = self._accounts[account]
        entry.opening = None
        self._logins -= 1
        entry.idle.append(connection)
        self._idle_since[connection] = (account, self.clock.seconds())
        connection.ended.addBoth(lambda _: self._take_out(connection, account))
        if self._is_stopped:
            self._close_idle(connection)
        self._set_alarm()

    def _note_failure(self, failure: Failure, account: AccountId) -> None:
        entry = self._accounts[account]
        entry.opening = None
        self._logins -= 1
        self._count -= 1
        why = failure.value
        if not isinstance(why, StoreError):
            why = Unavailable(f"the login failed: {type(why).__name__}")
        entry.why = why
        longest = min(
            self._limits.longest_pause_s, self._limits.first_pause_s * 2 ** min(entry.failures, 30)
        )
        entry.until = self.clock.seconds() + longest * (0.5 + self._chance() / 2)
        entry.failures += 1
        # Those whom a connection of the account may still serve keep waiting for it.
        if not entry.count:
            self._fail_requests(entry, why)

    def _take_out(self, connection: ImapConnection, account: AccountId) -> None:
        """Forget a connection that has ended."""
        entry = self._accounts[account]
        self._count -= 1
        self._idle_since.pop(connection, None)
        self._making_room.discard(connection)
        entry.lent.discard(connection)
        if connection in entry.idle:
            entry.idle.remove(connection)
        self._drop_if_empty(account)
        self._serve()

    def _drop_if_empty(self, account: AccountId) -> None:
        # The count of an account's failures stays; there are no more of these than accounts.
        entry = self._accounts.get(account)
        if entry and not (entry.count or entry.requests or entry.failures):
            del self._accounts[account]

    def _fail_requests(self, entry: _Account, why: StoreError) -> None:
        requests, entry.requests = entry.requests, deque()
        for request in requests:
            _refuse(request, why)

    def _is_stale(self, connection: ImapConnection) -> bool:
        _, since = self._idle_since.get(connection, (None, self.clock.seconds()))
        return self.clock.seconds() - since > self._limits.try_after_s

    async def _is_alive(self, connection: ImapConnection) -> bool:
        try:
            await connection.probe()
        except StoreError:
            return False
        return True

    def _close_idle(self, connection: ImapConnection) -> None:
        account, _ = self._idle_since.pop(connection)
        entry = self._accounts[account]
        entry.idle.remove(connection)
        entry.lent.add(connection)  # it counts until it is closed
        connection.close()

    def _set_alarm(self) -> None:
        if self._alarm is None and self._idle_since and not self._is_stopped:
            _, since = next(iter(self._idle_since.values()))
            delay_s = max(0.0, since + self._limits.idle_s - self.clock.seconds())
            self._alarm = self.clock.callLater(delay_s, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle for too long."""
        self._alarm = None
        limit = self.clock.seconds() - self._limits.idle_s
        for connection, (account, since) in list(self._idle_since.items()):
            if since > limit:
                break
            if connection in self._accounts[account].idle:
                self._close_idle(connection)
            else:
                self._idle_since.pop(connection)  # being tried before it is lent
        self._set_alarm()


def _best(idle: list[ImapConnection], mailbox: str | None) -> ImapConnection:
    """Give one that has the mailbox selected, else the one used last: the others may then end."""
    for connection in reversed(idle):
        if mailbox is not None and connection.selected and connection.selected.name == mailbox:
            return connection
    return idle[-1]


def _refuse(request: _Request, why: StoreError) -> None:
    if request.alarm.active():
        request.alarm.cancel()
    if not request.answer.called:
        request.answer.errback(type(why)(*why.args))


async def _coroutine(awaitable: Awaitable[ImapConnection]) -> ImapConnection:
    return await awaitable
