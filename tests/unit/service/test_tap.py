"""The command line: what is wrong is one line and status 1, before anything is begun."""

from pathlib import Path

import pytest

from carbonio_mobile.service.options import OPTIONS
from carbonio_mobile.service.tap import Options


def refused(*arguments: str) -> str:
    """Give the line with which a command line is refused."""
    with pytest.raises(SystemExit) as ended:
        Options().parseOptions(list(arguments))
    line = ended.value.code
    assert isinstance(line, str)  # printed on standard error, with status 1
    assert line.startswith("carbonio-mobile: ")
    assert "\n" not in line
    return line.removeprefix("carbonio-mobile: ")


def test_check_says_that_all_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0, and the data directory is not made."""
    with pytest.raises(SystemExit) as ended:
        Options().parseOptions(["--check", "--demo", "--data", str(tmp_path / "d")])
    assert ended.value.code == 0
    assert "can be used" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--bogus"], "option --bogus not recognized"),
        (["word"], "unexpected argument 'word'"),
        (["--config"], "option --config requires argument"),
        (["--config", "/nowhere/a.toml"], "--config: cannot read /nowhere/a.toml"),
        (["--demo", "--config", "a.toml"], "--demo: takes no --config"),
        (["--check"], "server.eas: tls:443 needs tls.certificates"),
        (["--demo", "--eas", "foo"], "--eas: 'foo' is no endpoint"),
        (["--demo", "--lmtp", "tcp:x"], "--lmtp: 'tcp:x' is no endpoint"),
        (["--demo", "--ldap", "ssl:x"], "--ldap: 'ssl:x' is no endpoint"),
        (["--eas", "tcp:0", "--ldap", "ssl:636"], "--ldap: ssl:636 needs tls.certificates"),
        (["--demo", "--data", "/dev/null/x"], "--data: /dev/null is not a directory"),
        (["--demo", "--data", "/tmp/" + "x" * 100], "--data: /tmp/xx"),
        (["--demo", "--data", "/proc/x"], "--data: cannot write in /proc"),
    ],
)
def test_mistakes(arguments: list[str], line: str) -> None:
    """Each names its option as it was typed."""
    assert refused(*arguments).startswith(line)


def test_keys_are_read(tmp_path: Path) -> None:
    """A missing or unusable key is found before the start."""
    file = tmp_path / "a.toml"
    file.write_text(
        f'[server]\ndata = "{tmp_path}/d"\n'
        '[tls]\ncertificates = [{ certificate = "/nope.pem", key = "/nope.key" }]\n'
    )
    assert refused("--config", str(file)) == (
        "tls.certificates: /nope.pem: cannot be read: No such file or directory"
    )


def test_log_file_needs_its_directory(tmp_path: Path) -> None:
    """It is not made: its owner and mode are the administrator's to choose."""
    file = tmp_path / "a.toml"
    file.write_text(f'[server]\ndata = "{tmp_path}"\n[log]\nfile = "{tmp_path}/no/log"\n')
    assert refused("--config", str(file), "--eas", "tcp:0").startswith("log.file: ")


def test_listeners_of_the_command_line_replace_the_demos(tmp_path: Path) -> None:
    """All of them, and may be several."""
    options = Options()
    options.parseOptions(
        ["--demo", "--data", str(tmp_path), "--eas", "tcp:0", "--eas", "tls:0", "--lmtp", "tcp:0"]
    )
    assert options.settings is not None
    assert options.settings.eas == ("tcp:0", "tls:0")
    assert options.settings.lmtp == ("tcp:0",)


def test_help_lists_every_option() -> None:
    """With its default and unit, those of the file too."""
    text = str(Options())
    for name in ("--config", "--check", "--demo", "--data", "--eas", "--lmtp", "--ldap"):
        assert name in text
    for option in OPTIONS:
        assert f"    {option.name} = " in text
