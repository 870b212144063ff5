"""The program against a daemon: commands, files, faults, Ctrl-C, batch, exit statuses."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonio_mobile.cli import link
from tests.unit.cli.around import Ran, carbonio
from tests.unit.cli.daemon import Responders, daemon
from tests.unit.cli.sample import COMMANDS, GRAMMAR

At = tuple[str, Responders]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[At]:
    """Run one daemon for all tests of this module."""
    with daemon(tmp_path_factory.mktemp("d")) as running:
        yield running


# Answers


def test_every_form_of_answer_arrives(served: At) -> None:
    """As text, in the form of cli.md 1.4."""
    path, _ = served
    assert carbonio("mobile", "ABQ", "list", socket=path).told == (
        "devices\n\n    device_id   a\x1b[31m\n    status      Allowed\n\n"
        "    device_id   b\n    status\n"
    )
    assert carbonio("config", "get", "global", "abqMode", socket=path).told == "abqMode\ntrue\n"
    assert carbonio("prov", "gac", socket=path).told.count("# name default\ncn: default\n") == 2
    assert carbonio("mobile", "ABQ", "allow", "x", socket=path).told == (
        f"done\n\n    device\n\n        {'id':60}7\n"
    )
    assert "anti-dos\n" in carbonio("mobile", "getServices", socket=path).told


def test_the_values_arrive_as_typed(served: At) -> None:
    """Lists, quotes, long texts in several pieces, what is beyond ASCII."""
    path, responders = served
    long = "ü" * 200_000
    ran = carbonio("PROV", "MC", "my cos", "description", long, "+a", '"', socket=path)
    assert ran.status == 0
    name, values = responders.asked[-1]
    assert name == "prov modifyCos"
    assert values == {"cos": "my cos", "attributes": ("description", long, "+a", '"')}


def test_json_is_json(served: At) -> None:
    """An answer, a refusal, a break in the middle, a syntax error: each one document."""
    path, _ = served
    told = json.loads(carbonio("--json", "mobile", "ABQ", "list", socket=path).told)
    assert told["ok"] is True
    assert [row["device_id"] for row in told["response"]["devices"]] == ["a\x1b[31m", "b"]
    for words, part in {
        ("mobile", "doRefuse"): "no device",
        ("mobile", "doBreak"): "last row",
        ("mobile", "ABQ", "alow"): "did you mean allow?",
    }.items():
        ran = carbonio("--json", *words, socket=path)
        told = json.loads(ran.told)
        assert (ran.status, told["ok"]) == (1, False)
        assert part in told["error"]["message"]
        assert part in ran.complained


def test_fifty_thousand_rows_pass_through_bounded_memory(served: At) -> None:
    """As text and as JSON; daemon and client together hold a few pieces."""
    path, responders = served
    for flags in ((), ("--json",)):
        responders.rows = 0
        sink = Sink(responders)
        assert _into(sink, *flags, "mobile", "getDevices", "count", "50000", socket=path) == 0
        assert sink.devices == 50_000
        assert sink.waiting_max < 1000


class Sink:
    """An output that keeps nothing; counts devices, and how many were made and not yet written."""

    def __init__(self, responders: Responders) -> None:
        self.devices = self.waiting_max = 0
        self._responders = responders

    def write(self, text: str) -> int:
        """Count the devices in a piece of text."""
        self.devices += text.count("android0")
        self.waiting_max = max(self.waiting_max, self._responders.rows - self.devices)
        return len(text)

    def flush(self) -> None:
        """Do nothing."""

    def isatty(self) -> bool:
        """Be a pipe."""
        return False


def _into(sink: Sink, *words: str, socket: str) -> int:
    from io import StringIO
    from typing import cast

    from carbonio_mobile.cli.main import run
    from carbonio_mobile.cli.surroundings import Surroundings

    around = Surroundings(
        stdin=StringIO(),
        out=cast(StringIO, sink),
        err=StringIO(),
        environ={"CARBONIO_MOBILE_SOCKET": socket},
        commands=lambda: COMMANDS,
        local_names=lambda: (),
    )
    return run(list(words), around, "carbonio")


def test_who_reads_little_makes_the_daemon_work_little(served: At) -> None:
    """Rows are made as they are fetched."""
    path, responders = served
    responders.rows = 0
    one = link.connect(path)
    rows = link.rows(one.run("mobile getDevices", {"count": "50000"}, None, lambda *_: None))
    for _ in range(3):
        next(rows)
    one.close()
    assert responders.rows < 1000


# Terminal


def test_on_a_terminal_nothing_controls_it(served: At) -> None:
    """The name of a device may hold anything; refusals name devices too."""
    path, _ = served
    ran = carbonio("mobile", "ABQ", "list", socket=path, screen=True, environ={})
    assert "a\\x1b[31m" in ran.told
    assert "\x1b[31m" not in ran.told
    assert "│" in ran.told, "a table"
    refused = carbonio("mobile", "doRefuse", socket=path, screen=True)
    assert "\\x1b[31mred" in refused.complained
    assert "\x1b" not in refused.complained


def test_on_a_terminal_a_qr_code_is_drawn(served: At) -> None:
    """Of qrcode_data; elsewhere only its text is given."""
    path, _ = served
    assert "▄▄▄▄▄" in carbonio("mobile", "getServices", socket=path, screen=True).told
    assert "▄" not in carbonio("mobile", "getServices", socket=path).told


def test_a_long_listing_is_no_table(served: At) -> None:
    """It is written as it comes."""
    path, _ = served
    ran = carbonio("mobile", "getDevices", "count", "150", socket=path, screen=True)
    assert "│" not in ran.told
    assert ran.told.count("android0") == 150


# Files


def test_a_file_goes_along_in_pieces(served: At, tmp_path: Path) -> None:
    """Whole, and only as fast as it is taken."""
    path, responders = served
    responders.octets = 0
    file = tmp_path / "list"
    file.write_bytes(b"android1\r\n" * 100_000)
    ran = carbonio("--progress", "mobile", "abq", "import", str(file), "allowed", socket=path)
    assert ran.status == 0
    assert ran.told.endswith("1000000 octets imported\n")
    assert " octets\n" in ran.told.removesuffix("1000000 octets imported\n")


def test_an_empty_file_is_a_file(served: At, tmp_path: Path) -> None:
    """Of no octets."""
    path, responders = served
    responders.octets = 0
    (tmp_path / "list").touch()
    ran = carbonio("mobile", "abq", "import", str(tmp_path / "list"), "Allowed", socket=path)
    assert ran.told == "0 octets imported\n"


def test_a_refused_file_is_not_sent_on(served: At, tmp_path: Path) -> None:
    """The refusal comes in the middle of the sending."""
    path, responders = served
    responders.octets = 0
    (tmp_path / "list").write_bytes(b"STOP" * 1_000_000)
    ran = carbonio("mobile", "abq", "import", str(tmp_path / "list"), "Allowed", socket=path)
    assert (ran.status, ran.complained) == (1, "carbonio: line 1 is no device\n")
    assert responders.octets < 200_000


def test_a_file_that_cannot_be_read_sends_nothing(served: At, tmp_path: Path) -> None:
    """It is said why."""
    path, _ = served
    for name, why in {"absent": "No such file", ".": "Is a directory"}.items():
        ran = carbonio("mobile", "abq", "import", str(tmp_path / name), "Allowed", socket=path)
        assert ran.status == 1
        assert why in ran.complained
        assert "nothing was sent" in ran.complained


# Faults


def test_a_syntax_error_prints_the_help_and_sends_nothing() -> None:
    """On standard error, with status 1 (cli.md 1.3); no daemon is there."""
    ran = carbonio("mobile", "abq", "allow")
    assert (ran.status, ran.told) == (1, "")
    first, _, page = ran.complained.partition("\n\n")
    assert first.startswith("carbonio: mobile ABQ allow: device_id is missing, expected a text")
    assert "PARAMETER LIST" in page
    assert "device_id (M)   String" in page


def _listener(path: Path, *, says: bytes | None) -> socket.socket:
    """Listen at a path and answer nonsense to one client, or nobody at all."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    if says is None:
        sock.close()
        return sock
    sock.listen(1)

    def answer() -> None:
        peer = sock.accept()[0]
        peer.recv(1000)
        peer.sendall(says)
        peer.close()

    threading.Thread(target=answer, daemon=True).start()
    return sock


