"""Sending mail on to the SMTP server that takes it for the rest of the world.

A message is taken over when the server says 250 after the dot, and our queue learns it a moment
later: killed in between, or with the connection lost before the 250 arrives, the message is sent
again. SMTP leaves no way around that (RFC 1047); everywhere else each recipient is served once.

Spec: RFC 5321, RFC 1870 (SIZE), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 3207 (STARTTLS),
RFC 4954 (AUTH).
"""

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.ssl import CertificateOptions, optionsForClientTLS
from twisted.logger import Logger

from carbonio_mobile.errors import ProtocolError, Unavailable
from carbonio_mobile.mailbox.certificates import SYSTEM_AUTHORITIES, certificate_fault, trust_root
from carbonio_mobile.mailbox.delivery.dots import stuffed
from carbonio_mobile.mailbox.delivery.outcome import Outcome, Verdict, outcome_of
from carbonio_mobile.mailbox.delivery.smtpclient import Reply, SmtpConnection, SmtpConnectionFactory
from carbonio_mobile.mime.header import wire_body

_SLOWEST_BYTES_A_S = 4096.0
_LAST_REPLY_S = 5.0
"""How long a stop waits for the verdict on a message that was sent in full."""

_CONNECT_FAULTS = (ConnectError, ConnectingCancelledError, DNSLookupError)
_LOGIN_CODES = frozenset((530, 534, 535, 538))
_LOGIN_STATUSES = frozenset((".7.0", ".7.8"))
"""What a relay says to a login or encryption that is missing or wrong (RFC 4954 6, RFC 3207 4):
the fault of how this server is set up, which must not return everybody's mail."""

_UNSAFE = re.compile(r"[\x00-\x20<>\x7f]")

_log = Logger()


class TlsMode(Enum):
    """``REQUIRED`` and ``WRAPPED`` check the server's certificate; nobody reads along or goes
    between. ``OPPORTUNISTIC`` encrypts if that is offered, whoever it is.
    """

    OFF = "off"
    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"
    WRAPPED = "wrapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """Where the relay is. An empty ``user``: no login.

    ``authority_pem`` is the certificate that signs the server's; empty: those of the system.
    ``authority_file`` says in faults where it came from.
    """

    host: str
    port: int = 587
    tls: TlsMode = TlsMode.REQUIRED
    user: str = ""
    password: str = field(default="", repr=False)
    authority_pem: bytes = field(default=b"", repr=False)
    authority_file: str = ""
    connect_s: float = 30.0
    command_s: float = 300.0
    data_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """``acting_for`` is the account that a service's login sends for (RFC 4616, authzid)."""

    user: str
    password: str = field(repr=False)
    acting_for: str = ""


_BAD_SENDER = Outcome(code=553, status="5.1.7", text="the sender is no address")
_BAD_RECIPIENT = Outcome(code=553, status="5.1.3", text="this is no address")


class SessionFailed(Exception):
    """The session came to an end before the message was decided on; the outcome is for all."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reply)
        self.outcome = outcome


class NoRelay:
    """What stands in for a relay where none is configured."""

    async def send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes,  # noqa: ARG002
    ) -> Mapping[str, Outcome]:
        """Refuse all, those of the sender's own domain as unknown."""
        home = sender.rpartition("@")[2].lower()
        return {one: _unreachable(one.rpartition("@")[2].lower() == home) for one in recipients}

    async def stop(self) -> None:
        """Do nothing."""


def _unreachable(at_home: bool) -> Outcome:
    if at_home:
        return Outcome(code=550, status="5.1.1", text="there is no such address")
    text = "this server is not set up to send mail to other servers"
    return Outcome(code=550, status="5.4.4", text=text)


NO_RELAY = NoRelay()


def smtp_relay(options: RelayOptions, *, reactor: Any, hostname: str) -> "SmtpRelay":
    """Make the relay for options. Raises: OpenSSL.crypto.Error (authority_pem is none)."""
    endpoint: IStreamClientEndpoint = HostnameEndpoint(
        reactor, options.host, options.port, timeout=options.connect_s
    )
    if options.tls is TlsMode.WRAPPED:
        endpoint = wrapClientTLS(tls_context(options), endpoint)
    return SmtpRelay(options, endpoint=endpoint, hostname=hostname, clock=reactor)


