"""The address lists of all domains: built from a feed, and following it."""

from collections import Counter
from collections.abc import Collection, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.logger import globalLogPublisher

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.news import DomainCard, PeopleNews, PeoplePosition
from carbonio_mobile.addressbook.peoplecards import MEMBERS
from carbonio_mobile.books.gal import GalBooks
from carbonio_mobile.books.people import PeopleOfBooks
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.people import PersonKind, PersonWish
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.testing.people import no_turn

T = TypeVar("T")
HOME, AWAY, BELOW = "example.com", "example.net", "sub.example.com"


def done(work: Coroutine[Any, Any, T]) -> T:
    """Give what a coroutine gives at once."""
    found: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(found.append)
    assert found, "it waits"
    if hasattr(found[0], "raiseException"):
        found[0].raiseException()
    result: T = found[0]
    return result


def entry(
    name: str,
    domain: str = HOME,
    *,
    is_external: bool = False,
    kind: PersonKind = PersonKind.PERSON,
    mark: str = "",
) -> DomainCard:
    """Make an entry; its id is its name."""
    values = {
        "cn": (name,),
        "displayname": (name,),
        "mail": (f"{name.lower()}@{domain}",),
        "uid": (name.lower(),),
    }
    if mark:
        values["title"] = (mark,)
    large = frozenset({MEMBERS}) if kind is PersonKind.GROUP else frozenset()
    card = Card(id=name, rdn=("uid", name.lower()), values=values, blobs=large)
    return DomainCard(domain=domain, card=card, kind=kind, is_external=is_external)


class Feed:
    """A feed that tells what it is told, a page at each question; ``held`` makes it wait."""

    def __init__(self, *pages: PeopleNews) -> None:
        self.changes = 1
        self.pages = list(pages)
        self.asked: list[PeoplePosition | None] = []
        self.held: list[Deferred[PeopleNews]] | None = None

    def version(self) -> int:
        """Give the number of changes."""
        return self.changes

    async def people_since(self, position: PeoplePosition | None) -> PeopleNews:
        """Give the next page."""
        self.asked.append(position)
        if self.held is not None:
            waiting: Deferred[PeopleNews] = Deferred()
            self.held.append(waiting)
            return await waiting
        return self.pages.pop(0)

    async def blobs(
        self, owners: Collection[str], names: Collection[str]
    ) -> Mapping[str, Mapping[str, Sequence[bytes]]]:
        """Give members."""
        return {
            each: {MEMBERS: [f"behind-{each}@x".encode()]} for each in owners if MEMBERS in names
        }

    def tell(self, *changed: DomainCard, gone: Sequence[str] = ()) -> None:
        """Let something change."""
        self.changes += 1
        self.pages.append(
            PeopleNews(position=PeoplePosition(self.changes), changed=changed, gone=gone)
        )


def whole(*entries: DomainCard, change: int = 1) -> PeopleNews:
    """Make a reading of everything, of one page."""
    return PeopleNews(
        position=PeoplePosition(change), changed=entries, is_whole=True, is_first=True
    )


def viewer(domain: str = HOME, **attributes: str) -> Account:
    """Make somebody who looks."""
    accounts = MemoryAccounts(clock=lambda: 0.0)
    accounts.add_domain(domain, **attributes)
    accounts.add(f"me@{domain}", "demo-me")
    found = done(accounts.find(f"me@{domain}"))
    assert found is not None
    return found


def shown(books: GalBooks, who: Account) -> dict[str, list[str]]:
    """Give the names in each book that somebody sees."""
    return {
        each.name: [str(each.index.entry(row).values["cn"][0]) for row in each.index.page(0, 100)]
        for each in done(books.of(who))
    }


def made(feed: Feed, clock: Clock | None = None) -> GalBooks:
    """Make the books of a feed."""
    return GalBooks(feed=feed, turn=no_turn, clock=clock or Clock())


def test_changes_are_followed() -> None:
    """One page is asked for each change, and nothing while nothing changes."""
    feed = Feed(whole(entry("Ann"), entry("Bob")))
    books = made(feed)
    me = viewer()
    assert shown(books, me) == {"InternalGAL/_zextras": ["Ann", "Bob"]}
    shown(books, me)
    assert feed.asked == [None]
    feed.tell(entry("Ann", mark="Boss"), entry("Cid"), gone=["Bob", "nobody"])
    assert shown(books, me) == {"InternalGAL/_zextras": ["Ann", "Cid"]}
    assert feed.asked == [None, PeoplePosition(1)]
    assert len(books) == 2


def test_an_entry_that_did_not_change_is_left_alone() -> None:
    """Its journal row may come of what the card does not show."""
    feed = Feed(whole(entry("Ann")))
    books = made(feed)
    (book,) = done(books.of(viewer()))
    before = book.index.version
    feed.tell(entry("Ann"))
    (book,) = done(books.of(viewer()))
    assert book.index.version == before


