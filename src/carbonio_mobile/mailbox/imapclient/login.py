"""Reaching an IMAP server: connection, encryption, login, what it can.

The password goes out after encryption only, and encryption checks the server's certificate;
``Encryption.OFF`` is for servers on the same machine.

Spec: RFC 9051 6.1, 6.2, 11.1; RFC 4959 (SASL-IR), RFC 4616 (PLAIN), XOAUTH2.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory

from carbonio_mobile.errors import NotAllowed, ProtocolError, Unavailable
from carbonio_mobile.imap.commands import Argument, Command, Literal, string
from carbonio_mobile.imap.logins import base64, plain, xoauth2
from carbonio_mobile.imap.responses import Status
from carbonio_mobile.mailbox.certificates import SYSTEM_AUTHORITIES
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.faults import CommandRefused, LoginRefused, refusal
from carbonio_mobile.mailbox.imapclient.wire import ImapWire, WireLimits

_CONNECT_FAULTS = (
    ConnectError,
    ConnectingCancelledError,
    DNSLookupError,
    CancelledError,
    OSError,
)


class Encryption(Enum):
    """``WRAPPED``: TLS from the first octet (port 993). ``STARTTLS``: before the login (143)."""

    OFF = "off"
    STARTTLS = "starttls"
    WRAPPED = "wrapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapServer:
    """A server. ``context`` is what startTLS wants for its name (``optionsForClientTLS``).

    ``authority`` says for logs by what its certificate is checked: the name of a file.
    """

    host: str
    port: int
    encryption: Encryption = Encryption.STARTTLS
    context: Any = field(default=None, repr=False)
    authority: str = SYSTEM_AUTHORITIES
    connect_s: float = 20.0
    limits: WireLimits = field(default_factory=WireLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLogin:
    """The user's own name and password."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyLogin:
    """A login for another: as authorisation identity of SASL PLAIN, or in the master user form
    ``user*master``, if there is a ``separator``.
    """

    user: str
    proxy: str
    password: str = field(repr=False)
    separator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLogin:
    """XOAUTH2; ``token`` gives a token that is valid now, and fails with a StoreError."""

    user: str
    token: Callable[[], Awaitable[str]] = field(repr=False)


Login = PasswordLogin | ProxyLogin | TokenLogin


class ImapReach:
    """Opens connections. ``identity`` is name and version for servers that want to know."""

    def __init__(
        self,
        server: ImapServer,
        *,
        reactor: Any,
        identity: tuple[str, str],
        endpoint: IStreamClientEndpoint | None = None,
    ) -> None:
        self._server = server
        self._clock: IReactorTime = reactor
        self._identity = identity
        self._endpoint = endpoint or _endpoint(server, reactor)

    async def open(self, login: Login) -> ImapConnection:
        """Connect and log in.

        Raises: LoginRefused (NotAllowed), Unavailable (all else: unreachable, certificate, time).
        """
        wire = await self._connect()
        connection = ImapConnection(wire, label=f"{self._server.host}:{self._server.port}")
        try:
            await self._prepare(connection, login)
        except CommandRefused as exc:
            wire.abort("the login failed")
            raise refusal(exc) from exc
        except BaseException:
            wire.abort("the login failed")
            raise
        return connection

    async def _connect(self) -> ImapWire:
        server = self._server
        factory = Factory.forProtocol(
            lambda: ImapWire(
                clock=self._clock,
                limits=server.limits,
                host=server.host,
                authority=server.authority,
            )
        )
        factory.noisy = False
        try:
            wire: ImapWire = await self._endpoint.connect(factory)  # type: ignore[assignment]  # as made
        except _CONNECT_FAULTS as exc:
            raise self._unreachable(exc) from exc
        return wire

    def _unreachable(self, exc: BaseException) -> Unavailable:
        name = f"{self._server.host}:{self._server.port}"
        return Unavailable(f"the IMAP server {name} cannot be reached: {type(exc).__name__}")

    async def _prepare(self, connection: ImapConnection, login: Login) -> None:
        greeting = await connection.wire.greeting
        is_told = connection.take_code(greeting)
        if self._server.encryption is Encryption.STARTTLS:
            if greeting.condition == "PREAUTH":
                raise Unavailable("the server skips the login and with it encryption")
            await self._encrypt(connection)
            is_told = False
        if not is_told:
            await connection.ask_capabilities()
        if greeting.condition != "PREAUTH":
            done = await _log_in(connection, login)
            if not connection.take_code(done):
                await connection.ask_capabilities()
        await connection.enable()
        await connection.identify(*self._identity)

    async def _encrypt(self, connection: ImapConnection) -> None:
        await connection.wire.run(Command("STARTTLS"), alone=True)
        try:
            connection.wire.start_tls(self._server.context)
        except ProtocolError as exc:
            raise Unavailable(f"STARTTLS: {exc}") from exc


def _endpoint(server: ImapServer, reactor: Any) -> IStreamClientEndpoint:
    endpoint: IStreamClientEndpoint = HostnameEndpoint(
        reactor, server.host, server.port, timeout=server.connect_s
    )
    if server.encryption is Encryption.WRAPPED:
        endpoint = wrapClientTLS(server.context, endpoint)
    return endpoint


async def _log_in(connection: ImapConnection, login: Login) -> Status:
    """Log in by the safest way that the server offers. Raises: CommandRefused, StoreError."""
    try:
        if isinstance(login, TokenLogin):
            said = xoauth2(login.user, await login.token())
            return await _authenticate(connection, "XOAUTH2", said)
        if isinstance(login, ProxyLogin) and not login.separator:
            said = plain(login.proxy, login.password, acts_for=login.user)
            return await _authenticate(connection, "PLAIN", said)
        user = login.user
        if isinstance(login, ProxyLogin):
            user = f"{login.user}{login.separator}{login.proxy}"
        if connection.can("AUTH=PLAIN"):
            return await _authenticate(connection, "PLAIN", plain(user, login.password))
        return await _login(connection, user, login.password)
    except ValueError as exc:
        raise LoginRefused("a name or password that IMAP cannot carry") from exc


async def _login(connection: ImapConnection, user: str, password: str) -> Status:
    if connection.can("LOGINDISABLED"):
        raise NotAllowed("the server offers no login that this client knows")
    arguments: list[Argument] = [_credential(user), _credential(password)]
    return await connection.wire.run(Command("LOGIN", tuple(arguments)), alone=True)


def _credential(text: str) -> Argument:
    octets = text.encode("utf-8")
    return string(octets) if octets.isascii() else Literal(octets)


async def _authenticate(connection: ImapConnection, mechanism: str, said: bytes) -> Status:
    wire = connection.wire
    answers = [base64(said)]
    arguments: list[Argument] = [mechanism.encode("ascii")]
    if connection.can("SASL-IR"):
        arguments.append(answers.pop())

    def go_on(_challenge: bytes) -> None:
        # A second challenge is XOAUTH2's error text: an empty answer gets the NO.
        wire.write((answers.pop() if answers else b"") + b"\r\n")

    return await wire.run(Command("AUTHENTICATE", tuple(arguments)), alone=True, go_on=go_on)
