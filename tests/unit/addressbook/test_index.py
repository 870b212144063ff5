"""The index finds what a walk over all cards would find, whatever changes meanwhile."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.folding import fold
from carbonio_mobile.addressbook.index import DISPLAY, Index
from carbonio_mobile.addressbook.planning import find
from carbonio_mobile.ldap import filters
from carbonio_mobile.ldap.filters import Filter
from carbonio_mobile.ldap.names import parse_dn
from tests.unit.addressbook.people import FILTERS, cards, holds

Change = Card | str
_CHANGES = st.lists(st.one_of(cards(), st.sampled_from("0123456789")), max_size=12)


def apply(index: Index, held: dict[str, Card], change: Change) -> None:
    """Put or remove, in the index and in what it is compared with."""
    if isinstance(change, Card):
        index.put(change)
        held[change.id] = change
    else:
        assert index.remove(change) == (held.pop(change, None) is not None)


def ids(index: Index, wanted: Filter) -> list[str]:
    """Find entries by a filter."""
    return [index.id_of(row) for rows in find(index, wanted) for row in rows]


@settings(max_examples=150, deadline=None)
@given(_CHANGES, FILTERS)
def test_a_filter_finds_what_it_describes(changes: Sequence[Change], wanted: Filter) -> None:
    """RFC 4511 4.5.1.7: with three values, each entry once, after any changes."""
    index, held = Index(), dict[str, Card]()
    for change in changes:
        apply(index, held, change)
    found = ids(index, wanted)
    assert len(found) == len(set(found))
    assert set(found) == {name for name, card in held.items() if holds(card, wanted)}
    assert len(index) == len(held)


@settings(max_examples=100, deadline=None)
@given(_CHANGES, st.lists(st.one_of(st.none(), *[cards(), st.sampled_from("0123456789")])), FILTERS)
def test_changes_between_steps_do_no_harm(
    changes: Sequence[Change], between: Sequence[Change | None], wanted: Filter
) -> None:
    """What a step gives is right at that time, and what did not change is found."""
    index, held = Index(), dict[str, Card]()
    for change in changes:
        apply(index, held, change)
    untouched = set(held) - {
        each.id if isinstance(each, Card) else each for each in between if each
    }
    met: set[str] = set()
    turns = iter(between)
    for rows in find(index, wanted):
        for row in rows:
            name = index.id_of(row)
            assert holds(held[name], wanted)
            met.add(name)
        change = next(turns, None)
        if change is not None:
            apply(index, held, change)
    assert met >= {name for name in untouched if holds(held[name], wanted)}


@settings(max_examples=60, deadline=None)
@given(_CHANGES, st.sampled_from(["cn", "mail", "birthyear", "mgrprfc822mailmember"]))
def test_an_order_is_kept_over_changes(changes: Sequence[Change], key: str) -> None:
    """By the least folded value, those without one last (RFC 2891 2.2)."""
    index, held = Index(), dict[str, Card]()
    for at, change in enumerate(changes):
        apply(index, held, change)
        if at == len(changes) // 2:
            for _ in index.order(key).prepare():
                pass
    order = index.order(key)
    for _ in order.prepare():
        pass
    rows = order.rows(0, 100)
    assert len(order) == len(held)
    assert list(rows) == sorted(rows, key=order.place)
    assert {index.id_of(row) for row in rows} == set(held)
    shown = index.page(0, 100)
    assert list(shown) == sorted(shown, key=index.order(DISPLAY).place)


def person(number: int, name: str, **values: tuple[str, ...]) -> Card:
    """Make a card of a name."""
    first, _, last = name.partition(" ")
    shown = {"cn": (name,), "displayname": (name,), "givenname": (first,), "sn": (last or first,)}
    return Card(id=str(number), rdn=("uid", f"u{number}"), values={**shown, **values})


ANNAS = (
    person(1, "Anna Berg", mail=("anna.berg@example.test",)),
    person(2, "Anne-Marie O'Neill", mail=("am@example.test", "Anne@Example.test")),
    person(3, "Zoë Ångström", mail=("zoe@example.test",), telephonenumber=("+39 0444 1234",)),
    person(4, "Bergé Hannah", title=("Head of Annexes",)),
    person(5, "José Berg", mail=("josé@example.test",)),
)


@pytest.fixture
def index() -> Index:
    """Give an index of a few people."""
    made = Index()
    for _ in made.load(ANNAS):
        pass
    return made


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ann", "12"),
        ("ANNA B.", "1"),
        ("berg", "145"),
        ("marie", "2"),
        ("neill", "2"),
        ("o'n", "2"),
        ("angstrom", "3"),
        ("u4", "4"),
        ("zoe@ex", "3"),
        ("berg anna", "1"),
        ("nobody", ""),
        (" . ", ""),
        ("", ""),
    ],
)
def test_people_are_found_by_words(index: Index, text: str, found: str) -> None:
    """MS-ASCMD 2.2.1.16: each word begins a word of a name or address; by display name."""
    rows = [row for batch in index.beginning(text) for row in batch]
    assert "".join(map(index.id_of, rows)) == found
    assert set(ids(index, filters.Equal("anr", text.encode()))) == set(found)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("anna.berg@example.test", "1"),
        (" ANNE@example.TEST ", "2"),
        ("josé@example.test", "5"),
        ("jose@example.test", ""),
        ("zoe", ""),
    ],
)
def test_an_address_is_one_entry(index: Index, address: str, found: str) -> None:
    """Case does not matter, accents do: they are other mailboxes."""
    row = index.at(address)
    assert (index.id_of(row) if row is not None else "") == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (filters.Approx("cn", b"ann"), "12"),
        (filters.Approx("cn", b" "), ""),
        (filters.Approx("telephoneNumber", b"0039"), ""),
        (filters.Approx("telephoneNumber", b"(39) 0444"), "3"),
        (filters.Matches("caseIgnoreMatch", "cn", b"JOSE berg"), "5"),
        (filters.Matches("2.5.13.5", "cn", b"Anna Berg"), "1"),
        (filters.Matches("caseExactMatch", "cn", b"anna berg"), ""),
        (filters.Matches("caseIgnoreSubstringsMatch", "cn", b"an*b*"), "1"),
        (filters.Matches("", "sn", b"berg"), "15"),
        (filters.Matches("caseIgnoreMatch", "", b"berg"), "15"),
        (filters.Matches("1.2.840.113556.1.4.803", "cn", b"2"), ""),
        (filters.Matches("caseIgnoreMatch", "jpegPhoto", b"2"), ""),
        (filters.Matches("caseIgnoreMatch", "ou", b"GAL", in_dn=True), "12345"),
        (filters.Matches("caseIgnoreMatch", "", b"gal", in_dn=True), "12345"),
        (filters.Not(filters.Matches("no-such-rule", "cn", b"x")), ""),
        (filters.Equal("entryDN", b"UID=u3, ou=gal,dc=x"), "3"),
        (filters.Equal("entryDN", b"uid=u3,ou=other,dc=x"), ""),
        (filters.Present("entryUUID"), "12345"),
        (filters.Present("modifyTimestamp"), ""),
        (filters.And(()), "12345"),
        (filters.Or(()), ""),
        (filters.Equal("?", b"undefined"), ""),
        (filters.Not(filters.Equal("?", b"undefined")), ""),
    ],
)
def test_other_matches(index: Index, wanted: Filter, found: str) -> None:
    """RFC 4511 4.5.1.7.7, RFC 4526, RFC 5020."""
    rows = [row for batch in find(index, wanted, parse_dn("ou=GAL,dc=x")) for row in batch]
    assert sorted(map(index.id_of, rows)) == list(found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (filters.AtLeast("modifyTimestamp", b"20010909014640Z"), "ab"),
        (filters.AtMost("modifyTimestamp", b"20010909014640Z"), "a"),
        (filters.Equal("modifyTimestamp", b"20010909014640Z"), "a"),
        (filters.Present("modifyTimestamp"), "ab"),
        (filters.Not(filters.Present("modifyTimestamp")), "c"),
    ],
)
def test_times_of_change(wanted: Filter, found: str) -> None:
    """An entry of unknown age has no such attribute."""
    index = Index()
    for name, stamp in (("a", 1e9), ("b", 2e9), ("c", 0.0)):
        index.put(Card(id=name, rdn=("uid", name), values={"cn": (name,)}, stamp=stamp))
    assert sorted(ids(index, wanted)) == list(found)


def test_an_entry_comes_back_as_it_was_put(index: Index) -> None:
    """Values in their order, octets as octets; the name is among them (RFC 4512 2.3.2)."""
    card = Card(
        id="x",
        rdn=("uid", "a=b"),
        values={"cn": ("B", "A"), "usercertificate": (b"\x00\xff",), "uid": ("a=b",)},
        blobs=frozenset({"jpegphoto"}),
        stamp=12.5,
    )
    assert index.entry(index.put(card)) == card
    assert index.entry(0).values["uid"] == ("u1",)


def test_changes_are_told(index: Index) -> None:
    """As long as they are remembered."""
    version = index.version
    row = index.put(ANNAS[0])
    assert index.row_of("1") == row
    assert index.changed_since(version) == [row]
    assert index.changed_since(index.version) == []
    for _ in range(5000):
        index.put(ANNAS[1])
    assert index.changed_since(version) is None


def test_many_entries_in_steps() -> None:
    """Ranges, common values and pieces over many blocks; no batch is long."""
    index = Index()
    for number in range(5000):
        index.put(person(number, f"P{number % 50} Q{number:05}", o=("All & Sons",)))
    for wanted, count in (
        (filters.Equal("o", b"all & sons"), 5000),
        (filters.Substrings("o", inner=(b"& s",)), 5000),
        (filters.Substrings("cn", inner=(b"p7 q",)), 100),
        (filters.Substrings("cn", inner=(b"q0",)), 5000),
        (filters.Substrings("sn", inner=(b"q0421",)), 10),
        (filters.AtLeast("sn", b"q04000"), 1000),
        (filters.And((filters.Equal("givenName", b"p3"), filters.AtMost("sn", b"q00999"))), 20),
    ):
        batches = [len(rows) for rows in find(index, wanted)]
        assert sum(batches) == count
        assert max(batches) <= 1024
    for number in range(0, 5000, 2):
        index.remove(str(number))
    assert len(ids(index, filters.Substrings("cn", inner=(b"q0",)))) == 2500
    rows = index.page(100, 50)
    names = sorted(f"p{number % 50} q{number:05}" for number in range(1, 5000, 2))
    assert [fold(str(index.entry(row).values["cn"][0])) for row in rows] == names[100:150]
