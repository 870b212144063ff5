"""Connections with a directory that does what a real one would not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.accounts.ldapdirectory.connection import ConnectionGone, LdapConnection
from carbonio_mobile.accounts.ldapdirectory.feedstate import FeedState, Place
from carbonio_mobile.accounts.ldapdirectory.filters import ANYTHING
from carbonio_mobile.accounts.ldapdirectory.messages import (
    SUBTREE,
    attribute_list,
    message,
    search,
)
from carbonio_mobile.accounts.ldapdirectory.pool import LdapPool
from carbonio_mobile.accounts.ldapdirectory.settings import (
    LdapServers,
    Trust,
    file_trust,
    parse_url,
    parse_urls,
    system_trust,
)
from carbonio_mobile.accounts.ldapdirectory.surroundings import FixedSurroundings
from carbonio_mobile.errors import ConfigError, TooLarge, Unavailable
from carbonio_mobile.ldap.ber import ENUMERATED, OCTETS, SEQUENCE, SET, element, integer_element

URL = parse_url("ldap://127.0.0.1")
TRUST = Trust(roots=None, source="nobody")
SEARCH = search("dc=x", SUBTREE, ANYTHING, attribute_list(("cn",)))


class Transport(StringTransport):
    """A transport that may be kept alive."""

    def setTcpKeepAlive(self, enabled: bool) -> None:
        assert enabled


def entry(number: int, size: int = 10) -> bytes:
    """Write an entry."""
    value = element(SET, element(OCTETS, b"x" * size))
    attributes = element(SEQUENCE, element(SEQUENCE, element(OCTETS, b"cn") + value))
    return message(number, element(0x64, element(OCTETS, b"cn=x") + attributes))


def ending(number: int, code: int = 0, tag: int = 0x65) -> bytes:
    """Write how an operation ended."""
    empty = element(OCTETS, b"")
    return message(number, element(tag, integer_element(code, ENUMERATED) + empty + empty))


class ConnectionTests(SynchronousTestCase):
    """One connection."""

    def setUp(self) -> None:
        """Connect."""
        self.clock = Clock()
        self.transport = Transport()
        self.connection = LdapConnection(URL, TRUST, clock=self.clock, answer_s=10, limit=100_000)
        self.connection.makeConnection(self.transport)

    def ask(self, entries_max: int = 5) -> "Deferred[Any]":
        """Search."""
        return self.connection.request(SEARCH, entries_max=entries_max)

    def test_answers_in_any_order_and_any_pieces(self) -> None:
        """Each request gets its own, octet by octet."""
        first, second = self.ask(), self.ask()
        for octet in entry(2) + entry(1) + ending(2) + entry(1) + ending(1):
            self.connection.dataReceived(bytes((octet,)))
        self.assertEqual(len(self.successResultOf(first).entries), 2)
        self.assertEqual(len(self.successResultOf(second).entries), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_garbage_ends_it(self) -> None:
        """What is no answer is not guessed at."""
        for octets in (b"HTTP/1.1 200 OK\r\n", b"\x30\x84\x7f\xff\xff\xff", entry(1)[:-1] + b"\x00",
                       message(1, element(0x63, b""))):  # fmt: skip
            self.setUp()
            asked = self.ask()
            self.connection.dataReceived(octets if octets[0] != 0x30 else octets + ending(9))
            if not asked.called:
                self.connection.connectionLost()
            self.failureResultOf(asked, Unavailable)
            self.assertFalse(self.connection.is_open)

    def test_more_than_was_asked_for(self) -> None:
        """A server that gives more entries than it may is not listened to."""
        asked = self.ask(2)
        other = self.ask()
        self.connection.dataReceived(entry(1) * 3)
        self.failureResultOf(asked, TooLarge)
        self.failureResultOf(other, Unavailable)
        self.assertTrue(self.transport.disconnected)

    def test_too_large_an_answer(self) -> None:
        """A message beyond the limit is refused by its head."""
        asked = self.ask()
        self.connection.dataReceived(entry(1, 200_000)[:10])
        self.failureResultOf(asked, Unavailable)

    def test_no_answer_in_time(self) -> None:
        """Then nothing on this connection is waited for any more."""
        asked = self.ask()
        self.clock.advance(9)
        other = self.ask()
        self.clock.advance(1)
        failure = self.failureResultOf(asked, Unavailable)
        self.assertFalse(failure.check(ConnectionGone))
        self.assertIn("no answer within 10 s", str(failure.value))
        self.failureResultOf(other, Unavailable)
        self.failureResultOf(self.ask(), Unavailable)

    def test_notice_of_disconnection(self) -> None:
        """The server says that it ends; another connection may do."""
        asked = self.ask()
        self.connection.dataReceived(ending(0, 52, 0x78))
        self.assertIn("result 52", str(self.failureResultOf(asked, ConnectionGone).value))

    def test_answers_to_nobody_are_passed_over(self) -> None:
        """A late answer harms nothing."""
        asked = self.ask()
        self.connection.dataReceived(entry(99) + ending(98) + ending(1))
        self.assertEqual(self.successResultOf(asked).entries, ())

    def test_octets_before_tls_are_not_taken_for_the_servers(self) -> None:
        """What follows the answer to StartTLS in the clear ends the connection."""
        securing = Deferred.fromCoroutine(self.connection.secure(ask=True))
        self.connection.dataReceived(ending(1, tag=0x78) + ending(2, tag=0x61))
        self.assertIn("before TLS", str(self.failureResultOf(securing, Unavailable).value))

    def test_no_start_tls(self) -> None:
        """A server without it is not talked to in the clear."""
        securing = Deferred.fromCoroutine(self.connection.secure(ask=True))
        self.connection.dataReceived(ending(1, 2, 0x78))
        self.assertIn("no StartTLS", str(self.failureResultOf(securing, Unavailable).value))


class FailingOpener:
    """Gives connections that were put in, or fails."""

    def __init__(self) -> None:
        self.tried = 0
        self.next: list[Deferred[LdapConnection]] = []

    async def open(self) -> LdapConnection:
        self.tried += 1
        if self.next:
            return await self.next.pop(0)
        raise Unavailable("refused")


class PoolTests(SynchronousTestCase):
    """Several connections."""

    def setUp(self) -> None:
        """Make a pool whose servers are away."""
        self.clock = Clock()
        self.opener = FailingOpener()
        servers = LdapServers(
            urls=(URL,), trust=TRUST, start_tls=False, backoff_s=1, backoff_max_s=8, connections=2
        )
        self.pool = LdapPool(
            servers,
            self.opener,  # type: ignore[arg-type]  # as much of one as is needed
            clock=self.clock,
            chance=lambda: 1.0,
        )

    def ask(self) -> "Deferred[Any]":
        """Ask for an entry."""
        return Deferred.fromCoroutine(self.pool.entry("cn=x", ["cn"]))

    def connected(self) -> tuple[LdapConnection, Transport]:
        """Make a connection."""
        connection = LdapConnection(URL, TRUST, clock=self.clock, answer_s=10, limit=100_000)
        transport = Transport()
        connection.makeConnection(transport)
        return connection, transport

    def test_waits_double(self) -> None:
        """1, 2, 4, 8 and again 8 seconds pass before the next attempt, whoever asks."""
        for wait_s in (1, 2, 4, 8, 8):
            tried = self.opener.tried
            self.failureResultOf(self.ask(), Unavailable)
            self.assertEqual(self.opener.tried, tried + 1)
            self.clock.advance(wait_s - 0.1)
            self.failureResultOf(self.ask(), Unavailable)
            self.assertEqual(self.opener.tried, tried + 1)
            self.clock.advance(0.2)

    def test_those_who_wait_share_one_attempt(self) -> None:
        """A hundred requests open one connection; who finds it busy opens one more, no third."""
        given: Deferred[LdapConnection] = Deferred()
        self.opener.next = [given]
        asked = [self.ask() for _ in range(100)]
        connection, _ = self.connected()
        given.callback(connection)
        self.assertEqual((self.opener.tried, len(connection)), (1, 100))
        other, _ = self.connected()
        self.opener.next = [succeed(other)]
        more = [self.ask() for _ in range(5)]
        self.assertEqual((self.opener.tried, len(connection), len(other)), (2, 100, 5))
        for number in range(1, 101):
            connection.dataReceived(ending(number))
        for each in asked:
            self.assertIsNone(self.successResultOf(each))
        self.assertNoResult(more[0])
        self.ask()
        self.assertEqual((self.opener.tried, len(connection), len(other)), (2, 1, 5))

    def test_a_used_connection_that_ends_is_tried_again_once(self) -> None:
        """The server may have ended one that was idle; a new one that ends is a fault."""
        connection, _ = self.connected()
        connection.is_used = True
        self.pool._open.append(connection)
        asked = self.ask()
        other, _ = self.connected()
        given: Deferred[LdapConnection] = Deferred()
        self.opener.next = [given]
        connection.connectionLost()
        self.assertNoResult(asked)
        given.callback(other)
        other.connectionLost()
        self.failureResultOf(asked, Unavailable)

    def test_stopping(self) -> None:
        """What waits fails, what comes later too."""
        connection, transport = self.connected()
        self.pool._open.append(connection)
        asked = self.ask()
        self.pool.stop()
        self.failureResultOf(asked, Unavailable)
        self.failureResultOf(self.ask(), Unavailable)
        self.assertTrue(transport.disconnecting)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ldap://a.test", "ldap://a.test:389"),
        (" LDAPS://A.test/ ", "ldaps://a.test:636"),
        ("ldaps://[::1]:700", "ldaps://[::1]:700"),
    ],
)
def test_urls(text: str, shown: str) -> None:
    """Scheme, host and port."""
    assert str(parse_url(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.test",
        "http://a.test",
        "ldap://",
        "ldap://a:x",
        "ldap://a/dc=x",
        "ldapi:///",
        "ldap://u@a",
        "ldap://" + "a" * 70,
    ],
)
def test_what_is_no_url(text: str) -> None:
    """The fault names the option."""
    with pytest.raises(ConfigError, match=r"directory\.urls"):
        parse_url(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"urls": ()},
        {"urls": parse_urls(["ldap://directory.test"]), "start_tls": False},
        {"bind_dn": "cn=x"},
    ],
)
def test_configurations_that_are_refused(wrong: dict[str, Any]) -> None:
    """No password goes over a network as it is."""
    whole: dict[str, Any] = {"urls": parse_urls(["ldaps://a.test"]), "trust": system_trust()}
    assert "secret" not in repr(LdapServers(**whole, bind_dn="cn=x", password="secret"))
    with pytest.raises(ConfigError):
        LdapServers(**{**whole, **wrong})


@pytest.mark.parametrize(
    "content", [None, b"", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"]
)
def test_files_of_authorities(tmp_path: Path, content: bytes | None) -> None:
    """A file that cannot be used is named."""
    path = tmp_path / "authorities.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"authorities\.pem"):
        file_trust(path)


def test_values_that_attributes_cannot_have() -> None:
    """What the configuration says of domains is read when it is given."""
    good = {"zimbraFeatureMobileSyncEnabled": ("TRUE",), "ownAttribute": ("any",)}
    assert FixedSurroundings(domains={"example.com": good}, defaults=good)
    with pytest.raises(ConfigError, match="zimbraMailQuota cannot be much"):
        FixedSurroundings(domains={"example.com": {"zimbraMailQuota": ("much",)}}, defaults={})


def places(names: Sequence[str], revision: str) -> dict[str, Place]:
    """Make places."""
    return {name: Place(f"cn={name}", revision) for name in names}


def test_the_journal_tells_each_change_once() -> None:
    """In the order of the last change of each; what is as before is none."""
    state = FeedState()
    state.begin(places("abc", "1"))
    assert state.since(0, 9) == ([], 0)
    state.note(places("ab", "1").items())
    assert state.change == 0
    state.note(places("b", "2").items())
    state.note(places("a", "3").items())
    state.note(places("b", "4").items())
    assert state.since(0, 9) == (["a", "b"], 3)
    assert state.since(0, 1) == (["a"], 2)
    assert state.since(2, 9) == (["b"], 3)
    state.note_all(places("ad", "3"))
    assert state.since(3, 9) == (["b", "c", "d"], 6)
    assert set(state.places) == {"a", "d"}
    assert state.newest == "4"


def test_the_journal_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is further behind than it reaches reads everything anew."""
    monkeypatch.setattr("carbonio_mobile.accounts.ldapdirectory.feedstate.JOURNAL_MAX", 3)
    state = FeedState()
    for number in range(5):
        state.note(places([f"x{number}"], "1").items())
    assert (state.lowest, state.change) == (2, 5)
    assert state.since(2, 9) == (["x2", "x3", "x4"], 5)
