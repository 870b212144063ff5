"""What an HTTP request and its answer are to the rooms that know nothing of sockets.

Spec: MS-ASHTTP 2.2.1 and 2.2.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request, whole: size and time were bounded before this was made.

    ``path`` is percent-decoded, ``query`` the raw bytes after ``?`` (without it). ``headers`` has
    lower-case names; a repeated header's last value counts. ``peer`` is the address of the client,
    taken from a trusted proxy's word where there is one; ``host`` the host name asked for, lower
    case, without port.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str] = field(repr=False)  # holds the Authorization header
    body: bytes = field(repr=False)
    peer: str
    host: str
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """One answer, whole. ``headers`` are in the order to send; Content-Length is the web room's."""

    code: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
