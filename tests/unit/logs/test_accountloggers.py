"""Account loggers over a whole server in memory: what is written at which level, and what never.

Product: ../shared/carbonio/cli.md 2.5.
"""

import re
import timeit
from base64 import b64decode
from pathlib import Path

import pytest

from carbonio_mobile.directory.loggers import Level
from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.eas.traffic import Told
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.logs.accountloggers import LOGGERS_MAX, AccountLoggers
from carbonio_mobile.logs.exchanges import gravity
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Move, Ping, Settings
from tests.unit.commands import asking
from tests.unit.commands.phone import Phone
from tests.unit.logs.watched import WatchedRig, loggers_below

MOVED = Element(Move.MoveItems, [Element(Move.Response, [Element(Move.Status, "3")])])
TREE = "<FolderHierarchy:FolderSync>"
SENT = b"From: john@example.com\r\nTo: mary@example.com\r\nSubject: the merger\r\n\r\nthe body\r\n"


def logged(rig: WatchedRig, folder: Path, name: str = "john.log") -> str:
    """Give what stands in a log."""
    return (folder / name).read_text()


def rig_with(folder: Path, level: Level, **more: object) -> WatchedRig:
    """Give a rig with one logger of john's."""
    rig = WatchedRig(loggers_below(folder))
    now(rig.loggers.add(rig.wish(level, **more)))
    return rig


@pytest.mark.parametrize("level", list(Level))
def test_each_level_writes_what_it_says(tmp_path: Path, level: Level) -> None:
    """trace holds all, debug documents, info lines, warn refusals, err and crit failures only."""
    rig = rig_with(tmp_path, level)
    rig.post("FolderSync", asking.folder_sync("0"))
    good = logged(rig, tmp_path)
    rig.send("Dance")
    refused = logged(rig, tmp_path)[len(good) :]
    assert (TREE in good) is (level <= Level.DEBUG)
    assert ("trace {" in good) is (level is Level.TRACE)
    assert (" INFO  #1 FolderSync 200 status 1 john@example.com phone1 14.1" in good) is (
        level <= Level.INFO
    )
    assert ("WARN  #2 Dance" in refused and "UNKNOWN_COMMAND" in refused) is (level <= Level.WARN)
    assert bool(good + refused) is (level <= Level.WARN)


def told(code: int, *, command: str = "Sync", refused: str = "", fault: str = "") -> Told:
    """Give an answer of that kind."""
    return Told(
        account=AccountId("a"), name="john@example.com", response=HttpResponse(code=code),
        command=command, device="d", version="14.1", peer="", bytes_in=0, elapsed_s=0.0,
        refused=refused, fault=fault,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "document", "level"),
    [
        (told(500), None, Level.CRIT),
        (told(503, fault="Unavailable: the disk is full"), None, Level.ERR),
        (told(200, fault="CommandStatus: 102"), None, Level.ERR),
        (told(449, refused="POLICY_REFRESH"), None, Level.WARN),
        (told(200, refused="DEVICE_BLOCKED"), None, Level.WARN),
        (told(200, fault="a note on the device"), None, Level.WARN),
        (told(200), Element(AirSync.Sync, [Element(AirSync.Status, "3")]), Level.WARN),
        (told(200), Element(AirSync.Sync, [Element(AirSync.Status, "1")]), Level.INFO),
        (told(200, command="Ping"), Element(Ping.Ping, [Element(Ping.Status, "2")]), Level.INFO),
        (told(200, command="Ping"), Element(Ping.Ping, [Element(Ping.Status, "5")]), Level.WARN),
        (told(200, command="MoveItems"), MOVED, Level.INFO),
        (told(200), None, Level.INFO),
    ],
)
def test_gravity(answer: Told, document: Element | None, level: Level) -> None:
    """Where a line belongs: bugs, failures, refusals and bad statuses, all else."""
    assert gravity(answer, document) is level


@pytest.mark.parametrize("redact", [False, True])
@pytest.mark.parametrize("level", [Level.TRACE, Level.DEBUG])
def test_passwords_are_in_no_log(tmp_path: Path, level: Level, redact: bool) -> None:
    """Neither the login's nor the recovery password; of headers and trees all else stands there."""
    rig = rig_with(tmp_path, level, redact=redact)
    password = Element(
        Settings.Settings,
        [
            Element(
                Settings.DevicePassword,
                [Element(Settings.Set, [Element(Settings.Password, "r3covery")])],
            )
        ],
    )
    rig.send("Settings", password, headers={"cookie": "session=abc"})
    text = logged(rig, tmp_path)
    assert "[secret]" in text
    assert "user-agent: Rig/1" in text
    text = (text + _decoded(text)).replace("[secret]", "")
    for gone in ("r3covery", Rig.PASSWORD, "Basic", "authorization", "session", "cookie"):
        assert gone not in text


