"""What a phone wants of the thing that carries its requests.

Spec: MS-ASHTTP 2.2.1, 2.2.2; MS-ASCMD 2.2.2.10 (multipart).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from carbonio_mobile.client.faults import ServerFault
from carbonio_mobile.eas.requestline import RequestLine, format_binary, format_plain

WBXML = "application/vnd.ms-sync.wbxml"
MULTIPART = "application/vnd.ms-sync.multipart"
MIME = "message/rfc822"
PATH = "/Microsoft-Server-ActiveSync"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """One answer, whole; ``headers`` have lower-case names."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    @property
    def content_type(self) -> str:
        """Give the media type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Transport(Protocol):
    """Carries requests to one server as one user. Authentication is its own affair.

    Raises of both: Unreachable, AnswerLost.
    """

    async def post(
        self, line: RequestLine, body: bytes, *, content_type: str, timeout_s: float
    ) -> HttpReply:
        """Send a command; ``content_type`` is empty where there is no body.

        ``timeout_s`` is how long the whole answer may take.
        """

    async def options(self) -> HttpReply:
        """Ask which versions and commands there are."""


def written(line: RequestLine) -> tuple[bytes, dict[str, str]]:
    """Give query and protocol headers of a request, in the form that ``line.binary`` tells."""
    if line.binary:
        return format_binary(line), {}
    return format_plain(line)


def split_multipart(body: bytes) -> list[bytes]:
    """Take a multipart answer apart: the document first, then its binaries.

    Raises: ServerFault for a table of contents that does not fit its octets.
    """
    try:
        (count,) = struct.unpack_from("<I", body)
        if not 1 <= count <= (len(body) - 4) // 8:
            raise ServerFault("a multipart answer with an impossible number of parts")
        table = [struct.unpack_from("<II", body, 4 + 8 * index) for index in range(count)]
    except struct.error as exc:
        raise ServerFault("a multipart answer without its table") from exc
    if any(start + size > len(body) for start, size in table):
        raise ServerFault("a multipart answer that ends early")
    return [body[start : start + size] for start, size in table]
