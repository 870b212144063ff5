"""Contents of messages from a scripted server: what goes wrong, and how much is asked for."""

import json

import pytest
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from carbonio_mobile.errors import NotFound, TooLarge, Unavailable
from carbonio_mobile.ids import PartId
from carbonio_mobile.mailbox.gateway.mail import contents as mailcontents
from carbonio_mobile.mailbox.gateway.mail.contents import (
    CUT,
    DOUBTFUL_BYTES,
    PAGE_BYTES,
    WHOLE_BYTES,
    Fetched,
    make_content,
)
from carbonio_mobile.mailbox.imapclient.fetches import UNREADABLE
from tests.unit.gateway.imapscript import Script, result, started

LARGE = WHOLE_BYTES + 1
HEADER = b"Subject: S\r\nMIME-Version: 1.0\r\n\r\n"
TEXT = '("text" "plain" ("charset" "utf-8") NIL NIL "7bit" {} 1 NIL NIL NIL NIL)'
FILE = '("image" "png" ("name" "x.png") NIL NIL "base64" {} NIL ("attachment" NIL) NIL NIL)'


def literal(octets: bytes) -> bytes:
    """Write a literal."""
    return b"{%d}\r\n%b" % (len(octets), octets)


def outline(uid: int, text: int = 5, file: int = 780) -> bytes:
    """Tell of a message with a text and a picture."""
    structure = f'({TEXT.format(text)}{FILE.format(file)} "mixed" ("boundary" "b") NIL NIL NIL)'
    said = f"* {uid} FETCH (UID {uid} RFC822.SIZE {LARGE} BODYSTRUCTURE {structure} BODY[HEADER]<0>"
    return said.encode() + b" " + literal(HEADER) + b")"


def whole(uid: int, octets: bytes, name: str = "BODY[]") -> bytes:
    """Give a message."""
    return f"* {uid} FETCH (UID {uid} {name} ".encode() + literal(octets) + b")"


def opened() -> Script:
    """Give a server whose mailbox is selected."""
    script = Script("LITERAL+")
    script.select()
    return script


def record(one: Fetched) -> dict[str, object]:
    """Give the record in its stored form."""
    found: dict[str, object] = json.loads(make_content(one, 5.0).record)
    return found


def test_small_messages() -> None:
    """One command for all; those gone meanwhile are left out."""
    script = opened()
    fetching = started(mailcontents.fetch(script.connection, {1: 50, 2: 50, 3: 50}))
    tag, said = script.command()
    assert said == "UID FETCH 1:3 (UID BODY.PEEK[])"
    script.say(whole(1, b"Subject: A\r\n\r\nHello\r\n"), whole(3, b"Subject: C\r\n\r\n"))
    script.say(f"{tag} OK done")
    found = result(fetching)
    assert list(found) == [1, 3]
    assert found[1].whole
    assert not found[1].is_cut
    content = make_content(found[1], 5.0)
    assert (content.source, content.searchable, content.size_bytes) == (b"", b"", 21)
    assert record(found[1])["s"] == "A"


def test_a_page_is_few_commands() -> None:
    """Small and large ones at once, then the texts of all that have the same parts."""
    script = opened()
    fetching = started(mailcontents.fetch(script.connection, {1: LARGE, 2: LARGE, 3: 50}))
    (small, said), (large, asked) = script.commands()
    assert said == "UID FETCH 3 (UID BODY.PEEK[])"
    assert asked == "UID FETCH 1:2 (UID BODYSTRUCTURE BODY.PEEK[HEADER]<0.65536>)"
    script.say(whole(3, b"\r\nHello"), outline(1), f"{small} OK", outline(2), f"{large} OK")
    tag, said = script.command()
    headers = "BODY.PEEK[1.MIME]<0.16384> BODY.PEEK[2.MIME]<0.16384>"
    assert said == f"UID FETCH 1:2 (UID BODY.PEEK[1] {headers})"
    parts = 'BODY[1] "Hello" BODY[1.MIME]<0> "" BODY[2.MIME]<0> '
    png = literal(b"Content-Type: image/png; name=my x.png\r\n\r\n")
    script.say(f"* 1 FETCH (UID 1 {parts}".encode() + png + b")", f"{tag} OK")
    found = result(fetching)
    assert sorted(found) == [1, 3]
    assert not found[1].is_cut
    attachment = {"p": "2", "n": "my x.png", "t": "image/png", "z": 569}
    told = record(found[1])
    assert (told["a"], told["pv"], told["z"]) == ([attachment], "Hello", LARGE)


def test_texts_are_bounded() -> None:
    """The record says how much there is."""
    script = opened()
    fetching = started(mailcontents.fetch(script.connection, {1: LARGE}))
    script.ok(outline(1, text=10_000_000))
    tag, said = script.command()
    assert "BODY.PEEK[1]<0.1048576>" in said
    some = b"a line\r\n" * 1000 + b"half a li"
    png = literal(b"Content-Type: image/png\r\n\r\n")
    headers = b'* 1 FETCH (UID 1 BODY[1.MIME]<0> "" BODY[2.MIME]<0> ' + png
    script.say(headers + b" BODY[1]<0> " + literal(some) + b")", f"{tag} OK")
    found = result(fetching)[1]
    assert found.is_cut
    assert record(found)["tz"] == 10_000_000
    assert b"half" not in found.octets


