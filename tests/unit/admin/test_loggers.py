"""The commands on account loggers, and the running of what one of them traced.

Product: ../shared/carbonio/cli.md 2.5.
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from carbonio_mobile.admin.answers import Lines, Listing, Said
from carbonio_mobile.admin.calling import AdminCall, Caller
from carbonio_mobile.admin.catalogue.loggers import COMMANDS
from carbonio_mobile.admin.declaring import UsageFault, assign, read
from carbonio_mobile.admin.replay import LINE_CHARACTERS, WAITING_MAX, lines_of
from carbonio_mobile.admin.responders.loggers import LoggerResponders
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.trace import TracedAnswer, TracedRequest, answer_line, request_line
from carbonio_mobile.errors import NotFound
from carbonio_mobile.service.freshserver import fresh_server
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import BOUNDS, NOW, now
from carbonio_mobile.wbxml import Element, Limits, encode
from carbonio_mobile.wbxml.codepages import AirSync, ComposeMail, Contacts
from tests.unit.commands import asking
from tests.unit.commands.phone import Phone
from tests.unit.logs.watched import WatchedRig, loggers_below

BY_NAME = {command.name.lower(): command for command in COMMANDS}


async def pieces(octets: bytes, size: int = 7919) -> AsyncIterator[bytes]:
    """Give octets in pieces that end where nothing else does."""
    for start in range(0, len(octets), size):
        yield octets[start : start + size]


async def all_of(rows: AsyncIterator[object]) -> list[object]:
    """Give all rows."""
    return [row async for row in rows]


class Admin:
    """An administrator of a watched rig."""

    def __init__(self, folder: Path) -> None:
        self.rig = WatchedRig(loggers_below(folder))
        self.responders = LoggerResponders(
            accounts=self.rig.accounts,
            loggers=self.rig.loggers,
            fresh_server=lambda: fresh_server(bounds=BOUNDS, limits=Limits(), now=NOW),
        ).responders()

    def types(self, *words: str, upload: bytes = b"") -> object:
        """Give the answer to a command line."""
        command = BY_NAME[f"mobile {words[0]}".lower()]
        call = AdminCall(
            command=command,
            values=read(command, assign(command, words[1:])),
            caller=Caller(uid=0, groups=frozenset(), pid=1),
            upload=pieces(upload),
        )
        return now(self.responders[command.name](call))

    def says(self, *words: str) -> str:
        """Give the sentence that a command answers with."""
        answer = self.types(*words)
        assert isinstance(answer, Said)
        return answer.text

    def rows(self) -> list[object]:
        """Give the loggers that are listed."""
        answer = self.types("getAccountLoggers")
        assert isinstance(answer, Listing)
        assert (answer.heading, answer.width) == ("loggers", 60)
        return now(all_of(answer.rows))

    def replays(self, trace: bytes) -> Sequence[str]:
        """Give what a replay tells."""
        answer = self.types("replayTrace", "x.log", upload=trace)
        assert isinstance(answer, Lines)
        return [str(line) for line in now(all_of(answer.rows))]


def test_every_command_is_answered(tmp_path: Path) -> None:
    """No command is declared that nothing does."""
    assert set(Admin(tmp_path).responders) == {command.name for command in COMMANDS}


def test_loggers_as_the_manual_shows_them(tmp_path: Path) -> None:
    """cli.md 2.5: the sample of getAccountLoggers; commands in the case of the manual's text."""
    admin = Admin(tmp_path)
    file = tmp_path / "user.log"
    said = admin.says("doaddaccountlogger", "john@example.com", "debug", str(file))
    assert said == f"logger 1 added, it writes the traffic of john@example.com to {file}"
    assert admin.rows() == [
        {
            "id": 1,
            "level": "DEBUG",
            "name": "AccountLogger",
            "description": f"Logging account john@example.com using level debug, log file {file}",
            "remove command": "carbonio mobile doRemoveLogger 1",
        }
    ]
    assert admin.says("doremovelogger", "1") == "logger 1 removed"
    assert admin.rows() == []


def test_what_a_logger_may_be_told(tmp_path: Path) -> None:
    """Window size and redaction by name; the account by id as well."""
    admin = Admin(tmp_path)
    words = (admin.rig.account, "TRACE", "a.log", "WINDOW_SIZE", "1", "redact", "TRUE")
    admin.says("doAddAccountLogger", *words)
    admin.says("doAddAccountLogger", "john@example.com", "crit", "b.log")
    first = admin.rows()[0]
    assert isinstance(first, dict)
    assert first["description"] == (
        "Logging account john@example.com using level trace, "
        f"log file {tmp_path}/a.log, window size 1, redacted"
    )
    assert admin.rig.loggers.forced_window(admin.rig.account) == 1
    assert admin.says("doRemoveLogger", "ALL_LOGGERS") == "2 loggers removed"
    assert not admin.rig.loggers.wants(admin.rig.account)


