"""What a responder is given: the command with its values, who asks, what was sent along.

A responder is ``async def respond(call: AdminCall) -> Answer``.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from carbonio_mobile.admin.answers import Answer
from carbonio_mobile.admin.declaring import Command
from carbonio_mobile.errors import CarbonioMobileError


class AdminFault(CarbonioMobileError):
    """A command cannot be done; the text says why, for the administrator. Nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as the kernel says of the peer of the socket; ``name`` is empty where unknown."""

    uid: int
    groups: frozenset[int]
    pid: int
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a long work is; ``total`` is 0 where nobody knows."""

    done: int
    total: int
    what: str


def unheard(_progress: Progress) -> None:
    """Take word of progress, and do nothing about it."""


async def nothing_sent() -> AsyncIterator[bytes]:
    """Give the octets of a file that was not sent: none."""
    return
    yield b""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminCall:
    """One command on its way to its answer.

    ``upload`` gives the octets of the file that a ``file`` parameter names, in pieces, once.
    ``tell`` may be called as often as one likes.
    """

    command: Command
    values: Mapping[str, object] = field(repr=False)
    caller: Caller
    upload: AsyncIterator[bytes] = field(default_factory=nothing_sent, repr=False)
    tell: Callable[[Progress], None] = field(default=unheard, repr=False)

    def progress(self, done: int, total: int, what: str) -> None:
        """Tell how far the work is."""
        self.tell(Progress(done=done, total=total, what=what))

    def text(self, name: str) -> str:
        """Give the value of a parameter of text."""
        value = self.values[name]
        assert isinstance(value, str), name
        return value

    def optional_text(self, name: str) -> str | None:
        """Give the value of a parameter of text, None where nothing was typed."""
        return None if self.values[name] is None else self.text(name)

    def flag(self, name: str) -> bool:
        """Give the value of a Boolean that has a default, or of a switch."""
        return bool(self.values[name])

    def optional_flag(self, name: str) -> bool | None:
        """Give the value of a Boolean, None where nothing was typed."""
        return None if self.values[name] is None else self.flag(name)

    def number(self, name: str) -> int:
        """Give the value of a whole number."""
        value = self.values[name]
        assert isinstance(value, int), name
        return value

    def optional_number(self, name: str) -> int | None:
        """Give the value of a whole number, None where nothing was typed."""
        return None if self.values[name] is None else self.number(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Give the words of a list or of a ``rest``; empty where nothing was typed."""
        value = self.values[name]
        if value is None:
            return ()
        assert isinstance(value, tuple), name
        return tuple(str(each) for each in value)


Respond = Callable[[AdminCall], Awaitable[Answer]]
"""Answers one command. Raises: AdminFault and StoreError, whose texts are shown."""
