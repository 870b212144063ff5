"""What administration adds to the directory: removing domains and COS, limits, rights."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.database import open_database
from carbonio_mobile.accounts.domains import DomainStore
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.grants import GrantStore
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.lists import ListStore
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.provisioning import Grant
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound

JOHN, MARY, TEAM = "john@example.com", "mary@example.com", "team@example.com"
DOMAIN = Target(level=Level.DOMAIN, name="example.com")


@pytest.fixture
def transactions(tmp_path: Path, store: DirectoryStore) -> Iterator[Transactions]:
    """Give the database of a directory with John and Mary."""
    store.create_account(JOHN, "demo-john")
    store.create_account(MARY, None)
    opened = Transactions(open_database(tmp_path))
    yield opened
    opened.close()


def test_domains_in_use_stay(store: DirectoryStore, transactions: Transactions) -> None:
    """A domain goes when its last account and list are gone, with its attributes."""
    domains, lists = DomainStore(transactions), ListStore(transactions)
    lists.create(TEAM)
    with pytest.raises(NotAllowed, match="2 accounts and 1 lists"):
        domains.delete_domain("Example.com")
    for name in (JOHN, MARY):
        store.delete_account(name)
    with pytest.raises(NotAllowed, match="0 accounts and 1 lists"):
        domains.delete_domain("example.com")
    lists.delete(TEAM)
    store.set_attributes(DOMAIN, [("description", ["ours"])])
    domains.delete_domain("example.com")
    assert store.domains() == []
    with pytest.raises(NotFound):
        domains.delete_domain("example.com")
    store.create_domain("example.com")
    assert store.entry(DOMAIN, 0.0).own == {}


def test_classes_in_use_stay(store: DirectoryStore, transactions: Transactions) -> None:
    """A COS goes when nobody has it; it may be renamed meanwhile, the default one never."""
    domains = DomainStore(transactions)
    vip = store.create_cos("vip")
    store.set_attributes(DOMAIN, [("zimbraDomainDefaultCOSId", [vip])])
    domains.rename_cos("VIP", "Chiefs")
    assert store.classes_of_service() == ["chiefs", "default"]
    for change, refused in (
        (lambda: domains.delete_cos("chiefs"), NotAllowed),
        (lambda: domains.delete_cos("default"), NotAllowed),
        (lambda: domains.rename_cos("default", "x"), NotAllowed),
        (lambda: domains.rename_cos("chiefs", "default"), Conflict),
        (lambda: domains.rename_cos("chiefs", " "), InvalidArgument),
        (lambda: domains.rename_cos("vip", "x"), NotFound),
    ):
        with pytest.raises(refused):
            change()
    store.set_attributes(DOMAIN, [("zimbraDomainDefaultCOSId", [])])
    assert domains.delete_cos("chiefs") == vip
    assert store.classes_of_service() == ["default"]


def test_full_domain(store: DirectoryStore, transactions: Transactions) -> None:
    """A domain takes as many accounts as it may; 0 is no limit."""
    store.set_attributes(DOMAIN, [("zimbraDomainMaxAccounts", ["2"])])
    with pytest.raises(NotAllowed, match="may have 2 accounts"):
        store.create_account("ann@example.com", None)
    store.create_domain("example.org")
    store.create_account("bob@example.org", None)
    with pytest.raises(NotAllowed, match="may have 2 accounts"):
        store.rename_account("bob@example.org", "bob@example.com")
    store.rename_account(MARY, "m@example.com")
    store.set_attributes(DOMAIN, [("zimbraDomainMaxAccounts", ["0"])])
    store.create_account("ann@example.com", None)


def right(
    grantee: str = JOHN,
    *,
    kind: str = "account",
    target: str = MARY,
    on: str = "account",
    name: str = "sendAs",
) -> Grant:
    """Make a grant."""
    return Grant(target_kind=on, target=target, grantee_kind=kind, grantee=grantee, right=name)


def test_ways_to_a_right(store: DirectoryStore, transactions: Transactions) -> None:
    """A right is held by oneself, a list, a domain, a COS or all; on somebody, a domain, all."""
    grants, lists = GrantStore(transactions), ListStore(transactions)
    lists.create(TEAM)
    lists.add_members(TEAM, [JOHN])
    cos = store.create_cos("vip")
    store.set_attributes(Target(level=Level.ACCOUNT, name=JOHN), [("zimbraCOSId", [cos])])
    for grant in (
        right(),
        right(TEAM, kind="dl"),
        right("example.com", kind="domain"),
        right("vip", kind="cos"),
        right("", kind="all"),
        right(target="example.com", on="domain"),
        right(target="", on="global"),
    ):
        assert not grants.has_right(JOHN, MARY, "sendAs")
        grants.grant(grant)
        grants.grant(grant)
        assert grants.has_right(JOHN, MARY, "SENDAS"), grant
        assert not grants.has_right(JOHN, MARY, "sendOnBehalf")
        target = grant.target or "global"
        assert grants.grants(grant.target_kind, target) == [
            Grant(
                target_kind=grant.target_kind,
                target=target,
                grantee_kind=grant.grantee_kind,
                grantee=grant.grantee or "all",
                right="sendAs",
            )
        ]
        grants.revoke(grant)
        with pytest.raises(NotFound, match="not granted"):
            grants.revoke(grant)
    assert not grants.has_right(JOHN, MARY, "sendAs")


def test_wrong_grants(transactions: Transactions) -> None:
    """Unknown kinds, rights and names are refused, and nobody is their own delegate."""
    grants = GrantStore(transactions)
    for wrong, refused in (
        (right(MARY), InvalidArgument),
        (right(name="fly"), InvalidArgument),
        (right(kind="server"), InvalidArgument),
        (right("nobody@example.com"), NotFound),
        (right(target="nobody@example.com"), NotFound),
    ):
        with pytest.raises(refused):
            grants.grant(wrong)
    assert grants.grants("account", MARY) == []


def test_rights_go_with_their_holders(store: DirectoryStore, transactions: Transactions) -> None:
    """Who is deleted holds no right any more, and no right on them is left."""
    grants = GrantStore(transactions)
    grants.grant(right())
    store.delete_account(JOHN)
    assert grants.grants("account", MARY) == []
