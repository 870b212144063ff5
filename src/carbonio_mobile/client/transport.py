"""HTTP for the client: kept-alive connections, TLS that is verified, gzip, limits.

Spec: MS-ASHTTP 2.2.1; RFC 7617 (Basic, UTF-8).
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from OpenSSL import SSL, crypto
from service_identity.exceptions import VerificationError
from twisted.internet import error
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.interfaces import IConsumer, IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.ssl import (
    Certificate,
    CertificateOptions,
    optionsForClientTLS,
    platformTrust,
    trustRootFromCertificates,
)
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    ContentDecoderAgent,
    GzipDecoder,
    HTTPConnectionPool,
    RequestGenerationFailed,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
    ResponseNeverReceived,
)
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer, IPolicyForHTTPS
from zope.interface import implementer

from carbonio_mobile import __version__
from carbonio_mobile.client.faults import AnswerLost, ClientFault, Unreachable
from carbonio_mobile.client.wire import PATH, HttpReply, written
from carbonio_mobile.eas.requestline import RequestLine

CONNECT_TIMEOUT_S = 20.0
IDLE_S = 20
"""Servers close idle connections after a while; one that is younger than this is still there."""
MAX_ANSWER_BYTES = 256 * 1024 * 1024
USER_AGENT = f"carbonio-mobile-client/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose certificates are believed: the system's authorities, those of a PEM, or anyone's."""

    authorities_pem: bytes | None = None
    insecure: bool = False


def complete_url(text: str) -> str:
    """Give the whole URL of a server named as ``host``, ``https://host:port`` or in full.

    Raises: ClientFault for what is no URL of a server.
    """
    parts = urlsplit(text if "://" in text else f"https://{text}")
    try:
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None:
        raise ClientFault(f"not the URL of a server: {text!r} (try https://mail.example.com)")
    path = PATH if parts.path in ("", "/") else parts.path
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


class HttpClient:
    """Makes single requests. ``reactor`` is a Twisted reactor that connects and keeps time."""

    def __init__(self, reactor: Any, trust: Trust) -> None:
        self._reactor = reactor
        self._pool = HTTPConnectionPool(reactor, persistent=True)
        self._pool.cachedConnectionTimeout = IDLE_S
        self._pool.retryAutomatically = False  # the phone repeats, and knows that it does
        agent = Agent(reactor, _Policy(trust), connectTimeout=CONNECT_TIMEOUT_S, pool=self._pool)
        self._agent = ContentDecoderAgent(agent, [(b"gzip", GzipDecoder)])

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout_s: float,
    ) -> HttpReply:
        """Make a request and take its whole answer.

        Raises: Unreachable where it certainly did not arrive, AnswerLost where it may have.
        """
        work = Deferred.fromCoroutine(self._exchange(method, url, headers, body))
        work.addTimeout(timeout_s, self._reactor)
        where = urlsplit(url).netloc
        try:
            return await work
        except (error.ConnectError, error.DNSLookupError) as exc:
            raise Unreachable(f"cannot connect to {where}: {_said(exc)}") from exc
        except (DeferredTimeout, CancelledError) as exc:
            raise AnswerLost(f"no answer from {where} in time") from exc
        except _WRAPPERS as exc:
            raise _interrupted(url, exc.reasons) from exc
        except (error.ConnectionDone, error.ConnectionLost, SSL.Error, VerificationError) as exc:
            raise _interrupted(url, [Failure(exc)]) from exc

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        sent = Headers({name: [text] for name, text in headers.items()})
        sent.setRawHeaders("User-Agent", [USER_AGENT])
        # An empty POST needs its Content-Length as well.
        producer = _Body(body) if body or method == "POST" else None
        response = await self._agent.request(
            method.encode("ascii"), url.encode("ascii"), sent, producer
        )
        collector = _Collector()
        response.deliverBody(collector)
        named = {
            name.decode("latin-1").lower(): values[-1].decode("latin-1")
            for name, values in response.headers.getAllRawHeaders()
            if values[-1]  # undoing gzip leaves an empty Content-Encoding
        }
        return HttpReply(code=response.code, headers=named, body=await collector.whole)

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._pool.closeCachedConnections()


@dataclass(slots=True, kw_only=True)
class HttpTransport:
    """Carries a phone's requests to the server at ``url``."""

    client: HttpClient
    url: str
    login: str
    password: str = field(repr=False)

    async def post(
        self, line: RequestLine, body: bytes, *, content_type: str, timeout_s: float
    ) -> HttpReply:
        """See :meth:`carbonio_mobile.client.wire.Transport.post`."""
        query, headers = written(line)
        if content_type:
            headers["Content-Type"] = content_type
        return await self.client.request(
            "POST",
            f"{self.url}?{query.decode('ascii')}",
            headers={**headers, "Authorization": basic(self.login, self.password)},
            body=body,
            timeout_s=timeout_s,
        )

    async def options(self) -> HttpReply:
        """See :meth:`carbonio_mobile.client.wire.Transport.options`."""
        return await self.client.request(
            "OPTIONS",
            self.url,
            headers={"Authorization": basic(self.login, self.password)},
            timeout_s=60.0,
        )


def basic(login: str, password: str) -> str:
    """Give the value of an Authorization header."""
    return "Basic " + b64encode(f"{login}:{password}".encode()).decode("ascii")


