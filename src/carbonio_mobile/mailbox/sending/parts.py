"""What submission works with: the way to the server, the Sent folders, the options."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.delivery.outcome import Outcome
from carbonio_mobile.mailbox.delivery.relay import Login


class Relay(Protocol):
    """The way to the server: :class:`..delivery.relay.SmtpRelay`, which checks certificates."""

    async def send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes,
        *,
        login: Login | None = None,
        before_data: Callable[[], Awaitable[None]] | None = None,
    ) -> Mapping[str, Outcome]:
        """Send a message; gives the outcome for every recipient."""
        ...

    async def stop(self) -> None:
        """End what is under way."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCopies:
    """The Sent folders of accounts. All may raise StoreError.

    ``was_sent`` looks for a Message-ID (without brackets). ``save`` stores a copy once per
    operation; None where the server does that itself, within ``settle_s`` of taking a message.
    """

    was_sent: Callable[[AccountId, str], Awaitable[bool]]
    save: Callable[[AccountId, bytes, OperationId], Awaitable[None]] | None = None
    settle_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionOptions:
    """``hostname`` is what this server calls itself; ``sessions_most`` bounds those at a time.

    What is left to do when a message has gone is tried again after ``delays_s``, for so many
    messages at a time.
    """

    hostname: str = "localhost"
    message_limit_bytes: int = 50 << 20
    sessions_most: int = 20
    delays_s: tuple[float, ...] = (5, 30, 120, 600)
    unfinished_most: int = 50
