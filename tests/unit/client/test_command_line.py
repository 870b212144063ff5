"""The command line against the whole server in memory: what is typed, what is shown."""

import fcntl
import io
import os
import stat
from pathlib import Path

import pytest

from carbonio_mobile.client.main import INTERRUPTED
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element, encode
from carbonio_mobile.wbxml.codepages import FolderHierarchy
from tests.unit.client.shell import Shell, Terminal

FILES = (
    b"From: Mary <mary@example.com>\r\nTo: john@example.com\r\nSubject: files\x1b[2J\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nsee file \x1b[31m\r\n"
    b"--b\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="../a.pdf"\r\n\r\n%PDF-octets\r\n--b--\r\n'
)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(Rig(), tmp_path)


def state_path(shell: Shell) -> Path:
    return shell.home / "carbonio-mobile-client" / "john@example.com@example.com.json"


def test_sync_shows_new_messages_and_remembers(shell: Shell) -> None:
    """The first sync lists what came, the second has nothing new."""
    shell.rig.deliver(FILES)
    assert shell.john("sync") == 0
    shown = shell.out.getvalue()
    assert "SUBJECT" in shown
    assert '"Mary" <mary@example.com>' in shown
    assert "unread, 1 file(s)" in shown
    assert "Inbox: 1 new, 0 changed, 0 removed; 1 held" in shown
    assert shell.john("sync") == 0
    assert "Inbox: 0 new" in shell.out.getvalue()


def test_what_a_server_says_cannot_speak_to_the_terminal(shell: Shell) -> None:
    """Control characters of subjects and bodies are not shown."""
    shell.rig.deliver(FILES)
    shell.john("sync")
    assert "\x1b" not in shell.out.getvalue()
    shell.john("show", "2:1")
    assert "see file" in shell.out.getvalue()
    assert "\x1b" not in shell.out.getvalue()


def test_state_is_private_and_holds_no_password(shell: Shell) -> None:
    """Mode 0600, in a directory of 0700, and nothing left beside it but the lock."""
    shell.john("sync")
    path = state_path(shell)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700
    assert Rig.PASSWORD not in path.read_text()
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name, f"{path.name}.lock"]


def test_folders_are_named_by_role_path_or_name(shell: Shell) -> None:
    """In any case; an unknown one is told with those that there are."""
    assert shell.john("sync", "INBOX", "sent") == 0
    assert shell.john("sync", "nowhere") == 1
    assert "there is no folder 'nowhere'" in shell.err.getvalue()
    assert "Inbox" in shell.err.getvalue()


def test_sync_all_and_folders(shell: Shell) -> None:
    """All mail folders are synced; folders says how much is held of each."""
    reports = shell.value("sync", "--all")
    assert isinstance(reports, list)
    assert {"Inbox", "Sent", "Drafts"} <= {one["folder"] for one in reports}
    listed = shell.value("folders")
    assert isinstance(listed, list)
    assert "inbox" in {one["role"] for one in listed}


def test_filter_keeps_old_mail_away(shell: Shell) -> None:
    """``--filter 3d`` is kept for the next call, and ``all`` takes it back."""
    shell.rig.deliver(age_s=10 * 86_400.0)
    shell.rig.deliver()
    for words, held in ((("--filter", "3d"), 1), ((), 1), (("--filter", "all"), 2)):
        (report,) = shell.value("sync", *words)  # type: ignore[misc]
        assert report["held"] == held


def test_list_shows_what_is_held(shell: Shell) -> None:
    """The newest first, so many as asked."""
    for age in (30.0, 10.0, 20.0):
        shell.rig.deliver(age_s=age)
    shell.john("sync")
    listed = shell.value("list", "--limit", "2")
    assert isinstance(listed, list)
    assert [one["id"] for one in listed] == ["2:2", "2:3"]
    shell.john("list", "sent")
    assert "never synchronised" in shell.err.getvalue()


def test_show_tells_all_of_a_message(shell: Shell) -> None:
    """Heads, files with how to fetch them, body."""
    shell.rig.deliver(FILES, state=MailState(read=True))
    shell.john("sync")
    assert shell.john("show", "2:1") == 0
    shown = shell.out.getvalue()
    for text in ("From:", "Subject: files", "see file", "fetch 2:1:2"):
        assert text in shown
    assert shell.john("show", "2:9") == 1
    assert "no item '2:9' is held" in shell.err.getvalue()


