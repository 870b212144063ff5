"""Changes of the embedded directory and what they leave behind."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import HashCost
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound

JOHN = Target(level=Level.ACCOUNT, name="john@example.com")
DEFAULT = Target(level=Level.COS, name="default")
DOMAIN = Target(level=Level.DOMAIN, name="example.com")
EVERYWHERE = Target(level=Level.GLOBAL)


def inherited(store: DirectoryStore, name: str, target: Target = JOHN) -> tuple[str, ...]:
    """Give an attribute's values as an account has them."""
    entry = store.entry(target, 0.0)
    return {**entry.inherited, **entry.own}.get(name, ())


@pytest.fixture(autouse=True)
def _john(store: DirectoryStore) -> None:
    store.create_account("John@Example.com", "demo-john", aliases=["sales@example.com"])


def test_default_cos_has_mobile_sync_on(store: DirectoryStore) -> None:
    """A fresh directory lets its accounts sync; another COS has the product's default."""
    assert store.classes_of_service() == ["default"]
    assert store.entry(DEFAULT, 0.0).own == {"zimbraFeatureMobileSyncEnabled": ("TRUE",)}
    store.create_cos("Desk")
    store.create_account("mary@example.com", None, cos="desk")
    mary = Target(level=Level.ACCOUNT, name="mary@example.com")
    assert inherited(store, "zimbraFeatureMobileSyncEnabled", mary) == ("FALSE",)
    assert inherited(store, "zimbraFeatureMobileSyncEnabled") == ("TRUE",)


def test_chain_of_inheritance(store: DirectoryStore) -> None:
    """Account before COS before domain before global, for free attributes too."""
    for target in (EVERYWHERE, DOMAIN, DEFAULT, JOHN):
        store.set_attributes(target, [("someThing", [f"on {target.level.value}"])])
        assert inherited(store, "someThing") == (f"on {target.level.value}",)
    for target, then in ((JOHN, "cos"), (DEFAULT, "domain"), (DOMAIN, "global")):
        store.set_attributes(target, [("SOMETHING", [])])
        assert inherited(store, "someThing") == (f"on {then}",)


def test_entry_descriptions_are_not_inherited(store: DirectoryStore) -> None:
    """What describes a COS or domain does not describe its accounts."""
    store.set_attributes(DEFAULT, [("description", ["the usual"])])
    store.set_attributes(DOMAIN, [("zimbraVirtualHostname", ["phones.example.net"])])
    assert inherited(store, "description") == ()
    assert inherited(store, "zimbraVirtualHostname") == ()


def test_domains_default_cos(store: DirectoryStore) -> None:
    """An account without a COS of its own has its domain's, else the one named default."""
    cos = store.create_cos("vip", [("zimbraMailQuota", ["7"])])
    assert inherited(store, "zimbraMailQuota") == ("0",)
    store.set_attributes(DOMAIN, [("zimbraDomainDefaultCOSId", [cos])])
    assert inherited(store, "zimbraMailQuota") == ("7",)
    with pytest.raises(NotFound):
        store.set_attributes(DOMAIN, [("zimbraDomainDefaultCOSId", [str(uuid4())])])


def test_plus_and_minus(store: DirectoryStore) -> None:
    """+name appends what is not there yet, -name takes away, both keep the order of the rest."""
    name = "zimbraAllowFromAddress"
    store.set_attributes(JOHN, [(name, ["c@x.example", "a@x.example"])])
    store.set_attributes(JOHN, [("+" + name, ["b@x.example", "A@x.example"])])
    assert inherited(store, name) == ("c@x.example", "a@x.example", "b@x.example")
    store.set_attributes(JOHN, [("-" + name.upper(), ["A@X.example"])])
    assert inherited(store, name) == ("c@x.example", "b@x.example")
    store.set_attributes(JOHN, [(name, [""])])
    assert inherited(store, name) == ()
    with pytest.raises(InvalidArgument, match="expected one value"):
        store.set_attributes(JOHN, [("displayName", ["J"]), ("+displayName", ["D"])])
    assert inherited(store, "displayName") == ()


