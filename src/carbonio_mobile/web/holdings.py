"""What requests and answers hold in memory, in sum and per peer, and whether more of it fits.

Spec: none.
"""

from carbonio_mobile.web.limits import WebLimits


class Holdings:
    """The sums over all connections of one site."""

    __slots__ = ("_limits", "_of_peer", "total_bytes")

    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._of_peer: dict[str, int] = {}
        self.total_bytes = 0

    def of_peer(self, peer: str) -> int:
        """Return what one peer's requests and answers hold."""
        return self._of_peer.get(peer, 0)

    def counted(self, size_bytes: int) -> int:
        """Return what a body of that size counts: a small one, which never waits, nothing."""
        return 0 if size_bytes <= self._limits.small_body_bytes else size_bytes

    def fits(self, peer: str | None, size_bytes: int, *, instead_of: int) -> bool:
        """Tell whether there is room for a body in the place of a smaller one.

        What is alone always fits, or a bound below the largest answer would keep it back for ever.
        ``peer`` is None for one that has no bound of its own.
        """
        others = self.total_bytes - instead_of
        if others and others + size_bytes > self._limits.all_bodies_bytes:
            return False
        others = 0 if peer is None else self.of_peer(peer) - instead_of
        return not others or others + size_bytes <= self._limits.peer_bodies_bytes

    def add(self, peer: str | None, count: int) -> None:
        """Count more, or less where ``count`` is negative."""
        self.total_bytes += count
        if peer is None:
            return
        left = self.of_peer(peer) + count
        if left:
            self._of_peer[peer] = left
        else:
            del self._of_peer[peer]


class Hold:
    """What one exchange holds. Made when there is something large; to be emptied in the end."""

    __slots__ = ("_holdings", "_peer", "held_bytes")

    def __init__(self, holdings: Holdings, peer: str | None) -> None:
        self._holdings = holdings
        self._peer = peer
        self.held_bytes = 0

    def resize(self, size_bytes: int) -> bool:
        """Hold so much from now on; False, and nothing changed, where the growth does not fit."""
        size_bytes = self._holdings.counted(size_bytes)
        growth = size_bytes - self.held_bytes
        fits = self._holdings.fits
        if growth > 0 and not fits(self._peer, size_bytes, instead_of=self.held_bytes):
            return False
        if growth:
            self._holdings.add(self._peer, growth)
            self.held_bytes += growth
        return True
