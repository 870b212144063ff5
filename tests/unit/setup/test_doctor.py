"""The doctor's findings on mail, from servers that are played; how findings look."""

from dataclasses import replace
from typing import Any

import pytest

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.imap.responses import Quota
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.gateway.logins.keychain import Way
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.setup.doctor import mail, push
from carbonio_mobile.setup.doctor.capabilities import WANTED, lacks, tell_capabilities
from carbonio_mobile.setup.doctor.findings import Feature, Finding, Level, Report
from carbonio_mobile.setup.doctor.screen import Screen
from carbonio_mobile.sync.folders import FolderKind
from tests.unit.setup.doctoring import JOHN, SECRET, UNKNOWN, Server, Told, clients, done, mailbox


@pytest.fixture
def told() -> Told:
    """Give a report to write in."""
    return Told()


# The screen


def lines_of(encoding: str, *findings: Finding) -> list[str]:
    """Give what a terminal shows of findings."""
    lines: list[str] = []
    screen = Screen(lines.append, encoding)
    report = Report(screen.show)
    for one in findings:
        report.add(one)
    return lines


FAULT = Finding(level=Level.FAILS, about="IMAP", text="nobody listens", remedy="See imap.port.")


def test_a_finding_is_a_line_and_its_remedy_another() -> None:
    """The sign says how it is; a terminal without these signs gets others."""
    assert lines_of("utf-8", FAULT) == ["✗ IMAP: nobody listens", "    See imap.port."]
    assert lines_of("ascii", FAULT)[0] == "X IMAP: nobody listens"
    assert lines_of("no-such-encoding", FAULT)[0] == "X IMAP: nobody listens"


def test_what_servers_say_moves_no_cursor() -> None:
    """Control characters are shown as question marks, long texts cut, foreign ones replaced."""
    hostile = replace(FAULT, text="a\x1b[2J\n\u202eb" + "x" * 5000, remedy="")
    (line,) = lines_of("utf-8", hostile)
    assert line.startswith("✗ IMAP: a?[2J??b")
    assert len(line) <= 600
    assert lines_of("ascii", replace(FAULT, text="Entwürfe", remedy="")) == ["X IMAP: Entw?rfe"]


def test_the_summary_names_every_feature() -> None:
    """What was not looked at is said to be that."""
    lines: list[str] = []
    screen = Screen(lines.append, "utf-8")
    report = Report(screen.show)
    report.gives(Feature.MAIL, Level.WORKS, "5 messages in the Inbox")
    report.part("IMAP").degrades("slow")
    screen.summary(report)
    text = "\n".join(lines)
    for feature in Feature:
        assert feature.value in text
    assert "✓ Mail          5 messages in the Inbox" in text
    assert "- Push          not looked at" in text
    assert lines[-1] == "0 fine, 1 could be better, 0 wrong"
    assert not report.has_failures


# Capabilities


def test_what_a_server_lacks_is_told_once() -> None:
    """A server without anything has each lack once; one with all has none."""
    everything = {name for one in WANTED for name in one.names}
    assert list(lacks(everything)) == []
    names = [name for one in lacks(()) for name in one.names]
    assert sorted(names) == sorted(set(names)) == sorted(everything)


@pytest.mark.parametrize("one", WANTED, ids=lambda one: "-".join(one.names))
def test_each_lack_has_its_cost(told: Told, one: Any) -> None:
    """What is lacking is named with what follows from it."""
    everything = {name for each in WANTED for name in each.names}
    tell_capabilities(told.part, everything - set(one.names))
    text = told.of(one.level)
    assert f"no {' or '.join(one.names)}" in text
    assert one.cost in text


# Mail


@pytest.mark.parametrize(
    ("plan", "texts"),
    [
        ({}, ("john@example.com is refused", "imap.user")),
        ({"user": "{local}"}, ("login of john is refused",)),
        ({"way": Way.PROXY, "proxy": "gate"}, ("gate for john@example.com", "master = yes")),
        (
            {"way": Way.MASTER, "proxy": "gate"},
            ("john@example.com*gate", "imap.master_separator", "imap.proxy_password_file"),
        ),
        ({"way": Way.TOKEN}, ("with a token", "imap.token_command")),
    ],
)
def test_refused_logins(told: Told, plan: Any, texts: tuple[str, ...]) -> None:
    """Who was refused in which way, and what such a login needs."""
    fault = LoginRefused("AUTHENTICATE: NO")
    assert done(mail.log_in(told.part, clients(fault, **plan), JOHN, seconds=lambda: 0.0)) is None
    text = told.only(Level.FAILS)
    assert SECRET not in text
    for one in texts:
        assert one in text


def test_logins_that_cannot_be_tried(told: Told) -> None:
    """Without the password an own login is not tried; a server that is away is no refusal."""
    done(mail.log_in(told.part, clients(Server()), UNKNOWN, seconds=lambda: 0.0))
    assert "needs the account's password" in told.only(Level.FAILS)
    told.report.findings.clear()
    away_now = clients(Unavailable("connection lost"))
    done(mail.log_in(told.part, away_now, JOHN, seconds=lambda: 0.0))
    assert "no login: connection lost" in told.only(Level.FAILS)


def test_a_login(told: Told) -> None:
    """The server's name and what it can are told."""
    server = Server()
    assert done(mail.log_in(told.part, clients(server), JOHN, seconds=lambda: 0.0)) is server
    assert "the server is Played 1" in told.of(Level.WORKS)
    assert "no MOVE" in told.of(Level.DEGRADES)


