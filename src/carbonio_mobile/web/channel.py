"""One connection: reads requests within the limits of time and size, and notices who is gone.

Parsing is twisted.web's; this adds deadlines for the whole of a header and a body (Twisted's own
timeout starts anew at each byte), refusals that the peer gets to read, and TCP keep-alive.

Spec: RFC 9112 sections 9.3, 9.5, 9.6.
"""

# ruff: noqa: N802  # names that Twisted dictates

import socket
from collections.abc import Callable
from enum import Enum, auto

from twisted.internet.interfaces import IAddress, IDelayedCall, ITCPTransport, ITransport
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from carbonio_mobile.web.answer import render_head
from carbonio_mobile.web.edge import Edge
from carbonio_mobile.web.hops import LOCAL_SOCKET, is_trusted, origin

_COPIED_BODY_BYTES = 16 * 1024
_PIECE_BYTES = 64 * 1024


class Phase(Enum):
    """What a connection is waiting for."""

    IDLE = auto()  # the first byte of the next request
    HEADER = auto()
    BODY = auto()
    ANSWER = auto()  # ours; no time limit here
    SENDING = auto()  # for the peer to take a large answer
    LINGER = auto()  # for the peer to read a refusal and close; what it sends is dropped


class Answer:
    """The body of a large answer on its way out, and how far it has got."""

    __slots__ = ("at", "body", "sent")

    def __init__(self, body: bytes, sent: Callable[[], None]) -> None:
        self.body = body
        self.sent = sent
        self.at = 0


