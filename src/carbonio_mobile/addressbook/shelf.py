"""``Shelf``: the tree that one login sees: a suffix, a container for each book, people below.

```
dc=example,dc=test                                     the suffix
ou=/Contacts,dc=example,dc=test                        a container for each book shown
uid=john,ou=InternalGAL/_zextras,dc=example,dc=test    an entry of that book
```

All entries are rows of an ``Index``; suffix and containers stand in small indexes of their own, so
that whoever writes answers knows one kind of thing. Searches go in steps: what they give is hits,
or None as a point to let others work.

Spec: ../shared/ldap/outlook-and-peers.md 1, 2.3 and 2.5.
"""

from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.folding import fold_value
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.addressbook.listing import Listing
from carbonio_mobile.addressbook.merging import listed
from carbonio_mobile.addressbook.target import Shown, Target
from carbonio_mobile.errors import CarbonioMobileError
from carbonio_mobile.ldap.attributes import Attribute, Syntax, attribute
from carbonio_mobile.ldap.controls import SortKey, View
from carbonio_mobile.ldap.filters import Filter
from carbonio_mobile.ldap.names import Dn, parse_dn
from carbonio_mobile.ldap.requests import Scope

__all__ = ["Hits", "NoSuchObject", "NotSortable", "Shelf", "Shown", "Window"]

_MAX_LISTS: Final = 2
_MAX_TOPS: Final = 8
_BATCH: Final = 256
_LOOK: Final = 100
_WORK: Final = 2000
"""Books are looked into without a pause as long as they hold so many entries together, each counted
for ``_LOOK`` more."""


class NoSuchObject(CarbonioMobileError):
    """No entry has that name; ``matched`` is the name of the nearest one above it that exists."""

    def __init__(self, matched: str) -> None:
        super().__init__("no such object")
        self.matched = matched


class NotSortable(CarbonioMobileError):
    """No entry has an attribute of that name, or it has no order."""

    def __init__(self, name: str) -> None:
        super().__init__("no order by this attribute")
        self.name = name


Hits = tuple[Shown, Sequence[int]]
"""Rows of a book that were found."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a sorted list: ``position`` of its target (from 1), ``count`` of the list.

    The position is one more than the count where the value that was asked for is after all.
    """

    position: int
    count: int
    hits: Sequence[Hits]


