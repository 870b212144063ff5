"""What the embedded directory tells of people: everything in pages, then each change alone."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from carbonio_mobile.accounts import edits
from carbonio_mobile.accounts import people as people_module
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.database import open_database
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.lists import ListStore
from carbonio_mobile.accounts.people import PeopleStore
from carbonio_mobile.accounts.peopleimport import PeopleImports
from carbonio_mobile.accounts.schema import GAL_CHANGES
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.addressbook.news import DomainCard, PeopleNews, PeoplePosition
from carbonio_mobile.addressbook.peoplecards import MEMBERS
from carbonio_mobile.directory.people import PersonKind

JOHN = "john@example.com"


@pytest.fixture
def transactions(tmp_path: Path, store: DirectoryStore) -> Iterator[Transactions]:
    """Give a second connection to the directory, as another process has one."""
    assert store
    opened = Transactions(open_database(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def people(transactions: Transactions) -> PeopleStore:
    """Give what tells of people."""
    return PeopleStore(transactions)


def everything(people: PeopleStore) -> tuple[dict[str, DomainCard], PeoplePosition]:
    """Read everything; gives the entries by main address, and where the reader is then."""
    found: dict[str, DomainCard] = {}
    news = people.news(None)
    assert news.is_first
    while True:
        assert news.is_whole
        found |= {str(each.card.values["mail"][0]): each for each in news.changed}
        if news.is_last:
            return found, news.position
        news = people.news(news.position)
        assert not news.is_first


def addresses(news: PeopleNews) -> list[str]:
    """Give the main addresses of what changed."""
    assert not news.is_whole
    return sorted(str(each.card.values["mail"][0]) for each in news.changed)


def external(transactions: Transactions, *names: str) -> None:
    """Import some people."""
    work = PeopleImports(transactions, lambda: 5.0).begin("example.com")
    for name in names:
        entry = f"dn: cn={name},o=x\nobjectClass: person\ncn: {name}\nmail: {name}@x.example\n\n"
        work.feed(entry.encode())
    work.finish(remove_missing=True, dry_run=False)
    work.close()


def test_everything_comes_in_pages(
    people: PeopleStore,
    store: DirectoryStore,
    transactions: Transactions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Accounts, lists, people from elsewhere, each once, whatever falls on the end of a page."""
    monkeypatch.setattr(people_module, "PAGE", 2)
    lists = ListStore(transactions)
    for number in range(4):
        store.create_account(f"u{number}@example.com", None)
    for number in range(3):
        lists.create(f"l{number}@example.com")
    external(transactions, "a", "b")
    found, position = everything(people)
    assert sorted(found) == [
        *("a@x.example", "b@x.example", "l0@example.com", "l1@example.com", "l2@example.com"),
        *("u0@example.com", "u1@example.com", "u2@example.com", "u3@example.com"),
    ]
    assert {each.kind for name, each in found.items() if name[0] == "l"} == {PersonKind.GROUP}
    assert [name for name, each in found.items() if each.is_external] == sorted(
        ["a@x.example", "b@x.example"], key=lambda name: found[name].card.id
    )
    assert people.news(position) == PeopleNews(position=position)


