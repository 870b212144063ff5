"""The state of a mailbox, as STATUS tells it and the mirror keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from carbonio_mobile.imap.responses import MailboxStatus


@dataclass(frozen=True, slots=True)
class Mark:
    """The state of a mailbox as STATUS tells it; ``modseq`` 0 where the server keeps none."""

    modseq: int
    uid_next: int
    messages: int
    unseen: int

    @classmethod
    def of(cls, status: MailboxStatus) -> Mark:
        """Read it from an answer."""
        number = status.numbers.get
        return cls(
            modseq=number("HIGHESTMODSEQ", 0),
            uid_next=number("UIDNEXT", 0),
            messages=number("MESSAGES", 0),
            unseen=number("UNSEEN", 0),
        )

    @classmethod
    def parse(cls, token: str) -> Mark | None:
        """Read it from the mirror; None where the mailbox was never read."""
        return cls(*json.loads(token)) if token else None

    def text(self) -> str:
        """Give the form that :meth:`parse` reads."""
        return json.dumps([self.modseq, self.uid_next, self.messages, self.unseen])


def validity_of(status: MailboxStatus) -> str:
    """Give the UIDVALIDITY that a STATUS tells."""
    return str(status.numbers.get("UIDVALIDITY", 0))