class Shelf:
    """What a login sees; cheap to make, valid as long as the same books are shown.

    ``also`` shows the same under another suffix, to those who name that.
    """

    def __init__(self, suffix: Dn, shown: Sequence[Shown], also: "Shelf | None" = None) -> None:
        self.suffix = suffix
        self._also = also
        self.shown = tuple(shown)
        self._root = Shown("", suffix.parent, _root(suffix))
        self._containers = Shown("", suffix, _containers(shown))
        self._by_container = {each.container: each for each in shown}
        self._tops: dict[tuple[str, Scope], Sequence[Target]] = {}
        self._lists: OrderedDict[object, Listing] = OrderedDict()

    def find(self, base: str, scope: Scope, wanted: Filter) -> Iterator[Hits | None]:
        """Find entries, in no order, each once.

        An empty base stands above the suffix; below it and below the suffix, with ONE as with
        SUB, is everything. Raises at once: ``NoSuchObject`` where the base is no entry;
        ProtocolError where it is no name.
        """
        return _found(self.targets(base, scope), wanted)

    def sorted(
        self, base: str, scope: Scope, wanted: Filter, keys: Sequence[SortKey]
    ) -> Iterator[Hits | None]:
        """Find entries in an order. Raises as ``find``, and ``NotSortable``."""
        return self._sorted(self.targets(base, scope), wanted, _sortable(keys))

    def window(
        self, base: str, scope: Scope, wanted: Filter, keys: Sequence[SortKey], view: View
    ) -> Iterator[Window | None]:
        """Find a stretch of the sorted list; the last thing given is the ``Window``.

        Where the client takes the list for longer or shorter than it is, its offset is scaled; an
        offset out of the list is its first or last entry. Raises as ``sorted``.
        """
        return self._window(self.targets(base, scope), wanted, _sortable(keys), view)

    def targets(self, base: str, scope: Scope) -> Sequence[Target]:
        """Say where a search looks. Raises as ``find``."""
        top = self._tops.get((base, scope))
        if top is not None:
            return top
        name = parse_dn(base)
        if self._also is not None and name.within(self._also.suffix):
            return self._also.targets(base, scope)
        if not len(name) or name == self.suffix:
            top = self._top(name, scope)
            if len(self._tops) < _MAX_TOPS:  # as it is written by so many kinds of clients
                self._tops[base, scope] = top
            return top
        shown = self._by_container.get(name)
        if shown is not None:
            own = Target(self._containers, self._containers.index.named(name))
            return _scoped(own, [Target(shown)], scope)
        shown = self._by_container.get(name.parent)
        row = None if shown is None else shown.index.named(name)
        if shown is None or row is None:
            raise NoSuchObject(self._nearest(name))
        return _scoped(Target(shown, row), [], scope)

    def _top(self, name: Dn, scope: Scope) -> Sequence[Target]:
        own = Target(self._root)
        below = [Target(self._containers), *map(Target, self.shown)]
        if len(name) or scope is Scope.BASE:
            return _scoped(own, below, scope) if len(name) else []
        return [own, *below]

    def _nearest(self, name: Dn) -> str:
        above = name
        while len(above := above.parent):
            if above in self._by_container or above == self.suffix:
                return str(above)
        return ""

    def _sorted(
        self, targets: Sequence[Target], wanted: Filter, keys: Sequence[tuple[Attribute, bool]]
    ) -> Iterator[Hits | None]:
        listing = yield from self._listing(targets, wanted, keys)
        for offset in range(0, len(listing), _BATCH):
            yield from _hits(targets, listing, offset, _BATCH)

    def _window(
        self,
        targets: Sequence[Target],
        wanted: Filter,
        keys: Sequence[tuple[Attribute, bool]],
        view: View,
    ) -> Iterator[Window | None]:
        listing = yield from self._listing(targets, wanted, keys)
        count = len(listing)
        if view.value is not None:
            text = view.value.decode("utf-8", "replace")
            at = listing.before(fold_value(keys[0][0].syntax, text) or "")
        else:
            offset = view.offset
            if view.count not in (0, count):
                offset = (count * offset + view.count // 2) // view.count
            at = max(min(offset, count) - 1, 0)
        first = max(at - view.before, 0)
        hits = _hits(targets, listing, first, at + view.after + 1 - first)
        yield Window(min(at + 1, count) if view.value is None else at + 1, count, list(hits))

    def _listing(
        self, targets: Sequence[Target], wanted: Filter, keys: Sequence[tuple[Attribute, bool]]
    ) -> Generator[None, None, Listing]:
        """Give the sorted list; the last few are kept while the books do not change."""
        versions = tuple((id(each.shown), each.row, each.shown.index.version) for each in targets)
        key = (versions, wanted, tuple((each.key, reverse) for each, reverse in keys))
        listing = self._lists.get(key)
        if listing is None:
            listing = yield from listed(targets, wanted, keys)
            self._lists[key] = listing
            if len(self._lists) > _MAX_LISTS:
                self._lists.popitem(last=False)
        return listing


def _hits(targets: Sequence[Target], listing: Listing, offset: int, count: int) -> Iterator[Hits]:
    entries = listing.entries(offset, count)
    for number, group in groupby(entries, key=itemgetter(0)):
        shown = targets[number].shown
        octets = shown.index.octets
        rows = [row for _, row in group if octets[row] is not None]
        if rows:
            yield shown, rows


def _found(targets: Sequence[Target], wanted: Filter) -> Iterator[Hits | None]:
    work = 0
    for target in targets:
        for rows in target.rows(wanted):
            yield (target.shown, rows) if rows else None
        # What was found let others work already; many small books in which nothing is do not.
        work += _LOOK + len(target.shown.index)
        if work > _WORK:
            work = 0
            yield None


def _scoped(own: Target, below: Sequence[Target], scope: Scope) -> Sequence[Target]:
    if scope is Scope.BASE:
        return [own]
    return below if scope is Scope.ONE else [own, *below]


def _sortable(keys: Sequence[SortKey]) -> Sequence[tuple[Attribute, bool]]:
    found = []
    for each in keys:
        known = attribute(each.name)
        if known is None or known.operational or known.syntax is Syntax.BINARY:
            raise NotSortable(each.name)
        found.append((known, each.reverse))
    return found


def _root(suffix: Dn) -> Index:
    index = Index()
    if len(suffix):
        kind, value = suffix.rdns[0][0]
        key = suffix.key[0][0][0]
        classes = ("top", "dcObject", "organization") if key == "dc" else ("top", "organization")
        values = {"objectclass": classes, "o": (value,), key: (value,), **_PARENT}
        index.put(Card(id="suffix", rdn=(kind, value), values=values))
    return index


def _containers(shown: Sequence[Shown]) -> Index:
    index = Index()
    for each in shown:
        kind, value = each.container.rdns[0][0]
        values = {"objectclass": ("top", "organizationalUnit"), "ou": (value,), **_PARENT}
        index.put(Card(id=str(each.container), rdn=(kind, value), values=values))
    return index


_PARENT: Final[dict[str, tuple[str, ...]]] = {"hassubordinates": ("TRUE",)}
