"""Operations against a scripted server: what real ones at hand do not do."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.searching import contains
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.imapclient.mailboxes import Since
from tests.unit.gateway.imapscript import Script, result, started

ONE = UidSet.of([1])


def test_a_fetch_waits_for_its_consumer() -> None:
    """One message at a time, however many have come."""
    script = Script()
    script.select()
    given: list[int] = []
    busy: list[Deferred[None]] = []

    def on_message(fetch: Fetch) -> Deferred[None]:
        given.append(fetch.uid)
        busy.append(Deferred())
        return busy[-1]

    fetching = started(script.connection.fetch(UidSet.of([1, 2]), ("FLAGS",), on_message))
    script.ok("* 1 FETCH (UID 1 FLAGS ())", "* 2 FETCH (UID 2 FLAGS ())")
    assert given == [1]
    busy[0].callback(None)
    assert given == [1, 2]
    assert not fetching.called
    busy[1].callback(None)
    result(fetching)


def test_a_consumer_that_fails() -> None:
    """Its fault comes out; the connection is whole."""
    script = Script()
    script.select()

    async def on_message(fetch: Fetch) -> None:
        raise TooLarge("mine")

    fetching = started(script.connection.fetch(ONE, ("FLAGS",), on_message))
    script.ok("* 1 FETCH (UID 1 FLAGS ())", "* 1 FETCH (UID 1 FLAGS ())")
    with pytest.raises(TooLarge, match="mine"):
        result(fetching)
    assert script.wire.is_open


def test_other_news_go_to_the_listener() -> None:
    """Messages that were not asked for, and flags that changed meanwhile."""
    script = Script()
    script.select()
    given: list[Fetch] = []
    fetching = started(script.connection.fetch(ONE, ("UID", "BODY.PEEK[]"), given.append))
    tag, text = script.command()
    assert text == "UID FETCH 1 (UID BODY.PEEK[])"
    script.say(
        "* 4 EXISTS",
        "* 1 FETCH (UID 1 FLAGS (\\Seen))",
        "* 2 FETCH (UID 2 BODY[] x)",
        "* 1 FETCH (UID 1 BODY[] x)",
        "* 3 FETCH (FLAGS ())",
        f"{tag} OK",
    )
    result(fetching)
    assert [one.sections for one in given] == [{"BODY[]": b"x"}]
    assert [type(one).__name__ for one in script.news] == ["Exists", "Fetch", "Fetch", "Fetch"]


def test_long_sets_go_in_parts() -> None:
    """No command is longer than what servers read; the answers of all are one."""
    script = Script()
    script.select()
    uids = UidSet.of(range(1, 6_000, 2))
    given: list[Fetch] = []
    fetching = started(script.connection.fetch(uids, ("FLAGS",), given.append))
    lines = script.commands()
    assert len(lines) == 3
    assert all(len(text) < 8_000 for _, text in lines)
    for tag, text in lines:
        uid = text.split()[2].split(",")[0]
        script.say(f"* 1 FETCH (UID {uid} FLAGS ())", f"{tag} OK")
    for tag, _ in script.commands():
        script.say(f"{tag} OK")
    result(fetching)
    assert len(given) == 3


def test_changes_since() -> None:
    """RFC 7162 3.1.4.1, 3.2.6."""
    script = Script("QRESYNC", "CONDSTORE")
    script.select()
    gone: list[UidSet] = []
    fetching = started(
        script.connection.fetch(
            UidSet.from_on(1), ("FLAGS",), lambda _: None, changed_since=5, on_vanished=gone.append
        )
    )
    tag, text = script.command()
    assert text == "UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 5 VANISHED)"
    script.say("* VANISHED (EARLIER) 3:4", "* VANISHED 7", f"{tag} OK")
    result(fetching)
    assert gone == [UidSet(((3, 4),))]
    assert len(script.news) == 1


def test_moving_without_move() -> None:
    """Zimbra and Carbonio: COPY, and an expunge of just what was copied."""
    script = Script("UIDPLUS")
    script.select()
    moving = started(script.connection.move(UidSet.of([1, 2, 3]), "Trash"))
    assert script.command() == ("c2", "UID COPY 1:3 Trash")
    script.say("c2 OK [COPYUID 9 1,3 11:12] done")
    assert script.command() == ("c3", "UID STORE 1,3 +FLAGS.SILENT (\\Deleted)")
    script.say("c3 OK")
    assert script.command() == ("c4", "UID EXPUNGE 1,3")
    script.say("c4 OK")
    assert result(moving).uids == {1: 11, 3: 12}


def test_a_copy_that_fails_expunges_nothing() -> None:
    """What was not copied stays."""
    script = Script("UIDPLUS")
    script.select()
    moving = started(script.connection.move(ONE, "Nowhere"))
    script.say("c2 NO [TRYCREATE] x")
    with pytest.raises(NotFound):
        result(moving)
    assert len(script.commands()) == 1


def test_no_move_without_means() -> None:
    """Neither MOVE nor UIDPLUS: what others marked deleted would go too. Nothing is sent."""
    script = Script()
    script.select()
    for doing in (script.connection.move(ONE, "Trash"), script.connection.expunge(ONE)):
        with pytest.raises(NotAllowed, match="UIDPLUS"):
            result(started(doing))
    assert script.heard() == b""


def test_moving_with_move() -> None:
    """RFC 6851 4.3: COPYUID comes before the expunges, without a tag."""
    script = Script("MOVE", "UIDPLUS")
    script.select()
    moving = started(script.connection.move(ONE, "A & B"))
    tag, text = script.command()
    assert text == 'UID MOVE 1 "A &- B"'
    script.say("* OK [COPYUID 9 1 11] Moved", "* 1 EXPUNGE", f"{tag} OK done")
    moved = result(moving)
    assert (moved.validity, moved.uids) == (9, {1: 11})
    assert len(script.news) == 1


def test_copies_of_which_nothing_is_told() -> None:
    """Without UIDPLUS the new UIDs must be looked for; with it nothing was there to be copied."""
    for capability, uids in (("X", None), ("UIDPLUS", {})):
        script = Script(capability)
        script.select()
        copying = started(script.connection.copy(ONE, "Trash"))
        script.ok()
        assert result(copying).uids == uids


def test_a_message_is_found_by_its_id() -> None:
    """What APPEND does not tell on a server without UIDPLUS."""
    script = Script()
    script.select()
    finding = started(script.connection.find_message_id("<a@b>"))
    tag, text = script.command()
    assert text == 'UID SEARCH HEADER Message-ID "<a@b>"'
    script.say("* SEARCH 7", f"{tag} OK")
    assert list(result(finding)) == [7]


def test_searching_beyond_ascii() -> None:
    """In UTF-8, and said so; ESEARCH where it is there."""
    script = Script("ESEARCH", "LITERAL+")
    script.select()
    finding = started(script.connection.search(contains("TEXT", "ü")))
    assert script.heard() == (b"c2 UID SEARCH RETURN (ALL) CHARSET UTF-8 TEXT {2+}\r\n\xc3\xbc\r\n")
    script.say('* ESEARCH (TAG "c2") UID ALL 3:4,9', "c2 OK")
    assert list(result(finding)) == [3, 4, 9]


def test_a_search_that_names_billions() -> None:
    """A range costs a server nothing."""
    script = Script("ESEARCH")
    script.select()
    finding = started(script.connection.search())
    script.ok('* ESEARCH (TAG "c2") UID ALL 1:4294967295')
    with pytest.raises(Unavailable):
        result(finding)


def test_flags_that_lost_a_race() -> None:
    """RFC 7162 3.1.3: messages that changed meanwhile are left alone and named."""
    script = Script("CONDSTORE")
    script.select()
    storing = started(
        script.connection.store(UidSet.of([7, 9]), "-", ("\\Seen",), unchanged_since=5)
    )
    tag, text = script.command()
    assert text == "UID STORE 7,9 (UNCHANGEDSINCE 5) -FLAGS.SILENT (\\Seen)"
    script.say(f"{tag} OK [MODIFIED 9] some")
    assert list(result(storing)) == [9]


def test_keywords_that_imap_cannot_carry() -> None:
    """Refused before anything is sent."""
    script = Script()
    script.select()
    for doing in (
        script.connection.store(ONE, "+", ("two words",)),
        script.connection.append("INBOX", b"x", flags=("Wichtig)",)),
    ):
        with pytest.raises(NotAllowed):
            result(started(doing))
    assert script.heard() == b""


def test_selecting_with_a_known_state() -> None:
    """QRESYNC; and what a UIDVALIDITY that changed makes of it."""
    for validity, vanished in ((5, [UidSet.of([3])]), (6, None)):
        script = Script("QRESYNC", "CONDSTORE")
        script.connection.enabled = frozenset(("QRESYNC",))
        changed: list[Fetch] = []
        selecting = started(
            script.connection.select(
                "INBOX",
                since=Since(validity=5, modseq=70, known=UidSet.of([1, 2, 3])),
                on_change=changed.append,
            )
        )
        tag, text = script.command()
        assert text == "SELECT INBOX (QRESYNC (5 70 1:3,4:4294967294))"
        script.say(
            "* 2 EXISTS",
            f"* OK [UIDVALIDITY {validity}] x",
            "* OK [HIGHESTMODSEQ 90] x",
            "* VANISHED (EARLIER) 3",
            "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (80))",
            f"{tag} OK [READ-ONLY] x",
        )
        chosen = result(selecting)
        assert (chosen.modseq, chosen.exists, chosen.read_only) == (90, 2, True)
        assert chosen.vanished == vanished
        assert [one.uid for one in changed] == [1]


def test_known_uids_that_fit_no_command_are_left_out() -> None:
    """Of a part of them the server would keep silent about the others' end."""
    script = Script("QRESYNC")
    script.connection.enabled = frozenset(("QRESYNC",))
    known = UidSet.of(range(1, 9_000, 2))
    selecting = started(
        script.connection.select("INBOX", since=Since(validity=5, modseq=7, known=known))
    )
    assert script.command()[1] == "SELECT INBOX (QRESYNC (5 7))"
    script.say("c1 OK")
    result(selecting)


