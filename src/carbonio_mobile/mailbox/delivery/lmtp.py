"""The LMTP listener: takes messages from a mail server, with an answer for each recipient.

A recipient is acknowledged when the message is durable in the mailbox, never before. A client that
lost the connection before that may deliver again, and then there are two (RFC 2033 4.2 demands no
more); within a transaction an account gets one, whatever aliases of it were named.

Spec: RFC 2033; RFC 5321; RFC 1870, 2034, 2920, 6152, 6531 (what LHLO offers).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, gatherResults, succeed
from twisted.internet.interfaces import IAddress, IDelayedCall, IPushProducer, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import ProtocolError, StoreError
from carbonio_mobile.mailbox.delivery.lists import ListMail, found_list
from carbonio_mobile.mailbox.delivery.lmtpstream import MAX_LINE_BYTES, LmtpStream
from carbonio_mobile.mailbox.delivery.local import Letter, LocalDelivery, refusal_of
from carbonio_mobile.mailbox.delivery.outcome import (
    NO_SUCH_USER,
    TOO_LARGE,
    TRY_LATER,
    Outcome,
)
from carbonio_mobile.mailbox.delivery.paths import parse_path, recipient_fault, sender_fault
from carbonio_mobile.mime.words import clean

_MAX_FAULTS = 20
_FAULTS = frozenset((500, 501, 503, 555))
_AT_ONCE = 16
_MAX_HELD_BYTES = 256 * 1024
"""How much a client may send ahead while it is not read."""
_LINGER_S = 5.0
"""How long a client may take to read the last replies."""

_OK = Outcome(code=250, status="2.0.0", text="ok")
_UNKNOWN = Outcome(code=500, status="5.5.2", text="unknown command")
_NO_SMTP = Outcome(code=500, status="5.5.1", text="this is LMTP: say LHLO")
_BAD_ORDER = Outcome(code=503, status="5.5.1", text="not now")
_BAD_SYNTAX = Outcome(code=501, status="5.5.4", text="malformed command")
_CANNOT_VERIFY = Outcome(code=252, status="2.5.2", text="try to deliver")
_NO_ROOM = Outcome(code=452, status="4.3.1", text="too much mail arrives just now")
_RECIPIENT_OK = Outcome(code=250, status="2.1.5", text="ok")
_TOO_MANY = Outcome(code=452, status="4.5.3", text="too many recipients for one transaction")

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LmtpLimits:
    """``idle_s`` is the longest silence of a client that is waited for.

    ``all_bytes`` bounds the messages that are under way on all connections together.
    """

    message_bytes: int = 50 << 20
    all_bytes: int = 512 << 20
    recipients: int = 1000
    connections: int = 100
    idle_s: float = 300.0


@dataclass(slots=True, kw_only=True)
class _Transaction:
    """Sender and accepted recipients (as the client wrote them, with whose they are).

    Of a distribution list its members are there.
    """

    sender: str
    international: bool
    recipients: list[tuple[str, Account | tuple[str, ...]]]

    @property
    def protocol(self) -> str:
        """What the Received field and the log call it."""
        return "UTF8LMTP" if self.international else "LMTP"


class Held:
    """How much of messages all connections hold."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self.now_bytes = 0

    def change(self, old_bytes: int, new_bytes: int) -> bool:
        """Hold so much instead of what was held, unless it is too much; tells whether it is held.

        Less is never too much.
        """
        all_bytes = self.now_bytes - old_bytes + new_bytes
        if new_bytes > old_bytes and all_bytes > self._limit_bytes:
            return False
        self.now_bytes = all_bytes
        return True


