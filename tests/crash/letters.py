"""What the crash tests know of each message that was written: by its subject, which is unique."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Letter:
    """A message that was sent, or tried to be.

    ``done``: the phone was told that it has gone. ``refused``: the phone was told that it has not.
    ``is_draft``: it was written in the Drafts folder.
    """

    sender: str
    recipients: tuple[str, ...]
    is_draft: bool = False
    tried: bool = False
    done: bool = False
    refused: bool = False


@dataclass(slots=True, kw_only=True)
class Draft:
    """A draft of one device. ``stored``: the phone was told so."""

    owner: str
    recipients: tuple[str, ...]
    stored: bool = False


@dataclass(slots=True)
class Ledger:
    """All letters and drafts by subject.

    ``arrived`` are subjects that LMTP took, by account; ``unanswered`` those where it did not say.
    """

    letters: dict[str, Letter] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    arrived: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)

    def faults(self, boxes: dict[str, list[str]]) -> list[str]:
        """Compare with the subjects that stand in each account's mailbox, all folders together."""
        return [
            *self._letter_faults(boxes),
            *self._draft_faults(boxes),
            *self._arrival_faults(boxes),
            *_strangers(boxes, self.known()),
        ]

    def known(self) -> set[str]:
        """Give all subjects."""
        return {*self.letters, *self.drafts, *self.arrived, *self.unanswered}

    def _letter_faults(self, boxes: dict[str, list[str]]) -> Iterable[str]:
        for subject, letter in self.letters.items():
            counts = [boxes[one].count(subject) for one in letter.recipients]
            kept = boxes[letter.sender].count(subject)
            told = f"{subject} ({letter}): {counts} at its recipients, {kept} at its sender"
            if letter.done and (counts != [1] * len(counts) or kept != 1):
                yield f"not once: {told}"
            elif letter.refused and any(counts):
                yield f"sent although refused: {told}"
            elif max(counts) > 1 or len(set(counts)) > 1 or (kept > 1 and not letter.is_draft):
                yield f"more than once: {told}"

    def _draft_faults(self, boxes: dict[str, list[str]]) -> Iterable[str]:
        for subject, draft in self.drafts.items():
            letter = self.letters.get(subject)
            if letter is not None and letter.tried:
                continue
            kept = boxes[draft.owner].count(subject)
            if kept > 1:
                yield f"draft {subject} ({draft}) stands {kept} times"
            if draft.stored and kept < 1:
                yield f"draft {subject} ({draft}) is lost"

    def _arrival_faults(self, boxes: dict[str, list[str]]) -> Iterable[str]:
        for subject, accounts in self.arrived.items():
            counts = [boxes[one].count(subject) for one in accounts]
            if counts != [1] * len(counts):
                yield f"arrived by LMTP: {subject} stands {counts} times"


def _strangers(boxes: dict[str, list[str]], known: set[str]) -> Iterable[str]:
    for account, subjects in boxes.items():
        for subject in subjects:
            if subject not in known and not subject.startswith("x"):
                yield f"a stranger in {account}: {subject!r}"
