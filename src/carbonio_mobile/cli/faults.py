"""What ends a command on the client's side, and the exit statuses.

Spec: ../shared/carbonio/cli.md 1.3 (``--sync``).
"""

from enum import IntEnum

from carbonio_mobile.errors import CarbonioMobileError


class Outcome(IntEnum):
    """How an operation ended, as ``--sync`` gives it to the shell."""

    SUCCESSFUL = 0
    FAILED = 1
    STOPPED = 2
    REMOVED = 3
    INTERRUPTED = 4


KEYBOARD = 130
"""The exit status after Ctrl-C without ``--sync``, as shells have it."""


class Mistyped(CarbonioMobileError):
    """A command line that means nothing; nothing was sent.

    ``path`` are the words of the help page that belongs to it.
    """

    def __init__(self, text: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.path = path


class CommandFault(CarbonioMobileError):
    """The command was not done, or not to its end; the text says why and what to check."""

    outcome = Outcome.FAILED


class Unreachable(CommandFault):
    """The daemon cannot be asked; nothing was sent."""


class Misunderstood(CommandFault):
    """The daemon says that the command was typed wrongly."""


class Removed(CommandFault):
    """The daemon does not know the operation any more."""

    outcome = Outcome.REMOVED


class Lost(CommandFault):
    """The daemon went away before the answer was whole."""

    outcome = Outcome.INTERRUPTED
