"""What a device sent lately: so that a repeat is known for one, whatever became of the answer.

An entry is durable before the message is handed over. It holds the time of the first attempt, from
which with the rest the name of the operation follows: a repeat leads to the same operation.

Spec: MS-ASCMD 2.2.3.28.1 (ClientId, R953); design.md section 4 (P1); client-quirks, mail rule 5.
"""

import json
from dataclasses import asdict, dataclass, replace

ENTRIES_MAX = 100
REPEAT_S = 600
"""How long the same message counts as a repeat where the device gives no ClientId."""
CLOCK_BACK_S = 86_400
"""By how much the clock may be set back without a repeat being taken for another message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message. ``fingerprint`` stands for its content, ``first_at`` is in seconds UTC.

    ``done``: it was handed over and nothing is left to do.
    """

    client_id: str
    fingerprint: str
    first_at: int
    done: bool = False


@dataclass(frozen=True, slots=True)
class SentMemory:
    """The messages of one device, the latest last; at most ``ENTRIES_MAX``."""

    entries: tuple[Entry, ...] = ()

    def find(self, client_id: str, fingerprint: str, now: float) -> Entry | None:
        """Give the entry of a ClientId or, where there is none, of the same content just before."""
        for entry in reversed(self.entries):
            if client_id:
                if entry.client_id == client_id:
                    return entry
            elif entry.fingerprint == fingerprint and not entry.client_id:
                recent = -CLOCK_BACK_S < now - entry.first_at < REPEAT_S
                return entry if recent else None
        return None

    def with_entry(self, entry: Entry) -> "SentMemory":
        """Add an entry as the latest."""
        return SentMemory((*self.entries, entry)[-ENTRIES_MAX:])

    def finished(self, entry: Entry) -> "SentMemory":
        """Mark an entry as done."""
        done = replace(entry, done=True)
        return SentMemory(tuple(done if one == entry else one for one in self.entries))

    def to_text(self) -> str:
        """Give the document that :meth:`from_text` reads."""
        return json.dumps([asdict(entry) for entry in self.entries])

    @classmethod
    def from_text(cls, text: str | None) -> "SentMemory":
        """Read the document; none, or an unreadable one, is an empty memory."""
        if not text:
            return cls()
        try:
            return cls(tuple(Entry(**fields) for fields in json.loads(text)))
        except (ValueError, TypeError):
            return cls()