def look(told: Told, server: Server, **roles: str) -> dict[FolderKind, str]:
    """Look at a server's mailboxes."""
    looking = mail.look_at_folders(told.part, clients(server, roles=roles), JOHN, server)  # type: ignore[arg-type]
    found: dict[FolderKind, str] = done(looking)
    return found


def test_standard_folders_and_why(told: Told) -> None:
    """By the option, by SPECIAL-USE, by a known name; those that lack are made later."""
    server = Server(
        mailbox("INBOX", messages=7),
        mailbox("Entwürfe", messages=2),
        mailbox("Versendet", "\\sent"),
        mailbox("Weg", messages=70),
    )
    found = look(told, server, trash="Weg")
    assert found == {
        FolderKind.INBOX: "INBOX",
        FolderKind.DRAFTS: "Entwürfe",
        FolderKind.SENT: "Versendet",
        FolderKind.TRASH: "Weg",
    }
    well = told.of(Level.WORKS)
    for text in (
        "mailboxes: 4, messages: 79; the largest is Weg with 70",
        "drafts is Entwürfe, by its name",
        "sent is Versendet, as the server says (SPECIAL-USE)",
        "trash is Weg, as imap.trash says",
    ):
        assert text in well
    assert "no mailbox for junk" in told.only(Level.DEGRADES)
    assert "imap.junk" in told.only(Level.DEGRADES)


def test_folders_that_are_not_there(told: Told) -> None:
    """A configured name without a mailbox, and no Inbox."""
    look(told, Server(mailbox("Drafts"), mailbox("Sent"), mailbox("Junk")), trash="Bin there")
    assert "imap.trash names Bin there" in told.only(Level.DEGRADES)
    assert "no Inbox" in told.only(Level.FAILS)


def test_shared_mailboxes_that_may_be_read_only(told: Told) -> None:
    """They are counted."""
    server = Server(mailbox("INBOX"), mailbox("shared/mary/Plans"))
    server.rights = frozenset("lr")
    look(told, server)
    assert "1 shared mailboxes may be read only" in told.of(Level.WORKS)


@pytest.mark.parametrize(
    ("used", "limit", "level"),
    [(10, 2000, Level.WORKS), (1950, 2000, Level.DEGRADES), (2000, 2000, Level.FAILS)],
)
def test_quota(told: Told, used: int, limit: int, level: Level) -> None:
    """A mailbox that is full fails, one that is nearly so is worth a look."""
    server: Any = Server()
    server.quotas = [Quota(root=b"", resources={"STORAGE": (used, limit)})]
    done(mail.look_at_quota(told.part, server, "INBOX"))
    assert "are used" in told.only(level)


@pytest.mark.parametrize(
    ("seconds", "faults", "level", "text"),
    [
        ((0.0, 0.5), (), Level.WORKS, "the newest 100 of 4,950 messages of INBOX: 0.50 s"),
        ((0.0, 3.0), (), Level.DEGRADES, "That is slow"),
        ((0.0, 0.5), ("broken",), Level.DEGRADES, "brokenly"),
    ],
)
def test_a_first_page(
    told: Told, seconds: tuple[float, ...], faults: tuple[str, ...], level: Level, text: str
) -> None:
    """It is read without a mark on anything, and timed."""
    server: Any = Server()
    server.uids, server.faults = UidSet([(1, 4900), (4951, 5000)]), faults
    times = iter(seconds)
    done(mail.read_page(told.part, server, "INBOX", seconds=lambda: next(times)))
    assert text in told.only(level)
    assert server.examined == [("INBOX", True)]
    assert told.has(Feature.MAIL) is Level.WORKS


def test_the_newest_of_some_uids() -> None:
    """The highest come first, over gaps, and no more than there are."""
    assert mail.newest_of(UidSet([(1, 3), (7, 8)]), 4) == [8, 7, 3, 2]
    assert mail.newest_of(UidSet([(1, 3), (7, 8)]), 9) == [8, 7, 3, 2, 1]
    assert mail.newest_of(UidSet(), 9) == []


# Push


@pytest.mark.parametrize(
    ("capabilities", "level", "text"),
    [
        ("NOTIFY IDLE", Level.WORKS, "NOTIFY works"),
        ("IDLE", Level.DEGRADES, "IDLE works"),
        ("", Level.DEGRADES, ""),
    ],
)
def test_push(told: Told, capabilities: str, level: Level, text: str) -> None:
    """By NOTIFY all folders, by IDLE the Inbox, else in rounds; nothing is changed."""
    server: Any = Server(capabilities=capabilities)
    done(push.try_push(told.part, server, "INBOX"))
    assert told.has(Feature.PUSH) is level
    assert text in told.of(Level.WORKS)
    assert all(read_only for _, read_only in server.examined)


def test_push_of_new_mail_alone(told: Told) -> None:
    """A server that does not tell of flags is worth a look."""
    server: Any = Server()
    server.notified = frozenset(("MessageNew",))
    done(push.try_push(told.part, server, "INBOX"))
    assert "not of what was read elsewhere" in told.only(Level.DEGRADES)


def test_push_is_not_timed_where_the_message_would_stay(told: Told) -> None:
    """Without UIDPLUS nothing is stored."""
    server: Any = Server(capabilities="IDLE")
    done(push.time_push(told.part, server, server, "Drafts", reactor=None))
    assert "UIDPLUS" in told.only(Level.DEGRADES)
