"""A DAV server with the connections to it, which all accounts share.

Twisted's Agent does HTTP; neither treq nor caldav stand on top of it: see docs/decisions.md.

Spec: RFC 9110.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore
from twisted.internet.defer import TimeoutError as Late
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.threads import deferToThreadPool
from twisted.web.client import (
    Agent,
    HTTPConnectionPool,
    RequestGenerationFailed,
    RequestTransmissionFailed,
    ResponseFailed,
    ResponseNeverReceived,
)
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IResponse

from carbonio_mobile.dav.etags import ETag, header_etag
from carbonio_mobile.dav.faults import TryLater
from carbonio_mobile.dav.hrefs import Url, host, origin, resolved
from carbonio_mobile.errors import ProtocolError, StoreError, Unavailable
from carbonio_mobile.mailbox.certificates import certificate_fault
from carbonio_mobile.mailbox.davclient.body import Body, Octets
from carbonio_mobile.mailbox.davclient.endpoint import DavEndpoints, DavTrust

_MOVED: Final = frozenset((301, 302, 307, 308))
_SAFE: Final = frozenset(("GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"))
"""What may be asked twice when a kept connection turns out to be dead."""

_NO_ANSWER = (
    ConnectError,
    ConnectingCancelledError,
    DNSLookupError,
    ResponseFailed,
    RequestGenerationFailed,
    RequestTransmissionFailed,
    OSError,
)
_T = TypeVar("_T")


class InThread(Protocol):
    """Calls a function elsewhere."""

    def __call__(self, function: Callable[[], _T], /) -> Awaitable[_T]:
        """Fire with what it gives, or fail with what it raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DavBounds:
    """How long things may take and how much may come.

    ``total_s`` is for a request with its redirects, its wait for a free place included;
    ``silence_s`` between two pieces of an answer. ``requests`` are under way at once for all
    accounts together; ``kept_s`` is how long a connection is kept unused.
    """

    connect_s: float = 15.0
    silence_s: float = 60.0
    total_s: float = 300.0
    octets: int = 64 * 1024 * 1024
    requests: int = 32
    redirects: int = 5
    kept_s: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; ``headers`` by name in lower case, ``url`` after all redirects."""

    url: Url
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether the request was done."""
        return 200 <= self.status < 300

    @property
    def etag(self) -> ETag | None:
        """The state of what was asked for or stored, if the server says."""
        coding = self.headers.get("content-encoding", "").strip().lower()
        return header_etag(self.headers.get("etag", ""), is_compressed=coding in {"gzip", "x-gzip"})