def test_fetch_saves_messages_and_attachments(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file name that a stranger wrote leads nowhere; nothing is overwritten unasked."""
    shell.rig.deliver(FILES)
    shell.john("sync")
    inside = shell.home / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    assert shell.john("fetch", "2:1") == 0
    assert (inside / "2-1.eml").read_bytes() == FILES
    assert shell.john("fetch", "2:1:2") == 0
    assert [one.read_bytes() for one in inside.glob("*.pdf")] == [b"%PDF-octets"]
    assert not list(shell.home.glob("*.pdf"))
    assert shell.john("fetch", "2:1") == 1
    assert "there already" in shell.err.getvalue()
    assert shell.john("fetch", "2:1:2", "-o", "-") == 0
    assert shell.octets.getvalue() == b"%PDF-octets"
    assert shell.john("fetch", "2:1:9") == 1


def test_mark_move_delete(shell: Shell) -> None:
    """Each reaches the mailbox, and the state knows."""
    for _ in range(3):
        shell.rig.deliver()
    shell.john("sync")
    assert shell.john("mark", "2:1", "2:2", "flagged") == 0
    assert "2 messages marked flagged" in shell.out.getvalue()
    assert shell.john("mark", "2:1", "read") == 0
    assert shell.john("move", "2:1", "trash") == 0
    assert shell.john("delete", "2:2", "--for-good") == 0
    listed = shell.value("list")
    assert isinstance(listed, list)
    assert [one["id"] for one in listed] == ["2:3"]
    (report,) = shell.value("sync", "trash")  # type: ignore[misc]
    assert [(one["read"], one["flag"]) for one in report["new"]] == [(True, 2)]


def test_send_reply_forward(shell: Shell, tmp_path: Path) -> None:
    """Text from standard input, files, and the subjects of answers."""
    shell.rig.deliver(FILES)
    shell.john("sync")
    file = tmp_path / "note.txt"
    file.write_text("noted")
    shell.stdin = io.StringIO("from the pipe")
    send = ("send", "--to", "mary@example.com", "--subject", "Hi", "--body", "-")
    assert shell.john(*send, "--attach", str(file)) == 0
    assert shell.john("reply", "2:1", "--body", "thanks") == 0
    assert shell.john("forward", "2:1", "--to", "x@example.org") == 0
    sent, reply, forward = shell.rig.submission.taken.values()
    assert b"from the pipe" in sent.message
    assert b"note.txt" in sent.message
    assert reply.recipients == ("mary@example.com",)
    assert b"Subject: Re: files" in reply.message
    assert b"Subject: Fwd: files" in forward.message
    assert shell.john("send", "--to", "nobody", "--subject", "x") == 1
    assert "not an address" in shell.err.getvalue()


def test_ping_tells_news_and_nothing_new(shell: Shell) -> None:
    """Exit status 0 with news, 3 without; a sync may run meanwhile."""
    shell.john("sync")

    def deliver() -> None:
        shell.rig.deliver()

    shell.meanwhile = deliver
    assert shell.john("ping", "--heartbeat", "300") == 0
    assert "news in Inbox" in shell.out.getvalue()

    def sync_and_wait() -> None:
        other = Shell(shell.rig, shell.home)
        assert other.john("sync") == 0
        shell.rig.clock.advance(300)

    shell.john("sync")
    shell.meanwhile = sync_and_wait
    assert shell.john("ping", "--heartbeat", "300") == 3
    assert "nothing new" in shell.out.getvalue()
    shell.meanwhile = lambda: None
    (report,) = shell.value("sync")  # type: ignore[misc]
    assert report["held"] == 1
    assert '"resyncs":0' in state_path(shell).read_text()


@pytest.mark.parametrize("version", ["12.1", "14.1", "16.1"])
def test_search(shell: Shell, version: str) -> None:
    """By Find at 16.1, by Search before."""
    shell.rig.deliver(FILES)
    shell.rig.deliver()
    found = shell.value("--version", version, "search", "see", "file", "--folder", "inbox")
    assert isinstance(found, list)
    assert [one["folder"] for one in found] == ["Inbox"]


def test_out_of_office(shell: Shell) -> None:
    """On with a text, shown, off."""
    assert shell.john("oof", "on", "--text", "away") == 0
    assert "out of office: on\nto colleagues: away" in shell.out.getvalue()
    times = ("--from", "2027-08-01T09:00Z", "--until", "2027-08-09T09:00Z")
    assert shell.john("oof", "on", *times) == 0
    assert shell.value("oof", "show")["state"] == "timed"  # type: ignore[index]
    assert shell.value("oof", "off")["state"] == "off"  # type: ignore[index]
    assert shell.john("oof", "on", "--from", "2027-08-01T09:00Z") == 1


def test_options_provision_discover_raw(shell: Shell, tmp_path: Path) -> None:
    """What concerns the server."""
    assert shell.value("options")["speaking"] == "16.1"  # type: ignore[index]
    assert shell.value("provision")["policy_key"] != 0  # type: ignore[index]
    assert shell.type("--user", Rig.ADDRESS, "--password", "x", "discover") == 0
    assert shell.out.getvalue() == "https://found.example.com/x\n"
    file = tmp_path / "request.wbxml"
    key = Element(FolderHierarchy.SyncKey, "0")
    file.write_bytes(encode(Element(FolderHierarchy.FolderSync, [key])))
    assert shell.john("raw", "foldersync", str(file)) == 0
    assert "HTTP 200" in shell.out.getvalue()
    assert "<DisplayName>Inbox</DisplayName>" in shell.out.getvalue()
    assert shell.john("raw", "nonsense", str(file)) == 1


def test_another_version_starts_over(shell: Shell) -> None:
    """What was held at another version is fetched anew."""
    shell.rig.deliver()
    shell.john("sync")
    (report,) = shell.value("--version", "12.1", "sync")  # type: ignore[misc]
    assert len(report["new"]) == 1
    assert "starts over" in shell.err.getvalue()


def test_password_sources(shell: Shell, tmp_path: Path) -> None:
    """File, environment, prompt on a terminal; without any of them it is wrong usage."""
    file = tmp_path / "password"
    file.write_text(f"{Rig.PASSWORD}\nmore\n")
    access = ("--url", "example.com", "--user", Rig.ADDRESS)
    assert shell.type(*access, "--password-file", str(file), "options") == 0
    with pytest.raises(SystemExit) as caught:
        shell.type(*access, "options")
    assert caught.value.code == 2
    shell.stdin = Terminal()
    assert shell.type(*access, "options") == 0
    assert shell.prompts == ["Password: "]
    shell.environ = {
        "CARBONIO_MOBILE_PASSWORD": Rig.PASSWORD,
        "CARBONIO_MOBILE_URL": "example.com",
        "CARBONIO_MOBILE_USER": Rig.ADDRESS,
    }
    assert shell.type("options") == 0
    assert len(shell.prompts) == 1


def test_refused_login_is_one_line_without_the_password(shell: Shell) -> None:
    """Exit status 1."""
    access = ("--url", "example.com", "--user", Rig.ADDRESS, "--password", "wr0ng")
    assert shell.type(*access, "sync") == 1
    assert shell.err.getvalue() == "carbonio-mobile-client: the server refused the login (401)\n"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("sync",),
        ("--url", "example.com", "sync"),
        ("--url", "x", "--user", "y", "--password", "z", "mark", "2:1", "purple"),
        ("--url", "x", "--user", "y", "--password", "z", "sync", "--window", "513"),
        ("--url", "x", "--user", "y", "--password", "z", "--device-id", "a/b", "sync"),
    ],
)
def test_wrong_usage(shell: Shell, words: tuple[str, ...]) -> None:
    """Exit status 2."""
    with pytest.raises(SystemExit) as caught:
        shell.type(*words)
    assert caught.value.code == 2


def test_help_has_examples_at_each_level(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole program and each command."""
    for words in ((), ("sync",), ("send",), ("ping",), ("fetch",), ("raw",)):
        with pytest.raises(SystemExit) as caught:
            shell.type(*words, "--help")
        assert caught.value.code == 0
        assert "examples:" in capsys.readouterr().out


def test_progress_on_a_terminal_only(shell: Shell) -> None:
    """A long sync shows how far it is, and takes the line away."""
    for _ in range(30):
        shell.rig.deliver()
    shell.err = Terminal()
    shell.john("sync", "--window", "10")
    assert "Inbox: 10 changes" in shell.err.getvalue()
    assert "/s" in shell.err.getvalue()
    assert shell.err.getvalue().endswith("\r")


def test_one_program_at_a_time(shell: Shell) -> None:
    """While one works with a state another is told to wait."""
    shell.john("sync")
    with open(f"{state_path(shell)}.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert shell.john("sync") == 1
    assert "another carbonio-mobile-client" in shell.err.getvalue()


def test_spoilt_state_is_told(shell: Shell) -> None:
    """What cannot be read is named, and nothing is done."""
    shell.john("sync")
    for text in ("{", "{}", '{"format": 99}', "[]"):
        state_path(shell).write_text(text)
        assert shell.john("sync") == 1
        assert "remove it to start over" in shell.err.getvalue()


def test_interrupted(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is no fault."""

    def interrupt(work: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(shell, "run", interrupt)
    assert shell.john("sync") == INTERRUPTED
