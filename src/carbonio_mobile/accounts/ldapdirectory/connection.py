"""``LdapConnection``: one connection to a directory, with several requests under way.

It answers within a time or not at all, holds no more than its bounds, and takes nothing that is not
of the protocol: then it is cut, and all that wait fail with ``Unavailable``.

Spec: RFC 4511 4, 5; ../shared/ldap/ldaptor-notes.md 2 (why not ldaptor's client).
"""

from dataclasses import dataclass, field
from typing import Any, cast

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IDelayedCall,
    IHandshakeListener,
    IReactorTime,
    ITCPTransport,
    ITLSTransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.ssl import TLSVersion, optionsForClientTLS
from twisted.python.failure import Failure
from zope.interface import implementer

from carbonio_mobile.accounts.ldapdirectory.messages import (
    PASSWORD_POLICY,
    Ending,
    FoundEntry,
    bind,
    control,
    message,
    read,
    start_tls,
    unbind,
)
from carbonio_mobile.accounts.ldapdirectory.settings import LdapUrl, Trust
from carbonio_mobile.errors import ProtocolError, TooLarge, Unavailable
from carbonio_mobile.ldap.framing import Framer

ANSWER_BYTES_MAX = 32 << 20
"""So much one request may be answered with, all entries of a page together."""


class ConnectionGone(Unavailable):
    """The connection ended while something was waited for; another one may do better."""


@dataclass(frozen=True, slots=True)
class Reply:
    """All that a request was answered with."""

    entries: tuple[FoundEntry, ...]
    ending: Ending


@dataclass(slots=True)
class _Waiting:
    told: "Deferred[Reply]"
    entries_max: int
    timer: IDelayedCall | None = None
    entries: list[FoundEntry] = field(default_factory=list)
    octets: int = 0


