"""One connection and all of them: bounds of size, number and time, hostile octets, the end."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ldaptor.protocols import pureldap
from twisted.internet.defer import Deferred

from carbonio_mobile.ldap.ber import element
from carbonio_mobile.ldapserver.factory import LAST_ANSWERS_S
from carbonio_mobile.ldapserver.limits import DEFAULT_LIMITS
from carbonio_mobile.ldapserver.searchrun import CHUNK_BYTES
from tests.unit.ldapserver.rig import GAL, JOHN, PASSWORD, Client, Rig, search


def wire(number: int, operation: object) -> bytes:
    """Write a message."""
    octets: bytes = pureldap.LDAPMessage(operation, id=number).toWire()
    return octets


def notice(client: Client) -> int:
    """Give the code of the notice that was all that came; the connection is closed."""
    (told,) = client.all_answers()
    assert told.number == 0
    assert told.value.responseName == b"1.3.6.1.4.1.1466.20036"  # type: ignore[attr-defined]
    assert client.wire.disconnecting
    return told.code


# Octets


HOSTILE = {
    "no message": b"GET / HTTP/1.1\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100f5010000f10303"),
    "two GiB announced": b"\x30\x84\x7f\xff\xff\xff",
    "a length of 127 octets": b"\x30\xff" + b"\x00" * 127,
    "an indefinite length": b"\x30\x80",
    "an empty message": b"\x30\x00",
    "a number that is none": b"\x30\x03\x04\x01x",
    "no operation": b"\x30\x03\x02\x01\x01",
    "an operation that is none": element(0x30, b"\x02\x01\x01\x7f\x81\x01x"),
    "an answer": element(0x30, b"\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00"),
    "a search of nothing": element(0x30, b"\x02\x01\x01\x63\x00"),
    "a bind of nothing": element(0x30, b"\x02\x01\x01\x60\x00"),
}


@pytest.mark.parametrize("octets", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize("drop_by_drop", [False, True])
def test_hostile_octets(octets: bytes, bound: bool, drop_by_drop: bool) -> None:
    """A notice of disconnection with protocolError, and the connection is closed."""
    rig = Rig()
    client = rig.bound() if bound else rig.connect()
    if drop_by_drop:
        for at in range(len(octets)):
            client.raw(octets[at : at + 1])
    else:
        client.raw(octets)
    assert notice(client) == 2
    assert rig.log.failures == []
    client.raw(octets)
    assert client.all_answers() == []


def test_size_before_and_after_a_login() -> None:
    """A stranger may not send large requests."""
    large = element(0x30, b"\x02\x01\x07" + element(0x4A, b"x" * 9000))
    client = Rig().connect()
    client.raw(large)
    assert notice(client) == 2
    client = Rig().bound()
    client.raw(large)
    assert [each.code for each in client.all_answers()] == [53]
    client.raw(b"\x30\x83\x01\x00\x01")
    assert notice(client) == 2


def test_nested_deeply() -> None:
    """Refused by its depth, without a traceback."""
    rig = Rig()
    client = rig.bound()
    inner = element(0x87, b"cn")
    for _ in range(20_000):
        inner = element(0xA2, inner)
        if len(inner) > 60_000:
            break
    head_ = b"\x04\x00\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"
    client.raw(element(0x30, b"\x02\x01\x02" + element(0x63, head_ + inner + b"\x30\x00")))
    assert notice(client) == 2
    assert rig.log.failures == []


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=4), st.booleans())
def test_any_octets(pieces: list[bytes], whole: bool) -> None:
    """Give answers or a notice, never a fault of ours."""
    rig = Rig(entries=0)
    client = rig.connect()
    for each in pieces:
        client.raw(element(0x30, b"\x02\x01\x01" + each) if whole else each)
    client.all_answers()
    assert rig.log.failures == []


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_spoiled_requests(data: st.DataObject) -> None:
    """Right requests with some octets changed: the same."""
    rig = Rig(entries=3)
    client = rig.bound()
    octets = bytearray(wire(5, search("(&(cn=joh*)(|(mail=*x*y)(!(sn>=a))))")))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    client.raw(bytes(octets))
    client.all_answers()
    assert rig.log.failures == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pieces_of_any_size(size: int) -> None:
    """Requests arrive in pieces, several of them at once, and are answered in their order."""
    client = Rig().connect()
    octets = b"".join([
        wire(1, pureldap.LDAPBindRequest(dn=JOHN.encode(), auth=PASSWORD.encode())),
        wire(2, search("(cn=joh*)")),
        wire(3, search("(cn=mar*)")),
    ])  # fmt: skip
    for at in range(0, len(octets), size):
        client.raw(octets[at : at + size])
    told = client.all_answers()
    done = [(each.number, each.code) for each in told
            if not isinstance(each.value, pureldap.LDAPSearchResultEntry)]  # fmt: skip
    assert done == [(1, 0), (2, 0), (3, 0)]
    assert len(told) == 23


# Operations


@pytest.mark.parametrize(
    ("request_", "tag"),
    [
        (pureldap.LDAPAddRequest(entry=b"cn=x,o=addressbook", attributes=[]),
         pureldap.LDAPAddResponse),
        (pureldap.LDAPDelRequest(entry=f"uid=u0001,{GAL}"), pureldap.LDAPDelResponse),
        (pureldap.LDAPModifyRequest(object=b"o=addressbook", modification=[]),
         pureldap.LDAPModifyResponse),
        (pureldap.LDAPModifyDNRequest(entry=b"o=addressbook", newrdn=b"o=x", deleteoldrdn=True),
         pureldap.LDAPModifyDNResponse),
    ],
)  # fmt: skip
@pytest.mark.parametrize("bound", [False, True])
def test_nothing_is_written(request_: object, tag: type, bound: bool) -> None:
    """Whoever asks: unwillingToPerform, and all is as it was."""
    rig = Rig()
    client = rig.bound() if bound else rig.connect()
    answer = client.ask(request_)
    assert isinstance(answer.value, tag)
    assert answer.code == 53
    assert len(rig.bound().search("(uid=u0001)")[0]) == 1


def compare(entry: str, name: str, value: str) -> pureldap.LDAPCompareRequest:
    """Make a compare."""
    return pureldap.LDAPCompareRequest(
        entry.encode(),
        pureldap.LDAPAttributeValueAssertion(
            pureldap.LDAPAttributeDescription(name), pureldap.LDAPAssertionValue(value)
        ),
    )


@pytest.mark.parametrize(
    ("entry", "name", "value", "code"),
    [
        (f"uid=u0001,{GAL}", "mail", "MAR1@example.com", 6),
        (f"uid=u0001,{GAL}", "rfc822mailbox", "mar1@example.com", 6),
        (f"uid=u0001,{GAL}", "mail", "mar2@example.com", 5),
        (f"uid=u0001,{GAL}", "title", "x", 16),
        (f"uid=u0001,{GAL}", "colour", "x", 17),
        (f"uid=none,{GAL}", "mail", "x", 32),
        ("no name", "mail", "x", 34),
    ],
)
def test_compare(entry: str, name: str, value: str, code: int) -> None:
    """True, false, or why not."""
    assert Rig().bound().ask(compare(entry, name, value)).code == code
    assert Rig().connect().ask(compare(entry, name, value)).code == 50


@pytest.mark.parametrize(
    ("oid", "tls", "code"),
    [(b"1.3.6.1.4.1.1466.20037", True, 1), (b"1.3.6.1.4.1.1466.20037", False, 2),
     (b"1.3.6.1.4.1.4203.1.11.1", True, 53), (b"1.2.3.4", True, 2)],
)  # fmt: skip
def test_extended_operations(oid: bytes, tls: bool, code: int) -> None:
    """StartTLS where TLS is on, changes of passwords, and what is not known."""
    client = Rig().connect(tls=tls)
    assert client.ask(pureldap.LDAPExtendedRequest(requestName=oid)).code == code


def test_unbind() -> None:
    """Closes without a word."""
    client = Rig().bound()
    client.raw(wire(9, pureldap.LDAPUnbindRequest()))
    assert client.all_answers() == []
    assert client.wire.disconnecting


def test_abandon() -> None:
    """The search ends without an answer; one that is not there is no fault."""
    rig = Rig(entries=3000, limits=replace(DEFAULT_LIMITS, entries=100_000))
    client = rig.bound()
    number = client.send(search("(cn=*p*)", attributes=[b"cn"]))
    assert rig.house.turns.waiting_count == 1
    client.raw(wire(90, pureldap.LDAPAbandonRequest(id=number)))
    client.raw(wire(91, pureldap.LDAPAbandonRequest(id=number)))
    assert rig.house.turns.waiting_count == 0
    assert all(
        isinstance(each.value, pureldap.LDAPSearchResultEntry) for each in client.all_answers()
    )
    assert client.search("(cn=joh example 0000)")[1].code == 0


def test_a_bind_abandons_all() -> None:
    """What was asked by whom was logged in before is not answered any more."""
    rig = Rig(entries=3000, limits=replace(DEFAULT_LIMITS, entries=100_000))
    client = rig.bound()
    client.send(search("(cn=*p*)"))
    bind = pureldap.LDAPBindRequest(dn=JOHN.encode(), auth=b"wrong")
    number = client.send(bind)
    told = client.all_answers()
    assert (told[-1].number, told[-1].code) == (number, 49)


def test_a_number_twice() -> None:
    """Of one that is worked on is no request."""
    rig = Rig(entries=3000)
    client = rig.bound()
    client.raw(wire(7, search("(cn=*p*)")) * 2)
    assert [each.code for each in client.all_answers() if each.number == 0] == [2]


# Pace


def test_a_slow_reader_costs_little() -> None:
    """Nothing is made while the peer takes nothing; when it does, all comes."""
    rig = Rig(entries=3000, limits=replace(DEFAULT_LIMITS, entries=3000))
    client = rig.bound()
    client.wire.full_at = CHUNK_BYTES
    client.send(search("(mail=*)"))
    for _ in range(1000):
        rig.clock.advance(0)
    held = len(client.wire.value())
    assert CHUNK_BYTES <= held < 4 * CHUNK_BYTES
    assert client.wire.producerState == "paused"
    told = client.all_answers()
    assert len(told) == 3001
    assert told[-1].code == 0


def test_nothing_is_read_of_who_takes_nothing() -> None:
    """And who sends all the same is closed."""
    rig = Rig(entries=3000, limits=replace(DEFAULT_LIMITS, entries=3000))
    client = rig.bound()
    client.wire.full_at = CHUNK_BYTES
    for _ in range(400):
        client.send(search("(mail=*)"))
        rig.clock.advance(0)
    for _ in range(10_000):
        rig.clock.advance(0)
    assert len(client.wire.value()) < 4 * CHUNK_BYTES
    assert not client.wire.disconnecting
    client.raw(b"x" * 300_000)
    assert client.wire.disconnecting


def test_a_stalled_reader_is_cut() -> None:
    """After a while in which it took nothing."""
    rig = Rig(entries=3000, limits=replace(DEFAULT_LIMITS, entries=3000))
    client = rig.bound()
    client.wire.full_at = 1
    client.send(search("(mail=*)"))
    rig.clock.advance(DEFAULT_LIMITS.stalled_s - 1)
    assert not client.wire.aborted
    rig.clock.advance(1)
    assert client.wire.aborted


def test_requests_at_work_are_bounded() -> None:
    """The rest waits, unread; all of them are answered."""
    rig = Rig(entries=3000, limits=replace(DEFAULT_LIMITS, in_flight=4))
    client = rig.bound()
    client.raw(b"".join(wire(number, search("(cn=*p* 00*)")) for number in range(10, 40)))
    assert rig.house.turns.waiting_count <= 4
    assert client.wire.producerState == "paused"
    done = {each.number for each in client.all_answers()
            if isinstance(each.value, pureldap.LDAPSearchResultDone)}  # fmt: skip
    assert done == set(range(10, 40))
    assert client.wire.producerState == "producing"


def test_others_are_served_meanwhile() -> None:
    """A long search of one keeps nobody from a short one."""
    rig = Rig(entries=5000, limits=replace(DEFAULT_LIMITS, entries=5000))
    slow, quick = rig.bound(), rig.bound()
    for _ in range(8):
        slow.send(search("(cn=*p*)"))
    number = quick.send(search("(uid=u0001)"))
    turns = 0
    while not (told := quick.answers()):
        rig.clock.calls, calls = [], rig.clock.calls
        now = [each for each in calls if each.getTime() <= rig.clock.seconds()]
        rig.clock.calls += [each for each in calls if each not in now]
        for each in now:
            each.called = 1
            each.func(*each.args)
        turns += 1
        assert turns < 5
    assert told[0].number == number
    assert rig.house.turns.waiting_count > 0


# Time and number


def test_idle() -> None:
    """Who says nothing for ten minutes is told and closed; each request gives new time."""
    rig = Rig()
    client = rig.bound()
    rig.clock.advance(500)
    assert client.search("(uid=u0001)")[1].code == 0
    rig.clock.pump([100] * 5)
    assert not client.wire.disconnecting
    rig.clock.advance(101)
    assert notice(client) == 51


def test_no_login() -> None:
    """Whoever does not log in within half a minute is closed, whatever else it asks."""
    rig = Rig()
    client, silent = rig.connect(), rig.connect()
    for _ in range(5):
        client.search(scope=0)
        rig.clock.advance(5)
    client.bind("", "")
    rig.clock.advance(4.9)
    assert not client.wire.disconnecting
    rig.clock.advance(30)
    assert notice(client) == 51
    assert silent.wire.aborted


def test_no_handshake() -> None:
    """TLS has to be there within its own time."""
    rig = Rig()
    client = rig.connect(handshake=False)
    rig.clock.advance(DEFAULT_LIMITS.handshake_s)
    assert client.wire.aborted


def test_half_a_message() -> None:
    """Is not waited for longer than for any."""
    rig = Rig()
    client = rig.bound()
    client.raw(b"\x30\x20\x02")
    rig.clock.pump([100] * 7)
    assert notice(client) == 51


def test_number_of_connections() -> None:
    """Bounded in all, and for each address; those that go make room."""
    rig = Rig(limits=replace(DEFAULT_LIMITS, connections=3, peer_connections=2))
    first, second = rig.connect(), rig.connect()
    assert rig.try_connect() is None
    assert rig.try_connect("192.0.2.2") is not None
    assert rig.try_connect("192.0.2.3") is None
    rig.lose(first)
    assert rig.try_connect() is not None
    rig.lose(second)
    assert rig.factory.connections_count == 2


def test_connections_that_are_lost_leave_nothing() -> None:
    """No timer, no search."""
    rig = Rig(entries=3000)
    client = rig.bound()
    client.send(search("(cn=*p*)"))
    rig.lose(client)
    rig.clock.advance(0)
    assert rig.clock.getDelayedCalls() == []
    assert rig.house.turns.waiting_count == 0
    assert rig.log.failures == []


# The end


def test_stop() -> None:
    """Idle connections are told, busy ones after their answers; then none is taken."""
    rig = Rig(entries=3000)
    idle, busy = rig.bound(), rig.bound()
    number = busy.send(search("(cn=*p*)"))
    ended = rig.factory.stop()
    assert notice(idle) == 52
    rig.lose(idle)
    told = busy.all_answers()
    assert [(each.number, each.code) for each in told[-2:]] == [(number, 4), (0, 52)]
    assert not ended.called
    rig.lose(busy)
    assert ended.called
    assert rig.try_connect() is None
    rig.factory.start()
    assert rig.bound().search("(uid=u0001)")[1].code == 0


def test_stop_does_not_wait_for_ever() -> None:
    """Who does not go is cut."""
    rig = Rig()
    client = rig.bound()
    ended = rig.factory.stop()
    rig.clock.advance(LAST_ANSWERS_S)
    assert client.wire.aborted
    rig.lose(client)
    assert ended.called
    assert rig.clock.getDelayedCalls() == []


def test_what_others_cancel_is_answered() -> None:
    """A search that ends because something in the books was cancelled is a fault, not silence."""
    rig = Rig()
    client = rig.bound()
    waiting: Deferred[object] = Deferred()
    rig.books.shelf = lambda _viewer: waiting  # type: ignore[method-assign, assignment, return-value]
    client.send(search())
    waiting.cancel()
    assert notice(client) == 80
    assert len(rig.log.failures) == 1
