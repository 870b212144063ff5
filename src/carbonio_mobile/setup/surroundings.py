"""What the set-up program meets outside itself: terminal, clock, secrets."""

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass
from typing import TextIO

# Without letters and digits that are easily taken for one another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS = 4
_GROUP_CHARACTERS = 4


def generate_password() -> str:
    """Make a password of 79 random bits that is easy to copy by hand."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_CHARACTERS)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """``ask_secret`` prompts and reads a line without echo; ``clock`` is in seconds since 1970."""

    stdin: TextIO
    out: TextIO
    err: TextIO
    ask_secret: Callable[[str], str]
    generate_password: Callable[[], str]
    clock: Callable[[], float]

    def say(self, line: str) -> None:
        """Print a line of the result."""
        print(line, file=self.out)

    def complain(self, line: str) -> None:
        """Print a line that is not the result."""
        print(line, file=self.err)


def real_surroundings() -> Surroundings:
    """Give those of this process."""
    return Surroundings(
        stdin=sys.stdin,
        out=sys.stdout,
        err=sys.stderr,
        ask_secret=getpass,
        generate_password=generate_password,
        clock=time.time,
    )
