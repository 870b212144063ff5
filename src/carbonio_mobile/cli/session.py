"""Doing command lines one after the other: understood, sent, their answers written.

Spec: ../shared/carbonio/cli.md 1.1 to 1.4.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from carbonio_mobile import __version__
from carbonio_mobile.cli import completing, helping, options, rendering
from carbonio_mobile.cli.faults import (
    KEYBOARD,
    CommandFault,
    Lost,
    Mistyped,
    Misunderstood,
    Outcome,
)
from carbonio_mobile.cli.grammar import Asked, Grammar
from carbonio_mobile.cli.options import Options
from carbonio_mobile.cli.surroundings import Surroundings

if TYPE_CHECKING:
    from carbonio_mobile.cli.link import Link
    from carbonio_mobile.cli.progress import Bar


class Session:
    """What one run of the program knows; the connection stays open from command to command."""

    def __init__(
        self, *, grammar: Grammar, program: str, given: Options, around: Surroundings
    ) -> None:
        self.grammar = grammar
        self.program = program
        self._given = given
        self._around = around
        self._link: Link | None = None
        self._socket = ""
        self._paint = _paint(around)
        self._is_terminal = around.out.isatty()

    def do(self, words: Sequence[str], place: str = "") -> int:
        """Do one command line and give its exit status.

        ``place`` stands before what is said of a fault: ``line 3``.
        """
        said = f"{self.program}: {place}: " if place else f"{self.program}: "
        given = self._given
        try:
            given, left = options.split(words, given)
            if given.host:
                options.check_host(given.host, self._around.local_names())
            if left[:1] == ["--version"]:
                self._write(f"{self.program} {__version__}\n")
                return Outcome.SUCCESSFUL
            if left and left[0].lower() == "help":
                return self._help(left[1:])
            if left and left[0].lower() == "completion":
                self._write(completing.script(left[1:], self.program))
                return Outcome.SUCCESSFUL
            return self._run(self.grammar.ask(left), given)
        except Mistyped as exc:
            return self._mistyped(exc, given, said)
        except CommandFault as exc:
            self._drop_broken(exc)
            self._say(f"{said}{exc}")
            return exc.outcome if given.sync else Outcome.FAILED
        except KeyboardInterrupt:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()
            self._link = None

    # A command

    def _run(self, asked: Asked, given: Options) -> int:
        head: Mapping[str, object] | None = None
        try:
            with ExitStack() as held:
                file = _opened(asked, held)
                told = held.enter_context(self._progress(given))
                stream = self._stream(asked, given, file, told)
                head = _head(stream)
                told.end()
                self._answer(head, stream, given)
        except CommandFault as exc:
            if given.json and head is None:
                self._write(rendering.json_error(str(exc)))
            if isinstance(exc, Misunderstood):
                raise Mistyped(str(exc), (asked.command.module, *asked.command.words)) from exc
            raise
        except KeyboardInterrupt:
            self.close()
            return self._interrupted(asked, given)
        finally:
            self._around.out.flush()
        return Outcome.SUCCESSFUL

    def _stream(
        self, asked: Asked, given: Options, file: BinaryIO | None, told: "Bar"
    ) -> Iterator[object]:
        from carbonio_mobile.cli import link  # Twisted comes with it: only once it is needed

        if self._link is None or not self._link.is_open or self._socket != given.socket:
            self.close()
            self._link, self._socket = link.connect(given.socket), given.socket
        return link.rows(self._link.run(asked.command.name, asked.typed, file, told))

    def _answer(self, head: Mapping[str, object], stream: Iterator[object], given: Options) -> None:
        if given.json:
            rendering.write_json(head, stream, self._write)
            return
        if not self._is_terminal:
            rendering.write_text(head, stream, self._write, self._paint)
            return
        from carbonio_mobile.cli import terminal

        terminal.write_answer(head, stream, self._write, self._paint, self._around.out)

    def _interrupted(self, asked: Asked, given: Options) -> int:
        """Ctrl-C: what only reads is given up, what changes something goes on."""
        if asked.command.changes:
            self.complain("the operation goes on without being watched")
            return Outcome.INTERRUPTED if given.sync else KEYBOARD
        self.complain("stopped")
        return Outcome.STOPPED if given.sync else KEYBOARD

    def _progress(self, given: Options) -> "Bar":
        from carbonio_mobile.cli.progress import Bar

        where = self._around.err if given.json else self._around.out
        return Bar(where, is_shown=given.progress)

    def _drop_broken(self, fault: CommandFault) -> None:
        """Close a connection on which an answer broke off; after a refusal it can be used."""
        if isinstance(fault, Lost) or fault.__cause__ is not None:
            self.close()

    # What is said

    def _help(self, words: Sequence[str]) -> int:
        found = helping.page(self.grammar, words, self.program)
        if self._is_terminal:
            from carbonio_mobile.cli import terminal

            terminal.write_page(found, self._around.out)
        else:
            self._write(helping.plain(found))
        return Outcome.SUCCESSFUL

    def _mistyped(self, exc: Mistyped, given: Options, said: str) -> int:
        if given.json:
            self._write(rendering.json_error(str(exc)))
        self._say(f"{said}{exc}\n\n{self._page(exc.path)}".rstrip())
        return Outcome.FAILED

    def _page(self, path: Sequence[str]) -> str:
        if not path:
            return f"See {self.program} help."
        return helping.plain(helping.page(Grammar(self.grammar.commands), path, self.program))

    def _write(self, text: str) -> None:
        self._around.out.write(text)

    def complain(self, text: str) -> None:
        """Say on standard error what is wrong, after the name of the program."""
        self._say(f"{self.program}: {text}")

    def _say(self, text: str) -> None:
        lines = text.split("\n")
        if self._around.err.isatty():
            lines = [rendering.visible(line) for line in lines]
        self._around.err.write("\n".join(lines) + "\n")
        self._around.err.flush()


def _paint(around: Surroundings) -> rendering.Paint:
    if not around.out.isatty():
        return rendering.Plain()
    from carbonio_mobile.cli import terminal

    return terminal.Coloured(around.out)


def _opened(asked: Asked, held: ExitStack) -> BinaryIO | None:
    """Open the file that goes along. Raises: CommandFault."""
    if not asked.files:
        return None
    if len(asked.files) > 1:
        raise CommandFault("one file goes along with a command; give the others one by one")
    name = asked.files[0]
    try:
        return held.enter_context(Path(name).open("rb"))
    except OSError as exc:
        raise CommandFault(
            f"{name} cannot be read: {exc.strerror or exc}; nothing was sent"
        ) from exc


def _head(stream: Iterator[object]) -> Mapping[str, object]:
    head = next(stream, None)
    if not isinstance(head, Mapping):
        raise Lost("the daemon gave no answer")
    return head
