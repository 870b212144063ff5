"""The interactive shell: a prompt with history and completion.

Spec: ../shared/carbonio/cli.md 1.2.
"""

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from carbonio_mobile.cli import batch, options
from carbonio_mobile.cli.completing import candidates
from carbonio_mobile.cli.faults import Mistyped, Outcome
from carbonio_mobile.cli.grammar import Grammar
from carbonio_mobile.cli.session import Session

LEAVING = {"exit", "quit"}


def run(session: Session, environ: Mapping[str, str]) -> int:
    """Read and do commands until ``exit`` or the end of the input."""
    history = open_history(session.grammar, environ, session.complain)
    prompt: PromptSession[str] = PromptSession(
        f"{session.program}> ",
        history=history,
        completer=Words(session.grammar),
        complete_while_typing=False,
    )
    return loop(session, prompt.prompt)


def loop(session: Session, ask: Callable[[], str]) -> int:
    """Do each line that ``ask`` gives; Ctrl-C drops a line or a command, and goes on."""
    while True:
        try:
            words = batch.words_of(ask())
            if words and words[0].lower() in LEAVING and len(words) == 1:
                return Outcome.SUCCESSFUL
            if words:
                session.do(words)
        except ValueError as exc:
            session.complain(f"{str(exc).lower()}; a quote is closed by the same quote")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return Outcome.SUCCESSFUL


class Words(Completer):
    """Completes words from the catalogue."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar

    def get_completions(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002  # prompt_toolkit gives it
    ) -> Iterable[Completion]:
        """Give what the word before the cursor can become."""
        text = document.text_before_cursor
        words = text.split()
        if not words or text[-1:].isspace():
            words.append("")
        for each in candidates(self._grammar, words):
            yield Completion(each, start_position=-len(words[-1]))


class CarefulHistory(FileHistory):
    """A file of the lines that were typed, those that hold a secret left out."""

    def __init__(self, path: Path, grammar: Grammar) -> None:
        super().__init__(path)
        self._grammar = grammar

    def store_string(self, string: str) -> None:
        """Write a line, unless a password stands in it or may do so."""
        if is_harmless(string, self._grammar):
            super().store_string(string)


def is_harmless(line: str, grammar: Grammar) -> bool:
    """Tell whether a line holds nothing secret; one that is not understood may."""
    try:
        words = options.split(batch.words_of(line), options.Options())[1]
        if not words or words[0].lower() in {"help", "completion", *LEAVING}:
            return True
        asked = grammar.ask(words)
    except (ValueError, Mistyped):
        return False
    secret = {each.name for each in asked.command.parameters if each.secret}
    return not secret & set(asked.typed)


def open_history(
    grammar: Grammar, environ: Mapping[str, str], complain: Callable[[str], None]
) -> History:
    """Open the history in the XDG state directory, for this user only; else keep none."""
    home = environ.get("HOME") or "/nonexistent"
    base = Path(environ.get("XDG_STATE_HOME") or Path(home) / ".local" / "state")
    path = base / "carbonio-mobile" / "history"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(made).st_mode):
                raise OSError(0, "it is no file")
            os.fchmod(made, 0o600)
        finally:
            os.close(made)
    except OSError as exc:
        complain(f"the history is not kept: {path}: {exc.strerror or exc}")
        return InMemoryHistory()
    return CarefulHistory(path, grammar)
