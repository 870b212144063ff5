"""The factory to listen with: how many connections there may be, and the end of all of them."""

# ruff: noqa: N802  # names that Twisted dictates

from collections import Counter
from collections.abc import Callable

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.protocol import Factory

from carbonio_mobile.ldapserver.house import House
from carbonio_mobile.ldapserver.protocol import LdapProtocol

LAST_ANSWERS_S = 10.0
"""How long answers under way may take when the service ends."""

LOCAL_SOCKET = "unix"
"""The address of a peer over a UNIX socket."""


class LdapFactory(Factory):
    """Makes the connections and knows which are open.

    ``origin_of`` gives the name under which an address is held to the bound for one peer, None
    where it has none (a proxy); ``is_loopback`` tells whether it is this host's.
    """

    noisy = False

    def __init__(
        self,
        house: House,
        *,
        origin_of: Callable[[str], str | None],
        is_loopback: Callable[[str], bool],
    ) -> None:
        self._house = house
        self._origin_of = origin_of
        self._is_loopback = is_loopback
        self._open: set[LdapProtocol] = set()
        self._of_origin: Counter[str] = Counter()
        self._is_serving = True
        self._ended: list[Deferred[None]] = []
        self._abort: IDelayedCall | None = None

    @property
    def connections_count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    @property
    def running(self) -> bool:
        """Whether connections are taken."""
        return self._is_serving

    def buildProtocol(self, addr: IAddress | None) -> LdapProtocol | None:
        """Take a connection; None, which closes it, when there are as many as are allowed."""
        if not self._is_serving or len(self._open) >= self._house.limits.connections:
            return None
        host = getattr(addr, "host", None)
        address = host if isinstance(host, str) else LOCAL_SOCKET
        counted_as = self._origin_of(address)
        if counted_as is not None:
            if not self._has_room(address, counted_as):
                return None
            self._of_origin[counted_as] += 1
        protocol = LdapProtocol(self._house, counted_as=counted_as, on_end=self._end_of)
        self._open.add(protocol)
        return protocol

    def _has_room(self, address: str, counted_as: str) -> bool:
        limits = self._house.limits
        is_own = self._is_loopback(address)
        bound = limits.loopback_connections if is_own else limits.peer_connections
        return bound == 0 or self._of_origin[counted_as] < bound

    def _end_of(self, protocol: LdapProtocol) -> None:
        self._open.discard(protocol)
        counted_as = protocol.counted_as
        if counted_as is not None:
            self._of_origin[counted_as] -= 1
            if not self._of_origin[counted_as]:
                del self._of_origin[counted_as]
        if not self._open:
            self._all_ended()

    def start(self) -> None:
        """Take connections again."""
        self._is_serving = True

    def stop(self) -> Deferred[None]:
        """Take no more, and end those that are open, the busy ones after their answers.

        Fires when all are gone, which is within :data:`LAST_ANSWERS_S`.
        """
        self._is_serving = False
        for protocol in tuple(self._open):
            protocol.end()
        if not self._open:
            return succeed(None)
        if self._abort is None:
            self._abort = self._house.clock.callLater(LAST_ANSWERS_S, self._abort_all)
        ended: Deferred[None] = Deferred()
        self._ended.append(ended)
        return ended

    def _abort_all(self) -> None:
        self._abort = None
        if not self._is_serving:
            for protocol in tuple(self._open):
                protocol.abort()

    def _all_ended(self) -> None:
        if self._abort is not None and self._abort.active():
            self._abort.cancel()
        self._abort = None
        ended, self._ended = self._ended, []
        for each in ended:
            each.callback(None)