@pytest.mark.parametrize(
    "words",
    [
        ("doAddAccountLogger", "john@example.com", "loud", "a.log"),
        ("doAddAccountLogger", "john@example.com", "info"),
        ("doAddAccountLogger", "john@example.com", "info", "a.log", "window_size", "0"),
        ("doAddAccountLogger", "john@example.com", "info", "a.log", "redact", "maybe"),
        ("doRemoveLogger", "seven"),
        ("doRemoveLogger", "-1"),
        ("doRemoveLogger",),
        ("getAccountLoggers", "all"),
    ],
)
def test_wrong_words_change_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    """What was expected is said."""
    admin = Admin(tmp_path)
    with pytest.raises(UsageFault, match="expected"):
        admin.types(*words)
    assert admin.rows() == []


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """An account or a logger that nobody knows."""
    admin = Admin(tmp_path)
    with pytest.raises(NotFound, match=r"nobody@example\.com"):
        admin.types("doAddAccountLogger", "nobody@example.com", "info", "a.log")
    with pytest.raises(NotFound, match="logger 7"):
        admin.types("doRemoveLogger", "7")
    assert list(tmp_path.iterdir()) == []


# Replay


def a_day(admin: Admin, version: str) -> None:
    """Let a phone do a bit of everything."""
    phone = Phone(admin.rig, version=version)
    phone.folder_sync()
    answer = phone.post("FolderCreate", asking.folder_create(phone.folder_key, "Trips"))
    assert answer is not None
    contacts = admin.rig.folder(FolderKind.CONTACTS)
    phone.prime(contacts)
    made = phone.sync(
        contacts,
        Element(AirSync.Commands, [asking.add("c1", Element(Contacts.LastName, "Major"))]),
    )
    assert made is not None
    name = next(each.string for each in _below(made) if each.tag is AirSync.ServerId)
    change = Element(
        AirSync.Change,
        [
            Element(AirSync.ServerId, name),
            Element(AirSync.ApplicationData, [Element(Contacts.LastName, "Minor")]),
        ],
    )
    phone.sync(contacts, Element(AirSync.Commands, [change]))
    mail = b"From: john@example.com\r\nTo: mary@example.com\r\nSubject: hello\r\n\r\nhello\r\n"
    if version == "12.1":
        admin.rig.send(
            "SendMail", body=mail, version=version, headers={"content-type": "message/rfc822"}
        )
    else:
        content = [Element(ComposeMail.ClientId, "m1"), Element(ComposeMail.Mime, mail)]
        admin.rig.send("SendMail", Element(ComposeMail.SendMail, content), version=version)
    admin.rig.send("Ping", asking.ping(60, contacts), version=version)
    admin.rig.send("Dance", version=version)
    admin.rig.clock.advance(61)


def _below(root: Element) -> list[Element]:
    return [root, *(each for child in root.children for each in _below(child))]


@pytest.mark.parametrize("redact", ["false", "true"])
@pytest.mark.parametrize("version", ["12.1", "14.1", "16.1"])
def test_a_trace_runs_as_it_was_logged(tmp_path: Path, version: str, redact: str) -> None:
    """Every step has the statuses of the log, from a store of its own; redacted or not."""
    admin = Admin(tmp_path)
    words = ("john@example.com", "trace", "a.log", "redact", redact)
    admin.says("doAddAccountLogger", *words)
    a_day(admin, version)
    before = admin.rig.served.copy()
    lines = admin.replays((tmp_path / "a.log").read_bytes())
    assert [line for line in lines[:-1] if ": as logged: " not in line] == []
    assert lines[-1] == f"{len(before)} as logged"
    assert {line.split()[1] for line in lines[:-1]} >= {
        "FolderSync:", "FolderCreate:", "Sync:", "SendMail:", "Ping:", "Dance:",
    }  # fmt: skip
    assert admin.rig.served == before