class EdgeChannel(HTTPChannel):  # Twisted's half has no types
    """One connection of the edge. A new one must send its first header within the time for one."""

    transport: ITCPTransport

    _unsent: Answer | None = None
    _taken_before = 0  # of a body or an answer in transit, when it was last looked at
    _send_until_s = 0.0

    def __init__(
        self, edge: Edge, *, counted_as: str | None, on_close: Callable[["EdgeChannel"], None]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.edge = edge
        self.counted_as = counted_as
        self._on_close = on_close
        self.maxHeaders = edge.limits.header_count
        self.totalHeadersSize = self.MAX_LENGTH = edge.limits.header_bytes
        self.timeOut: float | None = edge.limits.header_timeout_s  # type: ignore[assignment]
        self._phase = Phase.HEADER
        self._peer: str | None = None

    # The connection

    def connectionMade(self) -> None:
        super().connectionMade()  # type: ignore[no-untyped-call]
        _keep_alive(lowest(self.transport), self.edge)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        self.requests.clear()
        self._unsent = None
        self._on_close(self)

    def callLater(self, period: float, func: object) -> IDelayedCall:
        """Use the edge's clock for Twisted's TimeoutMixin, which asks here."""
        return self.edge.clock.callLater(period, func)  # type: ignore[arg-type]

    def client(self) -> str | None:
        """Return the peer's address, the one that PROXY told where a trusted proxy speaks it.

        None when an untrusted peer told one: whoever listens with ``haproxy:`` names its proxies.
        """
        if self._peer is None:
            direct = host_of(lowest(self.transport).getPeer())
            told = host_of(self.transport.getPeer())
            if told != direct and not is_trusted(direct, self.edge.trusted_proxies):
                return None
            self._peer = told
        return self._peer

    def holder(self) -> str | None:
        """Return whom the bodies on this connection count for; None for a trusted proxy."""
        peer = self.client()
        return self.counted_as if peer is None else origin(peer, self.edge.trusted_proxies)

    def is_secure(self) -> bool:
        """Tell whether the connection itself is TLS."""
        return bool(self.isSecure())  # type: ignore[no-untyped-call]

    def close_if_idle(self) -> None:
        """Close the connection unless a request is on its way or being answered."""
        if self._phase is Phase.IDLE:
            self._close()

    # Reading

    def dataReceived(self, data: bytes) -> None:
        if self._phase is Phase.LINGER or self._is_closing():
            return  # TLS goes on delivering after a bad request; nothing may be made of that
        if self._phase is Phase.IDLE:
            self._phase = Phase.HEADER
            self._allow(self.edge.limits.header_timeout_s)
        # Not HTTPChannel's own, which gives a dripping sender new time at each byte.
        LineReceiver.dataReceived(self, data)

    def checkPersistence(self, _request: object, version: bytes) -> bool:
        named: str = self.requests[-1].requestHeaders.get("connection", "")
        return version == b"HTTP/1.1" and "close" not in named.lower()

    def allHeadersReceived(self) -> None:
        limits = self.edge.limits
        if self.length is not None and self.length > limits.body_bytes:
            self.refuse(413)
            return
        super().allHeadersReceived()  # type: ignore[no-untyped-call]
        self._phase = Phase.BODY
        self._taken_before = 0
        if self.length != 0:
            self._allow(limits.body_timeout_s)

    def allContentReceived(self) -> None:
        if self._phase is Phase.LINGER:
            self._close()  # all of it came: nothing is left that could reset the connection
            return
        self._phase = Phase.ANSWER
        self.timeOut = self.edge.limits.idle_timeout_s  # Twisted puts it back after the answer
        super().allContentReceived()  # type: ignore[no-untyped-call]

    def refuse(self, code: int, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Answer before the request is read whole, then close.

        The rest of what the peer sends is read and dropped for a while: closing at once would reset
        the connection and the peer would never see why.
        """
        self._phase = Phase.LINGER
        self.persistent = False
        self.transport.write(
            render_head(
                code,
                headers,
                body_bytes=0,
                date=self.edge.date_line(),
                extra=b"Connection: close\r\n",
            )
        )
        self._allow(self.edge.limits.linger_timeout_s)

    @property
    def refused(self) -> bool:
        """Tell whether the current request was answered before it was read whole."""
        return self._phase is Phase.LINGER

    # Answering

    def send(self, head: bytes, body: bytes, sent: Callable[[], None]) -> None:
        """Hand an answer to the transport: a small one at once, a large one as the peer takes it.

        ``sent`` is called when it is with the transport or the kernel but for a small rest; it
        calls :meth:`answered`.
        """
        if len(body) <= _COPIED_BODY_BYTES:
            self.transport.write(head + body)
            sent()
        elif len(body) <= _PIECE_BYTES:
            self.transport.writeSequence((head, body))
            sent()
        else:
            self.transport.write(head)
            self._send_large(Answer(body, sent))

    def _send_large(self, answer: Answer) -> None:
        limits = self.edge.limits
        self._phase = Phase.SENDING
        self._unsent = answer
        self._taken_before = 0
        needed_s = len(answer.body) / limits.slowest_bytes_per_s
        self._send_until_s = self.edge.clock.seconds() + limits.stalled_after_s + needed_s
        self._allow(limits.stalled_after_s)
        self._send_on()

    def _send_on(self) -> None:
        """Hand on pieces until the transport says that it is full, which it may do meanwhile."""
        answer = self._unsent
        while answer is not None and not self._waitingForTransport:
            piece = answer.body[answer.at : answer.at + _PIECE_BYTES]
            answer.at += len(piece)
            self.transport.write(piece)
            if answer.at >= len(answer.body):
                self._unsent = None
                answer.sent()
                return

    def resumeProducing(self) -> None:
        super().resumeProducing()  # type: ignore[no-untyped-call]
        self._send_on()

    def answered(self, request: object, sent_bytes: int) -> None:
        """Take up the next request; ``sent_bytes`` were handed to the transport for this one."""
        limits = self.edge.limits
        time_to_send_s = min(sent_bytes, 2 * _PIECE_BYTES) / limits.slowest_bytes_per_s
        self._phase = Phase.IDLE
        super().requestDone(request)  # type: ignore[no-untyped-call]
        if not self.persistent:
            self._allow(limits.linger_timeout_s + time_to_send_s)
        elif self._phase is Phase.IDLE:
            self._allow(limits.idle_timeout_s + time_to_send_s)

    def timeoutConnection(self) -> None:
        if self._phase is Phase.BODY and self._body_comes():
            self._allow(self.edge.limits.body_timeout_s)
        elif self._phase is Phase.SENDING and self._answer_goes():
            self._allow(self.edge.limits.stalled_after_s)
        elif self._phase is Phase.IDLE and not self._is_closing():
            self._close()
        else:
            self.transport.abortConnection()

    def _is_closing(self) -> bool:
        return bool(getattr(self.transport, "disconnecting", False))

    def _body_comes(self) -> bool:
        """Tell whether the time since this was asked last brought what it should."""
        limits = self.edge.limits
        received: int = self.requests[-1].received_bytes
        recently, self._taken_before = received - self._taken_before, received
        return recently >= limits.body_timeout_s * limits.slowest_bytes_per_s

    def _answer_goes(self) -> bool:
        """Tell whether the peer took anything since this was asked last, and not too slowly.

        No rate is asked of so short a time: the kernel tells of what it sent in large steps only.
        """
        taken = 0 if self._unsent is None else self._unsent.at
        moved, self._taken_before = taken > self._taken_before, taken
        return moved and self.edge.clock.seconds() < self._send_until_s

    def _allow(self, time_s: float) -> None:
        """Call timeoutConnection in so many seconds, unless told otherwise before."""
        self.setTimeout(time_s)  # type: ignore[no-untyped-call]

    def _close(self) -> None:
        """Close in good order, and for good when the peer does not play along (TLS needs it to)."""
        self._phase = Phase.LINGER
        self._allow(self.edge.limits.linger_timeout_s)
        self.loseConnection()  # type: ignore[no-untyped-call]


def lowest(transport: ITransport) -> ITransport:
    """Find the transport under TLS and PROXY wrappers: the one that owns the socket."""
    while isinstance(transport, ProtocolWrapper) and transport.transport is not None:
        transport = transport.transport
    return transport


def host_of(address: IAddress | None) -> str:
    """Return the IP address of an end of a connection, ``LOCAL_SOCKET`` where it has none."""
    host = getattr(address, "host", None)
    return host if isinstance(host, str) else LOCAL_SOCKET


_TCP_OPTIONS = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")


def _keep_alive(transport: ITransport, edge: Edge) -> None:
    """Have the kernel find peers that vanished without a word, while parked or while sent to."""
    get_handle = getattr(transport, "getHandle", None)
    handle = get_handle() if get_handle is not None else None
    if not isinstance(handle, socket.socket) or handle.family == socket.AF_UNIX:
        return
    limits = edge.limits
    values = (
        limits.keepalive_idle_s,
        limits.keepalive_interval_s,
        limits.keepalive_probes,
        limits.keepalive_interval_s * limits.keepalive_probes * 1000,
    )
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in zip(_TCP_OPTIONS, values, strict=True):
        option = getattr(socket, name, None)  # Linux has them all, others some
        if option is not None:
            handle.setsockopt(socket.IPPROTO_TCP, option, value)
