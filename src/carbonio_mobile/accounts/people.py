"""The address list of the embedded directory.

Spec: ../shared/carbonio/attributes.md 7.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, select
from zope.interface import implementer

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.inheritance import grouped
from carbonio_mobile.accounts.lanes import Lane
from carbonio_mobile.accounts.members import gathered
from carbonio_mobile.accounts.schema import (
    ACCOUNTS,
    ADDRESSES,
    ATTRIBUTE_VALUES,
    DISTRIBUTION_LISTS,
    DOMAINS,
)
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.addresslist import AddressList
from carbonio_mobile.directory.people import (
    NOBODY,
    PERSON_ATTRIBUTES,
    People,
    Person,
    PersonWish,
    group,
    person,
    with_blobs,
)
from carbonio_mobile.directory.scope import Scope, rows_allowed, scope_of
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IDirectory

LISTS_MAX = 32
"""Address lists that are kept; with more domains in use than this, they are made again."""


class PeopleStore:
    """Reads people, and keeps their lists until the directory changes. Used by one thread.

    Every method blocks, and may raise Unavailable and Corrupt.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._generation = 0
        self._lists: OrderedDict[Scope, AddressList] = OrderedDict()

    def search(self, scope: Scope, text: str, offset: int, limit: int, wish: PersonWish) -> People:
        """Find people by the beginnings of their names."""
        with self._transactions.reading() as connection:
            found = self._list(connection, scope).search(text, offset=offset, limit=limit)
            return People(found=_complete(connection, found.found, wish), total=found.total)

    def page(self, scope: Scope, offset: int, limit: int) -> tuple[People, int]:
        """Give a stretch of all entries, and the generation of the directory they are of."""
        with self._transactions.reading() as connection:
            return self._list(connection, scope).page(offset, limit), self._generation

    def at(self, scope: Scope, addresses: Sequence[str], wish: PersonWish) -> dict[str, Person]:
        """Give the people with these addresses, by the address asked for."""
        with self._transactions.reading() as connection:
            listed = self._list(connection, scope)
            met = [(each, listed.at(each)) for each in addresses]
            known = [(each, shown) for each, shown in met if shown is not None]
            complete = _complete(connection, [shown for _, shown in known], wish)
            return dict(zip([each for each, _ in known], complete, strict=True))

    def _list(self, connection: Connection, scope: Scope) -> AddressList:
        present = entries.generation(connection)
        if present != self._generation:
            self._lists.clear()
            self._generation = present
        kept = self._lists.get(scope)
        if kept is None:
            kept = self._lists[scope] = AddressList(_people(connection, scope))
            if len(self._lists) > LISTS_MAX:
                self._lists.popitem(last=False)
        self._lists.move_to_end(scope)
        return kept


def _people(connection: Connection, scope: Scope) -> Iterable[Person]:
    for domain_id, name in connection.execute(select(DOMAINS.c.id, DOMAINS.c.name)).all():
        if scope.covers(name):
            yield from _people_of(connection, domain_id)
            yield from _groups_of(connection, domain_id)


def _people_of(connection: Connection, domain_id: str) -> Iterable[Person]:
    """Read the people of one domain in two statements, however many there are."""
    addresses = connection.execute(
        select(ADDRESSES.c.account_id, ADDRESSES.c.address)
        .join(ACCOUNTS, ACCOUNTS.c.id == ADDRESSES.c.account_id)
        .where(ACCOUNTS.c.domain_id == domain_id)
        .order_by(ADDRESSES.c.account_id, ADDRESSES.c.position)
    )
    values = connection.execute(
        select(ATTRIBUTE_VALUES.c.owner_id, ATTRIBUTE_VALUES.c.name_key, ATTRIBUTE_VALUES.c.value)
        .join(ACCOUNTS, ACCOUNTS.c.id == ATTRIBUTE_VALUES.c.owner_id)
        .where(
            ACCOUNTS.c.domain_id == domain_id,
            ATTRIBUTE_VALUES.c.name_key.in_(PERSON_ATTRIBUTES),
        )
        .order_by(ATTRIBUTE_VALUES.c.owner_id, ATTRIBUTE_VALUES.c.position)
    )
    of_accounts = _by_owner((owner, key, value) for owner, key, value in values)
    for owner, names in grouped((owner, address) for owner, address in addresses).items():
        yield person(AccountId(owner), names, of_accounts.get(owner, {}))


def _groups_of(connection: Connection, domain_id: str) -> Iterable[Person]:
    rows = connection.execute(
        select(DISTRIBUTION_LISTS.c.id).where(DISTRIBUTION_LISTS.c.domain_id == domain_id)
    ).all()
    for (owner,) in rows:
        names = entries.list_addresses(connection, owner)
        yield group(names, entries.own_texts(connection, owner), gathered(connection, owner))


def _complete(
    connection: Connection, shown: Sequence[Person], wish: PersonWish
) -> tuple[Person, ...]:
    """Give people with their pictures and certificates, as far as they are wished."""
    wanted = wish.attributes
    owners = [str(each.account) for each in shown if each.account is not None]
    if not wanted or not owners:
        return tuple(shown)
    rows = connection.execute(
        select(ATTRIBUTE_VALUES.c.owner_id, ATTRIBUTE_VALUES.c.name_key, ATTRIBUTE_VALUES.c.value)
        .where(ATTRIBUTE_VALUES.c.owner_id.in_(owners), ATTRIBUTE_VALUES.c.name_key.in_(wanted))
        .order_by(ATTRIBUTE_VALUES.c.owner_id, ATTRIBUTE_VALUES.c.position)
    )
    values = _by_owner((owner, key, value) for owner, key, value in rows)
    return tuple(with_blobs(each, values.get(str(each.account), {}), wish) for each in shown)


def _by_owner(
    rows: Iterable[tuple[str, str, str]],
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    gathered: dict[str, dict[str, list[str]]] = {}
    for owner, key, value in rows:
        gathered.setdefault(owner, {}).setdefault(key, []).append(value)
    return {
        owner: {key: tuple(values) for key, values in of_owner.items()}
        for owner, of_owner in gathered.items()
    }


@implementer(IDirectory)
class EmbeddedPeople:
    """The address list behind ``IDirectory``; all work is done in ``lane``, one at a time."""

    def __init__(self, *, store: PeopleStore, lane: Lane) -> None:
        self._store = store
        self._lane = lane

    async def search(
        self, viewer: Account, text: str, *, offset: int, limit: int, wish: PersonWish
    ) -> People:
        """See :meth:`IDirectory.search`."""
        scope = scope_of(viewer)
        if scope is None:
            return NOBODY
        rows = rows_allowed(viewer, offset, limit)
        return await self._lane.run(partial(self._store.search, scope, text, offset, rows, wish))

    async def at(
        self, viewer: Account, addresses: Sequence[str], *, wish: PersonWish
    ) -> Mapping[str, Person]:
        """See :meth:`IDirectory.at`."""
        scope = scope_of(viewer)
        if scope is None or not addresses:
            return {}
        return await self._lane.run(partial(self._store.at, scope, tuple(addresses), wish))
