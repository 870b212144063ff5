"""The embedded directory behind ``IProvisioning`` and ``IMailingLists``."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from zope.interface import implementer

from carbonio_mobile.accounts.addresses import normal_address
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.domains import DomainStore
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.grants import GrantStore
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.lanes import Lane
from carbonio_mobile.accounts.listings import ListingStore
from carbonio_mobile.accounts.lists import ListStore
from carbonio_mobile.accounts.peopleimport import PeopleImports
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.provisioning import (
    Change,
    Entry,
    EntryKind,
    Grant,
    ImportedPeople,
)
from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.interfaces import IMailingLists, IProvisioning

T = TypeVar("T")

_LEVELS = {
    EntryKind.ACCOUNT: Level.ACCOUNT,
    EntryKind.RESOURCE: Level.ACCOUNT,
    EntryKind.COS: Level.COS,
    EntryKind.DOMAIN: Level.DOMAIN,
    EntryKind.LIST: Level.LIST,
    EntryKind.GLOBAL: Level.GLOBAL,
}
_RESOURCE_TYPE = ("zimbraCalResType", ("Location",))


class Administration:
    """All changes of the directory by kind of entry; every method blocks."""

    def __init__(
        self, transactions: Transactions, store: DirectoryStore, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._clock = clock
        self.lists = ListStore(transactions)
        self.domains = DomainStore(transactions)
        self.grants = GrantStore(transactions)
        self.listings = ListingStore(transactions)
        self.imports = PeopleImports(transactions, clock)

    def create(
        self, kind: EntryKind, name: str, password: str | None, changes: Sequence[Change]
    ) -> str:
        """See :meth:`IProvisioning.create`."""
        match kind:
            case EntryKind.DOMAIN:
                return self._store.create_domain(name, changes)
            case EntryKind.COS:
                return self._store.create_cos(name, changes)
            case EntryKind.LIST:
                return self.lists.create(name, changes)
            case EntryKind.ACCOUNT:
                return self._store.create_account(name, password, changes=changes)
            case EntryKind.RESOURCE:
                typed = [_RESOURCE_TYPE, *changes]
                return self._store.create_account(name, password, changes=typed)
        raise NotAllowed("there is one global configuration")

    def modify(self, kind: EntryKind, name: str, changes: Sequence[Change]) -> None:
        """See :meth:`IProvisioning.modify`."""
        self._store.set_attributes(self._target(kind, name), changes)

    def entry(self, kind: EntryKind, name: str) -> Entry:
        """See :meth:`IProvisioning.entry`."""
        return self._store.entry(self._target(kind, name), self._clock())

    def entries(
        self, kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Sequence[Entry]:
        """See :meth:`IProvisioning.entries`."""
        names = self.listings.names(kind, domain=domain, after=after, limit=limit)
        found = []
        for _, owner in names:
            try:
                found.append(self.entry(kind, owner))
            except NotFound:
                continue  # it went between the two readings
        return found

    def rename(self, kind: EntryKind, name: str, new_name: str) -> None:
        """See :meth:`IProvisioning.rename`."""
        match kind:
            case EntryKind.COS:
                self.domains.rename_cos(name, new_name)
            case EntryKind.LIST:
                self.lists.rename(name, new_name)
            case EntryKind.ACCOUNT | EntryKind.RESOURCE:
                self._store.rename_account(self._target(kind, name).name, new_name)
            case _:
                raise NotAllowed(f"a {kind.value} cannot be renamed")

    def delete(self, kind: EntryKind, name: str) -> str:
        """See :meth:`IProvisioning.delete`."""
        match kind:
            case EntryKind.COS:
                return self.domains.delete_cos(name)
            case EntryKind.DOMAIN:
                return self.domains.delete_domain(name)
            case EntryKind.LIST:
                return self.lists.delete(name)
            case EntryKind.ACCOUNT | EntryKind.RESOURCE:
                return self._store.delete_account(self._target(kind, name).name)
        raise NotAllowed("the global configuration stays")

    def set_password(self, account: str, password: str) -> None:
        """See :meth:`IProvisioning.set_password`."""
        self._store.set_password(account, password)

    def add_alias(self, kind: EntryKind, name: str, alias: str) -> None:
        """See :meth:`IProvisioning.add_alias`."""
        if kind is EntryKind.LIST:
            self.lists.add_alias(name, alias)
        else:
            self._store.add_alias(name, alias)

    def remove_alias(self, kind: EntryKind, name: str, alias: str) -> None:
        """See :meth:`IProvisioning.remove_alias`."""
        if kind is EntryKind.LIST:
            self.lists.remove_alias(name, alias)
        else:
            self._store.remove_alias(name, alias)

    def _target(self, kind: EntryKind, name: str) -> Target:
        if kind is EntryKind.RESOURCE and not self.listings.is_resource(name):
            raise NotFound(f"{name} is an account, not a resource")
        return Target(level=_LEVELS[kind], name=name)


@implementer(IProvisioning, IMailingLists)
class EmbeddedProvisioning:
    """Administration for the daemon: work is done in ``lane``, what mail waits for in theirs."""

    def __init__(self, *, work: Administration, lane: Lane, people_lane: Lane) -> None:
        self._work = work
        self._lane = lane
        self._people_lane = people_lane

    async def create(
        self,
        kind: EntryKind,
        name: str,
        *,
        password: str | None = None,
        changes: Sequence[Change] = (),
    ) -> str:
        """See :meth:`IProvisioning.create`."""
        return await self._do(partial(self._work.create, kind, name, password, tuple(changes)))

    async def modify(self, kind: EntryKind, name: str, changes: Sequence[Change]) -> None:
        """See :meth:`IProvisioning.modify`."""
        await self._do(partial(self._work.modify, kind, name, tuple(changes)))

    async def entry(self, kind: EntryKind, name: str) -> Entry:
        """See :meth:`IProvisioning.entry`."""
        return await self._do(partial(self._work.entry, kind, name))

    async def names(
        self, kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Sequence[tuple[str, str]]:
        """See :meth:`IProvisioning.names`."""
        listings = self._work.listings
        return await self._do(
            partial(listings.names, kind, domain=domain, after=after, limit=limit)
        )

    async def entries(
        self, kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Sequence[Entry]:
        """See :meth:`IProvisioning.entries`."""
        return await self._do(
            partial(self._work.entries, kind, domain=domain, after=after, limit=limit)
        )

    async def rename(self, kind: EntryKind, name: str, new_name: str) -> None:
        """See :meth:`IProvisioning.rename`."""
        await self._do(partial(self._work.rename, kind, name, new_name))

    async def delete(self, kind: EntryKind, name: str) -> str:
        """See :meth:`IProvisioning.delete`."""
        return await self._do(partial(self._work.delete, kind, name))

    async def set_password(self, account: str, password: str) -> None:
        """See :meth:`IProvisioning.set_password`."""
        await self._do(partial(self._work.set_password, account, password))

    async def add_alias(self, kind: EntryKind, name: str, alias: str) -> None:
        """See :meth:`IProvisioning.add_alias`."""
        await self._do(partial(self._work.add_alias, kind, name, alias))

    async def remove_alias(self, kind: EntryKind, name: str, alias: str) -> None:
        """See :meth:`IProvisioning.remove_alias`."""
        await self._do(partial(self._work.remove_alias, kind, name, alias))

    async def add_members(self, name: str, addresses: Sequence[str]) -> int:
        """See :meth:`IProvisioning.add_members`."""
        return await self._do(partial(self._work.lists.add_members, name, tuple(addresses)))

    async def remove_members(self, name: str, addresses: Sequence[str]) -> None:
        """See :meth:`IProvisioning.remove_members`."""
        await self._do(partial(self._work.lists.remove_members, name, tuple(addresses)))

    async def grant(self, grant: Grant) -> None:
        """See :meth:`IProvisioning.grant`."""
        await self._do(partial(self._work.grants.grant, grant))

    async def revoke(self, grant: Grant) -> None:
        """See :meth:`IProvisioning.revoke`."""
        await self._do(partial(self._work.grants.revoke, grant))

    async def grants(self, target_kind: str, target: str) -> Sequence[Grant]:
        """See :meth:`IProvisioning.grants`."""
        return await self._do(partial(self._work.grants.grants, target_kind, target))

    async def has_right(self, grantee: str, target: str, right: str) -> bool:
        """See :meth:`IProvisioning.has_right`."""
        return await self._do(partial(self._work.grants.has_right, grantee, target, right))

    async def import_people(
        self, domain: str, source: AsyncIterator[bytes], *, remove_missing: bool, dry_run: bool
    ) -> ImportedPeople:
        """See :meth:`IProvisioning.import_people`."""
        work = await self._do(partial(self._work.imports.begin, domain))
        try:
            async for piece in source:
                await self._do(partial(work.feed, piece))
            return await self._do(
                partial(work.finish, remove_missing=remove_missing, dry_run=dry_run)
            )
        finally:
            work.close()

    async def generation(self) -> int:
        """See :meth:`IProvisioning.generation`."""
        return await self._do(self._work.listings.generation)

    async def expansions(self, addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """See :meth:`IMailingLists.expansions`."""
        asked = {address: normal for address in addresses if (normal := _normal(address))}
        if not asked:
            return {}
        find = partial(self._work.lists.expansions, tuple(set(asked.values())))
        found = await self._people_lane.run(find)
        return {address: found[normal] for address, normal in asked.items() if normal in found}

    async def _do(self, work: Callable[[], T]) -> T:
        return await self._lane.run(work)


def _normal(address: str) -> str:
    try:
        return normal_address(address)
    except InvalidArgument:
        return ""
