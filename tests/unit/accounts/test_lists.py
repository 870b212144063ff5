"""Distribution lists of the embedded directory: members, rules, names, and what goes with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonio_mobile.accounts import members as members_module
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.database import open_database
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.lists import ListStore
from carbonio_mobile.accounts.people import PeopleStore
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.addressbook.peoplecards import MEMBERS
from carbonio_mobile.directory.people import PersonKind
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound, TooLarge

TEAM = "team@example.com"
JOHN, MARY = "john@example.com", "mary@example.com"
RULE = "carbonioMobileMemberRule"


@pytest.fixture
def transactions(tmp_path: Path, store: DirectoryStore) -> Iterator[Transactions]:
    """Give the database of a directory with John and Mary."""
    store.create_account(JOHN, None, aliases=["j@example.com"])
    store.create_account(MARY, None)
    opened = Transactions(open_database(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def lists(transactions: Transactions) -> ListStore:
    """Give the lists, one there already."""
    found = ListStore(transactions)
    found.create(TEAM)
    return found


def behind(lists: ListStore, address: str = TEAM) -> tuple[str, ...]:
    """Give who gets the mail of a list."""
    return lists.expansions([address])[address]


def test_members(lists: ListStore) -> None:
    """Members come and go, an alias stands for its account, a stranger for himself."""
    assert lists.add_members(TEAM, ["J@example.com", "ann@example.org", MARY, MARY]) == 3
    assert lists.add_members(TEAM, [MARY]) == 0
    assert behind(lists) == ("ann@example.org", JOHN, MARY)
    lists.remove_members(TEAM, [MARY])
    assert behind(lists) == ("ann@example.org", JOHN)
    with pytest.raises(NotFound, match="not a member"):
        lists.remove_members(TEAM, ["ann@example.org", MARY])
    assert behind(lists) == ("ann@example.org", JOHN), "all or none"
    assert lists.expansions([JOHN, "nobody@example.com", "x"]) == {}


def test_lists_in_lists_and_circles(lists: ListStore) -> None:
    """Lists within lists are looked into once, however they point at one another."""
    lists.create("all@example.com")
    lists.create("inner@example.com")
    lists.add_members(TEAM, ["inner@example.com", JOHN])
    lists.add_members("inner@example.com", ["all@example.com", MARY])
    lists.add_members("all@example.com", [TEAM, "inner@example.com"])
    for address in (TEAM, "inner@example.com", "all@example.com"):
        assert behind(lists, address) == (JOHN, MARY)
    with pytest.raises(InvalidArgument, match="the list itself"):
        lists.add_members(TEAM, [TEAM])


def test_too_many_members(lists: ListStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list beyond the bound takes no mail."""
    monkeypatch.setattr(members_module, "MEMBERS_MAX", 2)
    lists.add_members(TEAM, [JOHN, MARY])
    assert len(behind(lists)) == 2
    lists.add_members(TEAM, ["ann@example.org"])
    with pytest.raises(TooLarge, match="more than 2"):
        behind(lists)


def test_names_are_nobody_elses(lists: ListStore, store: DirectoryStore) -> None:
    """An address belongs to one account or list; aliases and new names count as well."""
    lists.add_alias(TEAM, "crew@example.com")
    for address in (TEAM, "crew@example.com"):
        with pytest.raises(Conflict, match="distribution list team@"):
            store.create_account(address, None)
        with pytest.raises(Conflict):
            store.add_alias(JOHN, address)
    with pytest.raises(Conflict, match="account john@"):
        lists.create("j@example.com")
    with pytest.raises(Conflict):
        lists.rename(TEAM, MARY)
    with pytest.raises(NotAllowed):
        lists.remove_alias(TEAM, TEAM)
    lists.rename("crew@example.com", "group@example.com")
    entry = store.entry(Target(level=Level.LIST, name="crew@example.com"), 0.0)
    assert entry.name == "group@example.com"
    assert entry.own["zimbraMailAlias"] == ("crew@example.com",)
    lists.remove_alias("group@example.com", "crew@example.com")
    with pytest.raises(NotFound, match="no list crew"):
        lists.delete("crew@example.com")


