"""``ImapWire``: a connection to an IMAP server, as commands under way and responses coming in.

Commands are pipelined, a few at a time. A response without a tag goes to the first command under
way that takes it (an ESEARCH names its command), else to the listener. Servers work on several
commands at once: whoever takes must know his own by more than its kind, or be alone.
Who takes responses slower than they come holds the connection (``hold``); the octets then wait at
the server.

Spec: RFC 9051 2.2, 5.5 (commands under way at once), 4.3 (literals), 7.1.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from carbonio_mobile.errors import ProtocolError, StoreError, Unavailable
from carbonio_mobile.imap.commands import Command, chunks
from carbonio_mobile.imap.framing import FrameLimits, Framer
from carbonio_mobile.imap.parsing import parse
from carbonio_mobile.imap.responses import (
    Continuation,
    Exists,
    Expunged,
    Fetch,
    Found,
    Response,
    Status,
    Vanished,
)
from carbonio_mobile.mailbox.imapclient.faults import CommandRefused, loss

_SLOWEST_BYTES_A_S = 16_384.0
"""A line that carries less takes no large message."""

Takes = Callable[[Response], bool]
"""Looks at a response without a tag; true if it was for this command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """Bounds of a connection: seconds of silence while a command is under way, seconds that a
    command may take in all unless it streams, commands under way at once, and what is received.
    """

    silence_s: float = 60.0
    command_s: float = 300.0
    goodbye_s: float = 5.0
    under_way: int = 8
    waiting: int = 1_000
    frames: FrameLimits = field(default_factory=FrameLimits)


@dataclass(slots=True, kw_only=True, eq=False)
class _Call:
    tag: bytes
    command: Command
    takes: Takes | None
    is_alone: bool
    is_patient: bool
    streams: bool
    go_on: Callable[[bytes], None] | None
    rest: deque[bytes] = field(default_factory=deque)
    since: float = 0.0
    is_slow: bool
    sending_s: float = 0.0
    done: Deferred[Status]


_NEWS = Exists | Expunged | Fetch | Vanished


