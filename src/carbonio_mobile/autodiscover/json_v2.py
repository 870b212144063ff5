"""Autodiscover version 2: one JSON question over GET, asked without a login.

Spec: none published; what is known is in the project's autodiscover notes, section 4. Since anyone
may ask, the answer depends on the protocol alone and tells nothing about the address; it is never a
redirect, so no loop can arise.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from carbonio_mobile.errors import ProtocolError

_PATH_VERSION = "/autodiscover.json/v1.0/"
_MAX_QUERY_BYTES = 4096
_MAX_ECHOED_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonRequest:
    """What a client asks; each is empty where it was left out."""

    email: str
    protocol: str

    @property
    def domain(self) -> str:
        """Return the address's domain, lower case; empty when there is none."""
        return self.email.rpartition("@")[2].lower() if "@" in self.email else ""


def parse(path: str, query: bytes) -> JsonRequest:
    """Read both forms: the address as parameter ``Email`` or as the end of the path.

    ``path`` is percent-decoded, ``query`` raw. Names of parameters are matched without case.

    Raises: ProtocolError for a query above 4 KiB.
    """
    if len(query) > _MAX_QUERY_BYTES:
        raise ProtocolError("autodiscover query too large", expected="4 KiB at most")
    pairs = parse_qsl(query.replace(b"+", b"%2B").decode("latin-1"), errors="replace")
    values = {name.lower(): value.strip() for name, value in pairs}
    start = path.lower().find(_PATH_VERSION)
    in_path = "" if start < 0 else unquote(path[start + len(_PATH_VERSION) :]).strip("/")
    return JsonRequest(
        email=in_path or values.get("email", ""), protocol=values.get("protocol", "")
    )


def answer(
    request: JsonRequest, *, active_sync_url: str, autodiscover_url: str
) -> tuple[int, bytes, Mapping[str, str]]:
    """Return status code, body and headers; the URLs are those of this server, whole."""
    urls = {"ActiveSync": active_sync_url, "AutodiscoverV1": autodiscover_url}
    supported = ",".join(urls)
    if not request.protocol:
        return _json(
            400,
            ErrorCode="MandatoryParameterMissing",
            ErrorMessage="A valid value must be provided for the query parameter 'Protocol'",
        )
    for protocol, url in urls.items():
        if protocol.lower() == request.protocol.lower():
            return _json(200, Protocol=protocol, Url=url)
    return _json(
        400,
        ErrorCode="InvalidProtocol",
        ErrorMessage=(
            f"The given protocol value '{request.protocol[:_MAX_ECHOED_CHARACTERS]}' is invalid. "
            f"Supported values are '{supported}'"
        ),
    )


def _json(code: int, **members: str) -> tuple[int, bytes, Mapping[str, str]]:
    body = json.dumps(members, separators=(",", ":")).encode("ascii")
    return code, body, {"Content-Type": "application/json"}
