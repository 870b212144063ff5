"""``sync.log``: one readable line for each ActiveSync request of everybody.

Spec: ../shared/carbonio/cli.md 2.5 (the general sync log).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.requestline import COMMAND_CODES
from carbonio_mobile.logs.exchanges import printable, stamp

_COMMANDS: Final = frozenset(COMMAND_CODES.values())
_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE: Final = 0o640


class Request(Protocol):
    """What is told of a request (``pipeline.Served``)."""

    @property
    def account(self) -> str:
        """The account's name; empty where nobody logged in."""

    @property
    def device(self) -> str:
        """The device's id as sent."""

    @property
    def command(self) -> str:
        """The command; the method where there is none."""

    @property
    def version(self) -> str:
        """The version spoken."""

    @property
    def peer(self) -> str:
        """The address of the client."""

    @property
    def code(self) -> int:
        """The HTTP code."""

    @property
    def elapsed_s(self) -> float:
        """How long it took."""

    @property
    def bytes_in(self) -> int:
        """The size of the body sent."""

    @property
    def bytes_out(self) -> int:
        """The size of the body of the answer."""

    @property
    def refused(self) -> Reason | None:
        """Why it went no further."""

    @property
    def fault(self) -> str:
        """What went wrong, or was worth a note."""


class SyncLog:
    """An open ``sync.log``. Writing never raises; the first line that is lost is complained of."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float], complain: Callable[[str], None]
    ) -> None:
        """Open the file. Raises: OSError."""
        self._path = path
        self._clock = clock
        self._complain = complain
        self._file = _opened(path)
        self._failing = False

    def reopen(self) -> None:
        """Open the file by its name again, after a rotation.

        Raises: OSError; then nothing changed.
        """
        file = _opened(self._path)
        os.close(self._file)
        self._file = file

    def write(self, request: Request) -> None:
        """Write the line of one request; of what is no command (OPTIONS, Autodiscover), none."""
        if request.command not in _COMMANDS:
            return
        octets = f"{stamp(self._clock())} {line_of(request)}\n".encode("utf-8", "replace")
        try:
            os.write(self._file, octets)
        except OSError as exc:
            if not self._failing:
                self._complain(f"{self._path} cannot be written: {exc.strerror}")
            self._failing = True
        else:
            self._failing = False

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def line_of(request: Request) -> str:
    """Tell of a request: who, what, how it went, how long, how much."""
    outcome = request.fault or (request.refused.value if request.refused is not None else "ok")
    return printable(
        f"{request.account or '-'} {request.device or '-'} {request.command} "
        f"{request.version or '-'} {request.code} {round(request.elapsed_s * 1000)} ms "
        f"in {request.bytes_in} out {request.bytes_out} from {request.peer}: {outcome}"
    )


def _opened(path: Path) -> int:
    return os.open(path, _APPEND, _MODE)
