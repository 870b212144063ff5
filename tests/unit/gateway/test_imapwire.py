"""A connection to an IMAP server that does what no real one can be made to do."""

import pytest
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    OverQuota,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.imap.commands import Command, Literal
from carbonio_mobile.imap.framing import FrameLimits
from carbonio_mobile.imap.responses import Exists
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.mailbox.imapclient.wire import ImapWire, WireLimits
from tests.unit.gateway.imapscript import LIMITS, Script, Transport, result, started


def test_commands_are_pipelined_up_to_a_number() -> None:
    """Three go out at once; the fourth when the first is done."""
    script = Script()
    doing = [started(script.connection.run("NOOP")) for _ in range(5)]
    assert [tag for tag, _ in script.commands()] == ["c1", "c2", "c3"]
    script.say("c1 OK done")
    assert script.command()[0] == "c4"
    script.say("c2 OK a", "c3 OK b", "c4 OK c", "c5 OK d")
    assert [result(one).text for one in doing] == [b"done", b"a", b"b", b"c", b"d"]


def test_no_queue_without_end() -> None:
    """Too many waiting commands fail at once; nothing happens to the others."""
    script = Script()
    doing = [started(script.connection.run("NOOP")) for _ in range(14)]
    with pytest.raises(Unavailable, match="too many"):
        result(doing[-1])
    script.connection.wire.abort("end of test")
    for one in doing[:-1]:
        with pytest.raises(Unavailable):
            result(one)


def test_a_command_that_must_be_alone_is() -> None:
    """SELECT waits for what was sent, and all else for it (RFC 9051 5.5)."""
    script = Script()
    first = started(script.connection.run("NOOP"))
    selecting = started(script.connection.select("INBOX"))
    last = started(script.connection.run("NOOP"))
    assert [text for _, text in script.commands()] == ["NOOP"]
    script.say("c1 OK")
    assert script.command() == ("c2", "SELECT INBOX")
    script.say("c2 OK [READ-WRITE] done")
    script.ok()
    for one in (first, selecting, last):
        result(one)


def test_literals_wait_for_the_server() -> None:
    """Without LITERAL+ the octets come after ``+``, and no other command in between."""
    script = Script()
    appending = started(script.connection.append("INBOX", b"a message"))
    other = started(script.connection.run("NOOP"))
    assert script.heard() == b"c1 APPEND INBOX () {9}\r\n"
    script.say("+ go on")
    assert script.heard() == b"a message\r\nc2 NOOP\r\n"
    script.say("c1 OK [APPENDUID 1 7] done", "c2 OK")
    assert list(result(appending).uids) == [7]
    result(other)


def test_literals_go_out_at_once() -> None:
    """With LITERAL+ all in one, with LITERAL- what is small."""
    for capability, size, octets in (
        ("LITERAL+", 5_000, b"{5000+}\r\n"),
        ("LITERAL-", 4_096, b"{4096+}\r\n"),
        ("LITERAL-", 4_097, b"{4097}\r\n"),
    ):
        script = Script(capability)
        appending = started(script.connection.append("INBOX", b"x" * size))
        sent = script.heard()
        assert octets in sent
        assert sent.endswith(b"x\r\n") == (b"+" in octets)
        script.say("c1 NO [OVERQUOTA] full")
        with pytest.raises(OverQuota):
            result(appending)


def test_a_literal_that_is_refused_is_not_sent() -> None:
    """NO instead of ``+``: the connection goes on with the next command."""
    script = Script()
    appending = started(script.connection.append("Nowhere", b"a message"))
    other = started(script.connection.run("NOOP"))
    script.say("c1 NO [TRYCREATE] no such mailbox")
    with pytest.raises(NotFound):
        result(appending)
    assert script.heard() == b"c1 APPEND Nowhere () {9}\r\nc2 NOOP\r\n"
    script.say("c2 OK")
    result(other)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("NO [OVERQUOTA] x", OverQuota),
        ("NO [NONEXISTENT] x", NotFound),
        ("NO [ALREADYEXISTS] x", Conflict),
        ("NO [NOPERM] x", NotAllowed),
        ("NO [AUTHENTICATIONFAILED] x", LoginRefused),
        ("NO [LIMIT] x", TooLarge),
        ("NO [UNAVAILABLE] x", Unavailable),
        ("NO [INUSE] x", Unavailable),
        ("NO [XYZZY] x", Unavailable),
        ("NO private text", Unavailable),
        ("BAD private text", Unavailable),
    ],
)
def test_refusals(answer: str, fault: type[StoreError]) -> None:
    """RFC 5530; what the server writes for people is in no log."""
    script = Script()
    doing = started(script.connection.run("X"))
    script.say(f"c1 {answer}")
    with pytest.raises(fault) as caught:
        result(doing)
    assert "private" not in str(caught.value)
    assert script.wire.is_open


@pytest.mark.parametrize(
    "octets",
    [
        b"* 1 FETCH (UID 1\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"c9 OK who asked?\r\n",
        b"+ go on\r\n",
        b"* BYE restart\r\n",
        b"x" * 2_000,
        b"* 1 FETCH (BODY[] {5000}\r\n",
    ],
)
def test_what_cannot_go_on_ends(octets: bytes) -> None:
    """No IMAP, unasked ends of commands, goodbye, too much: all that waits fails, once."""
    limits = WireLimits(frames=FrameLimits(line_bytes=1_000, literal_bytes=1_000))
    script = Script(limits=limits)
    doing = [started(script.connection.run("NOOP")) for _ in range(2)]
    script.wire.dataReceived(octets)
    for one in doing:
        with pytest.raises(StoreError):
            result(one)
    assert script.transport.is_aborted
    with pytest.raises(StoreError):
        result(started(script.connection.run("NOOP")))
    script.wire.connectionLost(Failure(ConnectionDone()))
    result(script.connection.ended)
    assert script.clock.getDelayedCalls() == []


