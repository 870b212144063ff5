"""``LinkId``: how devices name documents of the library.

The canonical form, in every answer, is a UNC path: ``\\\\SERVER\\share\\folder\\name``. Requests
may also say it with slashes, or as a URL (``https://SERVER/share/folder/name``, ``file://``), as
links in mail do. The names of server and share are the configuration's, whatever their case; they
stand for the library and are never connected to.

Spec: MS-ASDOC 2.2.2.8; MS-ASCMD 2.2.3.205.2 (Value).
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.pim.document import DEPTH_MAX, DocumentPath, is_nameable

LINK_CHARS = 4096
_URL = re.compile(r"(?:https?|file)://", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\\/]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The names under which links know the library: of its server, and of the share there."""

    server: str
    name: str

    def link(self, path: DocumentPath) -> str:
        """Write the canonical link to something in the library."""
        return "\\\\" + "\\".join((self.server, self.name, *path))

    def parse(self, link: str) -> DocumentPath:
        """Read a link in any of its forms.

        Raises: ValueError (no link, or to a place outside of any share), NotAllowed (of another
        server), NotFound (of another share).
        """
        server, name, *path = _pieces(link)
        if len(path) > DEPTH_MAX or not all(is_nameable(each) for each in path):
            raise ValueError("no link to a document")
        if server.casefold() != self.server.casefold():
            raise NotAllowed("a link to another server")
        if name.casefold() != self.name.casefold():
            raise NotFound("a link to another share")
        return tuple(path)


def _pieces(link: str) -> list[str]:
    """Give server, share and the names below. Raises: ValueError."""
    text = link.strip()
    if len(text) > LINK_CHARS:
        raise ValueError("too long a link")
    if _URL.match(text):
        pieces = _url_pieces(text)
    elif text[:2] in ("\\\\", "//"):
        pieces = _SEPARATORS.split(text)
    else:
        raise ValueError("no link")
    named = [piece for piece in pieces if piece]
    if len(named) < 2:
        raise ValueError("a link without server and share")
    return named


def _url_pieces(text: str) -> list[str]:
    url = urlsplit(text)
    if url.query or url.fragment or url.username is not None:
        raise ValueError("a link with more than a place")
    pieces = [unquote(piece, errors="strict") for piece in url.path.split("/")]
    return [url.hostname or "", *pieces]
