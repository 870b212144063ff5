"""The set-up program: what its commands do, print and refuse."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest

from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import HashCost
from carbonio_mobile.directory.provisioning import Entry
from carbonio_mobile.setup.main import main, run
from carbonio_mobile.setup.progress import ProgressBar
from carbonio_mobile.setup.sizes import size_bytes
from carbonio_mobile.setup.surroundings import Surroundings, generate_password

CHEAP = HashCost(memory_kib=8, rounds=1, lanes=1)
DAEMON = 12_345
"""The numbers of a user and group, which need not exist."""


class TerminalText(StringIO):
    """Text that takes itself for a terminal."""

    def isatty(self) -> bool:
        """Claim to be one."""
        return True


@dataclass
class Program:
    """Runs commands on one data directory; keeps what the last one printed."""

    data_dir: Path
    answers: list[str] = field(default_factory=list)
    out: str = ""
    err: str = ""

    def __call__(self, *words: str, typed: str = "", terminal: bool = False) -> int:
        """Run a command, with standard input as given."""
        text = TerminalText if terminal else StringIO
        around = Surroundings(
            stdin=text(typed),
            out=StringIO(),
            err=text(),
            ask_secret=lambda prompt: self.answers.pop(0),
            generate_password=lambda: "generated-word",
            clock=lambda: 1_700_000_000.0,
        )
        status = run(["--data", str(self.data_dir), *words], around, CHEAP)
        self.out, self.err = around.out.getvalue(), around.err.getvalue()
        return status


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Give the program on a directory with one domain and one account."""
    program = Program(tmp_path / "data")
    assert program("create-domain", "example.com", "--host", "phones.example.net") == 0
    assert program("create-account", "john@example.com", "--password-stdin", typed="demo-john") == 0
    return program


def test_begins_with_create_domain(tmp_path: Path) -> None:
    """Only create-domain makes a data directory; the others say what to do."""
    program = Program(tmp_path / "new" / "data")
    assert program("create-account", "john@example.com", "--generate") == 1
    assert "begin with create-domain" in program.err
    assert not program.data_dir.exists()
    assert program("create-domain", "Example.com") == 0
    assert program.data_dir.stat().st_mode & 0o777 == 0o700


def entry(program: Program, name: str, level: Level = Level.ACCOUNT) -> Entry:
    """Give what stands in the directory."""
    store = open_store(program.data_dir, CHEAP)
    try:
        return store.entry(Target(level=level, name=name), 0.0)
    finally:
        store.close()


def test_account_with_everything(program: Program) -> None:
    """create-account sets what its options say; a domain's host names are for its logins."""
    words = ("--display-name", "Mary Major", "--alias", "sales@example.com", "--quota", "2GB")
    more = ("--cos", "default", "--generate")
    assert program("create-account", "Mary@example.com", *more, *words) == 0
    assert program.out.splitlines()[-1] == "password: generated-word"
    mary = entry(program, "sales@example.com")
    assert mary.name == "mary@example.com"
    assert mary.own["displayName"] == ("Mary Major",)
    assert mary.own["zimbraMailQuota"] == ("2147483648",)
    assert mary.own["zimbraCOSId"] == (entry(program, "default", Level.COS).id,)
    domain = entry(program, "example.com", Level.DOMAIN)
    assert domain.own["zimbraVirtualHostname"] == ("phones.example.net",)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("create-domain", "example.com"), "exists already"),
        (("create-account", "john@example.com", "--generate"), "belongs to the account"),
        (("create-account", "mary@nowhere.example", "--generate"), "no domain nowhere.example"),
        (("create-account", "mary", "--generate"), "address: expected an address like"),
        (("create-account", "a@example.com", "--cos", "none", "--generate"), "no cos none"),
        (("set-password", "mary@example.com", "--generate"), "no account mary@example.com"),
        (("set-password", "john@example.com"), "--password-stdin or --generate"),
        (("set-password", "john@example.com", "--password-stdin"), "gave no password"),
        (("import", "john@example.com", "/no/such/file"), "no such file: /no/such/file"),
    ],
)
def test_refusals(
    program: Program, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], reason: str
) -> None:
    """A command that cannot be done says why in one line and gives status 1."""
    monkeypatch.setitem(sys.modules, "carbonio_mobile.mailbox.embedded.import_", ImportStub())
    assert program(*words) == 1
    assert program.out == ""
    (line,) = program.err.splitlines()
    assert line.startswith("carbonio-mobile-setup: ")
    assert reason in line


@pytest.mark.parametrize(
    "words",
    [
        ("no-such-command",),
        ("delete-account", "john@example.com"),
        ("create-account",),
        ("create-account", "a@example.com", "--quota", "lots"),
        ("create-account", "a@example.com", "--generate", "--password-stdin"),
    ],
)
def test_wrong_usage(program: Program, words: tuple[str, ...]) -> None:
    """What the command line cannot mean gives status 2."""
    with pytest.raises(SystemExit) as ended:
        program(*words)
    assert ended.value.code == 2