def test_a_line_that_is_cut() -> None:
    """The connection ends within a response."""
    script = Script()
    doing = started(script.connection.run("NOOP"))
    script.wire.dataReceived(b"* 1 FETCH (BODY[] {10}\r\nabc")
    script.wire.connectionLost(Failure(ConnectionDone()))
    with pytest.raises(Unavailable, match="connection lost"):
        result(doing)
    assert script.clock.getDelayedCalls() == []


def test_silence() -> None:
    """A minute without an octet; but a server that streams may take longer in all."""
    script = Script()
    doing = started(script.connection.run("NOOP"))
    script.clock.advance(59)
    script.say("* 1 EXISTS")
    script.clock.advance(59)
    assert script.wire.is_open
    script.clock.advance(1)
    with pytest.raises(Unavailable, match="in time"):
        result(doing)
    assert script.transport.is_aborted


def test_a_command_without_end() -> None:
    """A server that always says something, but never that."""
    script = Script()
    doing = started(script.connection.run("NOOP"))
    for _ in range(9):
        script.clock.advance(40)
        if script.wire.is_open:
            script.say("* OK still here")
    with pytest.raises(Unavailable, match="in time"):
        result(doing)


def test_what_takes_time_gets_it() -> None:
    """A search without an index; a large message on a slow line."""
    script = Script("LITERAL+", "ESEARCH")
    searching = started(script.connection.search())
    script.clock.advance(299)
    assert script.wire.is_open
    script.clock.advance(1)
    with pytest.raises(Unavailable, match="in time"):
        result(searching)
    script = Script("LITERAL+")
    appending = started(script.connection.append("INBOX", b"x" * 16_384 * 100))
    script.clock.advance(395)
    assert script.wire.is_open
    script.clock.advance(10)
    with pytest.raises(Unavailable, match="in time"):
        result(appending)


def test_an_idle_connection_is_not_watched() -> None:
    """No alarm stands while nothing is asked."""
    script = Script()
    doing = started(script.connection.run("NOOP"))
    script.say("c1 OK")
    result(doing)
    script.clock.advance(61)
    assert script.clock.getDelayedCalls() == []
    assert script.wire.is_open


def test_no_greeting() -> None:
    """Nobody waits for it for ever."""
    script = Script()
    wire = ImapWire(clock=script.clock, limits=LIMITS, host="h", authority="a")
    wire.makeConnection(Transport())
    script.clock.advance(61)
    with pytest.raises(Unavailable, match="in time"):
        result(wire.greeting)


@pytest.mark.parametrize("greeting", ["* BYE too many", "* 1 EXISTS", "+ hello", "220 mx ESMTP"])
def test_other_greetings(greeting: str) -> None:
    """A server that is full, or none of IMAP."""
    script = Script()
    wire = ImapWire(clock=script.clock, limits=LIMITS, host="h", authority="a")
    wire.makeConnection(Transport())
    wire.dataReceived(f"{greeting}\r\n".encode())
    with pytest.raises(Unavailable):
        result(wire.greeting)


def test_held_connections_take_nothing_and_do_not_time_out() -> None:
    """Back-pressure: the octets wait at the server, what came already waits here."""
    script = Script()
    doing = started(script.connection.run("NOOP"))
    script.wire.hold()
    assert script.transport.is_paused
    script.say("* 4 EXISTS", "c1 OK")
    script.clock.advance(1_000)
    assert script.news == []
    assert script.wire.is_open
    script.wire.go_on()
    assert not script.transport.is_paused
    assert script.news == [Exists(4)]
    result(doing)


def test_tls_begins_between_octets() -> None:
    """What came in clear behind the OK must not pass for the server's (RFC 9051 11.1)."""
    for more, is_refused in ((b"", False), (b"* OK injected\r\n", True), (b"* OK inj", True)):
        script = Script()
        faults: list[object] = []
        doing = script.wire.run(Command("STARTTLS"), alone=True)
        doing.addCallback(lambda _, wire=script.wire: wire.start_tls("context"))
        doing.addErrback(faults.append)
        script.wire.dataReceived(b"c1 OK begin\r\n" + more)
        assert bool(faults) == is_refused
        assert (script.transport.tls == "context") != is_refused


def test_giving_up_breaks_off() -> None:
    """Whoever cancels a command: the rest of its answer must not be taken for another's."""
    script = Script()
    doing = started(script.connection.run("NOOP"))
    doing.cancel()
    with pytest.raises(Unavailable):
        result(doing)
    assert script.transport.is_aborted


def test_closing() -> None:
    """LOGOUT, its answer, the end; or the end anyway."""
    script = Script()
    script.connection.close()
    script.ok("* BYE so long")
    assert script.transport.is_lost
    late = Script()
    late.connection.close()
    late.clock.advance(5)
    assert late.transport.is_aborted
    busy = Script()
    doing = started(busy.connection.run("NOOP"))
    busy.connection.close()
    assert busy.transport.is_aborted
    with pytest.raises(Unavailable):
        result(doing)


def test_literals_are_not_shown() -> None:
    """Nor are passwords, in a traceback with its values."""
    assert "secret" not in repr(Literal(b"secret"))
