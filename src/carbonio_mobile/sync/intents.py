"""What is known of messages on their way out, durable before anything of them leaves.

A process that dies between handing a message over and hearing of it leaves an intent behind; the
next one learns from it that the message may be on its way.

Spec: design.md 4 (order of writes).
"""

from dataclasses import dataclass
from enum import Enum

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
    """One message. ``message_id`` is without brackets; ``at`` is when it was begun, in seconds
    since 1970 UTC.
    """

    account: AccountId
    operation: OperationId
    message_id: str
    progress: Progress
    at: float