def tls_context(options: RelayOptions) -> Any:
    """Give what startTLS wants. Raises: OpenSSL.crypto.Error (the authority is no certificate)."""
    if options.tls is TlsMode.OPPORTUNISTIC:
        return CertificateOptions()
    return optionsForClientTLS(options.host, trust_root(options.authority_pem))


class SmtpRelay:
    """Sends each message in a session of its own.

    ``hostname`` is how this server calls itself. A login that fails or is missed is a temporary
    failure: the mail must not come back because a password changed.
    """

    def __init__(
        self,
        options: RelayOptions,
        *,
        endpoint: IStreamClientEndpoint,
        hostname: str,
        clock: IReactorTime,
    ) -> None:
        self._options = options
        self._endpoint = endpoint
        self._hostname = hostname
        self._clock = clock
        self._context: Any = None
        self._sessions: dict[_Session, Deferred[None]] = {}
        self._connecting: set[Deferred[Any]] = set()
        self._stopped = False

    async def send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes,
        *,
        login: Login | None = None,
        before_data: Callable[[], Awaitable[None]] | None = None,
    ) -> Mapping[str, Outcome]:
        """Send a message to recipients, at most 100; gives what became of it for each.

        Their mail counts as delivered from the server's 250 on. ``login`` is in the place of that
        of the options. ``before_data`` is awaited when nothing of the message is sent yet, and
        somebody will get it; what it raises ends the session, and comes out here.
        """
        if _UNSAFE.search(sender):
            return dict.fromkeys(recipients, _BAD_SENDER)
        message = wire_body(message)
        bad = dict.fromkeys(filter(_UNSAFE.search, recipients), _BAD_RECIPIENT)
        good = [one for one in recipients if one not in bad]
        if not good:
            return bad
        if login is None and self._options.user:
            login = Login(user=self._options.user, password=self._options.password)
        return {**bad, **await self._send(sender, good, message, login, before_data)}

    async def _send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes,
        login: Login | None,
        before_data: Callable[[], Awaitable[None]] | None,
    ) -> Mapping[str, Outcome]:
        try:
            connection = await self._connect()
        except SessionFailed as exc:
            return dict.fromkeys(recipients, exc.outcome)
        session = _Session(connection, self._options, self._hostname, self._tls_context, login)
        ended: Deferred[None] = Deferred()
        self._sessions[session] = ended
        try:
            await session.open()
            return await session.transfer(sender, recipients, message, before_data)
        except SessionFailed as exc:
            return dict.fromkeys(recipients, exc.outcome)
        finally:
            connection.close()
            del self._sessions[session]
            ended.callback(None)

    async def probe(self, login: Login | None) -> Mapping[str, str]:
        """Open a session as for a message, and leave; gives what the server offers.

        Keywords are in upper case, each with its values. Raises: Unavailable (what is in the way).
        """
        try:
            connection = await self._connect()
        except SessionFailed as exc:
            raise Unavailable(exc.outcome.text) from exc
        session = _Session(connection, self._options, self._hostname, self._tls_context, login)
        try:
            await session.open()
        except SessionFailed as exc:
            raise Unavailable(exc.outcome.text) from exc
        finally:
            connection.close()
        return session.offers

    def _tls_context(self) -> Any:
        # Reading the system's authorities holds the reactor up for 11 ms (measured).
        if self._context is None:
            self._context = tls_context(self._options)
        return self._context

    async def _connect(self) -> SmtpConnection:
        name = f"{self._options.host}:{self._options.port}"
        if self._stopped:
            raise SessionFailed(Outcome(code=451, status="4.3.2", text="shutting down"))
        connecting: Deferred[Any] = self._endpoint.connect(SmtpConnectionFactory(self._clock))
        self._connecting.add(connecting)
        try:
            connection: SmtpConnection = await connecting
        except (*_CONNECT_FAULTS, CancelledError, OSError) as exc:
            _log.warn("the relay {relay} cannot be reached: {why}", relay=name, why=str(exc))
            text = f"the relay {name} cannot be reached"
            raise SessionFailed(Outcome(code=451, status="4.4.1", text=text)) from exc
        finally:
            self._connecting.discard(connecting)
        return connection

    async def stop(self) -> None:
        """Break sessions off; one that waits for the verdict on its message gets a moment more."""
        self._stopped = True
        for connecting in list(self._connecting):
            connecting.cancel()
        under_way = dict(self._sessions)
        alarms = [
            self._clock.callLater(
                _LAST_REPLY_S if session.is_decided_elsewhere else 0.0, session.abort
            )
            for session in under_way
        ]
        for ended in under_way.values():
            await ended
        for alarm in alarms:
            if alarm.active():
                alarm.cancel()


