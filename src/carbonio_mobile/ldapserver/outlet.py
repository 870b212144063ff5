"""What operations ask of their connection."""

from collections.abc import Awaitable, Hashable
from typing import Protocol


class Outlet(Hashable, Protocol):
    """What operations ask of their connection."""

    @property
    def has_tls(self) -> bool:
        """Whether TLS is on."""

    def write(self, octets: bytes) -> None:
        """Send octets."""

    @property
    def is_ready(self) -> bool:
        """Whether the peer took nearly all that it was sent."""

    def ready(self) -> Awaitable[None]:
        """Give what fires when the peer took nearly all that it was sent."""

    def bound(self, is_bound: bool) -> None:
        """Take note that somebody is logged in, or nobody."""

    def wrong_login(self) -> float | None:
        """Count a wrong login; gives by how much its answer is late, None for: then close."""

    def close(self) -> None:
        """Close in good order, after what was sent."""
