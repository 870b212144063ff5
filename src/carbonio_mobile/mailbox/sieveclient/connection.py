"""One connection to a ManageSieve server: octets go out, responses come back in their order.

Spec: RFC 5804 1.2, 2.2 (STARTTLS).
"""

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from carbonio_mobile.errors import ProtocolError, Unavailable
from carbonio_mobile.mailbox.askers import Askers
from carbonio_mobile.sieve.wire import Bounds, Response, ResponseReader, Status

_CLOSE_S = 5.0


class SieveConnection(Protocol):
    """Gives a response for each command; a lost connection fails all that wait.

    A server speaks unasked when it greets and when TLS began: that is kept until it is asked for.
    """

    def __init__(self, clock: IReactorTime, bounds: Bounds) -> None:
        self._clock = clock
        self._reader = ResponseReader(bounds)
        self._askers: Askers[Response] = Askers(
            clock,
            late=lambda: self.abort("no response in time"),
            given_up=lambda: self.abort("given up"),
        )
        self._greetings_due = 1
        self._greeting: Response | None = None
        self._closing: IDelayedCall | None = None

    def greeting(self, timeout_s: float) -> Deferred[Response]:
        """Give what the server says unasked. Fails as :meth:`command` does."""
        if self._greeting is not None:
            said, self._greeting = self._greeting, None
            return succeed(said)
        return self._askers.wait(timeout_s)

    def command(self, octets: bytes, timeout_s: float) -> Deferred[Response]:
        """Send a command with its line end and give the response.

        Fails with Unavailable (connection lost or closed by the server, time over) or ProtocolError
        (no ManageSieve).
        """
        if self._askers.lost is None and self.transport is not None:
            self.transport.write(octets)
        return self._askers.wait(timeout_s)

    def start_tls(self, context: Any) -> None:
        """Encrypt from here on; the server greets anew.

        Raises: ProtocolError (more came in clear, which must not pass for the server's).
        """
        if not self._reader.is_idle or self._askers or self._greeting is not None:
            raise ProtocolError("octets after the response to STARTTLS")
        self._greetings_due += 1
        self.transport.startTLS(context)  # type: ignore[union-attr]  # a TCP connection's

    def abort(self, why: str) -> None:
        """Break the connection off."""
        self._break_off(Unavailable(why))

    def close(self) -> None:
        """Say goodbye and close; a server that does not let go is left after a moment."""
        if self._askers.lost is None and self.transport is not None:
            self._askers.lost = Unavailable("the connection is closed")
            self.transport.write(b"LOGOUT\r\n")
            self.transport.loseConnection()
            self._closing = self._clock.callLater(_CLOSE_S, self._break_off, self._askers.lost)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take octets from the server."""
        self._reader.feed(data)
        try:
            while self._askers.lost is None and (response := self._reader.response()) is not None:
                self._take(response)
        except ProtocolError as exc:
            self._break_off(exc)

    def _take(self, response: Response) -> None:
        if response.status is Status.BYE:
            self._break_off(Unavailable(f"the server closes: {response.text or 'no reason given'}"))
        elif self._askers:
            self._greetings_due = 0
            self._askers.answer(response)
        elif self._greetings_due:
            self._greetings_due = 0
            self._greeting = response
        else:
            # Taken for the response to a later command it could make that count as done.
            self._break_off(ProtocolError("a response that nobody asked for"))

    def _break_off(self, why: Exception) -> None:
        self._askers.fail(why)
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]  # as above

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        """Fail whoever waits."""
        if self._closing is not None and self._closing.active():
            self._closing.cancel()
        lost = Unavailable(f"connection lost: {reason.getErrorMessage()}")
        lost.__cause__ = reason.value  # a certificate that does not hold is told from others
        self._askers.fail(lost)


class SieveConnectionFactory(Factory):
    """Makes connections that share a clock."""

    noisy = False

    def __init__(self, clock: IReactorTime, bounds: Bounds) -> None:
        self._clock = clock
        self._bounds = bounds

    def buildProtocol(self, addr: Any) -> SieveConnection:  # noqa: ARG002, N802
        """Make one."""
        return SieveConnection(self._clock, self._bounds)
