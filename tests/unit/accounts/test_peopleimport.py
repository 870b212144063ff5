"""Imports of people who have no account here: the domain's entries become those of the file."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from carbonio_mobile.accounts import peopleimport
from carbonio_mobile.accounts.database import open_database
from carbonio_mobile.accounts.domains import DomainStore
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.lists import ListStore
from carbonio_mobile.accounts.people import PeopleStore
from carbonio_mobile.accounts.peopleimport import PeopleImports
from carbonio_mobile.accounts.schema import GAL_ENTRIES
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.provisioning import ImportedPeople
from carbonio_mobile.errors import NotFound

UNIT = "dn: ou=people,o=x\nobjectClass: organizationalUnit\nou: people\n\n"


@pytest.fixture
def transactions(tmp_path: Path, store: DirectoryStore) -> Iterator[Transactions]:
    """Give a connection to a directory with a domain."""
    assert store
    opened = Transactions(open_database(tmp_path))
    yield opened
    opened.close()


def person(name: str, *lines: str, branch: str = "people") -> str:
    """Write an entry."""
    head = f"dn: uid={name},ou={branch},o=x\nobjectClass: person\nuid: {name}\ncn: {name}\n"
    return head + "".join(f"{line}\n" for line in lines) + "\n"


def imported(
    transactions: Transactions,
    *parts: str,
    remove_missing: bool = True,
    dry_run: bool = False,
    domain: str = "example.com",
    at: float = 5.0,
) -> ImportedPeople:
    """Import a file."""
    work = PeopleImports(transactions, lambda: at).begin(domain)
    try:
        for part in parts:
            work.feed(part.encode())
        return work.finish(remove_missing=remove_missing, dry_run=dry_run)
    finally:
        work.close()


def names(transactions: Transactions) -> Sequence[tuple[str, str, float]]:
    """Give the names that entries have here, and when they changed."""
    columns = GAL_ENTRIES.c
    with transactions.reading() as connection:
        rows = connection.execute(
            select(columns.name_type, columns.name, columns.changed_at).order_by(columns.name)
        )
        return [(row[0], row[1], row[2]) for row in rows]


def test_a_second_file_is_a_difference(transactions: Transactions) -> None:
    """Added, changed, removed and left as they are; what did not change keeps its time."""
    first = [UNIT, *(person(name) for name in ("ann", "bob", "cid"))]
    assert imported(transactions, *first) == ImportedPeople(added=3, passed_over=1)
    assert imported(transactions, *first) == ImportedPeople(unchanged=3, passed_over=1)
    second = [person("ann"), person("BOB", "title: Boss"), person("dan")]
    assert imported(transactions, *second, dry_run=True, at=9.0) == ImportedPeople(
        added=1, changed=1, removed=1, unchanged=1
    )
    assert [each[1] for each in names(transactions)] == ["ann", "bob", "cid"]
    assert imported(transactions, *second, remove_missing=False, at=9.0) == ImportedPeople(
        added=1, changed=1, unchanged=1, kept=1
    )
    assert names(transactions) == [
        ("uid", "BOB", 9.0),
        ("uid", "ann", 5.0),
        ("uid", "cid", 5.0),
        ("uid", "dan", 9.0),
    ]
    assert imported(transactions, person("dan")) == ImportedPeople(unchanged=1, removed=3)


def test_who_reads_is_told_of_changes_alone(transactions: Transactions) -> None:
    """An import that changes nothing raises no generation, one that does tells of what it did."""
    people = PeopleStore(transactions)
    imported(transactions, person("ann"), person("bob"))
    news = people.news(None)
    while not news.is_last:
        news = people.news(news.position)
    position = news.position
    imported(transactions, person("ann"), person("bob"))
    imported(transactions, person("ann", "title: x"), dry_run=True)
    assert people.news(position).changed == ()
    imported(transactions, person("ann", "title: Boss"), person("bob"))
    (told,) = people.news(position).changed
    assert told.card.values["title"] == ("Boss",)
    assert told.card.rdn == ("uid", "ann")
    assert (told.domain, told.is_external, told.card.stamp) == ("example.com", True, 5.0)


def test_the_same_name_in_two_branches(transactions: Transactions) -> None:
    """Both are there; the second is called by its id, and keeps that."""
    both = [person("ann"), person("ann", branch="others")]
    imported(transactions, *both)
    kinds = [kind for kind, _, _ in names(transactions)]
    assert sorted(kinds) == ["entryUUID", "uid"]
    before = names(transactions)
    assert imported(transactions, *both) == ImportedPeople(unchanged=2)
    imported(transactions, person("ann", "title: x"), person("ann", "title: y", branch="others"))
    assert [each[:2] for each in names(transactions)] == [each[:2] for each in before]


def test_domains_are_apart(transactions: Transactions, store: DirectoryStore) -> None:
    """A file is all of one domain, and nothing of others."""
    store.create_domain("example.net")
    imported(transactions, person("ann"))
    imported(transactions, person("ann"), person("bob"), domain="example.net")
    assert imported(transactions, person("cid")) == ImportedPeople(added=1, removed=1)
    assert len(names(transactions)) == 3
    with pytest.raises(NotFound):
        imported(transactions, person("ann"), domain="nowhere.example")
    DomainStore(transactions).delete_domain("example.net")
    assert [each[1] for each in names(transactions)] == ["cid"]


def test_who_lives_here_is_left_out(transactions: Transactions, store: DirectoryStore) -> None:
    """By any address of an account or a list, whatever its case; and goes when he moves in."""
    store.create_account("john@example.com", None, aliases=["j@example.com"])
    ListStore(transactions).create("team@example.com")
    outcome = imported(
        transactions,
        person("j", "mail: x@x.example", "mail: J@Example.com"),
        person("team", "mail: team@example.com"),
        person("new", "mail: new@example.com"),
    )
    assert outcome == ImportedPeople(added=1, at_home=2)
    store.create_account("new@example.com", None)
    outcome = imported(transactions, person("new", "mail: new@example.com"))
    assert outcome == ImportedPeople(removed=1, at_home=1)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([person("ann"), "cn: x\n"], "line 6: expected the name of an entry"),
        ([person("ann"), person("bob"), person("ANN ")], "line 11: an entry of this name"),
        ([person("ann"), "dn: o=x\ncn:: *\n"], "line 7: expected base64"),
        ([UNIT], "file: no person and no group"),
        ([], "file: no person and no group"),
        ([person("ann"), person("bob"), person("cid"), person("dan")], "line 16: more than 3"),
    ],
)
def test_all_or_none(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch, parts: list[str], why: str
) -> None:
    """A file that is wrong somewhere changes nothing, and the line is named."""
    monkeypatch.setattr(peopleimport, "ENTRIES_MAX", 3)
    imported(transactions, person("zoe"))
    with pytest.raises(InvalidArgument, match=why) as caught:
        imported(transactions, *parts)
    assert "nothing was changed" in str(caught.value)
    assert [each[1] for each in names(transactions)] == ["zoe"]


def test_many_at_once(transactions: Transactions, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than fit into one statement, from a file on disk, in pieces of any size."""
    monkeypatch.setattr(peopleimport, "_BATCH", 7)
    monkeypatch.setattr(peopleimport, "_SPOOL_BYTES", 100)
    text = "".join(person(f"u{number}") for number in range(50))
    pieces = [text[first : first + 333] for first in range(0, len(text), 333)]
    assert imported(transactions, *pieces) == ImportedPeople(added=50)
    assert imported(transactions, person("u7")) == ImportedPeople(unchanged=1, removed=49)


def test_large_values_are_stored_apart(transactions: Transactions) -> None:
    """They come when they are asked for, and are no part of what everybody reads."""
    imported(transactions, person("ann", "jpegPhoto:: /9hwaG90bw=="))
    people = PeopleStore(transactions)
    news = people.news(None)
    while not news.changed:
        news = people.news(news.position)
    card = news.changed[0].card
    assert (card.blobs, "jpegphoto" in card.values) == ({"jpegphoto"}, False)
    assert people.blobs([card.id], ["jpegphoto"]) == {card.id: {"jpegphoto": [b"\xff\xd8photo"]}}
    assert people.blobs([card.id], ["usercertificate"]) == {card.id: {}}
    with transactions.reading() as connection:
        (texts,) = connection.execute(select(GAL_ENTRIES.c.texts)).one()
    assert set(json.loads(texts)) == {"cn", "displayname", "objectclass", "uid"}
