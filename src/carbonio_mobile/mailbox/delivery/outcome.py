"""What became of a message for one recipient, in the words of SMTP.

Spec: RFC 5321 4.2, RFC 3463 (enhanced status codes).
"""

import re
from dataclasses import dataclass
from enum import Enum

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |\Z)")


class Verdict(Enum):
    """Whether a recipient has the message, never will, or is to be tried again."""

    DELIVERED = 2
    DEFERRED = 4
    FAILED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``code`` and ``status`` are those of an SMTP reply, ``text`` what it says beside them.

    ``remote`` names the server that said so; empty for this one. ``in_doubt``: the message was
    handed over whole, and nobody said whether it was taken.
    """

    code: int
    status: str
    text: str
    remote: str = ""
    in_doubt: bool = False

    @property
    def verdict(self) -> Verdict:
        """What the code means for the message."""
        if self.code >= 500:
            return Verdict.FAILED
        return Verdict.DEFERRED if self.code >= 400 else Verdict.DELIVERED

    @property
    def reply(self) -> str:
        """The reply on one line."""
        return f"{self.code} {self.status} {self.text}"


def outcome_of(code: int, text: str, remote: str) -> Outcome:
    """Read the reply of another server to a recipient or a message.

    What is no reply to those (1xx, 3xx, beyond 5xx) counts as a temporary failure.
    """
    if not (200 <= code < 300 or 400 <= code < 600):
        return Outcome(code=451, status="4.5.0", text=f"unexpected reply {code}", remote=remote)
    found = _ENHANCED.match(text)
    if found and found[1][0] == str(code)[0]:
        return Outcome(code=code, status=found[1], text=text[found.end() :].strip(), remote=remote)
    return Outcome(code=code, status=f"{code // 100}.0.0", text=text, remote=remote)


DELIVERED = Outcome(code=250, status="2.0.0", text="delivered")
NO_SUCH_USER = Outcome(code=550, status="5.1.1", text="no such user here")
MAILBOX_CLOSED = Outcome(code=550, status="5.2.1", text="this mailbox takes no mail")
MAILBOX_PAUSED = Outcome(code=450, status="4.2.1", text="this mailbox takes no mail for now")
MAILBOX_FULL = Outcome(code=552, status="5.2.2", text="the mailbox is full")
TOO_LARGE = Outcome(code=552, status="5.3.4", text="the message is larger than is taken here")
TOO_MANY_HOPS = Outcome(code=554, status="5.4.6", text="the message goes in circles")
BROKEN = Outcome(code=451, status="4.3.0", text="an error of this server")
TRY_LATER = Outcome(code=451, status="4.3.0", text="the mailbox cannot be written just now")