class DavSite:
    """A server with the connections to it, which all its accounts share.

    ``in_thread`` runs what would hold the reactor up. ``other_hosts`` are those that the server may
    refer to: nobody else gets to see a password. ``closing_agent`` asks for each connection to be
    closed after its answer: for servers of HTTP/1.0 (Radicale's own), which close it without a
    word, so that the next request on it would be lost.
    """

    def __init__(
        self,
        url: Url,
        *,
        agent: IAgent,
        closing_agent: IAgent,
        clock: IReactorTime,
        in_thread: InThread,
        bounds: DavBounds,
        trust: DavTrust,
        other_hosts: frozenset[str] = frozenset(),
        pool: HTTPConnectionPool | None = None,
    ) -> None:
        self.url = url
        self.bounds = bounds
        self.clock = clock
        self.in_thread = in_thread
        self._agent = agent
        self._closing_agent = closing_agent
        self._closing: set[str] = set()
        self._trust = trust
        self._other_hosts = other_hosts
        self._pool = pool
        self._places = DeferredSemaphore(bounds.requests)
        self._under_way: set[Deferred[Any]] = set()
        self._is_stopped = False

    async def request(
        self, method: str, url: Url, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Do one request, redirects followed. Raises: Unavailable, TooLarge, NotAllowed."""
        what = f"{method} at {host(url)}"
        if self._is_stopped:
            raise Unavailable(f"{what}: shutting down")
        doing = Deferred.fromCoroutine(self._followed(method, url, headers, body))
        self._under_way.add(doing)
        doing.addTimeout(self.bounds.total_s, self.clock)
        try:
            return await doing
        except Late as exc:
            raise TryLater(f"{what}: no answer within {self.bounds.total_s:g} s") from exc
        except CancelledError as exc:
            if self._is_stopped:
                raise Unavailable(f"{what}: shutting down") from exc
            raise
        finally:
            self._under_way.discard(doing)

    async def stop(self) -> None:
        """Break off what is under way and close all connections."""
        self._is_stopped = True
        for doing in list(self._under_way):
            doing.cancel()
        if self._pool is not None:
            await self._pool.closeCachedConnections()

    async def _followed(
        self, method: str, url: Url, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        for _ in range(self.bounds.redirects + 1):
            self._check(url)
            answer = await self._once_more(method, url, headers, body)
            target = answer.headers.get("location", "")
            if answer.status not in _MOVED or not target:
                return answer
            url = self._redirected(target, answer.url)
        raise Unavailable(f"{method} at {host(url)}: redirected too often")

    def _redirected(self, target: str, url: Url) -> Url:
        try:
            return resolved(target, url)
        except ProtocolError as exc:
            raise Unavailable(f"{host(url)} redirects to what is no URL") from exc

    def _check(self, url: Url) -> None:
        """Let a login go to the site itself, encrypted to another port of it, or where allowed."""
        if origin(url) == origin(self.url):
            return
        is_encrypted = url.startswith("https:")
        if not is_encrypted and self.url.startswith("https:"):
            raise Unavailable(f"{host(self.url)} refers to {host(url)} without encryption")
        if host(url) not in self._other_hosts and not (
            is_encrypted and host(url) == host(self.url)
        ):
            raise Unavailable(f"{host(self.url)} refers to {host(url)}, which is not configured")

    async def _once_more(
        self, method: str, url: Url, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        await self._places.acquire()
        try:
            try:
                return await self._once(method, url, headers, body)
            except (ResponseNeverReceived, RequestTransmissionFailed) as exc:
                is_final = _is_cancelled(exc) or self._certificate_fault(exc, host(url))
                if method not in _SAFE or is_final:
                    raise
                return await self._once(method, url, headers, body)
        except _NO_ANSWER as exc:
            if _is_cancelled(exc):
                raise CancelledError from exc
            raise self._no_answer(f"{method} at {host(url)}", exc) from exc
        finally:
            self._places.release()

    async def _once(self, method: str, url: Url, headers: Mapping[str, str], body: bytes) -> Answer:
        sent = Headers({name: [value] for name, value in headers.items()})
        # A PUT of nothing has a length too (RFC 9110 8.6).
        producer = Octets(body) if body or method in {"PUT", "POST"} else None
        agent = self._closing_agent if origin(url) in self._closing else self._agent
        response: IResponse = await agent.request(
            method.encode("ascii"), url.encode("ascii"), sent, producer
        )
        received = {
            name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
            for name, values in response.headers.getAllRawHeaders()
        }
        if response.version[1:] < (1, 1) and received.get("connection", "").lower() != "keep-alive":
            self._closing.add(origin(url))
        octets = await self._body(f"{method} at {host(url)}", response, received)
        return Answer(url=url, status=response.code, headers=received, body=octets)

    async def _body(self, what: str, response: IResponse, headers: Mapping[str, str]) -> bytes:
        coding = headers.get("content-encoding", "").strip().lower()
        body = Body(
            what,
            is_gzip=coding in {"gzip", "x-gzip"},
            octets_max=self.bounds.octets,
            silence_s=self.bounds.silence_s,
            clock=self.clock,
        )
        body.expect(response.length)
        response.deliverBody(body)
        octets = await body.done
        if coding not in {"", "identity", "gzip", "x-gzip"}:
            raise Unavailable(f"{what}: packed in a way that was not asked for")
        return octets

    def _no_answer(self, what: str, exc: BaseException) -> StoreError:
        name = what.rpartition(" at ")[2]
        said = self._certificate_fault(exc, name)
        if said:
            return Unavailable(f"{what}: {name} {said}")
        return Unavailable(f"{what}: {_reason(exc)}")

    def _certificate_fault(self, exc: BaseException, name: str) -> str:
        found = (certificate_fault(one, name, self._trust.authority) for one in _causes(exc))
        return next(filter(None, found), "")


def _causes(exc: BaseException) -> list[BaseException]:
    reasons = getattr(exc, "reasons", None) or []
    return [exc, *(one.value for one in reasons)]


def _is_cancelled(exc: BaseException) -> bool:
    """Tell whether it was this side that broke off: Twisted's client wraps that."""
    return any(isinstance(one, CancelledError | ConnectingCancelledError) for one in _causes(exc))


def _reason(exc: BaseException) -> str:
    """Say why, by the last of the causes: the outer ones only say that there was one."""
    last = _causes(exc)[-1]
    return f"{type(last).__name__}: {last}"[:300]


def dav_site(
    url: Url,
    *,
    reactor: Any,
    trust: DavTrust,
    bounds: DavBounds,
    other_hosts: frozenset[str] = frozenset(),
) -> DavSite:
    """Make a site with connections of its own."""
    endpoints = DavEndpoints(
        reactor, trust=trust, connect_s=bounds.connect_s, answer_octets=bounds.octets
    )
    pool = HTTPConnectionPool(reactor)
    pool.retryAutomatically = False  # it would send DELETE twice
    pool.maxPersistentPerHost = bounds.requests
    pool.cachedConnectionTimeout = bounds.kept_s

    def in_thread(function: Callable[[], _T]) -> Awaitable[_T]:
        return deferToThreadPool(reactor, reactor.getThreadPool(), function)

    return DavSite(
        url,
        agent=Agent.usingEndpointFactory(reactor, endpoints, pool),
        closing_agent=Agent.usingEndpointFactory(
            reactor, endpoints, HTTPConnectionPool(reactor, persistent=False)
        ),
        clock=reactor,
        in_thread=in_thread,
        bounds=bounds,
        trust=trust,
        other_hosts=other_hosts,
        pool=pool,
    )
