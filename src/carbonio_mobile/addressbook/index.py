"""``Index``: one address book, kept so that whatever is asked of it is found without a walk.

Rows are numbers of entries: an entry keeps its row while it is there, over all its changes; a row
that became free is given to another entry later. Whoever keeps rows over a step has to expect both.
"""

from array import array
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from carbonio_mobile.addressbook.card import Card, Value
from carbonio_mobile.addressbook.column import Column
from carbonio_mobile.addressbook.entries import (
    BY_KEY,
    Shape,
    encoded,
    shown,
    value_sets,
    values_in,
)
from carbonio_mobile.addressbook.findings import Findings
from carbonio_mobile.addressbook.folding import LAST, fold, fold_value
from carbonio_mobile.addressbook.leaves import WORDS
from carbonio_mobile.addressbook.ordering import Order
from carbonio_mobile.addressbook.rowset import RowSet
from carbonio_mobile.addressbook.searched import searched, with_name
from carbonio_mobile.addressbook.words import ADDRESSES, NAMES, asked, words
from carbonio_mobile.ldap.names import Dn, Rdn, escaped

DISPLAY: Final = " display"
"""The order of display names; for entries without one, of what else names them."""

_SPARE: Final = 4
_MAX_ORDERS: Final = 8
_MAX_ANSWERS: Final = 4
_LOAD_STEP: Final = 120
_CHANGES: Final = 4096
_NAMES: Final = ("displayname", "cn", "sn", "o", "mail")
_NOT_SEARCHED: Final = frozenset({"member", "mgrprfc822mailmember"})
_PIECES: Final = frozenset(
    {
        *("cn", "displayname", "sn", "givenname", "mozillanickname", "uid", "mail"),
        *("mozillasecondemail", "o", "ou", "title", "l", "physicaldeliveryofficename"),
        *("telephonenumber", "mobile", "homephone", "facsimiletelephonenumber", "description"),
    }
)
"""Attributes that clients ask for pieces of."""