class _Session:
    """One session: opened, then a message transferred."""

    def __init__(
        self,
        connection: SmtpConnection,
        options: RelayOptions,
        hostname: str,
        context: Callable[[], Any],
        login: Login | None,
    ) -> None:
        self._connection = connection
        self._options = options
        self._hostname = hostname
        self._context = context
        self._login = login
        self._name = f"{options.host}:{options.port}"
        self._offers: dict[str, str] = {}
        self._encrypted = options.tls is TlsMode.WRAPPED
        self.is_decided_elsewhere = False

    @property
    def offers(self) -> Mapping[str, str]:
        """What the server said that it can, after ``open``."""
        return self._offers

    def abort(self) -> None:
        """Break off."""
        self._connection.abort("shutting down")

    async def open(self) -> None:
        """Greet, encrypt and log in as the options say. Raises: SessionFailed."""
        self._expect(await self._reply(self._connection.send(b"", self._options.command_s)))
        await self._hello()
        await self._encrypt()
        await self._log_in()

    async def transfer(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes,
        before_data: Callable[[], Awaitable[None]] | None,
    ) -> Mapping[str, Outcome]:
        """Do the mail transaction. Raises: SessionFailed."""
        outcomes = await self._announce(sender, recipients, message)
        accepted = [one for one in recipients if outcomes[one].verdict is Verdict.DELIVERED]
        if not accepted:
            return outcomes
        if before_data is not None:
            await before_data()
        go_ahead = await self._command("DATA", self._options.data_s)
        if go_ahead.code != 354:
            # Whatever it says, nothing was sent.
            refusal = outcome_of(max(go_ahead.code, 400), go_ahead.text, self._options.host)
            return {**outcomes, **dict.fromkeys(accepted, self._unless_login(refusal))}
        time_s = self._options.data_s + len(message) / _SLOWEST_BYTES_A_S
        self.is_decided_elsewhere = True
        try:
            verdict = await self._reply(self._connection.send(stuffed(message), time_s))
        except SessionFailed as exc:
            return {**outcomes, **dict.fromkeys(accepted, replace(exc.outcome, in_doubt=True))}
        return {**outcomes, **dict.fromkeys(accepted, self._verdict(verdict))}

    async def _announce(
        self, sender: str, recipients: Sequence[str], message: bytes
    ) -> dict[str, Outcome]:
        international = not all(one.isascii() for one in (sender, *recipients))
        if international and "SMTPUTF8" not in self._offers:
            plain = [one for one in recipients if one.isascii()] if sender.isascii() else []
            refused = dict.fromkeys(recipients, self._not_international())
            return {**refused, **(await self._announce(sender, plain, message) if plain else {})}
        commands = [f"RCPT TO:<{one}>" for one in recipients]
        first = f"MAIL FROM:<{sender}>{self._parameters(message, international)}"
        replies = await self._exchange([first, *commands])
        if not replies[0].is_good:
            return dict.fromkeys(recipients, self._sender_outcome(replies[0]))
        found = map(self._recipient_outcome, replies[1:])
        return dict(zip(recipients, found, strict=True))

    def _parameters(self, message: bytes, international: bool) -> str:
        parameters = f" SIZE={len(message)}" if "SIZE" in self._offers else ""
        if "8BITMIME" in self._offers and not message.isascii():
            parameters += " BODY=8BITMIME"
        return parameters + (" SMTPUTF8" if international else "")

    async def _exchange(self, commands: Sequence[str]) -> Sequence[Reply]:
        """Send commands, together where the server likes that; the first refused ends it."""
        if "PIPELINING" in self._offers:
            waiting = [self._connection.command(one, self._options.command_s) for one in commands]
            try:
                return [await self._reply(one) for one in waiting]
            except SessionFailed:
                for one in waiting:
                    one.addErrback(lambda _: None)  # they all failed alike
                raise
        replies = [await self._command(commands[0], self._options.command_s)]
        if replies[0].is_good:
            replies += [await self._command(one, self._options.command_s) for one in commands[1:]]
        return replies

    async def _hello(self) -> None:
        reply = await self._command(f"EHLO {self._hostname}", self._options.command_s)
        if not reply.is_good:
            self._expect(await self._command(f"HELO {self._hostname}", self._options.command_s))
            self._offers = {}
            return
        offers = (line.upper().partition(" ") for line in reply.lines[1:])
        self._offers = {keyword: values for keyword, _, values in offers}

    async def _encrypt(self) -> None:
        mode = self._options.tls
        if self._encrypted or mode is TlsMode.OFF:
            return
        if "STARTTLS" not in self._offers:
            if mode is TlsMode.REQUIRED:
                raise self._failed("4.7.5", "offers no encryption, which is required")
            return
        self._expect(await self._command("STARTTLS", self._options.command_s))
        try:
            self._connection.start_tls(self._context())
        except ProtocolError as exc:
            raise self._failed("4.5.0", str(exc)) from exc
        self._encrypted = True
        await self._hello()

    async def _log_in(self) -> None:
        options, login = self._options, self._login
        if login is None:
            return
        if not self._encrypted and options.tls is not TlsMode.OFF:
            raise self._failed("4.7.0", "offers no encryption: the password is not sent")
        mechanisms = self._offers.get("AUTH", "").split()
        if "PLAIN" in mechanisms:
            secret = _base64(f"{login.acting_for}\0{login.user}\0{login.password}")
            reply = await self._command(f"AUTH PLAIN {secret}", options.command_s)
        elif "LOGIN" in mechanisms and not login.acting_for:
            reply = await self._command("AUTH LOGIN", options.command_s)
            for word in (login.user, login.password):
                if reply.code == 334:
                    reply = await self._command(_base64(word), options.command_s)
        else:
            raise self._failed("4.7.0", "offers no login that this server knows")
        if not reply.is_good:
            _log.error("the relay {relay} refuses the login: {reply}",
                       relay=self._name, reply=f"{reply.code} {reply.text}")  # fmt: skip
            raise self._failed("4.7.8", "refuses this server's login")

    def _command(self, line: str, timeout_s: float) -> Awaitable[Reply]:
        return self._reply(self._connection.command(line, timeout_s))

    async def _reply(self, waiting: Deferred[Reply]) -> Reply:
        try:
            return await waiting
        except (Unavailable, ProtocolError) as exc:
            if fault := certificate_fault(exc.__cause__, self._options.host, self._authority):
                raise self._failed("4.7.5", fault) from exc
            raise self._failed("4.4.2", str(exc)) from exc

    @property
    def _authority(self) -> str:
        named = self._options.authority_file or "the configured authority"
        return named if self._options.authority_pem else SYSTEM_AUTHORITIES

    def _expect(self, reply: Reply) -> None:
        """Go on only after a good reply. A refused session is a temporary failure."""
        if not reply.is_good:
            raise self._failed("4.3.0", f"says {reply.code} {reply.text}")

    def _failed(self, status: str, what: str) -> SessionFailed:
        text = f"the relay {self._name} {what}" if " " in what else what
        return SessionFailed(Outcome(code=451, status=status, text=text))

    def _outcome(self, reply: Reply) -> Outcome:
        return outcome_of(reply.code, reply.text, self._options.host)

    def _verdict(self, reply: Reply) -> Outcome:
        """Read the reply to the message itself; one that is none leaves it in doubt."""
        return replace(self._outcome(reply), in_doubt=300 <= reply.code < 400)

    def _recipient_outcome(self, reply: Reply) -> Outcome:
        # Too many recipients for one message: 552 here is 452 (RFC 5321 4.5.3.1.10).
        code = 452 if reply.code == 552 else reply.code
        return self._unless_login(outcome_of(code, reply.text, self._options.host))

    def _sender_outcome(self, reply: Reply) -> Outcome:
        outcome = self._outcome(reply)
        if outcome.code >= 500 and outcome.status[1:] in _LOGIN_STATUSES:
            return self._deferred(outcome)
        return self._unless_login(outcome)

    def _unless_login(self, outcome: Outcome) -> Outcome:
        """Take a refusal that asks for another login or encryption for a temporary one."""
        return self._deferred(outcome) if outcome.code in _LOGIN_CODES else outcome

    def _deferred(self, outcome: Outcome) -> Outcome:
        _log.error("the relay {relay} refuses this server: {reply}",
                   relay=self._name, reply=outcome.reply)  # fmt: skip
        return replace(outcome, code=451, status=f"4{outcome.status[1:]}")

    def _not_international(self) -> Outcome:
        text = "the next server cannot carry addresses beyond ASCII"
        return Outcome(code=553, status="5.6.7", text=text)


def _base64(text: str) -> str:
    return b64encode(text.encode("utf-8")).decode("ascii")