@pytest.mark.parametrize(
    ("name", "says", "part"),
    [
        ("absent", None, "is the daemon running (systemctl status carbonio-mobile)?"),
        ("dead", None, "the daemon is not running"),
        ("x" * 150, None, "check --socket"),
        ("nonsense", b"\xff" * 40, "what answers at"),
        ("closes", b"", "the daemon closed the connection"),
    ],
)
def test_no_daemon_is_told_in_one_line(
    tmp_path: Path, name: str, says: bytes | None, part: str
) -> None:
    """What to check is said."""
    path = tmp_path / name
    listening = None if name in {"absent", "x" * 150} else _listener(path, says=says)
    ran = carbonio("mobile", "getServices", socket=str(path))
    if listening is not None:
        listening.close()
    assert ran.status == 1
    assert part in ran.complained
    assert ran.complained.count("\n") == 1


def test_no_permission_is_told() -> None:
    """With what one has to be."""
    text = link._why_unreachable("/s", PermissionError(13, "Permission denied"))
    assert "in the group of the socket" in text


def test_a_stranger_is_told(tmp_path: Path) -> None:
    """Who is not admitted by the daemon itself."""
    with daemon(tmp_path, admits=False) as (path, _):
        ran = carbonio("mobile", "getServices", socket=path)
    assert ran.status == 1
    assert f"does not admit this user (uid {os.geteuid()})" in ran.complained


