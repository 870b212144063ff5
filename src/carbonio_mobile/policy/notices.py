"""What administrators are told: one notice, and the mail that it becomes.

Spec: ../shared/carbonio/admin-panel.md 6 (carbonioNotificationRecipients, the notification list).
"""

from dataclasses import dataclass
from enum import Enum

NOTICES_COUNT = 1000
"""So many notices are kept; the oldest go first."""

SUBJECT_CHARACTERS = 250
TEXT_CHARACTERS = 20_000


class NoticeKind(Enum):
    """What a notice is about."""

    DOS = "dos"
    QUARANTINE = "quarantine"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice. ``at`` in seconds UTC; ``domain`` is empty where it concerns the whole server."""

    id: int
    at: float
    kind: NoticeKind
    domain: str
    subject: str
    text: str
