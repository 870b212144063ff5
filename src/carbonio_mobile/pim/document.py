"""A document of a library, or a folder there, in the terms of ActiveSync.

Spec: MS-ASDOC 2.2.2.
"""

import re
from dataclasses import dataclass, field

DocumentPath = tuple[str, ...]
"""The names from a library's root down to something in it; the root itself is empty."""

NAME_BYTES = 255
DEPTH_MAX = 64

_UNNAMEABLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff/\\\\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is known of a document, or of a folder, without opening it.

    Times are seconds since 1970, UTC. A folder's ``size_bytes`` is 0.
    """

    path: DocumentPath
    is_folder: bool = False
    created: float = 0.0
    modified: float = 0.0
    is_hidden: bool = False
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Some rows of a listing that has ``total`` of them."""

    rows: tuple[Document, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Octets of a document that has ``total_bytes`` of them, as it was changed at ``modified``."""

    octets: bytes = field(repr=False)
    total_bytes: int
    modified: float


def is_nameable(name: str) -> bool:
    """Tell whether a link can carry a name: nothing else is listed, or looked for.

    A link cannot carry separators, control characters, or octets that are no UTF-8, and what means
    another folder is no name.
    """
    if name in ("", ".", "..") or _UNNAMEABLE.search(name):
        return False
    return len(name.encode("utf-8")) <= NAME_BYTES


def in_order(name: str) -> tuple[str, str]:
    """Give what names of a folder are sorted by."""
    return name.casefold(), name
