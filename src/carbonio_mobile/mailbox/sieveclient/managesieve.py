"""The scripts of one account on a ManageSieve server.

Spec: RFC 5804; RFC 4616 (PLAIN).
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint

from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    OverQuota,
    ProtocolError,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.mailbox.certificates import SYSTEM_AUTHORITIES, certificate_fault
from carbonio_mobile.mailbox.delivery.relay import Login, TlsMode
from carbonio_mobile.mailbox.sieveclient.connection import SieveConnection, SieveConnectionFactory
from carbonio_mobile.sieve.offers import Offers, offers_of
from carbonio_mobile.sieve.wire import Bounds, Response, Status, string

_CONNECT_FAULTS = (ConnectError, ConnectingCancelledError, DNSLookupError, CancelledError, OSError)

_FAULTS: dict[str, type[StoreError]] = {
    "QUOTA/MAXSIZE": TooLarge,
    "QUOTA": OverQuota,
    "NONEXISTENT": NotFound,
    "ALREADYEXISTS": Conflict,
    "ACTIVE": Conflict,
    "TRYLATER": Unavailable,
}
"""RFC 5804 1.3; a code holds for what stands below it, too."""

_CITED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`']*['`]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SieveOptions:
    """Where the server is. ``host`` is the name that its certificate must have.

    ``authority`` says in faults what certificates are checked against. OPPORTUNISTIC is as
    REQUIRED here: passwords go over no connection that anybody may read, unless it is OFF.
    """

    host: str
    port: int = 4190
    tls: TlsMode = TlsMode.REQUIRED
    authority: str = SYSTEM_AUTHORITIES
    connect_s: float = 15.0
    command_s: float = 30.0
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """The scripts of an account; ``active`` is empty where none is."""

    names: tuple[str, ...] = ()
    active: str = ""


def sieve_client(options: SieveOptions, *, reactor: Any, context: Any) -> "SieveClient":
    """Make the client of a server; ``context`` is what checks its certificate."""
    endpoint: IStreamClientEndpoint = HostnameEndpoint(
        reactor, options.host, options.port, timeout=options.connect_s
    )
    if options.tls is TlsMode.WRAPPED:
        endpoint = wrapClientTLS(context, endpoint)
    return SieveClient(options, endpoint=endpoint, context=context, clock=reactor)


class SieveClient:
    """Opens sessions, each on a connection of its own."""

    def __init__(
        self,
        options: SieveOptions,
        *,
        endpoint: IStreamClientEndpoint,
        context: Any,
        clock: IReactorTime,
    ) -> None:
        self._options = options
        self._endpoint = endpoint
        self._context = context
        self._clock = clock

    async def open(self, login: Login) -> "SieveSession":
        """Connect, encrypt and log in. Raises: Unavailable, which says what was in the way."""
        session = SieveSession(await self._connect(), self._options)
        try:
            await session.open(login, self._context)
        except BaseException:
            session.close()
            raise
        return session

    async def _connect(self) -> SieveConnection:
        options = self._options
        factory = SieveConnectionFactory(self._clock, options.bounds)
        try:
            connection: Any = await self._endpoint.connect(factory)
        except _CONNECT_FAULTS as exc:
            name = f"{options.host}:{options.port}"
            why = str(exc) or type(exc).__name__
            raise Unavailable(f"ManageSieve at {name} cannot be reached: {why}") from exc
        return cast(SieveConnection, connection)


class SieveSession:
    """A session of an account. All that waits for the server may raise Unavailable.

    What the server refuses for a reason that has an exception in ``errors`` raises that one.
    """

    def __init__(self, connection: SieveConnection, options: SieveOptions) -> None:
        self._connection = connection
        self._options = options
        self.offers = Offers()

    async def open(self, login: Login, context: Any) -> None:
        """Take the greeting, encrypt as the options say, log in. Raises: Unavailable."""
        self._take_offers(await self._answer(self._connection.greeting(self._options.command_s)))
        if self._options.tls not in (TlsMode.OFF, TlsMode.WRAPPED):
            await self._encrypt(context)
        await self._log_in(login)
        self._take_offers(await self._ask(b"CAPABILITY"))

    async def scripts(self) -> Scripts:
        """Give the names of all scripts, and which one is active."""
        response = self._good(await self._ask(b"LISTSCRIPTS"))
        listed = [
            (line[0].decode("utf-8", "replace"), "ACTIVE" in line[1:])
            for line in response.lines
            if line and isinstance(line[0], bytes)
        ]
        active = next((name for name, is_active in listed if is_active), "")
        return Scripts(names=tuple(name for name, _ in listed), active=active)

    async def script(self, name: str) -> str:
        """Give a script. Raises: NotFound."""
        response = self._good(await self._ask(b"GETSCRIPT", name))
        found = [one for line in response.lines for one in line if isinstance(one, bytes)]
        if len(found) != 1:
            raise self._unavailable("gives no script where it should")
        return found[0].decode("utf-8", "replace")

    async def store(self, name: str, script: str) -> None:
        """Store a script in the place of the one of that name.

        Raises: NotAllowed (the server finds it wrong), OverQuota, TooLarge.
        """
        self._good(await self._ask(b"PUTSCRIPT", name, script))

    async def check(self, script: str) -> bool:
        """Have the server look at a script; False where it has a warning.

        Raises: NotAllowed (it finds it wrong), TooLarge.
        """
        return self._good(await self._ask(b"CHECKSCRIPT", script)).code != "WARNINGS"

    async def have_space(self, name: str, size_bytes: int) -> None:
        """Ask whether a script of that size would be taken. Raises: OverQuota, TooLarge."""
        command = b"HAVESPACE %b %d" % (string(name), size_bytes)
        self._good(await self._ask(command))

    async def activate(self, name: str) -> None:
        """Make a script the one that runs; with an empty name none does. Raises: NotFound."""
        self._good(await self._ask(b"SETACTIVE", name))

    async def delete(self, name: str) -> None:
        """Delete a script. Raises: NotFound, Conflict (it is active)."""
        self._good(await self._ask(b"DELETESCRIPT", name))

    def close(self) -> None:
        """Say goodbye and close."""
        self._connection.close()

    def _take_offers(self, response: Response) -> None:
        if response.status is not Status.OK:
            raise self._unavailable(f"does not serve: {_said(response)}")
        self.offers = offers_of(response)

    async def _encrypt(self, context: Any) -> None:
        if not self.offers.starttls:
            raise self._unavailable("offers no encryption, which is required")
        response = await self._ask(b"STARTTLS")
        if response.status is not Status.OK:
            raise self._unavailable(f"refuses encryption: {_said(response)}")
        try:
            self._connection.start_tls(context)
        except ProtocolError as exc:
            self._connection.abort(str(exc))
            raise self._unavailable(str(exc)) from exc
        self._take_offers(await self._answer(self._connection.greeting(self._options.command_s)))

    async def _log_in(self, login: Login) -> None:
        if "PLAIN" not in self.offers.mechanisms:
            raise self._unavailable("offers no login by a password (SASL PLAIN)")
        words = f"{login.acting_for}\0{login.user}\0{login.password}".encode()
        response = await self._ask(b"AUTHENTICATE", "PLAIN", b64encode(words).decode("ascii"))
        if response.status is not Status.OK:
            code = f" ({response.code})" if response.code else ""
            raise self._unavailable(f"refuses the login{code}")

    async def _ask(self, command: bytes, *arguments: str) -> Response:
        octets = b" ".join([command, *map(string, arguments)]) + b"\r\n"
        return await self._answer(self._connection.command(octets, self._options.command_s))

    async def _answer(self, waiting: Deferred[Response]) -> Response:
        try:
            return await waiting
        except (Unavailable, ProtocolError) as exc:
            options = self._options
            fault = certificate_fault(exc.__cause__, options.host, options.authority)
            raise self._unavailable(fault or f"fails: {exc}") from exc

    def _good(self, response: Response) -> Response:
        """Go on only after OK. Raises: what the code says, NotAllowed where it has none."""
        if response.status is Status.OK:
            return response
        code = response.code
        fault = _FAULTS.get(code) or _FAULTS.get(code.partition("/")[0]) or NotAllowed
        raise fault(f"ManageSieve at {self._options.host} refuses: {_said(response)}")

    def _unavailable(self, what: str) -> Unavailable:
        return Unavailable(f"ManageSieve at {self._options.host}:{self._options.port} {what}")


def _said(response: Response) -> str:
    """Give what a server says without what it cites: that may be somebody's own words."""
    return " ".join(filter(None, (response.code, _CITED.sub("…", response.text)[:200]))) or "no"
