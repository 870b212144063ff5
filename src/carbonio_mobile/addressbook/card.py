"""``Card``: one entry of an address book, as the place that it comes from tells it."""

from collections.abc import Mapping
from dataclasses import dataclass

Value = str | bytes
"""A text, or the octets of a binary attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One entry of a book.

    ``id`` is its identity within the book, the same over all changes (an account's id, an item's
    id). ``rdn`` is the type and value of its name within the book. ``values`` are by canonical
    lower-case attribute name (``carbonio_mobile.ldap.attributes``), the main value first, none
    empty. ``blobs`` names the attributes that have large values (pictures, certificates), which
    are fetched where an answer wants them. ``stamp`` is the time of the last change (seconds since
    1970, 0.0 where unknown).
    """

    id: str
    rdn: tuple[str, str]
    values: Mapping[str, tuple[Value, ...]]
    blobs: frozenset[str] = frozenset()
    stamp: float = 0.0
