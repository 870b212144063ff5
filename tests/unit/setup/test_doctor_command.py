"""The doctor's command line, and what holds its parts together."""

from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.task import Clock

from carbonio_mobile.accounts.attributes import Level as EntryLevel
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import HashCost
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.setup.arguments import make_parser
from carbonio_mobile.setup.doctor import examination
from carbonio_mobile.setup.doctor.account import look_at_account
from carbonio_mobile.setup.doctor.command import doctor_command
from carbonio_mobile.setup.doctor.examination import Examination
from carbonio_mobile.setup.doctor.findings import Level, Report
from carbonio_mobile.setup.doctor.subject import Subject
from carbonio_mobile.setup.main import run
from carbonio_mobile.setup.surroundings import Surroundings
from tests.unit.setup.doctoring import JOHN, Told, done

CHEAP = HashCost(memory_kib=8, rounds=1, lanes=1)
EMBEDDED = '[server]\ndata = "{place}/data"\n'
GATEWAY = (
    EMBEDDED
    + """\
[backend]
mailboxes = "gateway"
accounts = "imap"
[accounts]
domains = ["example.com"]
[imap]
host = "imap.example.com"
[submission]
host = "smtp.example.com"
"""
)


def configured(place: Path, text: str, more: str = "") -> Path:
    """Write a configuration."""
    file = place / "carbonio-mobile.toml"
    file.write_text(text.format(place=place) + more)
    return file


class Terminal(StringIO):
    """Text that takes itself for a terminal."""

    def isatty(self) -> bool:
        """Claim to be one."""
        return True


class Command:
    """Runs the command; the examination is not made, but who is examined is noted."""

    def __init__(
        self, *, answer: str = "", is_terminal: bool = False, is_whole: bool = True
    ) -> None:
        self.out, self.err = StringIO(), StringIO()
        self.asked: list[str] = []
        self.ran = 0
        self._answer = answer
        self._is_whole = is_whole
        self._stdin = Terminal() if is_terminal else StringIO()

    def __call__(self, *words: str) -> int:
        """Run it; gives the status."""
        around = Surroundings(
            stdin=self._stdin,
            out=self.out,
            err=self.err,
            ask_secret=self._ask,
            generate_password=lambda: "",
            clock=lambda: 0.0,
        )
        arguments = make_parser().parse_args(["doctor", *words])
        return doctor_command(arguments, around, self._run)

    def _ask(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self._answer

    def _run(self, _doing: Any) -> bool:
        self.ran += 1
        return self._is_whole


def test_the_password_is_asked_for(tmp_path: Path) -> None:
    """Once, and it is not printed; the summary follows."""
    command = Command(answer="demo-john", is_terminal=True)
    file = configured(tmp_path, GATEWAY)
    assert command("John@Example.com", "--config", str(file)) == 0
    assert command.asked == ["Password of John@Example.com: "]
    assert "What a phone will have:" in command.out.getvalue()
    assert "demo-john" not in command.out.getvalue() + command.err.getvalue()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("john@example.com",), "--password-file"),
        (("john",), "expected an address"),
        (("john@example.com", "--as-proxy"), "imap.login"),
        (("john@example.com", "--password-file", "/no/such"), "/no/such"),
    ],
)
def test_wrong_usage(tmp_path: Path, words: tuple[str, ...], text: str) -> None:
    """Status 2, one line, and nothing is looked at."""
    command = Command()
    assert command(*words, "--config", str(configured(tmp_path, GATEWAY))) == 2
    (line,) = command.err.getvalue().splitlines()
    assert line.startswith("carbonio-mobile-setup doctor: ")
    assert text in line
    assert command.ran == 0


def test_an_empty_password_is_none(tmp_path: Path) -> None:
    """A login with it could count as one of nobody."""
    command = Command(is_terminal=True)
    assert command("john@example.com", "--config", str(configured(tmp_path, GATEWAY))) == 2
    assert "no password was given" in command.err.getvalue()


def test_a_password_that_everybody_may_read(tmp_path: Path) -> None:
    """It is refused, as the daemon does with its own."""
    (tmp_path / "password").write_text("demo-john\n")
    (tmp_path / "password").chmod(0o644)
    command = Command()
    file = str(configured(tmp_path, GATEWAY))
    words = ("john@example.com", "--config", file, "--password-file", str(tmp_path / "password"))
    assert command(*words) == 2
    assert "everybody may read" in command.err.getvalue()


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    """The option is named; that is a finding, not wrong usage."""
    command = Command()
    file = configured(tmp_path, GATEWAY, '[dav]\nurl = "ftp://example.com"\n')
    assert command("john@example.com", "--config", str(file)) == 1
    assert "Configuration: dav.url: " in command.out.getvalue()
    assert command.ran == 0


