"""What may be typed next, and the scripts by which shells ask for it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from carbonio_mobile.cli.completing import candidates, script
from tests.unit.cli.around import carbonio
from tests.unit.cli.sample import GRAMMAR, MOBILE


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ["help", "completion", "mobile", "config", "prov"]),
        ("mo", ["mobile"]),
        ("--j", ["--json"]),
        ("--json mobile abq ", ["allow", "list", "import"]),
        ("--socket ", []),
        ("--socket /x pr", ["prov"]),
        ("mobile abq al", ["allow"]),
        ("MOBILE ABQ AL", ["allow"]),
        ("mobile ABQ list ", ["status"]),
        ("mobile ABQ list status ", ["Allowed", "Blocked", "Quarantined"]),
        ("mobile ABQ list status b", ["Blocked"]),
        ("mobile ABQ list status Blocked ", []),
        ("mobile ABQ allow ", []),
        ("mobile ABQ allow x ", ["account"]),
        ("mobile ABQ import FILE ", ["Allowed", "Blocked", "Quarantined"]),
        ("mobile getDevices verbose true ", ["count"]),
        ("prov gac ", ["-v"]),
        ("help ", ["mobile", "config", "prov"]),
        ("help mobile AB", ["ABQ"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("nothing ", []),
    ],
)
def test_what_comes_next(line: str, expected: list[str]) -> None:
    """Words, names of parameters, and values where they are few."""
    assert candidates(GRAMMAR, line.split(" ")) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [("getS", ["getServices"]), ("abq l", ["list"]), ("help ABQ a", ["allow"])],
)
def test_what_comes_next_without_the_module(line: str, expected: list[str]) -> None:
    """carbonio-mobile completes the words of its module."""
    assert candidates(MOBILE, line.split(" ")) == expected


def test_the_program_answers_the_scripts() -> None:
    """A candidate a line."""
    ran = carbonio("__complete", "mobile", "get")
    assert (ran.status, ran.told) == (0, "getServices\ngetDevices\n")


def test_a_wrong_shell_is_refused() -> None:
    """With the shells that there are."""
    ran = carbonio("completion", "bsh")
    assert ran.status == 1
    assert "expected one of bash, zsh, fish, got 'bsh'; did you mean bash?" in ran.complained


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("program", ["carbonio", "carbonio-mobile"])
def test_bash_completes(tmp_path: Path, program: str) -> None:
    """The script does what bash expects, with a program that echoes its arguments."""
    called = tmp_path / program
    called.write_text(f"#!{sys.executable}\nimport sys\nprint('\\n'.join(sys.argv[1:]))\n")
    called.chmod(0o755)
    name = f"_{program.replace('-', '_')}_words"
    commands = (
        f"{script(['bash'], program)}\nCOMP_WORDS=({program} mobile 'get S' x)\nCOMP_CWORD=2\n"
        f"{name}\nprintf '<%s>' \"${{COMPREPLY[@]}}\"\ncomplete -p {program}\n"
    )
    ran = subprocess.run(
        ["bash", "--norc", "-c", commands],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("<__complete><mobile><get S>")
    assert f"-F {name} {program}" in ran.stdout


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_scripts_name_the_program(shell: str) -> None:
    """And no placeholder is left."""
    text = script([shell], "carbonio")
    assert "carbonio __complete" in text
    assert "PROGRAM" not in text
