"""What all connections of the HTTP edge share: where requests go, limits, accounts kept.

Spec: none.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.http import datetimeToString

from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.web.holdings import Holdings
from carbonio_mobile.web.hops import Network
from carbonio_mobile.web.limits import WebLimits

T = TypeVar("T")

Respond = Callable[[HttpRequest], Awaitable[HttpResponse]]
"""A coroutine function, or one that returns a Deferred."""

Health = Callable[[], Awaitable[HttpResponse]]


class InThread(Protocol):
    """Runs a function away from the reactor thread, as ``deferToThreadPool`` does."""

    def __call__(self, work: Callable[[], bytes | None], /) -> Deferred[bytes | None]: ...


@dataclass(slots=True, kw_only=True, eq=False)
class Edge:
    """The collaborators and counters of one site.

    ``held`` counts the bodies of requests and answers in work. ``access_log`` is None where
    nobody wants a line per request. ``clock`` sets timers; ``time_of_day`` gives seconds since
    1970, UTC, which may jump.
    """

    respond: Respond
    discover: Respond
    health: Health | None
    limits: WebLimits
    trusted_proxies: Sequence[Network]
    clock: IReactorTime
    time_of_day: Callable[[], float]
    in_thread: InThread
    log: Logger
    access_log: Logger | None
    held: Holdings = field(init=False)
    draining: bool = False
    _requests_count: int = 0
    _id_prefix: str = field(default_factory=lambda: secrets.token_hex(3))
    _date_s: int = -1
    _date_line: bytes = b""

    def __post_init__(self) -> None:
        self.held = Holdings(self.limits)

    def next_request_id(self) -> str:
        """Return a short id, unique over the daemon's restarts for what logs need."""
        self._requests_count += 1
        return f"{self._id_prefix}-{self._requests_count:x}"

    def date_line(self) -> bytes:
        """Return the Date header line of this second."""
        now_s = int(self.time_of_day())
        if now_s != self._date_s:
            self._date_s = now_s
            self._date_line = b"Date: " + datetimeToString(now_s) + b"\r\n"
        return self._date_line
