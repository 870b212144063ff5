"""What is known of messages on their way out, durable before anything of them leaves.

A process that dies between handing a message over and hearing of it leaves an intent behind; the
next one learns from it that the message may be on its way.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from carbonio_mobile.ids import AccountId, OperationId

REMEMBERED_S = 30 * 86_400.0
"""How long an intent must be kept (:meth:`ISubmission.was_taken`)."""


class Progress(Enum):
    """How far a message has come.

    HANDING_OVER: the server may have taken it. TAKEN: it has, or will never; the Sent copy is
    missing yet. DONE: nothing is left to do.
    """

    HANDING_OVER = 1
    TAKEN = 2
    DONE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One message. ``message_id`` is without brackets; ``at`` is when it was begun, in seconds."""

    account: AccountId
    operation: OperationId
    message_id: str
    progress: Progress
    at: float


class Intents(Protocol):
    """The store of intents. What writes is durable when its awaitable fires; StoreError else."""

    async def find(self, operation: OperationId) -> Intent | None:
        """Give what is known of an operation; None once it is forgotten (REMEMBERED_S)."""
        ...

    async def put(self, intent: Intent) -> None:
        """Store an intent in the place of that of the same operation."""
        ...

    async def drop(self, operation: OperationId) -> None:
        """Forget an operation of which nothing left. Nothing happens where none is known."""
        ...


class MemoryIntents:
    """Intents that end with the process: for tests."""

    def __init__(self) -> None:
        self._intents: dict[OperationId, Intent] = {}

    async def find(self, operation: OperationId) -> Intent | None:
        """See :class:`Intents`."""
        return self._intents.get(operation)

    async def put(self, intent: Intent) -> None:
        """See :class:`Intents`."""
        self._intents[intent.operation] = intent

    async def drop(self, operation: OperationId) -> None:
        """See :class:`Intents`."""
        self._intents.pop(operation, None)
