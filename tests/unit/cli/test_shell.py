"""The interactive shell: lines, history without secrets, completion."""

import os
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from carbonio_mobile.cli import shell
from carbonio_mobile.cli.options import Options
from carbonio_mobile.cli.session import Session
from carbonio_mobile.cli.surroundings import Surroundings
from tests.unit.cli.sample import COMMANDS, GRAMMAR, MOBILE


def session() -> tuple[Session, StringIO, StringIO]:
    """Give a session without a daemon, with its two outputs."""
    out, err = StringIO(), StringIO()
    around = Surroundings(
        stdin=StringIO(),
        out=out,
        err=err,
        environ={},
        commands=lambda: COMMANDS,
        local_names=lambda: (),
    )
    given = Options(socket="/nonexistent/admin.sock")
    return Session(grammar=GRAMMAR, program="carbonio", given=given, around=around), out, err


def asking(*lines: str | type[BaseException]) -> Iterator[str]:
    """Give lines as a prompt does; an exception stands for a key."""
    for line in lines:
        if isinstance(line, str):
            yield line
        else:
            raise line


def test_lines_are_done_until_exit() -> None:
    """A fault ends nothing; the word carbonio may be left out or not."""
    one, out, err = session()
    lines = iter(["help mobile", "", "carbonio help prov", "mobile abq", "say 'x", "exit", "help"])
    assert shell.loop(one, lambda: next(lines)) == 0
    assert "Commands of mobile" in out.getvalue()
    assert "Commands of prov" in out.getvalue()
    assert "a command is missing after mobile abq" in err.getvalue()
    assert "no closing quotation" in err.getvalue()
    assert next(lines) == "help"


@pytest.mark.parametrize("ending", [EOFError, "quit"])
def test_keys(ending: str | type[BaseException]) -> None:
    """Ctrl-C drops the line, Ctrl-D leaves."""
    one, out, _ = session()
    keys: Iterator[str | type[BaseException]] = iter([KeyboardInterrupt, "--version", ending])

    def ask() -> str:
        return next(asking(next(keys)))

    assert shell.loop(one, ask) == 0
    assert out.getvalue().startswith("carbonio ")


def test_a_real_prompt_gives_lines() -> None:
    """Typed into prompt_toolkit."""
    one, out, _ = session()
    with create_pipe_input() as keys:
        prompt: PromptSession[str] = PromptSession(
            input=keys,
            output=DummyOutput(),
            completer=shell.Words(GRAMMAR),
            complete_while_typing=False,
        )
        keys.send_text("--version\rexit\r")
        assert shell.loop(one, prompt.prompt) == 0
    assert out.getvalue().startswith("carbonio ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mob", [("mobile", -3)]),
        ("mobile ABQ l", [("list", -1)]),
        ("mobile ABQ list ", [("status", 0)]),
    ],
)
def test_the_word_before_the_cursor_is_completed(
    text: str, expected: list[tuple[str, int]]
) -> None:
    """It is replaced by the word of the catalogue."""
    found = shell.Words(GRAMMAR).get_completions(Document(text), CompleteEvent())
    assert [(each.text, each.start_position) for each in found] == expected


@pytest.mark.parametrize(
    ("line", "harmless"),
    [
        ("mobile getServices", True),
        ("--json prov mc default a b", True),
        ("help prov sp", True),
        ("prov sp john@example.com secret", False),
        ("carbonio PROV setpassword john@example.com secret", False),
        ("prov setPasword john@example.com secret", False),
        ("prov sp john@example.com 'secret", False),
    ],
)
def test_no_secret_is_kept(line: str, harmless: bool) -> None:
    """Nor a line that may be one, mistyped."""
    assert shell.is_harmless(line, GRAMMAR) is harmless


def test_the_history_is_for_its_owner(tmp_path: Path) -> None:
    """Below XDG_STATE_HOME, mode 0600, without secrets, whatever it was before."""
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    complaints: list[str] = []
    path = tmp_path / "carbonio-mobile" / "history"
    path.parent.mkdir()
    path.touch(mode=0o644)
    history = shell.open_history(MOBILE, environ, complaints.append)
    history.append_string("prov sp john@example.com secret")
    history.append_string("getServices")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert "getServices" in path.read_text()
    assert "secret" not in path.read_text()
    again = shell.open_history(MOBILE, environ, complaints.append)
    assert list(again.load_history_strings()) == ["getServices"]
    assert complaints == []


def test_a_history_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    """A link is not followed; the shell goes on."""
    (tmp_path / "carbonio-mobile").mkdir()
    (tmp_path / "carbonio-mobile" / "history").symlink_to(tmp_path / "other")
    complaints: list[str] = []
    found = shell.open_history(GRAMMAR, {"XDG_STATE_HOME": str(tmp_path)}, complaints.append)
    assert isinstance(found, InMemoryHistory)
    assert complaints[0].startswith("the history is not kept")
    assert not (tmp_path / "other").exists()
