"""An administrator of the crash tests: types lines into the client's own grammar and link."""

import shlex
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO

from carbonio_mobile.admin.catalogue.all import COMMANDS
from carbonio_mobile.cli.faults import CommandFault
from carbonio_mobile.cli.grammar import Grammar
from carbonio_mobile.cli.link import Link, connect, rows

GRAMMAR = Grammar(COMMANDS)


class Administrator:
    """One who asks the daemon of a data directory, over a connection for each command."""

    def __init__(self, data: Path) -> None:
        self._socket = str(data / "admin.sock")

    def link(self) -> Link:
        """Connect. Raises: Unreachable."""
        return connect(self._socket)

    def ask(self, line: str, file: bytes | BinaryIO | None = None) -> list[Any]:
        """Type a line; gives the head of the answer and its rows. Raises: CommandFault."""
        asked = GRAMMAR.ask(shlex.split(line))
        link = self.link()
        try:
            source = BytesIO(file) if isinstance(file, bytes) else file
            return list(rows(link.run(asked.command.name, asked.typed, source, _unheard)))
        finally:
            link.close()

    def rows(self, line: str) -> list[Any]:
        """Type a line that lists; gives the rows."""
        return self.ask(line)[1:]


class Typed(Thread):
    """A line typed by somebody beside others, who is told of its end or loses the connection.

    ``fault`` is what went wrong, None where it was done.
    """

    def __init__(self, administrator: Administrator, line: str, file: bytes | None = None) -> None:
        super().__init__(daemon=True)
        self.line = line
        self.answer: list[Any] = []
        self.fault: CommandFault | None = None
        self.is_answered = False
        self._administrator = administrator
        self._file = file

    def run(self) -> None:
        """Type it and wait for the answer."""
        try:
            self.answer = self._administrator.ask(self.line, self._file)
            self.is_answered = True
        except CommandFault as exc:
            self.fault = exc


def refused(administrator: Administrator, line: str, file: bytes | None = None) -> None:
    """Type a line that may be refused, as what was done cannot always be done again."""
    with suppress(CommandFault):
        administrator.ask(line, file)


def _unheard(_done: int, _total: int, _what: str) -> None:
    """Take no notice of progress."""
