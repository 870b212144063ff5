"""The tree that a login sees, and its sorted lists."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonio_mobile.addressbook import listing, merging
from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.folding import LAST, fold
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.addressbook.shelf import (
    Hits,
    NoSuchObject,
    NotSortable,
    Shelf,
    Shown,
    Window,
)
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.controls import SortKey, View
from carbonio_mobile.ldap.filters import And, Equal, Filter, Not, Present
from carbonio_mobile.ldap.names import parse_dn
from carbonio_mobile.ldap.requests import Scope

SUFFIX = parse_dn("dc=example,dc=test")
EVERYTHING = Present("objectClass")


def card(name: str, **values: tuple[str, ...]) -> Card:
    """Make a card."""
    return Card(id=name, rdn=("uid", name), values={"objectclass": ("top",), **values})


def book(name: str, *cards: Card) -> Shown:
    """Make a book."""
    index = Index()
    for each in cards:
        index.put(each)
    return Shown(name, SUFFIX.child("ou", name), index)


def shelf() -> Shelf:
    """Make a shelf of two books."""
    own = book("/Contacts", card("aunt", cn=("Aunt Berta",)), card("pet"))
    people = (card("anna", cn=("Anna",), mail=("a@x",)), card("zoe", cn=("Zoë", "Aaa")))
    return Shelf(SUFFIX, [own, book("InternalGAL/_zextras", *people)])


def names(found: Iterator[Hits | None]) -> list[str]:
    """Give the names of entries found, without the suffix."""
    made = []
    for hits in found:
        if hits is not None:
            shown, rows = hits
            made += [shown.index.dn(row, str(shown.container)) for row in rows]
    return [name.removesuffix(str(SUFFIX)).strip(",") for name in made]


_CONTACTS = ["uid=aunt,ou=/Contacts", "uid=pet,ou=/Contacts"]
_GAL = ["uid=anna,ou=InternalGAL/_zextras", "uid=zoe,ou=InternalGAL/_zextras"]
_BOOKS = ["ou=/Contacts", "ou=InternalGAL/_zextras"]
_ALL = ["", *_BOOKS, *_CONTACTS, *_GAL]


@pytest.mark.parametrize(
    ("base", "base_scope", "one", "sub"),
    [
        ("", [], _ALL, _ALL),
        ("dc=example, DC=Test", [""], _ALL[1:], _ALL),
        ("ou=/contacts,dc=example,dc=test", [_BOOKS[0]], _CONTACTS, [_BOOKS[0], *_CONTACTS]),
        ("uid=ANNA,ou=InternalGAL/_zextras,dc=example,dc=test", [_GAL[0]], [], [_GAL[0]]),
    ],
)
def test_how_far_a_search_reaches(
    base: str, base_scope: list[str], one: list[str], sub: list[str]
) -> None:
    """RFC 4511 4.5.1.2, and all below an empty base or the suffix: outlook-and-peers.md 2.3."""
    found = [names(shelf().find(base, scope, EVERYTHING)) for scope in Scope]
    assert found == [base_scope, one, sub]


@pytest.mark.parametrize(
    ("base", "matched"),
    [
        ("dc=test", ""),
        ("dc=other", ""),
        ("ou=/Other,dc=example,dc=test", "dc=example,dc=test"),
        ("uid=nobody,ou=/Contacts,dc=example,dc=test", "ou=/Contacts,dc=example,dc=test"),
        ("cn=x,uid=aunt,ou=/Contacts,dc=example,dc=test", "ou=/Contacts,dc=example,dc=test"),
    ],
)
def test_a_base_that_is_not_there(base: str, matched: str) -> None:
    """RFC 4511 4.1.9: the answer names the nearest that is; it is known at once."""
    with pytest.raises(NoSuchObject) as caught:
        shelf().find(base, Scope.SUB, EVERYTHING)
    assert caught.value.matched == matched
    with pytest.raises(ProtocolError):
        shelf().find("no name", Scope.SUB, EVERYTHING)


def test_containers_are_entries_too() -> None:
    """With the classes and attributes that such entries have; they say that they hold others."""
    assert names(shelf().find("", Scope.SUB, Equal("ou", b"/contacts"))) == ["ou=/Contacts"]
    assert names(shelf().find("", Scope.SUB, Equal("hasSubordinates", b"TRUE"))) == ["", *_BOOKS]
    assert names(shelf().find("", Scope.SUB, Equal("hasSubordinates", b"FALSE"))) == [
        *_CONTACTS,
        *_GAL,
    ]
    assert names(shelf().find("", Scope.SUB, Equal("dc", b"Example"))) == [""]


def test_an_entry_is_found_by_its_name() -> None:
    """RFC 5020, under its own book alone."""
    wanted = Equal("entryDN", b"uid=zoe,ou=InternalGAL/_zextras,dc=example,dc=test")
    assert names(shelf().find("", Scope.SUB, wanted)) == [_GAL[1]]


def test_sorting() -> None:
    """By the least value (RFC 2891 2.2); those without the attribute last, or first if turned."""
    cn = [_GAL[1], _GAL[0], _CONTACTS[0]]
    base = "dc=example,dc=test"
    below = And((EVERYTHING, Not(Equal("hasSubordinates", b"TRUE"))))
    assert names(shelf().sorted(base, Scope.SUB, below, [SortKey("cn")])) == [*cn, _CONTACTS[1]]
    turned = [SortKey("commonName", "2.5.13.3", reverse=True)]
    assert names(shelf().sorted(base, Scope.SUB, below, turned)) == [_CONTACTS[1], *cn[::-1]]


@pytest.mark.parametrize("name", ["nothing", "jpegPhoto", "entryDN"])
def test_what_cannot_be_sorted_by(name: str) -> None:
    """The caller hears at once, and which."""
    with pytest.raises(NotSortable) as caught:
        shelf().sorted("", Scope.SUB, EVERYTHING, [SortKey("cn"), SortKey(name)])
    assert caught.value.name == name


_WORDS = st.sampled_from(["a", "b", "Bb", "c", "ç", "d", "x y"])
_PEOPLE = st.lists(
    st.tuples(st.lists(_WORDS, max_size=2), st.lists(_WORDS, max_size=1), st.booleans()),
    max_size=8,
)
_KEYS = st.sampled_from(
    [
        *((SortKey("cn"),), (SortKey("cn", reverse=True),), (SortKey("sn"), SortKey("cn"))),
        (SortKey("sn", reverse=True), SortKey("cn")),
    ]
)
_FILTERS = st.sampled_from([Equal("title", b"t"), Present("mail"), Equal("mail", b"m")])


def made(number: int, people: Sequence[tuple[list[str], list[str], bool]]) -> Shown:
    """Make a book of people, all of whom have an address."""
    cards = []
    for at, (cn, sn, titled) in enumerate(people):
        some = {"cn": cn, "sn": sn, "title": ["t"] if titled else []}
        values = {key: tuple(each) for key, each in some.items() if each}
        cards.append(card(f"{number}-{at}", mail=("m",), **values))
    return book(f"b{number}", *cards)


def expected(
    books: Sequence[Shown], wanted: Filter, keys: Sequence[SortKey]
) -> list[tuple[str, ...]]:
    """Give what all entries are sorted by, in order."""
    found = []
    for shown in books:
        for row in range(shown.index.capacity):
            entry = shown.index.entry(row)
            if wanted != Equal("title", b"t") or "title" in entry.values:
                found.append(sorting(entry, keys))
    for at, key in reversed(list(enumerate(keys))):
        found.sort(key=lambda each: each[at], reverse=key.reverse)
    return found


def sorting(entry: Card, keys: Sequence[SortKey]) -> tuple[str, ...]:
    """Give what an entry is sorted by."""
    return tuple(
        min((fold(str(each)) for each in entry.values.get(key.name, ())), default=LAST)
        for key in keys
    )


def shown_in(window: Window, keys: Sequence[SortKey]) -> list[tuple[str, ...]]:
    """Give what the entries of a window are sorted by."""
    return [sorting(shown.index.entry(row), keys) for shown, rows in window.hits for row in rows]


@settings(max_examples=150, deadline=None)
@given(
    people=st.lists(_PEOPLE, min_size=1, max_size=3),
    wanted=_FILTERS,
    keys=_KEYS,
    view=st.builds(
        View,
        before=st.integers(0, 3),
        after=st.integers(0, 3),
        offset=st.integers(0, 30),
        value=st.none() | _WORDS.map(str.encode),
    ),
    few=st.integers(0, 10),
)
def test_a_window_is_a_stretch_of_the_sorted_list(
    people: Sequence[Sequence[tuple[list[str], list[str], bool]]],
    wanted: Filter,
    keys: Sequence[SortKey],
    view: View,
    few: int,
) -> None:
    """draft-ietf-ldapext-ldapv3-vlv-09: by offset and by value, over one or several books.

    However many entries are put in between those of the largest book.
    """
    before, merging.FEW = merging.FEW, few  # type: ignore[misc]
    try:
        books = [made(number, each) for number, each in enumerate(people)]
        base = Shelf(SUFFIX, books)
        *steps, window = base.window("", Scope.SUB, wanted, keys, view)
        found = list(base.sorted("", Scope.SUB, wanted, keys))
    finally:
        merging.FEW = before  # type: ignore[misc]
    assert isinstance(window, Window)
    assert not any(steps)
    whole = expected(books, wanted, keys)
    assert shown_in(Window(0, 0, [each for each in found if each]), keys) == whole
    assert window.count == len(whole)
    assert window.position == target(whole, keys[0], view)
    first = max(window.position - 1 - view.before, 0)
    assert shown_in(window, keys) == whole[first : window.position + view.after]


def target(whole: Sequence[tuple[str, ...]], key: SortKey, view: View) -> int:
    """Say where the target of a view stands."""
    if view.value is None:
        return min(max(view.offset, 1), len(whole))
    value = fold(view.value.decode())
    return 1 + sum(each[0] > value if key.reverse else each[0] < value for each in whole)


@pytest.mark.parametrize(
    ("offset", "count", "position"),
    [(1, 200, 1), (100, 200, 50), (200, 200, 100), (50, 50, 100), (500, 100, 100), (7, 0, 7)],
)
def test_another_count_of_the_client_is_scaled(offset: int, count: int, position: int) -> None:
    """draft-ietf-ldapext-ldapv3-vlv-09 6.1.1; past the end is the last entry."""
    people = [card(f"{number:03}", cn=(f"{number:03}",)) for number in range(100)]
    base = Shelf(SUFFIX, [book("b", *people)])
    view = View(before=0, after=0, offset=offset, count=count)
    *_, window = base.window("", Scope.SUB, Present("cn"), [SortKey("cn")], view)
    assert window is not None
    assert (window.position, window.count) == (position, 100)


def test_a_list_follows_changes() -> None:
    """What was kept of a list counts as long as nothing changed."""
    people = book("b", card("1", cn=("b",)), card("2", cn=("d",)))
    base = Shelf(SUFFIX, [people])
    view = View(before=0, after=9, offset=1)

    def seen() -> list[tuple[str, ...]]:
        keys = [SortKey("cn")]
        *_, window = base.window("", Scope.SUB, Present("cn"), keys, view)
        assert window is not None
        return shown_in(window, keys)

    assert seen() == [("b",), ("d",)]
    people.index.put(card("3", cn=("c",)))
    assert seen() == [("b",), ("c",), ("d",)]
    people.index.put(card("1", cn=("e",)))
    people.index.remove("2")
    assert seen() == [("c",), ("e",)]
    people.index.put(card("4"))
    assert seen() == [("c",), ("e",)]


def test_an_empty_shelf() -> None:
    """Nothing but the suffix, which has no name to sort by."""
    base = Shelf(SUFFIX, [])
    assert names(base.find("", Scope.SUB, EVERYTHING)) == [""]
    view = View(before=1, after=1, offset=1)
    assert list(base.window("", Scope.SUB, Present("cn"), [SortKey("cn")], view))[-1] == Window(
        0, 0, []
    )
    assert listing.FEW > 0


@settings(max_examples=100, deadline=None)
@given(people=_PEOPLE, wanted=_FILTERS, keys=_KEYS, more=st.lists(st.integers(0, 12)))
def test_changes_while_a_list_is_made(
    people: Sequence[tuple[list[str], list[str], bool]],
    wanted: Filter,
    keys: Sequence[SortKey],
    more: Sequence[int],
) -> None:
    """What is given is there, and what is kept of a list that was disturbed is used by nobody."""
    shown = made(0, people)
    base = Shelf(SUFFIX, [shown])
    view = View(before=0, after=20, offset=1)
    turns = iter(more)
    for step in base.window("", Scope.SUB, wanted, keys, view):
        for there, rows in step.hits if step is not None else ():
            assert all(there.index.is_there(row) for row in rows)
        turn = next(turns, None)
        if turn is not None and not shown.index.remove(f"0-{turn}"):
            shown.index.put(card(f"0-{turn}", mail=("m",), title=("t",), cn=(f"{turn}",)))
    *_, window = base.window("", Scope.SUB, wanted, keys, view)
    assert window is not None
    found = {shown.index.id_of(row) for _, rows in window.hits for row in rows}
    held = [
        shown.index.entry(row) for row in range(shown.index.capacity) if shown.index.is_there(row)
    ]
    titled = wanted == Equal("title", b"t")
    assert found == {each.id for each in held if not titled or "title" in each.values}