@implementer(IPushProducer)
class LmtpProtocol(Protocol):
    """One connection. Commands are done one after the other, also those that were sent together.

    While the client does not read its replies none are made and nothing is read.
    """

    def __init__(
        self,
        local: LocalDelivery,
        *,
        limits: LmtpLimits,
        clock: IReactorTime,
        peer: str,
        held: Held,
        on_end: Callable[["LmtpProtocol"], None],
        lists: ListMail | None = None,
    ) -> None:
        self._local = local
        self._lists = lists
        self._limits = limits
        self._clock = clock
        self._peer = peer
        self._held = held
        self._held_bytes = 0
        self._is_refused = False
        self._is_full = False
        self._on_end = on_end
        self._stream = LmtpStream()
        self._client = ""
        self._transaction: _Transaction | None = None
        self._reads_message = False
        self._is_busy = False
        self._is_going_on = False
        self._is_ending = False
        self._is_connected = False
        self._is_closing = False
        self._faults_count = 0
        self._alarm: IDelayedCall | None = None
        self._commands: dict[str, Callable[[str], Outcome | Deferred[Any] | None]] = {
            "LHLO": self._do_lhlo,
            "MAIL": self._do_mail,
            "RCPT": self._do_rcpt,
            "DATA": self._do_data,
            "RSET": self._do_rset,
            "NOOP": lambda _: _OK,
            "VRFY": lambda _: _CANNOT_VERIFY,
            "QUIT": self._do_quit,
            "HELO": lambda _: _NO_SMTP,
            "EHLO": lambda _: _NO_SMTP,
        }

    # The connection

    def connectionMade(self) -> None:  # noqa: N802
        """Greet."""
        self._is_connected = True
        self.transport.registerProducer(self, True)  # type: ignore[union-attr]  # a TCP or UNIX connection's
        self._say(f"220 {self._local.hostname} LMTP carbonio-mobile")
        self._wait()

    def refuse(self, why: Outcome) -> None:
        """Say why there is no service, and close."""
        self._is_ending = True
        self._reply(why)
        self._lose()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take octets; while a command is at work they wait."""
        self._stream.feed(data)
        if not self._is_busy:
            self._go_on()
        if self._stream.held_bytes > _MAX_HELD_BYTES:
            self.transport.pauseProducing()  # type: ignore[union-attr]  # as above

    def pauseProducing(self) -> None:  # noqa: N802
        """Stop until the client has read its replies."""
        self._is_full = True
        self.transport.pauseProducing()  # type: ignore[union-attr]  # as above

    def resumeProducing(self) -> None:  # noqa: N802
        """Go on with what is there."""
        self._is_full = False
        if not self._is_busy and not self._is_ending:
            self._read_on()

    def stopProducing(self) -> None:  # noqa: N802
        """Do nothing: the loss of the connection is told as well."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002, N802
        """Forget a transaction that was not complete; one that is goes on."""
        self._is_connected = False
        self._is_ending = True
        self._stop_waiting()
        if not self._is_busy:
            self._hold(0)
            self._on_end(self)

    def end(self) -> None:
        """Close when the command at work has its answer; at once if there is none."""
        if self._is_busy:
            self._is_ending = True
        elif not self._is_ending:
            self.refuse(Outcome(code=421, status="4.3.2", text="shutting down"))

    def _go_on(self) -> None:
        """Do what is there to be done, until something must be waited for."""
        self._stop_waiting()
        self._is_going_on = True
        try:
            while not (self._is_busy or self._is_ending or self._is_full) and self._next():
                pass
        except ProtocolError:
            self.refuse(Outcome(code=500, status="5.5.6", text="the line is too long"))
            return
        finally:
            self._is_going_on = False
        if not self._is_busy and not self._is_ending:
            self._wait()

    def _next(self) -> bool:
        """Do the next command or take the message; False if it is not there yet."""
        if self._reads_message:
            found = self._stream.message()
            if found is None:
                self._is_refused = self._is_refused or not self._hold(self._stream.message_bytes)
                if self._is_refused:
                    self._stream.drop_message()
                    self._hold(0)
                return False
            self._hold(len(found[0]))  # in vain now and then: it is here, and so is the last of it
            self._reads_message = False
            self._begin(self._take(*found))
            return True
        line = self._stream.line()
        if line is None:
            return False
        self._do(line)
        return True

    def _do(self, line: bytes) -> None:
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            self._reply(_BAD_SYNTAX)
            return
        verb, _, argument = text.partition(" ")
        command = self._commands.get(verb.upper())
        result = _UNKNOWN if command is None else command(argument)
        if isinstance(result, Outcome):
            self._reply(result)

    def _hold(self, held_bytes: int) -> bool:
        """Hold so much of a message; False where there is no room for it."""
        is_held = self._held.change(self._held_bytes, held_bytes)
        if is_held:
            self._held_bytes = held_bytes
        return is_held

    def _begin(self, work: Any) -> None:
        """Work on a command that takes time; others wait until it is done."""
        self._is_busy = True
        Deferred.fromCoroutine(work).addErrback(self._failed).addBoth(self._done)

    def _failed(self, failure: Failure) -> None:
        _log.failure("LMTP command failed", failure)
        self._is_ending = True
        self._reply(Outcome(code=421, status="4.3.0", text="an error of this server"))

    def _done(self, _: object) -> None:
        self._is_busy = False
        self._hold(0)
        if not self._is_connected:
            self._on_end(self)
        elif self._is_ending:
            self._lose()
        elif self._is_full:
            self._wait()
        else:
            self._read_on()

    def _read_on(self) -> None:
        self.transport.resumeProducing()  # type: ignore[union-attr]  # as above
        # Work that was done at once returns to the loop that began it, else the stack grows.
        if not self._is_going_on:
            self._go_on()

    def _wait(self) -> None:
        self._stop_waiting()
        self._alarm = self._clock.callLater(self._limits.idle_s, self._time_over)

    def _stop_waiting(self) -> None:
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        self._alarm = None

    def _time_over(self) -> None:
        self.refuse(Outcome(code=421, status="4.4.2", text="nothing was said for too long"))

    def _lose(self) -> None:
        """Close when the client has read what was said, or had the time for it."""
        if self._is_connected and not self._is_closing:
            self._stop_waiting()
            self._is_closing = True
            self.transport.unregisterProducer()  # type: ignore[union-attr]  # as above
            self.transport.loseConnection()  # type: ignore[union-attr]  # as above
            self._alarm = self._clock.callLater(_LINGER_S, self.transport.abortConnection)  # type: ignore[union-attr]  # as above

    def _say(self, line: str) -> None:
        if self._is_connected and self.transport is not None:
            self.transport.write(line.encode("utf-8", "replace") + b"\r\n")

    def _reply(self, outcome: Outcome) -> None:
        self._say(outcome.reply)
        if outcome.code in _FAULTS:
            self._faults_count += 1
            if self._faults_count == _MAX_FAULTS:
                self._say("421 4.7.0 too many errors")
                self._is_ending = True
                if not self._is_busy:
                    self._lose()

    # The commands

    def _do_lhlo(self, argument: str) -> Outcome | None:
        name = clean(argument).strip()[:255]
        if not name:
            return _BAD_SYNTAX
        self._client, self._transaction = name, None
        offers = (
            "PIPELINING",
            "ENHANCEDSTATUSCODES",
            "8BITMIME",
            "SMTPUTF8",
            f"SIZE {self._limits.message_bytes}",
        )
        lines = [self._local.hostname, *offers]
        for line in lines[:-1]:
            self._say(f"250-{line}")
        self._say(f"250 {lines[-1]}")
        return None

    def _do_mail(self, argument: str) -> Outcome:
        if not self._client or self._transaction is not None:
            return _BAD_ORDER
        if argument[:5].upper() != "FROM:":
            return _BAD_SYNTAX
        path = parse_path(argument[5:])
        if isinstance(path, Outcome):
            return path
        fault = sender_fault(path, self._limits.message_bytes)
        if fault is not None:
            return fault
        self._transaction = _Transaction(
            sender=path.address, international="SMTPUTF8" in path.parameters, recipients=[]
        )
        return Outcome(code=250, status="2.1.0", text="ok")

    def _do_rcpt(self, argument: str) -> Outcome | None:
        if self._transaction is None:
            return _BAD_ORDER
        if argument[:3].upper() != "TO:":
            return _BAD_SYNTAX
        path = parse_path(argument[3:])
        if isinstance(path, Outcome):
            return path
        fault = recipient_fault(path, international=self._transaction.international)
        if fault is not None:
            return fault
        if len(self._transaction.recipients) >= self._limits.recipients:
            return _TOO_MANY
        self._begin(self._accept(self._transaction, path.address))
        return None

    async def _accept(self, transaction: _Transaction, address: str) -> None:
        try:
            account = await self._local.find(address)
            group = None if account else await found_list(self._lists, address)
        except StoreError as exc:
            _log.error("recipient cannot be looked up: {why}", why=str(exc))
            self._reply(TRY_LATER)
            return
        if isinstance(group, tuple):
            transaction.recipients.append((address, group))
            self._reply(_RECIPIENT_OK)
            return
        refusal = group or NO_SUCH_USER if account is None else refusal_of(account)
        if refusal is not None or account is None:
            self._reply(refusal or NO_SUCH_USER)
            return
        transaction.recipients.append((address, account))
        self._reply(_RECIPIENT_OK)

    def _do_data(self, argument: str) -> Outcome | None:
        if argument.strip():
            return _BAD_SYNTAX
        if self._transaction is None:
            return _BAD_ORDER
        if not self._transaction.recipients:
            # RFC 2033 4.2: nothing could be answered after the dot.
            return Outcome(code=503, status="5.5.1", text="no recipient was accepted")
        self._reads_message, self._is_refused = True, False
        self._stream.begin_message(self._limits.message_bytes)
        self._say("354 end with a dot on a line of its own")
        return None

    def _do_rset(self, _: str) -> Outcome:
        self._transaction = None
        return _OK

    def _do_quit(self, _: str) -> None:
        self._is_ending = True
        self._reply(Outcome(code=221, status="2.0.0", text="goodbye"))
        self._lose()

    async def _take(self, message: bytes, overflowed: bool) -> None:
        """Deliver a message and answer for each accepted recipient, in their order."""
        transaction, self._transaction = self._transaction, None
        assert transaction is not None, "DATA is refused outside of a transaction"
        recipients = transaction.recipients
        if overflowed:
            refusal = _NO_ROOM if self._is_refused else TOO_LARGE
            for _ in recipients:
                self._reply(refusal)
            return
        letter = self._local.letter(
            message,
            sender=transaction.sender,
            recipients=[address for address, _ in recipients],
            token=secrets.token_hex(12),
            origin=f"{self._client} ([{self._peer}])",
            protocol=transaction.protocol,
        )
        for start in range(0, len(recipients), _AT_ONCE):
            some = recipients[start : start + _AT_ONCE]
            work = [
                Deferred.fromCoroutine(self._deliver(letter, each, transaction.protocol))
                for each in some
            ]
            for outcome in await gatherResults(work, consumeErrors=True):
                self._reply(outcome)

    async def _deliver(
        self, letter: Letter, recipient: tuple[str, Account | tuple[str, ...]], protocol: str
    ) -> Outcome:
        address, whose = recipient
        if isinstance(whose, tuple):
            assert self._lists is not None, "without lists no address is one"
            outcome = await self._lists.send_on(address, whose, letter)
        else:
            outcome = await self._local.deliver(whose, letter)
        _log.info(
            "{protocol} {token} from {peer} for {account} {bytes_in}: {reply}",
            protocol=protocol,
            token=letter.token,
            peer=self._peer,
            account=address if isinstance(whose, tuple) else whose.id,
            bytes_in=len(letter.message),
            reply=outcome.reply,
        )
        return outcome


