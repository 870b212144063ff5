"""The bytes of an answer's head.

Spec: MS-ASHTTP 2.2.2 (R212, R216: Content-Length always), RFC 9112 section 4.
"""

from collections.abc import Iterable
from http import HTTPStatus

_PHRASES = {status.value: status.phrase for status in HTTPStatus} | {
    449: "Retry after provisioning",
    451: "Redirect",
    456: "Account blocked",
    457: "Password expired",
}
_STATUS_LINES = {
    code: f"HTTP/1.1 {code} {phrase}\r\nServer: carbonio-mobile\r\n".encode()
    for code, phrase in _PHRASES.items()
}
_EDGE_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "server", "date"})
_CACHE_CONTROL = "cache-control"
_BREAKS = str.maketrans("\r\n\0", "   ")


def render_head(
    code: int,
    headers: Iterable[tuple[str, str]],
    *,
    body_bytes: int,
    date: bytes,
    extra: bytes = b"",
) -> bytes:
    """Return status line and headers down to the empty line.

    ``headers`` keep their order; those that are the edge's own (Content-Length, Connection, Date,
    Server) are passed over. A line break inside one becomes a space. ``date`` and ``extra`` are
    whole header lines. Cache-Control is ``private`` unless ``headers`` say otherwise.
    """
    lines = [
        _STATUS_LINES.get(code) or b"HTTP/1.1 %d Unknown\r\nServer: carbonio-mobile\r\n" % code
    ]
    cached = b"Cache-Control: private\r\n"
    for name, value in headers:
        folded = name.lower()
        if folded in _EDGE_HEADERS:
            continue
        if folded == _CACHE_CONTROL:
            cached = b""
        lines.append(f"{name}: {value}".translate(_BREAKS).encode("utf-8", "replace") + b"\r\n")
    lines += (cached, extra, date, b"Content-Length: %d\r\n\r\n" % body_bytes)
    return b"".join(lines)
