"""Command lines are understood as cli.md 1.1 says, or it is said what was expected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.cli import options
from carbonio_mobile.cli.faults import Mistyped
from carbonio_mobile.cli.grammar import Grammar
from carbonio_mobile.cli.options import Options
from tests.unit.cli.sample import COMMANDS, GRAMMAR, MOBILE


@pytest.mark.parametrize(
    ("line", "name", "typed"),
    [
        ("mobile getServices", "mobile getServices", {}),
        ("MOBILE getservices", "mobile getServices", {}),
        ("mobile abq ALLOW a1", "mobile ABQ allow", {"device_id": "a1"}),
        (
            "mobile ABQ allow a1 Account john@example.com",
            "mobile ABQ allow",
            {"device_id": "a1", "account": "john@example.com"},
        ),
        (
            "prov mc default a TRUE",
            "prov modifyCos",
            {"cos": "default", "attributes": ("a", "TRUE")},
        ),
        ("prov GAC -v", "prov getAllCos", {"-v": "true"}),
        ("config get global abqMode", "config get global", {"attribute": "abqMode"}),
    ],
)
def test_a_command_is_found_whatever_its_case(line: str, name: str, typed: object) -> None:
    """The longest match of words decides; what follows are arguments."""
    asked = GRAMMAR.ask(line.split())
    assert (asked.command.name, asked.typed) == (name, typed)


@pytest.mark.parametrize(
    ("line", "parts", "path"),
    [
        ("mobil getServices", ["'mobil'", "did you mean mobile?", "config"], ()),
        ("mobile abq alow x", ["after mobile abq", "did you mean allow?"], ("mobile", "abq")),
        ("mobile alow x", ["did you mean mobile ABQ allow?"], ("mobile",)),
        ("mobile ABQ", ["a command is missing after mobile ABQ", "import"], ("mobile", "ABQ")),
        ("mobile ABQ allow", ["device_id is missing", "text"], ("mobile", "ABQ", "allow")),
        (
            "mobile ABQ list status Alowed",
            ["one of Allowed", "did you mean Allowed?"],
            ("mobile", "ABQ", "list"),
        ),
        ("mobile ABQ list statsu Allowed", ["did you mean status?"], ("mobile", "ABQ", "list")),
        ("mobile getServices now", ["nothing more was expected"], ("mobile", "getServices")),
        ("mobile getDevices count -1", ["a whole number, 0 or more"], ("mobile", "getDevices")),
        ("", ["a command is missing, expected one of mobile"], ()),
        ("mobile \udc80", ["no text in UTF-8"], ()),
    ],
)
def test_a_wrong_line_says_what_was_expected(line: str, parts: list[str], path: object) -> None:
    """And the nearest word, and which help page belongs to it."""
    with pytest.raises(Mistyped) as caught:
        GRAMMAR.ask(line.split())
    assert [part for part in parts if part not in str(caught.value)] == []
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("getServices", "mobile getServices"),
        ("mobile getServices", "mobile getServices"),
        ("abq list", "mobile ABQ list"),
        ("prov gac", "prov getAllCos"),
    ],
)
def test_the_module_may_be_left_out(line: str, name: str) -> None:
    """carbonio-mobile X is carbonio mobile X; other modules are named."""
    assert MOBILE.ask(line.split()).command.name == name


def test_a_word_of_the_own_module_goes_first() -> None:
    """Where a command has the name of another module, the module that was left out decides."""
    from dataclasses import replace

    taken = replace(COMMANDS[3], words=("prov",))
    assert Grammar((*COMMANDS, taken), "mobile").ask(["prov"]).command is taken


@given(st.lists(st.text(max_size=8), max_size=6))
def test_no_line_breaks_it(words: list[str]) -> None:
    """Whatever is typed is understood or refused."""
    try:
        asked = GRAMMAR.ask(words)
    except Mistyped:
        return
    assert asked.command in COMMANDS


@pytest.mark.parametrize(
    ("line", "expected", "rest"),
    [
        ("--json mobile x", Options(json=True), ["mobile", "x"]),
        ("--sync --progress x --json", Options(sync=True, progress=True), ["x", "--json"]),
        ("--socket /s x", Options(socket="/s"), ["x"]),
        ("--socket=/s --host h", Options(socket="/s", host="h"), []),
        ("--help mobile", Options(), ["help", "mobile"]),
        ("-h", Options(), ["help"]),
        ("--version", Options(), ["--version"]),
    ],
)
def test_global_options_stand_first(line: str, expected: Options, rest: list[str]) -> None:
    """What follows the module belongs to the command (cli.md 1.3)."""
    assert options.split(line.split(), Options()) == (expected, rest)


@pytest.mark.parametrize(
    ("line", "part"),
    [("--jsn", "did you mean --json?"), ("--socket", "wants a value"), ("--json=1", "no option")],
)
def test_a_wrong_option_is_named(line: str, part: str) -> None:
    """With the options that there are."""
    with pytest.raises(Mistyped, match=part.replace("?", r"\?")):
        options.split(line.split(), Options())


def test_the_socket_comes_from_the_environment() -> None:
    """The variable goes before the default, the option before both."""
    given_here = options.initial({"CARBONIO_MOBILE_SOCKET": "/x"})
    assert given_here.socket == "/x"
    assert options.split(["--socket", "/y"], given_here)[0].socket == "/y"
    assert options.initial({}).socket == options.DEFAULT_SOCKET


@pytest.mark.parametrize("host", ["", "all_servers", "localhost", "MAIL.example.com", "192.0.2.7"])
def test_the_local_server_has_many_names(host: str) -> None:
    """And all servers are this one."""
    options.check_host(host, {"mail.example.com", "192.0.2.7"})


def test_another_server_is_refused() -> None:
    """There is only the local one."""
    with pytest.raises(Mistyped, match="only the local server"):
        options.check_host("other.example.com", {"mail.example.com"})
