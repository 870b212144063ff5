"""An IMAP server that says what a test makes it say."""

import re
from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from carbonio_mobile.imap.responses import Response
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.wire import ImapWire, WireLimits

LIMITS = WireLimits(silence_s=60.0, command_s=300.0, under_way=3, waiting=10)
_TAG = re.compile(rb"(c\d+) ([^\r\n]*)\r\n")


class Transport(StringTransport):
    """Notes what the connection does to it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False
        self.is_aborted = False
        self.is_lost = False
        self.tls: Any = None

    def pauseProducing(self) -> None:
        self.is_paused = True

    def resumeProducing(self) -> None:
        self.is_paused = False

    def abortConnection(self) -> None:
        self.is_aborted = True

    def loseConnection(self) -> None:
        self.is_lost = True

    def startTLS(self, context: Any) -> None:
        self.tls = context


class Script:
    """A connection past its login, and the server's end of it."""

    def __init__(
        self, *capabilities: str, limits: WireLimits = LIMITS, clock: Clock | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.transport = Transport()
        self.wire = ImapWire(
            clock=self.clock, limits=limits, host="mx.example.com", authority="ca.pem"
        )
        self.wire.makeConnection(self.transport)
        self.say("* OK ready")
        self.wire.greeting.addErrback(lambda _: None)
        self.connection = ImapConnection(self.wire, label="test")
        self.connection.take_capabilities(frozenset(("IMAP4REV1", *capabilities)))
        self.news: list[Response] = []
        self.connection.listen(self.news.append)

    def say(self, *lines: str | bytes) -> None:
        """Send lines."""
        octets = [one.encode() if isinstance(one, str) else one for one in lines]
        self.wire.dataReceived(b"".join(one + b"\r\n" for one in octets))

    def heard(self) -> bytes:
        """Give what came since this was called last."""
        octets = self.transport.value()
        self.transport.clear()
        return octets

    def commands(self) -> list[tuple[str, str]]:
        """Give tag and text of the commands that came since this was called last."""
        return [(tag.decode(), text.decode()) for tag, text in _TAG.findall(self.heard())]

    def command(self) -> tuple[str, str]:
        """Give the one command that came."""
        (one,) = self.commands()
        return one

    def ok(self, *lines: str | bytes, code: str = "") -> None:
        """Answer the one command that came."""
        tag, _ = self.command()
        self.say(*lines, f"{tag} OK {code}done")

    def select(self, name: str = "INBOX", *lines: str) -> None:
        """Have a mailbox selected."""
        selecting = started(self.connection.select(name))
        self.ok("* 3 EXISTS", "* OK [UIDVALIDITY 1] x", "* OK [UIDNEXT 9] x", *lines)
        result(selecting)


def started(coroutine: Coroutine[Deferred[Any], Any, Any]) -> Deferred[Any]:
    """Let it run up to where it waits."""
    return Deferred.fromCoroutine(coroutine)


def result(deferred: Deferred[Any]) -> Any:
    """Give what it came to, or raise that."""
    found: list[Any] = []
    deferred.addBoth(found.append)
    assert found, "nothing came of it yet"
    if hasattr(found[0], "raiseException"):
        found[0].raiseException()
    return found[0]
