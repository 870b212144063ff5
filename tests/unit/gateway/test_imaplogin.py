"""Reaching a server: what goes out in which order, and what is not sent."""

import base64
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import Clock
from zope.interface import implementer

from carbonio_mobile.errors import NotAllowed, StoreError, Unavailable
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    Login,
    PasswordLogin,
    ProxyLogin,
    TokenLogin,
)
from carbonio_mobile.mailbox.imapclient.wire import ImapWire
from tests.unit.gateway.imapscript import Transport, result, started

OWN = PasswordLogin(user="john", password="sesame")
PROXY = ProxyLogin(user="john", proxy="proxy", password="sesame")
MASTER = ProxyLogin(user="john", proxy="proxy", password="sesame", separator="*")
PLAIN = "IMAP4rev1 AUTH=PLAIN SASL-IR"


@implementer(IStreamClientEndpoint)
class Endpoint:
    """Gives a connection whose other end is the test, or none."""

    def __init__(self, refuses: bool = False) -> None:
        self._refuses = refuses
        self.transport = Transport()
        self.wire: ImapWire

    def connect(self, factory: Any) -> Deferred[Any]:
        if self._refuses:
            return fail(Refused())
        self.wire = factory.buildProtocol(None)
        self.wire.makeConnection(self.transport)
        return succeed(self.wire)


class Opening:
    """An opening under way."""

    def __init__(self, login: Login = OWN, encryption: Encryption = Encryption.OFF) -> None:
        self.endpoint = Endpoint()
        server = ImapServer(
            host="mx.example.com", port=143, encryption=encryption, context="context"
        )
        reach = ImapReach(server, reactor=Clock(), identity=("me", "1"), endpoint=self.endpoint)
        self.opening = started(reach.open(login))

    def say(self, *lines: str) -> None:
        """Send lines."""
        self.endpoint.wire.dataReceived("".join(f"{one}\r\n" for one in lines).encode())

    def heard(self, *lines: str) -> None:
        """See that just these lines came, without their tags."""
        octets = self.endpoint.transport.value()
        self.endpoint.transport.clear()
        assert [one.partition(" ")[2] for one in octets.decode().splitlines()] == list(lines)

    def refused(self, kind: type[StoreError]) -> None:
        """See that it failed so, and that the connection is gone."""
        with pytest.raises(kind) as caught:
            result(self.opening)
        assert "sesame" not in str(caught.value)
        assert self.endpoint.transport.is_aborted


def b64(text: str) -> str:
    """Write as SASL does."""
    return base64.b64encode(text.encode()).decode()


def test_all_of_it() -> None:
    """Encryption, login, what the server can, what is switched on, who is there: in this order."""
    one = Opening(encryption=Encryption.STARTTLS)
    one.heard()
    one.say(f"* OK [CAPABILITY STARTTLS LOGINDISABLED {PLAIN}] ready")
    one.heard("STARTTLS")
    one.say("c1 OK go")
    assert one.endpoint.transport.tls == "context"
    one.heard("CAPABILITY")
    one.say(f"* CAPABILITY {PLAIN}", "c2 OK")
    one.heard(f"AUTHENTICATE PLAIN {b64(chr(0) + 'john' + chr(0) + 'sesame')}")
    one.say("c3 OK [CAPABILITY IMAP4rev1 ENABLE QRESYNC CONDSTORE ID LITERAL-] in")
    one.heard("ENABLE CONDSTORE QRESYNC")
    one.say("* ENABLED QRESYNC", "c4 OK")
    one.heard('ID ("name" "me" "version" "1")')
    one.say('* ID ("name" "Peer")', "c5 OK")
    connection = result(one.opening)
    assert connection.enabled == {"QRESYNC"}
    assert connection.server == {"name": "Peer"}
    assert connection.wire.free_octets == 4_096


def test_a_server_that_tells_nothing_by_itself() -> None:
    """Capabilities are asked for, before and after; nothing is switched on that is not there."""
    one = Opening()
    one.say("* OK ready")
    one.heard("CAPABILITY")
    one.say("* CAPABILITY IMAP4rev1", "c1 OK")
    one.heard('LOGIN "john" "sesame"')
    one.say("c2 OK in")
    one.heard("CAPABILITY")
    one.say("* CAPABILITY IMAP4rev1", "c3 OK")
    assert result(one.opening).wire.is_open