class Index:
    """The entries of one book, mutable; not for several threads.

    ``version`` is raised by each change. ``blobs`` are the keys of large values that any entry may
    have.
    """

    def __init__(self) -> None:
        self.version = 0
        self.columns: dict[str, Column] = {WORDS: Column(grams=False, by_row=False)}
        self.octets: list[bytes | None] = []
        self.shapes: list[Shape] = []
        self.rdns: list[str] = []
        self.stamps = array("d")
        self.blobs: frozenset[str] = frozenset()
        self.findings = Findings()
        self._ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._free: list[int] = []
        self._shared: dict[Shape, Shape] = {}
        self._changes: deque[int] = deque(maxlen=_CHANGES)
        self._answers: dict[Hashable, tuple[int, Sequence[int]]] = {}
        self._orders: dict[str, Order] = {DISPLAY: Order(self, _NAMES)}

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def capacity(self) -> int:
        """All rows are less than this."""
        return len(self.octets)

    def put(self, card: Card) -> int:
        """Add an entry, or replace the one of its id; give its row."""
        known = self._row_of.get(card.id)
        row = self._new(card.id) if known is None else known
        before: Sequence[str] = ()
        if known is not None:
            before = self.shapes[row].keys
            for order in self._orders.values():
                order.take(row)
        values = with_name(card)
        self._write(row, card, values)
        self._index(row, values, before)
        for order in self._orders.values():
            order.give(row)
        self._changed(row)
        return row

    def remove(self, entry_id: str) -> bool:
        """Take an entry away; say if it was there."""
        row = self._row_of.pop(entry_id, None)
        if row is None:
            return False
        for order in self._orders.values():
            order.take(row)
        self.columns[WORDS].change(row, self.words(row), ())
        for key in self.shapes[row].keys:
            if key in self.columns:
                self.columns[key].put(row, ())
        self.octets[row] = None
        self._ids[row] = self.rdns[row] = ""
        self._free.append(row)
        self._changed(row)
        return True

    def load(self, cards: Iterable[Card]) -> Iterator[None]:
        """Put many entries; yields after each millisecond of work or so."""
        work = 0
        for card in cards:
            self.put(card)
            work += 10 + len(card.values)
            if work > _LOAD_STEP:
                work = 0
                yield
        yield

    def is_there(self, row: int) -> bool:
        """Say if a row is an entry's."""
        return row < len(self.octets) and self.octets[row] is not None

    def id_of(self, row: int) -> str:
        """Give the id of the entry in a row, empty where the row is free."""
        return self._ids[row]

    def ids_of(self, rows: Sequence[int]) -> list[str]:
        """Give the ids of the entries in some rows, as :meth:`id_of`."""
        return list(map(self._ids.__getitem__, rows))

    def row_of(self, entry_id: str) -> int | None:
        """Give the row of an entry."""
        return self._row_of.get(entry_id)

    def entry(self, row: int) -> Card:
        """Give the entry in a row as it was put (the order of values included)."""
        shape = self.shapes[row]
        octets = self.octets[row]
        assert octets is not None
        values = {
            key: shown(key, values_in(each, 0))
            for key, each in zip(shape.keys, value_sets(octets), strict=True)
        }
        kind, _, name = self.rdns[row].partition("=")
        return Card(
            id=self._ids[row],
            rdn=(kind, name),
            values=values,
            blobs=shape.blobs,
            stamp=self.stamps[row],
        )

    def values(self, row: int, key: str) -> tuple[bytes, ...]:
        """Give the values of one attribute of an entry, as octets."""
        keys = self.shapes[row].keys
        octets = self.octets[row]
        if octets is None or key not in keys:
            return ()
        return values_in(octets, keys.index(key))

    def has(self, row: int, key: str) -> bool:
        """Say if an entry has an attribute, large ones included."""
        shape = self.shapes[row]
        return key in shape.keys or key in shape.blobs

    def kinds(self) -> Iterable[Shape]:
        """Give the shapes that entries have, and some that no entry has any more."""
        return self._shared

    def dn(self, row: int, container: str) -> str:
        """Write the name of an entry that stands under ``container``."""
        kind, _, value = self.rdns[row].partition("=")
        own = f"{kind}={escaped(value)}"
        return f"{own},{container}" if container else own

    def named(self, name: Dn) -> int | None:
        """Give the row of the entry of which this is the name, by the first part of it."""
        rdn = name.key[0] if len(name) else ()
        if len(rdn) != 1:
            return None
        key, value = rdn[0]
        column = self.columns.get(key)
        known = BY_KEY.get(key)
        folded = fold_value(known.syntax, value) if known is not None else None
        if column is None or folded is None:
            return None
        for row in chain.from_iterable(column.equal(folded)):
            if Dn((self._rdn(row),)).key[0] == rdn:
                return row
        return None

    def _rdn(self, row: int) -> Rdn:
        kind, _, value = self.rdns[row].partition("=")
        return ((kind, value),)

    def at(self, address: str) -> int | None:
        """Give the row of the entry that has a mail address, whatever its case."""
        column = self.columns.get("mail")
        wanted = address.strip().lower()
        if column is None:
            return None
        for row in chain.from_iterable(column.equal(fold(wanted))):
            if any(each.decode().strip().lower() == wanted for each in self.values(row, "mail")):
                return row
        return None

    def beginning(self, text: str) -> Iterator[Sequence[int]]:
        """Find the entries of which every word of ``text`` begins a word of a name or address.

        Rows come by display name, in batches; an empty batch is a point to let others work. A
        text without a word finds nobody. Blind to changes between steps, but for rows that are
        gone.
        """
        met: RowSet | None = None
        for word in asked(text):
            found = RowSet()
            for batch in self.columns[WORDS].between(word, word + LAST):
                found.add(batch if met is None else [row for row in batch if row in met])
                yield ()
            met = found
        if met:
            yield from self.order(DISPLAY).of(met)

    def page(self, offset: int, limit: int) -> Sequence[int]:
        """Give rows by display name, from a position on."""
        return self._orders[DISPLAY].rows(offset, limit)

    def order(self, key: str) -> Order:
        """Give the order by the values of an attribute (its key); see ``Order.prepare``.

        A few are kept, the ones asked for last.
        """
        order = self._orders.pop(key, None)
        if order is None:
            order = Order(self, (key,))
        if len(self._orders) > _MAX_ORDERS:
            del self._orders[next(each for each in self._orders if each != DISPLAY)]
        self._orders[key] = order
        return order

    def changed_since(self, version: int) -> Sequence[int] | None:
        """Give the rows put or removed after a version; None where that is too long ago."""
        missed = self.version - version
        if missed > len(self._changes):
            return None
        return [self._changes[-1 - back] for back in range(missed)]

    def remembered(self, question: Hashable) -> Sequence[int] | None:
        """Give the rows that were the answer to a question, if nothing changed since."""
        version, rows = self._answers.get(question, (-1, ()))
        return rows if version == self.version else None

    def remember(self, question: Hashable, rows: Sequence[int]) -> None:
        """Keep an answer for others who ask the same; the last few are kept."""
        self._answers.pop(question, None)
        if len(self._answers) >= _MAX_ANSWERS:
            del self._answers[next(iter(self._answers))]
        self._answers[question] = self.version, rows

    def folded(self, row: int, key: str) -> tuple[str, ...]:
        """Give the folded values of an attribute, least first."""
        column = self.columns.get(key)
        if column is not None:
            return tuple(sorted(column.values(row)))
        return tuple(sorted(searched(key, shown(key, self.values(row, key)))))

    def words(self, row: int) -> tuple[str, ...]:
        """Give every beginning under which an entry is found by ``beginning`` and ``anr``."""
        columns = ((key, self.columns.get(key)) for key in (*NAMES, *ADDRESSES))
        return words({key: column.values(row) for key, column in columns if column is not None})

    def _new(self, entry_id: str) -> int:
        if self._free:
            row = self._free.pop()
        else:
            row = len(self.octets)
            self.octets.append(None)
            self.shapes.append(Shape((), frozenset()))
            self.rdns.append("")
            self._ids.append("")
            self.stamps.append(0.0)
            for column in self.columns.values():
                column.grow()
        self._ids[row] = entry_id
        self._row_of[entry_id] = row
        return row

    def _write(self, row: int, card: Card, values: Mapping[str, tuple[Value, ...]]) -> None:
        shape = Shape(tuple(values), card.blobs)
        self.blobs |= card.blobs
        self.shapes[row] = self._shared.setdefault(shape, shape)
        self.octets[row] = encoded(tuple(values.values()))
        self.rdns[row] = "=".join(card.rdn)
        self.stamps[row] = card.stamp

    def _index(
        self, row: int, values: Mapping[str, tuple[Value, ...]], before: Sequence[str]
    ) -> None:
        found: dict[str, tuple[str, ...]] = {}
        for key, held in values.items():
            if key not in _NOT_SEARCHED:
                found[key] = searched(key, held)
        words_before = self.words(row) if before else ()
        for key in before:
            if key not in found and key in self.columns:
                self.columns[key].put(row, ())
        for key, folded in found.items():
            self._column(key).put(row, folded)
        self.columns[WORDS].change(row, words_before, words(found))

    def _column(self, key: str) -> Column:
        column = self.columns.get(key)
        if column is None:
            # Each a little longer than the one before, so that they are not all moved to a larger
            # place by the same entry.
            spare = _SPARE * len(self.columns)
            column = Column(grams=key in _PIECES, rows=len(self.octets), spare=spare)
            self.columns[key] = column
        return column

    def _changed(self, row: int) -> None:
        self.version += 1
        self._changes.append(row)
