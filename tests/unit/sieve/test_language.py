"""Sieve as text; RFC 5228."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.sieve.language import (
    Word,
    commands_of,
    included_by,
    quoted,
    quoted_list,
    words,
)

SCRIPT = r"""
require ["fileinto", "include"];  # vacation "x";
/* vacation; */
if header :contains "subject" "reject \"me\" vacation;" {
    fileinto text:
vacation;
..dots
.
; stop;
}
include :personal :once "one"; include "two";
include :global "three";
INCLUDE :optional text:  # a name
four
.
;
"""


def test_commands() -> None:
    """Comments and strings are no commands; case does not count."""
    found = commands_of(SCRIPT)
    assert {"fileinto", "include", "stop", "require", "header", "if"} <= found
    assert not {"vacation", "reject"} & found
    assert commands_of('VACATION "x";') == {"vacation"}


def test_includes() -> None:
    """The user's own scripts are named in their order, global ones are not the user's."""
    assert included_by(SCRIPT) == ("one", "two", "four\n")


@pytest.mark.parametrize(
    ("script", "live"),
    [
        ("if false { vacation; }", False),
        ("if false # anyof (true)\r\n{ if true { stop; } vacation; } keep;", False),
        ("if true { } elsif false { vacation; }", False),
        ("if false { keep; } else { vacation; }", True),
        ("if not false { vacation; }", True),
        ("if anyof(false, true) { vacation; }", True),
        ('if false { keep; } vacation "x";', True),
        ("if false { vacation;", False),
    ],
)
def test_rules_set_aside(script: str, live: bool) -> None:
    """What editors keep in ``if false`` is not at work."""
    assert ("vacation" in commands_of(script)) is live


def test_words() -> None:
    """Strings of both kinds mean what they say."""
    text = 'a :b 10K "x\\"\\\\y" text:\r\n..z\r\n.\r\n;'
    assert list(words(text)) == [
        Word("name", "a"),
        Word("name", ":b"),
        Word("number", "10K"),
        Word("string", 'x"\\y'),
        Word("string", ".z\r\n"),
        Word("mark", ";"),
    ]


@given(st.text(max_size=200))
def test_quoted(text: str) -> None:
    """A string holds any text: nothing in it ends it, and its line ends are CRLF."""
    written = quoted(text)
    (word, end) = words(written + ";")
    assert end == Word("mark", ";")
    lines = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    expected = lines.replace("\n", "\r\n").encode("utf-8", "replace").decode()
    assert word == Word("string", expected)


def test_lists() -> None:
    """A list of strings is one."""
    assert quoted_list(["a", 'b"']) == '["a", "b\\""]'


@given(st.text(alphabet='"/*#\\{}\r\n.te x:', max_size=300))
def test_any_script(text: str) -> None:
    """Whatever a script holds, it is read to its end."""
    assert isinstance(included_by(text), tuple)


@pytest.mark.parametrize("piece", ['"', "/*", "text:\n", "\\", '"\\', "if false {", "#"])
def test_time(piece: str) -> None:
    """What is never closed costs no more than its length."""
    assert len(commands_of(piece * 40_000)) < 10
