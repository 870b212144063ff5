"""A filter becomes the parts that find its entries in an index, the cheapest first.

Negations are pushed to the leaves (De Morgan's laws hold with three values too). A leaf that is
undefined is then replaced by nothing, negated or not: an entry is found only where the whole is
true, and and/or are true of the same entries whether a part is false or undefined.

Spec: RFC 4511 4.5.1.7, RFC 4526; ../shared/ldap/outlook-and-peers.md 6.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from carbonio_mobile.addressbook.findings import MAX_ROWS, Finding
from carbonio_mobile.addressbook.leaves import UNDEFINED, Leaves
from carbonio_mobile.addressbook.matching import STEP, All, Any, Everything, Except, Nothing, Part
from carbonio_mobile.addressbook.rowset import RowSet
from carbonio_mobile.ldap.filters import And, Filter, Not, Or

if TYPE_CHECKING:
    from carbonio_mobile.addressbook.index import Index
    from carbonio_mobile.ldap.names import Dn


_TINY: Final = 64
"""A book of so many rows is looked at as a whole."""


_LARGE: Final = 1000
_FEW_QUESTIONS: Final = 64
_MANY_QUESTIONS: Final = 4096
"""So many answers are kept of a book with fewer than so many rows, and with more."""


def plan(index: "Index", wanted: Filter, container: "Dn | None" = None) -> Part:
    """Give what finds the entries that a filter selects.

    ``container`` is the name under which the entries stand, for what asks for names.
    """
    return _part(index, Leaves(index, container), wanted, negated=False)


def find(index: "Index", wanted: Filter, container: "Dn | None" = None) -> Iterator[Sequence[int]]:
    """Find the rows of entries that a filter selects, in no order, each once, in batches.

    An empty batch means that some work is done and others may work now. Rows are right at the
    time that they are given, whatever is put and removed between steps.
    """
    if index.capacity <= _TINY:
        yield _at_once(index, wanted, container)
        return
    known = index.findings.get(index.version, wanted, container)
    if known is None:
        yield from _noted(index, wanted, container)
        return
    yield known.rows
    if not known.is_whole:
        yield from _found(index, wanted, container, RowSet(known.rows))


def _at_once(index: "Index", wanted: Filter, container: "Dn | None") -> Sequence[int]:
    if not len(index):
        return ()
    part = plan(index, wanted, container)
    if type(part) is Nothing:
        return ()
    octets = index.octets
    return part.narrow([row for row in range(len(octets)) if octets[row] is not None])


def _noted(index: "Index", wanted: Filter, container: "Dn | None") -> Iterator[Sequence[int]]:
    """Find rows, and note the first of them for others; whoever asks may stop at any time."""
    version, is_whole = index.version, False
    first: list[int] = []
    try:
        for batch in _found(index, wanted, container, RowSet()):
            if len(first) < MAX_ROWS:
                first += batch
            yield batch
        is_whole = len(first) < MAX_ROWS
    finally:
        if index.version == version and (is_whole or first):
            found = Finding(wanted, container, array("I", first[:MAX_ROWS]), is_whole)
            most = _MANY_QUESTIONS if index.capacity > _LARGE else _FEW_QUESTIONS
            index.findings.keep(version, found, most)


def _found(
    index: "Index", wanted: Filter, container: "Dn | None", seen: RowSet
) -> Iterator[Sequence[int]]:
    part = current = plan(index, wanted, container)
    made = checked = index.version
    for batch in part.batches():
        if index.version == made:
            yield seen.add(batch) if batch else ()
            continue
        # The part was made for what is no more: every row is looked at once more.
        most = max(1, STEP // part.weight)
        for first in range(0, len(batch), most):
            if index.version != checked:
                current, checked = plan(index, wanted, container), index.version
            some = filter(index.is_there, batch[first : first + most])
            yield seen.add(current.narrow(list(some)))
        yield ()


def _part(index: "Index", leaves: Leaves, wanted: Filter, *, negated: bool) -> Part:
    kind = type(wanted)
    if kind is And or kind is Or:
        assert isinstance(wanted, And | Or)
        join = _all if (kind is And) is not negated else _any
        return join(index, leaves, wanted.parts, negated=negated)
    if isinstance(wanted, Not):
        return _part(index, leaves, wanted.part, negated=not negated)
    leaf = leaves.leaf(wanted)
    if leaf is UNDEFINED:
        return Nothing()
    return _except(index, leaf) if negated else leaf


def _all(index: "Index", leaves: Leaves, parts: Sequence[Filter], *, negated: bool) -> Part:
    """Join parts of which all must hold."""
    held: list[Part] = []
    for each in parts:
        part = _part(index, leaves, each, negated=negated)
        kind = type(part)
        if kind is Nothing:
            return part
        if kind is not Everything:
            held.append(part)
    if not held:
        return Everything(index)
    return held[0] if len(held) == 1 else All(index, held)


def _any(index: "Index", leaves: Leaves, parts: Sequence[Filter], *, negated: bool) -> Part:
    """Join parts of which one must hold; an "or" inside is spread out."""
    held: list[Part] = []
    for each in parts:
        part = _part(index, leaves, each, negated=negated)
        kind = type(part)
        if kind is Everything:
            return part
        if kind is Any:
            assert isinstance(part, Any)
            held += part.parts
        elif kind is not Nothing:
            held.append(part)
    if not held:
        return Nothing()
    return held[0] if len(held) == 1 else Any(index, held)


def _except(index: "Index", part: Part) -> Part:
    if isinstance(part, Nothing):
        return Everything(index)
    return Nothing() if isinstance(part, Everything) else Except(index, part)
