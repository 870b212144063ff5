"""One connection to an SMTP server, seen as commands that go out and replies that come back.

Spec: RFC 5321 4.2.1 (replies of several lines), 4.5.3.2 (timeouts); RFC 3207 (STARTTLS); RFC 2920.
"""

import re
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from carbonio_mobile.errors import ProtocolError, Unavailable
from carbonio_mobile.mailbox.askers import Askers

_MAX_REPLY_BYTES = 64 * 1024
_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: its code and the texts of its lines."""

    code: int
    lines: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether the command was done."""
        return 200 <= self.code < 300

    @property
    def text(self) -> str:
        """All of it on one line, without control characters."""
        return "".join(c for c in " ".join(self.lines)[:1000] if c.isprintable())


class SmtpConnection(Protocol):
    """Gives replies in the order of the commands; a lost connection fails all that wait."""

    def __init__(self, clock: IReactorTime) -> None:
        self._buffer = bytearray()
        self._size = 0
        self._lines: list[str] = []
        self._askers: Askers[Reply] = Askers(clock, late=lambda: self.abort("no reply in time"))
        self._greeting: Reply | None = None
        self._is_greeted = False

    def command(self, line: str, timeout_s: float) -> Deferred[Reply]:
        """Send a command and give its reply."""
        return self.send(line.encode("utf-8") + b"\r\n", timeout_s)

    def send(self, octets: bytes, timeout_s: float) -> Deferred[Reply]:
        """Send octets and give the reply to them; what is empty waits for the greeting.

        Fails with Unavailable (connection lost, time over) or ProtocolError (no SMTP).
        """
        if octets and self._askers.lost is None and self.transport is not None:
            self.transport.write(octets)
        if self._greeting is not None and not octets and self._askers.lost is None:
            greeting, self._greeting = self._greeting, None
            return succeed(greeting)
        return self._askers.wait(timeout_s)

    def start_tls(self, context: Any) -> None:
        """Encrypt from here on. To be called as soon as the reply to STARTTLS is there.

        Raises: ProtocolError (more came with it in clear, which must not pass for the server's).
        """
        if self._buffer or self._askers:
            raise ProtocolError("octets after the reply to STARTTLS")
        self.transport.startTLS(context)  # type: ignore[union-attr]  # a TCP connection's

    def abort(self, why: str) -> None:
        """Break the connection off."""
        self._break_off(Unavailable(why))

    def close(self) -> None:
        """Say goodbye and close."""
        if self._askers.lost is None and self.transport is not None:
            self._askers.lost = Unavailable("the connection is closed")
            self.transport.write(b"QUIT\r\n")
            self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take octets from the server."""
        self._size += len(data)
        if self._size > _MAX_REPLY_BYTES:
            self._break_off(ProtocolError("a reply without end"))
            return
        self._buffer += data
        # One after the other: what follows a line is not the same speaker's if that begins TLS.
        while self._askers.lost is None and (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._take_line(line.rstrip(b"\r"))

    def _take_line(self, line: bytes) -> None:
        found = _LINE.match(line)
        if found is None:
            self._break_off(ProtocolError("what answers does not speak SMTP"))
            return
        self._lines.append((found[3] or b"").decode("utf-8", "replace"))
        if found[2] == b"-":
            return
        reply = Reply(int(found[1]), tuple(self._lines))
        self._lines, self._size = [], len(self._buffer)
        if self._askers:
            self._askers.answer(reply)
        elif not self._is_greeted:
            self._greeting = reply
        else:
            # Taken for the reply to a later command, it could make mail count as sent.
            self._break_off(Unavailable(f"{reply.code} {reply.text}, unasked"))
        self._is_greeted = True

    def _break_off(self, why: Exception) -> None:
        self._askers.fail(why)
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]  # as above

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        """Fail whoever waits."""
        lost = Unavailable(f"connection lost: {reason.getErrorMessage()}")
        lost.__cause__ = reason.value  # a certificate that does not hold is told from others
        self._askers.fail(lost)


class SmtpConnectionFactory(Factory):
    """Makes connections that share a clock."""

    noisy = False

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock

    def buildProtocol(self, addr: Any) -> SmtpConnection:  # noqa: ARG002, N802
        """Make one."""
        return SmtpConnection(self._clock)