def test_passwords_are_asked_twice(program: Program) -> None:
    """On a terminal the password is asked for twice, and a difference changes nothing."""
    program.answers = ["demo-new", "demo-other"]
    assert program("set-password", "john@example.com", terminal=True) == 1
    assert "differ" in program.err
    program.answers = ["demo-new", "demo-new"]
    assert program("set-password", "john@example.com", terminal=True) == 0
    assert "demo-new" not in program.out + program.err
    assert program.answers == []


def test_password_is_not_asked_for_nobody(program: Program) -> None:
    """An account that does not exist is refused before anything is asked."""
    program.answers = ["demo-new", "demo-new"]
    assert program("set-password", "mary@example.com", terminal=True) == 1
    assert len(program.answers) == 2


class ImportStub(ModuleType):
    """Stands for the mailbox's import: takes one message, refuses one."""

    def __init__(self) -> None:
        super().__init__("import_")
        self.calls: list[tuple[object, ...]] = []

    def import_files(
        self,
        data_dir: Path,
        account: str,
        paths: list[Path],
        folder: str | None,
        kind: str,
        progress: Callable[[int, int | None], None],
        *,
        dry_run: bool,
        quota_bytes: int,
    ) -> object:
        """Report two steps."""
        self.calls.append((data_dir, account, paths, folder, kind, dry_run))
        self.quota_bytes = quota_bytes
        progress(1, 2)
        progress(2, 2)
        summary = ModuleType("summary")
        summary.imported, summary.refused = 1, [("old.mbox message 2", "no header")]
        summary.already_there, summary.replaced, summary.kept = 3, 0, 0
        return summary


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of others")
def test_what_root_makes_is_the_daemons(program: Program, tmp_path: Path) -> None:
    """All that an import by root leaves behind belongs to the owner of the data directory."""
    for path in (program.data_dir, *program.data_dir.rglob("*")):
        os.chown(path, DAEMON, DAEMON)
    letter = tmp_path / "letter.eml"
    letter.write_bytes(b"From: ann@example.com\r\nSubject: Lunch\r\n\r\nAt noon?\r\n")
    assert program("import", "john@example.com", str(letter), "--folder", "Old/2024") == 0
    assert list(program.data_dir.glob("mailboxes/*/*/mailbox.db"))
    for path in (program.data_dir / "mailboxes", *program.data_dir.rglob("*")):
        assert (path.stat().st_uid, path.stat().st_gid) == (DAEMON, DAEMON), path
        assert path.stat().st_mode & 0o077 == 0, path


def test_umask(tmp_path: Path) -> None:
    """Whatever the shell's umask is, the program's files are nobody else's."""
    before = os.umask(0o022)
    try:
        assert main(["--data", str(tmp_path / "data"), "create-domain", "example.com"]) == 0
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(before)
    for path in (tmp_path / "data").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_import(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """import shows its progress on a terminal, and what was refused and why."""
    stub = ImportStub()
    monkeypatch.setitem(sys.modules, "carbonio_mobile.mailbox.embedded.import_", stub)
    (tmp_path / "old.mbox").touch()
    words = ("import", "john@example.com", str(tmp_path / "old.mbox"), "--folder", "Archive/2024")
    assert program(*words, terminal=True) == 1
    assert program.out == "1 items imported, 3 already there, 1 refused\n"
    assert stub.quota_bytes == 0
    assert "\r[###############...............]  50 % of 2 items" in program.err
    assert program.err.splitlines()[-1] == "refused old.mbox message 2: no header"
    assert program(*words, "--dry-run") == 1
    assert program.err == "refused old.mbox message 2: no header\n"
    (_, account, paths, folder, kind, dry_run) = stub.calls[-1]
    assert (paths, folder, kind, dry_run) == (
        [tmp_path / "old.mbox"],
        "Archive/2024",
        "auto",
        True,
    )
    assert len(account) == 36


def test_progress_without_total() -> None:
    """Where the number of messages is not known, those done are counted in steps."""
    out = TerminalText()
    bar = ProgressBar(out, "messages")
    for done in range(1, 46):
        bar(done, None)
    bar.close()
    assert out.getvalue() == "\r0 messages\r20 messages\r40 messages\n"


def test_generated_passwords_differ() -> None:
    """Generated passwords are long, readable and never the same."""
    made = {generate_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        assert len(password) == 19
        assert not set(password) & set("01ilo")


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("2GB", 2 << 30), ("500 mb", 500 << 20), ("1KiB", 1024), ("17", 17), ("1T", None)],
)
def test_sizes(text: str, size: int | None) -> None:
    """Sizes are powers of 1024; what is no size is refused."""
    if size is None:
        with pytest.raises(ValueError, match="like 2GB"):
            size_bytes(text)
    else:
        assert size_bytes(text) == size