def test_a_mailbox_that_cannot_be_selected() -> None:
    """None is selected then, and operations say so instead of asking."""
    script = Script()
    script.select()
    selecting = started(script.connection.select("Gone"))
    script.say("c2 NO there is none")
    script.say("c3 OK")
    with pytest.raises(NotFound):
        result(selecting)
    with pytest.raises(Unavailable, match="selected"):
        result(started(script.connection.fetch(ONE, ("FLAGS",), lambda _: None)))


def test_listing_without_extensions() -> None:
    """STATUS of each, pipelined; one that is deleted meanwhile is listed without."""
    script = Script()
    listing = started(script.connection.mailboxes())
    script.ok(
        '* LIST (\\Noselect) "/" Archive',
        '* LIST () "/" INBOX',
        '* LIST (\\Sent) "/" "Gesendete Entw&APw-rfe"',
        '* LIST () "/" Gone',
    )
    asked = script.commands()
    assert [text for _, text in asked] == [
        f"STATUS {name} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"
        for name in ("INBOX", '"Gesendete Entw&APw-rfe"', "Gone")
    ]
    script.say("* STATUS INBOX (MESSAGES 5)", f"{asked[0][0]} OK")
    script.say('* STATUS "Gesendete Entw&APw-rfe" (MESSAGES 2)', f"{asked[1][0]} OK")
    script.say(f"{asked[2][0]} NO [NONEXISTENT] gone")
    found = {one.name: one for one in result(listing)}
    assert list(found) == ["Archive", "INBOX", "Gesendete Entwürfe", "Gone"]
    assert not found["Archive"].is_selectable
    told = [one.status and one.status.numbers["MESSAGES"] for one in found.values()]
    assert told == [None, 5, 2, None]


