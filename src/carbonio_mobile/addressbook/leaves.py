"""What single assertions of a filter select, by attribute and matching rule.

Spec: RFC 4511 4.5.1.7, RFC 4517 4.2; ../shared/ldap/outlook-and-peers.md 2.3 and 6 (``anr``,
approximate and extensible matches).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from carbonio_mobile.addressbook import checks, matching, operational
from carbonio_mobile.addressbook.column import Check, Column
from carbonio_mobile.addressbook.entries import BY_KEY
from carbonio_mobile.addressbook.folding import fold, fold_value
from carbonio_mobile.addressbook.matching import (
    All,
    Anywhere,
    Beginning,
    Containing,
    Each,
    Everything,
    Leaf,
    Nothing,
    Part,
    Word,
)
from carbonio_mobile.addressbook.questions import (
    WHOLE,
    Pieces,
    asserted,
    assertion,
    pieces,
    plain,
    text_of,
)
from carbonio_mobile.addressbook.words import asked
from carbonio_mobile.ldap.attributes import Attribute, Syntax, attribute
from carbonio_mobile.ldap.filters import (
    Approx,
    AtLeast,
    AtMost,
    Equal,
    Filter,
    Matches,
    Present,
    Substrings,
)
from carbonio_mobile.ldap.names import Dn

if TYPE_CHECKING:
    from carbonio_mobile.addressbook.index import Index

UNDEFINED: Final = Nothing()
"""Stands for an assertion that is neither true nor false of any entry."""

WORDS: Final = " words"
"""The column of words that ``anr`` asks for; no attribute has this key."""

_ANR: Final = "anr"
_FEW: Final = 1000
_STRICT: Final = (Syntax.INTEGER, Syntax.TIME)
"""A value that is none of these makes an assertion undefined."""
_TEXTS: Final = frozenset({Syntax.TEXT, Syntax.IA5, Syntax.DN, Syntax.OID, Syntax.PHONE})

_IGNORE: Final = ("caseignorematch", "2.5.13.2", "caseignoreia5match", "1.3.6.1.4.1.1466.109.114.2")
_EXACT: Final = ("caseexactmatch", "2.5.13.5", "caseexactia5match", "1.3.6.1.4.1.1466.109.114.1")
_PIECES: Final = (
    *("caseignoresubstringsmatch", "2.5.13.4", "caseignoreia5substringsmatch"),
    *("1.3.6.1.4.1.1466.109.114.3",),
)
_RULES: Final[Mapping[str, frozenset[Syntax]]] = {
    **dict.fromkeys((*_IGNORE, *_EXACT, *_PIECES), _TEXTS),
    **dict.fromkeys(("objectidentifiermatch", "2.5.13.0"), frozenset({Syntax.OID})),
    **dict.fromkeys(("distinguishednamematch", "2.5.13.1"), frozenset({Syntax.DN})),
    **dict.fromkeys(("telephonenumbermatch", "2.5.13.20"), frozenset({Syntax.PHONE})),
    **dict.fromkeys(("integermatch", "2.5.13.14"), frozenset({Syntax.INTEGER})),
    **dict.fromkeys(("generalizedtimematch", "2.5.13.27"), frozenset({Syntax.TIME})),
    **dict.fromkeys(("booleanmatch", "2.5.13.13"), frozenset({Syntax.BOOLEAN})),
}
"""The matching rules that may be named, and the syntaxes that they fit."""


class Leaves:
    """Makes the parts of assertions about one index, whose entries stand under ``container``."""

    def __init__(self, index: "Index", container: Dn | None) -> None:
        self._index = index
        self._container = container

    def leaf(self, wanted: Filter) -> Part:
        """Give what an assertion selects; ``UNDEFINED`` where it means nothing here."""
        return _KINDS[type(wanted)](self, wanted)

    def _present(self, wanted: Present) -> Part:
        known = attribute(wanted.name)
        if known is None:
            return UNDEFINED
        key = known.key
        column = self._index.columns.get(key)
        if column is not None and column.count == len(self._index):
            return Everything(self._index)
        if known.operational:
            return operational.present(self._index, key, column)
        if column is None or known.syntax is Syntax.BINARY:
            if not any(key in each.keys or key in each.blobs for each in self._index.kinds()):
                return Nothing()
            return Each(self._index, partial(self._index.has, key=key), weight=2)
        return _present(self._index, column)

    def _equal(self, wanted: Equal) -> Part:
        known = attribute(wanted.name)
        if known is None:
            return self._anr(wanted.name, wanted.value)
        text, value = asserted(known, wanted.value)
        if text is None:
            return UNDEFINED
        if value is None:
            return UNDEFINED if known.syntax in _STRICT else Nothing()
        if known.operational and known.key not in self._index.columns:
            return operational.equal(self._index, known.key, value, text, self._container)
        column = self._index.columns.get(known.key)
        if column is None:
            return self._unsorted(known, checks.equal(value))
        size = column.size(value)
        if not size:
            return Nothing()
        if size == len(self._index):
            return Everything(self._index)
        rank = matching.EXACT if size < _FEW else matching.MOST
        test, source = checks.equal(value), partial(column.equal, value)
        return Leaf(self._index, column, test, rank, source, lambda: size)

    def _substrings(self, wanted: Substrings) -> Part:
        known = attribute(wanted.name)
        if known is None:
            whole = b" ".join((wanted.initial, *wanted.inner, wanted.final))
            return self._anr(wanted.name, whole)
        found = pieces(wanted, known)
        if found is None or known.operational:
            return UNDEFINED
        initial, inner, final = found
        if not (initial or inner or final):
            return self._present(Present(wanted.name))
        column = self._index.columns.get(known.key)
        if column is None:
            return self._unsorted(known, checks.either(checks.pattern(*found)))
        if initial and not inner and not final:
            return Beginning(column, initial)
        if len(inner) == 1 and not initial and not final:
            return Containing(column, inner[0])
        return self._pattern(column, found)

    def _pattern(self, column: Column, found: Pieces) -> Part:
        initial, inner, final = found
        check = checks.pattern(initial, inner, final)
        if initial:
            end = checks.prefix_end(initial)
            source = partial(column.between, initial, end, check)
            size = partial(column.size_between, initial, end)
        else:
            longest = max((*inner, final), key=len)
            source = partial(column.containing, longest, check)
            size = partial(column.size_containing, longest)
        test = checks.either(check)
        return Leaf(self._index, column, test, matching.PIECE, source, size)

    def _at_least(self, wanted: AtLeast) -> Part:
        return self._range(wanted.name, wanted.value, up=True)

    def _at_most(self, wanted: AtMost) -> Part:
        return self._range(wanted.name, wanted.value, up=False)

    def _range(self, name: str, value: bytes, *, up: bool) -> Part:
        known = attribute(name)
        if known is None:
            return UNDEFINED
        text, folded = asserted(known, value)
        if text is None or (folded is None and known.syntax in _STRICT):
            return UNDEFINED
        limit = folded or ""
        column = self._index.columns.get(known.key)
        if column is None and known.operational:
            return operational.between(self._index, known.key, limit, up=up)
        test = checks.either(limit.__le__ if up else limit.__ge__)
        if column is None:
            return self._unsorted(known, test)
        low, high = (limit, None) if up else ("", limit + "\0")
        source = partial(column.between, low, high)
        size = partial(column.size_between, low, high)
        return Leaf(self._index, column, test, matching.RANGE, source, size)

    def _approx(self, wanted: Approx) -> Part:
        """What begins so is much like it: clients that ask so offer what they find."""
        known, value = attribute(wanted.name), wanted.value.strip()
        if known is None or known.syntax in WHOLE or known.operational or not value:
            return self._equal(Equal(wanted.name, wanted.value))
        return self._substrings(Substrings(wanted.name, initial=value))

    def _matches(self, wanted: Matches) -> Part:
        rule = wanted.rule.lower()
        fits = _RULES.get(rule)
        if wanted.in_dn and self._is_above(wanted.name, wanted.value):
            return Everything(self._index)
        if not wanted.name:
            return UNDEFINED if fits is None else self._anywhere(rule, fits, wanted.value)
        known = attribute(wanted.name)
        if known is None or (rule and (fits is None or known.syntax not in fits)):
            return UNDEFINED
        return self._by_rule(rule, wanted.name, wanted.value)

    def _anywhere(self, rule: str, fits: frozenset[Syntax], value: bytes) -> Part:
        """Select by a value of any attribute that the rule fits."""
        text = text_of(value)
        if text is None or rule in _EXACT or rule in _PIECES:
            return UNDEFINED
        folded = {syntax: fold_value(syntax, text) for syntax in fits}
        columns = [
            (column, wanted)
            for key, column in self._index.columns.items()
            if key in BY_KEY and (wanted := folded.get(BY_KEY[key].syntax))
        ]
        return Anywhere(self._index, columns)

    def _by_rule(self, rule: str, name: str, value: bytes) -> Part:
        if rule in _PIECES:
            return self._substrings(assertion(name, value))
        part = self._equal(Equal(name, value))
        if rule not in _EXACT or isinstance(part, Nothing):
            return part
        known = attribute(name)
        assert known is not None
        exact = Each(self._index, partial(self._is_exactly, known.key, plain(value)))
        return exact if isinstance(part, Everything) else All(self._index, [part, exact])

    def _is_exactly(self, key: str, wanted: str, row: int) -> bool:
        return any(plain(each) == wanted for each in self._index.values(row, key))

    def _is_above(self, name: str, value: bytes) -> bool:
        """Say if the value stands in the names of all that is above the entries."""
        known, text = attribute(name), text_of(value)
        if self._container is None or text is None:
            return False
        key, folded = "" if known is None else known.key, fold(text)
        return any(
            (not name or kind == key) and fold(each) == folded
            for kind, each in operational.parts(self._container)
        )

    def _anr(self, name: str, value: bytes) -> Part:
        """Ambiguous name resolution: every word begins a word of a name or address."""
        text = text_of(value)
        if name.lower() != _ANR or text is None:
            return UNDEFINED
        words = asked(text.replace("*", " "))
        if not words:
            return Nothing()
        parts = [self._word(word) for word in words]
        return parts[0] if len(parts) == 1 else All(self._index, parts)

    def _word(self, word: str) -> Part:
        index, column, end = self._index, self._index.columns[WORDS], checks.prefix_end(word)

        def holds(row: int) -> bool:
            return any(each.startswith(word) for each in index.words(row))

        source, size = partial(column.between, word, end), partial(column.size_between, word, end)
        return Word(index, holds, source, size)

    def _unsorted(self, known: Attribute, test: Check) -> Part:
        """Look at an attribute that is not kept by value; few entries have it."""
        index, key = self._index, known.key
        if not any(key in shape.keys for shape in index.kinds()):
            return Nothing()

        def holds(row: int) -> bool:
            return any(map(test, index.folded(row, key)))

        return Each(index, holds, weight=60)


def _present(index: "Index", column: Column) -> Part:
    """Select the rows that have a value at all; where few have, by their values."""
    if not column.count:
        return Nothing()
    if column.count * 8 > len(index):
        return Leaf(index, column, _always)
    source = partial(column.between, "", None)
    return Leaf(index, column, _always, matching.MOST, source, lambda: column.count)


def _always(joined: str) -> bool:
    del joined
    return True


_KINDS: Final[Mapping[type[Filter], Callable[[Leaves, Any], Part]]] = {
    Present: Leaves._present,
    Equal: Leaves._equal,
    Substrings: Leaves._substrings,
    AtLeast: Leaves._at_least,
    AtMost: Leaves._at_most,
    Approx: Leaves._approx,
    Matches: Leaves._matches,
}
