"""Values that stand in the directory where they mean nothing: found, and removed on request.

They are left by older versions, which allowed an attribute at more levels or with other values, and
by programs that write to the database themselves. Attributes that the catalogue does not know are
nobody's leftovers: ``prov`` stores them for others.

Spec: ../shared/carbonio/cli.md 3.1 (``config clean``; an attribute has levels at which it makes
sense). The manual prints the command's name and nothing of its effect.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import CompoundSelect, Connection, delete, literal, select, union_all

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.attributes import CATALOGUE, Attribute, Level
from carbonio_mobile.accounts.schema import (
    ACCOUNTS,
    ADDRESSES,
    ATTRIBUTE_VALUES,
    CLASSES_OF_SERVICE,
    DISTRIBUTION_LISTS,
    DOMAINS,
    GLOBAL_OWNER,
    LIST_ADDRESSES,
    SERVER_OWNER,
)
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.configuration import LIST_LEVEL, Leftover

_FOUND_MAX = 10_000
"""So many are found, and removed, at once: they are shown to a person."""

_Found = tuple[str, str, Leftover]
"""Owner's id, attribute's key, and what to show of it."""


def leftovers(connection: Connection) -> Iterator[_Found]:
    """Give what stands where it means nothing, by owner and attribute."""
    owners = _owners().subquery()
    values = ATTRIBUTE_VALUES.c
    rows = connection.execute(
        select(values.owner_id, values.name_key, values.value, owners.c.level, owners.c.name)
        .select_from(ATTRIBUTE_VALUES.outerjoin(owners, owners.c.id == values.owner_id))
        .order_by(values.owner_id, values.name_key, values.position)
        .execution_options(yield_per=1000)
    )
    for (owner, key, level, name), group in groupby(
        rows, key=lambda row: (row.owner_id, row.name_key, row.level, row.name)
    ):
        given = tuple(row.value for row in group)
        why = _fault(key, given, None if level is None else Level(level))
        if why:
            attribute = CATALOGUE[key].name if key in CATALOGUE else key
            place = LIST_LEVEL if level == Level.LIST.value else (level or "nothing")
            yield (
                owner,
                key,
                Leftover(
                    attribute=attribute, level=place, owner=name or owner, values=given, why=why
                ),
            )


def remove_leftovers(transactions: Transactions, *, dry_run: bool) -> Sequence[Leftover]:
    """Remove what :func:`leftovers` gives, all in one, or only say what it would be.

    Gives at most 10,000; the next call goes on. Blocks. Raises: Unavailable, Corrupt.
    """
    # Looked for without the lock for writing: logins need that meanwhile.
    with transactions.reading() as connection:
        found = _first(connection)
    if dry_run or not found:
        return [leftover for _, _, leftover in found]
    with transactions.changing() as connection:
        return [
            leftover for owner, key, leftover in found if _removed(connection, owner, key, leftover)
        ]


def _removed(connection: Connection, owner: str, key: str, leftover: Leftover) -> bool:
    """Remove a leftover, unless somebody set something else in its place meanwhile."""
    if entries.own_values(connection, owner).get(key) != leftover.values:
        return False
    connection.execute(
        delete(ATTRIBUTE_VALUES).where(
            ATTRIBUTE_VALUES.c.owner_id == owner, ATTRIBUTE_VALUES.c.name_key == key
        )
    )
    return True


def _first(connection: Connection) -> list[_Found]:
    return [found for found, _ in zip(leftovers(connection), range(_FOUND_MAX), strict=False)]


def _owners() -> CompoundSelect[tuple[str, str, str]]:
    """Everything that attributes stand on: its id, its level, its name."""
    named = (
        (ACCOUNTS.c.id, ADDRESSES.c.address, Level.ACCOUNT),
        (DISTRIBUTION_LISTS.c.id, LIST_ADDRESSES.c.address, Level.LIST),
    )
    parts = [
        select(id_.label("id"), literal(level.value).label("level"), name.label("name"))
        .join(name.table)
        .where(name.table.c.position == 0)
        for id_, name, level in named
    ]
    parts += [
        select(table.c.id, literal(level.value), table.c.name)
        for table, level in ((DOMAINS, Level.DOMAIN), (CLASSES_OF_SERVICE, Level.COS))
    ]
    parts += [
        select(literal(owner), literal(level.value), literal(level.value))
        for owner, level in ((GLOBAL_OWNER, Level.GLOBAL), (SERVER_OWNER, Level.SERVER))
    ]
    return union_all(*parts)


def _fault(key: str, values: Sequence[str], level: Level | None) -> str:
    """Say why values mean nothing; an empty text where they do."""
    row = CATALOGUE.get(key)
    if level is None:
        return "what it stood on is gone"
    if row is None or row.set_by:
        return ""
    if level not in row.levels:
        return "it has no meaning at this level"
    if len(values) > 1 and not row.multiple:
        return "several values where one is allowed"
    return _value_fault(row, values)


def _value_fault(row: Attribute, values: Sequence[str]) -> str:
    try:
        for value in values:
            row.kind.normal(value)
    except ValueError:
        return f"expected {row.kind.expected}"
    return ""
