"""One connection to an SMTP server, seen as commands that go out and replies that come back.

Spec: RFC 5321 4.2.1 (replies of several lines), 4.5.3.2 (timeouts); RFC 3207 (STARTTLS); RFC 2920.
"""

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from carbonio_mobile.errors import ProtocolError, Unavailable

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
        self._clock = clock
        self._buffer = bytearray()
        self._size = 0
        self._lines: list[str] = []
        self._waiting: deque[tuple[Deferred[Reply], IDelayedCall]] = deque()
        self._greeting: Reply | None = None
        self._is_greeted = False
        self._lost: Exception | None = None

    def command(self, line: str, timeout_s: float) -> Deferred[Reply]:
        """Send a command and give its reply."""
        return self.send(line.encode("utf-8") + b"\r\n", timeout_s)

    def send(self, octets: bytes, timeout_s: float) -> Deferred[Reply]:
        """Send octets and give the reply to them; what is empty waits for the greeting.

        Fails with Unavailable (connection lost, time over) or ProtocolError (no SMTP).
        """
        if self._lost is not None:
            return fail(self._lost)
        if octets and self.transport is not None:
            self.transport.write(octets)
        reply: Deferred[Reply] = Deferred()
        if self._greeting is not None and not octets:
            reply.callback(self._greeting)
            self._greeting = None
        else:
            alarm = self._clock.callLater(timeout_s, self._time_over)
            self._waiting.append((reply, alarm))
        return reply

    def start_tls(self, context: Any) -> None:
        """Encrypt from here on. To be called as soon as the reply to STARTTLS is there.

        Raises: ProtocolError (more came with it in clear, which must not pass for the server's).
        """
        if self._buffer or self._waiting:
            raise ProtocolError("octets after the reply to STARTTLS")
        self.transport.startTLS(context)  # type: ignore[union-attr]  # a TCP connection's

    def abort(self, why: str) -> None:
        """Break the connection off."""
        self._break_off(Unavailable(why))

    def close(self) -> None:
        """Say goodbye and close."""
        if self._lost is None and self.transport is not None:
            self._lost = Unavailable("the connection is closed")
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
        while self._lost is None and (end := self._buffer.find(b"\n")) >= 0:
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
        if self._waiting:
            waiting, alarm = self._waiting.popleft()
            alarm.cancel()
            waiting.callback(reply)
        elif not self._is_greeted:
            self._greeting = reply
        else:
            # Taken for the reply to a later command, it could make mail count as sent.
            self._break_off(Unavailable(f"{reply.code} {reply.text}, unasked"))
        self._is_greeted = True

    def _time_over(self) -> None:
        self._break_off(Unavailable("no reply in time"))

    def _break_off(self, why: Exception) -> None:
        self._fail_all(why)
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]  # as above

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        """Fail whoever waits."""
        lost = Unavailable(f"connection lost: {reason.getErrorMessage()}")
        lost.__cause__ = reason.value  # a certificate that does not hold is told from others
        self._fail_all(lost)

    def _fail_all(self, why: Exception) -> None:
        if self._lost is None:
            self._lost = why
        while self._waiting:
            waiting, alarm = self._waiting.popleft()
            if alarm.active():
                alarm.cancel()
            waiting.errback(Failure(why))


class SmtpConnectionFactory(Factory):
    """Makes connections that share a clock."""

    noisy = False

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock

    def buildProtocol(self, addr: Any) -> SmtpConnection:  # noqa: ARG002, N802
        """Make one."""
        return SmtpConnection(self._clock)
