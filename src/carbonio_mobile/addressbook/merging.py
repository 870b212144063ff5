"""How entries that were found become one sorted list, in steps.

The order of a whole book is kept by its index, so that a list of everything costs nothing. What
was picked out by a filter, or comes of several books of some size, is put in order once.
"""

from array import array
from collections.abc import Generator, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Final

from carbonio_mobile.addressbook.listing import FEW, Down, Entry, Fixed, Listing, Run, Together
from carbonio_mobile.addressbook.matching import Everything
from carbonio_mobile.addressbook.ordering import Order
from carbonio_mobile.addressbook.planning import plan
from carbonio_mobile.addressbook.rowset import RowSet
from carbonio_mobile.addressbook.target import Target
from carbonio_mobile.ldap.attributes import Attribute
from carbonio_mobile.ldap.filters import Filter

Keys = Sequence[tuple[Attribute, bool]]
"""Attributes to sort by, the weightiest first, and whether the greatest comes first."""
Making = Generator[None, None, Listing]

_STEP: Final = 256
_Item = tuple[tuple[str | Down, ...], Entry]


def listed(targets: Sequence[Target], wanted: Filter, keys: Keys) -> Making:
    """Make the sorted list of what a filter selects; yields after each millisecond or so."""
    if len(keys) > 1:
        return (yield from _by_several(targets, wanted, keys))
    known, reverse = keys[0]
    runs = []
    for number, target in enumerate(targets):
        run = yield from _run(number, target, wanted, known.key, reverse)
        yield
        if len(run):
            runs.append(run)
    if not runs:
        return Fixed(reverse=reverse)
    *others, main = sorted(runs, key=len)
    if not others:
        return main
    if sum(map(len, others)) > FEW:
        return (yield from _merged(runs, reverse))
    few = [(run.key(row), (run.number, row)) for run in others for row in run.rows(0, FEW)]
    few.sort(key=lambda pair: pair[0], reverse=reverse)
    return Together(main, few, reverse=reverse)


def _run(
    number: int, target: Target, wanted: Filter, key: str, reverse: bool
) -> Generator[None, None, Run]:
    shown = target.shown
    order = shown.index.order(key)
    part = plan(shown.index, wanted, shown.container)
    if target.row is None and isinstance(part, Everything):
        yield from order.prepare()
        return Run(number, order, None, reverse=reverse)
    question = (wanted, key, shown.container, target.row)
    known = shown.index.remembered(question)
    if known is None:
        version = shown.index.version
        known = yield from _picked(target, wanted, order)
        if shown.index.version == version:
            shown.index.remember(question, known)
    return Run(number, order, known, reverse=reverse)


def _picked(target: Target, wanted: Filter, order: Order) -> Generator[None, None, Sequence[int]]:
    """Find what a filter selects, and put it in order."""
    found = RowSet()
    for rows in target.rows(wanted):
        found.add(rows)
        yield
    if len(found) > FEW:
        yield from order.prepare()
    met = array("I")
    for rows in order.of(found):
        met.extend(rows)
        yield
    return met


def _merged(runs: Sequence[Run], reverse: bool) -> Making:
    """Merge runs of which none is short."""
    made = Fixed(reverse=reverse)
    merged = merge(*(_keyed(run, reverse) for run in runs))
    while part := list(islice(merged, _STEP)):
        for keys, entry in part:
            made.add(_text(keys[0]), entry)
        yield
    return made


def _keyed(run: Run, reverse: bool) -> Iterator[_Item]:
    for offset in range(0, len(run), _STEP):
        for row in run.rows(offset, _STEP):
            key = run.key(row)
            yield (Down(key) if reverse else key,), (run.number, row)


def _by_several(targets: Sequence[Target], wanted: Filter, keys: Keys) -> Making:
    """Sort by several keys: small parts, which are then merged."""
    parts: list[list[_Item]] = []
    for number, target in enumerate(targets):
        yield
        orders = [(target.shown.index.order(each.key), reverse) for each, reverse in keys]
        for rows in target.rows(wanted):
            for first in range(0, len(rows), _STEP):
                some = rows[first : first + _STEP]
                parts.append(sorted((_sorting(row, orders), (number, row)) for row in some))
                yield
            yield
    made = Fixed(reverse=keys[0][1])
    merged = merge(*parts)
    while part := list(islice(merged, _STEP)):
        for sorting, entry in part:
            made.add(_text(sorting[0]), entry)
        yield
    return made


def _sorting(row: int, orders: Sequence[tuple[Order, bool]]) -> tuple[str | Down, ...]:
    texts = ((order.key(row), reverse) for order, reverse in orders)
    return tuple(Down(text) if reverse else text for text, reverse in texts)


def _text(key: str | Down) -> str:
    return key.text if isinstance(key, Down) else key
