"""Let no peer keep the others waiting: of each, a few things at a time, the rest in its own queue.

Spec: none.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import TypeVar

from twisted.internet.defer import Deferred, DeferredSemaphore

from carbonio_mobile.errors import Unavailable

T = TypeVar("T")

_OWN_BITS = 64
"""One who is given IPv6 addresses is given this many bits of them."""


class PeerQueues:
    """The work of each peer, at most ``at_once`` pieces begun and ``waiting_max`` more waiting."""

    def __init__(self, *, at_once: int, waiting_max: int) -> None:
        self._at_once = at_once
        self._waiting_max = waiting_max
        self._queues: dict[str, DeferredSemaphore] = {}

    async def run(self, peer: str, work: Callable[[], Deferred[T]]) -> T:
        """Do work when it is the peer's turn. Raises: Unavailable (too much of it waits)."""
        name = _subscriber(peer)
        queue = self._queues.setdefault(name, DeferredSemaphore(self._at_once))
        if len(queue.waiting) >= self._waiting_max:
            raise Unavailable("too much of this peer waits")
        try:
            result: T = await queue.run(work)
        finally:
            is_idle = queue.tokens == queue.limit
            if is_idle and self._queues.get(name) is queue:
                del self._queues[name]
        return result


def _subscriber(peer: str) -> str:
    """Give what stands for whoever may use an address: itself, or the network of IPv6."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer  # a UNIX socket, say
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"{int(address) >> _OWN_BITS:x}::"
    return peer
