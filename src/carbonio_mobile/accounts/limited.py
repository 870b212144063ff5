"""Administration of what stands in our own database, where accounts or passwords do not.

What cannot be changed here is refused with where it can be.

Spec: issue 6, section 2.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass

from zope.interface import implementer

from carbonio_mobile.accounts.attributes import DEFAULTS, spelt
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.configuration import (
    LIST_LEVEL,
    AttributeFacts,
    Configuration,
    Leftover,
    Scope,
    Setting,
)
from carbonio_mobile.directory.provisioning import Change, Entry, EntryKind, Grant, ImportedPeople
from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import (
    IAccounts,
    IConfiguration,
    IMailingLists,
    IProvisioning,
)

_PERSONAL = frozenset((EntryKind.ACCOUNT, EntryKind.RESOURCE, EntryKind.LIST))
_SHARED = frozenset((EntryKind.DOMAIN, EntryKind.COS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What stands elsewhere, and ``where``, for people: ``the LDAP directory``.

    Passwords always do; ``kinds`` are the entries that do as well.
    """

    where: str
    kinds: frozenset[EntryKind] = frozenset()

    def refuse(self, kind: EntryKind) -> None:
        """Raises: NotAllowed, if entries of a kind stand elsewhere."""
        if kind in self.kinds:
            raise NotAllowed(f"each {kind.value} stands in {self.where}: change it there")

    def refuse_password(self) -> None:
        """Raises: NotAllowed."""
        raise NotAllowed(
            f"passwords are those of {self.where}: change them there; what opens phones alone is "
            "made by carbonio auth credential add"
        )


def of_imap() -> Elsewhere:
    """Give what stands elsewhere where an IMAP server knows the passwords."""
    return Elsewhere(where="the IMAP server")


def of_ldap(*, has_surroundings: bool) -> Elsewhere:
    """Give what stands elsewhere with an LDAP directory, which may have domains and COS as well."""
    kinds = _PERSONAL | (_SHARED if has_surroundings else frozenset())
    return Elsewhere(where="the LDAP directory", kinds=kinds)


