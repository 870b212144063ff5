"""One request and its answer: from the parser inward, and back out to the connection.

While the pipeline holds an answer back (Ping, up to 59 minutes) an exchange keeps what it needs to
send it and nothing of the request.

Spec: MS-ASHTTP 2.2.1, 2.2.2, 3.2.5 (R187: 501 for an unknown method).
"""

# ruff: noqa: N802  # names that Twisted's parser calls

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import ParamSpec, cast

from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.python.failure import Failure

from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.web.answer import render_head
from carbonio_mobile.web.channel import EdgeChannel
from carbonio_mobile.web.compression import accepts_gzip, announced_bytes, deflate, inflate
from carbonio_mobile.web.edge import Respond
from carbonio_mobile.web.headers import RequestHeaders, host_name
from carbonio_mobile.web.holdings import Hold
from carbonio_mobile.web.hops import client_of, is_trusted
from carbonio_mobile.web.routing import ALLOWED_METHODS, Route, route, split_target

P = ParamSpec("P")

REQUEST_ID_HEADER = "x-request-id"
"""Under this name the pipeline finds the id that the edge logs: a trusted proxy's, or our own."""

_MAX_REQUEST_ID_CHARACTERS = 64
_INFLATE_IN_THREAD_FROM_BYTES = 256 * 1024  # a millisecond
_RETRY_AFTER = ("Retry-After", "30")
_NO_ROOM = HttpResponse(code=503, headers=(_RETRY_AFTER,))
_FORGOTTEN = RequestHeaders()
_HEALTHY = HttpResponse(code=200, headers=(("Content-Type", "text/plain"),), body=b"ok\n")


