"""``Findings``: what searches found in a book lately, for whoever asks the same while it stays so.

Many people type the same beginnings of names into one address list.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from carbonio_mobile.ldap.filters import Filter
from carbonio_mobile.ldap.names import Dn

MAX_ROWS: Final = 128
"""So many rows of an answer are kept; those beyond are looked for again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The first rows that were found; ``is_whole`` if there are no others."""

    wanted: Filter
    container: Dn | None
    rows: Sequence[int]
    is_whole: bool


class Findings:
    """Answers of one index in one state of it: of another state they are forgotten.

    Questions are told apart by the very object of their filter: the parser gives the same for the
    same octets. So looking one up costs nothing that grows with it.
    """

    __slots__ = ("_kept", "_version")

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Finding] = OrderedDict()
        self._version = -1

    def get(self, version: int, wanted: Filter, container: Dn | None) -> Finding | None:
        """Give what was found in that state of the index."""
        if version != self._version:
            return None
        found = self._kept.get(id(wanted))
        if found is None or found.wanted is not wanted or found.container is not container:
            return None
        self._kept.move_to_end(id(wanted))
        return found

    def keep(self, version: int, found: Finding, most: int) -> None:
        """Keep what was found, as one of so many answers that were asked last."""
        if version != self._version:
            self._kept.clear()
            self._version = version
        self._kept[id(found.wanted)] = found
        if len(self._kept) > most:
            self._kept.popitem(last=False)