class ImapWire(Protocol):
    """One connection. ``greeting`` and ``ended`` fire once; ``ended`` when nothing will come more.

    ``free_octets`` says how large a literal goes out without asking (see ``commands.chunks``).
    """

    def __init__(
        self, *, clock: IReactorTime, limits: WireLimits, host: str, authority: str
    ) -> None:
        self.greeting: Deferred[Status] = Deferred(lambda _: self.abort("given up"))
        self.ended: Deferred[None] = Deferred()
        self.listener: Callable[[Response], None] | None = None
        self.news = 0
        """How often the server told unasked of the selected mailbox: that others changed it."""
        self.free_octets = -1
        self._clock = clock
        self._limits = limits
        self._host = host
        self._authority = authority
        self._framer = Framer(limits.frames)
        self._waiting: deque[_Call] = deque()
        self._under_way: list[_Call] = []
        self._writing: _Call | None = None
        self._count = 0
        self._is_greeted = False
        self._is_reading = False
        self._holds = 0
        self._heard = clock.seconds()
        self._alarm: IDelayedCall | None = None
        self._why: StoreError | None = None

    @property
    def is_open(self) -> bool:
        """Whether commands can be sent."""
        return self._why is None

    @property
    def is_idle(self) -> bool:
        """Whether no command waits or is under way."""
        return not (self._waiting or self._under_way)

    def connectionMade(self) -> None:  # noqa: N802
        """Wait for the greeting."""
        self._heard = self._clock.seconds()
        self._alarm = self._clock.callLater(self._limits.silence_s, self._look)

    def run(
        self,
        command: Command,
        *,
        takes: Takes | None = None,
        alone: bool = False,
        patient: bool = False,
        streams: bool = False,
        slow: bool = False,
        go_on: Callable[[bytes], None] | None = None,
    ) -> Deferred[Status]:
        """Send a command, when its turn comes; fires with its OK.

        It fails with CommandRefused, or with the StoreError that the connection ended for.
        Cancelling it breaks the connection off. ``alone``: nothing else is under way with it.
        ``patient``: the server may be silent for as long as it likes; ``slow``: for as long as the
        command may take. ``streams``: it takes as long as it takes while octets come. ``go_on`` is
        called with each ``+`` that is not for a literal.
        """
        if self._why is not None:
            return fail(self._why)
        if len(self._waiting) >= self._limits.waiting:
            return fail(Unavailable("too many commands wait for one connection"))
        self._count += 1
        call = _Call(
            tag=b"c%d" % self._count,
            command=command,
            takes=takes,
            is_alone=alone,
            is_patient=patient,
            streams=streams,
            is_slow=slow,
            go_on=go_on,
            done=Deferred(lambda _: self.abort("given up")),
        )
        self._waiting.append(call)
        self._send_waiting()
        return call.done

    def write(self, octets: bytes) -> None:
        """Send octets that belong to the command under way: DONE, a SASL response."""
        if self._why is None and self.transport is not None:
            self._heard = self._clock.seconds()
            self.transport.write(octets)

    def start_tls(self, context: Any) -> None:
        """Encrypt from here on; to be called as soon as the OK to STARTTLS is there.

        Raises: ProtocolError (more came with it in clear, which must not pass for the server's).
        """
        if not (self._framer.is_between and self.is_idle):
            raise ProtocolError("octets after the OK to STARTTLS")
        self.transport.startTLS(context)  # type: ignore[union-attr]  # a TCP connection's

    def hold(self) -> None:
        """Take no more from the server until ``go_on`` was called as often."""
        self._holds += 1
        if self._holds == 1 and self.transport is not None and self._why is None:
            self.transport.pauseProducing()  # type: ignore[attr-defined]  # a TCP connection's

    def go_on(self) -> None:
        """Undo one ``hold``."""
        self._holds -= 1
        self._heard = self._clock.seconds()
        if self._holds == 0 and self._why is None and self.transport is not None:
            self.transport.resumeProducing()  # type: ignore[attr-defined]  # as above
            self._read()

    def abort(self, why: str) -> None:
        """Break the connection off; commands fail with Unavailable."""
        self._break_off(Unavailable(why))

    def close(self) -> None:
        """Say goodbye and close, within ``goodbye_s``; with commands under way, break off."""
        if self._why is not None:
            return
        if not self.is_idle:
            self.abort("closed with commands under way")
            return
        leaving = self.run(Command("LOGOUT"), alone=True)
        leaving.addBoth(lambda _: self._drop())
        alarm = self._clock.callLater(self._limits.goodbye_s, self.abort, "no answer to LOGOUT")
        self.ended.addBoth(lambda _: alarm.cancel() if alarm.active() else None)

    def _drop(self) -> None:
        if self._why is None:
            self._fail_all(Unavailable("the connection is closed"))
            self.transport.loseConnection()  # type: ignore[union-attr]  # is connected

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take octets from the server."""
        self._heard = self._clock.seconds()
        self._framer.feed(data)
        self._read()

    def _read(self) -> None:
        if self._is_reading:
            return
        self._is_reading = True
        try:
            while not self._holds and self._why is None:
                raw = self._framer.next()
                if raw is None:
                    break
                self._take(parse(raw))
        except ProtocolError as exc:
            self._break_off(Unavailable(f"what answers does not speak IMAP: {exc}"))
        except StoreError as exc:
            self._break_off(exc)
        finally:
            self._is_reading = False

    def _take(self, response: Response) -> None:
        if isinstance(response, Continuation):
            self._continue(response.text)
        elif isinstance(response, Status) and response.tag:
            self._finish(response)
        elif not self._is_greeted:
            self._greet(response)
        else:
            if isinstance(response, Status) and response.condition == "BYE":
                self._say_goodbye()
            self._pass_on(response)

    def _greet(self, response: Response) -> None:
        if not isinstance(response, Status) or response.condition not in {"OK", "PREAUTH", "BYE"}:
            raise ProtocolError("no greeting")
        self._is_greeted = True
        if response.condition == "BYE":
            self._break_off(Unavailable("the server takes no connections now"))
        else:
            self.greeting.callback(response)

    def _say_goodbye(self) -> None:
        """Take no further commands; those under way may still be answered."""
        leaving = any(call.command.name == "LOGOUT" for call in self._under_way)
        if not leaving:
            self._break_off(Unavailable("the server closes the connection"))

    def _pass_on(self, response: Response) -> None:
        named = response.tag if isinstance(response, Found) else b""
        for call in self._under_way:
            if call.takes is None or (named and named != call.tag):
                continue
            if call.takes(response):
                return
        if isinstance(response, _NEWS):
            self.news += 1
        if self.listener is not None:
            self.listener(response)

    def _continue(self, text: bytes) -> None:
        call = self._writing
        if call is not None:
            self._write_on(call)
            return
        last = self._under_way[-1] if self._under_way else None
        if last is None or last.go_on is None:
            raise ProtocolError("a continuation that nobody asked for")
        last.go_on(text)

    def _finish(self, status: Status) -> None:
        call = next((one for one in self._under_way if one.tag == status.tag), None)
        if call is None or status.condition not in {"OK", "NO", "BAD"}:
            raise ProtocolError("the end of a command that is not under way")
        self._under_way.remove(call)
        if call is self._writing:
            self._writing = None
        if status.condition == "OK":
            call.done.callback(status)
        else:
            call.done.errback(CommandRefused(call.command.name, status))
        self._send_waiting()

    def _send_waiting(self) -> None:
        while self._waiting and self._may_send(self._waiting[0]):
            call = self._waiting.popleft()
            call.since = self._heard = self._clock.seconds()
            call.rest.extend(chunks(call.tag, call.command, free_octets=self.free_octets))
            call.sending_s = sum(map(len, call.rest)) // _SLOWEST_BYTES_A_S
            self._under_way.append(call)
            if self._alarm is None:
                self._alarm = self._clock.callLater(self._limits.silence_s, self._look)
            self._writing = call
            self._write_on(call)

    def _may_send(self, call: _Call) -> bool:
        if self._why is not None or self._writing is not None:
            return False
        if not self._under_way:
            return True
        alone = call.is_alone or self._under_way[-1].is_alone
        return not alone and len(self._under_way) < self._limits.under_way

    def _write_on(self, call: _Call) -> None:
        self.write(call.rest.popleft())
        if not call.rest:
            self._writing = None
            self._send_waiting()

    def _look(self) -> None:
        """See whether the server has been silent, or a command under way, for too long."""
        self._alarm = None
        now = self._clock.seconds()
        if self._is_greeted and all(call.is_patient for call in self._under_way):
            return
        due = now + self._limits.silence_s if self._holds else self._due()
        if now >= due:
            self._break_off(Unavailable("the server does not answer in time"))
        else:
            self._alarm = self._clock.callLater(due - now, self._look)

    def _due(self) -> float:
        """Give when the server must have spoken, or a command be done."""
        limits = self._limits
        waited_for = [one for one in self._under_way if not one.is_patient]
        silences = [
            one.sending_s + (limits.command_s if one.is_slow else limits.silence_s)
            for one in waited_for
        ]
        ends = [
            one.since + one.sending_s + limits.command_s for one in waited_for if not one.streams
        ]
        return min([self._heard + max(silences, default=limits.silence_s), *ends])

    def _break_off(self, why: StoreError) -> None:
        if self._why is None:
            self._fail_all(why)
            if self.transport is not None:
                self.transport.abortConnection()  # type: ignore[attr-defined]  # as above

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        """Fail whoever waits."""
        self._fail_all(loss(reason.value, host=self._host, authority=self._authority))
        if not self.ended.called:
            self.ended.callback(None)

    def _fail_all(self, why: StoreError) -> None:
        if self._why is not None:
            return
        self._why = why
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        calls = [*self._under_way, *self._waiting]
        self._under_way.clear()
        self._waiting.clear()
        self._writing = None
        if not self.greeting.called:
            self.greeting.errback(why)
        for call in calls:
            if not call.done.called:
                call.done.errback(why)