class _Collector(Protocol):
    """Collects the octets of an answer, up to a limit."""

    def __init__(self) -> None:
        self.whole: Deferred[bytes] = Deferred()
        self._pieces: list[bytes] = []
        self._room = MAX_ANSWER_BYTES

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take a piece."""
        self._room -= len(data)
        if self._room < 0 and self.transport is not None:
            self.transport.loseConnection()
            return
        self._pieces.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        """Take the end, whatever kind of end it is."""
        if self.whole.called:
            return
        if self._room < 0:
            self.whole.errback(ClientFault(f"an answer above {MAX_ANSWER_BYTES} bytes"))
        elif reason.check(ResponseDone, PotentialDataLoss):
            self.whole.callback(b"".join(self._pieces))
        else:
            self.whole.errback(reason)


@implementer(IBodyProducer)
class _Body:
    """A request's body, which is in memory already and is written in one go."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self.length = len(octets)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:  # noqa: N802
        """See :meth:`IBodyProducer.startProducing`."""
        consumer.write(self._octets)
        return succeed(None)

    def pauseProducing(self) -> None:  # noqa: N802
        """Nothing is left to pause."""

    def resumeProducing(self) -> None:  # noqa: N802
        """Nothing is left to go on with."""

    def stopProducing(self) -> None:  # noqa: N802
        """Nothing is left to stop."""


@implementer(IPolicyForHTTPS)
class _Policy:
    """Gives each connection its TLS, after what is trusted."""

    def __init__(self, trust: Trust) -> None:
        self._insecure = trust.insecure
        self._roots: Any = platformTrust()
        if trust.authorities_pem is not None:
            self._roots = trustRootFromCertificates(_certificates(trust.authorities_pem))

    def creatorForNetloc(  # noqa: N802 - Twisted's name
        self, hostname: bytes, _port: int
    ) -> IOpenSSLClientConnectionCreator:
        """See :meth:`IPolicyForHTTPS.creatorForNetloc`."""
        if self._insecure:
            return _Unverified(hostname)
        verified: IOpenSSLClientConnectionCreator = optionsForClientTLS(
            hostname.decode("ascii"), trustRoot=self._roots
        )
        return verified


@implementer(IOpenSSLClientConnectionCreator)
class _Unverified:
    """TLS with whoever answers: for a demo's own certificate."""

    def __init__(self, hostname: bytes) -> None:
        self._hostname = hostname

    def clientConnectionForTLS(  # noqa: N802 - Twisted's name
        self, _protocol: TLSMemoryBIOProtocol
    ) -> SSL.Connection:
        """See :meth:`IOpenSSLClientConnectionCreator.clientConnectionForTLS`."""
        context = CertificateOptions(verify=False).getContext()
        connection = SSL.Connection(context, None)
        if not self._hostname.replace(b".", b"").isdigit() and b":" not in self._hostname:
            connection.set_tlsext_host_name(self._hostname)
        return connection


def _certificates(pem: bytes) -> list[Certificate]:
    begin = b"-----BEGIN CERTIFICATE-----"
    blocks = [begin + block for block in pem.split(begin)[1:]]
    try:
        found = [Certificate.loadPEM(block) for block in blocks]
    except (SSL.Error, crypto.Error, ValueError) as exc:
        raise ClientFault("--ca: a certificate in the file cannot be read") from exc
    if not found:
        raise ClientFault("--ca: there is no certificate (PEM) in the file")
    return found


_WRAPPERS = (
    RequestGenerationFailed,
    RequestTransmissionFailed,
    ResponseNeverReceived,
    ResponseFailed,
)
"""What Twisted wraps the reasons in why there is no answer."""

_SAID: Mapping[type[Exception], str] = {
    error.ConnectionRefusedError: "nothing listens there",
    error.DNSLookupError: "there is no such host",
    error.NoRouteError: "no route to the host",
    error.TimeoutError: "no answer",
}


def _said(exc: Exception) -> str:
    for kind, text in _SAID.items():
        if isinstance(exc, kind):
            return text
    return str(exc).splitlines()[0] or type(exc).__name__


def _interrupted(url: str, reasons: Sequence[Failure]) -> Unreachable:
    """Say why there is no answer; a handshake that failed means that nothing was sent."""
    parts = urlsplit(url)
    where = parts.netloc
    for reason in reasons:
        nested = getattr(reason.value, "reasons", None)
        if nested:
            return _interrupted(url, nested)
        if reason.check(VerificationError):
            return Unreachable(
                f"the certificate of {where} is for another name: use --insecure for the demo"
            )
        if reason.check(SSL.Error):
            return Unreachable(_tls_text(where, str(reason.value)))
        if reason.check(CancelledError):
            return AnswerLost(f"no answer from {where} in time")
    hint = " (is it https:// there?)" if parts.scheme == "http" else ""
    return AnswerLost(f"the connection to {where} was lost before the answer had come{hint}")


def _tls_text(where: str, said: str) -> str:
    if "certificate verify failed" in said:
        return (
            f"the certificate of {where} is not trusted: name its authority with --ca FILE, "
            "or use --insecure for the demo"
        )
    if "wrong version number" in said or "packet length too long" in said:
        return f"{where} does not speak TLS: try http:// in the URL"
    return f"TLS with {where} failed"