@pytest.mark.parametrize(
    ("login", "said"),
    [(OWN, "\0john\0sesame"), (PROXY, "john\0proxy\0sesame"), (MASTER, "\0john*proxy\0sesame")],
)
def test_plain_without_an_initial_response(login: Login, said: str) -> None:
    """It waits for ``+`` (RFC 9051 6.2.2)."""
    one = Opening(login)
    one.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready")
    one.heard("AUTHENTICATE PLAIN")
    one.say("+ ")
    assert one.endpoint.transport.value().decode() == b64(said) + "\r\n"
    one.endpoint.transport.clear()
    one.say("c1 OK [CAPABILITY IMAP4rev1] in")
    assert result(one.opening).wire.is_open


def test_a_token_that_is_refused() -> None:
    """XOAUTH2 tells why in a challenge, which wants an empty answer before the NO."""

    async def token() -> str:
        return "sesame"

    one = Opening(TokenLogin(user="john", token=token))
    one.say("* OK [CAPABILITY SASL-IR AUTH=XOAUTH2] ready")
    one.heard(
        f"AUTHENTICATE XOAUTH2 {b64('user=john' + chr(1) + 'auth=Bearer sesame' + chr(1) * 2)}"
    )
    one.say("+ eyJzdGF0dXMiOiI0MDAifQ==")
    assert one.endpoint.transport.value() == b"\r\n"
    one.say("c1 NO no")
    one.refused(LoginRefused)


def test_no_token() -> None:
    """What gives tokens is away: try again later; nothing was sent."""

    async def token() -> str:
        raise Unavailable("no token now")

    one = Opening(TokenLogin(user="john", token=token))
    one.say("* OK [CAPABILITY SASL-IR AUTH=XOAUTH2] ready")
    one.heard()
    one.refused(Unavailable)


def test_a_password_beyond_ascii() -> None:
    """LOGIN takes it as a literal."""
    one = Opening(PasswordLogin(user="john", password="Grüße"))
    one.say("* OK [CAPABILITY IMAP4rev1 LITERAL+] ready")
    one.heard('LOGIN "john" {7+}', "")
    one.say("c1 NO [AUTHENTICATIONFAILED] no")
    one.refused(LoginRefused)


@pytest.mark.parametrize("password", ["a\0b", "a\r\nc9 LOGOUT\0"])
def test_a_password_that_cannot_be(password: str) -> None:
    """Nothing of it goes out."""
    one = Opening(PasswordLogin(user="john", password=password))
    one.say(f"* OK [CAPABILITY {PLAIN}] ready")
    one.heard()
    one.refused(LoginRefused)


def test_no_password_in_clear() -> None:
    """STARTTLS refused or skipped by PREAUTH, octets injected behind it, LOGINDISABLED."""
    one = Opening(encryption=Encryption.STARTTLS)
    one.say("* OK ready")
    one.heard("STARTTLS")
    one.say("c1 BAD what?")
    one.refused(Unavailable)
    one.heard()
    preauth = Opening(encryption=Encryption.STARTTLS)
    preauth.say("* PREAUTH welcome")
    preauth.refused(Unavailable)
    injected = Opening(encryption=Encryption.STARTTLS)
    injected.say("* OK ready")
    injected.say("c1 OK go", "* CAPABILITY AUTH=PLAIN")
    injected.refused(Unavailable)
    disabled = Opening()
    disabled.say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready")
    disabled.heard()
    disabled.refused(NotAllowed)


def test_a_server_that_knows_us_already() -> None:
    """PREAUTH on a connection of the machine: no login."""
    one = Opening()
    one.say("* PREAUTH [CAPABILITY IMAP4rev1] hello")
    one.heard()
    assert result(one.opening).wire.is_open


def test_ends_on_the_way() -> None:
    """Refused, full, lost in the midst of a login."""
    server = ImapServer(host="h", port=1, encryption=Encryption.OFF)
    reach = ImapReach(
        server, reactor=Clock(), identity=("me", "1"), endpoint=Endpoint(refuses=True)
    )
    with pytest.raises(Unavailable, match="h:1 cannot be reached"):
        result(started(reach.open(OWN)))
    full = Opening()
    full.say("* BYE full")
    full.refused(Unavailable)
    lost = Opening()
    lost.say(f"* OK [CAPABILITY {PLAIN}] ready")
    lost.say("* BYE not now")
    lost.refused(Unavailable)


def test_nothing_secret_is_shown() -> None:
    """In a repr, as tracebacks and logs have it."""
    for login in (OWN, PROXY, MASTER):
        assert "sesame" not in repr(login)