def test_a_page_of_long_texts_is_bounded() -> None:
    """All together they are asked for no more than a page may hold."""
    script = opened()
    uids = range(1, 101)
    fetching = started(mailcontents.fetch(script.connection, dict.fromkeys(uids, LARGE)))
    script.ok(*(outline(uid, text=10_000_000) for uid in uids))
    _, said = script.command()
    bound = int(said.partition("BODY.PEEK[1]<0.")[2].partition(">")[0])
    assert PAGE_BYTES // 2 < bound * 100 <= PAGE_BYTES
    fetching.addErrback(lambda _: None)
    script.wire.abort("end of test")


def test_one_refused_message_does_not_hold_up_others() -> None:
    """It comes with its header, or with nothing, and a fault."""
    script = opened()
    fetching = started(mailcontents.fetch(script.connection, {1: 50, 2: 50, 3: 50}))
    tag, _ = script.command()
    script.say(whole(1, b"\r\nHello"), f"{tag} NO [SERVERBUG] broken")
    for uid in (2, 3):
        tag, said = script.command()
        assert said.startswith(f"UID FETCH {uid} ")
        script.say(f"{tag} NO [SERVERBUG] broken")
    tag, said = script.command()
    assert said == "UID FETCH 2:3 (UID BODY.PEEK[HEADER]<0.1048576>)"
    script.say(whole(2, b"Subject: Two\r\n\r\n", "BODY[HEADER]<0>"), f"{tag} NO no more")
    script.say(f"{script.command()[0]} NO no more")
    found = result(fetching)
    assert found[1].whole
    assert [found[uid].faults for uid in (2, 3)] == [(UNREADABLE,)] * 2
    assert record(found[2])["s"] == "Two"
    assert record(found[3])["x"] == [UNREADABLE]


def test_a_server_that_refuses_all() -> None:
    """That is no fault of the messages."""
    script = opened()
    fetching = started(mailcontents.fetch(script.connection, {1: 50, 2: 50}))
    for _ in range(3):
        script.say(f"{script.command()[0]} NO [UNAVAILABLE] later")
    with pytest.raises(Unavailable):
        result(fetching)


def test_a_connection_that_is_lost() -> None:
    """Nobody is asked again."""
    script = opened()
    fetching = started(mailcontents.fetch(script.connection, {1: 50, 2: LARGE}))
    script.wire.connectionLost(Failure(ConnectionLost()))
    with pytest.raises(Unavailable):
        result(fetching)


@pytest.mark.parametrize("structure", ["NIL", "(" * 300])
def test_a_message_without_structure(structure: str) -> None:
    """What cannot be drawn is fetched as it is, if it is not too large."""
    script = opened()
    most = DOUBTFUL_BYTES + 1
    fetching = started(mailcontents.fetch(script.connection, {1: LARGE, 2: most}))
    script.ok(*(f"* {uid} FETCH (UID {uid} BODYSTRUCTURE {structure})" for uid in (1, 2)))
    commands = {text: tag for tag, text in script.commands()}
    first = commands["UID FETCH 1 (UID BODY.PEEK[])"]
    second = commands[f"UID FETCH 2 (UID BODY.PEEK[]<0.{DOUBTFUL_BYTES}>)"]
    octets = b"Subject: A\r\n\r\n" + b"x" * LARGE
    script.say(whole(1, octets), f"{first} OK")
    script.say(whole(2, octets, "BODY[]<0>"), f"{second} OK")
    found = result(fetching)
    assert found[1].whole
    assert found[1].size_bytes == len(octets)
    assert found[2].faults == (CUT,)
    assert record(found[2])["z"] == most


def test_part_of_a_large_message() -> None:
    """Only its octets are asked for."""
    script = opened()
    fetching = started(mailcontents.part(script.connection, 1, PartId("2")))
    script.ok(outline(1))
    tag, said = script.command()
    assert said.endswith("BODY.PEEK[2])")
    answer = '* 1 FETCH (UID 1 BODY[1.MIME]<0> "" BODY[2] "aGVsbG8=" BODY[2.MIME]<0> '
    png = literal(b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n")
    script.say(answer.encode() + png + b")", f"{tag} OK")
    assert result(fetching) == ("image/png", b"hello")


def test_part_too_large() -> None:
    """It is not even asked for."""
    script = opened()
    fetching = started(mailcontents.part(script.connection, 1, PartId("2")))
    script.ok(outline(1, file=1 << 30))
    with pytest.raises(TooLarge):
        result(fetching)


def test_source() -> None:
    """The beginning, or all of it within a limit."""
    script = opened()
    fetching = started(mailcontents.source(script.connection, 1, 5, 100))
    tag, said = script.command()
    assert said == "UID FETCH 1 (UID BODY.PEEK[]<0.5>)"
    script.say(whole(1, b"Subje", "BODY[]<0>"), f"{tag} OK")
    assert result(fetching) == b"Subje"
    fetching = started(mailcontents.source(script.connection, 1, None, 100))
    script.ok("* 1 FETCH (UID 1 RFC822.SIZE 101)")
    with pytest.raises(TooLarge):
        result(fetching)
    fetching = started(mailcontents.source(script.connection, 1, None, 100))
    script.ok()
    with pytest.raises(NotFound):
        result(fetching)