class LmtpFactory(Factory):
    """Makes the protocols of a listener and bounds how many there are."""

    noisy = False

    def __init__(
        self,
        local: LocalDelivery,
        *,
        limits: LmtpLimits,
        clock: IReactorTime,
        lists: ListMail | None = None,
    ) -> None:
        self._local = local
        self._lists = lists
        self._limits = limits
        self._clock = clock
        self._protocols: set[LmtpProtocol] = set()
        # One message, and the end of it, always finds room.
        self.held = Held(max(limits.all_bytes, limits.message_bytes + MAX_LINE_BYTES))
        self._is_ending = False
        self._ended: list[Deferred[None]] = []

    @property
    def connections_count(self) -> int:
        """How many connections are open or have work under way."""
        return len(self._protocols)

    def buildProtocol(self, addr: IAddress | None) -> Protocol:  # noqa: N802
        """Make a protocol, or one that refuses where there are too many."""
        if self._is_ending or len(self._protocols) >= self._limits.connections:
            return _Refusal()
        protocol = LmtpProtocol(
            self._local,
            limits=self._limits,
            clock=self._clock,
            peer=str(getattr(addr, "host", None) or "local"),
            held=self.held,
            on_end=self._end_of,
            lists=self._lists,
        )
        self._protocols.add(protocol)
        return protocol

    def stop(self) -> Deferred[None]:
        """End all connections, those with a message at work after their answer; fires then."""
        self._is_ending = True
        for protocol in list(self._protocols):
            protocol.end()
        if not self._protocols:
            return succeed(None)
        ended: Deferred[None] = Deferred()
        self._ended.append(ended)
        return ended

    def _end_of(self, protocol: LmtpProtocol) -> None:
        self._protocols.discard(protocol)
        if not self._protocols:
            waiting, self._ended = self._ended, []
            for one in waiting:
                one.callback(None)


class _Refusal(Protocol):
    def connectionMade(self) -> None:  # noqa: N802
        assert self.transport is not None
        self.transport.write(b"421 4.3.2 too many connections\r\n")
        self.transport.loseConnection()
