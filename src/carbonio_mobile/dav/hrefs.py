"""Addresses of resources, in one form whatever way a server writes them.

An href comes as a whole URL, an absolute path or a relative one, and each server escapes other
octets of it: Zimbra says ``user%40host`` where Nextcloud says ``user@host``. Two hrefs are the same
resource when :func:`resolved` gives the same :data:`Url`.

Spec: RFC 3986 5.2 and 6.2, RFC 4918 8.3.
"""

import re
from typing import Final, NewType
from urllib.parse import quote_from_bytes, unquote, unquote_to_bytes

import idna

from carbonio_mobile.errors import ProtocolError

Url = NewType("Url", str)
"""``https://host/path``: scheme and host in lower case, the scheme's own port left out, and all
octets of the path escaped but ``A-Za-z0-9-._~@/``. A collection ends with a slash.
"""

CHARACTERS_MAX: Final = 8192
_PORTS: Final = {"http": "80", "https": "443"}
_WHOLE = re.compile(r"(?i)(https?)://([^/?#]*)(.*)", re.DOTALL)
_FOREIGN = re.compile(r"(?i)[a-z][a-z0-9+.-]*://")
_AUTHORITY = re.compile(r"(?i)([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5})?)?")


def read_url(text: str) -> Url:
    """Read a whole URL. Raises: ProtocolError (none, not of HTTP, or with a login in it)."""
    match = _WHOLE.fullmatch(_bounded(text))
    if match is None:
        raise ProtocolError("this is no URL", expected="http:// or https://")
    scheme, authority, path = match.groups()
    scheme = scheme.lower()
    return Url(f"{scheme}://{_authority(scheme, authority)}{_path(path)}")


def resolved(href: str, base: Url) -> Url:
    """Give the resource that an href means in an answer from ``base``.

    Raises: ProtocolError.
    """
    href = _bounded(href)
    if _FOREIGN.match(href):
        return read_url(href)
    if href.startswith("//"):
        return read_url(base.partition(":")[0] + ":" + href)
    if href.startswith("/"):
        return Url(origin(base) + _path(href))
    return Url(origin(base) + _path(path(base).rpartition("/")[0] + "/" + href))


def origin(url: Url) -> str:
    """Give scheme, host and port."""
    return url[: url.index("/", 8)]


def host(url: Url) -> str:
    """Give the host, without a port."""
    authority = origin(url).partition("://")[2]
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def path(url: Url) -> str:
    """Give what follows the host, from the slash on."""
    return url[url.index("/", 8) :]


def name(url: Url) -> str:
    """Give the last segment, unescaped: what a resource is called in its collection."""
    return unquote(url.rstrip("/").rpartition("/")[2], errors="replace")


def as_collection(url: Url) -> Url:
    """Give the address with the slash that a collection ends with."""
    return url if url.endswith("/") else Url(url + "/")


def child(collection: Url, segment: str) -> Url:
    """Give the resource of a name in a collection. Raises: ProtocolError (no name for one)."""
    if not segment or segment in {".", ".."} or len(segment) > 255:
        raise ProtocolError("this is no name of a resource", expected="1 to 255 characters")
    return Url(as_collection(collection) + _escaped(_octets(segment)))


def is_within(url: Url, collection: Url) -> bool:
    """Tell whether a resource stands in a collection, at whatever depth."""
    top = as_collection(collection)
    return url.startswith(top) and url != top


def _bounded(text: str) -> str:
    text = text.strip()
    if len(text) > CHARACTERS_MAX:
        raise ProtocolError("an href without end", expected=f"{CHARACTERS_MAX} characters at most")
    return text


def _authority(scheme: str, authority: str) -> str:
    if not authority.isascii():
        try:
            authority = idna.encode(authority, uts46=True).decode("ascii")
        except idna.IDNAError as exc:
            raise ProtocolError("this is no name of a host") from exc
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        # Whatever stands before an @ would be a password: it is neither used nor told.
        raise ProtocolError("this is no name of a host", expected="host or host:port")
    found, port = match.groups()
    if not port or port.lstrip("0") in {_PORTS[scheme], ""}:
        return found.lower()
    if int(port) > 65535:
        raise ProtocolError("this is no port", expected="1 to 65535")
    return f"{found.lower()}:{int(port)}"


def _path(text: str) -> str:
    """Escape a path anew. ``?`` and ``#`` are taken as parts of names: no resource of DAV has a
    query, and some servers forget to escape them.
    """
    kept: list[bytes] = []
    segments = [unquote_to_bytes(_octets(one)) for one in text.split("/")]
    if segments and segments[0] == b"":
        segments = segments[1:]
    for one in segments:
        if one == b"..":
            del kept[-1:]
        elif one != b".":
            kept.append(one)
    if segments and segments[-1] in {b".", b".."}:
        kept.append(b"")
    return "/" + "/".join(map(_escaped, kept))


def _octets(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise ProtocolError("an href of broken characters") from exc


def _escaped(octets: bytes) -> str:
    return quote_from_bytes(octets, safe="@")
