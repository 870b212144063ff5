"""A message found in a file: where it is, when it was received, what its flags say.

Spec: RFC 5322 3.6.7 (Received).
"""

from dataclasses import dataclass
from pathlib import Path

from carbonio_mobile.mime.envelope import sent_time
from carbonio_mobile.mime.mailitem import FollowUp, MailState
from carbonio_mobile.mime.structure import Fields
from carbonio_mobile.sync.folders import FolderKind

MAX_HEADER_BYTES = 256 * 1024

FolderPath = tuple[str, ...]
"""The names on the way to a folder, below the one that is imported into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A message in a file: its octets are ``end - start`` from ``start`` on (``end`` -1: all).

    ``quoted``: lines of it that begin with From were given a ``>``. ``kind``: its flags send it to
    that standard folder, whatever ``folder`` it was found in. ``received`` is in seconds, UTC.
    """

    path: Path
    start: int = 0
    end: int = -1
    quoted: bool = False
    received: float
    state: MailState
    folder: FolderPath = ()
    kind: FolderKind | None = None

    @property
    def where(self) -> str:
        """Where it was found, for people."""
        return f"{self.path} at byte {self.start}" if self.end >= 0 else str(self.path)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What cannot be imported, and why."""

    where: str
    reason: str


def received_time(fields: Fields, *others: float | None) -> float | None:
    """Give when a message was received: by its newest Received field, else by the first of
    ``others`` that is known, else when it was written.
    """
    newest = fields.first("received").rpartition(b";")
    at = sent_time(newest[2].strip()) if newest[1] else None
    for one in (at, *others):
        if one is not None:
            return one
    return sent_time(fields.first("date"))


def state_of(*, read: bool, replied: bool, forwarded: bool, flagged: bool, at: float) -> MailState:
    """Give the state for flags; the time of an answer is not known and is taken to be ``at``."""
    verb = 1 if replied else 3 if forwarded else 0
    return MailState(
        read=read,
        follow_up=FollowUp(status=2) if flagged else None,
        verb=verb,
        verb_at=at if verb else 0.0,
    )