@pytest.mark.parametrize("version", ["12.1", "14.1"])
@pytest.mark.parametrize("level", [Level.TRACE, Level.DEBUG])
def test_a_redacted_log_holds_nothing_personal(tmp_path: Path, level: Level, version: str) -> None:
    """Subjects, names, addresses, bodies go; ids, keys and statuses stay."""
    rig = rig_with(tmp_path, level, redact=True)
    rig.deliver(b"From: Mary <mary@example.com>\r\nSubject: the merger\r\n\r\nthe body\r\n")
    inbox = rig.folder(FolderKind.INBOX)
    phone = Phone(rig, version=version)
    phone.folder_sync()
    phone.prime(inbox)
    assert phone.items[inbox]
    key = phone.keys[inbox]
    if version == "12.1":
        rig.send("SendMail", body=SENT, version=version, headers={"content-type": "message/rfc822"})
    text = logged(rig, tmp_path) + _decoded(logged(rig, tmp_path))
    for gone in ("merger", "the body", "mary", "Mary", "john", "127.0.0.1"):
        assert gone not in text
    assert f"<SyncKey>{key}</SyncKey>" in text
    assert "phone1" in text


def _decoded(text: str) -> str:
    found = re.findall(r'"body": "([^"]*)"', text)
    return "".join(b64decode(each).decode("latin-1") for each in found)


def test_text_of_a_phone_cannot_look_like_a_line(tmp_path: Path) -> None:
    """Line ends in headers, texts and messages are escaped or indented."""
    rig = rig_with(tmp_path, Level.TRACE)
    rig.send(
        "SendMail",
        body=b"Subject: x\r\n\r\ntrace {\n2027-01-15T08:00:00.250Z INFO  #9 forged\n",
        version="12.1",
        headers={"content-type": "message/rfc822", "x-odd": "a\ntrace {"},
    )
    rig.post("FolderCreate", asking.folder_create("0", "a\ntrace {\nb"))
    for line in logged(rig, tmp_path).splitlines():
        assert line.startswith(("2027-01-15T08:00:00.250Z ", "  ", 'trace {"n": '))
        assert "#9" not in line or line.startswith("  ")


def test_bodies_are_cut_at_debug_and_whole_at_trace(tmp_path: Path) -> None:
    """cli.md 2.5: debug is for eyes."""
    long = "a" * 5000
    for level, whole in ((Level.DEBUG, False), (Level.TRACE, True)):
        rig = rig_with(tmp_path, level, file=f"{level.word}.log")
        rig.post("FolderCreate", asking.folder_create("0", long))
        assert (long in logged(rig, tmp_path, f"{level.word}.log")) is whole


def test_what_is_too_large_is_not_decoded(tmp_path: Path) -> None:
    """A log does not hold up everybody else: of large bodies only the size is told."""
    rig = rig_with(tmp_path, Level.TRACE)
    rig.send("SendMail", body=b"x" * 300_000, headers={"content-type": "message/rfc822"})
    text = logged(rig, tmp_path)
    assert "[300000 octets, too many to be shown]" in text
    assert '"octets": 300000, "body": null' in text


def test_loggers_are_added_listed_and_removed(tmp_path: Path) -> None:
    """Each has an id that no later one gets; the files stay."""
    rig = WatchedRig(loggers_below(tmp_path))
    loggers = rig.loggers
    assert not loggers.wants(rig.account)
    one = now(loggers.add(rig.wish(Level.INFO, "one.log")))
    two = now(loggers.add(rig.wish(Level.DEBUG, str(tmp_path / "two.log"))))
    assert [each.id for each in now(loggers.loggers())] == [one.id, two.id]
    assert one.file == str(tmp_path / "one.log")
    assert loggers.wants(rig.account)
    assert not loggers.wants(AccountId("another"))
    rig.post("FolderSync", asking.folder_sync("0"))
    assert now(loggers.remove(one.id)).id == one.id
    with pytest.raises(NotFound):
        now(loggers.remove(one.id))
    three = now(loggers.add(rig.wish(Level.INFO, "one.log")))
    assert three.id not in (one.id, two.id)
    assert now(loggers.remove_all()) == 2
    assert now(loggers.loggers()) == []
    assert not loggers.wants(rig.account)
    assert "INFO" in logged(rig, tmp_path, "one.log")
    assert TREE in logged(rig, tmp_path, "two.log")


