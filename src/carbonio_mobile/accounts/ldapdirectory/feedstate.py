"""What a feed of people knows of a directory: its entries, and the order in which they changed.

Spec: issue 6, section 2 (timed re-sync).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

JOURNAL_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands, and its revision there."""

    dn: str
    revision: str


@dataclass(slots=True)
class FeedState:
    """The places of all entries by id, and a journal of changes, numbered from 1 on.

    ``lowest`` is the oldest change that the journal is whole from, ``newest`` the highest revision
    that was met.
    """

    places: dict[str, Place] = field(default_factory=dict)
    change: int = 0
    lowest: int = 0
    newest: str = ""
    _journal: dict[str, int] = field(default_factory=dict)

    def begin(self, found: dict[str, Place]) -> None:
        """Take all entries as they are at first; that is no change."""
        self.places.update(found)
        self._meet(found.values())

    def note(self, found: Iterable[tuple[str, Place]]) -> None:
        """Take entries as they are now."""
        for owner, place in found:
            if self.places.get(owner) != place:
                self.places[owner] = place
                self._meet((place,))
                self._changed(owner)

    def note_all(self, found: dict[str, Place]) -> None:
        """Take all entries there are: those that are not among them are gone."""
        gone = [owner for owner in self.places if owner not in found]
        for owner in gone:
            del self.places[owner]
            self._changed(owner)
        self.note(found.items())

    def since(self, change: int, count_max: int) -> tuple[list[str], int]:
        """Give the ids of what changed after a change, oldest first, and how far that goes."""
        newer = ((owner, at) for owner, at in self._journal.items() if at > change)
        found = list(islice(newer, count_max))
        reached = found[-1][1] if len(found) == count_max else self.change
        return [owner for owner, _ in found], reached

    def _meet(self, places: Iterable[Place]) -> None:
        self.newest = max([self.newest, *(place.revision for place in places)])

    def _changed(self, owner: str) -> None:
        self.change += 1
        self._journal.pop(owner, None)
        self._journal[owner] = self.change
        if len(self._journal) > JOURNAL_MAX:
            oldest = next(iter(self._journal))
            self.lowest = self._journal.pop(oldest)