@implementer(IProvisioning, IMailingLists)
class LimitedProvisioning:
    """Our own provisioning but for what stands elsewhere; accounts there are shown.

    See :class:`IProvisioning` for all methods; what is refused raises NotAllowed.
    """

    def __init__(
        self, own: IProvisioning, lists: IMailingLists, *, accounts: IAccounts, elsewhere: Elsewhere
    ) -> None:
        self._own = own
        self._lists = lists
        self._accounts = accounts
        self._elsewhere = elsewhere
        self._has_accounts = EntryKind.ACCOUNT not in elsewhere.kinds

    async def create(
        self,
        kind: EntryKind,
        name: str,
        *,
        password: str | None = None,
        changes: Sequence[Change] = (),
    ) -> str:
        """Make an entry; no account with a password."""
        self._elsewhere.refuse(kind)
        if password is not None:
            self._elsewhere.refuse_password()
        return await self._own.create(kind, name, changes=changes)

    async def modify(self, kind: EntryKind, name: str, changes: Sequence[Change]) -> None:
        """Change attributes."""
        self._elsewhere.refuse(kind)
        await self._own.modify(kind, name, changes)

    async def entry(self, kind: EntryKind, name: str) -> Entry:
        """Give an entry; domains and COS as our own database knows them."""
        if kind is EntryKind.LIST:
            self._elsewhere.refuse(kind)
        if kind not in self._elsewhere.kinds - _SHARED:
            return await self._own.entry(kind, name)
        found = await self._found(name)
        if kind is EntryKind.RESOURCE and not found.value("zimbraCalResType"):
            raise NotFound(f"{name} is an account, not a resource")
        return _shown(found)

    async def _found(self, name: str) -> Account:
        if "@" not in name:
            return await self._accounts.account(AccountId(name.lower()))
        found = await self._accounts.find(name)
        if found is None:
            raise NotFound(f"no account {name}")
        return found

    async def names(
        self, kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Give names of what stands here."""
        self._refuse_listing(kind)
        return await self._own.names(kind, domain=domain, after=after, limit=limit)

    async def entries(
        self, kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Sequence[Entry]:
        """Give entries of what stands here."""
        self._refuse_listing(kind)
        return await self._own.entries(kind, domain=domain, after=after, limit=limit)

    def _refuse_listing(self, kind: EntryKind) -> None:
        if kind in self._elsewhere.kinds - _SHARED:
            raise NotAllowed(
                f"each {kind.value} stands in {self._elsewhere.where}: list them there"
            )

    async def rename(self, kind: EntryKind, name: str, new_name: str) -> None:
        """Give an entry another name."""
        self._elsewhere.refuse(kind)
        await self._own.rename(kind, name, new_name)

    async def delete(self, kind: EntryKind, name: str) -> str:
        """Remove an entry."""
        self._elsewhere.refuse(kind)
        return await self._own.delete(kind, name)

    async def set_password(self, account: str, password: str) -> None:  # noqa: ARG002
        """Refuse it."""
        self._elsewhere.refuse_password()

    async def add_alias(self, kind: EntryKind, name: str, alias: str) -> None:
        """Give an entry one more address."""
        self._elsewhere.refuse(kind)
        await self._own.add_alias(kind, name, alias)

    async def remove_alias(self, kind: EntryKind, name: str, alias: str) -> None:
        """Take an address away."""
        self._elsewhere.refuse(kind)
        await self._own.remove_alias(kind, name, alias)

    async def add_members(self, name: str, addresses: Sequence[str]) -> int:
        """Put addresses into a list."""
        self._elsewhere.refuse(EntryKind.LIST)
        return await self._own.add_members(name, addresses)

    async def remove_members(self, name: str, addresses: Sequence[str]) -> None:
        """Take addresses out of a list."""
        self._elsewhere.refuse(EntryKind.LIST)
        await self._own.remove_members(name, addresses)

    async def grant(self, grant: Grant) -> None:
        """Give a right, to accounts of ours."""
        self._elsewhere.refuse(EntryKind.ACCOUNT)
        await self._own.grant(grant)

    async def revoke(self, grant: Grant) -> None:
        """Take a right away."""
        self._elsewhere.refuse(EntryKind.ACCOUNT)
        await self._own.revoke(grant)

    async def grants(self, target_kind: str, target: str) -> Sequence[Grant]:
        """Give the rights on an entry; none with accounts elsewhere."""
        return await self._own.grants(target_kind, target) if self._has_accounts else ()

    async def has_right(self, grantee: str, target: str, right: str) -> bool:
        """Tell whether an account holds a right; none does with accounts elsewhere."""
        return self._has_accounts and await self._own.has_right(grantee, target, right)

    async def import_people(
        self, domain: str, source: AsyncIterator[bytes], *, remove_missing: bool, dry_run: bool
    ) -> ImportedPeople:
        """Put people into a domain's address list, unless that comes from elsewhere."""
        if not self._has_accounts:
            raise NotAllowed(f"the address list is that of {self._elsewhere.where}: add them there")
        return await self._own.import_people(
            domain, source, remove_missing=remove_missing, dry_run=dry_run
        )

    async def generation(self) -> int:
        """Give the number that every visible change here raises."""
        return await self._own.generation()

    async def expansions(self, addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Give the addresses behind lists of ours."""
        return await self._lists.expansions(addresses)


def _shown(account: Account) -> Entry:
    held = {spelt(key): values for key, values in sorted(account.attributes.items())}
    built_in = {spelt(key): values for key, values in DEFAULTS.items()}
    inherited = {name: values for name, values in held.items() if built_in.get(name) == values}
    own = {name: values for name, values in held.items() if name not in inherited}
    return Entry(id=account.id, name=account.name, own=own, inherited=inherited)


@implementer(IConfiguration)
class LimitedConfiguration:
    """Our own configuration but for what stands elsewhere; what is refused raises NotAllowed."""

    def __init__(self, own: IConfiguration, *, elsewhere: Elsewhere) -> None:
        self._own = own
        self._elsewhere = elsewhere
        self._levels: Collection[str] = {each.value for each in elsewhere.kinds} | (
            {LIST_LEVEL} if EntryKind.LIST in elsewhere.kinds else set()
        )

    async def values(self) -> Configuration:
        """Give what holds for the server."""
        return await self._own.values()

    async def get(self, scope: Scope, attribute: str) -> Setting:
        """Give an attribute as it holds for a scope."""
        self._refuse(scope)
        return await self._own.get(scope, attribute)

    async def set(self, scope: Scope, attribute: str, values: Sequence[str]) -> Setting:
        """Set an attribute at a scope."""
        self._refuse(scope)
        return await self._own.set(scope, attribute, values)

    async def unset(self, scope: Scope, attribute: str) -> Setting:
        """Remove an attribute from a scope."""
        self._refuse(scope)
        return await self._own.unset(scope, attribute)

    async def dump(self, scope: Scope, *, inherited: bool) -> Sequence[Setting]:
        """Give all that is set at a scope."""
        self._refuse(scope)
        return await self._own.dump(scope, inherited=inherited)

    async def clean(self, *, dry_run: bool) -> Sequence[Leftover]:
        """Remove values that mean nothing where they stand."""
        return await self._own.clean(dry_run=dry_run)

    async def about(self, attribute: str) -> AttributeFacts:
        """Tell what is known of an attribute."""
        return await self._own.about(attribute)

    def _refuse(self, scope: Scope) -> None:
        if scope.level in self._levels:
            raise NotAllowed(
                f"each {scope.level} stands in {self._elsewhere.where}: set its attributes there"
            )
