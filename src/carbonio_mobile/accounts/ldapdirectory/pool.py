"""``LdapPool``: a few connections to a directory, under an account of our own; searches.

Requests share connections, each of which takes many at once. Where no server answers, nothing is
tried for a time that doubles, with some chance in it, and everything fails at once meanwhile.

Spec: RFC 4511 4.5, RFC 2696; design.md 8 (TLS verified).
"""

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure

from carbonio_mobile.accounts.ldapdirectory.connection import (
    ConnectionGone,
    LdapConnection,
    Reply,
    described,
)
from carbonio_mobile.accounts.ldapdirectory.filters import ANYTHING
from carbonio_mobile.accounts.ldapdirectory.messages import (
    BASE,
    SUBTREE,
    FoundEntry,
    attribute_list,
    next_page,
    page_control,
    search,
)
from carbonio_mobile.accounts.ldapdirectory.settings import LdapServers, LdapUrl
from carbonio_mobile.errors import ProtocolError, TooLarge, Unavailable
from carbonio_mobile.ldap.results import Result

_REFERRAL = 10
_DOWN_S = 30.0
_WRONG = frozenset({Result.INVALID_CREDENTIALS, Result.INAPPROPRIATE_AUTHENTICATION})
_log = Logger()


class Opener:
    """Opens connections: to the first server in the configuration's order that works.

    One that failed lately comes last.
    """

    def __init__(self, servers: LdapServers, *, reactor: Any, clock: IReactorTime) -> None:
        self._servers = servers
        self._reactor = reactor
        self._clock = clock
        self._down_until: dict[LdapUrl, float] = {}

    async def open(self) -> LdapConnection:
        """Give a connection on which nobody is logged in. Raises: Unavailable (why, for each)."""
        now, faults = self._clock.seconds(), []
        urls = sorted(self._servers.urls, key=lambda url: self._down_until.get(url, 0) > now)
        for url in urls:
            try:
                connection = await self._open(url)
            except Unavailable as exc:
                faults.append(str(exc))
                self._down_until[url] = self._clock.seconds() + _DOWN_S
            else:
                self._down_until.pop(url, None)
                return connection
        raise Unavailable("; ".join(faults))

    async def _open(self, url: LdapUrl) -> LdapConnection:
        servers = self._servers
        connection = LdapConnection(
            url,
            servers.trust,
            clock=self._clock,
            answer_s=servers.answer_s,
            limit=servers.message_bytes,
        )
        endpoint = HostnameEndpoint(
            self._reactor, url.host.encode("idna"), url.port, timeout=servers.connect_s
        )
        try:
            await endpoint.connect(Factory.forProtocol(lambda: connection))
        except (ConnectError, DNSLookupError) as exc:
            raise Unavailable(f"{url}: {exc}") from exc
        if url.is_tls or servers.start_tls:
            try:
                await connection.secure(ask=not url.is_tls)
            except BaseException:
                connection.close()
                raise
        return connection