@pytest.mark.parametrize(
    ("words", "plain", "sync"),
    [
        (("mobile", "getServices"), 0, 0),
        (("mobile", "doRefuse"), 1, 1),
        (("mobile", "doBreak"), 1, 1),
        (("mobile", "doVanish"), 1, 4),
        (("nothing",), 1, 1),
    ],
)
def test_exit_statuses(served: At, words: tuple[str, ...], plain: int, sync: int) -> None:
    """Those of --sync are finer (cli.md 1.3)."""
    path, _ = served
    assert carbonio(*words, socket=path).status == plain
    assert carbonio("--sync", *words, socket=path).status == sync


def test_rows_before_a_fault_are_written(served: At) -> None:
    """And the fault after them."""
    path, _ = served
    ran = carbonio("mobile", "doBreak", socket=path)
    assert ran.told.startswith(f"rows\n\n    {'id':60}1\n")
    assert ran.complained == "carbonio: the last row is missing\n"
    gone = carbonio("mobile", "doVanish", socket=path)
    assert gone.told.startswith("rows\n")
    assert "What was under way may be done or not" in gone.complained


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C as in a program of its own: reactors of other tests leave their own handler behind."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("command", "options", "status", "said"),
    [
        ("doWait", ("--sync",), 2, "stopped"),
        ("doWait", (), 130, "stopped"),
        ("doWork", ("--sync", "--progress"), 4, "goes on"),
        ("doWork", (), 130, "goes on"),
    ],
)
def test_ctrl_c(served: At, command: str, options: tuple[str, ...], status: int, said: str) -> None:
    """What reads is given up; what changes something goes on."""
    path, responders = served
    responders.began.clear()
    responders.gave_up.clear()

    def press() -> None:
        responders.began.wait(10)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    pressing = threading.Thread(target=press)
    pressing.start()
    ran = carbonio(*options, "mobile", command, socket=path)
    pressing.join()
    assert ran.status == status
    assert said in ran.complained
    assert responders.gave_up.wait(10 if command == "doWait" else 0.2) is (command == "doWait")


@pytest.mark.usefixtures("interruptible")
def test_progress_is_told_in_lines(served: At) -> None:
    """With --progress only; beside JSON on standard error."""
    path, responders = served
    for options, out, err in (
        (("--progress",), True, False),
        (("--progress", "--json"), False, True),
        ((), False, False),
    ):
        responders.began.clear()
        ran = _pressed(responders, path, *options)
        line = "1/4 of the waiting"
        assert (line in ran.told, line in ran.complained) == (out, err)


def _pressed(responders: Responders, path: str, *options: str) -> Ran:
    """Run the waiting command; Ctrl-C once its progress has arrived."""
    pressing = threading.Timer(
        0.3, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    )
    pressing.start()
    ran = carbonio(*options, "mobile", "doWait", socket=path)
    pressing.join()
    return ran


def test_other_servers_are_refused(served: At) -> None:
    """all_servers and the names of this one are accepted."""
    path, _ = served
    for host in ("all_servers", "mail.example.com", "192.0.2.7"):
        assert carbonio("--host", host, "mobile", "getServices", socket=path).status == 0
    ran = carbonio("--host", "elsewhere", "mobile", "getServices", socket=path)
    assert (ran.status, ran.told) == (1, "")
    assert "only the local server" in ran.complained


# Batch


def test_a_batch_goes_on_after_faults(served: At) -> None:
    """One command a line, quotes as in shells, comments; the number of a line that failed."""
    path, responders = served
    lines = [
        "\ufeff# devices\r",
        "",
        "carbonio mobile ABQ allow 'a device' account john@example.com\r",
        "mobile abq alow x",
        "mobile doRefuse",
        "mobile ABQ allow 'open",
        "  --json mobile getServices  ",
    ]
    ran = carbonio(socket=path, stdin="\n".join(lines))
    assert ran.status == 1
    assert responders.asked[-1][1] == {"device_id": "a device", "account": "john@example.com"}
    assert ran.told.startswith("done\n")
    assert '"ok": true' in ran.told
    for part in (
        "carbonio: line 4: there is no 'alow' after mobile abq; did you mean allow?",
        "carbonio: line 5: there is no device",
        "carbonio: line 6: no closing quotation",
    ):
        assert part in ran.complained