def test_a_change_is_told_alone(
    people: PeopleStore, store: DirectoryStore, transactions: Transactions
) -> None:
    """Of each way in which an entry changes, and of nothing else."""
    john = store.create_account(JOHN, "demo-john")
    store.create_account("mary@example.com", None)
    store.create_domain("example.net")
    lists = ListStore(transactions)
    position = everything(people)[1]

    def told() -> list[str]:
        nonlocal position
        news = people.news(position)
        assert news.is_last
        position = news.position
        return addresses(news)

    target = Target(level=Level.ACCOUNT, name=JOHN)
    assert told() == []
    store.set_attributes(target, [("title", ["Boss"])])
    assert told() == [JOHN]
    store.add_alias(JOHN, "j@example.com")
    assert told() == [JOHN]
    store.rename_account(JOHN, "jon@example.net")
    assert told() == ["jon@example.net"]
    lists.create("team@example.com")
    assert told() == ["team@example.com"]
    lists.add_members("team@example.com", ["mary@example.com"])
    assert told() == ["team@example.com"]
    external(transactions, "a", "b")
    assert told() == ["a@x.example", "b@x.example"]
    external(transactions, "b")
    before = position
    assert told() == []
    (gone,) = people.news(before).gone
    assert len(gone) == 36
    store.set_attributes(Target(level=Level.ACCOUNT, name=john), [("zimbraHideInGal", ["TRUE"])])
    assert people.news(position).gone == (john,)
    assert told() == []
    store.delete_account("mary@example.com")
    # Of a list that loses its last member it is told that it has none.
    assert told() == ["team@example.com"]


def test_logins_are_no_changes(people: PeopleStore, store: DirectoryStore) -> None:
    """What shows nowhere is not told of: a password, a lockout."""
    store.create_account(JOHN, "demo-john")
    position = everything(people)[1]
    store.set_password(JOHN, "demo-john-2")
    store.unlock(JOHN)
    assert people.news(position) == PeopleNews(position=position)


def test_who_missed_too_much_reads_everything(
    people: PeopleStore,
    store: DirectoryStore,
    transactions: Transactions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The journal is kept short; a position that it does not reach, or of another one, is told."""
    store.create_account(JOHN, None)
    position = everything(people)[1]
    monkeypatch.setattr(edits, "JOURNAL_COUNT", 3)
    target = Target(level=Level.ACCOUNT, name=JOHN)
    for number in range(2):
        store.set_attributes(target, [("title", [f"Boss {number}"])])
    assert not people.news(position).is_whole
    for number in range(4):
        store.set_attributes(target, [("title", [f"Chief {number}"])])
    assert people.news(position).is_first
    newest = everything(people)[1]
    assert people.news(PeoplePosition(newest.change + 1)).is_first
    with transactions.writing() as connection:
        connection.execute(delete(GAL_CHANGES))
    assert people.news(newest).is_first


def test_changes_during_a_reading_are_not_lost(
    people: PeopleStore, store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changes on a page that was read already comes after the last one."""
    monkeypatch.setattr(people_module, "PAGE", 1)
    for number in range(3):
        store.create_account(f"u{number}@example.com", None)
    news = people.news(None)
    (first,) = (str(each.card.values["mail"][0]) for each in news.changed)
    store.set_attributes(Target(level=Level.ACCOUNT, name=first), [("title", ["Boss"])])
    while not news.is_last:
        news = people.news(news.position)
    after = people.news(news.position)
    assert addresses(after) == [first]
    assert after.changed[0].card.values["title"] == ("Boss",)


def test_large_values(people: PeopleStore, store: DirectoryStore) -> None:
    """They are named in cards, read apart, and forwarding addresses are nobody's members."""
    photo, other = b"\xff\xd8photo", b"\xff\xd8thumb"
    john = store.create_account(
        JOHN,
        None,
        changes=[
            ("jpegPhoto", [b64encode(photo).decode()]),
            ("thumbnailPhoto", [b64encode(other).decode()]),
            ("userCertificate", [b64encode(b"der").decode()]),
            ("zimbraMailForwardingAddress", ["secret@example.org"]),
        ],
    )
    card = everything(people)[0][JOHN].card
    assert card.blobs == {"jpegphoto", "usercertificate"}
    assert not set(card.values) & {"jpegphoto", "zimbramailforwardingaddress"}
    asked = ["jpegphoto", "usercertificate", MEMBERS]
    assert people.blobs([john, "nobody"], asked) == {
        john: {"jpegphoto": [other, photo], "usercertificate": [b"der"]}
    }
    assert people.blobs([john], [MEMBERS]) == {}
