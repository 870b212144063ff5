"""One connection: octets in and out within bounds of size, number and time.

Spec: RFC 4511 4.1.1, 4.4.1 (Notice of Disconnection), 5.
"""

# ruff: noqa: N802  # names that Twisted dictates

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import (
    IHandshakeListener,
    IPushProducer,
    ISSLTransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.answers import notice_of_disconnection
from carbonio_mobile.ldap.framing import Framer
from carbonio_mobile.ldap.parsing import parse
from carbonio_mobile.ldap.requests import Abandon, Bind, Message, Unbind
from carbonio_mobile.ldap.results import Result
from carbonio_mobile.ldapserver.alarm import Alarm
from carbonio_mobile.ldapserver.house import House
from carbonio_mobile.ldapserver.operations import Operations
from carbonio_mobile.ldapserver.session import NoLongerValid, Session
from carbonio_mobile.ldapserver.turns import AT_ONCE

_AHEAD_BYTES = 256 * 1024
"""What may come in, at the most, after reading was stopped."""


@implementer(IPushProducer, IHandshakeListener)
class LdapProtocol(Protocol):
    """One connection.

    Requests are worked on side by side, up to the bound; a bind alone, and after all else. While
    the peer does not take its answers nothing is made for it and nothing is read.
    """

    transport: Any  # a connection over TCP, TLS or a UNIX socket; no type says what all have

    def __init__(
        self, house: House, *, counted_as: str | None, on_end: Callable[["LdapProtocol"], None]
    ) -> None:
        self.counted_as = counted_as
        self._house = house
        self._limits = house.limits
        self._on_end = on_end
        self._framer = Framer(house.limits.unbound_bytes)
        self._ahead: list[bytes] = []
        self._ahead_bytes = 0
        self._work: dict[int, Deferred[Any]] = {}
        self._binding = False
        self._is_full = False
        self._is_ending = False
        self._is_connected = False
        self._is_reading = False
        self._paused = False
        self._room: list[Deferred[None]] = []
        self._more_held = False
        self._is_closing = False
        self._alarm = Alarm(house.clock)  # for a login, or the next request, or the end
        self._stall_alarm = Alarm(house.clock)
        self._active_at = 0.0
        self._faults_count = 0
        self._peer = ""
        self._operations: Operations | None = None

    # The connection

    def connectionMade(self) -> None:
        """Wait for what is said first."""
        self._is_connected = True
        self._active_at = self._house.clock.seconds()
        self.transport.registerProducer(self, True)
        self._keep_alive()
        limits = self._limits
        self._alarm.set(limits.handshake_s if self.has_tls else limits.unbound_s, self._not_begun)

    def handshakeCompleted(self) -> None:
        """Wait for a login."""
        if not self._is_ending:
            self._alarm.set(self._limits.unbound_s, self._not_begun)

    def dataReceived(self, data: bytes) -> None:
        """Take octets; those that come while nothing is read wait."""
        if self._is_ending:
            return
        self._active_at = self._house.clock.seconds()
        if self._is_reading or self._is_held():
            self._ahead.append(data)
            self._ahead_bytes += len(data)
            self._pause()
            if self._ahead_bytes > _AHEAD_BYTES:
                self.disconnect(Result.BUSY, "more was sent than is read")
            return
        self._read(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002
        """Give up all that is worked on."""
        self._is_connected = False
        self._is_ending = True
        self._alarm.stop()
        self._stall_alarm.stop()
        self._give_up_all()
        if self._operations is not None:
            self._operations.end()
        self._on_end(self)

    def end(self) -> None:
        """Close when the requests at work have their answers; at once if there are none."""
        if not self._work and not self._binding:
            self.disconnect(Result.UNAVAILABLE, "the service is stopped")
            return
        self._is_ending = True
        self._pause()

    def abort(self) -> None:
        """Close now."""
        if self._is_connected:
            self.transport.abortConnection()

    def disconnect(self, code: Result, why: str) -> None:
        """Give the peer notice and close; ``why`` is for the log."""
        if not self._is_connected or self._is_closing:
            return
        self._house.journal.disconnected(self._peer, code, why)
        self._give_up_all()
        self.transport.write(notice_of_disconnection(code))
        self._lose()

    # Who it is

    def _begin(self) -> Operations | None:
        """Make what answers, once the first octets are there: only then a PROXY header is read."""
        peer = self._house.peer_of(self.transport)
        if peer is None:
            self.abort()
            return None
        self._peer = peer.address
        session = Session(
            self._house.accounts,
            self._house.doorkeeper,
            peer=peer.address,
            host=_server_name(self.transport),
            is_private=peer.is_private or self.has_tls,
        )
        self._operations = Operations(self._house, session, outlet=self, peer=peer.address)
        return self._operations

    # Reading

    def _is_held(self) -> bool:
        """Tell whether nothing is to be read now."""
        return (
            self._binding
            or self._is_full
            or self._is_ending
            or len(self._work) >= self._limits.in_flight
        )

    def _read(self, data: bytes) -> None:
        """Do what the octets ask for, as far as it may be done now."""
        operations = self._operations or self._begin()
        if operations is None:
            return
        self._is_reading, self._more_held = True, False
        try:
            for octets in self._framer.feed(data):
                self._take(operations, parse(octets))
                if self._is_held():
                    self._more_held = True
                    self._pause()
                    break
        except ProtocolError as exc:
            self.disconnect(Result.PROTOCOL_ERROR, str(exc))
        finally:
            self._is_reading = False

    def _read_on(self) -> None:
        """Go on with what is there already, then with what comes."""
        while (self._ahead or self._more_held) and not (self._is_reading or self._is_held()):
            data = b"".join(self._ahead)
            self._ahead.clear()
            self._ahead_bytes = 0
            self._read(data)
        if not (self._is_reading or self._is_held()):
            self._resume()

    def _take(self, operations: Operations, message: Message) -> None:
        """Begin to answer a request. Raises: ProtocolError (no request may come so)."""
        number, operation = message.number, message.operation
        if isinstance(operation, Unbind):
            self._give_up_all()
            self._lose()
        elif isinstance(operation, Abandon):
            self._give_up(operation.number)
        elif number in self._work:
            raise ProtocolError("a message has the number of one that is worked on")
        elif isinstance(operation, Bind):
            self._give_up_all()
            self._binding = True
            self._start(number, operations.bind(number, operation, message.controls))
        else:
            self._start(number, operations.answer(message))

    # Working

    def _start(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        def begin() -> None:
            done: Deferred[Any] = Deferred.fromCoroutine(work)
            if done.called:
                done.addErrback(self._failed, number)
                self._binding = False
                return
            self._work[number] = done
            done.addErrback(self._failed, number)
            done.addBoth(self._done, number, done)

        self._house.turns.enter(begin)

    def _failed(self, failure: Failure, number: int) -> None:
        if failure.check(CancelledError) and number not in self._work:
            return  # it was given up here
        if failure.check(NoLongerValid):
            self.disconnect(Result.STRONGER_AUTH_REQUIRED, failure.getErrorMessage())
            return
        self._house.journal.failed(self._peer, failure)
        self.disconnect(Result.OTHER, "a fault of this program")

    def _done(self, _: object, number: int, done: Deferred[Any]) -> None:
        self._binding = False
        if self._work.get(number) is done:
            del self._work[number]
        self._active_at = self._house.clock.seconds()
        if self._is_connected and not self._is_ending:
            self._read_on()
        elif not self._work and not self._is_closing:
            self.disconnect(Result.UNAVAILABLE, "the service is stopped")

    def _give_up(self, number: int) -> None:
        work = self._work.pop(number, None)
        if work is not None:
            work.cancel()

    def _give_up_all(self) -> None:
        for number in list(self._work):
            self._give_up(number)

    # What operations ask of the connection

    @property
    def has_tls(self) -> bool:
        """Whether TLS is on."""
        return bool(ISSLTransport.providedBy(self.transport))

    def write(self, octets: bytes) -> None:
        """Send octets."""
        if self._is_connected:
            self.transport.write(octets)

    @property
    def is_ready(self) -> bool:
        """Whether the peer took what it was sent, but for what a socket holds."""
        return not self._is_full

    def ready(self) -> Awaitable[None]:
        """Give what fires when the peer took what it was sent, but for what a socket holds."""
        return self._wait_for_room() if self._is_full else AT_ONCE

    async def _wait_for_room(self) -> None:
        while self._is_full:  # others who waited may have filled it again
            room: Deferred[None] = Deferred(self._forget_room)
            self._room.append(room)
            await room

    def _forget_room(self, room: Deferred[None]) -> None:
        if room in self._room:
            self._room.remove(room)

    def bound(self, is_bound: bool) -> None:
        """Take larger requests and more patience for who is logged in, or less for nobody."""
        limits = self._limits
        self._framer.limit = limits.bound_bytes if is_bound else limits.unbound_bytes
        if is_bound:
            self._alarm.set(limits.idle_s, self._look_whether_idle)
        else:
            self._alarm.set(limits.unbound_s, self._not_begun)

    def wrong_login(self) -> float | None:
        """Count a wrong login; gives by how much its answer is late, None for: then close."""
        self._faults_count += 1
        if self._faults_count >= self._limits.logins:
            return None
        late = self._faults_count >= self._limits.delayed_from
        return self._limits.login_delay_s if late else 0.0

    def close(self) -> None:
        """Close in good order, after what was sent."""
        self._lose()

    # The peer's pace

    def pauseProducing(self) -> None:
        """Stop making answers until the peer has taken what there is, which may not take long."""
        self._is_full = True
        self._pause()
        if not self._is_closing:
            self._stall_alarm.set(self._limits.stalled_s, self._stalled)

    def resumeProducing(self) -> None:
        """Go on."""
        self._is_full = False
        self._stall_alarm.stop()
        waiting, self._room = self._room, []
        for room in waiting:
            room.callback(None)
        if not self._is_ending:
            self._read_on()

    def stopProducing(self) -> None:
        """Do nothing: the loss of the connection is told as well."""

    def _pause(self) -> None:
        if not self._paused and self._is_connected and not self._is_closing:
            self._paused = True
            self.transport.pauseProducing()

    def _resume(self) -> None:
        if self._paused and self._is_connected:
            self._paused = False
            self.transport.resumeProducing()

    # Time

    def _not_begun(self) -> None:
        if self._binding:
            self._alarm.set(self._limits.unbound_s, self._not_begun)
        elif self._operations is None:
            self.abort()
        else:
            self.disconnect(Result.BUSY, "nobody logged in")

    def _look_whether_idle(self) -> None:
        idle_s = self._house.clock.seconds() - self._active_at
        if self._work or idle_s < self._limits.idle_s:
            left_s = self._limits.idle_s if self._work else self._limits.idle_s - idle_s
            self._alarm.set(max(left_s, 1.0), self._look_whether_idle)
        else:
            self.disconnect(Result.BUSY, "idle")

    def _stalled(self) -> None:
        self._house.journal.disconnected(self._peer, Result.BUSY, "takes no answers")
        self.abort()

    def _lose(self) -> None:
        """Close when the peer has taken what was sent, or had the time for it."""
        self._is_ending = True
        if not self._is_connected or self._is_closing:
            return
        self._resume()  # the peer's goodbye is read
        self._is_closing = True
        self._stall_alarm.stop()
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        self._alarm.set(self._limits.linger_s, self.abort)

    def _keep_alive(self) -> None:
        """Have the kernel find peers that vanished without a word."""
        for name in ("setTcpKeepAlive", "setTcpNoDelay"):
            setting = getattr(self.transport, name, None)
            if setting is not None:
                setting(True)


def _server_name(transport: object) -> str:
    """Give the host name that a client named in its TLS handshake; empty where it did not."""
    if not ISSLTransport.providedBy(transport):
        return ""
    connection = cast(Any, transport).getHandle()
    name = getattr(connection, "get_servername", lambda: None)()
    return name.decode("ascii", "replace") if isinstance(name, bytes) else ""