def test_an_entry_moves_between_domains() -> None:
    """It is in one book; a book that became empty is no more."""
    feed = Feed(whole(entry("Ann"), entry("Bob")))
    books = made(feed)
    shown(books, viewer())
    feed.tell(entry("Ann", AWAY))
    assert shown(books, viewer()) == {"InternalGAL/_zextras": ["Bob"]}
    assert shown(books, viewer(AWAY)) == {"InternalGAL/_zextras": ["Ann"]}
    feed.tell(entry("Ann", HOME))
    assert shown(books, viewer(AWAY)) == {}


def test_everything_anew() -> None:
    """What a new reading of everything does not meet goes, when it ends and not before."""
    feed = Feed(whole(entry("Ann"), entry("Bob"), entry("Eve", AWAY)))
    books = made(feed)
    shown(books, viewer())
    feed.changes += 1
    first = PeopleNews(
        position=PeoplePosition(9, "x"), changed=(entry("Ann"),), is_whole=True, is_first=True,
        is_last=False,
    )  # fmt: skip
    last = PeopleNews(
        position=PeoplePosition(9), changed=(entry("Eve"),), is_whole=True, is_last=True
    )
    feed.pages = [first, last]
    assert shown(books, viewer()) == {"InternalGAL/_zextras": ["Ann", "Eve"]}
    assert shown(books, viewer(AWAY)) == {}
    assert feed.asked[-1] == PeoplePosition(9, "x")


@pytest.mark.parametrize(
    ("attributes", "names"),
    [
        ({}, ["InternalGAL/_zextras", "ExternalGAL/_zextras"]),
        ({"zimbraGalMode": "both"}, ["InternalGAL/_zextras", "ExternalGAL/_zextras"]),
        ({"zimbraGalMode": "zimbra"}, ["InternalGAL/_zextras"]),
        ({"zimbraGalMode": "ldap"}, ["ExternalGAL/_zextras"]),
        (
            {"zimbraGalInternalSearchBase": "SUBDOMAINS", "zimbraGalMode": "zimbra"},
            ["InternalGAL/_zextras", "InternalGAL/_zextras (sub.example.com)"],
        ),
        (
            {"zimbraGalInternalSearchBase": "ROOT"},
            [
                *("InternalGAL/_zextras", "ExternalGAL/_zextras"),
                *("InternalGAL/_zextras (example.net)", "InternalGAL/_zextras (sub.example.com)"),
            ],
        ),
    ],
)
def test_who_sees_which_books(attributes: Mapping[str, str], names: list[str]) -> None:
    """attributes.md 7: the mode and the search base of the domain decide."""
    people = [entry(f"At {domain}", domain) for domain in (HOME, AWAY, BELOW)]
    others = [entry(f"Near {domain}", domain, is_external=True) for domain in (HOME, AWAY)]
    books = made(Feed(whole(*people, *others)))
    assert list(shown(books, viewer(HOME, **attributes))) == names


def test_the_name_of_the_book_is_an_option() -> None:
    """And so is that of the other one."""
    feed = Feed(whole(entry("Ann"), entry("Bob", is_external=True)))
    books = GalBooks(feed=feed, turn=no_turn, clock=Clock(), own_name="All of us")
    assert list(shown(books, viewer())) == ["All of us", "All of us (external)"]


def test_one_reading_for_all_who_wait() -> None:
    """Whoever asks while a page is read waits for what was read after he came."""
    feed = Feed()
    feed.held = []
    books = made(feed)
    told: list[str] = []
    for number in range(3):
        work = Deferred.fromCoroutine(books.of(viewer()))
        work.addCallback(lambda found, number=number: told.append(f"{number}:{len(found)}"))
    assert len(feed.held) == 1
    feed.changes += 1  # after the first page was asked for
    late = Deferred.fromCoroutine(books.of(viewer()))
    late.addCallback(lambda found: told.append(f"late:{len(found)}"))
    feed.held.pop().callback(whole(entry("Ann"), change=1))
    assert told == []
    feed.held.pop().callback(PeopleNews(position=PeoplePosition(2), changed=(entry("Bob"),)))
    assert sorted(told) == ["0:1", "1:1", "2:1", "late:1"]
    assert len(books) == 2


def test_a_reader_that_goes_away_stops_nobody() -> None:
    """A request that is given up does not take the reading with it."""
    feed = Feed()
    feed.held = []
    books = made(feed)
    first = Deferred.fromCoroutine(books.of(viewer()))
    second = Deferred.fromCoroutine(books.of(viewer()))
    first.addErrback(lambda _: None)
    first.cancel()
    found: list[Any] = []
    second.addCallback(found.append)
    feed.held.pop().callback(whole(entry("Ann")))
    assert len(found[0]) == 1


