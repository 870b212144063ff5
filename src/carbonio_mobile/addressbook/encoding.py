"""``Bodies``: entries as the octets of answers, kept for whoever asks the same again.

Spec: RFC 4511 4.5.2 (SearchResultEntry).
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from weakref import ref

from carbonio_mobile.addressbook import operational
from carbonio_mobile.addressbook.entries import value_sets
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.ldap.answers import NO_VALUES, entry_body, value_set
from carbonio_mobile.ldap.names import Dn
from carbonio_mobile.ldap.selection import Selection

MAX_KEPT_OCTETS: Final = 64 << 20
_OVERHEAD: Final = 120
"""What an entry kept costs beside its octets."""


@dataclass(slots=True)
class _Kept:
    """Bodies of one index, for one container and selection, by row."""

    version: int
    octets: int = 0
    bodies: dict[int, bytes] = field(default_factory=dict)


_Key = tuple["ref[Index]", Dn, Selection]


class Bodies:
    """Makes bodies of entries, and keeps the latest within ``limit`` octets over all."""

    def __init__(self, limit: int = MAX_KEPT_OCTETS) -> None:
        self._limit = limit
        self._octets = 0
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()

    @property
    def octets(self) -> int:
        """What is kept, all in all."""
        return self._octets

    def bodies(
        self, index: Index, rows: Sequence[int], selection: Selection, container: Dn
    ) -> list[bytes]:
        """Give the bodies of entries, without large values; rows that are free are left out."""
        kept = self._of(index, selection, container)
        found = list(map(kept.bodies.get, rows))
        if None not in found:
            return found  # type: ignore[return-value]
        before = kept.octets
        made = [
            each or self._add(kept, index, row, selection, container)
            for row, each in zip(rows, found, strict=True)
        ]
        self._octets += kept.octets - before
        if self._octets > self._limit:
            self._make_room(kept)
        return list(filter(None, made))

    def _of(self, index: Index, selection: Selection, container: Dn) -> _Kept:
        """Give what is kept for a question, without what has changed since."""
        key = (ref(index), container, selection)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _Kept(index.version)
            return kept
        self._kept.move_to_end(key)
        if kept.version != index.version:
            self._refresh(kept, index)
        return kept

    def _refresh(self, kept: _Kept, index: Index) -> None:
        changed = index.changed_since(kept.version)
        kept.version = index.version
        self._drop(kept, list(kept.bodies) if changed is None else changed)

    def _drop(self, kept: _Kept, rows: Iterable[int]) -> None:
        for row in rows:
            body = kept.bodies.pop(row, None)
            if body is not None:
                kept.octets -= len(body) + _OVERHEAD
                self._octets -= len(body) + _OVERHEAD

    def _add(
        self, kept: _Kept, index: Index, row: int, selection: Selection, container: Dn
    ) -> bytes | None:
        if not index.is_there(row):
            return None
        made = body(index, row, selection, container)
        if row not in kept.bodies:
            kept.bodies[row] = made
            kept.octets += len(made) + _OVERHEAD
        return made

    def _make_room(self, latest: _Kept) -> None:
        """Forget what was not asked for the longest; of the latest, what was made first."""
        while self._octets > self._limit and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._octets -= oldest.octets
        while self._octets > self._limit and latest.bodies:
            self._drop(latest, list(latest.bodies)[: len(latest.bodies) // 2 + 1])


def body(
    index: Index,
    row: int,
    selection: Selection,
    container: Dn,
    blobs: Mapping[str, Sequence[bytes]] | None = None,
) -> bytes:
    """Make the body of an entry; ``blobs`` are its large values, by key."""
    octets = index.octets[row]
    assert octets is not None
    shape = index.shapes[row]
    sets = value_sets(octets)
    shown = [(name, sets[at]) for at, name in selection.plan(shape.keys)]
    if _served(selection):
        shown += _operational(index, row, selection, container)
    if blobs:
        shown += [
            (name, value_set(values))
            for key, values in blobs.items()
            if values
            for name in selection.shown(key)
        ]
    if selection.types_only:
        large = (name for key in sorted(shape.blobs) for name in selection.shown(key))
        shown = [(name, NO_VALUES) for name in dict.fromkeys((*(n for n, _ in shown), *large))]
    return entry_body(index.dn(row, _written(container)).encode(), shown)


def blobs_wanted(index: Index, row: int, selection: Selection) -> tuple[str, ...]:
    """Give the keys of the large values of an entry that are to be fetched for an answer."""
    blobs = index.shapes[row].blobs
    return wanted(blobs, selection) if blobs else ()


@lru_cache(maxsize=256)
def wanted(blobs: frozenset[str], selection: Selection) -> tuple[str, ...]:
    """Give those keys of large values that an answer shows."""
    if selection.types_only:
        return ()
    return tuple(key for key in sorted(blobs) if selection.shown(key))


def _operational(
    index: Index, row: int, selection: Selection, container: Dn
) -> Iterator[tuple[bytes, bytes]]:
    for key, names in _served(selection):
        if key not in index.shapes[row].keys:
            values = operational.shown(index, row, key, container)
            if values:
                written = value_set(values)
                yield from ((name, written) for name in names)


_written = lru_cache(maxsize=256)(str)


@lru_cache(maxsize=128)
def _served(selection: Selection) -> Sequence[tuple[str, tuple[bytes, ...]]]:
    """Give what is shown of the server's own attributes."""
    shown = ((key, selection.shown(key)) for key in operational.KEYS)
    return [(key, names) for key, names in shown if names]
