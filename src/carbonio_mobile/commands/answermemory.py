"""What a device answered to meetings lately: so that a repeat is known for one.

Some devices repeat a MeetingResponse that failed without pause (client-quirks.md 4.6), others one
whose answer got lost. Both get the same result again, and nothing is done a second time.

Spec: design.md section 4 (P1).
"""

import json
from dataclasses import asdict, dataclass

from carbonio_mobile.eas.status import MeetingResponseStatus

ENTRIES_MAX = 200
REPEAT_S = 600
FAILURE_S = 60
CLOCK_BACK_S = 86_400
"""By how much the clock may be set back without a repeat being taken for another answer."""

_SUCCESS = int(MeetingResponseStatus.SUCCESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer: ``request`` and ``meeting`` stand for what was asked, and about what.

    ``number`` counts the answers of this device to that meeting; ``at`` is in seconds UTC.
    """

    request: str
    meeting: str
    status: int
    calendar: str
    number: int
    at: int


@dataclass(frozen=True, slots=True)
class AnswerMemory:
    """The answers of one device, the latest last; at most ``ENTRIES_MAX``."""

    entries: tuple[Answered, ...] = ()

    def find(self, request: str, now: float) -> Answered | None:
        """Give what the same request came to just before, unless another answer came between."""
        later: set[str] = set()
        for entry in reversed(self.entries):
            if entry.request == request:
                lasts_s = REPEAT_S if entry.status == _SUCCESS else FAILURE_S
                recent = -CLOCK_BACK_S < now - entry.at < lasts_s
                return entry if recent and entry.meeting not in later else None
            if entry.meeting:
                later.add(entry.meeting)
        return None

    def number(self, meeting: str) -> int:
        """Give the number of the next answer to a meeting."""
        return max((one.number + 1 for one in self.entries if one.meeting == meeting), default=0)

    def with_entry(self, entry: Answered) -> "AnswerMemory":
        """Add an answer as the latest."""
        return AnswerMemory((*self.entries, entry)[-ENTRIES_MAX:])

    def to_text(self) -> str:
        """Give the document that :meth:`from_text` reads."""
        return json.dumps([asdict(entry) for entry in self.entries])

    @classmethod
    def from_text(cls, text: str | None) -> "AnswerMemory":
        """Read the document; none, or an unreadable one, is an empty memory."""
        if not text:
            return cls()
        try:
            return cls(tuple(Answered(**fields) for fields in json.loads(text)))
        except (ValueError, TypeError):
            return cls()