def test_a_trace_that_begins_in_the_midst_gets_a_state_first(tmp_path: Path) -> None:
    """Keys that the log never saw given out are made anew."""
    admin = Admin(tmp_path)
    phone = Phone(admin.rig)
    phone.folder_sync()
    inbox = admin.rig.folder(FolderKind.INBOX)
    phone.prime(inbox)
    admin.says("doAddAccountLogger", "john@example.com", "trace", "a.log")
    phone.folder_sync()
    admin.rig.post("GetItemEstimate", asking.estimate(phone.keys[inbox], inbox, "14.1"))
    phone.sync(inbox)
    lines = admin.replays((tmp_path / "a.log").read_bytes())
    assert "(keys made anew: 1)" in lines[0]
    assert "(keys made anew: 1)" in lines[1]
    assert lines[-1] == "3 as logged"


def test_other_statuses_are_told(tmp_path: Path) -> None:
    """An item that the empty store has not got: the step says what was and what is."""
    admin = Admin(tmp_path)
    phone = Phone(admin.rig)
    admin.rig.deliver()
    inbox = admin.rig.folder(FolderKind.INBOX)
    phone.folder_sync()
    phone.prime(inbox)
    trash = admin.rig.folder(FolderKind.TRASH)
    admin.says("doAddAccountLogger", "john@example.com", "trace", "a.log")
    name = next(iter(phone.items[inbox]))
    admin.rig.post("MoveItems", asking.moves((name, inbox, trash)))
    lines = admin.replays((tmp_path / "a.log").read_bytes())
    assert lines[0] == (
        "#1 MoveItems: different: logged MoveItems/Response/Status 3; "
        "now MoveItems/Response/Status 1"
    )
    assert lines[-1] == "1 different"


SYNC = RequestLine(command="Sync", version="14.1", device_id="phone1")


def _trace(*lines: str) -> bytes:
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("trace", "told"),
    [
        (b"", ["there is no trace in this file"]),
        (b"\xff\xfe\r\n\r\n2027 INFO nothing\r\n", ["there is no trace in this file"]),
        (b"trace {\r\n", ["line 1: unreadable trace: JSONDecodeError", "1 unreadable"]),
        (
            _trace(answer_line(TracedAnswer(number=1, code=200))),
            ["#1 ?: not run: its request is not in the log", "1 not run"],
        ),
        (
            _trace(request_line(TracedRequest(number=1, line=SYNC))),
            ["1 without an answer in the log"],
        ),
        (
            _trace(
                request_line(TracedRequest(number=1, line=SYNC, body=None, size=300_000)),
                answer_line(TracedAnswer(number=1, code=200)),
            ),
            ["#1 Sync: not run: its body is not in the log", "1 not run"],
        ),
    ],
)
def test_what_cannot_be_run_is_told(tmp_path: Path, trace: bytes, told: list[str]) -> None:
    """Files that are no trace, cut ones, holes in one."""
    assert Admin(tmp_path).replays(trace) == told


@pytest.mark.parametrize("body", [b"\x03", b"\x03\x01\x6a\x00\x05", b"\x03\x01\x6a\x00\x45\xc3"])
def test_a_body_that_is_no_wbxml_is_not_run(tmp_path: Path, body: bytes) -> None:
    """Somebody edited the file."""
    kind = "application/vnd.ms-sync.wbxml"
    whole = encode(asking.sync())
    trace = _trace(
        request_line(TracedRequest(number=1, line=SYNC, content_type=kind, body=whole)),
        answer_line(TracedAnswer(number=1, code=200, content_type=kind, body=body)),
    )
    lines = Admin(tmp_path).replays(trace)
    assert len(lines) == 2


def test_requests_that_wait_are_bounded(tmp_path: Path) -> None:
    """A file of requests alone fills no memory."""
    lines = (
        request_line(TracedRequest(number=number, line=SYNC)) for number in range(WAITING_MAX + 5)
    )
    assert Admin(tmp_path).replays(_trace(*lines)) == [
        f"{WAITING_MAX + 5} without an answer in the log"
    ]


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    """A gigabyte without a line end is never held."""
    sized = LINE_CHARACTERS // 4 + 1
    octets = b"a" * (LINE_CHARACTERS * 2) + b"\nnext\n"
    lines = now(all_of(lines_of(pieces(octets, sized))))
    assert [len(str(line)) for line in lines] == [LINE_CHARACTERS, 4]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_are_whole_wherever_pieces_end(size: int) -> None:
    """With either line end, and without one at the end."""
    assert now(all_of(lines_of(pieces(b"one\r\ntwo\n\nthree", size)))) == [
        "one",
        "two",
        "",
        "three",
    ]