class Exchange:
    """One request on its channel, in the shape that HTTPChannel wants of a request."""

    __slots__ = (
        "_body",
        "_channel",
        "_edge",
        "_gzip",
        "_hold",
        "_in_thread",
        "_method",
        "_path",
        "_pending",
        "_request_id",
        "_started_s",
        "received_bytes",
        "requestHeaders",
    )

    def __init__(self, channel: EdgeChannel, _queued: int = 0) -> None:
        self._channel: EdgeChannel | None = channel
        self._edge = channel.edge
        self.requestHeaders = RequestHeaders()
        self.received_bytes = 0
        self._hold: Hold | None = None
        self._in_thread = False
        self._body: BytesIO | None = None
        self._pending: Deferred[None] | None = None

    # What HTTPChannel calls

    def parseCookies(self) -> None:
        """Leave cookies alone: none are ever set."""

    def gotLength(self, length: int | None) -> None:
        """Wait for the bytes themselves: the channel has looked at an announced length."""

    def handleContentChunk(self, data: bytes) -> None:
        """Keep a piece of the body, or refuse the request when it is one too many."""
        channel = self._channel
        if channel is None or channel.refused or not data:
            return
        self.received_bytes += len(data)
        if self.received_bytes > self._edge.limits.body_bytes:
            self._refuse(channel, 413)
        elif not self._holds(self.received_bytes):
            self._refuse(channel, 503)
        else:
            if self._body is None:
                self._body = BytesIO()
            self._body.write(data)

    def requestReceived(self, command: bytes, path: bytes, _version: bytes) -> None:
        """Send the request, now whole, where it belongs."""
        channel = self._channel
        if channel is None:
            return
        headers, self.requestHeaders = self.requestHeaders, _FORGOTTEN
        body = b"" if self._body is None else self._body.getvalue()
        self._body = None
        self._started_s = self._edge.clock.seconds()
        self._gzip = accepts_gzip(headers.get("accept-encoding", ""))
        self._method = command.decode("latin-1")
        self._path, query = split_target(path)
        peer = channel.client()
        if peer is None:
            self._edge.log.warn("dropped: PROXY header from a peer that is no trusted proxy")
            channel.transport.abortConnection()
            return
        self._request_id = headers[REQUEST_ID_HEADER] = self._choose_id(peer, headers)
        self._route(channel, query, headers, body, peer)

    def connectionLost(self, _reason: Failure) -> None:
        """Give up: whoever works on the answer is cancelled."""
        self._body = None
        if not self._in_thread:  # a thread goes on, and what it works on stays in memory
            self._let_go()
        self._channel = None
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.cancel()

    # Inward

    def _choose_id(self, peer: str, headers: RequestHeaders) -> str:
        given = headers.get(REQUEST_ID_HEADER, "")[:_MAX_REQUEST_ID_CHARACTERS]
        if given and given.isprintable() and is_trusted(peer, self._edge.trusted_proxies):
            return given
        return self._edge.next_request_id()

    def _route(
        self, channel: EdgeChannel, query: bytes, headers: RequestHeaders, body: bytes, peer: str
    ) -> None:
        place = route(self._path)
        if place is Route.NOWHERE:
            self._send(HttpResponse(code=404))
        elif self._method not in ALLOWED_METHODS[place]:
            self._send(HttpResponse(code=501))
        elif place is Route.HEALTH:
            self._report_health()
        else:
            client, secure = client_of(
                peer, channel.is_secure(), headers, self._edge.trusted_proxies
            )
            request = HttpRequest(
                method=self._method,
                path=self._path,
                query=query,
                headers=headers,
                body=body,
                peer=client,
                host=host_name(headers.get("host", "")),
                secure=secure,
            )
            respond = self._edge.respond
            self._decode(request, respond if place is Route.ACTIVE_SYNC else self._edge.discover)

    def _report_health(self) -> None:
        if self._edge.health is None:
            self._send(_HEALTHY)
        else:
            self._follow(_started(self._edge.health))

    def _decode(self, request: HttpRequest, respond: Respond) -> None:
        """Undo the body's coding, if any, before the request goes on."""
        coding = request.headers.get("content-encoding", "identity").strip().lower()
        if coding in ("identity", ""):
            self._follow(_started(respond, request))
        elif coding not in ("gzip", "x-gzip"):
            self._send(HttpResponse(code=415))
        else:
            self._inflate(request, respond)

    def _inflate(self, request: HttpRequest, respond: Respond) -> None:
        """Make room for what a gzip body announces, then inflate it."""
        try:
            size = announced_bytes(request.body)
        except ProtocolError:
            self._send(HttpResponse(code=400))
            return
        if size > self._edge.limits.body_bytes:
            self._send(HttpResponse(code=413))
        elif not self._holds(len(request.body) + size):
            self._send(_NO_ROOM)
        else:
            work = partial(inflate, request.body)
            self._in_thread = size > _INFLATE_IN_THREAD_FROM_BYTES
            inflated = self._edge.in_thread(work) if self._in_thread else maybeDeferred(work)
            inflated.addCallbacks(
                partial(self._inflated, request, respond), self._not_inflated
            ).addErrback(self._failed)

    def _inflated(self, request: HttpRequest, respond: Respond, body: bytes | None) -> None:
        self._in_thread = False
        if self._channel is None or body is None:
            self._let_go()
            return
        self._holds(len(body))
        headers = {k: v for k, v in request.headers.items() if k != "content-encoding"}
        self._follow(_started(respond, replace(request, headers=headers, body=body)))

    def _not_inflated(self, failure: Failure) -> None:
        self._in_thread = False
        if failure.check(ProtocolError) is None:
            self._failed(failure)
        else:
            self._send(HttpResponse(code=400))

    def _follow(self, answer: Deferred[HttpResponse]) -> None:
        self._pending = answer.addCallback(self._answered)
        self._pending.addErrback(self._failed)

    # Outward

    def _answered(self, response: HttpResponse) -> None:
        self._pending = None
        if self._channel is None:
            return
        limits = self._edge.limits
        size = len(response.body)
        if not self._holds(size):
            self._send(_NO_ROOM)
        elif not self._gzip or size < limits.compress_from_bytes or _is_coded(response):
            self._send(response)
        elif size < limits.compress_in_thread_from_bytes:
            self._send(response, deflate(response.body))
        else:
            self._in_thread = True
            packed = self._edge.in_thread(partial(deflate, response.body))
            packed.addCallback(partial(self._send, response)).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        """Answer for an exception; its text is for the log only."""
        if failure.check(CancelledError):
            self._send(_NO_ROOM)
        else:
            self._edge.log.failure(
                "request failed {request_id} {method} {path}",
                failure,
                request_id=self._request_id,
                method=self._method,
                path=self._path,
            )
            self._send(HttpResponse(code=500))

    def _send(self, response: HttpResponse, packed: bytes | None = None) -> None:
        """Write the answer, unless the peer has gone, and let the next request come."""
        self._pending = None
        self._in_thread = False
        channel = self._channel
        if channel is None:
            self._let_go()
            return
        if self._edge.draining:
            channel.persistent = False
        body = response.body if packed is None else packed
        self._holds(len(body))
        head = render_head(
            response.code,
            response.headers,
            body_bytes=len(body),
            date=self._edge.date_line(),
            extra=(b"" if packed is None else b"Content-Encoding: gzip\r\n")
            + (b"" if channel.persistent else b"Connection: close\r\n"),
        )
        if self._method == "HEAD":
            body = b""
        sent_bytes = len(head) + len(body)
        self._log(response.code, sent_bytes, channel)
        channel.send(head, body, partial(self._sent, channel, sent_bytes))

    def _sent(self, channel: EdgeChannel, sent_bytes: int) -> None:
        self._channel = None
        self._let_go()
        channel.answered(self, sent_bytes)

    def _refuse(self, channel: EdgeChannel, code: int) -> None:
        self._body = None
        self._let_go()
        channel.refuse(code, (_RETRY_AFTER,) if code == 503 else ())

    def _log(self, code: int, sent_bytes: int, channel: EdgeChannel) -> None:
        if self._edge.access_log is not None:
            self._edge.access_log.debug(
                "{method} {path} {code} in {elapsed_ms} ms",
                request_id=self._request_id,
                method=self._method,
                path=self._path,
                code=code,
                elapsed_ms=round((self._edge.clock.seconds() - self._started_s) * 1000),
                bytes_in=self.received_bytes,
                bytes_out=sent_bytes,
                peer=channel.client(),
            )

    # What this request, then its answer, holds of the bounds on bodies

    def _holds(self, size_bytes: int) -> bool:
        """Hold so much from now on, unless it is more and does not fit."""
        if self._hold is None:
            if self._channel is None or not self._edge.held.counted(size_bytes):
                return True
            self._hold = Hold(self._edge.held, self._channel.holder())
        return self._hold.resize(size_bytes)

    def _let_go(self) -> None:
        if self._hold is not None:
            self._hold.resize(0)
            self._hold = None


def _started(
    respond: Callable[P, Awaitable[HttpResponse]], *args: P.args, **kwargs: P.kwargs
) -> Deferred[HttpResponse]:
    """Call a coroutine function, or one that returns a Deferred; what it raises is a failure."""
    return cast(Deferred[HttpResponse], maybeDeferred(respond, *args, **kwargs))


def _is_coded(response: HttpResponse) -> bool:
    return any(name.lower() == "content-encoding" for name, _ in response.headers)