def test_utf8_names() -> None:
    """After ENABLE UTF8=ACCEPT (RFC 6855 3) names go and come in UTF-8."""
    script = Script("ENABLE", "UTF8=ACCEPT", "LITERAL+")
    enabling = started(script.connection.enable())
    tag, text = script.command()
    assert text == "ENABLE UTF8=ACCEPT"
    script.say("* ENABLED UTF8=ACCEPT", f"{tag} OK")
    result(enabling)
    listing = started(script.connection.mailboxes(status=False))
    script.ok('* LIST () "/" "Entwürfe"')
    assert [one.name for one in result(listing)] == ["Entwürfe"]
    creating = started(script.connection.create("Ä"))
    assert script.heard() == b"c3 CREATE {2+}\r\n\xc3\x84\r\n"
    script.say("c3 OK")
    result(creating)


@pytest.mark.parametrize("call", [lambda c: c.create("a\0b"), lambda c: c.status("\ud800")])
def test_names_that_no_mailbox_can_have(call: Any) -> None:
    """They are refused before they are sent."""
    script = Script()
    with pytest.raises(NotAllowed):
        result(started(call(script.connection)))


def test_messages_that_cannot_be_appended() -> None:
    """NUL without BINARY; and more than the server takes."""
    script = Script("APPENDLIMIT=5")
    for message, fault in ((b"a\0", NotAllowed), (b"123456", TooLarge)):
        with pytest.raises(fault):
            result(started(script.connection.append("INBOX", message)))
    binary = Script("BINARY", "LITERAL+")
    appending = started(binary.connection.append("INBOX", b"a\0", flags=("\\Seen",), date=0.0))
    assert binary.heard() == (
        b'c1 APPEND INBOX (\\Seen) " 1-Jan-1970 00:00:00 +0000" ~{2+}\r\na\0\r\n'
    )
    binary.say("c1 OK")
    assert result(appending) is None


