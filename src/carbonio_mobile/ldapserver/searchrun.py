"""One search under way: its entries, found in steps, and given as fast as the peer takes them.

Spec: RFC 4511 4.5.2.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from carbonio_mobile.addressbook.encoding import blobs_wanted, body, wanted
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.addressbook.shelf import Shown
from carbonio_mobile.ldap.answers import entries
from carbonio_mobile.ldap.requests import Search
from carbonio_mobile.ldap.results import Result
from carbonio_mobile.ldap.selection import Selection, select
from carbonio_mobile.ldapserver.house import House
from carbonio_mobile.ldapserver.outlet import Outlet
from carbonio_mobile.ldapserver.searchcontrols import SearchFault

CHUNK_BYTES = 16 * 1024
"""So much of an answer is made before it is sent; of each search at work it may be held."""

T = TypeVar("T")


class Batch:
    """Entries that were found together, of one book.

    They may be given over several turns; meanwhile some may go, and others get their rows: whoever
    lets others work calls :meth:`hold` first.
    """

    __slots__ = ("_ids", "_rows", "_version", "shown")

    def __init__(self, shown: Shown, rows: Sequence[int]) -> None:
        self.shown = shown
        self._rows = rows
        self._ids: Sequence[str] | None = None
        self._version = shown.index.version

    def hold(self) -> None:
        """Remember which entries they are."""
        if self._ids is None:
            self._ids = self.shown.index.ids_of(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, end: int) -> Sequence[int]:
        """Give the rows of some that are still there."""
        rows = self._rows[start:end]
        index = self.shown.index
        if self._ids is None or index.version == self._version:
            return rows
        pairs = zip(rows, self._ids[start:end], strict=True)
        return [row for row, entry in pairs if index.id_of(row) == entry]

    def rest(self, start: int) -> "Batch":
        """Give those from a position on."""
        rest = object.__new__(Batch)
        rest.shown, rest._version = self.shown, self._version
        self.hold()
        assert self._ids is not None
        rest._rows, rest._ids = self._rows[start:], self._ids[start:]
        return rest


class Run:
    """One search under way: what was given of it, and until when it may go on."""

    def __init__(self, house: House, outlet: Outlet, number: int, search: Search) -> None:
        self._house = house
        self._outlet = outlet
        self._number = number
        self._pieces: list[bytes] = []
        self._bytes = 0
        self.count = 0
        self.selection: Selection = select(search.attributes, types_only=search.types_only)
        limits = house.limits
        time_s = min(search.time_limit_s or limits.search_s, limits.search_s)
        self._deadline_s = house.clock.seconds() + time_s

    async def breathe(self) -> None:
        """Let others work. Raises: SearchFault (the time is over)."""
        turns = self._house.turns
        if not turns.may_go_on:
            await turns.breathe(self._outlet)
        if self._house.clock.seconds() >= self._deadline_s:
            raise SearchFault(Result.TIME_LIMIT_EXCEEDED)

    async def steps(self, batches: Iterator[T | None]) -> T | None:
        """Give the next that is found, None at the end. Raises: SearchFault."""
        for found in batches:
            if found is not None:
                return found
            await self.breathe()
        return None

    async def give(self, batch: Batch, start: int, end: int) -> None:
        """Give some entries, once the peer takes any; those that are gone are left out."""
        if end < len(batch) or not self._outlet.is_ready:
            batch.hold()
            await self._outlet.ready()
        shown, rows = batch.shown, batch.rows(start, end)
        index, selection = shown.index, self.selection
        if _has_large(index, rows, selection):
            batch.hold()
            for at in range(start, min(end, len(batch))):
                for row in batch.rows(at, at + 1):
                    await self._give_large(shown, row)
        else:
            self.add(self._house.bodies.bodies(index, rows, selection, shown.container))
            self._send()
        await self.breathe()

    async def _give_large(self, shown: Shown, row: int) -> None:
        """Give an entry with what is large, read for this answer alone."""
        index, selection = shown.index, self.selection
        entry = index.id_of(row)
        keys = blobs_wanted(index, row, selection) if entry else ()
        blobs = await shown.blobs(entry, keys) if keys and shown.blobs is not None else {}
        if entry and index.id_of(row) == entry:
            self.add([body(index, row, selection, shown.container, blobs)])
            self._send()
            await self._outlet.ready()

    def _send(self) -> None:
        """Send what is made, where that is enough."""
        if self._bytes >= CHUNK_BYTES:
            self._outlet.write(self.taken())

    def add(self, bodies: Sequence[bytes]) -> None:
        """Give entries that are encoded."""
        self.count += len(bodies)
        self._bytes += sum(map(len, bodies))
        self._pieces += entries(self._number, bodies)

    def taken(self) -> bytes:
        """Take what was made and not sent."""
        octets = b"".join(self._pieces)
        self._pieces.clear()
        self._bytes = 0
        return octets


def _has_large(index: Index, rows: Sequence[int], selection: Selection) -> bool:
    """Tell whether an entry has large values that are to be shown."""
    if not (index.blobs and wanted(index.blobs, selection)):
        return False
    # Few shapes are shared by all entries: one row of each is looked at.
    shapes = index.shapes
    of_shape = {id(shapes[row]): row for row in rows}
    return any(blobs_wanted(index, row, selection) for row in of_shape.values())
