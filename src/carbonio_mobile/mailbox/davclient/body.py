"""Bodies of HTTP messages: one that goes out whole, one that comes in within bounds.

Spec: RFC 9110 8.4 (content codings), 6.4.
"""

# ruff: noqa: N802  # names that Twisted dictates

import zlib
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IConsumer, IDelayedCall, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import UNKNOWN_LENGTH, IBodyProducer
from zope.interface import implementer

from carbonio_mobile.errors import TooLarge, Unavailable

_GZIP = 16 + zlib.MAX_WBITS


@implementer(IBodyProducer)
class Octets:
    """A body that is there already."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self.length = len(octets)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """Write all at once."""
        consumer.write(self._octets)
        return succeed(None)

    def pauseProducing(self) -> None:
        """Do nothing: all is written."""

    def resumeProducing(self) -> None:
        """Do nothing: all is written."""

    def stopProducing(self) -> None:
        """Do nothing: all is written."""


class Body(Protocol):
    """Collects an answer's body.

    ``done`` fires with it; or fails with TooLarge (more than ``octets_max``, unpacked), Unavailable
    (cut off, silent for ``silence_s``, packed wrongly).
    """

    def __init__(
        self, what: str, *, is_gzip: bool, octets_max: int, silence_s: float, clock: IReactorTime
    ) -> None:
        self._what = what
        self._unpacker = zlib.decompressobj(_GZIP) if is_gzip else None
        self._octets_max = octets_max
        self._silence_s = silence_s
        self._clock = clock
        self._alarm: IDelayedCall | None = None
        self._pieces: list[bytes] = []
        self._count = 0
        self._has_come = False
        self.done: Deferred[bytes] = Deferred(self._cancelled)

    def expect(self, length: Any) -> None:
        """Refuse at once a body whose announced length is too much."""
        if length is not UNKNOWN_LENGTH and length > self._octets_max:
            self._fail(TooLarge(f"{self._what}: an answer of {length} octets"))

    def connectionMade(self) -> None:
        """Begin to wait."""
        if self.done.called:
            self._close()
        else:
            self._alarm = self._clock.callLater(self._silence_s, self._is_silent)

    def dataReceived(self, data: bytes) -> None:
        """Take a piece."""
        if self.done.called:
            return
        if self._alarm is not None:
            self._alarm.reset(self._silence_s)
        self._has_come = True
        if self._unpacker is not None:
            try:
                data = self._unpacker.decompress(data, self._octets_max + 1 - self._count)
            except zlib.error:
                self._fail(Unavailable(f"{self._what}: the answer is packed wrongly"))
                return
        self._count += len(data)
        if self._count > self._octets_max:
            self._fail(TooLarge(f"{self._what}: an answer of more than {self._octets_max} octets"))
        else:
            self._pieces.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Give the body, if this is its end."""
        self._quiet()
        if self.done.called:
            return
        whole = reason.check(ResponseDone, PotentialDataLoss) is not None
        if self._unpacker is not None and self._has_come and not self._unpacker.eof:
            whole = False
        if whole:
            self.done.callback(b"".join(self._pieces))
        else:
            self.done.errback(Unavailable(f"{self._what}: the answer was cut off"))

    def _is_silent(self) -> None:
        self._alarm = None
        self._fail(Unavailable(f"{self._what}: nothing came for {self._silence_s:g} s"))

    def _fail(self, fault: TooLarge | Unavailable) -> None:
        if not self.done.called:
            self.done.errback(fault)
        self._close()

    def _cancelled(self, done: Deferred[bytes]) -> None:
        done.errback(CancelledError())
        self._close()

    def _close(self) -> None:
        self._quiet()
        self._pieces.clear()
        if self.transport is not None:
            self.transport.loseConnection()

    def _quiet(self) -> None:
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        self._alarm = None
