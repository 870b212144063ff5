"""Cards, filters and a naive matcher for tests of the index."""

from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.checks import pattern
from carbonio_mobile.addressbook.folding import fold_phone, fold_piece, fold_value
from carbonio_mobile.ldap import filters
from carbonio_mobile.ldap.attributes import Syntax, attribute
from carbonio_mobile.ldap.filters import Filter

_TEXTS = st.sampled_from(
    [
        *("a", "ab", "abc", "abcabc", "aab", "b", "bca", "Anna Berg", "anna", "Ann-Marie Bergé"),
        *("Müller", "muller", "  MULLER  x ", "Berg, Anna", "annab@example.test", "cab", "ca b"),
    ]
)
_PHONES = st.sampled_from(["+39 0444 12", "0444-12", "39044412", "12", "+", "444"])
_NUMBERS = st.sampled_from(["1", "12", "2", "007", "-3"])
NAMES = {
    "cn": _TEXTS,
    "sn": _TEXTS,
    "mail": _TEXTS,
    "title": _TEXTS,
    "street": _TEXTS,
    "mgrprfc822mailmember": _TEXTS,
    "telephonenumber": _PHONES,
    "birthyear": _NUMBERS,
}


@st.composite
def cards(draw: st.DrawFn, ids: Iterable[str] = "0123456789") -> Card:
    """Give a card of few values out of few."""
    name = draw(st.sampled_from(list(ids)))
    keys = draw(st.lists(st.sampled_from(list(NAMES)), max_size=5, unique=True))
    values = {key: tuple(draw(st.lists(NAMES[key], min_size=1, max_size=3))) for key in keys}
    blobs = frozenset({"jpegphoto"}) if draw(st.booleans()) else frozenset[str]()
    values["objectclass"] = draw(st.sampled_from([("top", "person"), ("top", "groupOfNames")]))
    return Card(id=name, rdn=("uid", f"u{name}"), values=values, blobs=blobs)


_ASKED = st.sampled_from(
    [
        *("cn", "commonName", "sn", "MAIL", "title", "street", "rfc822MailMember"),
        *("telephoneNumber", "birthyear", "jpegPhoto", "objectClass", "l", "?", "uid"),
    ]
)
_PIECE = st.sampled_from(
    ["", "a", "b", "ab", "abc", "bca", "ann", "anna", " ", "n b", "MÜL", "12", "444", "x", "u1"]
).map(str.encode)
_WHOLE = st.one_of(_TEXTS, _PHONES, _NUMBERS, st.sampled_from(["person", "u1"])).map(str.encode)
_VALUE = st.one_of(_WHOLE, _PIECE, st.just(b"\xff"))
_LEAF: st.SearchStrategy[Filter] = st.one_of(
    st.builds(filters.Present, _ASKED),
    st.builds(filters.Equal, _ASKED, _VALUE),
    st.builds(filters.Substrings, _ASKED, _PIECE, st.lists(_PIECE, max_size=2).map(tuple), _PIECE),
    st.builds(filters.AtLeast, _ASKED, _VALUE),
    st.builds(filters.AtMost, _ASKED, _VALUE),
)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    _LEAF,
    lambda parts: st.one_of(
        st.builds(filters.And, st.lists(parts, max_size=4).map(tuple)),
        st.builds(filters.Or, st.lists(parts, max_size=4).map(tuple)),
        st.builds(filters.Not, parts),
    ),
    max_leaves=8,
)


def holds(card: Card, wanted: Filter) -> bool | None:
    """Say if a card is what a filter wants, one value after the other; None is undefined."""
    match wanted:
        case filters.And(parts):
            found = {holds(card, part) for part in parts}
            return False if False in found else None if None in found else True
        case filters.Or(parts):
            found = {holds(card, part) for part in parts}
            return True if True in found else None if None in found else False
        case filters.Not(part):
            truth = holds(card, part)
            return None if truth is None else not truth
    return _leaf(card, wanted)


def _values(card: Card) -> Mapping[str, tuple[str | bytes, ...]]:
    key, name = card.rdn
    return {**card.values, key: (*card.values.get(key, ()), name)}


def _leaf(card: Card, wanted: Filter) -> bool | None:
    assert not isinstance(wanted, filters.And | filters.Or | filters.Not)
    known = attribute(wanted.name)
    if known is None:
        return None
    values = _values(card).get(known.key, ())
    if isinstance(wanted, filters.Present):
        return bool(values) or known.key in card.blobs
    if known.syntax is Syntax.BINARY:
        return None
    held = [fold_value(known.syntax, each) for each in values if isinstance(each, str)]
    folded = [each for each in held if each]
    if isinstance(wanted, filters.Substrings):
        return _pieces(known.syntax, folded, bool(values), wanted)
    try:
        value = fold_value(known.syntax, wanted.value.decode())
    except UnicodeDecodeError:
        return None
    if value is None and known.syntax is Syntax.INTEGER:
        return None
    if isinstance(wanted, filters.AtLeast):
        return any(each >= (value or "") for each in folded)
    if isinstance(wanted, filters.AtMost):
        return any(each <= (value or "") for each in folded)
    return value in folded


def _pieces(
    syntax: Syntax, folded: list[str], present: bool, wanted: filters.Substrings
) -> bool | None:
    if syntax is Syntax.INTEGER:
        return None
    pieces = [each.decode() for each in (wanted.initial, *wanted.inner, wanted.final)]
    last = len(pieces) - 1
    if syntax is Syntax.PHONE:
        parts = [fold_phone(each) for each in pieces]
    else:
        parts = [fold_piece(e, first=at == 0, last=at == last) for at, e in enumerate(pieces)]
    if not any(parts):
        return present
    check = pattern(parts[0], [part for part in parts[1:-1] if part], parts[-1])
    return any(map(check, folded))
