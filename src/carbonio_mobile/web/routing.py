"""Which part of the daemon a path leads to.

Spec: MS-ASHTTP 2.2.1.1 (R6, R15, R187). Clients differ in case, add a trailing slash, and put
prefixes before the Autodiscover paths; the ActiveSync path takes no prefix.
"""

from enum import Enum, auto
from urllib.parse import unquote


class Route(Enum):
    """Where a request goes."""

    ACTIVE_SYNC = auto()
    AUTODISCOVER = auto()
    HEALTH = auto()
    NOWHERE = auto()


ALLOWED_METHODS = {
    Route.ACTIVE_SYNC: frozenset({"OPTIONS", "POST"}),
    Route.AUTODISCOVER: frozenset({"GET", "HEAD", "POST"}),
    Route.HEALTH: frozenset({"GET", "HEAD"}),
}
"""Other methods are answered 501 (MS-ASHTTP R187)."""

_EXACT = {
    "/microsoft-server-activesync": Route.ACTIVE_SYNC,
    "/microsoft-server-activesync/": Route.ACTIVE_SYNC,
    "/healthz": Route.HEALTH,
}
_DISCOVERY_ENDINGS = ("/autodiscover/autodiscover.xml", "/autodiscover/autodiscover.json")
_DISCOVERY_WITH_ADDRESS = "/autodiscover/autodiscover.json/v1.0/"


def split_target(target: bytes) -> tuple[str, bytes]:
    """Return the percent-decoded path and the raw query of a request target.

    The absolute form (``http://host/path``) counts as its path: RFC 9112 3.2.2 has servers take it.
    """
    path, _, query = target.partition(b"?")
    if not path.startswith(b"/"):
        _scheme, found, rest = path.partition(b"://")
        path = b"/" + rest.partition(b"/")[2] if found else path
    return unquote(path.decode("latin-1"), errors="replace"), query


def route(path: str) -> Route:
    """Choose by a percent-decoded path, whatever its case."""
    folded = path.lower()
    exact = _EXACT.get(folded)
    if exact is not None:
        return exact
    if folded.rstrip("/").endswith(_DISCOVERY_ENDINGS) or _DISCOVERY_WITH_ADDRESS in folded:
        return Route.AUTODISCOVER
    return Route.NOWHERE