def test_without_other_servers_no_password_is_asked_for(tmp_path: Path) -> None:
    """It would be of no use."""
    command = Command(is_terminal=True)
    assert command("john@example.com", "--config", str(configured(tmp_path, EMBEDDED))) == 0
    assert command.asked == []
    assert command.ran == 1


def test_an_interruption_is_no_success(tmp_path: Path) -> None:
    """What was not looked at may be wrong."""
    command = Command(answer="demo-john", is_terminal=True, is_whole=False)
    assert command("john@example.com", "--config", str(configured(tmp_path, GATEWAY))) == 1
    assert "interrupted" in command.err.getvalue()


def test_other_commands_still_want_their_directory(capsys: pytest.CaptureFixture[str]) -> None:
    """--data may be left out for the doctor alone."""
    around: Any = SimpleNamespace()
    with pytest.raises(SystemExit) as ended:
        run(["create-domain", "example.com"], around, CHEAP)
    assert ended.value.code == 2
    assert "--data" in capsys.readouterr().err


# What holds the parts together


def examined(file: Path, subject: Subject = JOHN) -> Told:
    """Examine somebody."""
    told = Told()
    settings = SettingsSource(file=file, demo=False, overrides={}).read()
    done(Examination(settings, subject, told.report, reactor=Clock()).run())
    return told


def test_own_mailboxes_need_no_server(tmp_path: Path) -> None:
    """Then only the account is looked at."""
    told = examined(configured(tmp_path, EMBEDDED))
    assert "no server to look at" in told.of(Level.WORKS)


@pytest.mark.parametrize(
    ("exc", "text"),
    [
        (RuntimeError("boom"), "this was not expected: RuntimeError: boom"),
        (Unavailable("the disk is full"), "the disk is full"),
    ],
)
def test_a_part_that_fails_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exc: Exception, text: str
) -> None:
    """No traceback; what comes after it is looked at."""

    def fail(*_arguments: Any, **_more: Any) -> None:
        raise exc

    reached: list[str] = []

    async def reach(part: Any, _place: Any) -> bool:
        reached.append(part.about)
        return False

    monkeypatch.setattr(examination, "look_at_account", fail)
    monkeypatch.setattr(examination, "reach", reach)
    told = examined(configured(tmp_path, GATEWAY))
    assert text in told.only(Level.FAILS)
    assert reached == ["IMAP", "Submission"]


# The account


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data directory with a domain and an account."""
    place = tmp_path / "data"
    place.mkdir(mode=0o700)
    store = open_store(place, CHEAP)
    store.create_domain("example.com")
    store.create_account("john@example.com", "demo-john")
    store.close()
    return place


def account(place: Path, text: str, address: str = "john@example.com", more: str = "") -> Told:
    """Look at an account."""
    told = Told()
    settings = SettingsSource(file=configured(place, text, more), demo=False, overrides={}).read()
    part = Report(told.report.add).part("Account")
    look_at_account(part, settings, Subject(address=address), now=0.0)
    return told


@pytest.mark.usefixtures("data")
def test_an_account_that_is_there(tmp_path: Path) -> None:
    """Its domain is made, it is active, and may use ActiveSync."""
    told = account(tmp_path, EMBEDDED)
    assert "the account is active" in told.of(Level.WORKS)
    assert told.of(Level.FAILS) == ""


@pytest.mark.parametrize(
    ("attribute", "value", "text"),
    [
        ("zimbraAccountStatus", "locked", "the account is locked"),
        ("zimbraFeatureMobileSyncEnabled", "FALSE", "ActiveSync is switched off"),
    ],
)
def test_accounts_that_may_not(
    tmp_path: Path, data: Path, attribute: str, value: str, text: str
) -> None:
    """The remedy names attribute and value."""
    store = open_store(data, CHEAP)
    target = Target(level=EntryLevel.ACCOUNT, name="john@example.com")
    store.set_attributes(target, [(attribute, (value,))])
    store.close()
    fault = account(tmp_path, EMBEDDED).only(Level.FAILS)
    assert text in fault
    assert attribute in fault


@pytest.mark.usefixtures("data")
def test_accounts_that_are_not_there(tmp_path: Path) -> None:
    """Ours must be made; those of the mail server come by themselves, if their domain is there."""
    assert "create-account" in account(tmp_path, EMBEDDED, "mary@example.com").only(Level.FAILS)
    assert "first right login" in account(tmp_path, GATEWAY, "mary@example.com").of(Level.WORKS)
    assert "accounts.domains" in account(tmp_path, GATEWAY, "mary@example.net").only(Level.FAILS)


def test_before_the_first_start(tmp_path: Path) -> None:
    """Nothing is made by looking."""
    assert "create-domain" in account(tmp_path, EMBEDDED).only(Level.FAILS)
    assert "first start" in account(tmp_path, GATEWAY).of(Level.WORKS)
    assert not (tmp_path / "data").exists()
