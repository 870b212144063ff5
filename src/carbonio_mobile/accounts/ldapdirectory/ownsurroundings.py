"""Domains, classes of service and global attributes of our own database, for accounts that stand in
a directory which has none of these.

Spec: issue 6, section 2; ../shared/carbonio/attributes.md 8.
"""

from sqlalchemy import Connection, select

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.inheritance import Values
from carbonio_mobile.accounts.lanes import Lane
from carbonio_mobile.accounts.ldapdirectory.surroundings import Surroundings
from carbonio_mobile.accounts.schema import (
    CLASSES_OF_SERVICE,
    DOMAINS,
    GLOBAL_OWNER,
    SERVER_OWNER,
)
from carbonio_mobile.accounts.transactions import Transactions


class OwnSurroundings:
    """Reads them anew at each call. A COS is found by its name as well as by its id."""

    def __init__(self, transactions: Transactions, *, lane: Lane) -> None:
        self._transactions = transactions
        self._lane = lane

    async def __call__(self) -> Surroundings:
        """Give them as they are now. Raises: Unavailable, Corrupt."""
        return await self._lane.run(self._read)

    def _read(self) -> Surroundings:
        with self._transactions.reading() as connection:
            domains = connection.execute(select(DOMAINS.c.name, DOMAINS.c.id)).all()
            return Surroundings(
                domains={name: entries.own_texts(connection, owner) for name, owner in domains},
                classes=_classes(connection),
                server=entries.own_values(connection, SERVER_OWNER),
                everywhere=entries.own_values(connection, GLOBAL_OWNER),
            )


def _classes(connection: Connection) -> dict[str, Values]:
    classes: dict[str, Values] = {}
    columns = select(CLASSES_OF_SERVICE.c.name, CLASSES_OF_SERVICE.c.id)
    for name, owner in connection.execute(columns):
        classes[name] = classes[owner] = entries.own_texts(connection, owner)
    return classes
