"""What a scheduling message meets: the entry, the account, and from whom the mail comes.

Spec: RFC 5546 6.1 (security).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.itip import ItipMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message and what it meets; ``source`` is ``stored`` as text, addresses are lower case."""

    message: ItipMessage
    stored: Event | None
    source: bytes | None
    own: frozenset[str]
    senders: Sequence[str]
    now: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the entry, None where nothing; ``source`` is another text to be patched."""

    why: str
    event: Event | None = None
    source: bytes | None = None


def not_of_organizer(given: Arrival, organizer: str) -> str:
    """Say why a message may not change the meeting; empty where it may."""
    assert given.stored is not None
    known = given.stored.organizer_address.lower()
    if known in given.own:
        return "a message about the account's own meeting"
    if not known or organizer.lower() != known:
        return "another organiser"
    if known not in given.senders:
        return "not sent by the organiser"
    return ""