def test_notify_and_what_a_server_lacks_of_it() -> None:
    """RFC 5465: less is asked for until it is taken."""
    script = Script("NOTIFY")
    asking = started(script.connection.notify(["INBOX", "Sent Items"]))
    sets = []
    for _ in range(3):
        tag, text = script.command()
        sets.append(text)
        script.say(f"{tag} NO [BADEVENT (MessageNew MessageExpunge)] x")
    tag, text = script.command()
    script.say(f"{tag} OK")
    assert result(asking) is True
    assert sets[0] == (
        "NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) "
        '(mailboxes (INBOX "Sent Items") (MessageNew MessageExpunge FlagChange MailboxName)) '
        "(personal (MailboxName))"
    )
    assert text == (
        "NOTIFY SET (selected (MessageNew MessageExpunge)) "
        '(mailboxes (INBOX "Sent Items") (MessageNew MessageExpunge))'
    )
    refusing = Script("NOTIFY")
    asking = started(refusing.connection.notify())
    for _ in range(4):
        refusing.say(f"{refusing.command()[0]} BAD x")
    assert result(asking) is False
    assert result(started(Script().connection.notify())) is False


def test_idle() -> None:
    """It waits for as long as the server is silent, and tells news; DONE ends it."""
    script = Script("IDLE")
    script.select()
    idling = started(script.connection.idle())
    assert script.command() == ("c2", "IDLE")
    assert not idling.called
    script.say("+ idling")
    idle = result(idling)
    script.clock.advance(3_600)
    script.say("* 5 EXISTS")
    assert len(script.news) == 1
    other = started(script.connection.run("NOOP"))
    assert script.heard() == b""
    stopping = started(idle.stop())
    assert script.heard() == b"DONE\r\n"
    script.say("c2 OK")
    result(stopping)
    script.ok()
    result(other)


def test_idle_that_fails() -> None:
    """Refused, lost, or not there at all."""
    refused = Script("IDLE")
    idling = started(refused.connection.idle())
    refused.say("c1 NO x")
    with pytest.raises(Unavailable):
        result(idling)
    lost = Script("IDLE")
    idling = started(lost.connection.idle())
    lost.say("+ idling")
    lost.wire.abort("gone")
    with pytest.raises(Unavailable, match="gone"):
        result(started(result(idling).stop()))
    with pytest.raises(NotAllowed, match="IDLE"):
        result(started(Script().connection.idle()))


def test_a_server_without_quota_rights_and_namespaces() -> None:
    """Nothing is asked, and nothing claimed."""
    script = Script()
    assert result(started(script.connection.quota("INBOX"))) == []
    assert result(started(script.connection.my_rights("INBOX"))) is None
    assert result(started(script.connection.namespaces())).personal == ()
    assert script.heard() == b""


@pytest.mark.parametrize(
    ("version", "asks"), [("3.6.1-Debian-3.6.1-4+deb12u5", False), ("3.10.0", True)]
)
def test_ids_that_cyrus_tells_wrong(version: str, asks: bool) -> None:
    """Cyrus 3.6 sends octets of freed memory for MAILBOXID in STATUS: it is not asked."""
    script = Script("OBJECTID")
    script.connection.server = {"name": "Cyrus IMAPD", "version": version}
    asking = started(script.connection.status("INBOX"))
    tag, text = script.command()
    assert ("MAILBOXID" in text) == asks
    script.say("* STATUS INBOX (MESSAGES 1)", f"{tag} OK")
    result(asking)


@pytest.mark.parametrize(
    ("call", "is_there", "fault"),
    [
        (lambda c: c.select("Old"), True, Unavailable),
        (lambda c: c.status("Old"), False, NotFound),
        (lambda c: c.status("Old"), True, Unavailable),
        (lambda c: c.delete("Old"), False, NotFound),
        (lambda c: c.delete("Old"), True, NotAllowed),
        (lambda c: c.create("Old"), True, Conflict),
        (lambda c: c.create("Old"), False, NotAllowed),
        (lambda c: c.subscribe("Old"), False, NotFound),
        (lambda c: c.rename("Old", "New"), False, NotFound),
    ],
)
def test_a_refusal_without_a_code(call: Any, is_there: bool, fault: type[StoreError]) -> None:
    """Whether a mailbox is gone is not guessed: phones delete what is."""
    script = Script()
    doing = started(call(script.connection))
    script.say(f"{script.command()[0]} NO just so")
    tag, text = script.command()
    assert text == 'LIST "" Old'
    script.say(*['* LIST () "/" Old'] * is_there, '* LIST () "/" Older', f"{tag} OK")
    with pytest.raises(fault):
        result(doing)


@pytest.mark.parametrize(("is_there", "fault"), [(True, Conflict), (False, NotAllowed)])
def test_a_rename_that_is_refused_without_a_code(is_there: bool, fault: type[StoreError]) -> None:
    """The old one is there: it depends on the new one."""
    script = Script()
    doing = started(script.connection.rename("Old", "New"))
    script.say(f"{script.command()[0]} NO just so")
    script.ok('* LIST () "/" Old')
    script.ok(*['* LIST () "/" New'] * is_there)
    with pytest.raises(fault):
        result(doing)