def test_what_becomes_of_members(lists: ListStore, store: DirectoryStore) -> None:
    """A member that is renamed stays one; what is deleted leaves all lists."""
    lists.create("inner@example.com")
    lists.add_members(TEAM, [JOHN, "j@example.com", MARY, "inner@example.com"])
    store.rename_account(MARY, "m@example.com")
    lists.rename("inner@example.com", "new@example.com")
    lists.add_members("new@example.com", ["ann@example.org"])
    assert behind(lists) == ("ann@example.org", JOHN, "m@example.com")
    store.delete_account("m@example.com")
    lists.delete("new@example.com")
    assert behind(lists) == (JOHN,)
    target = Target(level=Level.LIST, name=TEAM)
    present = store.entry(target, 0.0).own["zimbraMailForwardingAddress"]
    assert present == ("j@example.com", JOHN)
    store.remove_alias(JOHN, "j@example.com")
    assert store.entry(target, 0.0).own["zimbraMailForwardingAddress"] == (JOHN,)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("cos=default", ["ceo@example.com", JOHN]),
        ("cos=VIP", [MARY]),
        ("cos=none", []),
        ("domain=example.com", ["ceo@example.com", JOHN, MARY]),
        ("domain=example.org", ["ann@example.org"]),
        ("company=acme", [JOHN, MARY]),
        ("Company=ACME,cos=vip", [MARY]),
        ("company=*", [JOHN, MARY]),
        ("zimbraSyncWindowSize=50", [MARY]),
        ("zimbraCalResType=location", ["room@example.com"]),
    ],
)
def test_dynamic_lists(
    lists: ListStore, store: DirectoryStore, rule: str, expected: list[str]
) -> None:
    """A rule finds accounts by class of service, domain and attributes, inherited ones too."""
    store.create_domain("example.org")
    store.create_cos("vip", [("zimbraSyncWindowSize", ["50"])])
    store.create_account("ann@example.org", None)
    store.create_account("ceo@example.com", None)
    store.create_account("room@example.com", None, changes=[("zimbraCalResType", ["Location"])])
    closed = [("zimbraAccountStatus", ["closed"]), ("company", ["Acme"])]
    store.create_account("gone@example.com", None, changes=closed)
    vip = store.entry(Target(level=Level.COS, name="vip"), 0.0).id
    for name, changes in (
        (JOHN, [("company", ["Acme"])]),
        (MARY, [("company", ["ACME"]), ("zimbraCOSId", [vip])]),
    ):
        store.set_attributes(Target(level=Level.ACCOUNT, name=name), changes)
    store.set_attributes(Target(level=Level.LIST, name=TEAM), [(RULE, [rule])])
    assert list(behind(lists)) == expected


def test_dynamic_list_follows(lists: ListStore, store: DirectoryStore) -> None:
    """A new account is a member at once; fixed members stay beside."""
    lists.create("dyn@example.com", [(RULE, ["domain=example.com"])])
    lists.add_members("dyn@example.com", ["ann@example.org"])
    store.create_account("new@example.com", None)
    assert behind(lists, "dyn@example.com") == ("ann@example.org", JOHN, MARY, "new@example.com")


@pytest.mark.parametrize("rule", [",", "cos", "cos=", "=x", "a=1," * 17, "domain=?", "a b=c"])
def test_wrong_rules(lists: ListStore, store: DirectoryStore, rule: str) -> None:
    """A rule that means nothing is refused, and the list stays as it is."""
    with pytest.raises(InvalidArgument):
        store.set_attributes(Target(level=Level.LIST, name=TEAM), [(RULE, [rule])])
    assert behind(lists) == ()


def test_lists_in_the_address_list(
    lists: ListStore, store: DirectoryStore, transactions: Transactions
) -> None:
    """A list is an entry with all that are behind it as members, unless it is hidden."""
    people = PeopleStore(transactions)
    target = Target(level=Level.LIST, name=TEAM)
    store.set_attributes(target, [("displayName", ["The Crew"])])
    lists.create("inner@example.com", [("zimbraHideInGal", ["TRUE"])])
    lists.create("empty@example.com")
    lists.add_members("inner@example.com", ["j@example.com"])
    lists.add_members(TEAM, ["inner@example.com", MARY])
    news = people.news(None)
    while not news.is_last:
        news = people.news(news.position)
        crew = [each for each in news.changed if each.kind is PersonKind.GROUP]
        if crew:
            break
    shown = {each.card.values["mail"]: each.card for each in crew}
    assert shown.keys() == {(TEAM,), ("empty@example.com",)}
    assert shown[TEAM,].values["displayname"] == ("The Crew",)
    assert (shown[TEAM,].blobs, shown["empty@example.com",].blobs) == ({MEMBERS}, frozenset())
    owner = shown[TEAM,].id
    assert people.blobs([owner], [MEMBERS]) == {owner: {MEMBERS: [JOHN.encode(), MARY.encode()]}}
    store.set_attributes(target, [("zimbraHideInGal", ["TRUE"])])
    while not news.is_last:
        news = people.news(news.position)
    assert owner in people.news(news.position).gone
