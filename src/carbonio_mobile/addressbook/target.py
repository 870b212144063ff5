"""``Shown`` and ``Target``: a book as a login sees it, and where a search looks in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.addressbook.planning import find, plan
from carbonio_mobile.ldap.filters import Filter
from carbonio_mobile.ldap.names import Dn


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A book as it is shown: its name for people, the name of its container, its entries.

    ``blobs`` is what fetches large values of its entries; it is handed on as it is.
    """

    name: str
    container: Dn
    index: Index
    blobs: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Where to look: one entry, or all of a book."""

    shown: Shown
    row: int | None = None

    def rows(self, wanted: Filter) -> Iterator[Sequence[int]]:
        """Find the rows of entries that a filter selects, in batches, as ``planning.find``."""
        shown = self.shown
        if self.row is None:
            yield from find(shown.index, wanted, shown.container)
        elif shown.index.is_there(self.row):
            yield plan(shown.index, wanted, shown.container).narrow([self.row])
