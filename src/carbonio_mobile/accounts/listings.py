"""Long listings of the embedded directory, a page at a time.

Every method is one transaction and blocks; see ``store.py``.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.edits import normal_target
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.schema import (
    ACCOUNTS,
    ADDRESSES,
    ATTRIBUTE_VALUES,
    CLASSES_OF_SERVICE,
    DISTRIBUTION_LISTS,
    DOMAINS,
    LIST_ADDRESSES,
)
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.provisioning import EntryKind

_RESOURCES = select(ATTRIBUTE_VALUES.c.owner_id).where(
    ATTRIBUTE_VALUES.c.name_key == "zimbracalrestype"
)


class ListingStore:
    """Names of entries in the directory's database."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def names(
        self, kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Give (name, id) of at most ``limit`` entries whose names come after ``after``, in order.

        ``domain`` leaves accounts, resources and lists of others out. Raises: NotFound (domain).
        """
        with self._transactions.reading() as connection:
            owner = None
            if domain is not None:
                target = normal_target(Target(level=Level.DOMAIN, name=domain))
                owner = entries.owner_id(connection, target)
            listing, name = _listing(kind, owner)
            rows = connection.execute(listing.where(name > after).order_by(name).limit(limit))
            return [(str(row[0]), str(row[1])) for row in rows]

    def is_resource(self, account: str) -> bool:
        """Tell whether an account (by address or id) is a room or a thing. Raises: NotFound."""
        with self._transactions.reading() as connection:
            target = normal_target(Target(level=Level.ACCOUNT, name=account))
            owner = entries.owner_id(connection, target)
            return "zimbracalrestype" in entries.own_texts(connection, owner)

    def generation(self) -> int:
        """Give the number that every visible change of the directory raises."""
        with self._transactions.reading() as connection:
            return entries.generation(connection)


def _listing(kind: EntryKind, domain: str | None) -> tuple[Select[Any], Any]:
    """Give the statement that lists a kind, and its column of names."""
    if kind in {EntryKind.DOMAIN, EntryKind.COS}:
        table = DOMAINS if kind is EntryKind.DOMAIN else CLASSES_OF_SERVICE
        return select(table.c.name, table.c.id), table.c.name
    if kind is EntryKind.LIST:
        owners, names, owner = DISTRIBUTION_LISTS, LIST_ADDRESSES, LIST_ADDRESSES.c.list_id
    else:
        owners, names, owner = ACCOUNTS, ADDRESSES, ADDRESSES.c.account_id
    listing = select(names.c.address, owner).join(owners, owners.c.id == owner)
    listing = listing.where(names.c.position == 0)
    if domain is not None:
        listing = listing.where(owners.c.domain_id == domain)
    if kind is EntryKind.RESOURCE:
        listing = listing.where(owner.in_(_RESOURCES))
    elif kind is EntryKind.ACCOUNT:
        listing = listing.where(owner.not_in(_RESOURCES))
    return listing, names.c.address