class LdapPool:
    """Connections under the account of the configuration; ``chance`` gives 0.0 to 1.0."""

    def __init__(
        self,
        servers: LdapServers,
        opener: Opener,
        *,
        clock: IReactorTime,
        chance: Callable[[], float],
    ) -> None:
        self._servers = servers
        self._opener = opener
        self._clock = clock
        self._chance = chance
        self._open: list[LdapConnection] = []
        self._opening: list[Deferred[LdapConnection]] | None = None
        self._failures = 0
        self._failed = ""
        self._again_at = float("-inf")
        self._is_ending = False
        self.requests = 0

    def stop(self) -> None:
        """Close all; what waits fails."""
        self._is_ending = True
        for each in self._open:
            each.close()
        self._open.clear()

    # Searches

    async def entry(
        self, dn: str, attributes: Sequence[str], *, types_only: bool = False
    ) -> FoundEntry | None:
        """Give one entry by its name, None where there is none. Raises: Unavailable."""
        wished = attribute_list(tuple(attributes))
        operation = search(dn, BASE, ANYTHING, wished, size_limit=1, types_only=types_only)
        reply = await self._ask(operation, entries_max=1)
        if reply.ending.code == Result.NO_SUCH_OBJECT:
            return None
        _refuse(reply, dn)
        return next(iter(reply.entries), None)

    async def few(
        self, base: str, filter_: bytes, attributes: Sequence[str], *, count_max: int
    ) -> tuple[FoundEntry, ...]:
        """Give the entries of a filter, ``count_max`` at most though there are more.

        Raises: Unavailable.
        """
        operation = search(
            base, SUBTREE, filter_, attribute_list(tuple(attributes)), size_limit=count_max
        )
        reply = await self._ask(operation, entries_max=count_max)
        if reply.ending.code != Result.SIZE_LIMIT_EXCEEDED:
            _refuse(reply, base)
        return reply.entries

    async def pages(
        self,
        base: str,
        filter_: bytes,
        attributes: Sequence[str],
        *,
        types_only: bool = False,
    ) -> AsyncIterator[Sequence[FoundEntry]]:
        """Give all entries of a filter in pages, all over one connection.

        Raises: Unavailable (the directory gives not all of them as well), TooLarge (more than
        ``entries_max`` of the configuration).
        """
        wished = attribute_list(tuple(attributes))
        operation = search(base, SUBTREE, filter_, wished, types_only=types_only)
        size, cookie, count = self._servers.page_entries, b"", 0
        connection = await self._connection()
        while True:
            reply = await self._on(connection, operation, page_control(size, cookie), size)
            _refuse(reply, base)
            count += len(reply.entries)
            if count > self._servers.entries_max:
                raise TooLarge(f"more than {self._servers.entries_max} entries below {base}")
            try:
                cookie = next_page(reply.ending)
            except ProtocolError as exc:
                raise Unavailable(f"a page of {base} cannot be read: {exc}") from exc
            yield reply.entries
            if not cookie:
                return

    async def _ask(self, operation: bytes, *, entries_max: int) -> Reply:
        connection = await self._connection()
        was_used = connection.is_used
        try:
            return await self._on(connection, operation, b"", entries_max)
        except ConnectionGone:
            # One that was idle may have been ended by the server just now.
            if not was_used:
                raise
        return await self._on(await self._connection(), operation, b"", entries_max)

    async def _on(
        self, connection: LdapConnection, operation: bytes, controls: bytes, entries_max: int
    ) -> Reply:
        self.requests += 1
        return await connection.request(operation, controls, entries_max=entries_max)

    # Connections

    async def _connection(self) -> LdapConnection:
        """Give the connection with the least to do, or open one where all have something."""
        if self._is_ending:
            raise Unavailable("the directory's connections are closing")
        self._open = [each for each in self._open if each.is_open]
        free = min(self._open, key=len, default=None)
        if free is not None and (not len(free) or len(self._open) >= self._servers.connections):
            return free
        if self._clock.seconds() < self._again_at:
            if free is not None:
                return free
            raise Unavailable(f"the directory did not answer lately: {self._failed}")
        return await self._joined()

    async def _joined(self) -> LdapConnection:
        mine: Deferred[LdapConnection] = Deferred()
        if self._opening is not None:
            self._opening.append(mine)
        else:
            self._opening = [mine]
            # Not cancelled with the request that began it: others wait as well.
            Deferred.fromCoroutine(self._new()).addBoth(partial(self._tell))
        return await mine

    async def _new(self) -> LdapConnection:
        connection = await self._opener.open()
        if not self._servers.bind_dn:
            return connection
        try:
            ending = await connection.log_in(self._servers.bind_dn, self._servers.password)
        except BaseException:
            connection.close()
            raise
        if ending.code:
            connection.close()
            hint = ": check directory.bind_dn" if ending.code in _WRONG else ""
            raise Unavailable(
                f"the directory refuses {self._servers.bind_dn}, {described(ending)}{hint}"
            )
        return connection

    def _tell(self, outcome: LdapConnection | Failure) -> None:
        waiting, self._opening = self._opening or [], None
        if isinstance(outcome, Failure):
            self._note_failure(outcome)
        else:
            self._failures, self._again_at = 0, float("-inf")
            if self._is_ending:
                outcome.close()
            else:
                self._open.append(outcome)
        for each in waiting:
            each.errback(outcome) if isinstance(outcome, Failure) else each.callback(outcome)

    def _note_failure(self, failure: Failure) -> None:
        wait_s = min(self._servers.backoff_s * 2**self._failures, self._servers.backoff_max_s)
        self._failures = min(self._failures + 1, 32)
        self._failed = failure.getErrorMessage()
        self._again_at = self._clock.seconds() + wait_s * (0.5 + 0.5 * self._chance())
        _log.warn("no connection to the directory {why}", why=self._failed)


def _refuse(reply: Reply, base: str) -> None:
    """Raises: Unavailable where a search did not go well."""
    ending = reply.ending
    if ending.code == Result.SUCCESS:
        return
    why = f"the search below {base or 'the root'} failed, {described(ending)}"
    if ending.code in {Result.SIZE_LIMIT_EXCEEDED, Result.ADMIN_LIMIT_EXCEEDED}:
        why += ": let the account of ldap.bind_dn read without that limit"
    if ending.code == _REFERRAL:
        why += ": name that server in ldap.urls"
    if ending.code == Result.NO_SUCH_OBJECT:
        why += ": there is no such base, or ldap.bind_dn may not see it"
    raise Unavailable(why)