@implementer(IHandshakeListener)
class LdapConnection(Protocol):
    """A connection to ``url``; ``clock`` times the answers."""

    def __init__(
        self, url: LdapUrl, trust: Trust, *, clock: IReactorTime, answer_s: float, limit: int
    ) -> None:
        self._url = url
        self._trust = trust
        self._clock = clock
        self._answer_s = answer_s
        self._framer = Framer(limit)
        self._waiting: dict[int, _Waiting] = {}
        self._number = 0
        self._secured: Deferred[None] | None = None
        self._why = ""
        self.is_open = False
        self.is_used = False

    def __len__(self) -> int:
        """Give how many requests wait for an answer."""
        return len(self._waiting)

    # Requests

    async def secure(self, *, ask: bool) -> None:
        """Go on with TLS, after asking for it where ``ask``; the certificate is checked.

        Raises: Unavailable (the certificate is not right, and for whom and by which authorities;
        the server has no TLS).
        """
        if ask:
            ending = (await self.request(start_tls())).ending
            if ending.code:
                raise Unavailable(f"{self._url} has no StartTLS: {described(ending)}")
            if len(self._framer):
                # Somebody in between may have put them there, to be taken for the server's.
                self._give_up("octets that came before TLS and belong to nothing")
                raise Unavailable(self._told_why())
        options = optionsForClientTLS(
            self._url.host,
            trustRoot=self._trust.roots,
            extraCertificateOptions={"raiseMinimumTo": TLSVersion.TLSv1_2},
        )
        secured = self._secured = Deferred()
        timer = self._clock.callLater(self._answer_s, self._give_up, "no end of the TLS handshake")
        secured.addBoth(_stopping, timer)
        if not self.is_open:
            secured.errback(Failure(ConnectionGone(self._told_why())))
        else:
            cast(ITLSTransport, self.transport).startTLS(options)
        await secured

    async def log_in(self, dn: str, password: str) -> Ending:
        """Bind; gives how that ended, with what the password policy says of it."""
        return (await self.request(bind(dn, password), control(PASSWORD_POLICY))).ending

    def request(
        self, operation: bytes, controls: bytes = b"", *, entries_max: int = 0
    ) -> "Deferred[Reply]":
        """Ask something; at most ``entries_max`` entries may come.

        Fails with Unavailable, and with TooLarge where more comes than may.
        """
        told: Deferred[Reply] = Deferred()
        if not self.is_open:
            told.errback(Failure(ConnectionGone(self._told_why())))
            return told
        self._number += 1
        number = self._number
        waiting = self._waiting[number] = _Waiting(told, entries_max)
        waiting.timer = self._clock.callLater(
            self._answer_s, self._give_up, f"no answer within {self._answer_s:g} s"
        )
        self._write(message(number, operation, controls))
        return told

    def close(self) -> None:
        """Say goodbye and end; what still waits fails."""
        if self.is_open:
            self._why = self._why or "closed by us"
            self._write(message(self._number + 1, unbind()))
            cast(ITCPTransport, self.transport).loseConnection()
        self._end()

    # What comes

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Begin."""
        self.is_open = True
        cast(ITCPTransport, self.transport).setTcpKeepAlive(True)

    def handshakeCompleted(self) -> None:  # noqa: N802 - Twisted's name
        """Go on: the certificate was right."""
        if self._secured is not None and not self._secured.called:
            self._secured.callback(None)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take octets."""
        try:
            for each in self._framer.feed(data):
                self._take(each)
                if not self.is_open:
                    return
        except ProtocolError as exc:
            self._give_up(f"an answer that cannot be read: {exc}")

    def _take(self, octets: bytes) -> None:
        answer = read(octets)
        waiting = self._waiting.get(answer.number)
        if waiting is None:
            # Number 0 is the notice of disconnection; others were given up.
            if answer.number == 0 and answer.ending is not None:
                self._give_up(f"the server ends: {described(answer.ending)}", ConnectionGone)
            return
        waiting.octets += len(octets)
        if answer.entry is not None:
            waiting.entries.append(answer.entry)
        if len(waiting.entries) > waiting.entries_max or waiting.octets > ANSWER_BYTES_MAX:
            self._tell(answer.number, TooLarge("more entries than were asked for"))
            self._give_up("more was answered than was asked for")
        elif answer.ending is not None:
            self.is_used = True
            self._tell(answer.number, Reply(tuple(waiting.entries), answer.ending))

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        """Fail what waits, saying why."""
        if not self._why:
            self._why = _told(reason, self._url, self._trust)
        self._end()

    # Ends

    def _tell(self, number: int, outcome: Reply | Exception) -> None:
        waiting = self._waiting.pop(number)
        if waiting.timer is not None and waiting.timer.active():
            waiting.timer.cancel()
        if isinstance(outcome, Reply):
            waiting.told.callback(outcome)
        else:
            waiting.told.errback(Failure(outcome))

    def _give_up(self, why: str, kind: type[Unavailable] = Unavailable) -> None:
        self._why = self._why or why
        if self.is_open:
            cast(ITCPTransport, self.transport).abortConnection()
        self._end(kind)

    def _end(self, kind: type[Unavailable] = ConnectionGone) -> None:
        self.is_open = False
        gone = kind(self._told_why())
        for number in list(self._waiting):
            self._tell(number, gone)
        if self._secured is not None and not self._secured.called:
            self._secured.errback(Failure(gone))

    def _told_why(self) -> str:
        return f"{self._url}: {self._why or 'the connection ended'}"

    def _write(self, octets: bytes) -> None:
        cast(ITCPTransport, self.transport).write(octets)


def described(ending: Ending) -> str:
    """Say in a line how an operation ended."""
    text = f"result {ending.code}"
    if ending.text:
        text += f" ({ending.text})"
    if ending.referrals:
        text += f", it refers to {', '.join(ending.referrals[:3])}"
    return text


def _told(reason: Failure, url: LdapUrl, trust: Trust) -> str:
    """Say why a connection ended; of a certificate, which name and authorities were expected."""
    if isinstance(reason.value, VerificationError):
        return (
            f"its certificate is not for {url.host}, the name in the configuration "
            f"(trusted: {trust.source})"
        )
    if isinstance(reason.value, SSL.Error):
        return (
            f"no TLS: {_openssl(reason.value)}; expected a certificate for {url.host} "
            f"from {trust.source}"
        )
    if reason.check(ConnectionDone):
        return "the server ended the connection"
    return reason.getErrorMessage()


def _openssl(error: SSL.Error) -> str:
    parts: Any = error.args[0] if error.args else ()
    if isinstance(parts, list | tuple):
        reasons = [str(each[2]) for each in parts if isinstance(each, tuple) and len(each) > 2]
        if reasons:
            return ", ".join(reasons)
    return "the handshake failed"


def _stopping(outcome: object, timer: IDelayedCall) -> object:
    if timer.active():
        timer.cancel()
    return outcome