def test_all_or_none(store: DirectoryStore) -> None:
    """One bad value among several leaves everything as it was."""
    with pytest.raises(InvalidArgument):
        store.set_attributes(JOHN, [("displayName", ["J"]), ("zimbraMailQuota", ["lots"])])
    assert inherited(store, "displayName") == ()
    with pytest.raises(Conflict):
        store.create_account("mary@example.com", None, aliases=["sales@example.com"])
    assert [name for name, _ in store.accounts()] == ["john@example.com"]


def test_addresses_are_unique(store: DirectoryStore) -> None:
    """No name or alias can be another account's name or alias."""
    store.create_account("mary@example.com", None)
    for address in ("john@example.com", "SALES@example.com"):
        with pytest.raises(Conflict, match=r"belongs to the account john@example\.com"):
            store.create_account(address, None)
        with pytest.raises(Conflict):
            store.add_alias("mary@example.com", address)
        with pytest.raises(Conflict):
            store.rename_account("mary@example.com", address)
    with pytest.raises(Conflict):
        store.create_domain("EXAMPLE.com")
    with pytest.raises(Conflict):
        store.create_cos("Default")


def test_aliases(store: DirectoryStore) -> None:
    """Aliases stay in the order in which they came; the name cannot be taken away."""
    store.add_alias("sales@example.com", "info@elsewhere.example")
    aliases = inherited(store, "zimbraMailAlias")
    assert aliases == ("sales@example.com", "info@elsewhere.example")
    store.remove_alias("john@example.com", "Sales@example.com")
    assert inherited(store, "zimbraMailAlias") == ("info@elsewhere.example",)
    with pytest.raises(NotAllowed):
        store.remove_alias("john@example.com", "john@example.com")
    with pytest.raises(NotFound):
        store.remove_alias("john@example.com", "sales@example.com")


def test_rename_keeps_the_id(store: DirectoryStore) -> None:
    """A renamed account is the same account, in its new domain."""
    ((_, account),) = store.accounts()
    store.create_domain("example.org")
    store.rename_account("john@example.com", "j@example.org")
    assert store.accounts("example.org") == [("j@example.org", account)]
    assert store.accounts("example.com") == []


def test_ids_are_not_reused(store: DirectoryStore) -> None:
    """An account made anew under a deleted one's name is another one, without its attributes."""
    store.set_attributes(JOHN, [("displayName", ["old"])])
    deleted = store.delete_account("john@example.com")
    assert store.create_account("john@example.com", None) != deleted
    assert inherited(store, "displayName") == ()


def test_missing_things(store: DirectoryStore) -> None:
    """What does not exist is named in the refusal."""
    with pytest.raises(NotFound, match=r"domain nowhere\.example"):
        store.create_account("john@nowhere.example", None)
    with pytest.raises(NotFound, match="cos nothing"):
        store.create_account("mary@example.com", None, cos="nothing")
    with pytest.raises(NotFound, match=r"account mary@example\.com"):
        store.set_password("mary@example.com", "demo-mary")


def test_password_length(store: DirectoryStore) -> None:
    """A new password keeps the account's own rule and the bounds of every password."""
    store.set_attributes(JOHN, [("zimbraPasswordMinLength", ["12"])])
    with pytest.raises(InvalidArgument, match="at least 12"):
        store.set_password("john@example.com", "elevenchars")
    for password in ("", "x" * 513, "nul\0nul\0nul\0nul"):
        with pytest.raises(InvalidArgument, match="password"):
            store.set_password("john@example.com", password)


def test_no_password_in_the_clear(store: DirectoryStore, tmp_path: Path) -> None:
    """Nothing on disk holds a password."""
    store.set_password("john@example.com", "correct-horse-battery")
    store.close()
    for file in tmp_path.iterdir():
        assert b"correct-horse-battery" not in file.read_bytes()


def test_writers_beside_each_other(store: DirectoryStore, tmp_path: Path) -> None:
    """Two programs that change the directory at once wait for one another; nothing is lost."""
    other = open_store(tmp_path, HashCost(memory_kib=8, rounds=1, lanes=1))

    def add(number: int) -> None:
        (store, other)[number % 2].add_alias("john@example.com", f"alias{number}@example.com")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(40)))
    assert len(inherited(store, "zimbraMailAlias")) == 41
    other.close()