def test_a_logger_that_goes_while_a_request_waits_gets_no_answer(tmp_path: Path) -> None:
    """What was begun ends without it; nothing fails."""
    rig = rig_with(tmp_path, Level.DEBUG)
    rig.post("FolderSync", asking.folder_sync("0"))
    waiting = rig.send("Ping", asking.ping(60, rig.folder(FolderKind.INBOX)))
    before = logged(rig, tmp_path)
    assert "> POST Ping" in before
    now(rig.loggers.remove_all())
    answers: list[HttpResponse] = []
    waiting.addCallback(answers.append)
    rig.clock.advance(61)
    assert answers[0].code == 200
    assert logged(rig, tmp_path) == before


def test_one_file_has_one_logger_and_the_servers_own_logs_have_none(tmp_path: Path) -> None:
    """Two that rotate one file would tear it; a server's log is not to be written by others."""
    reserved = tmp_path / "sync.log"
    reserved.touch()
    (tmp_path / "sub").mkdir()
    loggers = loggers_below(tmp_path, reserved=[reserved, tmp_path / "absent.log"])
    rig = WatchedRig(loggers)
    now(loggers.add(rig.wish(Level.INFO)))
    for name, fault in (
        ("john.log", Conflict),
        ("sync.log", NotAllowed),
        ("./sync.log", NotAllowed),
        ("absent.log", NotAllowed),
        (str(reserved), NotAllowed),
    ):
        with pytest.raises(fault):
            now(loggers.add(rig.wish(Level.INFO, name)))
    assert len(now(loggers.loggers())) == 1
    assert not (tmp_path / "absent.log").exists()


def test_there_are_not_more_loggers_than_files_to_open(tmp_path: Path) -> None:
    """Each holds two files open: their number is bounded."""
    rig = WatchedRig(loggers_below(tmp_path))
    for number in range(LOGGERS_MAX):
        now(rig.loggers.add(rig.wish(Level.INFO, f"{number}.log")))
    with pytest.raises(NotAllowed, match="remove one first"):
        now(rig.loggers.add(rig.wish(Level.INFO, "more.log")))
    rig.loggers.close()


def test_the_first_directory_is_made(tmp_path: Path) -> None:
    """``<data>/logs`` need not be there before the first logger is."""
    rig = rig_with(tmp_path / "logs", Level.INFO)
    assert (tmp_path / "logs/john.log").exists()
    assert rig.loggers.wants(rig.account)


def test_lost_records_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk hurts no request, and the list of loggers says what happened."""
    rig = rig_with(tmp_path, Level.INFO)

    def full(_file: int, _octets: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.write", full)
        rig.post("FolderSync", asking.folder_sync("0"))
    (logger,) = now(rig.loggers.loggers())
    assert logger.lost == "records lost: 1 (No space left on device)"


@pytest.mark.parametrize(
    ("sizes", "forced"), [([], None), ([None], None), ([5], 5), ([None, 5, 1], 1)]
)
def test_the_smallest_window_is_forced(
    tmp_path: Path, sizes: list[int | None], forced: int | None
) -> None:
    """cli.md 2.5: window_size holds for every device of the account while the logger lives."""
    rig = WatchedRig(loggers_below(tmp_path))
    for number, size in enumerate(sizes):
        now(rig.loggers.add(rig.wish(Level.INFO, f"{number}.log", window_size=size)))
    assert rig.loggers.forced_window(rig.account) == forced
    assert rig.loggers.forced_window(AccountId("another")) is None
    now(rig.loggers.remove_all())
    assert rig.loggers.forced_window(rig.account) is None


def test_nobody_pays_for_loggers_that_are_not_there(tmp_path: Path) -> None:
    """A request of an unwatched account costs one look into a dictionary (wide bound: 10 µs)."""
    loggers: AccountLoggers = loggers_below(tmp_path)
    account = AccountId("a")
    rounds = 10_000
    assert (
        min(timeit.repeat(lambda: loggers.wants(account), number=rounds, repeat=3)) < rounds / 1e5
    )
