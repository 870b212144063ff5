"""Change and read the distribution lists of the embedded directory.

Every method is one transaction, durable when it returns, and blocks; see ``store.py``.
"""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.addresses import normal_address, split_address
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.edits import apply_changes, normal_target, refuse_taken
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.grants import forget_grants
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.members import MEMBERS_MAX, expanded, members
from carbonio_mobile.accounts.schema import (
    ATTRIBUTE_VALUES,
    DISTRIBUTION_LISTS,
    LIST_ADDRESSES,
    LIST_MEMBERS,
)
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.provisioning import Change
from carbonio_mobile.errors import NotAllowed, NotFound


class ListStore:
    """The distribution lists in the directory's database."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def create(self, address: str, changes: Sequence[Change] = ()) -> str:
        """Make a list in an existing domain; gives its id.

        Raises: InvalidArgument, NotFound (domain), Conflict (the address is taken).
        """
        name, domain = normal_address(address), split_address(address)[1]
        new_id = str(uuid.uuid4())
        with self._transactions.changing() as connection:
            domain_id = entries.owner_id(connection, Target(level=Level.DOMAIN, name=domain))
            refuse_taken(connection, name)
            connection.execute(insert(DISTRIBUTION_LISTS).values(id=new_id, domain_id=domain_id))
            _add_address(connection, new_id, name, 0)
            apply_changes(connection, new_id, Level.LIST, changes)
        return new_id

    def delete(self, name: str) -> str:
        """Remove a list, also from the lists that it is in; gives its id. Raises: NotFound."""
        with self._transactions.changing() as connection:
            owner = _owner(connection, name)
            own = entries.list_addresses(connection, owner)
            connection.execute(
                delete(LIST_MEMBERS).where(
                    (LIST_MEMBERS.c.list_id == owner) | LIST_MEMBERS.c.address.in_(own)
                )
            )
            forget_grants(connection, owner)
            connection.execute(delete(ATTRIBUTE_VALUES).where(ATTRIBUTE_VALUES.c.owner_id == owner))
            connection.execute(delete(LIST_ADDRESSES).where(LIST_ADDRESSES.c.list_id == owner))
            connection.execute(delete(DISTRIBUTION_LISTS).where(DISTRIBUTION_LISTS.c.id == owner))
        return owner

    def rename(self, name: str, address: str) -> None:
        """Give a list another name. Raises: NotFound (list, domain), InvalidArgument, Conflict."""
        new, domain = normal_address(address), split_address(address)[1]
        with self._transactions.changing() as connection:
            owner = _owner(connection, name)
            domain_id = entries.owner_id(connection, Target(level=Level.DOMAIN, name=domain))
            old = entries.list_addresses(connection, owner)[0]
            if new == old:
                return
            refuse_taken(connection, new)
            connection.execute(
                update(DISTRIBUTION_LISTS)
                .where(DISTRIBUTION_LISTS.c.id == owner)
                .values(domain_id=domain_id)
            )
            connection.execute(
                update(LIST_ADDRESSES).where(LIST_ADDRESSES.c.address == old).values(address=new)
            )
            rename_member(connection, old, new)

    def add_alias(self, name: str, address: str) -> None:
        """Give a list one more address. Raises: NotFound, InvalidArgument, Conflict (taken)."""
        alias = normal_address(address)
        with self._transactions.changing() as connection:
            owner = _owner(connection, name)
            refuse_taken(connection, alias)
            last = connection.execute(
                select(func.max(LIST_ADDRESSES.c.position)).where(LIST_ADDRESSES.c.list_id == owner)
            ).scalar_one()
            _add_address(connection, owner, alias, last + 1)

    def remove_alias(self, name: str, address: str) -> None:
        """Take an alias away. Raises: NotFound (list, alias), NotAllowed (the name)."""
        alias = normal_address(address)
        with self._transactions.changing() as connection:
            known = entries.list_addresses(connection, _owner(connection, name))
            if alias not in known:
                raise NotFound(f"{known[0]} has no alias {alias}")
            if alias == known[0]:
                raise NotAllowed(f"{alias} is the list's name, not an alias")
            connection.execute(delete(LIST_ADDRESSES).where(LIST_ADDRESSES.c.address == alias))
            forget_member(connection, (alias,))

    def add_members(self, name: str, addresses: Sequence[str]) -> int:
        """Put addresses into a list, all or none; gives how many are new.

        Raises: NotFound, InvalidArgument (an address, the list's own, too many).
        """
        wanted = list(dict.fromkeys(map(normal_address, addresses)))
        with self._transactions.changing() as connection:
            owner = _owner(connection, name)
            own = set(entries.list_addresses(connection, owner)).intersection(wanted)
            if own:
                raise InvalidArgument("member", f"{own.pop()} is the list itself")
            present = members(connection, owner)
            new = [address for address in wanted if address not in set(present)]
            if len(present) + len(new) > MEMBERS_MAX:
                raise InvalidArgument("member", f"a list has at most {MEMBERS_MAX} members")
            if new:
                rows = [{"list_id": owner, "address": address} for address in new]
                connection.execute(insert(LIST_MEMBERS), rows)
        return len(new)

    def remove_members(self, name: str, addresses: Sequence[str]) -> None:
        """Take addresses out of a list, all or none. Raises: NotFound (list, a member)."""
        gone = list(dict.fromkeys(map(normal_address, addresses)))
        with self._transactions.changing() as connection:
            owner = _owner(connection, name)
            present = set(members(connection, owner))
            strange = next((address for address in gone if address not in present), None)
            if strange is not None:
                raise NotFound(f"{strange} is not a member of {name}")
            connection.execute(
                delete(LIST_MEMBERS).where(
                    LIST_MEMBERS.c.list_id == owner, LIST_MEMBERS.c.address.in_(gone)
                )
            )

    def expansions(self, addresses: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Give all members behind those of ``addresses`` that are lists. Raises: TooLarge."""
        found: dict[str, tuple[str, ...]] = {}
        with self._transactions.reading() as connection:
            for address in addresses:
                owner = entries.list_id(connection, address) if "@" in address else None
                if owner is not None:
                    found[address] = expanded(connection, owner)
        return found


def forget_member(connection: Connection, addresses: Sequence[str]) -> None:
    """Take addresses out of every list."""
    connection.execute(delete(LIST_MEMBERS).where(LIST_MEMBERS.c.address.in_(addresses)))


def rename_member(connection: Connection, old: str, new: str) -> None:
    """Let every list have a member under another address."""
    having = select(LIST_MEMBERS.c.list_id).where(LIST_MEMBERS.c.address == new)
    connection.execute(
        delete(LIST_MEMBERS).where(
            LIST_MEMBERS.c.address == old, LIST_MEMBERS.c.list_id.in_(having.scalar_subquery())
        )
    )
    connection.execute(
        update(LIST_MEMBERS).where(LIST_MEMBERS.c.address == old).values(address=new)
    )


def _owner(connection: Connection, name: str) -> str:
    return entries.owner_id(connection, normal_target(Target(level=Level.LIST, name=name)))


def _add_address(connection: Connection, owner: str, address: str, position: int) -> None:
    row = {"address": address, "list_id": owner, "position": position}
    connection.execute(insert(LIST_ADDRESSES).values(row))