def test_a_failure_is_told_and_tried_again() -> None:
    """All who wait are told; the next one begins where the reading ended."""
    feed = Feed()
    feed.held = []
    books = made(feed)
    waiting = [Deferred.fromCoroutine(books.of(viewer())) for _ in range(2)]
    failures: list[Any] = []
    for each in waiting:
        each.addErrback(lambda failure: failures.append(failure.check(Unavailable)))
    feed.held.pop().errback(Unavailable("busy"))
    assert failures == [Unavailable, Unavailable]
    feed.held = None
    feed.pages = [whole(entry("Ann"))]
    assert shown(books, viewer()) == {"InternalGAL/_zextras": ["Ann"]}


def test_a_look_up_does_not_wait_long() -> None:
    """While very much changes at once it goes on with what there is; at the start it waits."""
    feed = Feed()
    feed.held = []
    clock = Clock()
    books = made(feed, clock)
    found: list[Any] = []

    def ask() -> None:
        Deferred.fromCoroutine(books.of(viewer())).addBoth(found.append)

    ask()
    clock.advance(100)
    assert found == []
    feed.held.pop().callback(whole(entry("Ann")))
    assert len(found.pop()) == 1
    feed.changes += 1
    ask()
    clock.advance(0.9)
    assert found == []
    clock.advance(0.2)
    assert len(found.pop()) == 1
    feed.held.pop().callback(PeopleNews(position=PeoplePosition(2), gone=["Ann"]))
    assert shown(books, viewer()) == {}
    assert clock.getDelayedCalls() == []


def test_changes_are_read_before_anybody_asks() -> None:
    """Each second it is looked, until the end; what fails is tried again, and said once."""
    failures: list[Any] = []
    feed = Feed(whole(entry("Ann")))
    clock = Clock()
    books = made(feed, clock)
    globalLogPublisher.addObserver(failures.append)
    try:
        books.start()
        assert (len(books), len(feed.asked)) == (1, 1)
        clock.advance(1)
        assert len(feed.asked) == 1
        feed.tell(entry("Bob"))
        clock.advance(1)
        assert (len(books), len(feed.asked)) == (2, 2)
        feed.held = []
        feed.changes += 1
        for _ in range(2):
            clock.advance(1)
            feed.held.pop().errback(Unavailable("busy"))
        clock.advance(1)
        books.stop()
        feed.held.pop().callback(PeopleNews(position=PeoplePosition(9), gone=["Ann"]))
        clock.advance(5)
    finally:
        globalLogPublisher.removeObserver(failures.append)
    assert (len(books), len(feed.asked)) == (2, 5)
    assert [each["log_failure"].check(Unavailable) for each in failures] == [Unavailable]
    assert clock.getDelayedCalls() == []


def test_others_have_their_turn() -> None:
    """A large page is put in its places in steps."""
    clock = Clock()
    turns = Counter[str]()

    async def turn() -> None:
        turns["taken"] += 1
        await deferLater(clock, 0)

    feed = Feed(whole(*(entry(f"User {number}") for number in range(100))))
    books = GalBooks(feed=feed, turn=turn, clock=clock)
    found: list[Any] = []
    Deferred.fromCoroutine(books.of(viewer())).addCallback(found.append)
    assert not found
    while not found:
        clock.advance(0)
    assert turns["taken"] > 2
    assert len(found[0][0].index) == 100


def test_people_of_several_books() -> None:
    """MS-ASCMD R426: by display name over all books, counted over all, page by page."""
    own = [entry("Ann"), entry("Cid"), entry("Eve", kind=PersonKind.RESOURCE)]
    others = [
        entry("Bob", is_external=True),
        entry("Dan", is_external=True, kind=PersonKind.GROUP),
        entry("ann", is_external=True),
    ]
    people = PeopleOfBooks(made(Feed(whole(*own, *others))), turn=no_turn)
    me = viewer()

    def names(text: str, offset: int = 0, limit: int = 9) -> tuple[list[str], int]:
        found = done(people.search(me, text, offset=offset, limit=limit, wish=PersonWish()))
        return [each.display_name for each in found.found], found.total

    assert names("ann") == (["Ann", "ann"], 2)
    assert names("ann", 1) == (["ann"], 2)
    assert names("ann", 0, 1) == (["Ann"], 2)
    assert names("b") == (["Bob"], 1)
    assert names(" .") == ([], 0)
    everyone = done(people.in_domain(HOME, None, offset=0, limit=9))
    assert [each.display_name for each in everyone.found] == [
        *("Ann", "Cid", "Eve"),
        *("ann", "Bob", "Dan"),
    ]
    pages = [
        done(people.in_domain(HOME, None, offset=first, limit=2)).found for first in range(0, 6, 2)
    ]
    assert [each for page in pages for each in page] == list(everyone.found)
    met = done(
        people.at(me, ["bob@example.com", "dan@example.com", "eve@example.com"], wish=PersonWish())
    )
    bob, dan, eve = met.values()
    assert (bob.account, bob.kind, bob.members) == (None, PersonKind.PERSON, ())
    assert (dan.account, dan.members) == (None, ("behind-Dan@x",))
    assert (eve.account, eve.kind) == ("Eve", PersonKind.RESOURCE)
