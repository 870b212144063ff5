"""What administrators may change where accounts or passwords stand elsewhere."""

from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest
from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from carbonio_mobile.accounts.configuration import ConfigurationStore, EmbeddedConfiguration
from carbonio_mobile.accounts.limited import (
    Elsewhere,
    LimitedConfiguration,
    LimitedProvisioning,
    of_imap,
    of_ldap,
)
from carbonio_mobile.accounts.provisioning import Administration, EmbeddedProvisioning
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.directory.configuration import Scope
from carbonio_mobile.directory.provisioning import EntryKind, Grant
from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IConfiguration, IMailingLists, IProvisioning
from carbonio_mobile.testing.lanes import InlineLane

T = TypeVar("T")
ANN = Account(
    id=AccountId("a1"),
    name="ann@example.com",
    display_name="Ann",
    domain="example.com",
    addresses=("ann@example.com",),
    status=AccountStatus.ACTIVE,
    domain_status=AccountStatus.ACTIVE,
    attributes={"displayname": ("Ann",), "zimbrafeaturemobilesyncenabled": ("FALSE",)},
)


class Ldap:
    """Accounts elsewhere."""

    async def account(self, account: AccountId) -> Account:
        """Give one by its id."""
        if account != ANN.id:
            raise NotFound("no account")
        return ANN

    async def find(self, address: str) -> Account | None:
        """Give one by its address."""
        return ANN if address == ANN.name else None


class Blind:
    """A watch that cannot tell."""

    def version(self) -> None:
        """Tell nothing."""


def result(awaitable: Awaitable[T]) -> T:
    """Give what is there at once, or raise it."""

    async def wait() -> T:
        return await awaitable

    found: list[Any] = []
    Deferred.fromCoroutine(wait()).addBoth(found.append)
    if hasattr(found[0], "raiseException"):
        found[0].raiseException()
    answer: T = found[0]
    return answer


def provisioning(store: DirectoryStore, elsewhere: Elsewhere) -> LimitedProvisioning:
    """Give administration over a directory of ours."""
    work = Administration(store._transactions, store, lambda: 1_700_000_000.0)  # as opening does
    own = EmbeddedProvisioning(work=work, lane=InlineLane(), people_lane=InlineLane())
    return LimitedProvisioning(own, own, accounts=Ldap(), elsewhere=elsewhere)  # type: ignore[arg-type]  # as far as asked


def test_it_is_provisioning(store: DirectoryStore) -> None:
    """All that is asked of administration is there."""
    made = provisioning(store, of_imap())
    verifyObject(IProvisioning, made)
    verifyObject(IMailingLists, made)


def test_imap_keeps_all_but_passwords(store: DirectoryStore) -> None:
    """Accounts, domains, COS and lists are ours; what is refused says where to go."""
    made = provisioning(store, of_imap())
    result(made.create(EntryKind.ACCOUNT, "john@example.com"))
    result(made.modify(EntryKind.ACCOUNT, "john@example.com", [("displayName", ["John"])]))
    assert result(made.entry(EntryKind.ACCOUNT, "john@example.com")).name == "john@example.com"
    (named,) = result(made.names(EntryKind.ACCOUNT, domain=None, after="", limit=10))
    assert named[0] == "john@example.com"
    assert not result(made.has_right("john@example.com", "john@example.com", "sendAs"))
    for refused in (
        made.set_password("john@example.com", "x"),
        made.create(EntryKind.ACCOUNT, "mary@example.com", password="x"),
    ):
        with pytest.raises(NotAllowed, match=r"those of the IMAP server.*auth credential add"):
            result(refused)


def test_ldap_shows_accounts_and_changes_none(store: DirectoryStore) -> None:
    """Each change of an account, room or list is refused; domains and COS are ours."""
    made = provisioning(store, of_ldap(has_surroundings=False))
    account = EntryKind.ACCOUNT
    grant = Grant(
        target_kind="account", target=ANN.name, grantee_kind="all", grantee="", right="sendAs"
    )
    for refused in (
        made.create(account, "x@example.com"),
        made.modify(account, ANN.name, []),
        made.rename(account, ANN.name, "b@example.com"),
        made.delete(EntryKind.LIST, "team@example.com"),
        made.add_alias(account, ANN.name, "b@example.com"),
        made.remove_alias(account, ANN.name, "b@example.com"),
        made.add_members("team@example.com", []),
        made.remove_members("team@example.com", []),
        made.names(account, domain=None, after="", limit=10),
        made.entries(EntryKind.RESOURCE, domain=None, after="", limit=10),
        made.set_password(ANN.name, "x"),
        made.grant(grant),
        made.revoke(grant),
    ):
        with pytest.raises(NotAllowed, match="the LDAP directory"):
            result(refused)
    shown = result(made.entry(account, ANN.name))
    assert shown == result(made.entry(account, "A1"))
    assert shown.own == {"displayName": ("Ann",)}
    assert shown.inherited == {"zimbraFeatureMobileSyncEnabled": ("FALSE",)}
    with pytest.raises(NotFound):
        result(made.entry(account, "nobody@example.com"))
    with pytest.raises(NotFound):
        result(made.entry(EntryKind.RESOURCE, ANN.name))
    assert result(made.grants("account", ANN.name)) == ()
    assert not result(made.has_right(ANN.name, ANN.name, "sendAs"))
    result(made.create(EntryKind.COS, "staff"))
    assert result(made.entry(EntryKind.DOMAIN, "example.com")).name == "example.com"


def test_the_product_has_domains_and_cos_as_well(store: DirectoryStore) -> None:
    """They are refused, too; that we know a domain is for rules that name one."""
    made = provisioning(store, of_ldap(has_surroundings=True))
    with pytest.raises(NotAllowed, match="each cos stands in the LDAP directory"):
        result(made.create(EntryKind.COS, "staff"))
    assert result(made.entry(EntryKind.DOMAIN, "example.com")).name == "example.com"


@pytest.mark.parametrize(
    ("has_surroundings", "level", "refused"),
    [
        (False, "account", True),
        (False, "distributionList", True),
        (False, "domain", False),
        (True, "domain", True),
        (True, "cos", True),
        (True, "global", False),
        (True, "server", False),
    ],
)
def test_attributes_are_set_where_they_stand(
    store: DirectoryStore, has_surroundings: bool, level: str, refused: bool
) -> None:
    """Those of this server and of the installation are always ours."""
    own = EmbeddedConfiguration(
        store=ConfigurationStore(store._transactions), watch=Blind(), lane=InlineLane()
    )
    made = LimitedConfiguration(own, elsewhere=of_ldap(has_surroundings=has_surroundings))
    verifyObject(IConfiguration, made)
    scope = Scope(level=level, name={"domain": "example.com"}.get(level, ""))
    if not refused:
        assert result(made.dump(scope, inherited=False)) is not None
        return
    for asked in (
        made.get(scope, "displayName"),
        made.set(scope, "displayName", ["x"]),
        made.unset(scope, "displayName"),
        made.dump(scope, inherited=True),
    ):
        with pytest.raises(NotAllowed, match="the LDAP directory: set its attributes there"):
            result(asked)