def test_a_batch_without_faults_succeeds(served: At) -> None:
    """On one connection; options before it hold for each line."""
    path, _ = served
    ran = carbonio("--json", socket=path, stdin="mobile getServices\nprov gac\n" * 3)
    assert ran.status == 0
    assert ran.told.count('"ok": true') == 6


def test_a_batch_survives_a_lost_connection(served: At) -> None:
    """The next line connects anew."""
    path, _ = served
    ran = carbonio(socket=path, stdin="mobile doVanish\nconfig get global x\n")
    assert ran.status == 1
    assert ran.told.endswith("x\ntrue\n")


# Help


def test_help_at_every_level() -> None:
    """From the declarations, whatever the case of the words."""
    assert "mobile" in carbonio("help").told
    assert "--sync" in carbonio("--help").told
    listed = carbonio("help", "MOBILE").told
    assert "ABQ allow" in listed
    assert "modifyCos" not in listed
    assert "ABQ import" in carbonio("help", "mobile", "abq").told
    page = carbonio("help", "mobile", "ABQ", "allow").told
    for part in (
        "carbonio mobile ABQ allow DEVICE_ID [account ACCOUNT NAME/ID]",
        "NAME            TYPE              EXPECTED VALUES",
        "device_id (M)",
        "account (O)",
        "carbonio mobile ABQ allow androidc133785981",
    ):
        assert part in page
    assert "carbonio prov mc COS attributes…" in carbonio("help", "prov", "mc").told
    assert "Allowed|Blocked|Quarantined" in carbonio("help", "mobile", "abq", "list").told


def test_help_on_nothing_is_a_fault() -> None:
    """And says what there is."""
    ran = carbonio("help", "mobile", "nothing")
    assert ran.status == 1
    assert "there is no help on mobile nothing" in ran.complained


def test_help_without_the_module() -> None:
    """carbonio-mobile help is help mobile."""
    ran = carbonio("help", program="carbonio-mobile", module="mobile")
    assert "Commands of mobile" in ran.told
    ran = carbonio("help", "abq", "allow", program="carbonio-mobile", module="mobile")
    assert "PARAMETER LIST" in ran.told


@pytest.mark.parametrize(
    "words", [("help",), ("help", "mobile"), ("help", "mobile", "abq", "list")]
)
def test_help_on_a_terminal_says_the_same(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In tables as wide as it is."""
    monkeypatch.setenv("COLUMNS", "200")
    plain = set(carbonio(*words).told.split())
    told = carbonio(*words, screen=True).told
    shown = set(re.sub(r"\x1b\[[0-9;]*m|[│┃]", " ", told).split())
    assert {word for word in plain - shown if word.isalpha()} == set()


def test_the_version() -> None:
    """Of the program, without a daemon."""
    assert carbonio("--version").told.startswith("carbonio ")


@pytest.mark.parametrize("words", ["help", "help mobile", "completion bash", "__complete mo"])
def test_what_needs_no_daemon_imports_little(words: str) -> None:
    """Neither Twisted nor what draws on terminals: the program starts quickly."""
    program = (
        "import sys\n"
        "from tests.unit.cli.around import carbonio\n"
        f"assert carbonio(*{words.split()!r}).status == 0\n"
        "big = {'twisted', 'rich', 'prompt_toolkit', 'segno', 'asyncio', 'sqlalchemy'}\n"
        "sys.exit(str(big & set(sys.modules)) if big & set(sys.modules) else 0)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ | _path())


def _path() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.skipif(shutil.which("head") is None, reason="there is no head")
def test_who_stops_reading_hears_no_complaint(served: At) -> None:
    """``carbonio … | head`` is quiet."""
    path, _ = served
    program = (
        "import sys\n"
        "from dataclasses import replace\n"
        "from carbonio_mobile.cli import main, surroundings\n"
        "from tests.unit.cli.sample import COMMANDS\n"
        "around = replace(surroundings.real(), commands=lambda: COMMANDS)\n"
        "sys.exit(main.run(['mobile', 'getDevices', 'count', '20000'], around, 'carbonio'))\n"
    )
    ran = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" | head -n 1', sys.executable, program],
        env=os.environ | _path() | {"CARBONIO_MOBILE_SOCKET": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == ("devices\n", "")


def test_the_sample_is_what_the_tests_say() -> None:
    """Each sample command has its words once."""
    assert len({each.name for each in COMMANDS}) == len(GRAMMAR.commands)
